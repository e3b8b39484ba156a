"""`Previews`: what slides a spec would make, without a run: no slot, no file, no picture is taken.

Owns how much of the server previews may have. One is made at a time, in a page that nobody waits for; it is given back
as soon as a run waits for one. What was made last is kept in memory, by all that changes the slides.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, get_args

import anyio
import anyio.to_thread

from pressrun.attachments import bytes_of
from pressrun.browser.composing_again import NeedsWhole, compose_shown
from pressrun.browser.kept_slides import KeptSlides
from pressrun.browser.pool.lease import Lease
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.ports import PageScriptFailed, Screen
from pressrun.browser.setup.self_test import Seal
from pressrun.browser.slides.page_breaks import SlicePlan
from pressrun.coverage import Coverage
from pressrun.durations import Durations
from pressrun.errors import (
    BrowserUnavailable,
    ComposeFailed,
    EmptyDocument,
    RenderTimeout,
    ServerBusy,
    SourceTooComplex,
)
from pressrun.fair_limiter import FairLimiter
from pressrun.groups import open_task_group
from pressrun.pipeline.compose import composer_of
from pressrun.pipeline.coverage import encoded, told_coverage
from pressrun.pipeline.deck import is_composed
from pressrun.pipeline.glyphs import told_of
from pressrun.pipeline.render import plan_windows
from pressrun.slide_texts import SlideTexts
from pressrun.sources.diagrams import diagrams_of
from pressrun.sources.document import Document, DocumentWarning, is_ours
from pressrun.sources.look import Look
from pressrun.sources.parser_pool import parse
from pressrun.spec import CHANGES, RunSpec
from pressrun.themes.catalog import BUILT_IN, Themes, deck_css

_AT_ONCE = 1  # the rest of the machine is for runs
_MAX_WAITING = 8  # arbitrary (2..50): more are told that the server is busy, before a person has waited for it
_LIMIT_S = 30.0  # arbitrary (10..60): 25 000 characters take less than one
_KEPT_BYTES = 16 * 1024 * 1024  # arbitrary (4..64 MB): some hundred decks

T = TypeVar("T")
Outcome = Literal["made", "kept", "busy", "failed", "left"]
# What does not show on a slide does not make another preview: names and kinds of files, pictures, who is told.
_SEEN = {name for name, changes in CHANGES.items() if changes.part in ("document", "slices", "all")}


@dataclass(frozen=True, slots=True)
class PreviewSlide:
    """A slide that was planned. `line`: of the source, from 1, where it begins; None where that is not known."""

    title: str
    layout: str
    fill: float | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be made. `html`: the deck, its slides one below the other, `width` x `height` CSS px each; None where
    the document is shown in windows, as it is.
    """

    title: str
    width: float
    height: float
    slides: tuple[PreviewSlide, ...]
    truncated: bool
    coverage: Coverage | None
    warnings: tuple[DocumentWarning, ...]
    html: str | None


