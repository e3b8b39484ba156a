"""The server of one command, as a process: begun before its command has read its words, gone when that is."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pressrun.cli import server_process
from pressrun.cli.server_process import ServerProcess, begin_ahead, take_process
from pressrun.data_folder import lock_data_folder
from pressrun.settings import ClientSettings
from tests.support.limits import HANG_S


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRESSRUN_SERVER", raising=False)
    monkeypatch.setattr(server_process, "_DEFAULT_ADDRESS", ("127.0.0.1", 1))


@pytest.mark.parametrize(
    "words",
    [
        ["lesson.md"],
        ["LESSON.HTML", "-o", "x.pdf"],
        ["-", "-o", "-"],
        ["-I", "chapters", "-o", "out/"],
        ["--force", "a.md", "b.txt", "--server", "embedded"],
        ["a.md", "--server=embedded"],
    ],
)
def test_files_and_no_server_are_likely_to_need_one(words: list[str]) -> None:
    assert server_process._needs_one(words)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--help"],
        ["lesson.md", "--help"],
        ["doctor"],
        ["generate", "lesson.md"],
        ["runs", "get", "x", "-o", "a.md"],
        ["a.md", "--server", "http://127.0.0.1:9"],
        ["a.md", "--server=http://127.0.0.1:9"],
        ["lesson.pdf"],
    ],
)
def test_no_other_command_begins_one(words: list[str]) -> None:
    assert not server_process._needs_one(words)


def test_a_server_that_is_named_or_listens_is_likely_to_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSRUN_SERVER", "http://127.0.0.1:9")
    assert not server_process._needs_one(["a.md"])
    assert server_process._needs_one(["a.md", "--server", "embedded"])
    monkeypatch.setenv("PRESSRUN_SERVER", "embedded")
    assert server_process._needs_one(["a.md"])
    monkeypatch.delenv("PRESSRUN_SERVER")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setattr(server_process, "_DEFAULT_ADDRESS", listening.getsockname())
        assert not server_process._needs_one(["a.md"])


def test_it_is_looked_for_where_the_command_line_looks() -> None:
    default = urlsplit(ClientSettings.model_fields["server"].default)
    assert (default.hostname, default.port) == ADDRESS


ADDRESS = server_process._DEFAULT_ADDRESS


@contextmanager
def started() -> Iterator[ServerProcess]:
    process = ServerProcess()
    try:
        yield process
    finally:
        process.kill()


def answer(process: ServerProcess) -> dict[str, str] | None:
    assert select.select([process.answers], [], [], HANG_S)[0], "it hangs"
    return process.read_answer()


@pytest.mark.slow
def test_one_that_nobody_takes_is_ended_and_has_made_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with begin_ahead(["lesson.md"]):
        process = server_process._ahead.get()
        assert process is not None
    assert process._process.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []
    with begin_ahead(["doctor"]):
        assert server_process._ahead.get() is None


@pytest.mark.slow
def test_one_that_was_begun_is_taken_once() -> None:
    with begin_ahead(["lesson.md"]), contextlib.closing(_Ending()) as ending:
        begun = server_process._ahead.get()
        assert ending.take() is begun
        assert ending.take() is not begun


class _Ending:
    def __init__(self) -> None:
        self._taken: list[ServerProcess] = []

    def take(self) -> ServerProcess:
        self._taken.append(take_process())
        return self._taken[-1]

    def close(self) -> None:
        for process in self._taken:
            process.kill()


@pytest.mark.slow
def test_it_ends_with_its_command_whatever_ends_that_and_in_order_when_it_is_told_to() -> None:
    with started() as process:
        assert process._process.stdin is not None
        process._process.stdin.close()  # as the kernel does when a process is killed
        assert process._process.wait(HANG_S) == 1
    with started() as process:
        assert process.end() == 0
        assert process.end() == 0, "again"


@pytest.mark.slow
def test_why_there_is_no_server_is_said_and_ctrl_c_is_the_commands(tmp_path: Path) -> None:
    with lock_data_folder(tmp_path), started() as process:
        assert os.getpgid(process._process.pid) != os.getpgid(0), "no terminal sends it a signal"
        process.order(tmp_path, 1)
        told = answer(process)
        assert told is not None
        assert "another Pressrun uses the data folder" in told["error"]
        assert process._process.wait(HANG_S) == 0


@pytest.mark.slow
def test_a_module_of_the_folder_that_somebody_is_in_is_not_taken_for_ours(tmp_path: Path) -> None:
    for name in ("anyio", "json", "pressrun"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not this one')\n")
    with contextlib.chdir(tmp_path), started() as process:
        process.order(tmp_path / "data", 1)
        told = answer(process)
        assert told is not None
        assert told["url"].startswith("http://127.0.0.1:")
        assert process.end() == 0
    assert (tmp_path / "data" / "pressrun.sqlite").exists()
