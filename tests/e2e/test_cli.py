"""`pressrun generate` as people run it: real processes, real server, real Chromium, real signals."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import httpx
import pytest
from anyio.streams.text import TextReceiveStream

from tests.support.limits import HANG_S, fail_after
from tests.support.server import PRESSRUN, Server, start_server

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.slow]

LESSON = "# Rivers\n\nA river नदी runs.\n\n" + "\n\n".join(f"## Bend {n}\n\n" + "Water flows. " * 60 for n in range(4))
# Some hundred slides of 4K pixels: minutes of work, so that it is surely still running when it is cancelled.
ENDLESS = "\n\n".join(f"# Bend {n}\n\n" + "Water flows. " * 30 for n in range(500))
ENDLESS_OPTIONS = ["--max-screenshots", "500", "--viewport-width", "3840", "--viewport-height", "2160"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with start_server(tmp_path_factory.mktemp("cli") / "data", PRESSRUN_RUN_DEDUP_WINDOW_S="0") as running:
        yield running


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.md"
    path.write_text(LESSON, encoding="utf-8")
    return path


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    path = tmp_path / "endless.md"
    path.write_text(ENDLESS, encoding="utf-8")
    return path


def environment(url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PRESSRUN_", "NO_COLOR"))}
    return kept | {"PRESSRUN_SERVER": url, "TERM": "xterm-256color"}


def run(server: Server, *words: str | Path, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [PRESSRUN, *map(str, words)]
    return subprocess.run(
        command,
        env=environment(server.url),
        cwd=cwd,
        timeout=HANG_S,
        check=False,
        encoding="utf-8",
        **{"capture_output": True, **options},
    )


def show(server: Server, operation_id: str) -> dict[str, Any]:
    return httpx.get(f"{server.url}/runs/{operation_id}").json()  # type: ignore[no-any-return]


@asynccontextmanager
async def generating(server: Server, *words: str | Path, cwd: Path) -> AsyncIterator[Generating]:
    command = [str(PRESSRUN), "generate", *map(str, words), "--json"]
    async with await anyio.open_process(command, env=environment(server.url), cwd=cwd) as process:
        try:
            with anyio.fail_after(HANG_S):
                yield Generating(process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


class Generating:
    """A `pressrun generate --json` under way."""

    def __init__(self, process: anyio.abc.Process) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.process = process
        self.events: list[dict[str, Any]] = []
        self._stderr = TextReceiveStream(process.stderr)
        self._chunks = TextReceiveStream(process.stdout)
        self._rest = ""

    async def until(self, type_: str) -> dict[str, Any]:
        """The next event of that type; the others are kept."""
        async for event in self._read():
            if event["type"] == type_:
                return event
        raise AssertionError(f"no {type_}; stderr: {await self.errors()}")

    async def end(self) -> int:
        async for _ in self._read():
            pass
        return await self.process.wait()

    async def errors(self) -> str:
        return "".join([chunk async for chunk in self._stderr])

    async def _read(self) -> AsyncIterator[dict[str, Any]]:
        while True:
            line, newline, rest = self._rest.partition("\n")
            if newline:
                self._rest = rest
                self.events.append(json.loads(line))
                yield self.events[-1]
                continue
            try:
                self._rest += await self._chunks.receive()
            except anyio.EndOfStream:
                return


def test_in_a_pipe_the_run_is_told_in_lines_and_its_files_are_named(
    server: Server, lesson: Path, tmp_path: Path
) -> None:
    done = run(server, "generate", lesson, "--title", "Rivers", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    folder = Path(re.search(r"^Batch folder: (.*)$", done.stdout, re.MULTILINE)[1])  # type: ignore[index]
    manifest = json.loads((folder / "manifest.json").read_text())
    slides = [file["name"] for file in manifest["files"] if file["name"].startswith("slides/")]
    assert len(slides) >= 2
    assert all(name in done.stdout for name in slides)


def test_json_is_the_run_s_log_and_nothing_else(server: Server, lesson: Path, tmp_path: Path) -> None:
    done = run(server, "generate", lesson, "--json", "--zoom", "1.5", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    url = f"{server.url}/runs/{events[0]['operation_id']}/events?last_event_id=0"
    log = [json.loads(line[5:]) for line in httpx.get(url).text.splitlines() if line.startswith("data:")]
    assert events == [event for event in log if event["type"] != "snapshot"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_out_holds_what_the_batch_folder_holds(server: Server, lesson: Path, tmp_path: Path) -> None:
    words = ["--out", "made", "--outputs", "images,html,pdf,zip", "--image-format", "jpeg"]
    done = run(server, "generate", lesson, *words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    folder = Path(re.search(r"^Batch folder: (.*)$", done.stdout, re.MULTILINE)[1])  # type: ignore[index]
    manifest = json.loads((folder / "manifest.json").read_text())
    saved = {str(path.relative_to(tmp_path / "made")): path for path in (tmp_path / "made").rglob("*.*")}
    unasked = ("slides.json", "deck.html")
    made = [file for file in manifest["files"] if file["name"] not in unasked]
    assert set(saved) == {file["name"] for file in made}
    for file in made:
        assert hashlib.sha256(saved[file["name"]].read_bytes()).hexdigest() == file["sha256"]


async def test_ctrl_c_cancels_the_run_and_a_second_request_was_rejected_meanwhile(
    server: Server, endless: Path, lesson: Path, tmp_path: Path
) -> None:
    async with generating(server, endless, *ENDLESS_OPTIONS, "--lane", "ctrl-c", cwd=tmp_path) as running:
        shot = await running.until("screenshot")
        rejected = await anyio.to_thread.run_sync(
            lambda: run(server, "generate", lesson, "--lane", "ctrl-c", cwd=tmp_path)
        )
        assert rejected.returncode == 3
        assert shot["operation_id"] in rejected.stderr
        assert rejected.stdout == ""
        running.process.send_signal(signal.SIGINT)
        with fail_after(5):
            assert await running.end() == 130
        assert running.events[-1]["type"] == "cancelled"
        assert running.events[-1]["by"] == "user"
        assert "Cancelling" in await running.errors()
    assert show(server, shot["operation_id"])["status"] == "cancelled"


async def test_a_second_ctrl_c_leaves_and_says_that_the_run_goes_on(
    server: Server, endless: Path, tmp_path: Path
) -> None:
    async with generating(server, endless, *ENDLESS_OPTIONS, "--lane", "leave", cwd=tmp_path) as running:
        name = (await running.until("screenshot"))["operation_id"]
        os.kill(server.pid, signal.SIGSTOP)  # a server that does not answer, so the cancel cannot be told
        try:
            running.process.send_signal(signal.SIGINT)
            said = await running._stderr.receive()
            assert "Ctrl-C again" in said
            running.process.send_signal(signal.SIGINT)
            with fail_after(5):
                assert await running.end() == 130
            told = running.events[-1]  # with --json failures are objects among the others
            assert (told["type"], told["exit_code"]) == ("failed", 130)
            assert f"Run {name} goes on" in told["message"]
        finally:
            os.kill(server.pid, signal.SIGCONT)
    run(server, "cancel", name, cwd=tmp_path)


async def test_a_run_is_followed_over_the_death_of_its_server(lesson: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.md"
    long.write_text("\n\n".join(f"# Bend {n}\n\n" + "Water flows. " * 100 for n in range(12)))
    with start_server(tmp_path / "data") as server:
        async with generating(server, long, cwd=tmp_path) as running:
            await running.until("screenshot")
            server.kill()
            await anyio.to_thread.run_sync(server.start)
            assert await running.end() == 0
            assert "Connection lost" in await running.errors()
        assert [event["seq"] for event in running.events] == list(range(1, len(running.events) + 1))
        assert [event["attempt"] for event in running.events if event["type"] == "started"] == [1, 2]
        shots = [event["index"] for event in running.events if event["type"] == "screenshot"]
        assert shots == sorted(set(shots)), "finished work was repeated"


def test_an_output_that_is_closed_early_is_no_accident(server: Server, lesson: Path, tmp_path: Path) -> None:
    for words in ("--json", "--no-use-cache"):
        pipe = f"{PRESSRUN} generate {lesson} {words} --on-duplicate run | head -1; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(
            ["/bin/bash", "-c", pipe],
            env=environment(server.url),
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=HANG_S,
            check=False,
        )
        assert done.stderr == ""
        first, code = done.stdout.splitlines()
        assert code == "141"
        name = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", first)[0]  # type: ignore[index]
        followed = httpx.get(f"{server.url}/runs/{name}/events", timeout=HANG_S)
        assert '"complete"' in followed.text, "the run does not depend on its reader"


def read_within_limit(master: int, process: subprocess.Popen[bytes]) -> bytes:
    if not select.select([master], [], [], HANG_S)[0]:
        process.kill()
        raise AssertionError(f"nothing was shown for {HANG_S} s")
    return os.read(master, 65536)


def in_terminal(
    server: Server, *words: str | Path, columns: int, cwd: Path, type_at: str = "", typed: bytes = b"", **extra: str
) -> tuple[int, str]:
    """Runs the command in a terminal of its own; types `typed` once `type_at` was shown. Exit code and screen."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    # The leader of a session that opens a terminal gets it as its own: a Ctrl-C typed there is its SIGINT.
    opening = ["/bin/sh", "-c", f'exec "$0" "$@" <{os.ttyname(slave)} >{os.ttyname(slave)} 2>&1']
    process = subprocess.Popen(
        [*opening, PRESSRUN, "generate", *map(str, words)],
        env=environment(server.url) | extra,
        cwd=cwd,
        start_new_session=True,
    )
    screen = ""
    with contextlib.suppress(OSError):  # EIO: the other end has closed
        while chunk := read_within_limit(master, process):
            if slave >= 0:  # the child has opened its own end by now
                os.close(slave)
                slave = -1
            screen += chunk.decode("utf-8", "replace")
            if type_at and type_at in screen:
                os.write(master, typed)
                type_at = ""
    os.close(master)
    return process.wait(HANG_S), screen


