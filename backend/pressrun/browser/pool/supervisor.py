"""Keeps one browser of the pool usable. Owns when one is started, replaced, drained, given up.

Starting is single-flight and can be repeated: a failed start is reported to who asked, and forgotten. A browser that
is replaced is drained: the new one is started first, the old one ends when its last lease does.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import anyio
from anyio.abc import TaskGroup

from pressrun.background import Background
from pressrun.background_tasks import BROWSER_END, BROWSER_WATCH, PAGE_MEMORY, SPARE_PAGE
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.capture_limiter import CaptureLimiter
from pressrun.browser.pool.spare_page import SparePage
from pressrun.browser.ports import BrowserSource, RunningBrowser
from pressrun.errors import BrowserUnavailable

_log = logging.getLogger(__name__)

BrowserState = Literal["stopped", "starting", "up", "failed"]

# One that dies while it starts may have been unlucky; a second one that does is no accident.
_START_ATTEMPTS = 2

# arbitrary (2..5): looks in a row that failed for a reason of ours; a run has time to end on a browser that still works
_UNWATCHED_LOOKS = 3


@dataclass(slots=True, eq=False)
class Kept:
    """A browser and how it is used."""

    browser: RunningBrowser
    leases: int = 0
    spare: SparePage | None = None  # None where there is never one
    contexts_made: int = 0
    draining: bool = False
    taken: anyio.Event = field(default_factory=anyio.Event)  # by somebody, after nobody had it


@dataclass(slots=True)
class BrowserCounts:
    """What has happened to the browsers of one supervisor since the pool was opened; for metrics."""

    started: int = 0
    recycled: int = 0
    lost: int = 0
    frozen: int = 0
    slept: int = 0


class BrowserSupervisor:
    """One browser of the pool, and those that replace it. Opened and closed by the pool, whose group has its tasks.

    `held` counts the leases that the pool has given out here, also while their browser is still starting.
    """

    def __init__(
        self,
        source: BrowserSource,
        config: BrowserPoolConfig,
        tasks: TaskGroup,
        background: Background,
        *,
        stays_up: bool,
    ) -> None:
        self.name = source.name
        self.weight = source.weight
        self.is_elsewhere = source.is_elsewhere
        self.capacity = config.contexts * source.weight
        self.held = 0
        self.captures = config.captures * source.weight
        self.limiter = CaptureLimiter(self.captures, config.slot_limit_s)
        self.counts = BrowserCounts()
        self._source = source
        self._config = config
        self._tasks = tasks
        self._background = background
        self._stays_up = stays_up
        self._starting = anyio.Lock()  # without it every first lease would start a browser of its own
        self._is_starting = False
        self._current: Kept | None = None
        self._alive: list[Kept] = []
        self._failure: str | None = None
        self._failures = 0
        self._backs_off_until = 0.0
        self._used_at = 0.0
        self._closed = False

    @property
    def state(self) -> BrowserState:
        if self._current is not None and self._current.browser.is_usable:
            return "up"
        if self._is_starting:
            return "starting"
        return "failed" if self._failure else "stopped"

    @property
    def failure(self) -> str | None:
        """Why there is no browser, for people; None if there is one, or nobody has asked for one."""
        return self._failure

    @property
    def backs_off(self) -> bool:
        """A start has failed lately: others are to be preferred."""
        return self._failure is not None and anyio.current_time() < self._backs_off_until

    @property
    def processes(self) -> tuple[Kept, ...]:
        """All that run: the current one and those that drain."""
        return tuple(self._alive)

    async def borrow(self) -> Kept:
        """A usable browser, started if need be; give it back with `give_back`.

        Raises:
            BrowserUnavailable: it could not be started; the next call tries again.
        """
        async with self._starting:
            kept = self._current
            if kept is None or not kept.browser.is_usable:
                kept = await self._start()
            elif self._is_worn(kept):
                kept = await self._recycle(kept)
            if kept.leases == 0:
                kept.taken.set()
            kept.leases += 1
            kept.contexts_made += 1
            return kept

    async def give_back(self, kept: Kept) -> None:
        kept.leases -= 1
        self._used_at = anyio.current_time()
        if kept.draining and kept.leases == 0:
            await self._end(kept)

    def replenish(self, kept: Kept) -> None:
        """Sees to it that the next lease in that browser finds a page."""
        if kept.spare is not None and not kept.spare.is_replenishing and not kept.draining and not self._closed:
            kept.spare.is_replenishing = True
            self._tasks.start_soon(self._replenish, kept.spare)

    async def _replenish(self, spare: SparePage) -> None:
        try:
            await self._background.attempt(SPARE_PAGE, spare.replenish, of=self.name)
        finally:
            spare.is_replenishing = False

    async def close(self) -> None:
        """Ends every browser. One that is just starting is ended by who starts it."""
        self._closed = True
        async with anyio.create_task_group() as ending:
            for kept in self.processes:
                ending.start_soon(self._end, kept)

    def _is_worn(self, kept: Kept) -> bool:
        if kept.contexts_made >= self._config.recycle_after:
            return True
        return (kept.browser.rss_bytes() or 0) > self._config.recycle_rss_bytes

    async def _recycle(self, old: Kept) -> Kept:
        try:
            new = await self._start()
        except BrowserUnavailable:
            if not old.browser.is_usable:
                raise
            _log.warning("%s: no new browser could be started; the old one is used on", self.name)
            old.contexts_made = 0
            self._current, self._failure = old, None
            return old
        self.counts.recycled += 1
        old.draining = True
        if old.leases == 0:
            await self._end(old)
        return new

    async def _start(self) -> Kept:
        self._is_starting = True
        try:
            browser = await self._try_start()
        except BrowserUnavailable as exc:
            self._failures += 1
            self._failure = str(exc)
            backoff_s = min(self._config.reconnect_max_s, self._config.reconnect_s * 2.0 ** min(self._failures - 1, 16))
            self._backs_off_until = anyio.current_time() + backoff_s
            raise
        finally:
            self._is_starting = False
        kept = Kept(browser, spare=None if self.is_elsewhere else SparePage(browser, self._config))
        self._current, self._failure, self._failures = kept, None, 0
        self._used_at = anyio.current_time()
        self._alive.append(kept)
        self.counts.started += 1
        self._tasks.start_soon(self._look_after, kept)
        self._tasks.start_soon(partial(self._background.until_done, of=self.name), PAGE_MEMORY, browser.guard)
        if self._closed:  # while it started
            await self._end(kept)
        return kept

    async def _try_start(self) -> RunningBrowser:
        for attempt in range(1, _START_ATTEMPTS + 1):
            if self._closed:
                break
            begun_at = anyio.current_time()
            try:
                return await self._source.start()
            except BrowserUnavailable:
                slow = anyio.current_time() - begun_at > self._config.launch_timeout_s / 2
                if attempt == _START_ATTEMPTS or slow or self._closed:
                    raise
        raise BrowserUnavailable("The server is shutting down; no browser is started any more.")

    async def _look_after(self, kept: Kept) -> None:
        """Until the browser is lost. One that cannot be watched is replaced: nobody would notice that it is frozen."""
        while not kept.browser.lost.is_set():
            if await self._background.attempt(BROWSER_WATCH, self._look_at, kept, of=self.name):
                continue
            if self._background.in_a_row(BROWSER_WATCH, self.name) >= _UNWATCHED_LOOKS:
                await self._retire(kept)
            with anyio.move_on_after(
                max(self._config.ping_interval_s, self._background.pause_s(BROWSER_WATCH, self.name))
            ):
                await kept.browser.lost.wait()
        if kept in self._alive:
            self.counts.lost += 1
            _log.warning("%s: the browser was lost; the next lease starts another", self.name)
        await self._end(kept)

    async def _look_at(self, kept: Kept) -> None:
        """Waits a while, then asks for a heartbeat; a frozen browser is killed, so that calls into it fail."""
        browser = kept.browser
        kept.taken = anyio.Event()
        async with anyio.create_task_group() as waiting:
            for news in (browser.lost, kept.taken):
                waiting.start_soon(_cancel_at, news, waiting.cancel_scope)
            await anyio.sleep(self._config.ping_interval_s if kept.leases else self._idle_ping_s)
            waiting.cancel_scope.cancel()
        if not browser.is_usable:  # lost, or its driver has gone, of which nobody tells
            browser.lost.set()
        elif not await browser.ping(self._config.ping_timeout_s) and browser.is_usable:
            _log.warning("%s: Chromium does not answer; it is replaced", self.name)
            self.counts.frozen += 1
            await browser.kill()
        elif self._may_sleep(kept):
            self.counts.slept += 1
            await self._end(kept)

    async def _retire(self, kept: Kept) -> None:
        if kept.draining:
            return
        _log.warning("%s: the browser cannot be watched; it is replaced", self.name)
        kept.draining = True
        if self._current is kept:
            self._current = None
        if kept.leases == 0:
            await self._end(kept)

    @property
    def _idle_ping_s(self) -> float:
        return self._config.idle_ping_s if self._stays_up else min(self._config.idle_ping_s, self._config.idle_s)

    def _may_sleep(self, kept: Kept) -> bool:
        idle_s = anyio.current_time() - self._used_at
        return not self._stays_up and kept.leases == 0 and self.held == 0 and idle_s >= self._config.idle_s

    async def _end(self, kept: Kept) -> None:
        if kept in self._alive:
            self._alive.remove(kept)
            if self._current is kept:
                self._current = None
            close = partial(kept.browser.close, self._config.close_timeout_s)
            if not await self._background.attempt(BROWSER_END, close, of=self.name):
                await self._background.last_resort(BROWSER_END, kept.browser.kill, of=self.name)


async def _cancel_at(news: anyio.Event, scope: anyio.CancelScope) -> None:
    await news.wait()
    scope.cancel()
