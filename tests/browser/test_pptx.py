"""The presentation of a run: read back by python-pptx, judged by PowerPoint's rules, drawn by LibreOffice."""

from __future__ import annotations

import random
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import ImageChops, ImageStat
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE

from pressrun.browser.pool.pool import BrowserPool
from pressrun.sources.look import Look
from pressrun.sources.text import compose_text
from tests.support.generated_documents import UNSEEN, page
from tests.support.pptx_deck import SIZE, Presented, drawn_by_libreoffice, present
from tests.support.pptx_rules import check_presentation

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

FEATURES = (Path(__file__).parents[1] / "data" / "pptx" / "features.html").read_text(encoding="utf-8")
TITLES = ["Runs & links", "Scripts", "Boxes", "Table and code"]
LARGEST_DIFFERENCE = 0.02  # mean of all pixels and colours; what is missing or in another place is more
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


@pytest.fixture(scope="module")
async def made(pool: BrowserPool, tmp_path_factory: pytest.TempPathFactory) -> Presented:
    return await present(pool, FEATURES, tmp_path_factory.mktemp("features"), "both", {1: "Say\nthis"})


@pytest.fixture(scope="module")
def slides(made: Presented) -> list[Any]:
    return list(Presentation(str(made.files[".pptx"])).slides)


def shape_with(slide: Any, words: str) -> Any:
    (shape,) = [shape for shape in slide.shapes if shape.has_text_frame and words in shape.text_frame.text]
    return shape


def run_of(slide: Any, words: str) -> Any:
    runs = [
        run
        for shape in slide.shapes
        if shape.has_text_frame
        for paragraph in shape.text_frame.paragraphs
        for run in paragraph.runs
    ]
    return next(run for run in runs if words in run.text)


@pytest.mark.parametrize("ending", [".pptx", "-exact.pptx"])
def test_powerpoint_has_nothing_to_repair(made: Presented, ending: str) -> None:
    check_presentation(made.files[ending])


def test_each_block_is_one_text_box_whose_lines_break_where_they_did(slides: list[Any]) -> None:
    boxes = [shape for shape in slides[0].shapes if shape.has_text_frame and shape.text_frame.text]
    assert len(boxes) == 3
    assert boxes[1].text_frame.text.count("\v") == 1
    assert len(boxes[1].text_frame.paragraphs) == 1
    assert [paragraph.text for paragraph in boxes[2].text_frame.paragraphs] == [
        "first item",
        "second item with a nested list",
        "three",
        "four",
    ]


def test_titles_are_titles_and_notes_are_notes(slides: list[Any]) -> None:
    assert [slide.shapes.title.text_frame.text for slide in slides] == TITLES
    assert slides[0].notes_slide.notes_text_frame.text == "Say\nthis"
    assert not slides[1].has_notes_slide


def test_runs_look_as_they_did(slides: list[Any]) -> None:
    first = slides[0]
    assert run_of(first, "Plain").font.size.pt == pytest.approx(20 * 1280 / (SIZE[0] / 1.05) * 0.75, abs=0.1)
    assert (run_of(first, "bold").font.bold, run_of(first, "Plain").font.bold) == (True, False)
    assert run_of(first, "italic").font.italic
    assert run_of(first, "under").font.underline is True
    wave = run_of(first, "wave")._r.find(f"{A}rPr")
    assert wave.get("u") == "wavy"
    assert wave.find(f"{A}uFill/{A}solidFill/{A}srgbClr").get("val") == "A63A24", "the line has a colour of its own"
    assert run_of(first, "under")._r.find(f"{A}rPr/{A}uFill") is None
    assert run_of(first, "red").font.color.rgb == (0xA6, 0x3A, 0x24)
    assert run_of(first, "Plain").font.name == "Noto Sans"
    struck = run_of(first, "struck")._r.find(f"{A}rPr")
    assert struck.get("strike") == "sngStrike"
    assert (
        int(
            next(run for run in run_of(first, "Plain")._r.getparent() if run.findtext(f"{A}t") == "2")[0].get(
                "baseline"
            )
        )
        < 0
    )
    link = run_of(first, "link of some")
    assert link.hyperlink.address == "https://example.org/a%20b?q=%C3%BC&x=1"
    code = run_of(slides[3], "def")
    assert code.font.color.rgb == (0x9C, 0x2F, 0x4B)
    assert code.font.name == "DejaVu Sans Mono"


