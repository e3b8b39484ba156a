"""`Watch`: one task waits for three things at once: news, its client's going, and the time for a heartbeat.

The only file that speaks asyncio, and why: ASGI tells a client's going through `receive()`, so waiting for anything
else beside it takes a second task, or a cancelled scope for each event. With ten thousand readers both are dear: a
wake-up through an anyio scope costs 17 us, one through the future here 2.5 us (decision 0005). The server is uvicorn on
asyncio in any case. Nothing here runs longer than a callback; `close` undoes all of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from starlette.types import Receive


class Watch:
    """Of one stream, used by its task alone, as a context manager; `wake` may be called by anybody on the loop."""

    __slots__ = (
        "_departure",
        "_due",
        "_heartbeat_s",
        "_loop",
        "_sent_at",
        "_timer",
        "_waiter",
        "_waits_for",
        "_woken",
        "gone",
    )

    def __init__(self, receive: Receive, heartbeat_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._heartbeat_s = heartbeat_s
        self._departure: Coroutine[Any, Any, None] = _departure(receive)
        self._waits_for: asyncio.Future[Any] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._woken = False
        self._due = False
        self.gone = False

    def __enter__(self) -> Self:
        self.sent()
        self._timer = self._loop.call_later(self._heartbeat_s, self._tick)
        self._listen()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.gone = True
        self._timer.cancel()
        if self._waits_for is not None:
            self._waits_for.remove_done_callback(self._listen)
        self._departure.close()

    def sent(self) -> None:
        """Something has been sent just now: the next heartbeat counts from here."""
        self._sent_at = self._loop.time()

    def wake(self) -> None:
        """Ends the wait that is, or the next one."""
        self._woken = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> bool:
        """Until `wake`, the client's going (then `gone`), or silence for too long: then True."""
        if not self._woken:
            self._waiter = self._loop.create_future()
            await self._waiter
        self._woken = False
        due, self._due = self._due, False
        return due

    def _tick(self) -> None:
        """One timer for the stream's whole life, not one for each wait."""
        left_s = self._sent_at + self._heartbeat_s - self._loop.time()
        if left_s <= 0:
            self._due = True
            self._sent_at = self._loop.time()
            self.wake()
        self._timer = self._loop.call_later(left_s if left_s > 0 else self._heartbeat_s, self._tick)

    def _listen(self, _done: asyncio.Future[Any] | None = None) -> None:
        """Runs `receive()` as far as it goes without a task: it is resumed by the very future it waits for."""
        if self.gone:
            return  # closed after that future was done and before this callback had its turn
        try:
            waits_for = self._departure.send(None)
        except StopIteration:
            self._waits_for = None
            self.gone = True
            self.wake()
        else:
            self._waits_for = waits_for
            if waits_for is None:  # a bare yield: the server only lets others go first
                self._loop.call_soon(self._listen)
            else:
                waits_for.add_done_callback(self._listen)


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
