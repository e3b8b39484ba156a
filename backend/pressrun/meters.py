"""Counting how long things take, without knowing who will ask: api/metrics.py reads it when somebody does.

A room that is timed holds a `Meters` and knows nothing of Prometheus. One loop, so no lock.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# From half of what the fastest capture takes up to the longest deadline of a page.
BOUNDS_S = (0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 30.0, 120.0)


@dataclass(slots=True)
class Durations:
    """How often something took how long; `counts` by the first of BOUNDS_S that it was not longer than, then longer."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    total_s: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.total_s += seconds

    @contextmanager
    def timing(self, clock: Callable[[], float] = time.perf_counter) -> Iterator[None]:
        """Adds how long the body took; nothing if it did not end well."""
        begun_at = clock()
        yield
        self.add(clock() - begun_at)


@dataclass(slots=True)
class Meters:
    """What is timed in a pool of browsers."""

    captures: defaultdict[str, Durations] = field(default_factory=lambda: defaultdict(Durations))  # by image format
    lease_wait: Durations = field(default_factory=Durations)  # from asking for a page to having it