def test_lists_have_bullets_and_numbers_as_such(slides: list[Any]) -> None:
    paragraphs = [
        paragraph._p.find(f"{A}pPr") for paragraph in shape_with(slides[0], "first item").text_frame.paragraphs
    ]
    assert [properties.find(f"{A}buChar").get("char") for properties in paragraphs[:2]] == ["•", "•"]
    numbers = [properties.find(f"{A}buAutoNum") for properties in paragraphs[2:]]
    assert [(number.get("type"), number.get("startAt")) for number in numbers] == [("arabicPeriod", "3")] * 2
    assert [properties.get("lvl") for properties in paragraphs] == ["0", "0", "1", "1"]


def test_scripts_have_their_fonts_and_directions(slides: list[Any]) -> None:
    def typeface(words: str, slot: str) -> str:
        return str(run_of(slides[1], words)._r.find(f"{A}rPr/{A}{slot}").get("typeface"))

    assert typeface("नदी", "cs") == "Noto Sans Devanagari"
    assert typeface("ينحت", "cs") not in ("", "Noto Sans"), "which has no Arabic"
    assert "CJK" in typeface("川", "ea")
    arabic = shape_with(slides[1], "ينحت").text_frame.paragraphs
    properties = next(each for each in arabic if "ينحت" in each.text)._p.find(f"{A}pPr")
    assert (properties.get("rtl"), properties.get("algn")) == ("1", "r")
    assert run_of(slides[1], "नदी")._r.find(f"{A}rPr").get("lang") == "hi"


def test_boxes_are_shapes_and_the_colour_of_a_slide_is_its_background(slides: list[Any]) -> None:
    dark = slides[2]
    assert dark.background.fill.fore_color.rgb == (0x20, 0x24, 0x2C)
    geometries = {
        shape._element.find(f".//{A}prstGeom").get("prst") for shape in dark.shapes if not shape.is_placeholder
    }
    assert {"rect", "roundRect"} <= geometries
    (gradient,) = dark.shapes._spTree.iter(f"{A}gradFill")
    assert [stop.get("pos") for stop in gradient.iter(f"{A}gs")] == ["0", "100000"]
    assert gradient.find(f"{A}lin").get("ang") == "0"
    assert "28575" not in {line.get("w") for line in dark.shapes._spTree.iter(f"{A}ln")}  # scaled with the slide


def test_what_no_shape_can_say_is_a_picture_of_that_piece_with_its_words(slides: list[Any], made: Presented) -> None:
    pictures = [shape for shape in slides[2].shapes if shape.shape_type == MSO_SHAPE_TYPE.PICTURE]
    said = {picture._element.nvPicPr.cNvPr.get("descr"): picture for picture in pictures}
    assert set(said) == {"A red square", r"\frac{a}{b}", "Turned words"}
    assert all(picture.width < Presentation().slide_width / 2 for picture in pictures)
    assert 0.9 < made.shares[0] < 1, "the turned words and the formula cannot be edited"
    assert made.warnings == []


def test_tables_are_tables_with_what_is_merged(slides: list[Any]) -> None:
    (table,) = [shape.table for shape in slides[3].shapes if shape.has_table]
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Grain", "Size", "How"],
        ["Sand", "2 mm", "hops"],
        ["", "and rolls", ""],
    ]
    assert table.cell(1, 0).span_height == 2
    assert table.cell(2, 1).span_width == 2
    assert table.first_row
    assert table.cell(0, 0).fill.fore_color.rgb == (0xE8, 0xE0, 0xD0)


def test_code_keeps_its_lines_and_spaces(slides: list[Any]) -> None:
    assert shape_with(slides[3], "flow").text_frame.text == 'def flow(x):\v    return x < 3 && "a"'


