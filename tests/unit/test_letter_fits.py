"""Letters of fallback fonts: which are measured, and how far apart they go."""

from __future__ import annotations

from typing import Any

import pytest

from pressrun.browser.slides.letter_fits import borrowing, fit, run_asked
from pressrun.slide_shapes import Paint, ShapeLine, ShapeParagraph, ShapeRun, ShapesOfSlide, SlideShapes, TextShape
from pressrun.slide_texts import SlideBox

GEORGIAN, CYRILLIC, ARABIC = (code >> 7 for code in (0x10D0, 0x400, 0x600))
NOTO = "'Noto Sans', sans-serif"
FONTS = {NOTO: {0: "Noto Sans", GEORGIAN: "DejaVu Sans", CYRILLIC: "Noto Sans", ARABIC: "Noto Naskh"}}


def run(text: str, width: float = 100.0, font: str = NOTO, **more: Any) -> ShapeRun:
    return ShapeRun(text=text, font=font, size=20, colour=Paint(red=0, green=0, blue=0), width=width, **more)


def shapes_of(*runs: ShapeRun) -> SlideShapes:
    line = ShapeLine(left=0, right=100, top=0, base=16, runs=[*runs])
    paragraph = ShapeParagraph(kind="paragraph", left=0, right=100, lines=[line])
    box = SlideBox(left=0, top=0, width=100, height=20)
    shape = TextShape(type="text", box=box, paragraphs=[paragraph])
    return SlideShapes(width=100, height=100, slides=[ShapesOfSlide(shapes=[shape])], fonts=FONTS)


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("ხე, და 12", ["DejaVu Sans", "Noto Sans"]),
        ("ხე and tree", ["DejaVu Sans", "Noto Sans"]),
        ("река", None),  # its first font has them
        ("river, 12", None),
        ("نهر", None),  # they hang together
    ],
)
def test_what_the_first_font_lacks_is_measured_in_the_font_that_a_program_is_told(
    text: str, families: list[str] | None
) -> None:
    found = borrowing(shapes_of(run(text), run(text)))
    assert [names for _, names in found] == ([families] if families else []), "each once"


def test_a_font_that_only_the_theme_has_is_measured_as_what_stands_in_for_it() -> None:
    ours = run("river", font="Own, 'Noto Sans', sans-serif")
    shapes = shapes_of(ours).model_copy(update={"fonts": {ours.font: {0: "Noto Sans"}}})
    assert borrowing(shapes) == [(ours, ["Noto Sans"])]


def test_raised_letters_and_those_whose_width_nobody_knows_are_left_alone() -> None:
    assert borrowing(shapes_of(run("ხე", width=0), run("ხე", raised="super"))) == []


def fitted(*told: tuple[ShapeRun, tuple[float, int, bool, float]]) -> list[ShapeRun]:
    shapes = shapes_of(*(one for one, _ in told))
    fit(shapes, [one for one, _ in told], [measured for _, measured in told])
    return [*shapes.runs]


def test_a_line_is_dealt_out_between_its_letters() -> None:
    measured = (5.0, 4, False, 1.0)  # 100 px at 20
    found = fitted(*((run("ხეხე", width), measured) for width in (104.0, 96.0, 100.0, 180.0)))
    assert [one.spacing for one in found] == [1.0, -1.0, 0.0, 0.0], "80 % more: another font"
    (spaced,) = fitted((run("ხეხე", 108.0, spacing=1.0), measured))
    assert spaced.spacing == 2.0, "besides the spacing that it has"


def test_what_stands_in_for_a_theme_s_font_is_as_heavy_and_as_wide() -> None:
    light, heavy, same = (run("river", 90.0, weight=weight) for weight in (400, 700, 401))
    found = fitted((light, (5.0, 5, True, 0.9)), (heavy, (5.0, 5, False, 0.85)), (same, (5.0, 5, False, 1.0)))
    assert [one.is_bold for one in found] == [True, False, False]
    assert [(one.size, one.spacing) for one in found] == [(18.0, 0.0), (17.0, 1.0), (20.0, -2.0)]
    assert found[2].weight == 401


def test_a_program_writes_what_is_bold_to_it() -> None:
    assert run_asked(run("ხე", weight=650, italic=True), ["A"]) == [["A"], NOTO, 650, True, True, "ხე"]
    assert run_asked(run("ხე", weight=500), ["A"])[3:5] == [False, False]
