"""Tools of the system that break things for us: libfaketime, strace, small file systems of one's own.

Without them a test is skipped and says what to install; where `PRESSRUN_TEST_FAULTS=required` (CI) it fails. Where we
may not mount or trace (no root, a container) it is skipped.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.limits import HANG_S
from tests.support.processes import is_running


def missing(reason: str) -> NoReturn:
    """Skips the test, in CI fails it."""
    (pytest.fail if os.environ.get("PRESSRUN_TEST_FAULTS") == "required" else pytest.skip)(f"NOT TESTED: {reason}")
    raise AssertionError


class SteppedClock:
    """The wall clock of processes started with `env`, which `step` sets while they run; ticks are the machine's own.
    They notice within a second; `exact`: at once, at four times the CPU, for then each look at a clock reads a file.
    """

    def __init__(self, folder: Path, *, exact: bool = False) -> None:
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            missing("no libfaketime here; run: sudo apt-get install faketime")
        self._file = folder / "clock"
        # libfaketime 0.9.10 answers EINVAL to the call behind time.sleep (clock_nanosleep until an instant)
        patch = folder / "faketime" / "sitecustomize.py"
        patch.parent.mkdir()
        patch.write_text("import select, time\ntime.sleep = lambda s: select.select([], [], [], s) and None\n")
        self.step(0)
        self.env = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            **({"FAKETIME_NO_CACHE": "1"} if exact else {"FAKETIME_CACHE_DURATION": "1"}),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": os.pathsep.join([str(patch.parent), os.environ.get("PYTHONPATH", "")]),
        }

    def step(self, seconds: int) -> None:
        """Sets the clock to the true time and so many seconds more (or less)."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self._file)  # a file that is half written ends whoever reads it


@contextmanager
def strace(pid: int, *expressions: str) -> Iterator[subprocess.Popen[str]]:
    """strace at work on all threads of a running process, and on no child it has already; `expressions` as after -e."""
    if shutil.which("strace") is None:
        missing("no strace here; run: sudo apt-get install strace")
    options = [part for expression in expressions for part in ("-e", expression)]
    command = ["strace", "-f", "-o", os.devnull, *options, "-p", str(pid)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        said = process.stderr.readline()  # "strace: Process 1 attached with 9 threads"
        if "attached" not in said:
            pytest.skip(f"NOT TESTED: strace may not look into a process of ours: {said.strip()}")
        yield process
    finally:
        if is_running(pid):
            process.terminate()  # it finishes what it has stopped
        else:
            process.kill()  # strace 6.1 may wait for ever for the threads of a process that was killed
        process.wait(HANG_S)
        process.stderr.close()


@contextmanager
def killing(pid: int, calls: str, n: int = 1) -> Iterator[None]:
    """SIGKILL at the n-th of these system calls, counted in each thread; dead and gone at the end."""
    with strace(pid, f"trace={calls}", f"inject={calls}:signal=SIGKILL:when={n}"):
        yield
        _wait_until(lambda: not is_running(pid), f"no {calls} was made")
    _wait_until(lambda: _tasks_of(pid) <= 1, "it does not die")  # the last is its leader, which its parent collects


def _tasks_of(pid: int) -> int:
    with contextlib.suppress(FileNotFoundError):
        return len(list(Path(f"/proc/{pid}/task").iterdir()))
    return 0


def _wait_until(holds: Callable[[], bool], else_: str) -> None:
    deadline = time.monotonic() + HANG_S
    while not holds():
        assert time.monotonic() < deadline, else_
        time.sleep(0.01)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own, of so many bytes."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("NOT TESTED: a file system of its own can only be mounted by root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Lets nobody open a file for writing, make, rename or remove one below the folder.

    Not by `remount,ro`: a kernel refuses that (EBUSY) as long as somebody has a file open for writing.
    """
    for command in (["mount", "--bind"], ["mount", "-o", "remount,bind,ro"]):
        subprocess.run([*command, *([str(folder)] if len(command) == 2 else []), str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Eats all that is left; the file that does."""
    ballast = disk / "ballast"
    for piece in (1 << 16, 1 << 9):
        with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * piece)
    assert os.statvfs(disk).f_bavail == 0
    return ballast
