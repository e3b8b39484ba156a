"""Which processes belong to a process."""

from __future__ import annotations

from pathlib import Path

from pressrun.procfs import descendants_of

_GONE = ("Z", "X")


def children_of(pid: int) -> set[int]:
    """All living descendants."""
    return {child for child in descendants_of(pid) if is_running(child)}


def is_running(pid: int) -> bool:
    """Whether the process is there, and neither a zombie (Z) nor just leaving (X, what nobody has to collect)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in _GONE
    except OSError:
        return False


def is_frozen(pid: int) -> bool:
    """Whether a signal has stopped the process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False
