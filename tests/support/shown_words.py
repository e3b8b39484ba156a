"""What the slides of a document say, by a real browser, and how much of its source that is."""

from __future__ import annotations

from typing import Any

from pressrun.browser.pool.pool import BrowserPool, Lease
from pressrun.browser.slides.page_breaks import SlicePlan, plan_slices
from pressrun.coverage import Coverage
from pressrun.slide_texts import SlideTexts
from pressrun.sources.coverage import measure_coverage
from pressrun.sources.words import folded_words
from tests.support.generated_documents import Page

SCREEN: dict[str, Any] = {"viewport_width": 960, "viewport_height": 540, "zoom": 1}


async def planned(lease: Lease, html: str, *, height: int = 540, most: int = 500) -> SlicePlan:
    """Loads the document and cuts it as a run would."""
    await lease.load(html)
    layout = await lease.layout()
    return plan_slices(layout.boxes, layout.height_css_px, height, 15, "blocks", most)


async def shown_in(pool: BrowserPool, html: str, *, most: int = 500, **screen: Any) -> SlideTexts:
    """What its slides say."""
    screen = {**SCREEN, **screen}
    async with pool.lease(**screen) as lease:
        plan = await planned(lease, html, height=screen["viewport_height"] / screen["zoom"], most=most)
        return await lease.texts(plan)


def text_on(texts: SlideTexts) -> str:
    """All that is on slides, block by block."""
    return " | ".join(block.text for slide in texts.slides for block in slide.blocks)


def coverage_of(html: str, texts: SlideTexts, kind: str = "html") -> Coverage:
    """As a run has it."""
    return Coverage.model_validate(measure_coverage(kind, html, texts.model_dump_json().encode()))


async def coverage_in(pool: BrowserPool, html: str, **more: Any) -> Coverage:
    """Of a document that is shown as it came."""
    return coverage_of(html, await shown_in(pool, html, **more))


def check_page(made: Page, texts: SlideTexts) -> None:
    """Each word is on a slide, in a box that is, or named as missing; and what must be is."""
    shown = {
        word
        for slide in texts.slides
        for block in slide.blocks
        if block.kind != "value"
        for word in words_of(block.text)
    }
    for slide in texts.slides:
        for block in slide.blocks:
            assert block.box.left >= -1.01, block
            assert block.box.left + block.box.width <= texts.width + 1.01, block
            assert block.box.top + block.box.height / 2 >= -1, block
            assert block.box.top + block.box.height / 2 <= texts.height + 1, block
    not_shown = {word for part in texts.not_shown for word in words_of(part.text)}
    assert made.seen <= shown, made.seen - shown
    assert not made.unseen & shown, made.unseen & shown
    coverage = coverage_of(made.html, texts)
    assert coverage.words == made.words
    lost = (made.seen | made.unseen | made.either) - shown
    assert coverage.words_missing == len(lost), (lost, coverage.missing)
    assert made.unseen <= not_shown
    assert coverage.is_whole == (not lost)


def words_of(text: str) -> set[str]:
    return set(folded_words(text))
