"""CaptureLimiter in one browser: round-robin, bounded, and nobody held up for long by one that hangs."""

from __future__ import annotations

import anyio
import pytest

from pressrun.browser.pool.capture_limiter import CaptureLimiter
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio


async def test_who_had_a_slot_goes_behind_those_who_wait() -> None:
    limiter, order = CaptureLimiter(1, slot_limit_s=10), list[str]()

    async def run(name: str) -> None:
        for _ in range(4):
            async with limiter.slot():
                order.append(name)
                await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        for name in "abc":
            tasks.start_soon(run, name)
    assert "".join(order) == "abc" * 4


async def test_no_more_slots_at_a_time_than_the_weight() -> None:
    limiter, most = CaptureLimiter(2, slot_limit_s=10), 0

    async def run() -> None:
        nonlocal most
        async with limiter.slot():
            most = max(most, limiter.running)
            await anyio.sleep(0.001)

    async with anyio.create_task_group() as tasks:
        for _ in range(9):
            tasks.start_soon(run)
    assert most == 2
    assert (limiter.running, limiter.waiting) == (0, 0)


async def test_a_slot_that_is_held_too_long_lets_the_next_go_ahead() -> None:
    limiter, held = CaptureLimiter(1, slot_limit_s=0.05), anyio.Event()

    async def hang() -> None:
        async with limiter.slot():
            held.set()
            await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hang)
        await held.wait()
        with fail_after(1):
            for _ in range(3):
                async with limiter.slot():
                    assert limiter.running == 2
        tasks.cancel_scope.cancel()
    assert limiter.running == 0


async def test_one_cancelled_in_the_queue_or_just_when_called_takes_nobody_s_slot() -> None:
    limiter, done = CaptureLimiter(1, slot_limit_s=10), 0

    async def run(scope: anyio.CancelScope) -> None:
        nonlocal done
        with scope:
            async with limiter.slot():
                await anyio.lowlevel.checkpoint()
                done += 1

    with fail_after(5):
        async with anyio.create_task_group() as tasks:
            scopes = [anyio.CancelScope() for _ in range(6)]
            async with limiter.slot():
                for scope in scopes:
                    tasks.start_soon(run, scope)
                await anyio.wait_all_tasks_blocked()
                scopes[3].cancel()
            scopes[0].cancel()  # it was called by the end of the slot above, and has not begun
        async with limiter.slot():
            pass
    assert done == 4
