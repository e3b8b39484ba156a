"""Of a document made up at random each word is on a slide, in its place, or named as missing: for every construct."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from pressrun.browser.pool.pool import BrowserPool
from tests.support.generated_documents import page
from tests.support.shown_words import SCREEN, check_page, planned, shown_in

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

# Issue 12 wants 1 000 documents. Ten of them make one page, for a page costs as much as a small document.
QUICK, ALL, IN_ONE = 2, 100, 10
PIXELS = 10  # pages whose pictures are looked at


@pytest.mark.promise("coverage")
@pytest.mark.parametrize("seed", range(QUICK))
async def test_each_word_is_on_a_slide_or_named_as_missing(pool: BrowserPool, seed: int) -> None:
    made = page(random.Random(-1 - seed), 12 * IN_ONE)
    check_page(made, await shown_in(pool, made.html))


@pytest.mark.slow
@pytest.mark.promise("coverage")
async def test_in_a_thousand_documents_each_word_is_on_a_slide_or_named_as_missing(pool: BrowserPool) -> None:
    for seed in range(ALL):
        made = page(random.Random(seed), 12 * IN_ONE)
        try:
            check_page(made, await shown_in(pool, made.html))
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
