"""The Universal Declaration of Human Rights in 40 languages and scripts: each word is painted, no line is cut."""

from __future__ import annotations

import io
import itertools
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.slides.page_breaks import Slice, plan_slices
from pressrun.coverage import Coverage
from pressrun.slide_texts import SlideTexts
from pressrun.sources.coverage import measure_coverage
from pressrun.sources.document import wrap_fragment
from pressrun.sources.markdown import render_markdown

pytestmark = [pytest.mark.anyio, pytest.mark.chromium, pytest.mark.slow]

TEXTS = Path(__file__).parents[1] / "data" / "udhr"
CODES = sorted(path.stem for path in TEXTS.glob("*.md") if path.stem != "README")
WIDTH, HEIGHT, ZOOM = 1024, 576, 1
AROUND_PX = 1  # above and below a cut: ink that ends before it is whole
PDF_OF = ("arb", "jpn", "mya", "hin", "eng")  # scripts whose letters change places or forms


def test_there_are_forty() -> None:
    assert len(CODES) == 40


def document(code: str) -> tuple[str, str]:
    """The text, and what the Markdown composer makes of it."""
    text = (TEXTS / f"{code}.md").read_text(encoding="utf-8")
    made = render_markdown(text)
    html = wrap_fragment(made["html"], title=made["title"], theme="paper", lang=made["lang"], dir=made["dir"])
    return text, html


@pytest.mark.parametrize("code", CODES)
async def test_every_word_is_painted_and_no_line_is_cut(pool: BrowserPool, code: str, tmp_path: Path) -> None:
    text, html = document(code)
    async with pool.lease(viewport_width=WIDTH, viewport_height=HEIGHT, zoom=ZOOM) as lease:
        await lease.load(html)
        layout = await lease.layout()
        plan = plan_slices(layout.boxes, layout.height_css_px, lease.viewport_height_css_px, 15, "blocks", 100)
        texts = await lease.texts(plan)
        pictures = [await lease.capture(piece) for piece in plan.slices]
        pdf = b""
        if code in PDF_OF and shutil.which("pdftotext"):
            pdf = await lease.pdf_of_slides(plan.slices, "blocks", datetime(2026, 11, 30, tzinfo=UTC))
    assert texts.missing_glyphs == ""
    coverage = coverage_of(text, texts)
    assert coverage.is_whole, coverage
    assert coverage.words > 200
    assert not plan.truncated
    for (piece, picture), (following, below) in itertools.pairwise(zip(plan.slices, pictures, strict=True)):
        assert is_background(last_rows(piece, picture)), f"a line is cut at {piece.bottom}"
        assert is_background(first_rows(following, below)), f"a line is cut at {following.top}"
    if pdf:
        (tmp_path / "slides.pdf").write_bytes(pdf)
        command = ["pdftotext", "-raw", str(tmp_path / "slides.pdf"), "-"]
        pages = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.split("\f")
        assert len(pages) == len(plan.slices) + 1


def coverage_of(text: str, texts: SlideTexts) -> Coverage:
    return Coverage.model_validate(measure_coverage("text", text, texts.model_dump_json().encode()))


def last_rows(piece: Slice, picture: bytes) -> Image.Image:
    end = round((piece.offset + piece.height) * ZOOM)
    return rows(picture, end - AROUND_PX, end)


def first_rows(piece: Slice, picture: bytes) -> Image.Image:
    begin = round(piece.offset * ZOOM)
    return rows(picture, begin, begin + AROUND_PX)


def rows(picture: bytes, begin: int, end: int) -> Image.Image:
    with Image.open(io.BytesIO(picture)) as image:
        return image.convert("RGB").crop((0, begin, WIDTH, end))


def is_background(image: Image.Image) -> bool:
    """One colour all over."""
    return all(low == high for low, high in image.getextrema())
