"""The shared browsers. Owns capacity, the waiting line and the life of every lease.

    async with open_browser_pool(config) as pool:
        async with pool.lease(viewport_width=1920, viewport_height=1080, zoom=2.1) as lease:
            await lease.load(html)

Invariants: one lease = one fresh context, never used again; at most `contexts` leases at a time; a lease's context is
made and closed by a task of the pool, so no cancelled caller can lose one; its place comes back even when closing
hangs (the browser is killed then); nothing outlives the pool.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
from anyio.abc import TaskGroup
from playwright.async_api import Error

from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.lease import Lease
from pressrun.browser.process import BrowserProcess
from pressrun.browser.sealed_page import SealedPage, open_page
from pressrun.browser.supervisor import BrowserState, BrowserSupervisor
from pressrun.errors import BrowserCrashed, BrowserFailure, BrowserUnavailable, PoolExhausted
from pressrun.meters import Meters

__all__ = ["BrowserPool", "BrowserPoolConfig", "Lease", "PoolPressure", "open_browser_pool"]

_log = logging.getLogger(__name__)

# A browser that died unnoticed costs the first attempt to open a context; a fresh one that fails too is no accident.
_OPEN_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class PoolPressure:
    """How busy a pool is. `reason`: why there is no browser, for people; None unless `browser` is `failed`."""

    running: int
    waiting: int
    free: int
    browser: BrowserState
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Screen:
    width: int
    height: int
    zoom: float
    scripts: bool


class _Stay:
    """A lease's time in the pool, as both sides see it: the caller and the task that keeps the context."""

    def __init__(self, screen: _Screen) -> None:
        self.screen = screen
        self.sealed: SealedPage | None = None
        self.process: BrowserProcess | None = None
        self.failure: Exception | None = None
        self.ready = anyio.Event()  # `sealed` or `failure` is there
        self.over = anyio.Event()  # set by the caller: close the context
        self.gone = anyio.Event()  # the context is closed and the place is free

    def why_lost(self) -> BrowserFailure | None:
        if self.process is not None and not self.process.is_usable:
            return BrowserCrashed("The browser crashed while it showed the document; try again.")
        return None


@asynccontextmanager
async def open_browser_pool(config: BrowserPoolConfig) -> AsyncIterator[BrowserPool]:
    """A pool that starts its browser when the first lease is asked for, and leaves no process behind."""
    tasks = anyio.create_task_group()
    await tasks.__aenter__()
    pool = BrowserPool(config, tasks)
    try:
        yield pool
    finally:
        # Ended by hand so that an exception of the body passes as it is, not wrapped in a group: no task here raises.
        with anyio.CancelScope(shield=True):
            await pool._end()
        tasks.cancel_scope.cancel()
        await tasks.__aexit__(None, None, None)


