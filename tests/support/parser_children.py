"""The parser's child processes as the operating system sees them."""

from __future__ import annotations

import os
import select
from pathlib import Path

import anyio

from pressrun.procfs import children_of, command_line_of


def parser_children(parent_pid: int | None = None) -> set[int]:
    """Living children of `parent_pid` (of this process by default) that run the parser."""
    parent_pid = os.getpid() if parent_pid is None else parent_pid
    return {pid for pid in children_of(parent_pid) if b"parser_child" in (command_line_of(pid) or b"")}


def environment_of(pid: int) -> set[bytes]:
    """What the process was given, as `NAME=value`."""
    return set(filter(None, _read(f"/proc/{pid}/environ").split(b"\0")))


def cpu_ticks_of(pid: int) -> int:
    """User time the process has used, in clock ticks; 0 if it is gone."""
    fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return int(fields[11]) if fields else 0


async def busy_parser_child(parent_pid: int | None = None, *, ticks: int = 40) -> int:
    """Waits until a child has worked for `ticks` (a start needs about 20), and names it."""
    while True:
        for pid in parser_children(parent_pid):
            if cpu_ticks_of(pid) >= ticks:
                return pid
        await anyio.sleep(0.01)  # another process's progress has no event to wait for


def has_ended(pid: int, *, within_s: float) -> bool:
    """Waits for the process to end."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], within_s)[0])
    finally:
        os.close(handle)


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:  # it ended while we looked
        return b""
