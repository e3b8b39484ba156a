"""Who gets the next place in which browser. Owns the waiting line, and only that; pure policy, no browser.

First come, first served: a place that comes free goes to who waits longest, so while somebody waits none is free.
A place is taken where the fewest are held for its weight, in a browser that runs rather than in one that has to be
started, and last in one whose start has failed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from typing import Generic, Protocol, TypeVar

import anyio

from pressrun.errors import PoolExhausted


class Seat(Protocol):
    """What the line needs to know of a browser."""

    held: int

    @property
    def places(self) -> int: ...

    @property
    def weight(self) -> int: ...

    @property
    def state(self) -> str: ...

    @property
    def rests(self) -> bool: ...


S = TypeVar("S", bound=Seat)


class _Waiter(Generic[S]):
    def __init__(self, avoid: Collection[S]) -> None:
        self.avoid = avoid
        self.served = anyio.Event()
        self.seat: S | None = None


class Line(Generic[S]):
    """The places of all browsers together, and who waits for one."""

    def __init__(self, seats: Sequence[S], max_waiting: int) -> None:
        self._seats = seats
        self._max_waiting = max_waiting
        self._waiters: deque[_Waiter[S]] = deque()

    @property
    def waiting(self) -> int:
        return len(self._waiters)

    @property
    def running(self) -> int:
        return sum(seat.held for seat in self._seats)

    @property
    def free(self) -> int:
        return sum(max(0, seat.places - seat.held) for seat in self._seats)

    async def take(self, limit_s: float, avoid: Collection[S] = ()) -> S:
        """A place, waited for; in a browser of `avoid` only if there is no other. Give it back with `leave`.

        Raises:
            PoolExhausted: the line is full, or no place came free within `limit_s`.
        """
        seat = self._pick(avoid)
        if seat is not None:
            return self._hold(seat)
        if len(self._waiters) >= self._max_waiting:
            places = sum(seat.places for seat in self._seats)
            raise PoolExhausted(
                f"All {places} browser places are taken and {len(self._waiters)} runs wait already; try again shortly."
            )
        waiter = _Waiter(avoid)
        self._waiters.append(waiter)
        try:
            with anyio.fail_after(limit_s):
                await waiter.served.wait()
        except BaseException as exc:
            if waiter.seat is not None:
                self.leave(waiter.seat)
            else:
                self._waiters.remove(waiter)
            if isinstance(exc, TimeoutError):
                raise PoolExhausted(f"No browser place came free within {limit_s:g} s; try again shortly.") from exc
            raise
        assert waiter.seat is not None  # noqa: S101 - `served` says so
        return waiter.seat

    def try_take(self, avoid: Collection[S] = ()) -> S | None:
        """A place in a browser that is not in `avoid`, if one is free, sound, and nobody waits for any."""
        seat = self._pick(avoid)
        if seat is None or seat in avoid or seat.rests:
            return None
        return self._hold(seat)

    def leave(self, seat: S) -> None:
        """Gives a place back; who waits longest gets it."""
        seat.held -= 1
        while self._waiters:
            chosen = self._pick(self._waiters[0].avoid)
            if chosen is None:
                return
            waiter = self._waiters.popleft()
            waiter.seat = self._hold(chosen)
            waiter.served.set()

    def _hold(self, seat: S) -> S:
        seat.held += 1
        return seat

    def _pick(self, avoid: Collection[S]) -> S | None:
        free = [seat for seat in self._seats if seat.held < seat.places]
        return min(
            free,
            key=lambda seat: (seat in avoid, seat.rests, seat.held / seat.weight, seat.state != "up"),
            default=None,
        )
