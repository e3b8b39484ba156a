"""A browser elsewhere: a Playwright server, or any endpoint of the Chrome DevTools protocol. Owns the connection.

What is sealed there and what is not: docs/remote-browsers.md. Every layer that belongs to a context holds as it does
here; launch flags only where a Playwright server starts the browser for us. Its process is its host's business: `kill`
drops the connection, and what we opened ends with it.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import anyio
from playwright.async_api import Browser, CDPSession, Error

from pressrun.browser.addresses import RemoteAddress
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.driver import Driver, DriverHost
from pressrun.browser.ports import OpenPage, Screen
from pressrun.browser.process import answers, sealing_flags
from pressrun.browser.sealed_page import DEAD_PROXY, PageLimits, open_page
from pressrun.errors import BrowserUnavailable

_log = logging.getLogger(__name__)

# A connection that hangs is dropped by Playwright itself; this is for a driver that does not even do that.
_DRIVER_GRACE_S = 2.0


class RemoteChromium:
    """A connected browser. Made by `RemoteSource`; shared by the leases of one pool."""

    def __init__(self, driver: Driver, browser: Browser, session: CDPSession, limits: PageLimits) -> None:
        self.browser = browser
        self.lost = anyio.Event()
        self._driver = driver
        self._session = session
        self._limits = limits
        driver.lost_with.add(self.lost)
        browser.on("disconnected", lambda _: self.lost.set())

    @property
    def version(self) -> str:
        return self.browser.version

    @property
    def is_usable(self) -> bool:
        return not self.lost.is_set() and self._driver.is_running and self.browser.is_connected()

    def rss_bytes(self) -> int | None:
        return None  # of another machine

    async def open_page(self, screen: Screen) -> OpenPage:
        return await open_page(self.browser, screen, self._limits, proxied=True)

    async def guard(self) -> None:
        await self.lost.wait()  # its processes are its host's business

    async def ping(self, timeout_s: float) -> bool:
        return await answers(self._session, timeout_s)

    async def close(self, timeout_s: float) -> None:
        """Closes our contexts and the connection."""
        usable = self.is_usable
        self.lost.set()
        self._driver.lost_with.discard(self.lost)
        if usable:
            with anyio.move_on_after(timeout_s, shield=True):
                try:
                    await self.browser.close()
                except Error:
                    _log.debug("the connection was gone before it was closed", exc_info=True)

    async def kill(self) -> None:
        await self.close(self._limits.drop_timeout_s)


class RemoteSource:
    """Connects to one address."""

    def __init__(self, address: RemoteAddress, config: BrowserPoolConfig, drivers: DriverHost) -> None:
        self.name = address.name
        self.weight = address.weight
        self._address = address
        self._config = config
        self._drivers = drivers

    async def start(self) -> RemoteChromium:
        driver = await self._drivers.get()
        browser: Browser | None = None
        try:
            with anyio.fail_after(self._config.connect_timeout_s + _DRIVER_GRACE_S):
                browser = await self._connect(driver)
                session = await browser.new_browser_cdp_session()
        except (Error, TimeoutError, OSError) as exc:
            if browser is not None:
                await _drop(browser)
            # The text of the error repeats the URL, and with it a secret: only its kind is told.
            _log.warning("no connection to the browser at %s: %s", self.name, type(exc).__name__)
            raise BrowserUnavailable(
                f"The browser at {self.name} cannot be reached, or does not speak the protocol that "
                "PRESSRUN_BROWSERS says; a Playwright server must have the version of the Playwright here."
            ) from None
        limits = PageLimits(self._config.max_windows, self._config.max_memory_mb * 1_000_000)
        return RemoteChromium(driver, browser, session, limits)

    async def _connect(self, driver: Driver) -> Browser:
        chromium, timeout_ms = driver.playwright.chromium, self._config.connect_timeout_s * 1000
        if self._address.protocol == "cdp":
            return await chromium.connect_over_cdp(self._address.url, timeout=timeout_ms)
        # A server drops `args` unless it was started with --unsafe; the proxy it always takes.
        options: dict[str, Any] = {"headless": True, "proxy": DEAD_PROXY, "args": sealing_flags(self._config)}
        headers = {"x-playwright-browser": "chromium", "x-playwright-launch-options": json.dumps(options)}
        return await chromium.connect(self._address.url, timeout=timeout_ms, headers=headers)


async def _drop(browser: Browser) -> None:
    with anyio.move_on_after(_DRIVER_GRACE_S, shield=True):
        try:
            await browser.close()
        except Error:
            _log.debug("the connection was gone before it was dropped", exc_info=True)
