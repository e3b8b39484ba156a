"""Where things stand in a presentation: gradients that fill a part of their box, baselines, the width of letters."""

from __future__ import annotations

import base64
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from pptx import Presentation

from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.slides.page_breaks import plan_slices
from pressrun.slide_shapes import BoxShape, PieceShape, SlideShapes
from pressrun.themes.catalog import BUILT_IN
from tests.support.pptx_deck import SIZE, ZOOM, Presented, drawn_by_libreoffice, present

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

_FONT = Path(str(BUILT_IN["swiss"].folder)) / "fonts" / "archivo-latin-800-normal.woff2"
_RED = "linear-gradient(#d0121b, #d0121b)"
_BOXES = {
    "corner": f"background: {_RED} right top / 25% 50% no-repeat",
    "on colour": "background: linear-gradient(90deg, #d0121b, #123c5a) 10px 20px / 50px 30px no-repeat #fffdf7",
    "whole": "background: linear-gradient(#d0121b, #123c5a) no-repeat",
    "stripe": f"background: {_RED} 0 50% / 100% 6px no-repeat",
    "tiles": f"background: {_RED} 0 0 / 20px 20px",
    "ring": "box-shadow: inset 0 0 0 3px #d0121b",
}
_FACES = ("'Noto Sans'", "Own", "'Noto Sans CJK JP'")


@pytest.fixture(scope="module")
async def made(pool: BrowserPool, tmp_path_factory: pytest.TempPathFactory) -> Presented:
    font = base64.b64encode(_FONT.read_bytes()).decode()
    boxes = "".join(
        f'<div style="position:absolute;left:{20 + 150 * n}px;top:20px;width:140px;height:80px;{look}"></div>'
        for n, look in enumerate(_BOXES.values())
    )
    lines = "".join(
        f'<p style="position:absolute;margin:0;left:{20 + 250 * n}px;top:200px;font:48px/70px {face}">HHH</p>'
        for n, face in enumerate(_FACES)
    )
    html = (
        "<!doctype html><html lang=en><style>@font-face { font-family: Own; "
        f'src: url("data:font/woff2;base64,{font}") }}'
        f" html {{ background: #fff }} body {{ margin: 0; height: 400px }}</style>{boxes}{lines}</html>"
    )
    return await present(pool, html, tmp_path_factory.mktemp("places"), "editable")


def boxes_of(shapes: SlideShapes, number: int) -> list[BoxShape | PieceShape]:
    """What stands for that box of `_BOXES`."""
    left = 20 + 150 * number
    return [
        shape
        for shape in shapes.slides[0].shapes
        if isinstance(shape, BoxShape | PieceShape) and left - 1 <= shape.box.left <= left + 141
    ]


def place(shape: BoxShape | PieceShape, number: int) -> tuple[float, ...]:
    box = shape.box
    return tuple(round(value) for value in (box.left - 20 - 150 * number, box.top - 20, box.width, box.height))


def test_a_gradient_that_fills_a_part_of_its_box_is_a_shape_of_that_part(made: Presented) -> None:
    (found,) = made.shapes
    kinds = [[(shape.type, place(shape, n)) for shape in boxes_of(found, n)] for n in range(len(_BOXES))]
    assert kinds == [
        [("box", (105, 0, 35, 40))],
        [("box", (0, 0, 140, 80)), ("box", (10, 20, 50, 30))],
        [("box", (0, 0, 140, 80))],
        [("box", (0, 37, 140, 6))],
        [("piece", (0, 0, 140, 80))],
        [("box", (0, 0, 140, 80))],
    ]
    under, over = boxes_of(found, 1)
    assert isinstance(under, BoxShape)
    assert isinstance(over, BoxShape)
    assert under.fill is not None
    assert under.gradient is None
    assert over.gradient is not None
    (ring,) = boxes_of(found, 5)
    assert isinstance(ring, BoxShape)
    assert {side.width if side else 0 for side in ring.sides} == {3}, "a border for the eye"


