"""The pool's policy without a browser: the contract suite over fakes, and what only fakes can be made to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import anyio
import pytest

from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.errors import BrowserCrashed, BrowserUnavailable
from tests.support.fake_browser import FakeBrowser, FakeSources
from tests.support.limits import fail_after
from tests.support.pool_contract import PoolContract
from tests.support.pool_rig import QUICK, SMALL, Drawn, lines, settled, spare_pages, spares_settled

pytestmark = pytest.mark.anyio


class FakeRig:
    """A pool of fakes."""

    def __init__(self) -> None:
        self.sources = FakeSources()

    @asynccontextmanager
    async def open(self, config: BrowserPoolConfig) -> AsyncIterator[BrowserPool]:
        async with open_browser_pool(config, self.sources) as pool:
            yield pool
        assert not any(browser.is_usable for source in self.sources.made for browser in source.started)

    def browser(self, supervisor: int) -> FakeBrowser:
        return self.sources.made[supervisor].started[-1]

    def kill(self, pool: BrowserPool, supervisor: int) -> None:
        self.browser(supervisor).die()

    def freeze(self, pool: BrowserPool, supervisor: int) -> None:
        self.browser(supervisor).frozen = True

    async def open_contexts(self, pool: BrowserPool) -> int:
        await spares_settled(pool)
        return sum(len(browser.pages) for source in self.sources.made for browser in source.started) - spare_pages(pool)


@pytest.fixture
def rig() -> FakeRig:
    return FakeRig()


class TestFakePool(PoolContract):
    """The suite, in milliseconds."""


@pytest.mark.parametrize("captures", [1, 2, 3])
async def test_one_browser_takes_so_many_captures_at_a_time_and_no_more(rig: FakeRig, captures: int) -> None:
    async with rig.open(replace(QUICK, contexts=4, captures=captures)) as pool, anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(Drawn(pool, 20, str(number)).draw)
    assert [rig.browser(supervisor).most_capturing for supervisor in (0, 1)] == [captures] * 2


async def test_a_failed_start_is_told_and_forgotten(rig: FakeRig) -> None:
    async with rig.open(replace(QUICK, local=1)) as pool:
        rig.sources.made[0].failures = 2
        with pytest.raises(BrowserUnavailable):
            await pool.lease(**SMALL).__aenter__()
        assert (pool.pressure().browser, pool.pressure().free) == ("failed", 2)
        async with pool.lease(**SMALL):
            assert (pool.pressure().browser, pool.pressure().reason) == ("up", None)


async def test_a_start_that_dies_once_is_tried_again_unnoticed(rig: FakeRig) -> None:
    async with rig.open(replace(QUICK, local=1)) as pool:
        rig.sources.made[0].failures = 1
        async with pool.lease(**SMALL):
            pass


async def test_a_browser_that_does_not_start_does_not_hold_up_the_others(rig: FakeRig) -> None:
    async with rig.open(QUICK) as pool:
        rig.sources.made[0].failures = 99
        drawn = Drawn(pool, 12)
        await drawn.draw()
        assert drawn.is_whole


async def test_with_no_browser_at_all_a_drawing_says_so(rig: FakeRig) -> None:
    async with rig.open(QUICK) as pool:
        for source in rig.sources.made:
            source.failures = 99
        with fail_after(5), pytest.raises(BrowserUnavailable):
            await Drawn(pool, 12).draw()
        await settled(pool)
        assert pool.pressure().free == 4


async def test_a_new_browser_that_does_not_start_leaves_the_old_one_in_use(rig: FakeRig) -> None:
    async with rig.open(replace(QUICK, local=1, recycle_after=1)) as pool:
        async with pool.lease(**SMALL):
            pass
        rig.sources.made[0].failures = 2
        async with pool.lease(**SMALL) as lease:
            await lease.load("<p>x")
        assert len(rig.sources.made[0].started) == 1


async def test_a_browser_that_has_grown_is_replaced(rig: FakeRig) -> None:
    async with rig.open(replace(QUICK, local=1)) as pool:
        async with pool.lease(**SMALL):
            rig.browser(0).grown_to_bytes = QUICK.recycle_rss_bytes + 1
        async with pool.lease(**SMALL):
            assert pool.pressure().browsers[0].counts.recycled == 1


async def test_a_slice_that_always_crashes_is_given_up_after_three_more_tries(rig: FakeRig) -> None:
    async with rig.open(QUICK) as pool:
        drawn = Drawn(pool, 1)
        with fail_after(10), pytest.raises(BrowserCrashed):
            await drawn.draw("<p>crash me")
        assert sum(browser.counts.lost for browser in pool.pressure().browsers) == 4
        assert not drawn.saved


async def test_a_browser_that_lays_out_otherwise_does_not_help(rig: FakeRig) -> None:
    async with rig.open(QUICK) as pool:
        await pool.warm()
        rig.sources.made[1].taller_by = 3
        drawn = Drawn(pool, 20)
        await drawn.draw()
        assert drawn.is_whole
        assert rig.browser(1).most_capturing == 0


async def test_saving_that_fails_ends_the_drawing_with_what_happened(rig: FakeRig) -> None:
    class Full(Drawn):
        async def save(self, index: int, image: bytes) -> None:
            raise BrowserUnavailable("stands for any error of ours")

    async with rig.open(QUICK) as pool:
        with fail_after(5), pytest.raises(BrowserUnavailable, match="any error"):
            await Full(pool, 20).draw()


async def test_what_was_captured_before_a_crash_is_saved_and_not_captured_again(rig: FakeRig) -> None:
    class Slow(Drawn):
        begun = 0

        async def save(self, index: int, image: bytes) -> None:
            self.begun += 1
            if self.begun == 3:
                rig.browser(0).die()
                rig.browser(1).die()
            await anyio.sleep(0.02)
            await super().save(index, image)

    async with rig.open(QUICK) as pool:
        drawn = Slow(pool, 12)
        with fail_after(5):
            await drawn.draw()
        assert drawn.is_whole
        assert drawn.begun == 12


@pytest.mark.slow
async def test_a_thousand_leases_leave_nothing(rig: FakeRig) -> None:
    async with rig.open(QUICK) as pool:

        async def some() -> None:
            for number in range(100):
                with anyio.move_on_after(0.0005 * (number % 5)):
                    async with pool.lease(**SMALL) as lease:
                        await lease.load(lines(3))

        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(some)
        await settled(pool)
        assert await rig.open_contexts(pool) == 0
        assert (pool.pressure().running, pool.pressure().waiting, pool.pressure().free) == (0, 0, 4)