class Previews:
    """One per process, on its loop. `asks_ai`: whether a run would ask an AI to write its document."""

    def __init__(self, pool: BrowserPool, seal: Seal, *, asks_ai: bool, themes: Themes = BUILT_IN) -> None:
        self.counts: dict[str, float] = dict.fromkeys(get_args(Outcome), 0)
        self.took = Durations()
        self._pool = pool
        self._seal = seal
        self._asks_ai = asks_ai
        self._themes = themes
        self._places = FairLimiter(_AT_ONCE, max_waiting=_MAX_WAITING)
        self._kept: OrderedDict[str, Preview] = OrderedDict()
        self._kept_bytes = 0
        self._slides = KeptSlides()

    async def make(self, spec: RunSpec, share: Hashable) -> Preview:
        """What a run of that spec would show. Its pictures on the web are not fetched, and no AI is asked.

        Raises: ServerBusy where every page is wanted by runs, ComposeFailed, BrowserFailure.
        """
        outcome: Outcome = "left"
        try:
            preview, outcome = await self._make(spec, share)
        except ServerBusy:
            outcome = "busy"
            raise
        except Exception:
            outcome = "failed"  # a cancellation is none: whoever asked has left
            raise
        finally:
            self.counts[outcome] += 1
        return preview

    async def _make(self, spec: RunSpec, share: Hashable) -> tuple[Preview, Outcome]:
        key = await anyio.to_thread.run_sync(_key_of, spec)
        kept = self._find(key)
        if kept is not None:
            return kept, "kept"
        async with self._places.acquire(share):
            kept = self._find(key)  # by whoever had the place before
            if kept is not None:
                return kept, "kept"
            with self.took.timing():
                try:
                    with anyio.fail_after(_LIMIT_S):
                        preview = await self._make_anew(spec)
                except TimeoutError as exc:
                    raise RenderTimeout(
                        f"The preview was not ready within {_LIMIT_S:g} s; a run may take longer than that."
                    ) from exc
            self._keep(key, preview)
            return preview, "made"

    def _find(self, key: str) -> Preview | None:
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
        return kept

    def _keep(self, key: str, preview: Preview) -> None:
        if key in self._kept:
            return
        self._kept[key] = preview
        self._kept_bytes += _bytes_of(preview)
        while self._kept_bytes > _KEPT_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._kept_bytes -= _bytes_of(oldest)

    async def _make_anew(self, spec: RunSpec) -> Preview:
        kind, source = spec.source or (None, "")
        if kind is None:
            raise ComposeFailed("There is no source to show.")
        if kind.field == "html":
            await self._pool.refuse_too_large(source)
        to_show: _Result[Document] = _Result()
        shown: _Result[_Made] = _Result()
        compared_with = kind.field if kind.field in ("text", "html") else "document"
        async with open_task_group() as tasks:
            # The page opens while the document is written, and closes while its words are compared.
            tasks.start_soon(self._in_a_page, spec, kind.field, to_show, shown)
            attached = await anyio.to_thread.run_sync(bytes_of, spec.attachments)
            document = await composer_of(kind)(
                source, title=spec.title, look=Look.of(spec, self._themes), egress=None, attached=attached
            )
            to_show.put(document)
            made = await shown.get()
            texts = made.texts
            blob = await anyio.to_thread.run_sync(encoded, texts)
            compared = source if compared_with != "document" else document.html
            coverage, lines = await _compare(compared_with, compared, blob, len(texts.slides))
        warnings = list(document.warnings)
        if kind.for_ai and (spec.composer == "ai" or (spec.composer == "auto" and self._asks_ai)):
            warnings.append(
                DocumentWarning(
                    "not_by_ai", "The AI is not asked for a preview: its slides may say it in other words and places."
                )
            )
        if is_ours(document.html) and diagrams_of(document.html):
            warnings.append(
                DocumentWarning("diagram_as_typed", "Diagrams are not drawn in a preview; a run draws them.")
            )
        if coverage is None:
            warnings.append(
                DocumentWarning("not_examined", "The source is too complex to be compared with its slides.")
            )
        warnings += [DocumentWarning("missing_glyphs", message) for message in told_of(texts.missing_glyphs)]
        fills = made.fills if len(made.fills) == len(texts.slides) else (None,) * len(texts.slides)
        slides = tuple(
            PreviewSlide(slide.title, slide.layout, fill, line if compared_with != "document" else None)
            for slide, fill, line in zip(texts.slides, fills, lines, strict=True)
        )
        return Preview(
            title=document.title,
            width=texts.width,
            height=texts.height,
            slides=slides,
            truncated=made.plan.truncated,
            coverage=coverage,
            warnings=tuple(warnings),
            html=made.html,
        )

    async def _in_a_page(self, spec: RunSpec, field: str, document: _Result[Document], shown: _Result[_Made]) -> None:
        """In a page that no run waits for, and no longer than none does."""
        await self._seal.check()
        async with open_task_group() as tasks:
            tasks.start_soon(self._give_way, tasks.cancel_scope)
            if not await self._ask(spec, field, document, shown, self._slides):
                await self._ask(spec, field, document, shown, None)
            tasks.cancel_scope.cancel()
        if not shown.is_there:
            raise _busy()

    async def _ask(
        self,
        spec: RunSpec,
        field: str,
        document: _Result[Document],
        shown: _Result[_Made],
        kept: KeptSlides | None,
    ) -> bool:
        """False where something is kept of the document, and it has to be asked for as a whole."""
        supervisor = self._pool.try_take()
        if supervisor is None:
            pressure = self._pool.pressure()
            if pressure.browser == "failed":
                raise BrowserUnavailable(pressure.reason)
            raise _busy()
        screen = Screen(spec.viewport_width, spec.viewport_height, spec.zoom, fit=spec.fit)
        async with self._pool.lease_on(supervisor, screen) as lease:
            try:
                shown.put(await _ask_page(lease, spec, screen, field, await document.get(), kept))
            except NeedsWhole:
                if kept is None:
                    raise
                return False
        return True

    async def _give_way(self, scope: anyio.CancelScope) -> None:
        await self._pool.wait_for_waiter()
        scope.cancel()


