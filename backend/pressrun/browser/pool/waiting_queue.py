"""Who gets the next lease in which browser. Owns the waiting queue, and only that; pure policy, no browser.

First come, first served: a lease that comes free goes to who waits longest, so while somebody waits none is free.
It is taken where the fewest are held for its weight, in a browser that runs rather than in one that has to be
started, and last in one whose start has failed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from typing import Generic, Protocol, TypeVar

import anyio

from pressrun.errors import PoolExhausted


class Supervisor(Protocol):
    """What the queue needs to know of a browser."""

    held: int

    @property
    def capacity(self) -> int: ...

    @property
    def weight(self) -> int: ...

    @property
    def state(self) -> str: ...

    @property
    def backs_off(self) -> bool: ...


S = TypeVar("S", bound=Supervisor)


class _Waiter(Generic[S]):
    def __init__(self, avoid: Collection[S]) -> None:
        self.avoid = avoid
        self.served = anyio.Event()
        self.supervisor: S | None = None


class WaitingQueue(Generic[S]):
    """The capacity of all browsers together, and who waits for one."""

    def __init__(self, supervisors: Sequence[S], max_waiting: int) -> None:
        self._supervisors = supervisors
        self._max_waiting = max_waiting
        self._waiters: deque[_Waiter[S]] = deque()
        self._begun = anyio.Event()  # of those who look for somebody to wait; a new one each time

    @property
    def waiting(self) -> int:
        return len(self._waiters)

    @property
    def running(self) -> int:
        return sum(supervisor.held for supervisor in self._supervisors)

    @property
    def free(self) -> int:
        return sum(max(0, supervisor.capacity - supervisor.held) for supervisor in self._supervisors)

    async def take(self, limit_s: float, avoid: Collection[S] = ()) -> S:
        """Room for a lease, waited for; in a browser of `avoid` only if there is no other. Give it back with `leave`.

        Raises:
            PoolExhausted: the queue is full, or no browser came free within `limit_s`.
        """
        supervisor = self._pick(avoid)
        if supervisor is not None:
            return self._hold(supervisor)
        if len(self._waiters) >= self._max_waiting:
            capacity = sum(supervisor.capacity for supervisor in self._supervisors)
            raise PoolExhausted(
                f"All {capacity} browser pages are taken and {len(self._waiters)} runs wait already; try again shortly."
            )
        waiter = _Waiter(avoid)
        self._waiters.append(waiter)
        self._begun.set()
        self._begun = anyio.Event()
        try:
            with anyio.fail_after(limit_s):
                await waiter.served.wait()
        except BaseException as exc:
            if waiter.supervisor is not None:
                self.leave(waiter.supervisor)
            else:
                self._waiters.remove(waiter)
            if isinstance(exc, TimeoutError):
                raise PoolExhausted(f"No browser page came free within {limit_s:g} s; try again shortly.") from exc
            raise
        assert waiter.supervisor is not None  # noqa: S101 - `served` says so
        return waiter.supervisor

    async def wait_for_waiter(self) -> None:
        """Returns when somebody waits."""
        if not self._waiters:
            await self._begun.wait()

    def try_take(self, avoid: Collection[S] = ()) -> S | None:
        """Room for a lease in a browser that is not in `avoid`, if one is free, sound, and nobody waits for any."""
        supervisor = self._pick(avoid)
        if supervisor is None or supervisor in avoid or supervisor.backs_off:
            return None
        return self._hold(supervisor)

    def leave(self, supervisor: S) -> None:
        """Gives it back; who waits longest gets it."""
        supervisor.held -= 1
        while self._waiters:
            chosen = self._pick(self._waiters[0].avoid)
            if chosen is None:
                return
            waiter = self._waiters.popleft()
            waiter.supervisor = self._hold(chosen)
            waiter.served.set()

    def _hold(self, supervisor: S) -> S:
        supervisor.held += 1
        return supervisor

    def _pick(self, avoid: Collection[S]) -> S | None:
        free = [supervisor for supervisor in self._supervisors if supervisor.held < supervisor.capacity]
        return min(
            free,
            key=lambda supervisor: (
                supervisor in avoid,
                supervisor.backs_off,
                supervisor.held / supervisor.weight,
                supervisor.state != "up",
            ),
            default=None,
        )
