"""A browser elsewhere: a Playwright server, or any endpoint of the Chrome DevTools protocol. Owns the connection.

What is sealed there and what is not: docs/remote-browsers.md. Every layer that belongs to a context holds as it does
here; launch flags only where a Playwright server starts the browser for us. Its process is its host's business: `kill`
drops the connection, and what we opened ends with it.
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any, Final

import anyio

from pressrun.browser.addresses import RemoteAddress
from pressrun.browser.chromium.driver import Driver, DriverHost
from pressrun.browser.chromium.playwright import async_api
from pressrun.browser.chromium.process import answers, sealing_flags
from pressrun.browser.chromium.remote_seal import RemoteSeal
from pressrun.browser.chromium.sealed_page import DEAD_PROXY, PageLimits, open_page
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.ports import OpenPage, Screen
from pressrun.errors import BrowserUnavailable

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession

_log = logging.getLogger(__name__)

# A connection that hangs is dropped by Playwright itself; this is for a driver that does not even do that.
_DRIVER_GRACE_S = 2.0


class RemoteChromium:
    """A connected browser. Made by `RemoteSource`; shared by the leases of one pool."""

    def __init__(self, driver: Driver, browser: Browser, limits: PageLimits) -> None:
        self.browser = browser
        self.lost = anyio.Event()
        self._driver = driver
        self._session: CDPSession | None = None
        self._limits = limits
        driver.lost_with.add(self.lost)
        browser.on("disconnected", lambda _: self.lost.set())

    async def open_session(self) -> None:
        """Once, before it is asked for heartbeats. Raises: Error."""
        self._session = await self.browser.new_browser_cdp_session()

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
        return self._session is not None and await answers(self._session, timeout_s)

    async def close(self, timeout_s: float) -> None:
        """Closes our contexts and the connection."""
        usable = self.is_usable
        self.lost.set()
        self._driver.lost_with.discard(self.lost)
        if usable:
            with anyio.move_on_after(timeout_s, shield=True):
                try:
                    await self.browser.close()
                except async_api.Error:
                    _log.debug("the connection was gone before it was closed", exc_info=True)

    async def kill(self) -> None:
        await self.close(self._limits.drop_timeout_s)


class RemoteSource:
    """Connects to one address."""

    is_elsewhere = True

    def __init__(self, address: RemoteAddress, config: BrowserPoolConfig, drivers: DriverHost) -> None:
        self.name = address.name
        self.weight = address.weight
        self._address = address
        self._config = config
        self._drivers = drivers
        self._seal = RemoteSeal(address)

    async def start(self) -> RemoteChromium:
        driver = await self._drivers.get()
        limits = PageLimits(self._config.max_windows, self._config.max_frames, self._config.max_memory_mb * 1_000_000)
        remote: RemoteChromium | None = None
        try:
            with anyio.fail_after(self._config.connect_timeout_s + _DRIVER_GRACE_S):
                browser = await self._connect(driver)
                remote = RemoteChromium(driver, browser, limits)
                await remote.open_session()
            await self._seal.prove(remote, self._config.connect_timeout_s)
        except (async_api.Error, TimeoutError, OSError, BrowserUnavailable) as exc:
            if remote is not None:
                await remote.close(_DRIVER_GRACE_S)
            raise self._failure(exc) from None
        return remote

    def _failure(self, exc: Exception) -> BrowserUnavailable:
        if isinstance(exc, BrowserUnavailable):
            _log.critical("%s", exc)
            return exc
        # The text of the error repeats the URL, and with it a secret: only what is known of it is told.
        why = _why(exc)
        _log.warning("no browser at %s: %s", self.name, why)
        return BrowserUnavailable(f"The browser at {self.name} cannot be used: {why}. See docs/remote-browsers.md.")

    async def _connect(self, driver: Driver) -> Browser:
        chromium, timeout_ms = driver.playwright.chromium, self._config.connect_timeout_s * 1000
        if self._address.protocol == "cdp":
            return await chromium.connect_over_cdp(self._address.url, timeout=timeout_ms)
        # A server drops `args` unless it was started with --unsafe; the proxy it always takes.
        options: dict[str, Any] = {"headless": True, "proxy": DEAD_PROXY, "args": sealing_flags(self._config)}
        headers = {"x-playwright-browser": "chromium", "x-playwright-launch-options": json.dumps(options)}
        return await chromium.connect(self._address.url, timeout=timeout_ms, headers=headers)


# No class tells them apart: what the texts of Playwright and of sockets hold, in the order in which it is looked for.
_REASONS: Final = (
    ("version mismatch", "its Playwright has another version than the one here"),
    ("ECONNREFUSED", "nobody listens there"),
    ("ENOTFOUND", "its name is not known"),
    ("EAI_AGAIN", "its name is not known"),
    ("ECONNRESET", "it hung up"),
    ("socket hang up", "it hung up"),
)
_STATUS = re.compile(r" ([45][0-9][0-9])(?: [A-Z]| when)")
_REFUSED: Final = ("401", "403")


def _why(exc: Exception) -> str:
    """Why no browser could be had, in fixed words."""
    if isinstance(exc, TimeoutError | async_api.TimeoutError):
        return "it did not answer in time"
    said = str(exc)
    for mark, why in _REASONS:
        if mark in said:
            return why
    status = _STATUS.search(said)
    if status is None:
        return "it does not speak the protocol that the address says"
    what = "it refuses the token or password" if status[1] in _REFUSED else "it has no browser at that path just now"
    return f"{what} (HTTP {status[1]})"
