"""`FairLimiter`: so many at a time, whoever waits served by turns, so that nobody fills the queue for the others.

Owns the order, and only that; knows not what is done. A *share* is whoever is to be treated alike: a run, a caller.
(Fair queueing, RFC 970; `anyio.CapacityLimiter` serves first come, first served.)
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

import anyio

from pressrun.errors import ServerBusy


class FairLimiter:
    """At most `total` at work. Shares that wait are served one each, in turn; within a share the first first.

    The last `reserved` are for shares that hold none: as many newcomers are served at once, whatever those hold
    who came before and however long they keep it. At most `max_waiting` wait (None: the callers see to that), and one
    more for each share that does not wait yet, as long as another waits more than once: who fills the queue keeps
    nobody out of it. One event loop's.
    """

    def __init__(self, total: int, *, reserved: int = 0, max_waiting: int | None = None) -> None:
        self._total = total
        self._shared = total - reserved
        self._max_waiting = max_waiting
        self._held: dict[Hashable, int] = {}
        self._taken = 0
        self._waiting: OrderedDict[Hashable, deque[anyio.Event]] = OrderedDict()  # whose turn is next first
        self._waiters = 0

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._waiters

    @asynccontextmanager
    async def acquire(self, share: Hashable) -> AsyncIterator[None]:
        """Is one of those at work for as long as the body runs, waited for. Raises: ServerBusy when too many wait."""
        if self._is_free_for(share):
            self._take(share)  # nobody waits who could have it: they were served when it became free
        else:
            await self._wait(share)
        try:
            yield
        finally:
            self._leave(share)

    def _is_free_for(self, share: Hashable) -> bool:
        return self._taken < (self._shared if share in self._held else self._total)

    async def _wait(self, share: Hashable) -> None:
        if self._is_full_for(share):
            raise ServerBusy("too many requests wait already; try again shortly", retry_after_s=1)
        served = anyio.Event()
        queue = self._waiting.setdefault(share, deque())
        queue.append(served)
        self._waiters += 1
        try:
            await served.wait()
        except BaseException:
            if served.is_set():
                self._leave(share)
            else:
                queue.remove(served)
                self._forget_waiter(share)
            raise

    def _is_full_for(self, share: Hashable) -> bool:
        if self._max_waiting is None or self._waiters < self._max_waiting:
            return False
        everybody_once = self._waiters == len(self._waiting)
        return share in self._waiting or everybody_once

    def _take(self, share: Hashable) -> None:
        self._taken += 1
        self._held[share] = self._held.get(share, 0) + 1

    def _leave(self, share: Hashable) -> None:
        self._taken -= 1
        self._held[share] -= 1
        if not self._held[share]:
            del self._held[share]
        while (chosen := self._next()) is not None:
            self._take(chosen)
            self._waiting.move_to_end(chosen)
            self._waiting[chosen].popleft().set()
            self._forget_waiter(chosen)

    def _next(self) -> Hashable | None:
        if self._taken >= self._total:
            return None
        return next((share for share in self._waiting if self._is_free_for(share)), None)

    def _forget_waiter(self, share: Hashable) -> None:
        self._waiters -= 1
        if not self._waiting[share]:
            del self._waiting[share]
