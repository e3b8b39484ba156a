"""Proof that a page reaches nothing: the main escape vectors, tried against a listener of our own on loopback.

Chromium's seal is made of flags, and a distribution's wrapper, a policy file or a new version may undo one. So a server
shows nobody's document before a page of ours has tried to get out and has failed. The full list of ways is a test
(tests/browser/test_seal.py); here are those that a change of Chromium is likeliest to open. Browsers elsewhere
are tried out one by one, whenever one is connected to (`remote_seal`).
"""

from __future__ import annotations

import logging
from typing import Protocol

import anyio

from pressrun.browser.chromium.escape_vectors import SETTLE_S, Listener, open_listener, page_of_ways
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.ports import Screen
from pressrun.browser.slides.page_breaks import Slice
from pressrun.errors import BrowserFailure, BrowserUnavailable

_log = logging.getLogger(__name__)


class Exit(Protocol):
    """How a document is shown; `show_page` is the one that counts."""

    async def __call__(self, pool: BrowserPool, html: str, /) -> None: ...


async def show_page(pool: BrowserPool, html: str) -> None:
    """As a run would, but with the document's scripts on: what they cannot reach nothing else can."""
    supervisor = await pool.take(avoid=pool.elsewhere)
    async with pool.lease_on(supervisor, Screen(320, 240, 1, scripts=True)) as lease:
        await lease.load(html)
        await lease.capture(Slice(0, 240))
        await anyio.sleep(SETTLE_S)


class Seal:
    """Whether this pool's pages reach nothing, tested once. One per pool; `check` before a document is shown."""

    def __init__(self, pool: BrowserPool, show: Exit = show_page) -> None:
        self._pool = pool
        self._show = show
        self._testing = anyio.Lock()
        self._proved = False
        self.leak: str | None = None

    async def warm(self) -> None:
        """Tests ahead of the first run."""
        try:
            await self.check()
        except BrowserFailure as exc:
            (_log.critical if self.leak else _log.warning)("the seal of the browser: %s", exc)

    async def check(self) -> None:
        """Returns at once when it was proved before; else tests, or waits for the test.

        Raises:
            BrowserUnavailable: a page got out; for good, until the server starts anew.
            BrowserFailure: it could not be tested now; the next check tries again.
        """
        if self._proved:
            return
        async with self._testing:
            if not self._proved and self.leak is None:
                await self._test()
        if self.leak is not None:
            raise BrowserUnavailable(self.leak)

    async def _test(self) -> None:
        if len(self._pool.elsewhere) == len(self._pool.supervisors):
            await self._pool.check()  # what is connected has been tried out
            self._proved = True
            return
        try:
            async with open_listener() as listener:
                await self._try_out(listener)
        except OSError as exc:  # no descriptor left, or the port is somebody's for UDP
            raise BrowserUnavailable("The seal of Chromium could not be tested just now; try again shortly.") from exc
        self._proved = not listener.hits
        if listener.hits:
            ways = " and ".join(sorted(set(listener.hits)))
            self.leak = (
                f"Chromium is not sealed: a page reached this machine over {ways}. No document is shown until that is "
                "mended: set PRESSRUN_CHROMIUM to a Chromium itself, not a wrapper; then `pressrun doctor`."
            )

    async def _try_out(self, listener: Listener) -> None:
        await listener.prove_hearing()
        await self._show(self._pool, page_of_ways(listener.address))
