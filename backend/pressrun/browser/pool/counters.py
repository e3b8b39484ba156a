"""What a pool counts besides what its supervisors do (`supervisor.BrowserCounts`): captures, waits and failures."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from pressrun.durations import Durations


@dataclass(slots=True)
class PoolCounters:
    """`captures`: by format, how long Chromium took for each; `waits`: for a lease; `failures`: by code."""

    captures: defaultdict[str, Durations] = field(default_factory=lambda: defaultdict(Durations))
    waits: Durations = field(default_factory=Durations)
    failures: Counter[str] = field(default_factory=Counter)
