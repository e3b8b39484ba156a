"""`pressrun FILE` without a server: real processes, a real Chromium, real signals, a home of its own."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.limits import HANG_S
from tests.support.one_shot import environment
from tests.support.processes import children_of, is_running
from tests.support.runs import wait_until
from tests.support.server import PRESSRUN
from tests.support.web_pictures import picture

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

SMALL = ["--viewport-width", "640", "--viewport-height", "360", "--server", "embedded"]
# Some hundred slides of 4K pixels: minutes of work, so that it is surely still running when it is cut off. Cut by
# height: nobody waits for a deck to be composed.
ENDLESS = "\n\n".join(f"# Bend {n}\n\n" + "Water flows. " * 150 for n in range(150))
ENDLESS_OPTIONS = [
    "--max-screenshots", "500", "--viewport-width", "3840", "--viewport-height", "2160", "--page-breaks", "scroll",
    "--server", "embedded",
]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def run(home: Path, cwd: Path, *words: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    command = [str(PRESSRUN), *words]
    env = environment(home)
    return subprocess.run(command, env=env, cwd=cwd, timeout=HANG_S, check=False, capture_output=True, **options)


@contextmanager
def making(home: Path, cwd: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command that has captured its first slide."""
    command = [str(PRESSRUN), *words, "--json"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment(home), cwd=cwd, start_new_session=True, **pipes) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if json.loads(line)["type"] == "screenshot":
                    break
            else:
                raise AssertionError(process.communicate())
            yield process
        finally:
            process.kill()


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def attempts_in(home: Path) -> list[int]:
    """Of each run."""
    with sqlite3.connect(home / "pressrun" / "commands" / "pressrun.sqlite") as database:
        return [attempt for (attempt,) in database.execute("SELECT attempt FROM runs")]


def require_nothing_left(home: Path) -> None:
    assert attempts_in(home) == []
    data = home / "pressrun" / "commands"
    assert left(data / "batches") == left(data / "staging") == []


def wait_until_gone(processes: set[int]) -> None:
    until = time.monotonic() + HANG_S
    while any(map(is_running, processes)):
        assert time.monotonic() < until, f"still there: {processes}"
        time.sleep(0.05)


