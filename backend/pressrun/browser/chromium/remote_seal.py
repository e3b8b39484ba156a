"""Whether a page in a browser elsewhere reaches this machine: tried out whenever one is connected to.

What can be proved is that a page there does not reach *us*, on the address that faces it. That it reaches nothing near
it cannot be seen from here; what protects is said in docs/remote-browsers.md, and the log says so once. Documents run
no scripts: a way out that only a script has is told, and the browser is used.
"""

from __future__ import annotations

import logging
import socket
from typing import Protocol
from urllib.parse import urlsplit

import anyio

from pressrun.browser.addresses import RemoteAddress
from pressrun.browser.chromium.escape_vectors import SETTLE_S, open_listener, page_of_ways
from pressrun.browser.ports import OpenPage, Screen
from pressrun.errors import BrowserUnavailable

_log = logging.getLogger(__name__)


class Opening(Protocol):
    """As much of a browser as is needed here."""

    async def open_page(self, screen: Screen) -> OpenPage: ...


class RemoteSeal:
    """The trials of one address; says what cannot be proved once, not at each connection."""

    def __init__(self, address: RemoteAddress) -> None:
        self._address = address
        self._told = False

    async def prove(self, browser: Opening, limit_s: float) -> None:
        """Returns if a document may be shown there.

        Raises:
            BrowserUnavailable: a page of a document would reach this machine.
            Error, TimeoutError, OSError: it could not be tried out.
        """
        host = _facing(self._address)
        ways = await _hits(browser, host, limit_s, scripts=True)
        if ways and await _hits(browser, host, limit_s, scripts=False):
            raise BrowserUnavailable(
                f"The browser at {self._address.name} is not sealed: a page there reached this machine. "
                "No document is shown there; docs/remote-browsers.md says how to start it."
            )
        self._tell(host, ways)

    def _tell(self, host: str, ways: set[str]) -> None:
        if self._told:
            return
        self._told = True
        if ways:
            _log.warning(
                "%s: a page with scripts would reach this machine over %s; documents run none, but start it with the "
                "flags of docs/remote-browsers.md",
                self._address.name,
                " and ".join(sorted(ways)),
            )
        if not _is_here(host):
            _log.warning(
                "%s: a page there does not reach this machine (%s); that it reaches nothing near it cannot be proved "
                "from here, see docs/remote-browsers.md",
                self._address.name,
                host,
            )


def _is_here(host: str) -> bool:
    return host.startswith("127.")


def _facing(address: RemoteAddress) -> str:
    """This machine's address on the way to that one. Raises: OSError."""
    parts = urlsplit(address.url)
    found = socket.getaddrinfo(parts.hostname, parts.port or 80, socket.AF_INET, socket.SOCK_DGRAM)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(found[0][4])  # sends nothing: only the route is chosen
        return str(probe.getsockname()[0])


async def _hits(browser: Opening, host: str, limit_s: float, *, scripts: bool) -> set[str]:
    async with open_listener(host) as listener:
        with anyio.fail_after(limit_s):
            await listener.prove_hearing()
            await _show(browser, page_of_ways(listener.address), limit_s, scripts=scripts)
    return set(listener.hits)


async def _show(browser: Opening, html: str, limit_s: float, *, scripts: bool) -> None:
    page = await browser.open_page(Screen(320, 240, 1, scripts))
    try:
        await page.set_content(html, limit_s)
        await page.screenshot(0, 0, "jpeg", 30)
        await anyio.sleep(SETTLE_S)
    finally:
        with anyio.move_on_after(limit_s, shield=True):
            await page.close()
