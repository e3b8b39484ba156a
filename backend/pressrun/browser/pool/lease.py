"""One borrowed context: a document is loaded into it, measured, and shown slice by slice. Owns deadlines and errors.

Every call has an outer deadline, leaves Chromium in order when its caller is cancelled, and raises errors of
`errors.py` only. After a call that failed, timed out or was cancelled the lease is spent: its context is closed.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from pressrun.browser.chromium.detached import run_detached
from pressrun.browser.chromium.machine_fonts import FontNames, MachineFonts, visible_of
from pressrun.browser.chromium.playwright import async_api
from pressrun.browser.chromium.sealed_page import NavigatedAwayError
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.capture_limiter import CaptureLimiter
from pressrun.browser.pool.counters import PoolCounters
from pressrun.browser.ports import OpenPage
from pressrun.browser.slides.document_layout import DocumentLayout, read_layout
from pressrun.browser.slides.document_limits import (
    refuse_too_large,
    too_many_filtered_pixels,
    too_many_nodes,
    too_many_pixels,
    why_ended,
)
from pressrun.browser.slides.image import ImageOptions, finish
from pressrun.browser.slides.letter_fits import borrowing, fit, run_asked
from pressrun.browser.slides.page_breaks import OVERHANG_CSS_PX, PageBreaks, Slice, SlicePlan
from pressrun.browser.slides.painted_words import question, texts_of
from pressrun.browser.slides.pdf_links import without_bad_links
from pressrun.browser.slides.sideways import LEAST_SCALE
from pressrun.errors import BrowserCrashed, BrowserFailure, DocumentTooLarge, RenderTimeout
from pressrun.later import import_later
from pressrun.slide_shapes import SlideShapes
from pressrun.slide_texts import SlideTexts
from pressrun.spec import ImageFormat, PngMode

if TYPE_CHECKING:
    from pressrun.browser.slides import pdf_pictures, pdf_slides
else:
    pdf_pictures = import_later("pressrun.browser.slides.pdf_pictures")
    pdf_slides = import_later("pressrun.browser.slides.pdf_slides")  # 200 ms, of pikepdf; only a PDF of slides needs it

_log = logging.getLogger(__name__)

T = TypeVar("T")

_PDF_QUALITY = 92  # of JPEG; letters keep their edges
# A page draws each to find out: 0.3 ms. More than the scripts of one document have that are not Chinese.
_MAX_DOUBTFUL = 10_000


_QUICKER_TO_LOAD = (
    "remove endless scripts or resources that never load, make theme_css simpler, and split what is very long"
)
_QUICKER_TO_DRAW = "take out filters, blurs and shadows over large areas, also of theme_css, and endless animations"


class _Limit(NamedTuple):
    """How long a call may take, the setting that says so, and what of a document helps."""

    seconds: float
    setting: str
    helps: str


class Lease:
    """One context with one page, for one run. Made by `BrowserPool.lease`; not shared, one call at a time."""

    def __init__(
        self,
        page: OpenPage,
        *,
        config: BrowserPoolConfig,
        tasks: TaskGroup,
        limiter: CaptureLimiter,
        encoders: anyio.CapacityLimiter,
        fonts: MachineFonts | None,
        counters: PoolCounters,
        lost: anyio.Event,
        spend: Callable[[], None],
        why_lost: Callable[[], BrowserFailure | None],
        answers: Callable[[], Awaitable[bool]],
    ) -> None:
        self._page = page
        self._screen = page.screen
        self._config = config
        self._tasks = tasks
        self._limiter = limiter
        self._encoders = encoders
        self._fonts = fonts  # of the browser's machine, if that is ours
        self._counters = counters
        self._lost = lost
        self._spend = spend
        self._why_lost = why_lost
        self._answers = answers  # whether the browser still does, found out now
        self._layout = DocumentLayout(0.0, ())
        self._not_opened = False
        self._to_load = _Limit(config.load_timeout_s, "PRESSRUN_PAGE_TIMEOUT_S", _QUICKER_TO_LOAD)
        self._to_capture = _Limit(config.capture_timeout_s, "PRESSRUN_PAGE_CAPTURE_TIMEOUT_S", _QUICKER_TO_DRAW)
        self._to_print = _Limit(config.pdf_timeout_s, "PRESSRUN_PAGE_PDF_TIMEOUT_S", _QUICKER_TO_DRAW)

    @property
    def viewport_height_css_px(self) -> float:
        """What one slide shows of the document, for `plan_slices`."""
        return self._screen.height / self._screen.zoom

    @property
    def crashed_alone(self) -> bool:
        """Its page has crashed, its browser has not: the document's own doing, most likely."""
        return self._page.crashed and self._why_lost() is None

    @property
    def has_fonts_of_this_machine(self) -> bool:
        """Whether fontconfig here knows what its browser draws with."""
        return self._fonts is not None

    def slot(self) -> AbstractAsyncContextManager[None]:
        """A slot for a capture in this browser; `shoot` and `pdf` belong inside."""
        return self._limiter.slot()

    async def load(self, html: str, *, opened: bool = True) -> None:
        """Shows `html`, with its fonts ready and its pictures decoded. Once per lease. `opened`: with what scrolls,
        folds or sticks in it laid open; nothing does in a document of ours.

        Raises:
            RenderTimeout: it did not get ready in time.
            DocumentTooLarge: it has too many elements or frames, or too large pictures.
        """
        try:
            await refuse_too_large(html, self._config)
        except DocumentTooLarge as exc:
            raise self._noted(exc) from None
        await self._run(lambda: self._load(html, opened=opened), self._to_load)

    async def ask(self, script: str, argument: dict[str, Any]) -> Any:
        """The answer of a function of `in_page/` about the loaded document."""
        return await self._run(lambda: self._page.ask(script, argument), self._to_load)

    async def layout(self) -> DocumentLayout:
        """Measures the loaded document.

        Raises:
            DocumentTooLarge: it is higher than the limit.
        """
        return await self._run(self._measure, self._to_load)

    async def texts(self, plan: SlicePlan) -> SlideTexts:
        """What each slide of the plan says, and what of the document none does; before the first slice is shown."""
        answer = await self.ask("painted_words", question(plan, self._screen))
        texts = await anyio.to_thread.run_sync(texts_of, answer)
        missing = await self.missing_glyphs(texts.characters)
        return texts.model_copy(update={"missing_glyphs": missing, "not_opened": self._not_opened})

    async def shapes(self, slices: Sequence[Slice]) -> SlideShapes:
        """What each slide shows, as shapes of a presentation; before the first slice is shown."""
        asked = question(SlicePlan(tuple(slices), truncated=False), self._screen)
        answer = await self._run(lambda: self._page.ask("painted_shapes", asked), self._to_load)
        shapes = await anyio.to_thread.run_sync(SlideShapes.model_validate_json, answer)
        if self._fonts is None:
            return shapes
        names = await FontNames().of({font: letters.values() for font, letters in shapes.letters.items()})
        named = shapes.model_copy(update={"fonts": names})
        wanted = borrowing(named)
        if not wanted:
            return named
        texts = [run_asked(run, families) for run, families in wanted]
        measured = await self.ask("measure_letters", {"texts": texts})
        fit(named, [run for run, _ in wanted], measured)
        return named

    async def isolate(self, *, ground: bool = False) -> None:
        """From here on slices show the pieces of `shapes` alone, on nothing, or the ground alone. For good."""
        if not ground:
            await self._run(self._page.clear_canvas, self._to_load)
        await self._run(lambda: self._page.ask("isolate", {"ground": ground}), self._to_load)

    async def missing_glyphs(self, characters: set[str]) -> str:
        """Those that are drawn as boxes. A page is asked only for what no font of this machine has."""
        if self._fonts is None:
            doubtful = "".join(c for c in visible_of(characters) if not c.isascii())
        else:
            doubtful = await self._fonts.lacking(characters)
        if not doubtful:
            return ""
        argument = {"characters": doubtful[:_MAX_DOUBTFUL]}
        return str(await self.ask("missing_glyphs", argument))

    async def capture(
        self, slice: Slice, format: ImageFormat = "png", quality: int = 85, png_mode: PngMode = "speed"
    ) -> bytes:
        """An image of exactly the viewport's pixels, showing `slice` and nothing else of the document.

        Waits for a slot. `quality` is for jpeg and webp, 1..100; `png_mode` for png.
        """
        options = ImageOptions(format, quality, png_mode)
        async with self.slot():
            shot = await self.shoot(slice, options)
        return await self.finish(shot, options)

    async def shoot(self, slice: Slice, options: ImageOptions) -> str:
        """The slice as Chromium hands it over; `finish` makes the picture of it, while the next is being taken.

        Raises:
            BrowserCrashed: try the slice again in another lease.
            RenderTimeout: it did not get ready in time.
        """
        with self._counters.captures[options.format].timing():
            return await self._run(lambda: self._shoot(slice, options), self._to_capture)

    async def finish(self, shot: str, options: ImageOptions) -> bytes:
        """The bytes of a picture that `shoot` took."""
        return await finish(shot, options, self._encoders)

    async def pdf(self) -> bytes:
        """The document as a PDF with pages of the viewport's shape, text as text."""
        async with self.slot():
            printed = await self._run(self._print, self._to_print)
        return await anyio.to_thread.run_sync(without_bad_links, printed)

    async def pdf_of_slides(self, slices: Sequence[Slice], mode: PageBreaks, made_at: datetime) -> bytes:
        """A PDF whose pages are the slides, one to one, text as text; pictures where the page is written in columns.

        Nothing can be captured afterwards. `mode` is the one in which the document was cut. The same document, slices
        and instant give the same bytes.

        Raises:
            DocumentTooLarge: it paints more than a PDF of slides may have.
        """
        async with self.slot():
            printed = await self._run(self._print_slides, self._to_print)
        zoom, height = self._screen.zoom, self.viewport_height_css_px
        if isinstance(printed, dict):
            await self.layout()  # it says how far they reach
            shots = [await self.capture(slice, "jpeg", _PDF_QUALITY) for slice in slices]
            width, title, lang = self._screen.width / zoom, printed["title"], printed["lang"]
            paint = partial(pdf_pictures.pdf_of_pictures, shots, width, height, title=title, lang=lang, made_at=made_at)
            return await anyio.to_thread.run_sync(paint, limiter=self._encoders)
        windows = [pdf_slides.window_of(slice, self._screen.width / zoom, height, zoom) for slice in slices]
        cut = partial(pdf_slides.cut_into_slides, printed, windows, cuts_lines=mode == "scroll", made_at=made_at)
        try:
            return await anyio.to_thread.run_sync(cut, limiter=self._encoders)
        except pdf_slides.TooMuchPainted:
            too_much = "The document paints too much for a PDF of its slides; ask for pdf_layout=document"
            raise self._noted(DocumentTooLarge(f"{too_much}, or split it into several.")) from None
        except pdf_slides.UnknownContent as exc:
            _log.exception("a PDF cannot be read")
            raise self._noted(
                BrowserFailure("The browser's PDF cannot be cut into slides; ask for pdf_layout=document.")
            ) from exc

    async def _print_slides(self) -> pdf_slides.Printed | dict[str, Any]:
        """The document on one tall page, and what lies behind every slide if anything does; else why not."""
        await self._page.ask("print", {})
        made: dict[str, Any] = await self._page.ask("print_slides", {"layer": "background"})
        if "vertical" in made:
            return made
        background = await self._page.print_tall(first_page_only=True) if made["background"] else None
        await self._page.ask("print_slides", {"layer": "content"})
        content = await self._page.print_tall(first_page_only=False)
        return pdf_slides.Printed(content, background, float(made["top"]), made["places"], tuple(made["canvas"]))

    async def _load(self, html: str, *, opened: bool) -> None:
        config = self._config
        await self._page.set_content(html, config.load_timeout_s)
        over = await self._page.ask(
            "prepare",
            {
                "opened": opened,
                "maxNodes": config.max_nodes,
                "maxPicturePixels": config.max_picture_pixels,
                # Frames are called back only where scripts run; without them a capture waits for its frame anyway.
                "animationFrames": 2 if self._screen.scripts else 0,
            },
        )
        if "nodes" in over:
            raise too_many_nodes(over["nodes"], config)
        if "pixels" in over:
            raise too_many_pixels(over["pixels"], config)
        if "filtered" in over:
            raise too_many_filtered_pixels(over["filtered"], config)
        self._not_opened = opened and over["large"] and not over["ordinary"]
        if opened and not over["ordinary"] and not over["large"]:
            await self._page.ask(
                "open_layout", {"fit": self._screen.fit, "limit": LEAST_SCALE, "nodes": config.max_nodes}
            )

    async def _measure(self) -> DocumentLayout:
        answer = await self._page.ask("layout", {"maxBoxes": self._config.max_boxes})
        self._layout = read_layout(answer, self._config)
        return self._layout

    async def _shoot(self, slice: Slice, options: ImageOptions) -> str:
        screen, zoom = self.viewport_height_css_px, self._screen.zoom
        width = self._screen.width / zoom
        position = await self._page.ask(
            "show",
            {
                "top": slice.top,
                "bottom": slice.bottom,
                "left": slice.left,
                "right": slice.right,
                "scrollTo": slice.top - slice.offset,
                "scrollLeft": slice.left - slice.inset,
                "clipped": slice.right is not None or slice.height < screen - 1 / zoom,
                "layered": self._layout.layered,
                "roomBelow": self._layout.height_css_px + 2 * screen,
                "roomBeside": self._room_beside(width),
                "zoom": zoom,
            },
        )
        return await self._page.screenshot(position["x"], position["y"], options.format, options.quality)

    def _room_beside(self, width: float) -> float:
        """Where a box has to stand so that the last slide on either side can be scrolled to, CSS px."""
        left, right = self._layout.sides
        if left < -OVERHANG_CSS_PX:
            return left - 2 * width
        return right + 2 * width if right > width + OVERHANG_CSS_PX else 0.0

    async def _print(self) -> bytes:
        await self._page.ask("print", {})
        return await self._page.pdf(self._screen.width / self._screen.zoom, self.viewport_height_css_px)

    async def _run(self, call: Callable[[], Awaitable[T]], limit: _Limit) -> T:
        """Every call's way to the page: detached, with a deadline, errors in our own words."""
        done = False
        try:
            result = await run_detached(
                self._tasks,
                call,
                timeout_s=limit.seconds,
                lost=self._lost,
                abandon=self._spend,
                grace_s=self._config.cancel_grace_s / 2,
            )
            done = True
        except (async_api.Error, TimeoutError, NavigatedAwayError) as exc:
            failure = await self._translate(exc, limit)
            _log.debug("page failed by", exc_info=exc)
            raise self._noted(failure) from exc
        except DocumentTooLarge as exc:
            self._noted(exc)
            raise
        finally:
            if not done:
                self._spend()
        return result

    def _noted(self, failure: BrowserFailure) -> BrowserFailure:
        """The failure, with one line in the log that says why."""
        self._counters.failures[failure.code] += 1
        _log.warning("page failed: %s: %s", failure.code, failure)
        return failure

    async def _translate(self, exc: Exception, limit: _Limit) -> BrowserFailure:
        known = self._why_lost() or why_ended(self._page, self._config)
        if known is not None:
            return known
        if isinstance(exc, NavigatedAwayError):
            return RenderTimeout("The document leads away from itself; remove its redirect (meta refresh or script).")
        if self._page.crashed:
            return BrowserCrashed("The page crashed: the document needs more memory than a page may have.")
        if isinstance(exc, TimeoutError | async_api.TimeoutError):
            if not await self._answers():  # frozen, and its supervisor has not looked yet
                return BrowserCrashed("The browser stopped answering while it showed the document; try again.")
            return RenderTimeout(
                f"The document did not become ready within {limit.seconds:g} s ({limit.setting}); {limit.helps}."
            )
        return BrowserCrashed("The browser crashed while it showed the document; try again.")