def test_letters_stand_on_their_baseline_in_whatever_font_a_program_draws_them(made: Presented) -> None:
    """Programs put it a fifth of the letters' size over the end of a line with a distance in points (decision 0106)."""
    slide = Presentation(str(made.files[".pptx"])).slides[0]
    px = Presentation(str(made.files[".pptx"])).slide_width / (SIZE[0] / ZOOM)  # EMU
    with Image.open(made.pictures[0]) as picture:
        seen = picture.convert("L")
    for n in range(len(_FACES)):
        left = 20 + 250 * n
        (shape,) = [
            shape
            for shape in slide.shapes
            if shape.has_text_frame and "HHH" in shape.text_frame.text and abs(shape.left / px - left) < 2
        ]
        (paragraph,) = shape.text_frame.paragraphs
        size, pitch = (12_700 * points / px for points in (paragraph.runs[0].font.size.pt, paragraph.line_spacing.pt))
        letters = seen.crop((round(left * ZOOM), round(190 * ZOOM), round((left + 200) * ZOOM), round(290 * ZOOM)))
        ink = letters.point(lambda value: 255 * (value < 128)).getbbox()
        assert ink is not None
        baseline = 190 + ink[3] / ZOOM
        assert shape.top / px + pitch - 0.2 * size == pytest.approx(baseline, abs=1), _FACES[n]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="libreoffice-impress is not here")
async def test_bullets_of_each_kind_are_drawn(pool: BrowserPool, tmp_path: Path) -> None:
    """The square of Arial was one of a font of emoji where Arial is not: nothing was drawn in front of the words."""
    kinds = ("disc", "circle", "square", "disclosure-closed", "'–'")
    items = "".join(
        f'<li style="list-style: {kind}; margin: 0 0 30px; font: 30px/50px sans-serif">words</li>' for kind in kinds
    )
    html = f"<!doctype html><html lang=en><style>li::marker {{ color: #d0121b }}</style><ul>{items}</ul></html>"
    made = await present(pool, html, tmp_path, "editable")
    (page,) = drawn_by_libreoffice(made.files[".pptx"], tmp_path)
    words = Presentation(str(made.files[".pptx"])).slides[0]
    assert sum(shape.text_frame.text.count("words") for shape in words.shapes if shape.has_text_frame) == len(kinds)
    with Image.open(made.pictures[0]) as picture:
        rows = [_marked(image.convert("RGB")) for image in (picture, page)]
    assert rows[0] == rows[1] == len(kinds)


def _marked(page: Image.Image) -> int:
    """How many lines have something red."""
    red, green, _ = page.split()
    marks = ImageChops.subtract(red, green).point(lambda value: 255 * (value > 40)).resize((1, page.height), Image.BOX)
    column = [value > 0 for value in marks.get_flattened_data()]
    return sum(here and not above for above, here in pairwise([False, *column]))


async def test_small_letters_are_as_wide_as_large_ones_in_their_measure(pool: BrowserPool) -> None:
    """Else a hinted font has each of them a whole number of pixels wide: and wider than programs draw them."""
    words = ["ვინაიდან ადამიანთა", "மனித உரிமைகள்", "A river has a source"]
    sizes = (10, 16, 40)
    html = "".join(
        f"<p style='font: {size}px sans-serif; white-space: nowrap; margin: 0'>{each}</p>"
        for each in words
        for size in sizes
    )
    async with pool.lease(viewport_width=960, viewport_height=540, zoom=1) as lease:
        await lease.load(f"<!doctype html><html lang=en>{html}</html>")
        layout = await lease.layout()
        slices = plan_slices(layout.boxes, layout.height_css_px, 540, 15, "blocks", 5).slices
        shapes = await lease.shapes(slices)
    widths = [round(run.width / run.size, 2) for run in shapes.runs]
    assert len(widths) == len(words) * len(sizes)
    for n in range(len(words)):
        of_word = widths[n * len(sizes) : (n + 1) * len(sizes)]
        assert max(of_word) == pytest.approx(min(of_word), rel=0.005), of_word
