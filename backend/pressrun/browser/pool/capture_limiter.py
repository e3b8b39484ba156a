"""Whose capture is next in one browser. Owns the order, and only that; pure policy, no browser.

A run asks for one slot at a time and goes to the end of the queue when it has had it: so runs are served round-robin,
whatever number of slides each has. A capture that takes too long stops holding up the others: the next goes ahead
beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


class CaptureLimiter:
    """At most `captures` at a time, in the order in which they were asked for."""

    def __init__(self, captures: int, slot_limit_s: float) -> None:
        self._captures = captures
        self._slot_limit_s = slot_limit_s
        self._ends_at: dict[object, float] = {}  # of the slots that count, when they stop counting; oldest first
        self._queue: deque[anyio.Event] = deque()
        self._called = 0  # who was called and has not begun yet
        self._running = 0

    @property
    def running(self) -> int:
        """Captures that are being taken."""
        return self._running

    @property
    def waiting(self) -> int:
        """Captures that wait for a slot."""
        return len(self._queue)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """One capture; waits for it."""
        await self._wait()
        slot = object()
        self._ends_at[slot] = anyio.current_time() + self._slot_limit_s
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            self._ends_at.pop(slot, None)
            self._call_next()

    async def _wait(self) -> None:
        if not self._queue and self._is_free:
            return
        called = anyio.Event()
        self._queue.append(called)
        try:
            while not called.is_set():
                with anyio.move_on_after(self._patience_s):
                    await called.wait()
                self._call_next()
        except BaseException:
            if called in self._queue:
                self._queue.remove(called)
            else:  # called, but gone: somebody else's slot
                self._called -= 1
                self._call_next()
            raise
        self._called -= 1

    @property
    def _is_free(self) -> bool:
        return len(self._ends_at) + self._called < self._captures

    @property
    def _patience_s(self) -> float:
        """Until the oldest slot stops counting."""
        if not self._ends_at:
            return self._slot_limit_s
        return max(0.0, next(iter(self._ends_at.values())) - anyio.current_time())

    def _call_next(self) -> None:
        now = anyio.current_time()
        for slot, ends_at in tuple(self._ends_at.items()):
            if ends_at <= now:
                del self._ends_at[slot]
        while self._queue and self._is_free:
            self._called += 1
            self._queue.popleft().set()
