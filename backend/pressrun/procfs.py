"""What /proc says of processes: the one place that reads it about others than ourselves.

A process may end between any two system calls, so each read may meet ENOENT, ENOTDIR or ESRCH at any moment: that is
an answer ("it has gone"), never an error. Nothing here raises: who has gone has no children, no name and no memory. So
it is where /proc is not there to tell (not Linux), or cannot be opened just now (no descriptor left).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
HERE: Final = (_PROC / "self" / "task").is_dir()  # whether there is anything to read
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


def children_of(pid: int) -> set[int]:
    """The direct children of a process."""
    found: set[int] = set()
    for thread in _names(_PROC / str(pid) / "task"):
        listed = _read(_PROC / str(pid) / "task" / thread / "children") or b""
        found.update(int(child) for child in listed.split())
    return found


def descendants_of(pid: int) -> set[int]:
    """What a process has started, what that has started, and so on; without itself."""
    found: set[int] = set()
    waiting = children_of(pid)
    while waiting:
        found |= waiting
        waiting = {child for parent in waiting for child in children_of(parent)} - found
    return found


def command_line_of(pid: int) -> bytes | None:
    """Its arguments, each ended by a NUL; None when it has gone."""
    return _read(_PROC / str(pid) / "cmdline")


def name_of(pid: int) -> str | None:
    """As it calls itself, 15 characters at most; None when it has gone."""
    name = _read(_PROC / str(pid) / "comm")
    return None if name is None else name.decode(errors="replace").strip()


def rss_bytes_of(pid: int) -> int | None:
    """Its resident memory; None when it has gone."""
    fields = (_read(_PROC / str(pid) / "statm") or b"").split()
    return int(fields[1]) * _PAGE_BYTES if len(fields) > 1 else None


def descriptors_of(pid: int | None = None) -> int | None:
    """How many descriptors a process (None: this one) has open, that of the look not counted; None when it has gone."""
    found = _names(_PROC / ("self" if pid is None else str(pid)) / "fd")
    if not found:
        return None
    return len(found) - (pid in (None, os.getpid()))


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are all that is wanted, in one call that can be guarded
    except OSError:
        return []


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
