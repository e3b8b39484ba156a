"""What it costs to say how much of a source is on its slides, and whether that is true of 10 000 documents.

The parts are timed as a run has them: the page is read, slides.json is made, the words are compared in the parser's
child. The documents are those of tests/browser/test_coverage_properties.py, ten in each page.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import anyio

from benchmarks.figures import Figure
from pressrun.artifacts.store import LocalArtifactStore
from pressrun.browser.config import BrowserPoolConfig
from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.slides.page_breaks import plan_slices
from pressrun.events.model import AnyBody, Progress
from pressrun.pipeline.compose import compose
from pressrun.pipeline.context import RunContext
from pressrun.pipeline.coverage import encoded, settle_coverage
from pressrun.pipeline.render import render
from pressrun.sources.parser_pool import cool_down, warm_up
from pressrun.spec import RunSpec
from tests.support.generated_documents import page
from tests.support.runs import chapter
from tests.support.shown_words import check_page, shown_in

_ROUNDS = 9
_SLIDES = 20
_CHARACTERS = 25_000
_PAGES, _IN_ONE = 1_000, 10  # issue 12: 10 000 documents


def measure(folder: Path) -> Iterator[Figure]:
    yield from anyio.run(_costs, folder)
    begun_at = time.perf_counter()
    count, wrong = anyio.run(_documents)
    note = f"{count} documents, {time.perf_counter() - begun_at:.0f} s; first wrong: {wrong or 'none'}"
    yield Figure("documents with a word neither shown nor named", len(wrong), "", target=0, note=note, promise=True)


async def _costs(folder: Path) -> list[Figure]:
    store = LocalArtifactStore(folder)
    await store.prepare()
    await warm_up()
    figures = []
    try:
        async with open_browser_pool(BrowserPoolConfig()) as pool:
            await pool.warm()
            deck = chapter(_SLIDES)
            runs = [await _run(pool, store, f"deck-{n}", deck) for n in range(_ROUNDS)]
            slides, took = runs[0][0], median(seconds for _, seconds in runs[1:])
            parts = [await _parts(pool, store, f"parts-{n}", deck) for n in range(_ROUNDS)][1:]
            cost = median(sum(part) for part in parts)
            note = f"{slides} slides, {1000 * cost:.1f} of {1000 * took:.0f} ms, median of {_ROUNDS - 1}"
            figures.append(Figure("coverage of a 20-slide run", 100 * cost / took, "%", target=3, note=note))
            parts = [await _parts(pool, store, f"text-{n}", _long_text()) for n in range(_ROUNDS)][1:]
            read, made, compared = (1000 * median(part[at] for part in parts) for at in range(3))
            note = f"page read {read:.1f}, slides.json {made:.1f}, compared {compared:.1f}"
            total = 1000 * median(sum(part) for part in parts)
            figures.append(Figure(f"coverage of {_CHARACTERS} characters", total, "ms", target=50, note=note))
    finally:
        await cool_down()
    return figures


def _long_text() -> str:
    """The example lesson again and again, without its drawing."""
    lesson = (Path(__file__).parents[1] / "examples" / "lesson.md").read_text().partition("\n[meander]:")[0]
    return (lesson * (1 + _CHARACTERS // len(lesson)))[:_CHARACTERS]


def _context(store: LocalArtifactStore, staging: object, name: str, text: str) -> RunContext:
    async def emit(*_: AnyBody) -> None: ...

    async def commit(_: Progress) -> None: ...

    spec = RunSpec(text=text, composer="markdown")
    return RunContext(name, 1, spec, datetime.now(UTC), staging, emit, commit, {}, {})  # type: ignore[arg-type]


async def _run(pool: BrowserPool, store: LocalArtifactStore, name: str, text: str) -> tuple[int, float]:
    """Slides and seconds of a run without its database, from the text to the last picture."""
    context = _context(store, await store.open_staging(name, 1), name, text)
    begun_at = time.perf_counter()
    rendered = await render(context, pool, await compose(context, None, None, store))
    took = time.perf_counter() - begun_at
    assert rendered.coverage is not None
    assert rendered.coverage.is_whole, rendered.coverage.summary
    return len(rendered.slides), took


async def _parts(pool: BrowserPool, store: LocalArtifactStore, name: str, text: str) -> tuple[float, float, float]:
    """Seconds: the page read, slides.json made and written, the words compared."""
    context = _context(store, await store.open_staging(name, 1), name, text)
    composed = await compose(context, None, None, store)
    spec = context.spec
    async with pool.lease(
        viewport_width=spec.viewport_width, viewport_height=spec.viewport_height, zoom=spec.zoom
    ) as lease:
        await lease.load((await context.staging.read("document.html")).decode())
        layout = await lease.layout()
        height = spec.viewport_height / spec.zoom
        plan = plan_slices(layout.boxes, layout.height_css_px, height, spec.overlap, spec.page_breaks, 500)
        begun_at = time.perf_counter()
        texts = await lease.texts(plan)
        read_at = time.perf_counter()
    made_at = time.perf_counter()
    data = encoded(texts)
    await context.staging.write("slides.json", data)
    written_at = time.perf_counter()
    coverage = await settle_coverage(context, composed, data)
    done_at = time.perf_counter()
    assert coverage is not None
    return read_at - begun_at, written_at - made_at, done_at - written_at


async def _documents() -> tuple[int, list[int]]:
    """How many there were, and the seeds of the pages in which a word is neither on a slide nor named."""
    wrong = []
    async with open_browser_pool(BrowserPoolConfig()) as pool:
        for seed in range(_PAGES):
            made = page(random.Random(50_000 + seed), 12 * _IN_ONE)
            try:
                check_page(made, await shown_in(pool, made.html))
            except AssertionError:
                wrong.append(50_000 + seed)
    return _PAGES * _IN_ONE, wrong
