"""A real pool for the tests of browser/, and a look at what Chromium itself thinks is open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from playwright import async_api

from pressrun.browser.chromium.process import LocalChromium
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.pool import BrowserPool, Lease, open_browser_pool
from tests.support.limits import HANG_S
from tests.support.pool_rig import spare_pages, spares_settled

SMALL: dict[str, Any] = {"viewport_width": 320, "viewport_height": 240, "zoom": 1}
# A busy machine lets a browser wait for more than a second; it is not frozen for that.
QUICK = BrowserPoolConfig(
    contexts=2,
    lease_timeout_s=HANG_S,
    open_timeout_s=40,
    load_timeout_s=10,
    close_timeout_s=1,
    ping_interval_s=0.3,
    ping_timeout_s=3,
)


@pytest.fixture(scope="module")
async def pool(anyio_backend: str) -> AsyncIterator[BrowserPool]:
    """One pool for a whole module: a browser takes half a second. Nobody freezes it: one that is slow is no fault."""
    async with open_browser_pool(quick(ping_timeout_s=HANG_S)) as pool:
        yield pool


@pytest.fixture
async def lease(pool: BrowserPool) -> AsyncIterator[Lease]:
    async with pool.lease(viewport_width=640, viewport_height=360, zoom=1) as lease:
        yield lease


@pytest.fixture
async def page(pool: BrowserPool) -> AsyncIterator[async_api.Page]:
    """Of the pool's own browser, with nothing between. One for each test: the pool may renew its browser."""
    async with pool.lease(viewport_width=320, viewport_height=240, zoom=1):
        (chromium,) = chromiums(pool)
        context = await chromium.browser.new_context()
        yield await context.new_page()
        await context.close()


def quick(**changes: object) -> BrowserPoolConfig:
    return replace(QUICK, **changes)  # type: ignore[arg-type]


async def open_contexts(pool: BrowserPool) -> int:
    """Contexts that exist in Chromium itself, whoever holds them; without Playwright's own default context and the
    spare pages, of which there is at most one a browser.
    """
    await spares_settled(pool)
    count = -spare_pages(pool)
    for chromium in chromiums(pool):
        try:
            session = await chromium.browser.new_browser_cdp_session()
            answer = await session.send("Target.getBrowserContexts")
            await session.detach()
        except async_api.Error:
            if chromium.browser.is_connected():
                raise
            continue  # it has ended since, as one that is recycled does, and its contexts with it
        count += len(answer["browserContextIds"])
    return count


def chromiums(pool: BrowserPool) -> list[LocalChromium]:
    """The browsers that run, draining ones included."""
    found = [kept.browser for supervisor in pool.supervisors for kept in supervisor.processes]
    assert all(isinstance(browser, LocalChromium) for browser in found)
    return found  # type: ignore[return-value]


async def pids(pool: BrowserPool) -> list[int]:
    """Chromium and its driver, started if need be."""
    await pool.warm()
    (chromium,) = chromiums(pool)
    assert chromium.driver.pid is not None
    return [chromium.pid, chromium.driver.pid]


def pid_of(pool: BrowserPool, supervisor: int) -> int:
    """The Chromium of a place, which runs."""
    browser = pool.supervisors[supervisor].processes[-1].browser
    assert isinstance(browser, LocalChromium)
    return browser.pid


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not waited for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


async def until(is_so: Callable[[], bool]) -> None:
    """For what no event tells of, such as the end of a process; bounded by the caller's fail_after."""
    while not is_so():  # noqa: ASYNC110 - see above
        await anyio.sleep(0.01)
