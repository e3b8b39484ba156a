"""`ConnectionLimiter`: how many connections there may be, who goes when all are taken, and who has waited too long.

Owns how many are open, also by address, and the clock of everybody who has asked nothing yet. The listening sockets
(listeners.py) ask it whom to let in, the connections (server.py) tell it what they do. Rules:

- A connection that has asked nothing is *waiting*: new, idle between two requests, or dripping its headers. It is sent
  away `HEAD_LIMIT_S` after it began to (an idle one sooner, by uvicorn's keep-alive): no slow-loris stays.
- When there are as many as may be, whoever has waited longest makes room, so those who ask nothing keep out nobody
  who does.
- The last `SPARE` take no request but `/livez`. Who comes while all others are at work is told so by a whole 503 with
  `Retry-After`, and the liveness probe is still answered.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import Protocol

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from pressrun.api.gate.hosts import is_loopback
from pressrun.api.wire.problems import problem_response
from pressrun.background import Background
from pressrun.background_tasks import CONNECTION_LIMIT
from pressrun.errors import PressrunError, ServerBusy
from pressrun.request_errors import HeadersTooSlow

HEAD_LIMIT_S = 10.0  # SAFETY
PER_ADDRESS = 200  # arbitrary (50..1 000): a browser opens 6, an office behind one address some dozens
SPARE = 16  # arbitrary (4..64): the liveness probe, and those who are just being told 503
_SWEEP_EVERY_S = 0.5  # arbitrary: how much later than its limit a connection may go
_TELL_EVERY_S = 10.0  # arbitrary: a flood must not fill the log
_LIVENESS = "/livez"

_log = structlog.get_logger(__name__)


class Waiting(Protocol):
    """A connection that has asked nothing yet."""

    def send_away(self, reason: PressrunError) -> None:
        """Closes it; says why if it has begun to ask."""


class ConnectionLimiter:
    """One per process; also the outermost ASGI layer, because a full server says so before anything is looked at.

    `limit`: connections at once. `per_address`: how many of them from one address; None: `PER_ADDRESS`, without limit
    for this machine itself (its own user, or a proxy through which everybody comes); 0: without limit.
    """

    def __init__(
        self,
        app: ASGIApp,
        limit: int,
        *,
        per_address: int | None = None,
        head_limit_s: float = HEAD_LIMIT_S,
        background: Background | None = None,
    ) -> None:
        self._app = app
        self._background = background or Background()
        self._limit = limit
        self._spare = min(SPARE, limit // 4)
        self._per_address = per_address
        self._head_limit_s = head_limit_s
        self._inside: Counter[str] = Counter()
        self._count = 0
        self._arriving: set[int] = set()  # descriptors that were accepted and have no connection yet
        self._waiting: dict[Waiting, float] = {}  # since when; the longest first
        self._sweeping: asyncio.TimerHandle | None = None
        self._turned_away = 0
        self._told_at = float("-inf")

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Gives the coroutine on and is none: an open stream would keep its frame for as long as it lives."""
        at_work = self._count - len(self._waiting)
        if at_work <= self._limit - self._spare or scope["type"] != "http" or scope["path"] == _LIVENESS:
            return self._app(scope, receive, send)
        self._tell()
        answer = problem_response(busy())
        answer.headers["Connection"] = "close"
        return answer(scope, receive, send)

    def refusal(self, address: str) -> PressrunError | None:
        """Why somebody from there is not let in; None if there is room."""
        limit = self._limit_of(address)
        if limit and self._inside[address] >= limit:
            self._tell()
            return ServerBusy(
                f"there are {limit} connections from {address} already, the most that one address may have; close "
                "some, or raise PRESSRUN_MAX_CONNECTIONS_PER_ADDRESS on the server"
            )
        if self.full:
            self._tell()
            return busy()
        return None

    @property
    def full(self) -> bool:
        """Whether there are as many as may be."""
        return self._count >= self._limit

    def make_room(self) -> bool:
        """Whether there will be room in one of the loop's next rounds: who has waited longest is sent away."""
        longest = next(iter(self._waiting), None)
        if longest is None:
            return bool(self._arriving)  # they will be waiting in a moment
        self._tell()
        self.forget(longest)
        longest.send_away(busy())
        return True

    def entered(self, descriptor: int, address: str) -> None:
        """A connection is open, until `left`."""
        self._count += 1
        self._arriving.add(descriptor)
        self._inside[address] += 1

    def left(self, descriptor: int, address: str) -> None:
        """Its descriptor is closed."""
        self._count -= 1
        self._arriving.discard(descriptor)
        self._inside[address] -= 1
        if not self._inside[address]:
            del self._inside[address]

    def arrived(self, descriptor: int, connection: Waiting) -> None:
        """It has its protocol, and begins to wait."""
        self._arriving.discard(descriptor)
        self.waits(connection)

    def waits(self, connection: Waiting) -> None:
        """From now on it has `head_limit_s` to ask something."""
        loop = asyncio.get_running_loop()
        self._waiting.pop(connection, None)
        self._waiting[connection] = loop.time()
        if self._sweeping is None:
            self._sweeping = loop.call_later(min(_SWEEP_EVERY_S, self._head_limit_s), self._sweep)

    def forget(self, connection: Waiting) -> None:
        """It has asked, or is gone."""
        self._waiting.pop(connection, None)

    def _sweep(self) -> None:
        self._background.attempt_nowait(CONNECTION_LIMIT, self._send_overdue_away)
        again_s = min(_SWEEP_EVERY_S, self._head_limit_s)
        self._sweeping = asyncio.get_running_loop().call_later(again_s, self._sweep) if self._waiting else None

    def _send_overdue_away(self) -> None:
        overdue = asyncio.get_running_loop().time() - self._head_limit_s
        for connection in [each for each, since in self._waiting.items() if since <= overdue]:
            self.forget(connection)
            connection.send_away(
                HeadersTooSlow(f"The request's headers did not arrive within {self._head_limit_s:.0f} s.")
            )

    def _limit_of(self, address: str) -> int:
        if self._per_address is not None:
            return self._per_address
        return 0 if is_loopback(address) else PER_ADDRESS

    def _tell(self) -> None:
        """One line for a whole flood."""
        self._turned_away += 1
        now = asyncio.get_running_loop().time()
        if now - self._told_at >= _TELL_EVERY_S:
            _log.warning("connections are turned away", count=self._turned_away, limit=self._limit)
            self._told_at, self._turned_away = now, 0


def busy() -> ServerBusy:
    """There are as many as may be."""
    return ServerBusy("the server has as many connections as it can hold; try again shortly", retry_after_s=2)