class _Result(Generic[T]):
    """What one task makes and another waits for."""

    def __init__(self) -> None:
        self._made = anyio.Event()

    @property
    def is_there(self) -> bool:
        return self._made.is_set()

    def put(self, value: T) -> None:
        self._value = value
        self._made.set()

    async def get(self) -> T:
        await self._made.wait()
        return self._value


@dataclass(frozen=True, slots=True)
class _Made:
    plan: SlicePlan
    texts: SlideTexts
    fills: tuple[float | None, ...]
    html: str | None


async def _ask_page(
    lease: Lease, spec: RunSpec, screen: Screen, field: str, document: Document, kept: KeptSlides | None
) -> _Made:
    if is_composed(spec, field, document.html):
        try:
            shown = await compose_shown(
                lease, kept, document.html, deck_css(), screen, spec.overlap, spec.max_screenshots
            )
        except PageScriptFailed as exc:
            raise ComposeFailed(
                "This text cannot be composed to slides; a run would cut it between its blocks."
            ) from exc
        if shown is None:
            raise EmptyDocument
        fills = tuple(slide.fill for slide in shown.deck.slides if not slide.rest)
        return _Made(shown.plan, shown.texts, fills, shown.deck.html)
    await lease.load(document.html)
    whole = await lease.layout()
    if whole.is_empty:
        raise EmptyDocument
    plan = plan_windows(spec, whole)
    return _Made(plan, await lease.texts(plan), (), None)


async def _compare(kind: str, source: str, blob: bytes, slides: int) -> tuple[Coverage | None, list[int | None]]:
    """Coverage, and the line at which each slide begins."""
    try:
        found = await parse("coverage_and_lines", kind=kind, source=source, blob=blob, timeout_s=_LIMIT_S)
    except SourceTooComplex:
        return None, [None] * slides
    return told_coverage(found["coverage"]), found["lines"]


def _busy() -> ServerBusy:
    return ServerBusy(
        "Every page of the browsers is wanted by runs, which come before previews; try again shortly.", retry_after_s=2
    )


def _bytes_of(preview: Preview) -> int:
    """At most, with all that it holds."""
    told = [preview.title, *(slide.title for slide in preview.slides), *(one.message for one in preview.warnings)]
    told += [] if preview.coverage is None else [preview.coverage.model_dump_json()]
    return 4 * (len(preview.html or "") + sum(map(len, told))) + 1_000 * (1 + len(preview.slides))


def _key_of(spec: RunSpec) -> str:
    seen = sorted(spec.model_dump(include=_SEEN).items())
    return hashlib.sha256(repr(seen).encode("utf-8", "surrogatepass")).hexdigest()
