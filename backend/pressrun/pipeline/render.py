"""The render stage: document.html -> slides/0001.png … in staging.

Slides are captured by as many browsers as are free, written while the next are captured, and told in order: a
`screenshot` event names a slide only when all before it were named. What an earlier attempt captured is verified by its
digest and not captured again; nor is what the capture cache has, and where it has everything no browser is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import anyio
import anyio.to_thread
import structlog
from pydantic import ValidationError

from pressrun.artifacts.disk import sha256_of
from pressrun.artifacts.model import StoredFile
from pressrun.browser.cache.capture_cache import CaptureCache
from pressrun.browser.composing import Deck, plan_of_deck
from pressrun.browser.drawing import Picture, draw
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.ports import Screen
from pressrun.browser.slides.document_layout import DocumentLayout
from pressrun.browser.slides.image import ImageOptions
from pressrun.browser.slides.one_colour import is_one_colour, may_be_one_colour
from pressrun.browser.slides.page_breaks import Box, Slice, SlicePlan
from pressrun.browser.slides.sideways import cut_off_share, plan_document
from pressrun.coverage import Coverage
from pressrun.errors import EmptyDocument, NotFound
from pressrun.events.model import Progress, Screenshot
from pressrun.export_kinds import IMAGE_ENDINGS
from pressrun.failpoints import failpoint
from pressrun.pipeline.captures import RunCaptures, open_captures
from pressrun.pipeline.context import DOCUMENT_NAME, SLIDES_FOLDER, Composed, Rendered, RunContext, progress_of
from pressrun.pipeline.coverage import encoded, settle_coverage
from pressrun.pipeline.deck import open_deck
from pressrun.pipeline.glyphs import told_of
from pressrun.slide_texts import SLIDES_NAME, SlideTexts
from pressrun.spec import RunSpec

_log = structlog.get_logger(__name__)

_HIDDEN_BY_CSS = "The document shows nothing; leave out the rules of `theme_css` that hide its text or move it away."
_NOT_OPENED = (
    "The document has more than 50 000 elements or 2 000 000 letters: what scrolls, folds, sticks or reaches out of it "
    "is shown as it stands, and what that hides is on no slide. Split the document into several."
)


async def render(
    context: RunContext,
    pool: BrowserPool,
    composed: Composed,
    cache: CaptureCache | None = None,
    *,
    pictures: bool = True,
) -> Rendered:
    """Captures every slide, and tells what of the source they say; without `pictures` only the latter.

    Raises: BrowserFailure, EmptyDocument, CoverageTooLow, DiskFull.
    """
    spec = context.spec
    document = await context.staging.read(DOCUMENT_NAME)
    html = document.decode()
    context = await _without_slides_of_another_document(context, document)
    staged = await open_deck(context, pool, cache, composed, html)
    deck = None if staged is None else staged.deck
    faces = None if deck is None else deck.faces(spec.viewport_height / spec.zoom)
    if deck is not None:
        html = deck.html
    slides = _Slides(context, composed, await open_captures(context, cache, html.encode(), faces), deck)
    if not pictures:
        if not await slides.take_plan():
            await context.progress("render", 0, "Opening the document in the browser")
            async with pool.lease(
                viewport_width=spec.viewport_width,
                viewport_height=spec.viewport_height,
                zoom=spec.zoom,
                fit=spec.fit,
            ) as lease:
                await lease.load(html, opened=deck is None)
                plan = await slides.plan(await lease.layout())
                await slides.keep_texts(await lease.texts(plan))
    elif not await slides.take_kept():
        await context.progress("render", 0, "Opening the document in the browser")
        picture = Picture(
            html,
            Screen(spec.viewport_width, spec.viewport_height, spec.zoom, fit=spec.fit),
            ImageOptions(spec.image_format, spec.image_quality, spec.png_mode),
            opened=deck is None,
        )
        await draw(pool, picture, run=context.operation_id, plan=slides.plan, read=slides.read, save=slides.save)
        await slides.tell_blank()
    return Rendered(
        slides=slides.files,
        truncated=slides.truncated,
        places=slides.places,
        texts=slides.texts,
        coverage=slides.coverage,
        deck=None if staged is None else staged.file,
    )


async def _without_slides_of_another_document(context: RunContext, document: bytes) -> RunContext:
    """A document that had to be made again need not be the one that earlier attempts captured."""
    known = context.document
    if known is None or known.sha256 in (None, await sha256_of(document)):
        return context
    return replace(context, captured={})


def plan_windows(spec: RunSpec, layout: DocumentLayout) -> SlicePlan:
    """The windows of a document that is shown as it is."""
    return plan_document(
        layout.boxes,
        layout.extent,
        (spec.viewport_width / spec.zoom, spec.viewport_height / spec.zoom),
        spec.overlap,
        "scroll" if spec.page_breaks == "scroll" else "blocks",
        spec.max_screenshots,
        fit=spec.fit,
    )


class _Slides:
    """The slides of one run on their way to disk and log. `plan`, `read` and `save` are what `draw` calls."""

    def __init__(self, context: RunContext, composed: Composed, captures: RunCaptures, deck: Deck | None) -> None:
        self.files: list[StoredFile] = []
        self.truncated = False
        self.texts: StoredFile | None = None
        self.coverage: Coverage | None = None
        self.places: list[tuple[float | None, ...]] = []
        self._context = context
        self._composed = composed
        self._captures = captures
        self._deck = deck
        self._plan = SlicePlan((), truncated=False)
        self._lines: Sequence[Box] = ()
        self._blank: set[int] = set()  # slides of one colour where lines of text stand
        self._total = 0
        self._saved: dict[int, StoredFile] = {}  # not told yet
        self._telling = anyio.Lock()  # without it two that save at once would tell their slides in any order

    async def take_kept(self) -> bool:
        """Every slide without a browser, if all were captured before; False, and nothing was told, if one was not."""
        plan = await self._captures.plan()
        if plan is None:
            return False
        texts = await self._captures.link_texts()
        if texts is None:
            return False
        indexes = range(1, len(plan.slices) + 1)
        found = await self._captures.link({index: self._name(index) for index in indexes})
        if len(found) < len(plan.slices):
            return False
        await self._begin(plan)
        await self._take_texts(texts)
        self._saved = found
        await self._tell()
        return True

    async def take_plan(self) -> bool:
        """What there is without pictures, without a browser too, if it was kept; else False, and nothing was told."""
        plan = await self._captures.plan()
        texts = None if plan is None else await self._captures.link_texts()
        if plan is None or texts is None:
            return False
        await self._begin(plan)
        await self._take_texts(texts)
        return True

    async def plan(self, layout: DocumentLayout) -> SlicePlan:
        """Where the slides of the document are. Raises: EmptyDocument."""
        if layout.is_empty:
            raise EmptyDocument(_HIDDEN_BY_CSS if self._context.spec.theme_css else None)
        plan = self._cut(layout)
        self._lines = [box for box in layout.boxes if box.kind == "line"]
        await self._captures.keep_plan(plan)
        await self._begin(plan)
        await self._tell_cut_off(layout)
        self._plan = plan
        return plan

    def _cut(self, layout: DocumentLayout) -> SlicePlan:
        spec = self._context.spec
        if self._deck is None:
            return plan_windows(spec, layout)
        screen = Screen(spec.viewport_width, spec.viewport_height, spec.zoom, fit=spec.fit)
        return plan_of_deck(self._deck.slides, layout, screen, spec.overlap, spec.max_screenshots)

    async def read(self, texts: SlideTexts) -> Sequence[tuple[int, Slice]]:
        """Keeps what the slides say; those that are still to be captured, by their number from 1."""
        if self._context.captured and await self._said_before() != texts:
            # laid out or cut by another release: slides of both would lack some lines and repeat others
            self._context = replace(self._context, captured={})
        await self.keep_texts(texts)
        return await self._without_captured(self._plan)

    async def _said_before(self) -> SlideTexts | None:
        """What the slides of an earlier attempt say; None where it did not get so far, or wrote it otherwise."""
        try:
            return SlideTexts.model_validate_json(await self._context.staging.read(SLIDES_NAME))
        except (NotFound, ValidationError):
            return None

    async def keep_texts(self, texts: SlideTexts) -> None:
        """Writes slides.json, and tells what of the source is missing there. Raises: CoverageTooLow."""
        data = await anyio.to_thread.run_sync(encoded, texts)
        file = await self._context.staging.write(SLIDES_NAME, data)
        failpoint("texts.written")
        await self._captures.keep_texts(file)
        await self._settle(file, data, texts)

    async def _take_texts(self, file: StoredFile) -> None:
        data = await self._context.staging.read(file.name)
        texts = await anyio.to_thread.run_sync(SlideTexts.model_validate_json, data)
        await self._settle(file, data, texts)

    async def _settle(self, file: StoredFile, data: bytes, texts: SlideTexts) -> None:
        for message in told_of(texts.missing_glyphs):
            await self._context.warn("missing_glyphs", message)
        if texts.not_opened:
            await self._context.warn("not_opened", _NOT_OPENED)
        self.texts = file
        self.coverage = await settle_coverage(self._context, self._composed, data)

    async def _begin(self, plan: SlicePlan) -> None:
        self._total, self.truncated = len(plan.slices), plan.truncated
        self.places = [piece.place for piece in plan.slices]
        if plan.truncated:
            await self._context.warn(
                "truncated",
                f"The document is longer than max_screenshots={self._context.spec.max_screenshots} slides; "
                "the rest is not captured. Raise max_screenshots (up to 500) to get it all.",
            )

    async def _tell_cut_off(self, layout: DocumentLayout) -> None:
        spec = self._context.spec
        clips = spec.fit == "clip" and self._deck is None
        share = cut_off_share(layout.boxes, spec.viewport_width / spec.zoom) if clips else 0.0
        if share > 0:
            await self._context.warn(
                "cut_at_sides",
                f"The document is wider than the slides: {max(share, 0.001):.1%} of what it shows is cut off at the "
                "sides. fit=shrink shows it smaller, fit=split on further slides; a smaller zoom shows more.",
            )

    async def _without_captured(self, plan: SlicePlan) -> Sequence[tuple[int, Slice]]:
        pieces = dict(enumerate(plan.slices, start=1))
        for index in pieces.keys() & self._context.captured.keys():
            known = self._context.captured[index]
            file = await self._context.staging.verify(known.filename, known.sha256)
            if file is not None:
                self._saved[index] = file
        wanted = {index: self._name(index) for index in pieces if index not in self._saved}
        self._saved |= await self._captures.link(wanted)
        left = [(index, piece) for index, piece in pieces.items() if index not in self._saved]
        await self._tell()
        return left

    async def save(self, index: int, image: bytes) -> None:
        """Writes a slide, and tells all that can be told in order."""
        _log.debug("slide captured", index=index, attempt=self._context.attempt)
        failpoint("slide.captured")
        file = await self._context.staging.write(self._name(index), image)
        failpoint("slide.written")
        if await self._is_blank(index, image):
            self._blank.add(index)
        else:
            await self._captures.keep(index, file)
        self._saved[index] = file
        await self._tell()

    async def _is_blank(self, index: int, image: bytes) -> bool:
        spec, piece = self._context.spec, self._plan.slices[index - 1]
        if not may_be_one_colour(len(image), spec.viewport_width, spec.viewport_height):
            return False
        return any(piece.holds(box) for box in self._lines) and await anyio.to_thread.run_sync(is_one_colour, image)

    async def tell_blank(self) -> None:
        """Says which slides show nothing of the text on them. Raises: EmptyDocument if none shows any."""
        if not self._blank:
            return
        why = "it has the colour of its background, or something is in front of it"
        if len(self._blank) == self._total:
            raise EmptyDocument(f"The slides show one colour, and nothing of the text that stands on them: {why}.")
        numbers = ", ".join(map(str, sorted(self._blank)))
        await self._context.warn("blank_slide", f"Nothing is seen of the text on slides {numbers}: {why}.")

    async def _tell(self) -> None:
        async with self._telling:
            done = len(self.files)
            news: list[Screenshot] = []
            while (file := self._saved.get(done + 1)) is not None:
                done += 1
                known = self._context.captured.get(done)
                if known is None or known.sha256 != file.sha256:  # else the log has it, of an earlier attempt
                    news.append(self._screenshot(done, file))
            if news:
                await self._context.emit(*news, self._progress(done))
            for _ in news:
                failpoint("slide.told")
            # Only now: after a write that failed another browser's slide must not be told as if these had been.
            self.files += [self._saved.pop(index) for index in range(len(self.files) + 1, done + 1)]

    def _progress(self, done: int) -> Progress:
        total = self._total
        return progress_of("render", done / total, f"Slide {done} of {total}", done, total)

    def _name(self, index: int) -> str:
        return f"{SLIDES_FOLDER}{index:04d}{IMAGE_ENDINGS[self._context.spec.image_format]}"

    def _screenshot(self, index: int, file: StoredFile) -> Screenshot:
        spec = self._context.spec
        return Screenshot(
            index=index,
            total=self._total,
            filename=file.name,
            url=self._context.url_of(file.name),
            width=spec.viewport_width,
            height=spec.viewport_height,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
        )