@pytest.mark.parametrize("columns", [24, 100])
def test_a_terminal_shows_a_bar_however_narrow_it_is(
    server: Server, lesson: Path, tmp_path: Path, columns: int
) -> None:
    code, screen = in_terminal(server, lesson, "--on-duplicate", "run", columns=columns, cwd=tmp_path)
    assert code == 0, screen
    assert "100%" in screen
    assert "━" in screen
    assert "slides/0001.png" in screen
    assert "\x1b[?25l" in screen, "a live bar hides the cursor"
    assert screen.rindex("\x1b[?25h") > screen.rindex("\x1b[?25l"), "and gives it back"


def test_a_terminal_without_colour_or_cursor_is_respected(server: Server, lesson: Path, tmp_path: Path) -> None:
    words = [lesson, "--on-duplicate", "run"]
    code, plain = in_terminal(server, *words, columns=80, cwd=tmp_path, TERM="dumb")
    assert (code, "\x1b" in plain) == (0, False)
    code, grey = in_terminal(server, *words, columns=80, cwd=tmp_path, NO_COLOR="1")
    assert code == 0, grey
    assert not re.search(r"\x1b\[[0-9;]*3[0-9][0-9;]*m", grey)


def test_ctrl_c_typed_at_a_terminal_cancels_and_gives_the_cursor_back(
    server: Server, endless: Path, tmp_path: Path
) -> None:
    words = [endless, *ENDLESS_OPTIONS, "--lane", "typed"]
    code, screen = in_terminal(server, *words, columns=80, cwd=tmp_path, type_at="Slide ", typed=b"\x03")
    assert code == 130
    assert "cancelled (by user)" in screen
    assert screen.rindex("\x1b[?25h") > screen.rindex("\x1b[?25l")
    assert "Traceback" not in screen


