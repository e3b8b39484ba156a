"""`CallerQuotas`: how much of this process one caller may use: open requests and streams, requests a second, and bytes.

Owns the limits and what each caller has used of them; not how many runs a caller may have (runs/), nor how many
connections an address (api/connections/connection_limit.py). The gate asks before any route is looked for.

A caller is a token, by its name; who has none on a server that wants one is known by its address. Not limited: whoever
reaches a server without tokens (that is its one user), and strangers on loopback or where addresses mean nothing
(`PRESSRUN_MAX_CONNECTIONS_PER_ADDRESS=0`: a proxy's is everybody's). Names are as many as tokens, addresses are
forgotten oldest first. Each process counts for itself, on its monotonic clock.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

import structlog
from starlette.types import Message, Receive, Scope

from pressrun.api.gate.hosts import is_loopback
from pressrun.api.gate.tokens import LOCAL, Caller
from pressrun.errors import CallerLimit
from pressrun.settings import CallerLimits

_DAY_S: Final = 86_400.0
_MOST_ADDRESSES: Final = 10_000  # arbitrary (1 000..100 000): 3 MB; who has more is not one caller
_TELL_EVERY_S: Final = 10.0  # arbitrary: a flood must not fill the log
_LIVENESS: Final = "/livez"  # judges the process, not a caller

_log = structlog.get_logger(__name__)


class TokenBucket:
    """A bucket of `size` tokens, full at first, that `per_s` tokens flow into. Pure: the caller brings the time.

    Held as the instant at which it will be full again, so it is one number and is never refilled by hand (the generic
    cell rate algorithm, ITU-T I.371). Accepts at most `size + per_s * T` in any T seconds.
    """

    __slots__ = ("_full_at", "_per_s", "_size")

    def __init__(self, size: float, per_s: float) -> None:
        self._size = size
        self._per_s = per_s
        self._full_at = -math.inf

    def take(self, now_s: float, cost: float = 1) -> float:
        """0 when it had as many tokens, which are taken; else the seconds until it has them, and nothing is taken.

        What costs more than the whole bucket waits for a full one.
        """
        full_at = max(self._full_at, now_s) + min(cost, self._size) / self._per_s
        wait_s = full_at - now_s - self._size / self._per_s
        if wait_s > _ROUNDING_S:
            return wait_s
        self._full_at = full_at
        return 0.0


_ROUNDING_S = 1e-6  # of sums of floats: whoever comes when it was told to is not sent away once more


class Usage:
    """What one caller has used, in this process."""

    __slots__ = ("bytes", "name", "open_requests", "requests", "streams")

    def __init__(self, name: str, limits: CallerLimits) -> None:
        self.name = name
        self.streams = 0
        self.open_requests = 0
        self.requests = TokenBucket(limits.request_burst, limits.requests_per_s) if limits.requests_per_s else None
        self.bytes = TokenBucket(limits.bytes_per_day, limits.bytes_per_day / _DAY_S) if limits.bytes_per_day else None

    def close(self) -> None:
        """A request that was booked has been answered."""
        self.open_requests -= 1

    def close_stream(self) -> None:
        """One that was booked as a stream has ended, or was none."""
        self.streams -= 1
        self.close()


class CallerQuotas:
    """One per application, used on its loop."""

    def __init__(
        self,
        limits: CallerLimits,
        *,
        by_address: bool = True,
        most_addresses: int = _MOST_ADDRESSES,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits
        self._by_address = by_address
        self._most_addresses = most_addresses
        self._clock_s = clock_s
        self._callers: dict[str, Usage] = {}
        self._addresses: OrderedDict[str, Usage] = OrderedDict()
        self._refused = 0
        self._told_at = -math.inf

    def usage_of(self, caller: Caller, scope: Scope) -> Usage | None:
        """The account that the request is booked to; None: to nobody's."""
        if caller is LOCAL or scope["path"] == _LIVENESS:
            return None
        if caller.name:
            usage = self._callers.get(caller.name)
            if usage is None:
                usage = self._callers[caller.name] = Usage(caller.name, self._limits)
            return usage
        client = scope.get("client")
        return self._usage_at(client[0]) if client and self._by_address else None

    def _usage_at(self, address: str) -> Usage | None:
        usage = self._addresses.get(address)
        if usage is None:
            if is_loopback(address):
                return None
            if len(self._addresses) >= self._most_addresses:
                self._addresses.popitem(last=False)
            usage = self._addresses[address] = Usage(address, self._limits)
        self._addresses.move_to_end(address)
        return usage

    def book(self, usage: Usage, *, body_bytes: int = 0, stream: bool = False) -> None:
        """One request more, until `usage.close()`; a `stream` until `usage.close_stream()`. Raises: CallerLimit."""
        limits = self._limits
        if usage.requests is not None:
            wait_s = usage.requests.take(self._clock_s())
            if wait_s:
                raise self._refusal(
                    usage,
                    "requests_per_s",
                    f"You send more than {limits.requests_per_s:g} requests a second; send fewer, or raise "
                    "PRESSRUN_CALLER_REQUESTS_PER_S on the server.",
                    wait_s,
                )
        if limits.open_requests and usage.open_requests >= limits.open_requests:
            raise self._refusal(
                usage,
                "open_requests",
                f"{limits.open_requests} of your requests are not answered yet, the most that one caller may have at "
                "once; wait for some, or raise PRESSRUN_CALLER_MAX_OPEN_REQUESTS on the server.",
                wait_s=1,
            )
        if stream and limits.streams and usage.streams >= limits.streams:
            raise self._refusal(
                usage,
                "streams",
                f"You have {limits.streams} streams open, the most that one caller may have; close some, start runs "
                "with `Prefer: respond-async`, or raise PRESSRUN_CALLER_MAX_STREAMS on the server.",
            )
        if body_bytes:
            self.book_body(usage, body_bytes)
        usage.streams += stream
        usage.open_requests += 1

    def book_body(self, usage: Usage, size_bytes: int) -> None:
        """So many bytes of a request's body. Raises: CallerLimit."""
        wait_s = 0.0 if usage.bytes is None else usage.bytes.take(self._clock_s(), size_bytes)
        if wait_s:
            raise self._refusal(
                usage,
                "bytes_per_day",
                f"You have sent the {self._limits.bytes_per_day} bytes that one caller may send in a day; wait, send "
                "less, or raise PRESSRUN_CALLER_MAX_BYTES_PER_DAY on the server.",
                wait_s,
            )

    def metered(self, usage: Usage, receive: Receive) -> Receive:
        """`receive` that books what comes: for a body that does not say its length. Raises: CallerLimit."""

        async def receive_metered() -> Message:
            message = await receive()
            if message["type"] == "http.request" and message.get("body"):
                self.book_body(usage, len(message["body"]))
            return message

        return receive_metered

    def usages(self) -> Iterator[Usage]:
        """All that are remembered."""
        yield from self._callers.values()
        yield from self._addresses.values()

    def _refusal(self, usage: Usage, limit: str, message: str, wait_s: float = 5) -> CallerLimit:
        self._tell(usage, limit)
        return CallerLimit(message, limit=limit, retry_after_s=max(1, math.ceil(wait_s)))

    def _tell(self, usage: Usage, limit: str) -> None:
        """One line for a whole flood."""
        self._refused += 1
        now_s = self._clock_s()
        if now_s - self._told_at >= _TELL_EVERY_S:
            _log.warning("a caller is over its share", caller=usage.name, limit=limit, refused=self._refused)
            self._told_at, self._refused = now_s, 0
