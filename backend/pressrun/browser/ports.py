"""What the pool's policy needs of a browser, whoever provides it: a Chromium here, one elsewhere, a fake in a test.

Owns no behaviour. `tests/support/pool_contract.py` holds what every provider must do; the fake passes it too.
Calls raise Playwright's `Error` when the page or the browser is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import anyio

from pressrun.spec import Fit


@dataclass(frozen=True, slots=True)
class Screen:
    """What a page is laid out for: pixels of its images, how large content appears, whether its scripts run, and what
    becomes of content that is wider.
    """

    width: int
    height: int
    zoom: float
    scripts: bool = False
    fit: Fit = "shrink"


class PageScriptFailed(RuntimeError):
    """A function of `in_page/` failed in the page: a fault of ours, whatever the document is."""


class OpenPage(Protocol):
    """One page in one context of its own; not shared. No call but `set_content` has a deadline of its own."""

    @property
    def screen(self) -> Screen: ...

    @property
    def crashed(self) -> bool:
        """Its renderer has died; the browser may live."""
        ...

    @property
    def outgrown(self) -> bool:
        """It took more memory than a page may, and was closed for that."""
        ...

    @property
    def overframed(self) -> bool:
        """It has more frames than a page may, and was closed for that."""
        ...

    @property
    def flooded(self) -> bool:
        """It opened more windows than a page may, and was closed for that."""
        ...

    async def set_content(self, html: str, timeout_s: float) -> None:
        """Loads the document, once."""
        ...

    async def ask(self, script: str, argument: dict[str, Any]) -> Any:
        """The answer of a function of `in_page/` to `argument`. Raises: PageScriptFailed."""
        ...

    async def screenshot(self, x: float, y: float, format: str, quality: int | None) -> str:
        """The screen at this scroll position, base64."""
        ...

    async def clear_canvas(self) -> None:
        """Where the document paints nothing, pictures in PNG are transparent from here on."""
        ...

    async def pdf(self, width_css_px: float, height_css_px: float) -> bytes:
        """The document in pages of that size, or of what its style sheets say."""
        ...

    async def print_tall(self, *, first_page_only: bool) -> bytes:
        """After `print_slides.js`: the document on one tall page, a pt for each CSS px; in front of it one of the
        screen's size.
        """
        ...

    async def close(self) -> None:
        """Ends the context with all that is in it."""
        ...


class RunningBrowser(Protocol):
    """A browser that was started or connected to. Its supervisor ends it."""

    @property
    def lost(self) -> anyio.Event:
        """Set once it cannot be used any more, for whatever reason."""
        ...

    @property
    def is_usable(self) -> bool: ...

    @property
    def version(self) -> str:
        """As the browser names itself; part of what a picture depends on."""
        ...

    def rss_bytes(self) -> int | None:
        """Memory of its main process; None where that cannot be known."""
        ...

    async def open_page(self, screen: Screen) -> OpenPage: ...

    async def guard(self) -> None:
        """Ends pages that outgrow their memory, for as long as the browser lives; one elsewhere guards itself."""
        ...

    async def ping(self, timeout_s: float) -> bool: ...

    async def close(self, timeout_s: float) -> None:
        """Ends it in order, by force what does not end in time. Safe to call again."""
        ...

    async def kill(self) -> None:
        """Ends it at once. Calls in flight raise. Safe to call again."""
        ...


class BrowserSource(Protocol):
    """Where one browser of the pool comes from."""

    @property
    def name(self) -> str:
        """For logs and people; holds no secret."""
        ...

    @property
    def weight(self) -> int:
        """Captures it takes at a time."""
        ...

    @property
    def is_elsewhere(self) -> bool:
        """Its browsers are not processes of this machine, and `start` proves that their pages reach nothing here."""
        ...

    async def start(self) -> RunningBrowser:
        """A new browser; leaves nothing behind when it fails. Raises: BrowserUnavailable."""
        ...
