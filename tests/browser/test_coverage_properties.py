"""Of a document made up at random each word is on a slide, in its place, or named as missing: for every construct."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from pressrun.browser.pool.pool import BrowserPool
from pressrun.slide_texts import SlideTexts
from pressrun.sources.words import folded_words
from tests.support.generated_documents import Page, page
from tests.support.shown_words import SCREEN, coverage_of, planned, shown_in

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

# Issue 12 wants 1 000 documents. Ten of them make one page, for a page costs as much as a small document.
QUICK, ALL, IN_ONE = 2, 100, 10
PIXELS = 10  # pages whose pictures are looked at


def check(made: Page, texts: SlideTexts) -> None:
    """Words are unique, so each is in one place."""
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


@pytest.mark.promise("coverage")
@pytest.mark.parametrize("seed", range(QUICK))
async def test_each_word_is_on_a_slide_or_named_as_missing(pool: BrowserPool, seed: int) -> None:
    made = page(random.Random(-1 - seed), 12 * IN_ONE)
    check(made, await shown_in(pool, made.html))


@pytest.mark.slow
@pytest.mark.promise("coverage")
async def test_in_a_thousand_documents_each_word_is_on_a_slide_or_named_as_missing(pool: BrowserPool) -> None:
    for seed in range(ALL):
        made = page(random.Random(seed), 12 * IN_ONE)
        try:
            check(made, await shown_in(pool, made.html))
        except AssertionError as exc:
            raise AssertionError(f"seed {seed}") from exc


@pytest.mark.slow
@pytest.mark.promise("coverage")
async def test_where_a_word_is_said_to_be_the_picture_is_not_empty(pool: BrowserPool) -> None:
    """Looked at by pixels: no box of text has but one colour."""
    for seed in range(PIXELS):
        made = page(random.Random(1_000 + seed), 24)
        async with pool.lease(**SCREEN) as lease:
            plan = await planned(lease, made.html)
            texts = await lease.texts(plan)
            for slide, piece in zip(texts.slides, plan.slices, strict=True):
                image = Image.open(io.BytesIO(await lease.capture(piece, "png"))).convert("RGB")
                for block in slide.blocks:
                    box = block.box
                    right, bottom = int(box.left + box.width) + 1, int(box.top + box.height) + 1
                    part = image.crop((max(0, int(box.left)), max(0, int(box.top)), right, bottom))
                    assert any(low != high for low, high in part.getextrema()), (seed, slide.index, block)
