"""The Universal Declaration of Human Rights in 40 languages and scripts: each word is painted, no line is cut."""

from __future__ import annotations

import io
import itertools
import shutil
import subprocess
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image

from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.slides.page_breaks import Slice, plan_slices
from pressrun.coverage import Coverage
from pressrun.slide_texts import SlideTexts
from pressrun.sources.coverage import measure_coverage
from tests.support import decks
from tests.support.limits import HANG_S

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.slow]

TEXTS = Path(__file__).parents[1] / "data" / "udhr"
CODES = sorted(path.stem for path in TEXTS.glob("*.md") if path.stem != "README")
WIDTH, HEIGHT, ZOOM = 1024, 576, 1
AROUND_PX = 1  # above and below a cut: ink that ends before it is whole
ROUNDED_PX = 1  # a deck is laid out in whole CSS px
LEAST_SAME = 0.9  # of the letters: joined ones may come back as one, or as two
PDF_OF = ("arb", "jpn", "mya", "hin", "eng")  # scripts whose letters change places or forms


def test_there_are_forty() -> None:
    assert len(CODES) == 40


def text_of(code: str) -> str:
    return (TEXTS / f"{code}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", CODES)
async def test_every_word_is_painted_and_no_line_is_cut(pool: BrowserPool, code: str, tmp_path: Path) -> None:
    text = text_of(code)
    async with pool.lease(viewport_width=WIDTH, viewport_height=HEIGHT, zoom=ZOOM) as lease:
        await lease.load(decks.document_of(text))
        layout = await lease.layout()
        plan = plan_slices(layout.boxes, layout.height_css_px, lease.viewport_height_css_px, 15, "blocks", 100)
        texts = await lease.texts(plan)
        edges = [edges_of(piece, await lease.capture(piece)) for piece in plan.slices]
        pdf = b""
        if code in PDF_OF and shutil.which("pdftotext"):
            pdf = await lease.pdf_of_slides(plan.slices, "blocks", datetime(2026, 11, 30, tzinfo=UTC))
    assert texts.missing_glyphs == ""
    coverage = coverage_of(text, texts)
    assert coverage.is_whole, coverage
    assert coverage.words > 200
    assert not plan.truncated
    for (above, below), (piece, following) in zip(
        itertools.pairwise(edges), itertools.pairwise(plan.slices), strict=True
    ):
        assert is_background(above.last), f"a line is cut at {piece.bottom}"
        assert is_background(below.first), f"a line is cut at {following.top}"
    if pdf:
        (tmp_path / "slides.pdf").write_bytes(pdf)
        command = ["pdftotext", "-raw", str(tmp_path / "slides.pdf"), "-"]
        pages = subprocess.run(command, check=True, capture_output=True, text=True, timeout=HANG_S).stdout.split("\f")
        assert len(pages) == len(plan.slices) + 1


@pytest.mark.parametrize("code", CODES)
async def test_every_word_is_on_a_slide_of_the_deck_and_no_line_reaches_out_of_one(
    pool: BrowserPool, code: str, tmp_path: Path
) -> None:
    text = text_of(code)
    made = await decks.compose(pool, text)
    assert made.coverage.is_whole, made.coverage.summary
    assert made.coverage.words > 200
    assert not made.plan.truncated
    assert len(made.plan.slices) == len(made.deck.slides)  # nothing had to be cut
    for slide in made.texts.slides:
        for block in slide.blocks:
            assert block.box.top >= 0, block
            assert block.box.top + block.box.height <= made.texts.height + ROUNDED_PX, block
            assert block.box.left >= 0, block
            assert block.box.left + block.box.width <= made.texts.width + ROUNDED_PX, block
    if code in PDF_OF and shutil.which("pdftotext"):
        pages = await pages_of(pool, made, tmp_path / "deck.pdf")
        assert len(pages) == len(made.plan.slices)
        for page, slide in zip(pages, made.texts.slides, strict=True):
            said = "".join(block.text for block in slide.blocks)
            assert letters_of(page) >= LEAST_SAME * letters_of(said), slide.index


async def pages_of(pool: BrowserPool, made: decks.Composed, path: Path) -> list[str]:
    """What pdftotext reads on each page of the deck's PDF."""
    screen = decks.SCREEN
    async with pool.lease(viewport_width=screen.width, viewport_height=screen.height, zoom=screen.zoom) as lease:
        await lease.load(made.deck.html, opened=False)
        await lease.layout()
        pdf = await lease.pdf_of_slides(made.plan.slices, "blocks", datetime(2026, 11, 30, tzinfo=UTC))
    path.write_bytes(pdf)
    command = ["pdftotext", "-raw", str(path), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=HANG_S).stdout.split("\f")[:-1]


def letters_of(text: str) -> int:
    return sum(unicodedata.category(letter).startswith("L") for letter in unicodedata.normalize("NFKC", text))


def coverage_of(text: str, texts: SlideTexts) -> Coverage:
    return Coverage.model_validate(measure_coverage("text", text, texts.model_dump_json().encode()))


class Edges(NamedTuple):
    """The rows of a picture where its slice begins, and where it ends."""

    first: Image.Image
    last: Image.Image


def edges_of(piece: Slice, picture: bytes) -> Edges:
    begin, end = round(piece.offset * ZOOM), round((piece.offset + piece.height) * ZOOM)
    with Image.open(io.BytesIO(picture)) as image:
        rows = [(0, begin, WIDTH, begin + AROUND_PX), (0, end - AROUND_PX, WIDTH, end)]
        return Edges(*(image.crop(box).convert("RGB") for box in rows))


def is_background(image: Image.Image) -> bool:
    """One colour all over."""
    return all(low == high for low, high in image.getextrema())
