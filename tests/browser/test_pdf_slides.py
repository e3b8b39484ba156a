"""The PDF of a run's slides: page by page what the pictures show, as text that can be searched, with links and tags."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageChops, ImageFilter

from pressrun.browser.pool.lease import Lease
from pressrun.browser.pool.pool import BrowserPool
from pressrun.browser.slides.page_breaks import PageBreaks, Slice
from pressrun.browser.slides.sideways import plan_document
from pressrun.errors import DocumentTooLarge
from tests.support.limits import HANG_S

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.chromium,
    pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not here"),
]

MADE_AT = datetime(2026, 11, 30, tzinfo=UTC)
SIZE = (960, 540)
# Letters are drawn by another program, and edges fall on other parts of a pixel: pictures are compared when blurred.
BLUR_PX = 4
INSIDE = (8, 8, SIZE[0] - 8, SIZE[1] - 8)  # at a zoom without whole pixels the last ones are half empty in a picture
LARGEST_DIFFERENCE = 60  # of 255, of one blurred pixel: large letters drawn otherwise have 50, a missing line 90


@dataclass
class Deck:
    """One document as pictures and as a PDF."""

    pictures: list[bytes]
    pdf: bytes
    slices: tuple[Slice, ...]

    def texts(self, folder: Path) -> list[str]:
        return run("pdftotext", "-raw", self.write(folder), "-").split("\f")[:-1]

    def write(self, folder: Path) -> str:
        (folder / "deck.pdf").write_bytes(self.pdf)
        return str(folder / "deck.pdf")

    def pages(self, folder: Path) -> list[Image.Image]:
        wide, high = SIZE
        size = ["-scale-to-x", str(wide), "-scale-to-y", str(high)]
        run("pdftoppm", *size, self.write(folder), str(folder / "page"))
        return [Image.open(path).convert("RGB") for path in sorted(folder.glob("page-*.ppm"))]


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=HANG_S).stdout


async def deck(pool: BrowserPool, html: str, *, zoom: float = 1.3, page_breaks: PageBreaks = "blocks") -> Deck:
    async with pool.lease(viewport_width=SIZE[0], viewport_height=SIZE[1], zoom=zoom) as lease:
        await lease.load(html)
        layout = await lease.layout()
        slide = (SIZE[0] / zoom, SIZE[1] / zoom)
        plan = plan_document(layout.boxes, layout.extent, slide, 15, page_breaks, 50, fit="shrink")
        pictures = [await lease.capture(piece) for piece in plan.slices]
        return Deck(pictures, await lease.pdf_of_slides(plan.slices, page_breaks, MADE_AT), plan.slices)


def differences(deck: Deck, folder: Path) -> list[int]:
    """For each slide how far its page is from its picture, at its worst place."""
    pages = deck.pages(folder)
    assert len(pages) == len(deck.pictures)
    found = []
    for page, data in zip(pages, deck.pictures, strict=True):
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        blurred = [image.filter(ImageFilter.GaussianBlur(BLUR_PX)).crop(INSIDE) for image in (page, picture)]
        bands = ImageChops.difference(*blurred).getextrema()
        found.append(max(int(high) for _, high in bands))
    return found


WORDS = "Die Elbe trägt Sand und Kies zur Nordsee, fi ffl, und legt sie dort ab, wo sie langsam wird. "
LESSON = (
    "<!doctype html><html lang=de><title>Flüsse</title><style>body{margin:20px;background:#cde8d4;line-height:1.2}"
    "td{border:1px solid #888;padding:4px}pre{background:#eee;border-radius:8px;padding:8px}</style>"
    + "".join(
        f"<h2 id=k{n}>Kapitel {n}</h2><p>Anfang{n} {WORDS * 6}</p><ul><li>Punkt {n}<li>漢字 عربي {n}</ul>"
        f"<table><tr><td>Zelle {n}<td>{n * n}</table><pre>code {n}\n  eingerückt</pre><p>Ende{n}</p>"
        for n in range(8)
    )
    + "<p><a href='https://h.example/good'>Netz</a> <a href='#k3'>zu Kapitel 3</a></p></html>"
)
ON_SCREEN = (  # what the size of the screen gives its size to
    "<!doctype html><style>html,body{height:100%;margin:0}@media (min-height:600px){.low{display:none}}"
    ".full{height:100vh;background:#cde}.half{height:50%;background:#edc}"
    ".corner{position:absolute;right:0;bottom:0;width:25%;height:20%;background:#4a4}</style>"
    "<div class=full>erste</div><div class=half>halbe</div><div class=full><p class=low>hoch</p>dritte</div>"
    "<div class=corner>Ecke</div>"
)
BEHIND = (
    "<!doctype html><style>body{margin:30px;background:linear-gradient(135deg,#fee,#88f)}"
    ".paper{position:fixed;inset:0;z-index:-1;border:20px solid #3a3}</style><div class=paper></div>"
    + "".join(f"<p>Absatz {n} {WORDS}</p>" for n in range(14))
)
LAYERED = (
    "<!doctype html><style>body{margin:0}.half{opacity:.5;background:#9cf}"
    ".turned{transform:rotate(30deg);width:200px;margin:80px;background:#fc9}"
    ".band{height:900px;background:linear-gradient(#f00,#00f)}</style>"
    "<div class=half>" + "".join(f"<p>Schicht{n} {WORDS}</p>" for n in range(9)) + "</div>"
    "<div class=turned>gedreht</div><div class=band></div><p>zuletzt</p>"
)
WIDE = (
    "<!doctype html><style>body{margin:8px}.box{width:1500px;background:linear-gradient(90deg,#9f9,#99f)}</style>"
    "<div class=box>breit</div>" + "".join(f"<p>Absatz {n} {WORDS}</p>" for n in range(12))
)
DARK = "<!doctype html><style>html{color-scheme:dark}body{margin:30px}</style>" + "".join(
    f"<h2>Nacht {n}</h2><p>Absatz {n} {WORDS * 2}</p>" for n in range(6)
)
SEE_THROUGH = DARK.replace("color-scheme:dark", "background:color(display-p3 0.2 0.5 0.3 / 0.4)")
BESIDE = (
    "<!doctype html><style>body{margin:0;display:flex}section{flex:0 0 100vw;height:100vh;background:#dfe}"
    "section+section{background:#fed}</style>"
    + "".join(f"<section><h1>Teil {n}</h1>{WORDS}</section>" for n in range(3))
)
IN_COLUMNS = (
    "<!doctype html><html lang=ja><title>春</title>"
    "<style>body{writing-mode:vertical-rl;margin:30px;background:#fee}</style>"
    + "<h1>春の川</h1>"
    + "<p>川は山から海へ流れる。水は石を運び、砂を置いていく。</p>" * 40
)
ARABIC = "".join(
    f"<h2>الفصل {n}</h2><p>يحمل النهر الرمل والحصى إلى البحر ويتركها حيث يبطئ. {n} Elbe 42</p><ul><li>نقطة {n}</ul>"
    for n in range(6)
)
RTL = {
    "right to left": f"<!doctype html><html dir=rtl lang=ar><body>{ARABIC}",
    "right to left in the body": f"<!doctype html><html lang=ar><body dir=rtl>{ARABIC}",
    "right to left by style": f"<!doctype html><style>html{{direction:rtl;background:#dfe}}</style>{ARABIC}",
    "right to left in a narrow root": "<!doctype html><html dir=rtl><style>html{max-width:500px;background:#dfe;"
    f"padding:9px}}body{{width:400px}}</style>{ARABIC}",
    "right to left in a narrow body": "<!doctype html><html dir=rtl><style>body{max-width:500px;background:#fed}"
    f".at{{position:absolute;right:9px;top:20px;width:90px;background:#4a4}}</style><p class=at>ركن</p>{ARABIC}",
    "left to right in right to left": f"<!doctype html><html dir=rtl><body dir=ltr style='width:500px'>{ARABIC}",
    "right to left, the body moved": "<!doctype html><html dir=rtl><style>body{width:500px;position:relative;"
    f"left:-40px;background:#fed}}</style>{ARABIC}",
    "right to left, the body centred": "<!doctype html><html dir=rtl><style>html{display:flex;justify-content:center}"
    f"body{{width:500px;background:#fed}}</style>{ARABIC}",
    "right to left and wide": "<!doctype html><html dir=rtl><style>.box{width:1500px;"
    f"background:linear-gradient(90deg,#9f9,#99f)}}</style><div class=box>عريض</div>{ARABIC}",
    "right to left behind": "<!doctype html><html dir=rtl><style>body{background:#fee}"
    ".paper{position:fixed;top:0;bottom:0;right:0;width:40px;z-index:-1;background:#3a3}</style>"
    f"<div class=paper></div>{ARABIC}",
}
GRADIENTS = {
    "gradient on a colour": "<!doctype html><style>html{background:#fed linear-gradient(90deg,#00f3,#f003) fixed}"
    "</style>" + "".join(f"<h2>Kapitel {n}</h2><p>{WORDS}" for n in range(6)),
    "gradient": "<!doctype html><style>body{margin:30px;background:linear-gradient(135deg,#fee,#00f)}</style>"
    + "".join(f"<h2>Kapitel {n}</h2><p>{WORDS}" for n in range(6)),
    "gradients": "<!doctype html><style>html{background:radial-gradient(circle at 80% 70%,#0a0,#0000 60%) fixed,"
    "linear-gradient(#fff,#ff8) fixed}</style>" + "".join(f"<h2>Kapitel {n}</h2><p>{WORDS}" for n in range(6)),
}
DOCUMENTS = {
    **GRADIENTS,
    "beside": BESIDE,
    "in columns": IN_COLUMNS,
    "lesson": LESSON,
    "dark": DARK,
    "see-through": SEE_THROUGH,
    "on screen": ON_SCREEN,
    "behind": BEHIND,
    "layered": LAYERED,
    "wide": WIDE,
    **RTL,
}


@pytest.fixture(scope="module")
async def lesson(pool: BrowserPool) -> Deck:
    return await deck(pool, LESSON)


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_every_page_looks_as_its_slide_does(pool: BrowserPool, name: str, tmp_path: Path) -> None:
    # A picture of less than a screen hides what is fixed beside it, so nothing may be.
    made = await deck(pool, DOCUMENTS[name], page_breaks="scroll" if name == "behind" else "blocks")
    assert len(made.pictures) > 1
    assert max(differences(made, tmp_path)) < LARGEST_DIFFERENCE


@pytest.mark.parametrize("zoom", [1, 2.1])
async def test_it_does_at_any_zoom_and_where_lines_are_cut(pool: BrowserPool, zoom: float, tmp_path: Path) -> None:
    made = await deck(pool, LESSON, zoom=zoom, page_breaks="scroll")
    assert max(differences(made, tmp_path)) < LARGEST_DIFFERENCE


async def test_a_page_in_columns_has_its_title_and_language(pool: BrowserPool) -> None:
    """Chromium prints one sheet of it: its pages are pictures."""
    made = await deck(pool, IN_COLUMNS)
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        assert (str(pdf.docinfo.Title), str(pdf.Root.Lang), len(pdf.pages)) == ("春", "ja", len(made.slices))
    assert (await deck(pool, IN_COLUMNS)).pdf == made.pdf


async def test_a_page_without_one_of_its_lines_is_noticed_by_this_test(lesson: Deck, tmp_path: Path) -> None:
    page = Image.open(io.BytesIO(lesson.pictures[1])).convert("RGB")
    page.paste((205, 232, 212), (0, 190, 960, 240))
    changed = io.BytesIO()
    page.save(changed, "PNG")
    made = replace(lesson, pictures=[lesson.pictures[0], changed.getvalue(), *lesson.pictures[2:]])
    assert max(differences(made, tmp_path)) > LARGEST_DIFFERENCE


@pytest.mark.parametrize("name", ["lesson", "layered"])
async def test_the_text_of_a_page_is_that_of_its_slide(pool: BrowserPool, name: str, tmp_path: Path) -> None:
    made = await deck(pool, DOCUMENTS[name])
    texts = made.texts(tmp_path)
    assert len(texts) == len(made.slices)
    marks = re.findall(r"(?:Anfang|Ende|Schicht)\d+", DOCUMENTS[name])
    found = [mark for text in texts for mark in re.findall(r"(?:Anfang|Ende|Schicht)\d+", text)]
    assert found == marks, "each once, in order"


async def test_links_lead_on_tags_name_a_language_and_an_outline_has_each_heading(lesson: Deck, tmp_path: Path) -> None:
    made = lesson
    texts = made.texts(tmp_path)
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        assert str(pdf.Root.Lang) == "de"
        assert str(pdf.docinfo.Title) == "Flüsse"
        assert pdf.Root.MarkInfo.Marked
        pages = [page.obj.objgen for page in pdf.pages]
        links = {number: list(page.get("/Annots", [])) for number, page in enumerate(pdf.pages)}
        (last,) = [number for number, found in links.items() if found]
        assert last == len(pages) - 1
        web, inside = links[last]
        assert str(web.A.URI) == "https://h.example/good"
        to = inside.get("/Dest")
        to = pdf.Root.Dests[to] if isinstance(to, pikepdf.Name) else to
        assert "Kapitel 3" in texts[pages.index(to[0].objgen)]
        entry = pdf.Root.Outlines.First
        entry = entry.get("/First", entry)
        titles = []
        while entry is not None:
            titles.append(str(entry.Title))
            assert titles[-1] in texts[pages.index(entry.Dest[0].objgen)]
            entry = entry.get("/Next")
        assert titles == [f"Kapitel {n}" for n in range(8)]
    structure = run("pdfinfo", "-struct-text", made.write(tmp_path))
    assert structure.count("H2") == 8
    assert re.findall(r"Anfang\d", structure) == [f"Anfang{n}" for n in range(8)]
    assert all("yes yes" in line or "yes no" in line for line in run("pdffonts", made.write(tmp_path)).splitlines()[2:])


async def test_the_parent_tree_finds_the_element_of_every_piece_of_content(lesson: Deck) -> None:
    with pikepdf.open(io.BytesIO(lesson.pdf)) as pdf:
        numbers = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        by_number = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
        for page in pdf.pages:
            elements = by_number[int(page.StructParents)]
            mcids = [int(n) for n in re.findall(rb"/MCID (\d+)", page.Contents.read_bytes())]
            assert mcids == list(range(len(elements)))
            assert all(element.S is not None for element in elements)
        for link in pdf.pages[-1].Annots:
            assert str(by_number[int(link.StructParent)].S) == "/Link"


async def test_hostile_links_are_in_no_page(pool: BrowserPool) -> None:
    links = ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "https://h.example/good"]
    made = await deck(pool, "<!doctype html>" + "".join(f'<p><a href="{link}">link</a>' for link in links))
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        found = {str(link.A.URI).strip() for page in pdf.pages for link in page.get("/Annots", []) if "/A" in link}
    assert found - {""} == {"https://h.example/good"}


HOSTILE: dict[str, str] = {
    "pages of its own": "<style>@page{size:A7;margin:3cm}@page :first{size:A3}p{break-before:page;page:x}"
    "@page x{size:10cm 50cm}*{break-after:page!important}</style>" + "<p>eins</p><p>zwei</p>" * 6,
    "a print sheet": "<style>@media print{p{display:none}}</style>" + f"<p>{WORDS * 9}</p>" * 6,
    "brackets": "<p>BT (\\) ET <!-- > < [ ( Q Q EMC</p>" * 9 + "<title>) Tj ET Q (</title>",
    "a root that is not a block": "<style>html{display:flex;max-width:500px;margin:9px auto}</style>"
    + f"<p>{WORDS}" * 9,
    "a body that scrolls": "<style>body{overflow-x:hidden;margin:30px}h1{margin:40px}</style><h1>x</h1>"
    f"<p>{WORDS * 60}",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_no_document_changes_what_a_page_is(pool: BrowserPool, name: str, tmp_path: Path) -> None:
    made = await deck(pool, "<!doctype html>" + HOSTILE[name])
    assert max(differences(made, tmp_path)) < LARGEST_DIFFERENCE


async def test_the_same_slides_are_the_same_bytes(pool: BrowserPool, lesson: Deck) -> None:
    assert (await deck(pool, LESSON)).pdf == lesson.pdf


async def test_what_paints_too_much_for_slides_is_refused_with_a_remedy(
    lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pressrun.browser.slides.pdf_content.MAX_BYTES", 10_000)
    await lease.load(LESSON)
    layout = await lease.layout()
    with pytest.raises(DocumentTooLarge, match="pdf_layout=document"):
        await lease.pdf_of_slides([Slice(0, layout.height_css_px)] * 9, "blocks", MADE_AT)


async def test_a_document_in_pages_is_still_there(pool: BrowserPool) -> None:
    async with pool.lease(viewport_width=960, viewport_height=540, zoom=1) as lease:
        await lease.load(LESSON)
        with pikepdf.open(io.BytesIO(await lease.pdf())) as pdf:
            boxes = {tuple(map(float, page.MediaBox)) for page in pdf.pages}
            assert boxes == {(0, 0, 720, 404.88)}, "Chromium prints in units of 0.24 pt"
            assert "/Outlines" in pdf.Root
            assert pdf.Root.MarkInfo.Marked
