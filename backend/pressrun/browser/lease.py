"""One borrowed context: a document is loaded into it, measured, and shown slice by slice. Owns deadlines and errors.

Every call has an outer deadline, leaves Chromium in order when its caller is cancelled, and raises errors of
`errors.py` only. After a call that failed, timed out or was cancelled the lease is spent: its context is closed.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

import anyio
from anyio.abc import TaskGroup
from playwright.async_api import Error
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.detached import run_detached
from pressrun.browser.page_breaks import BOX_KINDS, Box, Slice
from pressrun.browser.sealed_page import NavigatedAwayError, SealedPage
from pressrun.errors import BrowserCrashed, BrowserFailure, DocumentTooLarge, RenderTimeout

_log = logging.getLogger(__name__)

T = TypeVar("T")
ImageFormat = Literal["png", "jpeg", "webp"]


@dataclass(frozen=True, slots=True)
class DocumentLayout:
    """Where things stand in a loaded document: boxes in document order, CSS px from its top."""

    height_css_px: float
    boxes: tuple[Box, ...]

    @property
    def is_empty(self) -> bool:
        """Nothing to see: no visible text, no picture."""
        return not any(box.kind in ("line", "picture") for box in self.boxes)


class Lease:
    """One context with one page, for one run. Made by `BrowserPool.lease`; not shared, one call at a time."""

    def __init__(
        self,
        sealed: SealedPage,
        *,
        config: BrowserPoolConfig,
        tasks: TaskGroup,
        spend: Callable[[], None],
        why_lost: Callable[[], BrowserFailure | None],
    ) -> None:
        self._sealed = sealed
        self._config = config
        self._tasks = tasks
        self._spend = spend
        self._why_lost = why_lost
        self._layout_height = 0.0

    @property
    def viewport_height_css_px(self) -> float:
        """What one slide shows of the document, for `plan_slices`."""
        return self._sealed.height / self._sealed.zoom

    async def load(self, html: str) -> None:
        """Shows `html`, with its fonts ready and its pictures decoded. Once per lease.

        Raises:
            RenderTimeout: it did not get ready in time.
            DocumentTooLarge: it has too many elements, or too large pictures.
        """
        await self._run(lambda: self._load(html), self._config.load_timeout_s)

    async def layout(self) -> DocumentLayout:
        """Measures the loaded document.

        Raises:
            DocumentTooLarge: it is higher than the limit.
        """
        return await self._run(self._measure, self._config.load_timeout_s)

    async def capture(self, slice: Slice, format: ImageFormat = "png", quality: int = 85) -> bytes:
        """An image of exactly the viewport's pixels, showing `slice` and nothing else of the document.

        `quality` is for jpeg and webp, 1..100.
        """
        with self._config.meters.captures[format].timing():
            return await self._run(lambda: self._capture(slice, format, quality), self._config.capture_timeout_s)

    async def pdf(self) -> bytes:
        """The document as a PDF with pages of the viewport's shape, text as text."""
        return await self._run(self._print, self._config.pdf_timeout_s)

    async def _load(self, html: str) -> None:
        config = self._config
        await self._sealed.set_content(html, config.load_timeout_s)
        over = await self._sealed.ask(
            "prepare",
            {
                "maxNodes": config.max_nodes,
                "maxPicturePixels": config.max_picture_pixels,
                # Frames are called back only where scripts run; without them a capture waits for its frame anyway.
                "animationFrames": 2 if self._sealed.scripts else 0,
            },
        )
        if "nodes" in over:
            raise DocumentTooLarge(f"The document has {over['nodes']} elements; at most {config.max_nodes} are taken.")
        if "pixels" in over:
            raise DocumentTooLarge(
                f"The document's pictures have {over['pixels'] / 1e6:.0f} megapixels together; "
                f"at most {config.max_picture_pixels / 1e6:.0f} are taken. Make them smaller."
            )

    async def _measure(self) -> DocumentLayout:
        answer = await self._sealed.ask("layout", {"maxBoxes": self._config.max_boxes})
        height = float(answer["heightCssPx"])
        if height > self._config.max_height_css_px:
            raise DocumentTooLarge(
                f"The document is {height:.0f} CSS px high; at most {self._config.max_height_css_px:.0f} are taken."
            )
        if not answer["complete"]:
            raise DocumentTooLarge(
                f"The document has more than {self._config.max_boxes} lines and blocks; split it into several."
            )
        self._layout_height = height
        flat = answer["boxes"]
        boxes = tuple(
            Box(kind, float(top), float(bottom))
            for kind, top, bottom in zip(flat[::3], flat[1::3], flat[2::3], strict=True)
            if kind in BOX_KINDS
        )
        return DocumentLayout(height, boxes)

    async def _capture(self, slice: Slice, format: ImageFormat, quality: int) -> bytes:
        screen = self.viewport_height_css_px
        position = await self._sealed.ask(
            "show",
            {
                "top": slice.top,
                "bottom": slice.bottom,
                "scrollTo": slice.top - slice.offset,
                "clipped": slice.height < screen - 1 / self._sealed.zoom,
                "roomBelow": self._layout_height + 2 * screen,
                "zoom": self._sealed.zoom,
            },
        )
        encoded = await self._sealed.screenshot(position["x"], position["y"], format, quality)
        return await anyio.to_thread.run_sync(base64.b64decode, encoded)

    async def _print(self) -> bytes:
        width, height = self._sealed.width / self._sealed.zoom, self.viewport_height_css_px
        await self._sealed.ask("print", {})
        await self._sealed.page.emulate_media(media="screen")
        return await self._sealed.page.pdf(
            width=f"{width}px", height=f"{height}px", print_background=True, prefer_css_page_size=True
        )

    async def _run(self, call: Callable[[], Awaitable[T]], timeout_s: float) -> T:
        """Every call's way to the page: detached, with a deadline, errors in our own words."""
        done = False
        try:
            result = await run_detached(
                self._tasks, call, timeout_s=timeout_s, abandon=self._spend, grace_s=self._config.cancel_grace_s / 2
            )
            done = True
        except (Error, TimeoutError, NavigatedAwayError) as exc:
            failure = self._translate(exc, timeout_s)
            _log.info("page failed: %s", failure, exc_info=exc)
            raise failure from exc
        finally:
            if not done:
                self._spend()
        return result

    def _translate(self, exc: Exception, timeout_s: float) -> BrowserFailure:
        lost = self._why_lost()
        if lost is not None:
            return lost
        if isinstance(exc, NavigatedAwayError):
            return RenderTimeout("The document leads away from itself; remove its redirect (meta refresh or script).")
        if self._sealed.crashed:
            return BrowserCrashed("The page crashed: the document needs more memory than a page may have.")
        if isinstance(exc, TimeoutError | PlaywrightTimeoutError):
            return RenderTimeout(
                f"The document did not become ready within {timeout_s:g} s; "
                "remove endless scripts or resources that never load."
            )
        return BrowserCrashed("The browser crashed while it showed the document; try again.")
