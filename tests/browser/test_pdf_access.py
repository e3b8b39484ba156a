"""The PDF as it is handed out: what readers for the blind ask for (PDF/UA-1), and notes below the slides."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageChops, ImageStat

from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.slides.page_breaks import SlicePlan
from pressrun.browser.slides.sideways import plan_document
from pressrun.exports.pdf import finished
from pressrun.exports.pdf_access import elements_of, kids_of
from pressrun.exports.pdf_notes import notes_as_html
from tests.browser.test_pdf_slides import MADE_AT, run

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.chromium,
    pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not here"),
]
SIZE, ZOOM = (960, 540), 1.25
DOT = "data:image/gif;base64,R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs="
DECK = (
    "<!doctype html><title>Rivers</title><style>body{margin:0}section{height:432px;padding:20px;box-sizing:border-box;"
    "overflow:hidden;background:#eef3f6;border-bottom:2px solid #456}td{border:1px solid #888}</style>"
    "<section><h1 id=one>First slide</h1><p>It has <em>stress</em>, <strong>weight</strong> and "
    "<a href='https://h.example/'>a link</a>, <a href='#two'>another</a>.</p>"
    "<ul><li>one<ol><li>below one</ol><li><strong>two</strong> more</ul></section>"
    f"<section><h2 id=two>Second slide</h2><figure><img src='{DOT}' alt='A dot' width=50><figcaption>What it is"
    "</figcaption></figure><p>नदी के किनारे पर</p></section>"
    "<section><h2>Third slide</h2><table><tr><th>Head<td>Cell</table></section>"
)
NOTES = ["Say hello.\nThen wait.", "", "مرحبا بكم في الدرس. " + "Sand and gravel are carried down the river. " * 120]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


class Made:
    """The slides as pictures, and their PDF with the notes below."""

    def __init__(self, pictures: list[bytes], pdf: bytes, folder: Path) -> None:
        self.pictures = pictures
        self.path = folder / "deck.pdf"
        self.path.write_bytes(pdf)
        self.folder = folder

    @property
    def texts(self) -> list[str]:
        return run("pdftotext", str(self.path), "-").split("\f")[:-1]


async def make(pool: BrowserPool, folder: Path) -> Made:
    screen: dict[str, Any] = {"viewport_width": SIZE[0], "viewport_height": SIZE[1], "zoom": ZOOM}
    async with pool.lease(**screen) as lease:
        await lease.load(DECK)
        layout = await lease.layout()
        slide = (SIZE[0] / ZOOM, SIZE[1] / ZOOM)
        slices = plan_document(layout.boxes, layout.extent, slide, 0, "scroll", 50, fit="shrink").slices
        pictures = [await lease.capture(piece) for piece in slices]
        pdf = await lease.pdf_of_slides(slices, "scroll", MADE_AT)
    async with pool.lease(**screen) as lease:
        await lease.load(notes_as_html(NOTES, slide[0]), opened=False)
        below = await lease.pdf()
    made = finished(pdf, "de", NOTES, below)
    assert made == finished(pdf, "de", NOTES, below), "the same bytes"
    return Made(pictures, made, folder)


async def test_the_notes_stand_below_their_slide_and_go_on_behind_it(pool: BrowserPool, tmp_path: Path) -> None:
    made = await make(pool, tmp_path)
    assert len(made.pictures) == 3
    first, second, third, *more = made.texts
    assert first.index("First slide") < first.index("Say hello.") < first.index("Then wait.")
    assert "Second slide" in second
    assert "Say" not in second
    assert "Third slide" in third
    assert "Sand and gravel" in third
    assert more
    assert sum(text.count("gravel") for text in (third, *more)) == 120, "no word is lost"
    with pikepdf.open(made.path) as pdf:
        width, height = SIZE[0] / ZOOM, SIZE[1] / ZOOM
        sizes = {tuple(round(float(b) - float(a)) for a, b in zip(p.mediabox[:2], p.mediabox[2:])) for p in pdf.pages}  # type: ignore[arg-type]  # noqa: B905
        assert sizes == {(round(width), round(2 * height))}
    run("pdftoppm", "-r", f"{72 * ZOOM}", str(made.path), str(tmp_path / "page"))
    for page, picture in zip(sorted(tmp_path.glob("page-*.ppm")), made.pictures, strict=False):
        with Image.open(page) as drawn, Image.open(io.BytesIO(picture)) as seen:
            upper = drawn.convert("RGB").crop((0, 0, *SIZE))
            assert max(ImageStat.Stat(ImageChops.difference(upper, seen.convert("RGB"))).mean) < 6, page.name
    told = run("pdfinfo", "-struct-text", str(made.path))
    order = ["First slide", "Say hello", "Second slide", "Third slide", "Sand and gravel"]
    places = [re.sub(r"\s+", " ", told).index(words) for words in order]
    assert places == sorted(places), "who listens hears each note behind its slide"


async def test_a_pdf_says_what_readers_for_the_blind_ask_for(pool: BrowserPool, tmp_path: Path) -> None:
    """Conditions of the Matterhorn protocol that a program can check: 01, 02, 06, 09, 10, 11, 13, 16, 28, 31."""
    made = await make(pool, tmp_path)
    with pikepdf.open(made.path) as pdf:
        assert str(pdf.Root.Lang) == "de", "Chromium calls what has no language American English"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert pdf.Root.MarkInfo.Marked
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"] == "Rivers"
        root = pdf.Root.StructTreeRoot
        assert [str(kid.S) for kid in kids_of(root)] == ["/Document"]
        elements = [*elements_of(root)]
        kinds = {str(element.S) for element in elements}
        assert {"/H1", "/H2", "/L", "/LI", "/Lbl", "/LBody", "/Figure", "/Caption", "/Table", "/TH", "/Link"} <= kinds
        assert {str(root.RoleMap[kind]) for kind in kinds if kind in ("/Em", "/Strong")} == {"/Span"}
        for element in elements:
            below = [str(kid.S) for kid in kids_of(element) if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]
            if str(element.S) == "/LI":
                assert set(below) <= {"/Lbl", "/LBody"}
            if str(element.S) == "/Figure":
                assert str(element.Alt) == "A dot"
            assert element.P.objgen == root.objgen or element.objgen in [
                kid.objgen for kid in kids_of(element.P) if isinstance(kid, pikepdf.Object)
            ], "kids and parents agree"
        links = [note for page in pdf.pages for note in page.get("/Annots", [])]
        assert {str(link.Contents) for link in links} == {"https://h.example/", "#two"}
        for page in pdf.pages:
            assert str(page.Tabs) == "/S"
            page.contents_coalesce()
            assert [*unmarked(page.Contents.read_bytes())] == []
            for font in page.obj.Resources.get("/Font", {}).values():
                assert (
                    b"<0000>"
                    not in font.ToUnicode.read_bytes()
                    .partition(b"begincodespacerange")[2]
                    .partition(b"endcodespacerange")[2]
                )
    for line in run("pdffonts", str(made.path)).splitlines()[2:]:
        assert " yes " in line, "embedded"


def unmarked(content: bytes) -> Iterator[bytes]:
    """What is painted outside of any mark; forms are marked in themselves."""
    depth = 0
    for operator in re.findall(rb"(?<![^\s>])(BDC|BMC|EMC|f\*?|S|B\*?|Tj|TJ|sh)(?![^\s])", content):
        depth += {b"BDC": 1, b"BMC": 1, b"EMC": -1}.get(operator, 0)
        if not depth and operator != b"EMC":
            yield operator


async def test_the_outline_has_the_words_of_the_headings(pool: BrowserPool) -> None:
    """Chromium joined the words at the end of a line, and had those of an Arabic line in reverse."""
    headings = ["A title that is long enough to take two lines", "العربية: الأنهار تشكل الأرض", "saw", "was"]
    levels = "".join(f"<h{level} dir=auto>{words}</h{level}>" for level, words in enumerate(headings, 1))
    html = f"<!doctype html><html lang=en><style>h1 {{ width: 5em }}</style>{levels}</html>"
    async with pool.lease(viewport_width=SIZE[0], viewport_height=SIZE[1], zoom=ZOOM) as lease:
        await lease.load(html)
        layout = await lease.layout()
        slide = (SIZE[0] / ZOOM, SIZE[1] / ZOOM)
        slices = plan_document(layout.boxes, layout.extent, slide, 0, "scroll", 50, fit="shrink").slices
        texts = await lease.texts(SlicePlan(slices, truncated=False))
        printed = await lease.pdf_of_slides(slices, "scroll", MADE_AT)
    said = [block.text for page in texts.slides for block in page.blocks if block.kind == "heading"]
    assert said == headings
    assert outline_of(finished(printed, "en")) != headings, "else Chromium writes them right by itself"
    assert outline_of(finished(printed, "en", headings=said)) == headings


def outline_of(pdf: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(pdf)) as opened, opened.open_outline() as outline:
        waiting, found = [*outline.root], []
        while waiting:
            entry = waiting.pop(0)
            found.append(entry.title)
            waiting = [*entry.children, *waiting]
    return found
