"""Counting what happens, in plain numbers: packages count here, api/endpoints/metrics.py tells. Only sums are kept.

A package that counts owns its counters and says so in its own file; none knows who reads them, or in which format.
Counts begin at nought with the process.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager

import anyio

BOUNDS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)  # Prometheus' own, and longer


class Durations:
    """How long something took: how many times it took at most each of `BOUNDS_S`, and the sum of all."""

    __slots__ = ("_counts", "sum_s")

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self.sum_s = 0.0

    def note(self, took_s: float) -> None:
        """It took so long once more."""
        self._counts[bisect_left(BOUNDS_S, took_s)] += 1
        self.sum_s += took_s

    @contextmanager
    def timing(self) -> Iterator[None]:
        """Notes how long the body takes, unless it raises."""
        begun_at = anyio.current_time()
        yield
        self.note(anyio.current_time() - begun_at)

    def up_to(self) -> list[tuple[float, int]]:
        """(bound, how many took at most that long), the last with an infinite bound: all of them."""
        total, cumulated = 0, []
        for bound, count in zip((*BOUNDS_S, float("inf")), self._counts, strict=True):
            total += count
            cumulated.append((bound, total))
        return cumulated
