"""Cancelled at any moment: the caller is free within a second, and Chromium keeps nothing that nobody holds."""

from __future__ import annotations

import itertools
import os

import anyio
import pytest

from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.slides.page_breaks import Slice
from pressrun.procfs import children_of
from tests.browser.conftest import SMALL, chromiums, open_contexts, quick
from tests.support.limits import fail_after

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

ENDLESS = "<p>x</p><script>for (;;);</script>"
DOCUMENT = "<h1>Title</h1>" + "<p>some text on a line</p>" * 300


async def settle(pool: BrowserPool) -> None:
    """Until the pool has closed what cancelled callers left to it; bounded by the caller's fail_after."""
    while pool._holders:
        for stay in tuple(pool._holders):
            await stay.gone.wait()


async def whole_run(pool: BrowserPool) -> None:
    async with pool.lease(**SMALL) as lease:
        await lease.load(DOCUMENT)
        layout = await lease.layout()
        for top in itertools.count(0, 200):
            if top + 240 > layout.height_css_px:
                break
            await lease.capture(Slice(top, top + 240))


@pytest.mark.parametrize("after_ms", [0, 1, 3, 6, 10, 15, 20, 30, 40, 55, 70, 90, 120, 180, 300])
async def test_a_run_cancelled_at_any_moment_leaves_no_context(pool: BrowserPool, after_ms: int) -> None:
    await pool.warm()
    with fail_after(1):
        with anyio.move_on_after(after_ms / 1000) as scope:
            await whole_run(pool)
    assert scope.cancelled_caught or after_ms >= 300
    with fail_after(5):
        await settle(pool)
    assert await open_contexts(pool) == 0
    assert pool.pressure().free == 2


async def test_a_storm_of_cancelled_runs_leaves_the_pool_whole(pool: BrowserPool) -> None:
    async def cancelled_run(number: int) -> None:
        with anyio.move_on_after(number * 0.007):
            await whole_run(pool)

    await pool.warm()
    with fail_after(20):
        async with anyio.create_task_group() as tasks:
            for number in range(40):
                tasks.start_soon(cancelled_run, number)
        await settle(pool)
    assert await open_contexts(pool) == 0
    assert (pool.pressure().running, pool.pressure().waiting, pool.pressure().free) == (0, 0, 2)
    await whole_run(pool)


async def test_a_run_cancelled_in_an_endless_script_is_free_long_before_its_time_is_up(pool: BrowserPool) -> None:
    await pool.warm()
    async with anyio.create_task_group() as tasks:
        loading = anyio.Event()

        async def load() -> None:
            async with pool.lease(**SMALL, scripts=True) as lease:
                loading.set()
                await lease.load(ENDLESS)

        tasks.start_soon(load)
        await loading.wait()
        with anyio.move_on_after(0.3):
            await anyio.sleep_forever()
        cancelled_at = anyio.current_time()
        tasks.cancel_scope.cancel()
    with anyio.fail_after(8):  # less than the 10 s of a load, which would end it too
        await settle(pool)
    assert anyio.current_time() - cancelled_at < 8
    assert await open_contexts(pool) == 0


@pytest.mark.slow
async def test_cancelled_while_the_browser_starts_it_is_free_at_once_and_the_browser_stays() -> None:
    before = children_of(os.getpid())
    async with open_browser_pool(quick()) as pool:
        for after_s in (0.01, 0.1, 0.3):
            with anyio.fail_after(after_s + 1), anyio.move_on_after(after_s):
                await whole_run(pool)
        with fail_after(10):
            await settle(pool)
            await whole_run(pool)
        assert await open_contexts(pool) == 0
        assert len(chromiums(pool)) == 1
    assert children_of(os.getpid()) <= before


async def test_cancelled_in_the_waiting_line_it_takes_no_place(pool: BrowserPool) -> None:
    async with pool.lease(**SMALL), pool.lease(**SMALL):
        with anyio.move_on_after(0.05):
            await whole_run(pool)
        assert pool.pressure().waiting == 0
    assert pool.pressure().free == 2


@pytest.mark.parametrize("after_ms", [0, 50, 200, 400, 700])
@pytest.mark.slow
async def test_a_pool_cancelled_at_any_moment_leaves_no_process(after_ms: int) -> None:
    before = children_of(os.getpid())
    with anyio.move_on_after(after_ms / 1000):
        async with open_browser_pool(quick()) as pool:
            await whole_run(pool)
            await anyio.sleep_forever()
    assert children_of(os.getpid()) <= before
