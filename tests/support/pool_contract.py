"""What a pool promises, whatever its browsers are: one suite, over fakes (tests/unit) and Chromium (tests/browser)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import anyio
import pytest

from pressrun.browser import drawing
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.pool.supervisor import Kept
from pressrun.browser.ports import OpenPage
from pressrun.browser.slides.page_breaks import Slice
from pressrun.errors import BrowserCrashed, BrowserFailure, PoolExhausted, RenderTimeout
from tests.support.limits import fail_after
from tests.support.pool_rig import (
    FREEZES,
    LINE_CSS_PX,
    QUICK,
    SCREEN,
    SMALL,
    Drawn,
    Rig,
    capture_for_ever,
    lines,
    settled,
    spares_settled,
)


class PoolContract:
    """The suite. A subclass gives `rig`."""

    @pytest.fixture
    async def pool(self, rig: Rig) -> AsyncIterator[BrowserPool]:
        async with rig.open(QUICK) as pool:
            yield pool

    async def works(self, pool: BrowserPool) -> bool:
        async with pool.lease(**SMALL) as lease:
            await lease.load("<p>after")
            return len(await lease.capture(Slice(0, 20), "jpeg", 30)) > 0

    async def is_whole(self, rig: Rig, pool: BrowserPool) -> bool:
        await settled(pool)
        pressure, places = pool.pressure(), sum(supervisor.capacity for supervisor in pool.supervisors)
        return (pressure.running, pressure.waiting, pressure.free, await rig.open_contexts(pool)) == (0, 0, places, 0)

    async def test_no_browser_is_started_before_it_is_asked_for(self, pool: BrowserPool) -> None:
        assert [browser.state for browser in pool.pressure().browsers] == ["stopped", "stopped"]
        assert await pool.warm()
        assert [browser.state for browser in pool.pressure().browsers] == ["up", "stopped"]

    async def test_many_first_leases_start_each_browser_once(self, pool: BrowserPool) -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(6):
                tasks.start_soon(self.works, pool)
        assert [browser.counts.started for browser in pool.pressure().browsers] == [1, 1]

    async def test_no_more_leases_than_places_and_who_waits_is_served_in_order(self, rig: Rig) -> None:
        served: list[int] = []

        async def wait(pool: BrowserPool, number: int) -> None:
            async with pool.lease(**SMALL):
                served.append(number)

        async with (
            rig.open(replace(QUICK, local=1, contexts=1)) as pool,
            anyio.create_task_group() as tasks,
            pool.lease(**SMALL),
        ):
            for number in range(3):
                tasks.start_soon(wait, pool, number)
                await anyio.wait_all_tasks_blocked()
            assert (pool.pressure().running, pool.pressure().waiting, pool.pressure().free) == (1, 3, 0)
            assert not served
        assert served == [0, 1, 2]

    async def test_leases_are_spread_over_the_browsers(self, pool: BrowserPool) -> None:
        async with pool.lease(**SMALL), pool.lease(**SMALL), pool.lease(**SMALL):
            assert sorted(browser.leases for browser in pool.pressure().browsers) == [1, 2]

    async def test_waiting_longer_than_the_deadline_is_told(self, rig: Rig) -> None:
        async with rig.open(replace(QUICK, local=1, contexts=1)) as pool, pool.lease(**SMALL):
            with pytest.raises(PoolExhausted, match=r"0\.05 s"):
                await pool.lease(**SMALL, timeout_s=0.05).__aenter__()
            assert pool.pressure().waiting == 0

    async def test_a_full_line_is_told_at_once(self, rig: Rig) -> None:
        config = replace(QUICK, local=1, contexts=1, max_waiting=0)
        async with rig.open(config) as pool, pool.lease(**SMALL):
            with fail_after(1), pytest.raises(PoolExhausted, match="wait already"):
                await pool.lease(**SMALL).__aenter__()
            await pool.check()  # a busy pool is healthy

    async def test_a_browser_is_replaced_after_so_many_contexts_and_drained(self, rig: Rig) -> None:
        async with rig.open(replace(QUICK, local=1, contexts=4, recycle_after=3)) as pool:
            async with pool.lease(**SMALL) as old:
                await old.load("<p>old")
                for _ in range(3):
                    assert await self.works(pool)
                assert [kept.draining for kept in pool.supervisors[0].processes] == [True, False]
                assert len(await old.capture(Slice(0, 20))) > 0
            assert len(pool.supervisors[0].processes) == 1
            assert pool.pressure().browsers[0].counts.recycled == 1

    async def test_an_idle_browser_is_closed_but_not_the_first(self, rig: Rig) -> None:
        async with rig.open(replace(QUICK, idle_s=0.2)) as pool:
            await Drawn(pool, 20).draw()
            assert [browser.state for browser in pool.pressure().browsers] == ["up", "up"]
            with fail_after(10):
                while pool.supervisors[1].state == "up":
                    await pool.supervisors[1].processes[0].browser.lost.wait()
            assert [browser.state for browser in pool.pressure().browsers] == ["up", "stopped"]
            drawn = Drawn(pool, 6)
            await drawn.draw()
            assert drawn.is_whole

    async def test_a_kill_while_idle_is_not_noticed_by_the_next_lease(self, rig: Rig, pool: BrowserPool) -> None:
        await pool.warm()
        rig.kill(pool, 0)
        with fail_after(10):
            assert await self.works(pool)

    async def with_spare(self, pool: BrowserPool) -> Kept:
        """The first browser, with a page that nobody has asked for yet."""
        for _ in range(2):
            assert await self.works(pool)
        await spares_settled(pool)
        kept = pool.supervisors[0].processes[0]
        assert kept.spare is not None
        assert kept.spare.is_there
        return kept

    async def test_a_page_of_the_same_screen_is_opened_ahead_and_lent_once(
        self, rig: Rig, pool: BrowserPool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = await self.with_spare(pool)
        assert kept.spare is not None
        spare = kept.spare._page
        monkeypatch.setattr("pressrun.browser.pool.spare_page._AFTER_S", 60)  # none is opened meanwhile
        async with pool.lease(viewport_width=330, viewport_height=240, zoom=1) as other:
            assert other._page is not spare
            assert kept.spare._page is spare
        async with pool.lease_on(await pool.take(avoid=pool.supervisors[1:]), SCREEN) as first:
            assert first._page is spare
            assert not kept.spare.is_there
            async with pool.lease_on(await pool.take(avoid=pool.supervisors[1:]), SCREEN) as second:
                assert second._page is not spare
            await first.load(lines(2))
            assert (await first.layout()).height_css_px >= LINE_CSS_PX

    async def test_a_spare_page_follows_the_screen_that_is_asked_for_twice(self, pool: BrowserPool) -> None:
        kept = await self.with_spare(pool)
        for number in range(2):
            async with pool.lease(viewport_width=330, viewport_height=240, zoom=1):
                pass
            await spares_settled(pool)
            assert kept.spare is not None
            assert kept.spare._page is not None
            assert kept.spare._page.screen.width == (320, 330)[number]

    async def test_a_check_does_not_take_the_spare_page(self, pool: BrowserPool) -> None:
        kept = await self.with_spare(pool)
        assert kept.spare is not None
        spare = kept.spare._page
        await pool.check()
        assert kept.spare._page is spare

    async def test_a_kill_beside_a_spare_page_is_not_noticed_by_the_next_lease(
        self, rig: Rig, pool: BrowserPool
    ) -> None:
        await self.with_spare(pool)
        rig.kill(pool, 0)
        with fail_after(10):
            assert await self.works(pool)
        assert await self.is_whole(rig, pool)

    async def test_a_browser_frozen_beside_a_spare_page_is_not_noticed_by_the_next_lease(self, rig: Rig) -> None:
        async with rig.open(replace(FREEZES, local=1, ping_interval_s=60)) as pool:
            await self.with_spare(pool)
            rig.freeze(pool, 0)
            with fail_after(30):
                assert await self.works(pool)
            assert await self.is_whole(rig, pool)

    async def test_a_spare_page_that_has_crashed_is_not_lent(self, rig: Rig, pool: BrowserPool) -> None:
        kept = await self.with_spare(pool)
        assert kept.spare is not None
        assert kept.spare._page is not None
        await self.crash(kept.spare._page)
        assert await self.works(pool)
        assert await self.is_whole(rig, pool)

    async def crash(self, page: OpenPage) -> None:
        """As a renderer that has died by itself."""
        page.crashed = True  # type: ignore[misc]
        await page.close()

    async def test_a_kill_in_a_lease_is_a_crash_that_costs_the_other_browser_nothing(
        self, rig: Rig, pool: BrowserPool
    ) -> None:
        async with pool.lease(**SMALL) as first, pool.lease(**SMALL) as second:
            await first.load("<p>first")
            await second.load("<p>second")
            rig.kill(pool, 0)
            with fail_after(10), pytest.raises(BrowserCrashed):
                await capture_for_ever(first)
            assert len(await second.capture(Slice(0, 20), "jpeg", 30)) > 0
        assert await self.works(pool)
        assert await self.is_whole(rig, pool)

    async def test_a_frozen_browser_is_replaced_within_five_seconds(self, rig: Rig) -> None:
        async with rig.open(FREEZES) as pool:
            async with pool.lease(**SMALL) as lease:
                await lease.load("<p>x")
                rig.freeze(pool, 0)
                with fail_after(5), pytest.raises(BrowserFailure):
                    await capture_for_ever(lease)
            with fail_after(5):
                assert await self.works(pool)
            assert await self.is_whole(rig, pool)

    async def test_a_document_is_not_blamed_for_a_browser_that_does_not_answer(self, rig: Rig) -> None:
        async with rig.open(replace(FREEZES, load_timeout_s=1, ping_interval_s=60)) as pool:
            async with pool.lease(**SMALL) as lease:
                rig.freeze(pool, 0)
                with fail_after(20), pytest.raises(BrowserCrashed):
                    await lease.load("<p>x")
            assert await self.works(pool)

    async def test_an_endless_document_ends_at_its_deadline(self, rig: Rig) -> None:
        async with rig.open(replace(QUICK, load_timeout_s=0.5)) as pool:
            with fail_after(5), pytest.raises(RenderTimeout):
                async with pool.lease(**SMALL, scripts=True) as lease:
                    await lease.load("<p>x</p><script>for (;;);</script>")
            assert await self.is_whole(rig, pool)

    async def test_one_run_is_drawn_by_all_browsers_each_slide_once_and_nearly_in_order(
        self, rig: Rig, pool: BrowserPool
    ) -> None:
        drawn, shares = Drawn(pool, 40), set()

        async def watch() -> None:
            while not drawn.is_whole:
                shares.update(pool.pressure().shares.values())
                await drawn.news.wait()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            await drawn.draw()
        assert drawn.is_whole
        assert max(shares) == 2
        ahead = (
            drawing._AHEAD * pool.pressure().capacity
        )  # and no slide is begun further ahead of the first unsaved one
        assert all(abs(place - index) < ahead for place, index in enumerate(drawn.saved, start=1))
        assert pool.pressure().shares == {}
        assert await self.is_whole(rig, pool)

    async def test_two_runs_share_slide_by_slide(self, pool: BrowserPool) -> None:
        long, short = Drawn(pool, 60, "long"), Drawn(pool, 10, "short")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(long.draw)
            await long.until(5)
            await short.draw()
            while_short = len(long.saved) - 5
            assert short.is_whole
            assert while_short < 30  # by turns about as many as the short one has, and what starting it takes
            assert not long.is_whole
        assert long.is_whole

    async def test_a_long_run_works_twice_in_a_browser_that_it_has_for_itself_and_only_there(self, rig: Rig) -> None:
        async with rig.open(replace(QUICK, contexts=4)) as pool:
            long, short = Drawn(pool, 200, "long"), Drawn(pool, 10, "short")
            leases: list[int] = []

            async def watch() -> None:
                while not short.is_whole:
                    await short.news.wait()
                    leases.append(pool.pressure().running)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(long.draw)
                while [supervisor.held for supervisor in pool.supervisors] != [2, 2]:
                    await long.news.wait()
                assert pool.pressure().shares == {"long": 2}
                tasks.start_soon(watch)
                await short.draw()
                assert min(leases) <= 4  # two of each run; at first the long one's had not left yet
                assert not long.is_whole
                while [supervisor.held for supervisor in pool.supervisors] != [2, 2]:
                    await long.news.wait()
            assert long.is_whole
            assert await self.is_whole(rig, pool)

    async def test_a_short_run_works_once_in_each_browser(self, rig: Rig) -> None:
        async with rig.open(replace(QUICK, contexts=4)) as pool:
            drawn, most = Drawn(pool, 20), 0
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(drawn.draw)
                while not drawn.is_whole:
                    await drawn.news.wait()
                    most = max(most, pool.pressure().running)
            assert most == 2

    async def test_a_few_slides_start_no_second_browser_and_use_one_that_runs(
        self, rig: Rig, pool: BrowserPool
    ) -> None:
        few = Drawn(pool, 5)
        await few.draw()
        assert few.is_whole
        assert [supervisor.state for supervisor in pool.supervisors] == ["up", "stopped"]
        await Drawn(pool, 40, "many").draw()
        assert [supervisor.state for supervisor in pool.supervisors] == ["up", "up"]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Drawn(pool, 5, "again").draw)
            while not (shares := pool.pressure().shares):
                await anyio.lowlevel.checkpoint()
            assert shares == {"again": 2}
        assert await self.is_whole(rig, pool)

    async def test_a_run_gives_a_browser_back_when_another_waits(self, rig: Rig) -> None:
        async with rig.open(replace(QUICK, contexts=1)) as pool:
            long, short = Drawn(pool, 60, "long"), Drawn(pool, 4, "short")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(long.draw)
                while pool.pressure().shares != {"long": 2}:
                    await long.news.wait()
                await long.until(4)
                await short.draw()
                assert short.is_whole
                assert not long.is_whole
            assert long.is_whole

    async def test_a_browser_that_dies_while_drawing_costs_no_slide(self, rig: Rig, pool: BrowserPool) -> None:
        drawn = Drawn(pool, 40)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(drawn.draw)
            for count, supervisor in ((4, 0), (15, 1), (25, 0)):
                await drawn.until(count)
                while not pool.supervisors[supervisor].processes:
                    await drawn.news.wait()
                rig.kill(pool, supervisor)
        assert drawn.is_whole
        assert len(drawn.saved) == 40
        assert await self.works(pool)
        assert await self.is_whole(rig, pool)

    @pytest.mark.parametrize("after_ms", [0, 1, 3, 8, 20, 50, 120])
    async def test_a_drawing_cancelled_at_any_moment_leaves_the_pool_whole(
        self, rig: Rig, pool: BrowserPool, after_ms: int
    ) -> None:
        with fail_after(5):
            with anyio.move_on_after(after_ms / 1000):
                await Drawn(pool, 200).draw()
        with fail_after(5):
            assert await self.is_whole(rig, pool)
        assert pool.pressure().shares == {}