def test_exact_slides_are_their_pictures_with_words_for_who_cannot_see_them(made: Presented) -> None:
    exact = list(Presentation(str(made.files["-exact.pptx"])).slides)
    assert [slide.shapes.title.text_frame.text for slide in exact] == TITLES
    assert exact[0].notes_slide.notes_text_frame.text == "Say\nthis"
    for slide, path in zip(exact, made.pictures, strict=True):
        assert slide.shapes.title.top + slide.shapes.title.height <= 0, "above the slide"
        (picture,) = [shape for shape in slide.shapes if shape.shape_type == MSO_SHAPE_TYPE.PICTURE]
        assert picture.image.blob == path.read_bytes()
    assert "first item" in exact[0].shapes[1]._element.nvPicPr.cNvPr.get("descr")


async def test_the_same_deck_is_the_same_file(pool: BrowserPool, made: Presented, tmp_path: Path) -> None:
    again = await present(pool, FEATURES, tmp_path, "both", {1: "Say\nthis"})
    for ending, path in made.files.items():
        assert again.files[ending].read_bytes() == path.read_bytes(), ending
    with zipfile.ZipFile(made.files["-exact.pptx"]) as archive:
        assert {info.compress_type for info in archive.infolist() if info.filename.endswith(".png")} == {0}


