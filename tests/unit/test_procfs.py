"""What /proc says while the processes it speaks of come and go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from pressrun import procfs
from pressrun.browser.chromium.handle import ProcessHandle
from pressrun.browser.chromium.memory import browser_memory_bytes
from pressrun.browser.chromium.page_memory import PageMemory
from tests.support.limits import fail_after

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="NOT TESTED: no /proc here")

# A parent whose children live for less than a millisecond, some of them with a child of their own.
_BREEDER = """
import os, sys
while True:
    if (child := os.fork()) == 0:
        if os.getpid() % 2 and os.fork() == 0:
            os._exit(0)
        os._exit(0)
    os.waitpid(child, 0)
"""


@contextmanager
def running(code: str) -> Iterator[subprocess.Popen[bytes]]:
    # with a standard input of its own: ours may be at its end, and whoever reads it would be gone at once
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_a_family_whose_members_end_while_it_is_listed_is_listed_without_an_error():
    with running(_BREEDER) as breeder:
        seen, until = 0, time.monotonic() + 3
        while time.monotonic() < until:  # one look in 2 000 met the gap, some thousand a second
            children = procfs.children_of(breeder.pid)
            seen += len(children)
            for child in children:
                procfs.children_of(child)
                procfs.command_line_of(child)
                procfs.rss_bytes_of(child)
        assert seen > 100  # there was something to miss
        for _ in range(20):
            browser_memory_bytes(os.getpid())


@pytest.mark.parametrize("call", ["listdir", "scandir", "stat", "open"])
def test_a_process_that_ends_right_before_any_system_call_of_a_look_has_no_children(
    monkeypatch: pytest.MonkeyPatch, call: str
):
    with running("print(flush=True); input()") as process:
        assert process.stdout is not None
        process.stdout.readline()
        _end_before(monkeypatch, process, call)
        assert procfs.children_of(process.pid) == set()


def _end_before(monkeypatch: pytest.MonkeyPatch, process: subprocess.Popen[bytes], call: str) -> None:
    """The first time that call is about to look at the process, it ends, and is collected."""
    module: Any = os if hasattr(os, call) and call != "open" else __import__("io")
    real: Callable[..., Any] = getattr(module, call)

    def look(path: Any, *arguments: Any, **options: Any) -> Any:
        if str(process.pid) in str(path) and process.poll() is None:
            process.kill()
            process.wait()
        return real(path, *arguments, **options)

    monkeypatch.setattr(module, call, look)


def test_of_a_process_that_has_gone_nothing_is_known():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    gone = process.pid
    assert procfs.children_of(gone) == procfs.descendants_of(gone) == set()
    assert procfs.command_line_of(gone) is None
    assert procfs.name_of(gone) is None
    assert procfs.rss_bytes_of(gone) is None
    assert procfs.descriptors_of(gone) is None
    ProcessHandle(gone).kill()


@pytest.mark.parametrize("what", ["nothing", "a file", "a dangling link", "a folder without children"])
def test_a_thread_that_has_gone_since_the_list_was_read_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str
):
    tasks = tmp_path / "7" / "task"
    (tasks / "8").mkdir(parents=True)
    (tasks / "8" / "children").write_text("9 10 ")
    if what == "a file":
        (tasks / "11").write_text("")
    elif what == "a dangling link":
        (tasks / "11").symlink_to(tmp_path / "gone")
    elif what == "a folder without children":
        (tasks / "11").mkdir()
    monkeypatch.setattr(procfs, "_PROC", tmp_path)
    assert procfs.children_of(7) == {9, 10}
    assert procfs.descendants_of(7) == {9, 10}


def test_a_process_is_known_by_its_name_its_arguments_and_what_it_holds():
    with running("print(flush=True); input()") as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert process.pid in procfs.children_of(os.getpid())
        assert process.pid in procfs.descendants_of(os.getpid())
        assert b"input()" in (procfs.command_line_of(process.pid) or b"")
        assert (procfs.name_of(process.pid) or "").startswith("python")
        assert (procfs.rss_bytes_of(process.pid) or 0) > 1_000_000
        assert 3 <= (procfs.descriptors_of(process.pid) or 0) < 20
        process.send_signal(signal.SIGKILL)


def test_the_descriptor_of_the_look_itself_is_not_counted():
    before = procfs.descriptors_of()
    with Path("/proc/self/status").open():
        assert procfs.descriptors_of() == (before or 0) + 1


_BROWSER = """
import subprocess, sys
code = "import time; held = bytearray(100_000_000); print(flush=True); time.sleep(60)"
subprocess.run([sys.executable, "-c", code, "--type=renderer"])
"""


@pytest.mark.anyio
async def test_a_look_that_saw_nothing_does_not_end_the_watch_over_the_memory_of_pages(monkeypatch: pytest.MonkeyPatch):
    """No descriptor was left, for a moment: the page that comes to hold too much meanwhile must not get away."""
    with running(_BROWSER) as browser:
        assert browser.stdout is not None
        browser.stdout.readline()  # the renderer has what it wants
        memory, looks = PageMemory(browser.pid, limit_bytes=50_000_000), list[int]()
        real = procfs.children_of

        def look(pid: int) -> set[int]:
            looks.append(pid)
            return real(pid) if len(looks) > 3 else set()

        monkeypatch.setattr(procfs, "children_of", look)
        lost = anyio.Event()
        with fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(memory.watch, lost)
                async with memory.opening():
                    pass
                await anyio.to_thread.run_sync(browser.wait, 20)  # it ends with its renderer
                lost.set()
        assert len(looks) > 3
