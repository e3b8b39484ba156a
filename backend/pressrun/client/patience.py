"""When to try again, and when to give up. Pure but for the random part of a wait.

Owns the arithmetic of waiting: `retry:`, `Retry-After`, backoff with jitter, and the length of an outage.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MAX_DOUBLINGS = 16  # beyond this only the cap counts; keeps the power small
_STEADY_S = 10.0  # a connection that held for one heartbeat (CONTRACT: 10 s) was a good one, even if nothing happened


@dataclass(frozen=True, slots=True)
class Patience:
    """How a client waits. All in seconds.

    `first_wait_s` holds until the server sends `retry:`. `stall_s`: a stream silent for longer is taken for cut (four
    heartbeats and a little). `give_up_after_s`: how long an outage may last.
    """

    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    stall_s: float = 45.0
    give_up_after_s: float = 300.0


class Outage:
    """Counts failures since things last went well, and says how long to wait after each."""

    def __init__(self, patience: Patience, clock_s: Callable[[], float]) -> None:
        self._patience = patience
        self._clock_s = clock_s
        self._base_s = patience.first_wait_s
        self._began_at_s: float | None = None
        self._connected_at_s: float | None = None
        self.failures = 0

    def server_says(self, retry_ms: int) -> None:
        """A `retry:` line."""
        self._base_s = min(max(retry_ms, 0) / 1000, self._patience.longest_wait_s)

    def connected(self) -> None:
        """A stream has opened; whether that ends the outage is decided by what it brings."""
        self._connected_at_s = self._clock_s()

    def over(self) -> None:
        """Something new arrived."""
        self.failures = 0
        self._began_at_s = None

    def next_wait_s(self, at_least_s: float = 0) -> float | None:
        """How long to wait after one more failure; None when the outage has lasted, or would last, too long."""
        now_s = self._clock_s()
        if self._connected_at_s is not None and now_s - self._connected_at_s >= _STEADY_S:
            self.over()
        self._connected_at_s = None
        self.failures += 1
        if self._began_at_s is None:
            self._began_at_s = now_s
        wait_s = max(at_least_s, self._backoff_s())
        if now_s - self._began_at_s + wait_s > self._patience.give_up_after_s:
            return None
        return wait_s

    def _backoff_s(self) -> float:
        doublings = min(self.failures - 1, _MAX_DOUBLINGS)
        ceiling_s = min(self._patience.longest_wait_s, self._base_s * float(2**doublings))
        # Between half and all of it, so that many clients of one server do not come back at once.
        return ceiling_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing


def retry_after_s(value: str | None) -> float | None:
    """Seconds of a `Retry-After` header, in either of its forms; None if it is absent or makes no sense."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        instant = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # a year, or a zone, that no calendar has
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return max(0.0, (instant - datetime.now(UTC)).total_seconds())
