"""Kills at the worst moments: while a browser starts, opens a page, is replaced; and again and again in one run."""

from __future__ import annotations

import os
import random
import signal
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from pressrun.browser.chromium.executable import find_chromium
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.slides.page_breaks import Slice
from pressrun.errors import BrowserCrashed, BrowserUnavailable
from pressrun.procfs import children_of
from tests.browser.conftest import chromiums, is_alive, open_contexts, pid_of, quick, until
from tests.support.limits import fail_after
from tests.support.pool_rig import QUICK, SMALL, Drawn, lines, settled

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.slow]


async def works(pool: BrowserPool) -> bool:
    async with pool.lease(**SMALL) as lease:
        await lease.load("<p>after")
        return len(await lease.capture(Slice(0, 20), "jpeg", 30)) > 0


async def next_chromium(pool: BrowserPool, known: set[int]) -> int:
    """The pid of a Chromium that has just been started, long before it can be used."""
    while True:
        driver = pool._drivers.current
        fresh = (children_of(driver.pid) if driver and driver.pid else set()) - known
        if fresh:
            return fresh.pop()
        await anyio.sleep(0.001)


async def kill_next(pool: BrowserPool, known: set[int]) -> None:
    os.kill(await next_chromium(pool, known), signal.SIGKILL)


async def test_a_kill_while_the_browser_starts_is_not_noticed() -> None:
    async with open_browser_pool(quick()) as pool:
        with fail_after(15):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(kill_next, pool, set())
                assert await works(pool)
        assert len(chromiums(pool)) == 1


@pytest.mark.parametrize("who", ["$$", "$PPID"], ids=["browser", "driver"])
async def test_what_freezes_while_a_browser_starts_is_given_up_and_gone(tmp_path: Path, who: str) -> None:
    """The driver freezes with a browser that is stopped between fork and exec, and then no limit of its own holds."""
    once = tmp_path / "chromium"
    once.write_text(
        f"#!/bin/sh\nif mkdir {tmp_path}/once 2>/dev/null; then echo {who} > {tmp_path}/pid; kill -STOP {who}; fi\n"
        f'exec {find_chromium(None)} "$@"\n'
    )
    once.chmod(0o755)
    async with open_browser_pool(quick(executable=once, launch_timeout_s=3)) as pool:
        pool._drivers._start_timeout_s = 600  # the driver has its time on a busy machine, and is there already
        await pool._drivers.get()
        # 3 s, 2 more if the driver has to go, 1 for its end
        with fail_after(8), pytest.raises(BrowserUnavailable, match="Chromium did not start in time"):
            await pool.check()
        frozen = int((tmp_path / "pid").read_text())
        with fail_after(1):
            await until(lambda: not is_alive(frozen))
        while not await pool.warm():  # on a busy machine 3 s may not be enough for a start
            pass
        assert await works(pool)
        assert len(chromiums(pool)) == 1


@pytest.mark.parametrize("after_ms", [0, 5, 15, 25, 40])
async def test_a_kill_while_a_page_is_opened_is_not_noticed(after_ms: int) -> None:
    async with open_browser_pool(quick()) as pool:
        await pool.warm()

        async def kill() -> None:
            await anyio.sleep(after_ms / 1000)
            os.kill(pid_of(pool, 0), signal.SIGKILL)

        with fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(kill)
                async with pool.lease(**SMALL):
                    pass
            assert await works(pool)
            await settled(pool)
        assert (pool.pressure().free, await open_contexts(pool)) == (2, 0)


async def test_a_kill_while_the_browser_is_replaced_is_not_noticed() -> None:
    async with open_browser_pool(quick(recycle_after=1)) as pool:
        await pool.warm()
        known = {pid_of(pool, 0)}
        with fail_after(15):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(kill_next, pool, known)
                assert await works(pool)
            assert await works(pool)
            await settled(pool)
        assert pool.pressure().free == 2


