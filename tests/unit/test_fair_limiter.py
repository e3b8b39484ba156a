"""So many at a time, by turns: nobody fills the line for the others."""

from __future__ import annotations

from contextlib import AsyncExitStack

import anyio
import anyio.lowlevel
import pytest
from anyio.abc import TaskGroup
from hypothesis import given
from hypothesis import strategies as st

from pressrun.errors import ServerBusy
from pressrun.fair_limiter import FairLimiter
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio


class Work:
    """Work of shares, each held until it is told to end."""

    def __init__(self, limiter: FairLimiter, tasks: TaskGroup) -> None:
        self.limiter = limiter
        self.begun: list[str] = []
        self._tasks = tasks
        self._ends: dict[str, anyio.Event] = {}

    async def start(self, *names: str) -> None:
        """`a1`, `a2` … are of share `a`."""
        for name in names:
            self._ends[name] = anyio.Event()
            self._tasks.start_soon(self._do, name)
            await anyio.wait_all_tasks_blocked()

    async def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()
            await anyio.wait_all_tasks_blocked()

    async def _do(self, name: str) -> None:
        async with self.limiter.acquire(name[0]):
            self.begun.append(name)
            await self._ends[name].wait()


async def test_shares_are_served_in_turn_and_each_in_its_own_order() -> None:
    async with anyio.create_task_group() as tasks:
        work = Work(FairLimiter(2), tasks)
        await work.start("a1", "a2", "a3", "a4", "a5", "b1", "b2", "c1")
        assert work.begun == ["a1", "a2"]
        await work.end("a1", "a2", "a3", "b1", "c1", "a4", "b2", "a5")
    assert work.begun == ["a1", "a2", "a3", "b1", "c1", "a4", "b2", "a5"]


async def test_who_fills_the_line_keeps_nobody_out_who_does_not_wait_in_it() -> None:
    async with anyio.create_task_group() as tasks:
        limiter = FairLimiter(1, max_waiting=2)
        work = Work(limiter, tasks)
        await work.start("a1", "a2", "a3", "b1")
        assert limiter.waiting == 3
        with pytest.raises(ServerBusy):
            async with limiter.acquire("b"):
                pass
        await work.end("a1", "a2", "b1", "a3")
    assert work.begun == ["a1", "a2", "b1", "a3"]


async def test_a_newcomer_need_not_wait_for_those_who_hold_all_that_may_be_shared() -> None:
    async with anyio.create_task_group() as tasks:
        work = Work(FairLimiter(4, reserved=2), tasks)
        await work.start("a1", "a2", "a3", "a4", "b1", "b2", "c1", "d1")
        assert work.begun == ["a1", "a2", "b1", "c1"], "all that a may have, and the first of two others"
        await work.end("a1")
        assert work.begun[4:] == ["d1"], "who holds none comes before who holds some"
        await work.end("b1", "c1", "d1", "a2", "a3", "a4", "b2")
    assert work.limiter.waiting == 0


async def test_a_line_that_is_full_says_so_at_once() -> None:
    async with anyio.create_task_group() as tasks:
        work = Work(FairLimiter(1, max_waiting=2), tasks)
        await work.start("a1", "a2", "b1")
        with pytest.raises(ServerBusy):
            async with work.limiter.acquire("c"):
                pass
        await work.end("a1", "a2", "b1")


async def test_whoever_gives_up_waiting_costs_nobody_a_place() -> None:
    """Cancelled in the queue, and in the moment of being served."""
    limiter = FairLimiter(1)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(limiter.acquire("a"))
        with anyio.move_on_after(0):
            async with limiter.acquire("b"):
                raise AssertionError
        assert limiter.waiting == 0
    async with anyio.create_task_group() as tasks:

        async def wait() -> None:
            async with limiter.acquire("c"):
                await anyio.sleep_forever()

        async with limiter.acquire("a"):
            tasks.start_soon(wait)
            await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    async with limiter.acquire("d"):
        assert limiter.waiting == 0


@given(
    total=st.integers(1, 5),
    reserved=st.integers(0, 4),
    jobs=st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 5)), max_size=40),
)
def test_never_more_than_the_total_and_everybody_is_served(
    total: int, reserved: int, jobs: list[tuple[str, int]]
) -> None:
    async def check() -> None:
        limiter, at_work, served = FairLimiter(total, reserved=min(reserved, total - 1)), 0, 0

        async def do(share: str, turns: int) -> None:
            nonlocal at_work, served
            async with limiter.acquire(share):
                at_work += 1
                assert at_work <= total
                for _ in range(turns):
                    await anyio.lowlevel.checkpoint()
                at_work -= 1
                served += 1

        with fail_after(20):
            async with anyio.create_task_group() as tasks:
                for share, turns in jobs:
                    tasks.start_soon(do, share, turns)
        assert (served, limiter.waiting) == (len(jobs), 0)

    anyio.run(check)
