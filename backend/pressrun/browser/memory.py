"""How much memory the browsers of this process hold, from /proc; other systems say nothing."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def browser_memory_bytes(pid: int | None = None) -> dict[str, int]:
    """RSS of what this process started and what that started, by `browser`, `driver` and `other`.

    Pages that processes of one browser share count for each: it is the most they can hold, not the least.
    """
    found: defaultdict[str, int] = defaultdict(int)
    waiting = _children(pid or os.getpid())
    while waiting:
        child = waiting.pop()
        waiting += _children(child)
        try:
            name = Path(f"/proc/{child}/comm").read_text().strip()
            resident = int(Path(f"/proc/{child}/statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            continue  # ended meanwhile
        found[_kind(name)] += resident * _PAGE_BYTES
    return dict(found)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, listed.read_text().split())
        except OSError:
            continue
    return found


def _kind(name: str) -> str:
    if name.startswith(("chrom", "headless", "Chrom")):
        return "browser"
    return "driver" if name.startswith("node") or name == "MainThread" else "other"