def test_runs_and_cancel_speak_of_the_same_runs(server: Server, lesson: Path, tmp_path: Path) -> None:
    run(server, "generate", lesson, "--title", "Listed", "--on-duplicate", "run", cwd=tmp_path)
    listed = run(server, "runs", "--json", "--limit", "1", cwd=tmp_path)
    (newest,) = map(json.loads, listed.stdout.splitlines())
    assert (newest["status"], newest["title"]) == ("complete", "Listed")
    again = run(server, "cancel", newest["operation_id"], cwd=tmp_path)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.count("\n") == 1
    unknown = run(server, "cancel", "nobody", cwd=tmp_path)
    assert unknown.returncode == 1


def test_a_second_server_on_the_same_data_folder_is_refused(server: Server, tmp_path: Path) -> None:
    words = ["serve", "--port", "0", "--data-dir", server.data_dir]
    refused = run(server, *words, cwd=tmp_path)
    assert refused.returncode == 1
    assert "another Pressrun uses the data folder" in refused.stderr


def test_explain_says_what_is_in_the_way_and_starts_nothing(server: Server, lesson: Path, endless: Path) -> None:
    cwd = lesson.parent
    lane = ("--lane", "explained")
    free = run(server, "generate", lesson, "--explain", *lane, cwd=cwd)
    assert (free.returncode, free.stderr) == (0, "")
    assert "would start at once" in free.stdout
    assert httpx.get(f"{server.url}/runs?lane=explained").json()["runs"] == []
    body = {"text": ENDLESS, "max_screenshots": 500, "lane": "explained"}
    holder = httpx.post(f"{server.url}/generate-sse", json=body, headers={"Prefer": "respond-async"}).json()
    try:
        busy = run(server, "generate", lesson, "--explain", *lane, "--zoom", "3", cwd=cwd)
        assert busy.returncode == 3
        lines = busy.stdout.splitlines()
        assert any(holder["operation_id"] in line for line in lines)
        assert any(line.split()[:3] == ["zoom", "3", "2.1"] for line in lines), busy.stdout
        assert any(line.split()[0] == "text" and "# Rivers" in line and "# Bend 0" in line for line in lines)
        assert any(re.match(r"\* reject +409", line) for line in lines)
        assert any(re.match(r"  queue +200", line) for line in lines)
        waits = run(server, "generate", lesson, "--explain", *lane, "--on-busy", "queue", "--json", cwd=cwd)
        told = json.loads(waits.stdout)
        assert (waits.returncode, told["admitted"], told["decided_by"]) == (0, False, "on_busy")
        assert {"text", "max_screenshots"} <= {each["field"] for each in told["differences"]}
        same = run(server, "generate", endless, "--explain", *lane, "--max-screenshots", "500", cwd=cwd)
        assert same.returncode == 3
        assert "no field differs" in same.stdout
        assert "--on-duplicate" in same.stdout
        wrong = run(server, "generate", lesson, "--explain", "--zoom", "99", cwd=cwd)
        assert (wrong.returncode, "zoom" in wrong.stderr) == (2, True)
    finally:
        httpx.post(f"{server.url}/runs/{holder['operation_id']}/cancel")
    assert len(httpx.get(f"{server.url}/runs?lane=explained").json()["runs"]) == 1
