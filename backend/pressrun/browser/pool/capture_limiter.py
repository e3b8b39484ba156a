"""Whose capture is next in one browser. Owns the order, and only that; pure policy, no browser.

A run asks for one turn at a time and goes to the end when it has had it: so runs take turns round-robin, whatever
number of slides each has. A capture that takes too long stops holding up the others: the next goes ahead beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


class CaptureLimiter:
    """At most `captures` at a time, in the order in which they were asked for."""

    def __init__(self, captures: int, turn_s: float) -> None:
        self._captures = captures
        self._turn_s = turn_s
        self._ends_at: dict[object, float] = {}  # of the turns that count, when they stop counting; oldest first
        self._line: deque[anyio.Event] = deque()
        self._called = 0  # who was called and has not begun yet
        self._running = 0

    @property
    def running(self) -> int:
        """Captures that are being taken."""
        return self._running

    @property
    def waiting(self) -> int:
        """Captures that wait for their turn."""
        return len(self._line)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Inside it is one's turn."""
        await self._wait()
        turn = object()
        self._ends_at[turn] = anyio.current_time() + self._turn_s
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            self._ends_at.pop(turn, None)
            self._call_next()

    async def _wait(self) -> None:
        if not self._line and self._is_free:
            return
        called = anyio.Event()
        self._line.append(called)
        try:
            while not called.is_set():
                with anyio.move_on_after(self._patience_s):
                    await called.wait()
                self._call_next()
        except BaseException:
            if called in self._line:
                self._line.remove(called)
            else:  # called, but gone: somebody else's turn
                self._called -= 1
                self._call_next()
            raise
        self._called -= 1

    @property
    def _is_free(self) -> bool:
        return len(self._ends_at) + self._called < self._captures

    @property
    def _patience_s(self) -> float:
        """Until the oldest turn stops counting."""
        if not self._ends_at:
            return self._turn_s
        return max(0.0, next(iter(self._ends_at.values())) - anyio.current_time())

    def _call_next(self) -> None:
        now = anyio.current_time()
        for turn, ends_at in tuple(self._ends_at.items()):
            if ends_at <= now:
                del self._ends_at[turn]
        while self._line and self._is_free:
            self._called += 1
            self._line.popleft().set()