async def test_what_nobody_sees_is_not_there_and_all_that_is_seen_is(pool: BrowserPool, tmp_path: Path) -> None:
    unseen = [construct for construct in UNSEEN if "color:#fff" not in construct]  # it is in its own colour there, too
    hidden = "".join(construct.replace("{}", f"unseen{n}") for n, construct in enumerate(unseen))
    pages = [page(random.Random(seed)) for seed in (1, 4)]
    for number, html in enumerate([f"<meta charset=utf-8><p>seen{hidden}", *(each.html for each in pages)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        made = await present(pool, html, folder, "editable")
        check_presentation(made.files[".pptx"])
        slides = Presentation(str(made.files[".pptx"])).slides
        texts = "".join(text.text or "" for slide in slides for text in slide.shapes._spTree.iter(f"{A}t"))
        drawn = "".join(
            shape.words for slide in made.shapes[0].slides for shape in slide.shapes if shape.type == "piece"
        )
        said = re.sub(r"\s", "", texts + drawn)  # a word may be parted by the end of a line
        assert "unseen" not in said if number else "unseen" not in texts
        if number:
            assert [word for word in pages[number - 1].seen if word.upper() not in said.upper()] == []


@pytest.mark.skipif(shutil.which("soffice") is None, reason="libreoffice-impress is not here")
@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils is not here")
@pytest.mark.slow
def test_libreoffice_draws_what_the_slides_show(made: Presented, tmp_path: Path) -> None:
    from PIL import Image

    drawn = drawn_by_libreoffice(made.files[".pptx"], tmp_path)
    assert len(drawn) == len(made.pictures)
    for path, sheet in zip(made.pictures, drawn, strict=True):
        difference = ImageChops.difference(Image.open(path).convert("RGB"), sheet)
        assert sum(ImageStat.Stat(difference).mean) / 3 / 255 < LARGEST_DIFFERENCE, path.name


async def test_a_font_that_only_a_theme_has_is_replaced_by_one_as_heavy_and_as_wide(
    pool: BrowserPool, tmp_path: Path
) -> None:
    """DM Serif Display has one weight, 400, which is as heavy as another's bold, and narrow."""
    html = (await compose_text("# How rivers shape the land\n\nWater.", title=None, look=Look("plum"))).html
    made = await present(pool, html, tmp_path, "editable")
    (slide,) = Presentation(str(made.files[".pptx"])).slides
    title, plain = run_of(slide, "How rivers"), run_of(slide, "Water")
    assert (title.font.bold, plain.font.bold) == (True, False)
    (found,) = made.shapes
    (written,) = (run for run in found.runs if "rivers" in run.text)
    assert abs(written.spacing) < 0.06 * written.size, (
        "as wide by its size: letters that are pushed together are not read"
    )


async def test_lines_of_a_large_title_that_are_closer_than_its_letters_are_high_break_where_they_did(
    pool: BrowserPool, tmp_path: Path
) -> None:
    style = "font: 700 60px/1 'Noto Sans', sans-serif; width: 9em; margin: 0"
    html = f'<!doctype html><html lang=hy><h1 style="{style}">ՄԱՐԴՈՒ ԻՐԱՎՈՒՆՔՆԵՐԻ ՀԱՄԸՆԴՀԱՆՈՒՐ ՀՌՉԱԿԱԳԻՐ</h1></html>'
    made = await present(pool, html, tmp_path, "editable")
    (slide,) = Presentation(str(made.files[".pptx"])).slides
    lines = shape_with(slide, "ՄԱՐԴՈՒ").text_frame.text.split("\v")
    assert lines == ["ՄԱՐԴՈՒ", "ԻՐԱՎՈՒՆՔՆԵՐԻ", "ՀԱՄԸՆԴՀԱՆՈՒՐ", "ՀՌՉԱԿԱԳԻՐ"]
    (found,) = made.shapes
    widths = {run.text: (run.width, run.spacing) for run in found.runs}
    assert all(width > 100 for width, _ in widths.values())
    assert any(fit for _, fit in widths.values()), (
        "bold of a font that the browser makes bold itself is of another width"
    )


async def test_a_formula_is_a_picture_with_its_source_as_alternative_text(pool: BrowserPool, tmp_path: Path) -> None:
    """`x2` is not what is drawn for `x^2`, nor `13` for a third."""
    sources = [r"A = \pi r^2", r'\frac{1}{3} < "x"']
    text = f"# Formulas\n\nThe area is ${sources[0]}$, and\n\n$$\n{sources[1]}\n$$\n"
    html = (await compose_text(text, title=None, look=Look("paper"))).html
    made = await present(pool, html, tmp_path, "editable")
    (slide,) = Presentation(str(made.files[".pptx"])).slides
    pictures = [shape for shape in slide.shapes if shape.shape_type == MSO_SHAPE_TYPE.PICTURE]
    assert [picture._element._nvXxPr.cNvPr.get("descr") for picture in pictures] == sources


async def test_the_number_of_a_slide_is_a_field_that_counts_on(pool: BrowserPool, tmp_path: Path) -> None:
    foot = '<footer class="slide-footer"><span class="words">7</span> <span class="number">7</span></footer>'
    made = await present(pool, f"<!doctype html><p>7 rivers{foot}", tmp_path, "editable")
    (slide,) = Presentation(str(made.files[".pptx"])).slides
    fields = slide._element.findall(f".//{A}fld")
    assert [(field.get("type"), field.findtext(f"{A}t")) for field in fields] == [("slidenum", "7")]
    check_presentation(made.files[".pptx"])


async def test_numbers_that_skip_are_those_of_the_list(pool: BrowserPool, tmp_path: Path) -> None:
    """Programs count on from `startAt` while it stays the same."""
    items = "<li>a<li>b<li value=7>c<li>d<ul><li>x</ul><li value=2>e"
    made = await present(pool, f"<!doctype html><ol start=3>{items}</ol>", tmp_path, "editable")
    (slide,) = Presentation(str(made.files[".pptx"])).slides
    starts = [int(number.get("startAt")) for number in slide._element.iter(f"{A}buAutoNum")]
    assert starts == [3, 3, 7, 7, 2]


async def test_a_word_that_is_there_twice_looks_each_time_as_it_does(pool: BrowserPool, tmp_path: Path) -> None:
    """As wide as each other, in a font that another stands in for: colour, link, line and ground are its own."""
    style = "font: 20px 'Times New Roman'; margin: 0"
    links = (
        '<a href="https://example.org/" style="color: #c00000">river</a> <mark style="background: #ffff00">river</mark>'
    )
    made = await present(pool, f'<!doctype html><p style="{style}">river <s>river</s> {links}', tmp_path, "editable")
    (slide,) = Presentation(str(made.files[".pptx"])).slides
    runs = [run for run in slide._element.iter(f"{A}r") if "river" in (run.findtext(f"{A}t") or "")]
    looks = [
        (
            run.find(f"{A}rPr").get("strike"),
            run.find(f"{A}rPr/{A}solidFill/{A}srgbClr").get("val"),
            run.find(f"{A}rPr/{A}hlinkClick") is not None,
            run.find(f"{A}rPr/{A}highlight") is not None,
        )
        for run in runs
    ]
    assert looks == [
        (None, "000000", False, False),
        ("sngStrike", "000000", False, False),
        (None, "C00000", True, False),
        (None, "000000", False, True),
    ]
