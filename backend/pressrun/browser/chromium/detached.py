"""Calls that are never cut off in the middle. Owns how a caller leaves a Playwright call that goes on without it.

Cancelling a task inside a Playwright call is not supported by its maintainers: a cancelled `new_context()` leaves a
context that nobody holds, a cancelled `goto` a dead page (BROWSER.md, "Cancellation"). So every call runs in a
shielded task of the pool, and the caller waits for its outcome. A caller that is cancelled or out of time makes the
call end (by closing the context under it) instead of cutting it off.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

T = TypeVar("T")


class Outcome(Generic[T]):
    """What a detached call came to. `settled` is set when it returned or raised."""

    def __init__(self) -> None:
        self.settled = anyio.Event()
        self.error: Exception | None = None
        self._value: list[T] = []

    def result(self) -> T:
        """The call's value, or its exception raised; only once settled."""
        if self.error is not None:
            raise self.error
        return self._value[0]

    async def settle(self, call: Callable[[], Awaitable[T]]) -> None:
        try:
            with anyio.CancelScope(shield=True):
                self._value.append(await call())
        except Exception as exc:  # noqa: BLE001 - carried over to the caller, who raises it
            self.error = exc
        finally:
            self.settled.set()


async def run_detached(
    tasks: TaskGroup,
    call: Callable[[], Awaitable[T]],
    *,
    timeout_s: float,
    lost: anyio.Event,
    abandon: Callable[[], None],
    grace_s: float,
) -> T:
    """The value of `call()`, which runs to its own end in a task of `tasks` whatever happens to the caller.

    `abandon` is called when the caller leaves early; it must make the call end soon. The caller then waits for that
    for at most `grace_s`. `lost` is set when the browser of the call is gone.

    Raises:
        TimeoutError: not settled within `timeout_s`, nor soon after the browser was lost.
    """
    outcome: Outcome[T] = Outcome()
    tasks.start_soon(outcome.settle, call)
    try:
        with anyio.fail_after(timeout_s):
            await _settled_or_lost(outcome.settled, lost)
    finally:
        if not outcome.settled.is_set():
            abandon()
            with anyio.move_on_after(grace_s, shield=True):
                await outcome.settled.wait()
    return outcome.result()


# Calls into a browser that has died raise within 22 ms (BROWSER "Faults"); but not each of them, whatever the moment.
_LOST_GRACE_S = 0.3


async def cancel_when_lost(lost: anyio.Event, scope: anyio.CancelScope) -> None:
    """Ends `scope` soon after `lost` is set: who waits in it for the browser would wait in vain."""
    await lost.wait()
    await anyio.sleep(_LOST_GRACE_S)
    scope.cancel()


async def _settled_or_lost(settled: anyio.Event, lost: anyio.Event) -> None:
    """Until the call has settled. Raises: TimeoutError when its browser is gone and it does not notice."""
    async with anyio.create_task_group() as watch:
        watch.start_soon(cancel_when_lost, lost, watch.cancel_scope)
        await settled.wait()
        watch.cancel_scope.cancel()
    if not settled.is_set():
        raise TimeoutError
