"""The pool's policies with a real Chromium: capacity, line, deadline, recycling, repeatable start, a clean end."""

from __future__ import annotations

import os
from pathlib import Path

import anyio
import pytest

from pressrun.browser.chromium.executable import find_chromium
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.slides.page_breaks import Slice
from pressrun.errors import BrowserUnavailable, PoolExhausted
from tests.browser.conftest import SMALL, chromiums, is_alive, open_contexts, pids, quick
from tests.support.limits import fail_after

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]


async def test_no_browser_is_started_before_it_is_asked_for() -> None:
    async with open_browser_pool(quick()) as pool:
        assert pool.pressure().browser == "stopped"
        assert await pool.warm()
        assert pool.pressure().browser == "up"


async def test_many_first_leases_start_one_browser() -> None:
    async with open_browser_pool(quick(contexts=4)) as pool, anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(pool.warm)
        await pool.warm()
        assert len(chromiums(pool)) == 1


async def test_nothing_outlives_the_pool() -> None:
    async with open_browser_pool(quick()) as pool:
        started = await pids(pool)
    assert not any(is_alive(pid) for pid in started)


async def test_an_error_of_the_body_passes_as_it_is_and_nothing_outlives_it() -> None:
    started: list[int] = []

    async def fail() -> None:
        async with open_browser_pool(quick()) as pool:
            started.extend(await pids(pool))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert not any(is_alive(pid) for pid in started)


async def test_a_pool_that_ends_with_leases_open_ends_them() -> None:
    failed = anyio.Event()

    async def hold(pool: BrowserPool, held: anyio.Event) -> None:
        async with pool.lease(**SMALL) as lease:
            held.set()
            try:
                await lease.load("<p>x")
                while True:
                    await lease.capture(Slice(0, 240))
            except Exception:  # noqa: BLE001 - any error of ours is right here
                failed.set()

    with fail_after(8):
        async with anyio.create_task_group() as tasks:
            async with open_browser_pool(quick()) as pool:
                started = await pids(pool)
                held = anyio.Event()
                tasks.start_soon(hold, pool, held)
                await held.wait()
            assert not any(is_alive(pid) for pid in started)
            await failed.wait()


async def test_no_more_leases_than_places_and_the_next_one_waits_its_turn(pool: BrowserPool) -> None:
    got = anyio.Event()

    async def third() -> None:
        async with pool.lease(**SMALL):
            got.set()

    async with anyio.create_task_group() as tasks:
        async with pool.lease(**SMALL), pool.lease(**SMALL):
            tasks.start_soon(third)
            await anyio.wait_all_tasks_blocked()
            assert (pool.pressure().running, pool.pressure().waiting, pool.pressure().free) == (2, 1, 0)
            assert await open_contexts(pool) == 2
            assert not got.is_set()
        await got.wait()
    assert (pool.pressure().running, pool.pressure().waiting, pool.pressure().free) == (0, 0, 2)
    assert await open_contexts(pool) == 0


async def test_waiting_longer_than_the_deadline_is_told(pool: BrowserPool) -> None:
    async with pool.lease(**SMALL), pool.lease(**SMALL):
        with pytest.raises(PoolExhausted, match=r"0\.05 s"):
            await pool.lease(**SMALL, timeout_s=0.05).__aenter__()
    assert pool.pressure().free == 2


async def test_a_full_line_is_told_at_once() -> None:
    async with (
        open_browser_pool(quick(contexts=1, max_waiting=0)) as pool,
        pool.lease(**SMALL),
    ):
        with fail_after(1), pytest.raises(PoolExhausted, match="wait already"):
            await pool.lease(**SMALL).__aenter__()


async def test_a_health_check_passes_while_every_place_is_taken(pool: BrowserPool) -> None:
    async with pool.lease(**SMALL), pool.lease(**SMALL):
        await pool.check()


@pytest.mark.slow
async def test_a_failed_start_is_told_and_forgotten(tmp_path: Path) -> None:
    real = find_chromium(None)
    chromium = tmp_path / "chromium"
    chromium.write_text("#!/bin/sh\nexit 1\n")
    chromium.chmod(0o755)
    async with open_browser_pool(quick(executable=chromium)) as pool:
        assert not await pool.warm()
        assert pool.pressure().browser == "failed"
        assert "did not start" in str(pool.pressure().reason)
        with pytest.raises(BrowserUnavailable) as caught:
            await pool.lease(**SMALL).__aenter__()
        assert "--" not in str(caught.value)
        assert pool.pressure().free == 2
        chromium.write_text(f'#!/bin/sh\nexec {real} "$@"\n')
        async with pool.lease(**SMALL) as lease:
            await lease.load("<p>x")
        assert pool.pressure().reason is None


@pytest.mark.slow
async def test_a_start_that_never_ends_is_given_up(tmp_path: Path) -> None:
    chromium = tmp_path / "chromium"
    chromium.write_text("#!/bin/sh\nexec sleep 60\n")
    chromium.chmod(0o755)
    async with open_browser_pool(quick(executable=chromium, launch_timeout_s=1)) as pool:
        with fail_after(6):
            assert not await pool.warm()


@pytest.mark.slow
async def test_a_browser_is_replaced_after_so_many_contexts_and_drained() -> None:
    async with open_browser_pool(quick(recycle_after=3)) as pool:
        (first, *_) = await pids(pool)
        async with pool.lease(**SMALL) as old:
            await old.load("<p>old")
            for _ in range(2):
                async with pool.lease(**SMALL):
                    pass
            assert [kept.draining for kept in pool.supervisors[0].processes] == [True, False]
            assert len(await old.capture(Slice(0, 240))) > 0
        (process,) = chromiums(pool)
        assert process.pid != first
        assert not is_alive(first)


async def test_a_folder_for_what_node_compiles_reaches_the_driver(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NODE_COMPILE_CACHE", str(tmp_path))
    async with open_browser_pool(quick()) as pool:
        await pool.warm()
    assert any(path.is_file() for path in tmp_path.rglob("*"))


@pytest.mark.parametrize(("ours", "drivers"), [(None, "--max-semi-space-size=1"), ("--no-warnings", "--no-warnings")])
async def test_the_driver_gets_a_small_heap_unless_somebody_has_set_options_of_node(
    monkeypatch: pytest.MonkeyPatch, ours: str | None, drivers: str
) -> None:
    if ours is None:
        monkeypatch.delenv("NODE_OPTIONS", raising=False)
    else:
        monkeypatch.setenv("NODE_OPTIONS", ours)
    async with open_browser_pool(quick()) as pool:
        await pool.warm()
        driver = await pool._drivers.get()
        assert os.environ.get("NODE_OPTIONS") == ours
        assert f"NODE_OPTIONS={drivers}" in Path(f"/proc/{driver.pid}/environ").read_text()