def test_one_file_becomes_what_is_asked_for_and_nothing_else_is_left(home: Path, tmp_path: Path) -> None:
    (tmp_path / "lesson.md").write_text("# Rivers\n\nA river runs.\n\n![The map](map.png)\n")
    (tmp_path / "map.png").write_bytes(picture())
    names = ["-o", "lesson.pdf", "-o", "slides/", "-o", "page.html", "-o", "all.zip", *SMALL]
    done = run(home, tmp_path, "lesson.md", *names, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert left(tmp_path) == ["all.zip", "lesson.md", "lesson.pdf", "map.png", "page.html", "slides", "slides/0001.png"]
    assert (tmp_path / "lesson.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "slides" / "0001.png").read_bytes().startswith(b"\x89PNG")
    assert b"Rivers" in (tmp_path / "page.html").read_bytes()
    assert b"data:image/png;base64," in (tmp_path / "page.html").read_bytes(), "what it names went along"
    assert len(done.stdout.splitlines()) == 5, "four results, and what is on the slides"
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "lesson.pdf").stat().st_mode & 0o777 == 0o666 & ~mask, "as its user wants files"
    require_nothing_left(home)

    again = run(home, tmp_path, "lesson.md", *names, text=True)
    assert (again.returncode, again.stdout) == (2, "")
    assert "--force" in again.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_change_nothing(home: Path, tmp_path: Path, closed: str) -> None:
    (tmp_path / "lesson.md").write_text("# Rivers\n")
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", str(PRESSRUN)]
    words = ["lesson.md", "-o", "lesson.pdf", *SMALL]
    env = environment(home)
    done = subprocess.run([*shell, *words], env=env, cwd=tmp_path, timeout=HANG_S, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (tmp_path / "lesson.pdf").read_bytes().startswith(b"%PDF")
    with sqlite3.connect(home / "pressrun" / "commands" / "pressrun.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_what_would_go_to_a_closed_standard_output_is_refused(home: Path, tmp_path: Path) -> None:
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", str(PRESSRUN), "-", "-o", "-"]
    env = environment(home)
    done = subprocess.run(shell, env=env, input="# A", text=True, timeout=HANG_S, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (2, "pressrun: standard output is closed: give -o a name.\n")


def test_a_folder_of_somebody_else_s_starts_no_program(home: Path, tmp_path: Path) -> None:
    (tmp_path / "lesson.md").write_text("# Rivers\n")
    evil = tmp_path / "bin" / "chromium"
    evil.parent.mkdir()
    evil.write_text('#!/bin/sh\ntouch "$0.ran"\n')
    evil.chmod(0o755)
    (tmp_path / ".env").write_text("PRESSRUN_CHROMIUM=bin/chromium\n")
    done = run(home, tmp_path, "lesson.md", "-o", "lesson.pdf", *SMALL, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert left(evil.parent) == ["chromium"]


def test_a_pipe_goes_through_and_files_in_parallel_meet_nobody(home: Path, tmp_path: Path) -> None:
    done = run(home, tmp_path, "-", "-o", "-", *SMALL, input=b"# Rivers\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"%PDF")
    assert done.stdout.rstrip().endswith(b"%%EOF")
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.md").write_text(f"# {'a' if name == 'c' else name}\n")  # two are the same
    words = ["a.md", "b.md", "c.md", "-P", "2", "-o", "out/", "--outputs", "pdf", *SMALL]
    together = run(home, tmp_path, *words, text=True)
    assert (together.returncode, left(tmp_path / "out")) == (0, ["a.pdf", "b.pdf", "c.pdf"]), together.stderr
    require_nothing_left(home)


def test_ctrl_c_leaves_no_process_no_file_and_no_run(home: Path, tmp_path: Path) -> None:
    (tmp_path / "endless.md").write_text(ENDLESS)
    with making(home, tmp_path, "endless.md", "-o", "endless.pdf", "-o", "slides/", *ENDLESS_OPTIONS) as process:
        family = {process.pid, *children_of(process.pid)}
        assert len(family) > 2, "browser and parser are its children"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of its foreground group
        out, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 130, err
    assert '"cancelled"' in out
    assert "Cancelling" in err
    wait_until_gone(family)
    assert left(tmp_path) == ["endless.md"]
    require_nothing_left(home)


def test_kill_leaves_no_process_no_file_no_lock_and_the_next_command_goes_on(home: Path, tmp_path: Path) -> None:
    (tmp_path / "endless.md").write_text(ENDLESS)
    (tmp_path / "other.md").write_text("# Other\n")
    words = ["endless.md", "-o", "endless.pdf", "-o", "slides/", *ENDLESS_OPTIONS]
    with making(home, tmp_path, *words) as process:
        family = {process.pid, *children_of(process.pid)}
        process.kill()
        process.wait(HANG_S)
    wait_until_gone(family)
    assert left(tmp_path) == ["endless.md", "other.md"]
    assert len(attempts_in(home)) == 1

    with making(home, tmp_path, *words) as process:  # the same again: the second attempt of the same run
        wait_until(lambda: attempts_in(home) == [2])  # what was heard so far may be of the first attempt
        family = {process.pid, *children_of(process.pid)}
        process.kill()
        process.wait(HANG_S)
    wait_until_gone(family)
    assert left(tmp_path) == ["endless.md", "other.md"]
    assert attempts_in(home) == [2]

    done = run(home, tmp_path, "other.md", "-o", "other.pdf", *SMALL, text=True)
    assert (done.returncode, done.stderr) == (0, ""), "what was left is in nobody's way"
    require_nothing_left(home)
