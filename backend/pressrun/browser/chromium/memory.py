"""How much memory the browsers of this process hold, from /proc; other systems say nothing."""

from __future__ import annotations

import os
from collections import defaultdict

from pressrun.procfs import descendants_of, name_of, rss_bytes_of


def browser_memory_bytes(pid: int | None = None) -> dict[str, int]:
    """RSS of what this process started and what that started, by `browser`, `driver` and `other`.

    Pages that processes of one browser share count for each: it is the most they can hold, not the least.
    """
    found: defaultdict[str, int] = defaultdict(int)
    for child in descendants_of(pid or os.getpid()):
        name, resident = name_of(child), rss_bytes_of(child)
        if name is not None and resident is not None:
            found[_kind(name)] += resident
    return dict(found)


def _kind(name: str) -> str:
    if name.startswith(("chrom", "headless", "Chrom")):
        return "browser"
    return "driver" if name.startswith("node") or name == "MainThread" else "other"
