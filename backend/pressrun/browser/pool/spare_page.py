"""A blank page that is open before anybody asks for it. Owns when one is opened, and that it is lent once.

Opening takes longer than anything else of a short run or a preview. Each page is opened once and lent once, as without
this; only earlier. It is a page as any other, in a context of its own, sealed in the same way, and nothing has been
loaded into it. It ends with its browser.
"""

from __future__ import annotations

import logging

import anyio

from pressrun.browser.chromium.detached import cancel_when_lost
from pressrun.browser.chromium.playwright import async_api
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.ports import OpenPage, RunningBrowser, Screen
from pressrun.groups import open_task_group

_log = logging.getLogger(__name__)

# arbitrary (0.05..0.5): whoever has just got a page has work for both the browser and the machine; a run asks for its
# second page half a second later, and nobody types a preview quicker
_AFTER_S = 0.2


async def open_page(browser: RunningBrowser, screen: Screen, timeout_s: float) -> OpenPage:
    """Raises: TimeoutError, also when the browser is gone and the call does not notice; Playwright's Error."""
    page: OpenPage | None = None
    with anyio.fail_after(timeout_s):
        async with open_task_group() as watch:
            watch.start_soon(cancel_when_lost, browser.lost, watch.cancel_scope)
            page = await browser.open_page(screen)
            watch.cancel_scope.cancel()
    if page is None:
        raise TimeoutError
    return page


class SparePage:
    """At most one page of one browser. Its supervisor runs `replenish` in the background when a lease has begun."""

    def __init__(self, browser: RunningBrowser, config: BrowserPoolConfig) -> None:
        self._browser = browser
        self._config = config
        self._page: OpenPage | None = None
        self._asked: Screen | None = None
        self._wanted: Screen | None = None  # what was asked for twice in a row is asked for again
        self._turn = anyio.Lock()  # without it a lease would open another page beside one that is nearly there
        self.is_replenishing = False

    @property
    def is_there(self) -> bool:
        return self._page is not None

    async def take(self, screen: Screen) -> OpenPage | None:
        """The page, for its only lease; None if there is none for such a screen.

        Raises: TimeoutError where the browser does not answer, as when a page is opened.
        """
        if screen == self._asked:
            self._wanted = screen
        self._asked = screen
        async with self._turn:
            if self._page is None or self._page.screen != screen:
                return None
            page, self._page = self._page, None
        if not await self._browser.ping(self._config.ping_timeout_s):
            raise TimeoutError
        return None if page.crashed else page

    async def replenish(self) -> None:
        """Opens a page for the screen that is likely to be asked for, unless it is there. Shielded: what is cut off in
        the middle of opening is known to nobody, and goes with its browser.
        """
        await anyio.sleep(_AFTER_S)
        wanted = self._wanted
        if wanted is None or not self._browser.is_usable:
            return
        with anyio.CancelScope(shield=True):
            async with self._turn:
                old = self._page
                if old is not None and old.screen == wanted and not old.crashed:
                    return
                self._page = None
                try:
                    if old is not None and not old.crashed:
                        with anyio.fail_after(self._config.close_timeout_s):
                            await old.close()
                    self._page = await open_page(self._browser, wanted, self._config.open_timeout_s)
                except (async_api.Error, TimeoutError) as exc:
                    if self._browser.is_usable:
                        _log.warning("no spare page could be opened (%s); the browser is replaced", type(exc).__name__)
                        await self._browser.kill()
