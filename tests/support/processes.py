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


def wakes_of(pid: int) -> int:
    """How often threads of the process have gone to sleep, which is as often as they were woken."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            lines = (task / "status").read_text().splitlines()
        except OSError:
            continue  # ended meanwhile
        total += int(next(line for line in lines if line.startswith("voluntary_ctxt_switches")).split()[1])
    return total