class BrowserPool:
    """Lends contexts. Opened by `open_browser_pool`; shared by all runs of one event loop."""

    def __init__(self, config: BrowserPoolConfig, tasks: TaskGroup) -> None:
        self._config = config
        self._tasks = tasks
        self._line = anyio.CapacityLimiter(config.contexts)
        self._browsers = BrowserSupervisor(config, tasks)
        self._stays: set[_Stay] = set()
        self._ending = False

    @property
    def meters(self) -> Meters:
        """What it has timed."""
        return self._config.meters

    def pressure(self) -> PoolPressure:
        line = self._line.statistics()
        return PoolPressure(
            running=line.borrowed_tokens,
            waiting=line.tasks_waiting,
            free=max(0, self._config.contexts - line.borrowed_tokens),
            browser=self._browsers.state,
            reason=self._browsers.failure,
        )

    async def warm(self) -> bool:
        """Starts the browser ahead of the first lease. False if it did not start: `pressure().reason` says why."""
        try:
            await self.check()
        except BrowserFailure as exc:
            _log.warning("the browser could not be started ahead: %s", exc)
            return False
        return True

    async def check(self, timeout_s: float = 10) -> None:
        """Opens a real, blank page, outside of the line: a busy pool is healthy.

        Raises:
            BrowserFailure: no page could be opened; the message says why.
        """
        async with self._stay(_Screen(320, 240, 1, scripts=False), None, timeout_s) as stay:
            await self._lend(stay).load("<!doctype html><title>check</title>")

    @asynccontextmanager
    async def lease(
        self,
        *,
        viewport_width: int,
        viewport_height: int,
        zoom: float,
        scripts: bool = False,
        timeout_s: float | None = None,
    ) -> AsyncIterator[Lease]:
        """One fresh context, laid out `viewport_width / zoom` CSS px wide. `scripts`: whether the document's own run.

        `timeout_s` (None: as configured) counts from here until the page is open, the wait in line included.

        Raises:
            PoolExhausted: the line is full, or no place came free in time.
            BrowserUnavailable: no browser could be started.
        """
        limit_s = self._config.lease_timeout_s if timeout_s is None else timeout_s
        deadline = anyio.current_time() + limit_s
        place = object()
        await self._wait_in_line(place, limit_s)
        screen = _Screen(viewport_width, viewport_height, zoom, scripts)
        async with self._stay(screen, place, deadline - anyio.current_time()) as stay:
            self._config.meters.lease_wait.add(limit_s - (deadline - anyio.current_time()))
            yield self._lend(stay)

    async def _wait_in_line(self, place: object, limit_s: float) -> None:
        if self._ending:
            raise BrowserUnavailable("The server is shutting down; no browser is lent any more.")
        waiting = self._line.statistics().tasks_waiting
        if waiting >= self._config.max_waiting and self._line.available_tokens < 1:
            raise PoolExhausted(
                f"All {self._config.contexts} browser places are taken and {waiting} runs wait already; "
                "try again shortly."
            )
        try:
            with anyio.fail_after(limit_s):
                await self._line.acquire_on_behalf_of(place)
        except TimeoutError as exc:
            raise PoolExhausted(f"No browser place came free within {limit_s:g} s; try again shortly.") from exc

    @asynccontextmanager
    async def _stay(self, screen: _Screen, place: object | None, limit_s: float) -> AsyncIterator[_Stay]:
        """A context kept by a task of the pool for as long as the body runs. Frees `place`, whatever happens."""
        stay = _Stay(screen)
        self._stays.add(stay)
        self._tasks.start_soon(self._keep, stay, place)
        completed = False
        try:
            try:
                with anyio.fail_after(limit_s):
                    await stay.ready.wait()
            except TimeoutError as exc:
                raise PoolExhausted(f"No browser page could be opened within {limit_s:g} s; try again.") from exc
            if stay.failure is not None:
                raise stay.failure
            yield stay
            completed = True
        finally:
            stay.over.set()
            grace_s = self._config.close_timeout_s * 2 if completed else self._config.cancel_grace_s / 2
            with anyio.move_on_after(grace_s, shield=True):
                await stay.gone.wait()

    def _lend(self, stay: _Stay) -> Lease:
        if stay.sealed is None:
            raise BrowserUnavailable("The server is shutting down; no browser is lent any more.")
        return Lease(stay.sealed, config=self._config, tasks=self._tasks, spend=stay.over.set, why_lost=stay.why_lost)

    async def _keep(self, stay: _Stay, place: object | None) -> None:
        """The whole life of one context; shielded, because whoever is cancelled, the context has to be closed."""
        with anyio.CancelScope(shield=True):
            try:
                await self._open(stay)
                stay.ready.set()
                await stay.over.wait()
            except Exception as exc:  # noqa: BLE001 - carried over to the caller, who raises it
                stay.failure = exc
                stay.ready.set()
            finally:
                await self._close(stay)
                self._stays.discard(stay)
                if place is not None:
                    self._line.release_on_behalf_of(place)
                stay.gone.set()

    async def _open(self, stay: _Stay) -> None:
        for attempt in range(_OPEN_ATTEMPTS):
            stay.process = await self._browsers.borrow()
            if stay.over.is_set():
                return
            screen = stay.screen
            try:
                with anyio.fail_after(self._config.open_timeout_s):
                    stay.sealed = await open_page(
                        stay.process.browser,
                        width=screen.width,
                        height=screen.height,
                        zoom=screen.zoom,
                        scripts=screen.scripts,
                    )
                    return
            except (Error, TimeoutError) as exc:
                # Cut off in the middle: what it has made is known to nobody, and goes with its browser.
                _log.warning("no page could be opened; the browser is replaced", exc_info=exc)
                await stay.process.kill()
                await self._browsers.give_back(stay.process)
                stay.process = None
                if attempt == _OPEN_ATTEMPTS - 1:
                    raise BrowserCrashed("The browser crashed while it opened a page; try again.") from exc

    async def _close(self, stay: _Stay) -> None:
        if stay.process is None:
            return
        if stay.sealed is not None and stay.process.is_usable:
            with anyio.move_on_after(self._config.close_timeout_s) as limit:
                try:
                    await stay.sealed.context.close()
                except Error:
                    _log.debug("context was gone before it was closed", exc_info=True)
            if limit.cancelled_caught:
                _log.warning("a context did not close; its browser is killed")
                await stay.process.kill()
        await self._browsers.give_back(stay.process)

    async def _end(self) -> None:
        """Closes every lease, then every browser. Callers still inside of a lease get an error from their next call."""
        self._ending = True
        for stay in self._stays:
            stay.over.set()
        with anyio.move_on_after(self._config.close_timeout_s):
            for stay in tuple(self._stays):
                await stay.gone.wait()
        await self._browsers.close()
        for stay in tuple(self._stays):
            await stay.gone.wait()
