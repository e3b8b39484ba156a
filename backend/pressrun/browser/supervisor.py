"""Keeps one usable browser at hand. Owns when a `BrowserProcess` is started, replaced, drained and given up.

Starting is single-flight and can be repeated: a failed start is reported to who asked, and forgotten. A browser that
is replaced is drained: it ends when its last lease does.
"""

from __future__ import annotations

import logging
from typing import Literal

import anyio
from anyio.abc import TaskGroup

from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.process import BrowserProcess, Driver
from pressrun.errors import BrowserUnavailable

_log = logging.getLogger(__name__)

BrowserState = Literal["stopped", "starting", "up", "failed"]


class BrowserSupervisor:
    """Hands out the current browser. Opened and closed by its pool; its tasks live in the pool's task group."""

    def __init__(self, config: BrowserPoolConfig, tasks: TaskGroup) -> None:
        self._config = config
        self._tasks = tasks
        self._starting = anyio.Lock()  # without it every first lease would start a browser of its own
        self._driver: Driver | None = None  # of the browser that is starting
        self._current: BrowserProcess | None = None
        self._alive: list[BrowserProcess] = []
        self._failure: str | None = None
        self._closed = False

    @property
    def state(self) -> BrowserState:
        if self._current is not None and self._current.is_usable:
            return "up"
        if self._driver is not None:
            return "starting"
        return "failed" if self._failure else "stopped"

    @property
    def failure(self) -> str | None:
        """Why there is no browser, for people; None if there is one, or nobody has asked for one."""
        return self._failure

    @property
    def processes(self) -> tuple[BrowserProcess, ...]:
        """All that run: the current one and those that drain."""
        return tuple(self._alive)

    async def borrow(self) -> BrowserProcess:
        """A usable browser, started if need be; give it back with `give_back`.

        Raises:
            BrowserUnavailable: it could not be started; the next call tries again.
        """
        async with self._starting:
            current = self._current
            if current is None or not current.is_usable or current.contexts_made >= self._config.recycle_after:
                current = await self._replace(current)
            current.leases += 1
            current.contexts_made += 1
            return current

    async def give_back(self, process: BrowserProcess) -> None:
        process.leases -= 1
        if process.draining and process.leases == 0:
            await self._end(process)

    async def close(self) -> None:
        """Ends every browser, also one that is just starting."""
        self._closed = True
        if self._driver is not None:
            await self._driver.kill()
        for process in self.processes:
            await self._end(process)

    async def _replace(self, old: BrowserProcess | None) -> BrowserProcess:
        if self._closed:
            raise BrowserUnavailable("The server is shutting down; no browser is started any more.")
        self._driver = Driver()
        try:
            process = await BrowserProcess.start(self._config, self._driver)
        except BrowserUnavailable as exc:
            self._failure = str(exc)
            raise
        finally:
            self._driver = None
        self._current, self._failure = process, None
        self._alive.append(process)
        self._tasks.start_soon(self._watch_driver, process)
        self._tasks.start_soon(self._look_after, process)
        if old is not None and old in self._alive:
            old.draining = True
            if old.leases == 0:
                await self._end(old)
        if self._closed:  # while it started
            await self._end(process)
        return process

    async def _look_after(self, process: BrowserProcess) -> None:
        """Until the browser is lost; a frozen one is killed, so that calls into it fail and leases come back."""
        while not process.lost.is_set():
            with anyio.move_on_after(self._config.ping_interval_s):
                await process.lost.wait()
            if process.is_usable and not await process.ping(self._config.ping_timeout_s) and not process.lost.is_set():
                _log.warning("Chromium does not answer; it is replaced")
                await process.kill()
        await self._end(process)

    async def _watch_driver(self, process: BrowserProcess) -> None:
        await process.watch()
        process.lost.set()

    async def _end(self, process: BrowserProcess) -> None:
        if process in self._alive:
            self._alive.remove(process)
            await process.close(self._config.close_timeout_s)