async def test_a_driver_killed_while_idle_is_replaced_with_all_its_browsers() -> None:
    async with open_browser_pool(replace(QUICK, ping_interval_s=0.2)) as pool:
        await Drawn(pool, 40).draw()  # fewer start no second browser
        old = {chromium.pid for chromium in chromiums(pool)}
        assert len(old) == 2
        driver = pool._drivers.current
        assert driver is not None
        assert driver.pid is not None
        os.kill(driver.pid, signal.SIGKILL)
        drawn = Drawn(pool, 10)
        with fail_after(5):
            await drawn.draw()
            assert drawn.is_whole
            await until(lambda: not any(is_alive(pid) for pid in old))


async def test_a_driver_frozen_is_replaced() -> None:
    async with open_browser_pool(quick(idle_ping_s=0.3)) as pool:
        await pool.warm()
        driver = pool._drivers.current
        assert driver is not None
        assert driver.pid is not None
        os.kill(driver.pid, signal.SIGSTOP)
        try:
            with fail_after(6):
                await until(lambda: pool.pressure().browser != "up")
                assert await works(pool)
        finally:
            if is_alive(driver.pid):
                os.kill(driver.pid, signal.SIGKILL)


class Storm:
    """Kills random browsers of a pool at random moments, and every tenth time the driver."""

    def __init__(self, pool: BrowserPool, kills: int, seed: int) -> None:
        self.hits = 0
        self._pool = pool
        self._kills = kills
        self._dice = random.Random(seed)

    async def rage(self) -> None:
        while self.hits < self._kills:
            await anyio.sleep(self._dice.uniform(0, 0.25))
            victims = [chromium.pid for chromium in chromiums(self._pool)]
            driver = self._pool._drivers.current
            if victims and driver is not None and driver.pid is not None:
                pid = driver.pid if self.hits % 10 == 9 else self._dice.choice(victims)
                if is_alive(pid):
                    os.kill(pid, signal.SIGKILL)
                    self.hits += 1


async def survive(kills: int, slides: int, seed: int) -> Storm:
    """A run under a storm: it completes, or ends with the right code; then the pool is whole within 5 s."""
    async with open_browser_pool(QUICK) as pool:
        drawn, storm = Drawn(pool, slides), Storm(pool, kills, seed)
        with anyio.fail_after(120):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(storm.rage)
                try:
                    await drawn.draw()
                except (BrowserCrashed, BrowserUnavailable):
                    assert not drawn.is_whole
                else:
                    assert drawn.is_whole
                tasks.cancel_scope.cancel()
        assert len(set(drawn.saved)) == len(drawn.saved)
        with fail_after(5):
            await settled(pool)
            again = Drawn(pool, 6)
            await again.draw()
            assert again.is_whole
            await settled(pool)
        assert (pool.pressure().running, pool.pressure().free) == (0, 4)
        assert await open_contexts(pool) == 0
        left = {chromium.pid for chromium in chromiums(pool)}
    assert not any(is_alive(pid) for pid in left)
    return storm


@pytest.mark.promise("browser-dies")
async def test_a_run_survives_a_storm_of_kills_or_ends_with_its_code() -> None:
    """The short form; 50 kills in 200 slides: `make bench ARGS=storm`."""
    storm = await survive(kills=8, slides=150, seed=5)
    assert storm.hits >= 4


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def leases(pool: BrowserPool, count: int) -> None:
    """So many leases, two at a time; every third is left in the middle of its work."""

    async def some(first: int) -> None:
        for number in range(first, count, 2):
            with anyio.move_on_after(0.02 if number % 3 == 0 else 30):
                async with pool.lease(**SMALL) as lease:
                    await lease.load(lines(3))
                    await lease.capture(Slice(0, 20), "jpeg", 30)

    async with anyio.create_task_group() as tasks:
        for first in (0, 1):
            tasks.start_soon(some, first)
    await settled(pool)


async def test_thirty_leases_leave_descriptors_and_contexts_as_they_were() -> None:
    """The short form; 1 000 leases: `make bench ARGS=leaks`."""
    async with open_browser_pool(replace(QUICK, recycle_after=10)) as pool:
        await leases(pool, 8)
        before = open_descriptors()
        await leases(pool, 30)
        assert open_descriptors() <= before + 1  # a browser that is being replaced has a descriptor of its own
        assert await open_contexts(pool) == 0
        assert all(browser.counts.recycled for browser in pool.pressure().browsers)
