"""The pool's contract suite over Chromium: what the fakes of tests/unit promise, the real thing keeps."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from tests.browser.conftest import chromiums, is_alive, open_contexts, pid_of
from tests.support.pool_contract import PoolContract

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.slow]


class ChromiumRig:
    """A pool of Chromiums, killed and frozen by signals to their own pids."""

    @asynccontextmanager
    async def open(self, config: BrowserPoolConfig) -> AsyncIterator[BrowserPool]:
        started: set[int] = set()
        async with open_browser_pool(config) as pool:
            try:
                yield pool
            finally:
                started.update(chromium.pid for chromium in chromiums(pool))
        assert not any(is_alive(pid) for pid in started)

    def kill(self, pool: BrowserPool, supervisor: int) -> None:
        os.kill(pid_of(pool, supervisor), signal.SIGKILL)

    def freeze(self, pool: BrowserPool, supervisor: int) -> None:
        os.kill(pid_of(pool, supervisor), signal.SIGSTOP)

    async def open_contexts(self, pool: BrowserPool) -> int:
        return await open_contexts(pool)


@pytest.fixture
def rig() -> ChromiumRig:
    return ChromiumRig()


@pytest.mark.promise("all-browsers")
class TestChromiumPool(PoolContract):
    """The suite, over real browsers."""
