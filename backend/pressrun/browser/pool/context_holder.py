"""A lease's time in the pool: its context is made, kept and closed by a task of the pool, never by its caller.

So no cancelled caller can lose a context, and its room comes back even when closing hangs: the browser is killed then.
"""

from __future__ import annotations

import logging

import anyio

from pressrun.browser.chromium.playwright import async_api
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.spare_page import open_page
from pressrun.browser.pool.supervisor import BrowserSupervisor, Kept
from pressrun.browser.ports import OpenPage, Screen
from pressrun.errors import BrowserCrashed, BrowserFailure, BrowserUnavailable

_log = logging.getLogger(__name__)

# A browser that died unnoticed costs the first attempt to open a context; a fresh one that fails too is no accident.
_OPEN_ATTEMPTS = 2


class ContextHolder:
    """One context, as both sides see it: the caller and the task that keeps it (`keep`)."""

    def __init__(self, supervisor: BrowserSupervisor, screen: Screen, *, anew: bool = False) -> None:
        """`anew`: not a page that was opened before it was asked for."""
        self.supervisor = supervisor
        self._anew = anew
        self.screen = screen
        self.page: OpenPage | None = None
        self.kept: Kept | None = None
        self.failure: Exception | None = None
        self.ready = anyio.Event()  # `page` or `failure` is there
        self.over = anyio.Event()  # set by the caller: close the context
        self.gone = anyio.Event()  # the context is closed

    async def abandon(self) -> None:
        """What could not be closed in order goes with its browser."""
        if self.kept is not None:
            with anyio.CancelScope(shield=True):
                await self.kept.browser.kill()

    def fail(self) -> None:
        """Who still waits for something waits in vain: nobody keeps this any more."""
        if not self.ready.is_set():
            self.failure = BrowserUnavailable("No browser page could be opened; try again.")
            self.ready.set()
        self.gone.set()

    def why_lost(self) -> BrowserFailure | None:
        """Why the browser cannot be used any more; None while it can."""
        if self.kept is not None and not self.kept.browser.is_usable:
            return BrowserCrashed("The browser crashed while it showed the document; try again.")
        return None

    async def keep(self, config: BrowserPoolConfig) -> None:
        """The whole life of the context; shielded, because whoever is cancelled, the context has to be closed."""
        with anyio.CancelScope(shield=True):
            try:
                await self._open(config.open_timeout_s)
                self.ready.set()
                if self.kept is not None and not self._anew:
                    self.supervisor.replenish(self.kept)
                await self.over.wait()
            except Exception as exc:  # noqa: BLE001 - carried over to the caller, who raises it
                self.failure = exc
                self.ready.set()
            finally:
                await self._close(config.close_timeout_s)
                self.gone.set()

    async def _open(self, timeout_s: float) -> None:
        for attempt in range(1, _OPEN_ATTEMPTS + 1):
            kept = self.kept = await self.supervisor.borrow()
            if self.over.is_set():
                return
            try:
                self.page = await self._page_of(kept, timeout_s)
            except (async_api.Error, TimeoutError) as exc:
                # Cut off in the middle: what it has made is known to nobody, and goes with its browser.
                _log.warning(
                    "%s: no page could be opened (%s); the browser is replaced",
                    self.supervisor.name,
                    type(exc).__name__,
                )
                self.kept = None
                await kept.browser.kill()
                await self.supervisor.give_back(kept)
                if attempt == _OPEN_ATTEMPTS:
                    raise BrowserCrashed("The browser crashed while it opened a page; try again.") from exc
            else:
                return

    async def _page_of(self, kept: Kept, timeout_s: float) -> OpenPage:
        """Raises: as `open_page`."""
        spare = await kept.spare.take(self.screen) if kept.spare is not None and not self._anew else None
        return spare or await open_page(kept.browser, self.screen, timeout_s)

    async def _close(self, timeout_s: float) -> None:
        kept = self.kept
        if kept is None:
            return
        if self.page is not None and kept.browser.is_usable:
            with anyio.move_on_after(timeout_s) as limit:
                try:
                    await self.page.close()
                except async_api.Error:
                    _log.debug("context was gone before it was closed", exc_info=True)
            if limit.cancelled_caught:
                _log.warning("%s: a context did not close; its browser is killed", self.supervisor.name)
                await kept.browser.kill()
        await self.supervisor.give_back(kept)
