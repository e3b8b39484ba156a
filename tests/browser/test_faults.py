"""Killed, frozen, crashed, looping: the right error, within its time, and the next lease works."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from pressrun.browser.pool.pool import BrowserPool, Lease, open_browser_pool
from pressrun.browser.slides.page_breaks import Slice
from pressrun.errors import BrowserCrashed, BrowserFailure, RenderTimeout
from tests.browser.conftest import SMALL, chromiums, is_alive, open_contexts, pids, quick
from tests.support.limits import fail_after

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]


@pytest.fixture
async def fresh() -> AsyncIterator[BrowserPool]:
    """A pool of its own for a test that breaks it."""
    async with open_browser_pool(quick()) as pool:
        yield pool


async def works(pool: BrowserPool) -> bool:
    async with pool.lease(**SMALL) as lease:
        await lease.load("<p>after")
        return len(await lease.capture(Slice(0, 240))) > 100


LOOPS_LATER = "<p>x</p><script>addEventListener('load', () => setTimeout(() => { for (;;); }))</script>"


async def load_and_capture(lease: Lease, html: str) -> None:
    await lease.load(html)
    await capture_for_ever(lease)


async def capture_for_ever(lease: Lease) -> None:
    while True:
        await lease.capture(Slice(0, 240))


async def kill_soon(pid: int) -> None:
    """In the middle of whatever goes on: a capture takes longer than one turn of the loop."""
    await anyio.wait_all_tasks_blocked()
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("victim", ["chromium", "driver"])
@pytest.mark.slow
async def test_a_kill_during_a_capture_is_a_crash_and_the_next_lease_works(fresh: BrowserPool, victim: str) -> None:
    started = await pids(fresh)
    pid = started[["chromium", "driver"].index(victim)]
    with fail_after(10):
        async with fresh.lease(**SMALL) as lease:
            await lease.load("<p>x")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(kill_soon, pid)
                with pytest.raises(BrowserCrashed) as caught:
                    await capture_for_ever(lease)
        assert "--" not in str(caught.value)
        assert await works(fresh)
    assert not is_alive(started[0])
    assert is_alive(started[1]) is (victim == "chromium"), "a browser that dies takes nothing with it"
    assert fresh.pressure().free == 2


@pytest.mark.parametrize("victim", ["chromium", "driver"])
async def test_a_kill_while_idle_is_not_noticed_by_the_next_lease(fresh: BrowserPool, victim: str) -> None:
    started = await pids(fresh)
    os.kill(started[["chromium", "driver"].index(victim)], signal.SIGKILL)
    with fail_after(10):
        assert await works(fresh)


@pytest.mark.slow
async def test_a_frozen_browser_is_replaced_within_five_seconds(fresh: BrowserPool) -> None:
    chromium, _ = await pids(fresh)
    async with fresh.lease(**SMALL) as lease:
        await lease.load("<p>x")
        os.kill(chromium, signal.SIGSTOP)
        with anyio.fail_after(15):  # less than the 20 s of a capture, which would end it too
            with pytest.raises(BrowserFailure):
                await capture_for_ever(lease)
            assert await works(fresh)
    assert not is_alive(chromium)


async def test_an_endless_script_is_a_timeout_that_costs_the_neighbour_nothing() -> None:
    async with open_browser_pool(quick(load_timeout_s=1)) as pool:
        async with pool.lease(**SMALL) as neighbour:
            await neighbour.load("<p>calm")
            async with pool.lease(**SMALL, scripts=True) as lease:
                with fail_after(4), pytest.raises(RenderTimeout, match=r"within 1 s .*endless scripts"):
                    await lease.load("<p>x</p><script>for (;;);</script>")
            assert len(await neighbour.capture(Slice(0, 240))) > 100
        assert await open_contexts(pool) == 0
        assert len(chromiums(pool)) == 1


@pytest.mark.slow
async def test_a_document_that_loops_later_is_a_timeout_too() -> None:
    """`evaluate` and CDP calls have no timeout of their own (BROWSER.md, "Faults")."""
    async with open_browser_pool(quick(load_timeout_s=1, capture_timeout_s=1)) as pool:
        async with pool.lease(**SMALL, scripts=True) as lease:
            with fail_after(6), pytest.raises(RenderTimeout):
                await load_and_capture(lease, LOOPS_LATER)
        assert await works(pool)


async def test_a_slide_that_takes_too_long_to_draw_is_told_by_what_takes_long() -> None:
    style = "<style>p { filter: blur(40px) drop-shadow(0 0 80px red); box-shadow: 0 0 500px red }</style>"
    large = {"viewport_width": 1920, "viewport_height": 1080, "zoom": 1}
    async with open_browser_pool(quick(capture_timeout_s=0.05)) as pool, pool.lease(**large) as lease:
        await lease.load(style + "<p>Water moves." * 60)
        with pytest.raises(RenderTimeout, match="filters, blurs and shadows"):
            await lease.capture(Slice(0, 1080))


@pytest.mark.slow
async def test_a_heap_bomb_ends_as_a_crash_of_its_own_page(fresh: BrowserPool) -> None:
    async with fresh.lease(**SMALL, scripts=True) as lease:
        with fail_after(15), pytest.raises(BrowserFailure):
            await lease.load("<script>const a = []; for (;;) a.push(new Array(1e5).fill(Math.random()))</script>")
    assert await works(fresh)


async def test_a_spent_lease_says_so_instead_of_hanging(fresh: BrowserPool) -> None:
    async with fresh.lease(**SMALL, scripts=True) as lease:
        with anyio.move_on_after(0.2):
            await lease.load("<script>for (;;);</script>")
        with fail_after(2), pytest.raises(BrowserFailure):
            await lease.capture(Slice(0, 240))


@pytest.mark.slow
async def test_a_context_that_does_not_close_costs_the_browser_and_gives_its_place_back() -> None:
    async with open_browser_pool(quick(ping_interval_s=60, contexts=1)) as pool:
        chromium, _ = await pids(pool)
        with fail_after(8):
            async with pool.lease(**SMALL) as lease:
                await lease.load("<p>x")
                os.kill(chromium, signal.SIGSTOP)
            assert await works(pool)
        assert not is_alive(chromium)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.slow
async def test_twenty_leases_leave_descriptors_and_contexts_as_they_were(pool: BrowserPool) -> None:
    assert await works(pool)
    before = open_descriptors()
    for _ in range(20):
        async with pool.lease(**SMALL):
            pass
    assert open_descriptors() == before
    assert await open_contexts(pool) == 0


@pytest.mark.parametrize("victim", ["chromium", "driver", "both"])
async def test_however_driver_and_browser_end_nothing_of_theirs_stays_in_the_folder_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, victim: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    async with open_browser_pool(quick()) as pool:
        chromium, driver = await pids(pool)
        assert list(tmp_path.iterdir()) != []
        for name, pid in (("chromium", chromium), ("driver", driver)):
            if victim in (name, "both"):
                os.kill(pid, signal.SIGKILL)
        with fail_after(10):
            assert await works(pool)
            assert len(list(tmp_path.iterdir())) <= 2  # of the new driver, and of the old one until it is swept
    assert list(tmp_path.iterdir()) == []
