"""Browsers without Chromium, for the pool's policy: they pass the same contract suite (pool_contract.py).

A page lays each `<p>` out as one line of 20 px; a capture is its scroll position as text. A document that contains
`for (;;)` never gets ready, one that contains `crash me` crashes its page with every capture.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import anyio
from playwright.async_api import Error
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from pressrun.browser.chromium.driver import DriverHost
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.ports import Screen
from pressrun.errors import BrowserUnavailable

LINE_CSS_PX = 20
_SHOT_S = 0.002  # long enough that captures of two browsers overlap, and that a kill can hit one


class FakePage:
    """A page in a fake browser."""

    def __init__(self, browser: FakeBrowser, screen: Screen) -> None:
        self.screen = screen
        self.crashed = False
        self.flooded = False
        self.overframed = False
        self.outgrown = False
        self._browser = browser
        self._html = ""
        self._closed = anyio.Event()

    async def set_content(self, html: str, timeout_s: float) -> None:
        self._html = html
        if "for (;;)" in html:
            await self._spend(timeout_s)
            raise PlaywrightTimeoutError("Timeout exceeded")
        await self._spend(0)

    async def ask(self, script: str, argument: dict[str, Any]) -> Any:
        await self._spend(0)
        if script == "layout":
            lines = self._html.count("<p>")
            boxes = [value for n in range(lines) for value in ("line", n * LINE_CSS_PX, (n + 1) * LINE_CSS_PX)]
            return {"heightCssPx": lines * LINE_CSS_PX + self._browser.taller_by, "boxes": boxes, "complete": True}
        if script == "painted_words":
            slides = [
                {"index": index, "blocks": [self._block(*place[:3])]}
                for index, place in enumerate(argument["places"], start=1)
            ]
            return json.dumps({"slides": slides, "width": argument["width"], "height": argument["height"]})
        if script == "prepare":
            return {"ordinary": True, "large": False}
        return {"x": 0, "y": argument["scrollTo"]} if script == "show" else {}

    def _block(self, top: float, bottom: float, offset: float) -> dict[str, Any]:
        lines = self._html.split("<p>")[1:][int(top) // LINE_CSS_PX : int(bottom) // LINE_CSS_PX]
        box = {"left": 0, "top": offset, "width": self.screen.width, "height": bottom - top}
        return {"kind": "paragraph", "text": "\n".join(lines), "box": box}

    async def screenshot(self, x: float, y: float, format: str, quality: int | None) -> str:
        self._browser.capturing += 1
        self._browser.most_capturing = max(self._browser.most_capturing, self._browser.capturing)
        try:
            await self._spend(_SHOT_S)
        finally:
            self._browser.capturing -= 1
        if "crash me" in self._html:
            self._browser.die()
            raise Error("Target crashed")
        return base64.b64encode(f"{format} at {x:g},{y:g}".encode()).decode()

    async def clear_canvas(self) -> None:
        await self._spend(0)

    async def print_tall(self, *, first_page_only: bool) -> bytes:
        return await self.pdf(1, 1)

    async def pdf(self, width_css_px: float, height_css_px: float) -> bytes:
        await self._spend(_SHOT_S)
        return b"%PDF-"

    async def close(self) -> None:
        await anyio.lowlevel.checkpoint()
        if self._browser.frozen:
            await anyio.sleep_forever()
        self._closed.set()
        self._browser.pages.discard(self)

    def end(self) -> None:
        """Its browser has died."""
        self._closed.set()

    async def _spend(self, duration_s: float) -> None:
        if self._browser.frozen:
            await self._closed.wait()
        with anyio.move_on_after(duration_s):
            await self._closed.wait()
        await anyio.lowlevel.checkpoint()
        if self._closed.is_set():
            raise Error("Target closed")


class FakeBrowser:
    """A browser that runs until it is ended."""

    version = "fake 1"

    def __init__(self) -> None:
        self.lost = anyio.Event()
        self.pages: set[FakePage] = set()
        self.frozen = False
        self.taller_by = 0.0
        self.grown_to_bytes = 0
        self.capturing = 0
        self.most_capturing = 0

    @property
    def is_usable(self) -> bool:
        return not self.lost.is_set()

    def rss_bytes(self) -> int | None:
        return self.grown_to_bytes

    async def open_page(self, screen: Screen) -> FakePage:
        page = FakePage(self, screen)
        self.pages.add(page)
        await page._spend(0)
        return page

    async def guard(self) -> None:
        await self.lost.wait()

    async def ping(self, timeout_s: float) -> bool:
        if self.frozen:
            await anyio.sleep(timeout_s)
        return not self.frozen

    async def close(self, timeout_s: float) -> None:
        await anyio.lowlevel.checkpoint()
        self.die()

    async def kill(self) -> None:
        self.die()

    def die(self) -> None:
        """As a SIGKILL from outside."""
        self.lost.set()
        for page in self.pages:
            page.end()
        self.pages.clear()


class FakeSource:
    """Starts fake browsers; `failures` of the next starts fail."""

    weight = 1
    is_elsewhere = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.started: list[FakeBrowser] = []
        self.failures = 0
        self.taller_by = 0.0

    async def start(self) -> FakeBrowser:
        await anyio.lowlevel.checkpoint()
        if self.failures:
            self.failures -= 1
            raise BrowserUnavailable("It did not start.")
        browser = FakeBrowser()
        browser.taller_by = self.taller_by
        self.started.append(browser)
        return browser


class FakeSources:
    """To be given to `open_browser_pool`; keeps what it made."""

    def __init__(self) -> None:
        self.made: list[FakeSource] = []

    def __call__(self, config: BrowserPoolConfig, _drivers: DriverHost) -> Sequence[FakeSource]:
        self.made = [FakeSource(f"fake {number + 1}") for number in range(config.local)]
        return self.made
