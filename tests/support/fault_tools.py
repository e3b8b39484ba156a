"""Tools of the system that break things for us: libfaketime, strace, small file systems of one's own.

Without them a test is skipped and says what to install; where `PRESSRUN_TEST_FAULTS=required` (CI) it fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

_ATTACH_LIMIT_S = 20


def unavailable(reason: str) -> NoReturn:
    """Skips the test, in CI fails it."""
    (pytest.fail if os.environ.get("PRESSRUN_TEST_FAULTS") == "required" else pytest.skip)(f"NOT TESTED: {reason}")
    raise AssertionError


class SteppedClock:
    """The wall clock of processes started with `env`, which `step` sets while they run; ticks are the machine's own."""

    def __init__(self, folder: Path) -> None:
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            unavailable("no libfaketime here; run: sudo apt-get install faketime")
        self._file = folder / "clock"
        # libfaketime 0.9.10 answers EINVAL to the call behind time.sleep (clock_nanosleep until an instant)
        patch = folder / "faketime" / "sitecustomize.py"
        patch.parent.mkdir()
        patch.write_text("import select, time\ntime.sleep = lambda s: select.select([], [], [], s) and None\n")
        self.step(0)
        self.env = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
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
        unavailable("no strace here; run: sudo apt-get install strace")
    options = [part for expression in expressions for part in ("-e", expression)]
    command = ["strace", "-f", "-o", os.devnull, *options, "-p", str(pid)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        said = process.stderr.readline()  # "strace: Process 1 attached with 9 threads"
        if "attached" not in said:
            unavailable(f"strace may not look into a process of ours: {said.strip()}")
        yield process
    finally:
        process.terminate()
        process.wait(_ATTACH_LIMIT_S)
        process.stderr.close()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own, of so many bytes."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        unavailable("a file system of its own can only be mounted by root")
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
