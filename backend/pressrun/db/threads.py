"""`DatabaseThreads`: threads in which a database is asked, and whether they can still work.

Owns how many there are and since when each is busy; knows no database.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

T = TypeVar("T")

# Longer than a database that works, or one that has gone, makes a thread wait: another program's lock (5 s, twice for
# an end on a full disk), a connection that is tried three times (15 s), a host that vanished (10 s).
HANGS_AFTER_S = 30.0


class DatabaseThreads:
    """At most `count` at a time; of one event loop."""

    def __init__(self, count: int) -> None:
        self._limiter = anyio.CapacityLimiter(count)
        self._busy_since: dict[object, float] = {}

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises, in a thread. A thread cannot be cancelled: a caller that is waits for it."""
        return await anyio.to_thread.run_sync(self._noting, work, limiter=self._limiter)

    async def until_usable(self) -> None:
        """Returns at once unless every thread has been busy with one thing for longer than `HANGS_AFTER_S`; then when
        one comes free.
        """
        while self._hang():
            await anyio.to_thread.run_sync(_nothing, limiter=self._limiter, abandon_on_cancel=True)

    def _hang(self) -> bool:
        busy = list(self._busy_since.values())
        return len(busy) >= self._limiter.total_tokens and time.monotonic() - max(busy) > HANGS_AFTER_S

    def _noting(self, work: Callable[[], T]) -> T:
        key = object()
        self._busy_since[key] = time.monotonic()
        try:
            return work()
        finally:
            del self._busy_since[key]


def _nothing() -> None:
    """What a thread that is free can do."""
