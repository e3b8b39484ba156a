"""The shared browsers. Owns capacity, the waiting queue and the life of every lease.

    async with open_browser_pool(config) as pool:
        async with pool.lease(viewport_width=1920, viewport_height=1080, zoom=2.1) as lease:
            await lease.load(html)

`drawing.py` draws a whole document with as many browsers as are free. Invariants: one lease = one fresh context, never
used again; each browser takes a few captures at a time, runs in turn; a lease's context is made and closed by a task
of the pool, so no cancelled caller can lose one; its room comes back even when closing hangs (the browser is killed
then); nothing outlives the pool.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import anyio
from anyio.abc import TaskGroup

from pressrun.background import Background
from pressrun.background_tasks import LEASE
from pressrun.browser.addresses import default_local
from pressrun.browser.chromium.driver import DriverHost
from pressrun.browser.chromium.machine_fonts import MachineFonts
from pressrun.browser.chromium.process import LocalSource
from pressrun.browser.chromium.remote import RemoteSource
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.context_holder import ContextHolder
from pressrun.browser.pool.counters import PoolCounters
from pressrun.browser.pool.lease import Lease
from pressrun.browser.pool.supervisor import BrowserCounts, BrowserState, BrowserSupervisor
from pressrun.browser.pool.waiting_queue import WaitingQueue
from pressrun.browser.ports import BrowserSource, Screen
from pressrun.browser.slides.document_limits import refuse_too_large
from pressrun.errors import BrowserFailure, BrowserUnavailable, DocumentTooLarge, PoolExhausted
from pressrun.spec import Fit

__all__ = ["BrowserPool", "BrowserPoolConfig", "Lease", "PoolPressure", "open_browser_pool"]

_log = logging.getLogger(__name__)

Sources = Callable[[BrowserPoolConfig, DriverHost], Sequence[BrowserSource]]


@dataclass(frozen=True, slots=True)
class BrowserPressure:
    """How busy one browser is."""

    name: str
    weight: int
    state: BrowserState
    leases: int
    capturing: int
    waiting: int
    counts: BrowserCounts
    rss_bytes: int | None


@dataclass(frozen=True, slots=True)
class PoolPressure:
    """How busy a pool is. `reason`: why there is no browser, for people; None unless `browser` is `failed`.

    `capacity`: captures that are taken at a time, in all browsers. `shares`: of each run that is being drawn, how many
    browsers work for it just now.
    """

    running: int
    waiting: int
    free: int
    capacity: int
    browser: BrowserState
    reason: str | None
    browsers: tuple[BrowserPressure, ...]
    shares: dict[str, int]


def sources_of(config: BrowserPoolConfig, drivers: DriverHost) -> list[BrowserSource]:
    """The real browsers of a pool: those here, then those elsewhere."""
    local: list[BrowserSource] = [LocalSource(f"local {number + 1}", config, drivers) for number in range(config.local)]
    return [*local, *(RemoteSource(address, config, drivers) for address in config.remote)]


@asynccontextmanager
async def open_browser_pool(
    config: BrowserPoolConfig, sources: Sources = sources_of, background: Background | None = None
) -> AsyncIterator[BrowserPool]:
    """A pool that starts its browsers when leases are asked for, and leaves no process behind."""
    tasks = anyio.create_task_group()
    await tasks.__aenter__()
    background = background or Background()
    drivers = DriverHost(tasks, config.launch_timeout_s, background)
    pool = BrowserPool(config, tasks, drivers, sources(config, drivers), background)
    try:
        yield pool
    finally:
        # Ended by hand so that an exception of the body passes as it is, not wrapped in a group: no task here raises
        # (`Background`, `Outcome`).
        with anyio.CancelScope(shield=True):
            await pool._end()
        tasks.cancel_scope.cancel()
        await tasks.__aexit__(None, None, None)


class BrowserPool:
    """Lends contexts. Opened by `open_browser_pool`; shared by all runs of one event loop."""

    def __init__(
        self,
        config: BrowserPoolConfig,
        tasks: TaskGroup,
        drivers: DriverHost,
        sources: Sequence[BrowserSource],
        background: Background,
    ) -> None:
        self.counters = PoolCounters()
        self._background = background
        self._config = config
        self._tasks = tasks
        self._drivers = drivers
        self._supervisors = [
            BrowserSupervisor(source, config, tasks, background, stays_up=index == 0)
            for index, source in enumerate(sources)
        ]
        self._queue = WaitingQueue(self._supervisors, config.max_waiting)
        self._encoders = anyio.CapacityLimiter(default_local())
        self._fonts = MachineFonts()
        self._holders: set[ContextHolder] = set()
        self._shares: dict[str, int] = {}
        self._ending = False

    @property
    def supervisors(self) -> Sequence[BrowserSupervisor]:
        """Of the browsers, running or not."""
        return self._supervisors

    @property
    def elsewhere(self) -> Sequence[BrowserSupervisor]:
        """Those of them whose browser is not on this machine; each proves its seal when it is connected to."""
        return [supervisor for supervisor in self._supervisors if supervisor.is_elsewhere]

    @property
    def somebody_waits(self) -> bool:
        """Who holds more than one lease should give one back."""
        return self._queue.waiting > 0

    async def wait_for_waiter(self) -> None:
        """Returns when somebody waits for a lease, as `somebody_waits` says."""
        await self._queue.wait_for_waiter()

    def version(self) -> str | None:
        """Of the browser that runs, as it names itself; None while none does."""
        versions = [
            kept.browser.version
            for supervisor in self._supervisors
            for kept in supervisor.processes
            if not kept.draining
        ]
        return versions[0] if versions else None

    def pressure(self) -> PoolPressure:
        states = [supervisor.state for supervisor in self._supervisors]
        order: tuple[BrowserState, ...] = ("up", "starting", "failed", "stopped")
        state = next(state for state in order if state in states)
        return PoolPressure(
            running=self._queue.running,
            waiting=self._queue.waiting,
            free=self._queue.free,
            capacity=sum(supervisor.captures for supervisor in self._supervisors),
            browser=state,
            reason=next((supervisor.failure for supervisor in self._supervisors if supervisor.failure), None)
            if state == "failed"
            else None,
            browsers=tuple(_pressure_of(supervisor) for supervisor in self._supervisors),
            shares=dict(self._shares),
        )

    def note_share(self, run: str, browsers: int) -> None:
        """`browsers` work for that run from now on; 0: it has ended."""
        if browsers:
            self._shares[run] = browsers
        else:
            self._shares.pop(run, None)

    async def refuse_too_large(self, html: str) -> None:
        """What `Lease.load` refuses by its text alone, known without any browser. Raises: DocumentTooLarge."""
        try:
            await refuse_too_large(html, self._config)
        except DocumentTooLarge as exc:
            self.counters.failures[exc.code] += 1
            _log.warning("document refused: %s: %s", exc.code, exc)
            raise

    async def warm(self) -> bool:
        """Starts a browser ahead of the first lease. False if none started: `pressure().reason` says why."""
        try:
            await self.check()
        except BrowserFailure as exc:
            _log.warning("the browser could not be started ahead: %s", exc)
            return False
        return True

    async def check(self, timeout_s: float = 10) -> None:
        """Opens a real, blank page, outside of the queue: a busy pool is healthy.

        Raises:
            BrowserFailure: no page could be opened in any browser; the message says why.
        """
        supervisors = sorted(self._supervisors, key=lambda supervisor: (supervisor.state != "up", supervisor.backs_off))
        screen = Screen(320, 240, 1)
        for supervisor in supervisors:
            try:
                async with self._hold_context(supervisor, screen, timeout_s, ends=_nothing, anew=True) as lease:
                    await lease.load("<!doctype html><title>check</title>")
            except BrowserFailure:
                if supervisor is supervisors[-1]:
                    raise
            else:
                return

    @asynccontextmanager
    async def lease(
        self,
        *,
        viewport_width: int,
        viewport_height: int,
        zoom: float,
        scripts: bool = False,
        fit: Fit = "shrink",
        timeout_s: float | None = None,
    ) -> AsyncIterator[Lease]:
        """One fresh context, laid out `viewport_width / zoom` CSS px wide. `scripts`: whether the document's own run.

        `timeout_s` (None: as configured) counts from here until the page is open, the wait in the queue included.

        Raises:
            PoolExhausted: the queue is full, or no browser came free in time.
            BrowserUnavailable: no browser could be started.
        """
        limit_s = self._config.lease_timeout_s if timeout_s is None else timeout_s
        deadline = anyio.current_time() + limit_s
        supervisor = await self.take(limit_s)
        screen = Screen(viewport_width, viewport_height, zoom, scripts, fit)
        async with self.lease_on(supervisor, screen, deadline - anyio.current_time()) as lease:
            yield lease

    async def take(self, limit_s: float | None = None, avoid: Collection[BrowserSupervisor] = ()) -> BrowserSupervisor:
        """Room for a lease, in the queue's order, for `lease_on`; rather not in `avoid`. Raises: as `lease`."""
        if self._ending:
            raise BrowserUnavailable("The server is shutting down; no browser is lent any more.")
        with self.counters.waits.timing():
            return await self._queue.take(self._config.lease_timeout_s if limit_s is None else limit_s, avoid)

    def try_take(self, avoid: Collection[BrowserSupervisor] = ()) -> BrowserSupervisor | None:
        """Room for a lease in a browser that is not in `avoid`, if nobody else wants one; for `lease_on`."""
        return None if self._ending else self._queue.try_take(avoid)

    @asynccontextmanager
    async def lease_on(
        self, supervisor: BrowserSupervisor, screen: Screen, limit_s: float | None = None
    ) -> AsyncIterator[Lease]:
        """A lease in the room that was taken, which is given back with it. Raises: as `lease`."""
        limit_s = self._config.lease_timeout_s if limit_s is None else limit_s
        async with self._hold_context(supervisor, screen, limit_s, ends=lambda: self._queue.leave(supervisor)) as lease:
            yield lease

    @asynccontextmanager
    async def _hold_context(
        self,
        supervisor: BrowserSupervisor,
        screen: Screen,
        limit_s: float,
        ends: Callable[[], None],
        *,
        anew: bool = False,
    ) -> AsyncIterator[Lease]:
        """A context kept by a task of the pool for as long as the body runs; then `ends`, whatever happens."""
        holder = ContextHolder(supervisor, screen, anew=anew)
        self._holders.add(holder)
        self._tasks.start_soon(self._keep, holder, ends)
        completed = False
        try:
            try:
                with anyio.fail_after(limit_s):
                    await holder.ready.wait()
            except TimeoutError as exc:
                raise PoolExhausted(f"No browser page could be opened within {limit_s:g} s; try again.") from exc
            if holder.failure is not None:
                raise holder.failure
            yield self._lend(holder)
            completed = True
        finally:
            holder.over.set()
            grace_s = self._config.close_timeout_s * 2 if completed else self._config.cancel_grace_s / 2
            with anyio.move_on_after(grace_s, shield=True):
                await holder.gone.wait()

    def _lend(self, holder: ContextHolder) -> Lease:
        if holder.page is None or holder.kept is None:
            raise BrowserUnavailable("The server is shutting down; no browser is lent any more.")
        return Lease(
            holder.page,
            config=self._config,
            tasks=self._tasks,
            limiter=holder.supervisor.limiter,
            encoders=self._encoders,
            fonts=None if holder.supervisor.is_elsewhere else self._fonts,
            counters=self.counters,
            lost=holder.kept.browser.lost,
            spend=holder.over.set,
            why_lost=holder.why_lost,
            answers=partial(holder.kept.browser.ping, self._config.ping_timeout_s),
        )

    async def _keep(self, holder: ContextHolder, ends: Callable[[], None]) -> None:
        try:
            if not await self._background.attempt(LEASE, holder.keep, self._config):
                await self._background.last_resort(LEASE, holder.abandon)
        finally:
            holder.fail()  # says nothing when all is well
            self._holders.discard(holder)
            ends()

    async def _end(self) -> None:
        """Closes every lease, then every browser. Callers still inside of a lease get an error from their next call."""
        self._ending = True
        for holder in self._holders:
            holder.over.set()
        with anyio.move_on_after(self._config.close_timeout_s):
            for holder in tuple(self._holders):
                await holder.gone.wait()
        async with anyio.create_task_group() as closing:
            for supervisor in self._supervisors:
                closing.start_soon(supervisor.close)
        await self._drivers.close()
        for holder in tuple(self._holders):
            await holder.gone.wait()


def _pressure_of(supervisor: BrowserSupervisor) -> BrowserPressure:
    running = [kept for kept in supervisor.processes if not kept.draining]
    return BrowserPressure(
        name=supervisor.name,
        weight=supervisor.weight,
        state=supervisor.state,
        leases=supervisor.held,
        capturing=supervisor.limiter.running,
        waiting=supervisor.limiter.waiting,
        counts=supervisor.counts,
        rss_bytes=running[0].browser.rss_bytes() if running else None,
    )


def _nothing() -> None:
    """A check takes no room of a lease."""
