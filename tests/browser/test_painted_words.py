"""What slides say is read from the page: in reading order, with places, and what nobody sees is told apart."""

from __future__ import annotations

import base64
from html import escape

import pytest

from pressrun.browser.pool.pool import BrowserPool, open_browser_pool
from pressrun.browser.slides.page_breaks import Slice, SlicePlan
from pressrun.sources.document import wrap_fragment
from pressrun.sources.look import Look
from pressrun.sources.markdown import render_markdown
from tests.browser.conftest import quick
from tests.support.limits import HANG_S, fail_after
from tests.support.shown_words import SCREEN, coverage_in, coverage_of, shown_in, text_on

pytestmark = [pytest.mark.anyio, pytest.mark.chromium]

SR_ONLY = "position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)"


async def test_blocks_come_in_reading_order_with_what_they_are(pool: BrowserPool) -> None:
    html = (
        "<html lang=de><body style='margin:0'><h2>Der Titel</h2><p>Ein <b>Ab</b>satz<br>mit Umbruch</p>"
        "<ul><li>Punkt</li></ul><table><tr><th>Kopf<td>Zelle</table><pre>a  b\n c</pre>"
        "<p lang=ar dir=rtl>مرحبا</p><blockquote><p>Zitat</p></blockquote>"
        "<p><a href='https://e.org/'>Ziel</a></p><figure><figcaption>Unterschrift</figcaption></figure>"
    )
    texts = await shown_in(pool, html)
    (slide,) = texts.slides
    said = [(block.kind, block.level, block.text, block.lang, block.dir) for block in slide.blocks]
    assert said == [
        ("heading", 2, "Der Titel", "de", "ltr"),
        ("paragraph", None, "Ein Absatz\nmit Umbruch", "de", "ltr"),
        ("item", None, "Punkt", "de", "ltr"),
        ("cell", None, "Kopf", "de", "ltr"),
        ("cell", None, "Zelle", "de", "ltr"),
        ("code", None, "a  b\n c", "de", "ltr"),
        ("paragraph", None, "مرحبا", "ar", "rtl"),
        ("quote", None, "Zitat", "de", "ltr"),
        ("paragraph", None, "Ziel", "de", "ltr"),
        ("caption", None, "Unterschrift", "de", "ltr"),
    ]
    assert [(link.url, link.text) for link in slide.links] == [("https://e.org/", "Ziel")]
    assert (texts.width, texts.height) == (960, 540)
    assert all(0 <= block.box.top < block.box.top + block.box.height <= 540 for block in slide.blocks)


async def test_a_paragraph_over_two_slides_is_a_block_on_each(pool: BrowserPool) -> None:
    words = [f"word{n}" for n in range(2_000)]
    texts = await shown_in(pool, f"<body style='margin:20px;font:20px/30px serif'><p>{' '.join(words)}")
    assert len(texts.slides) > 2
    assert [word for slide in texts.slides for block in slide.blocks for word in block.text.split()] == words
    for slide in texts.slides:
        (block,) = slide.blocks
        assert -1 <= block.box.top < block.box.top + block.box.height <= 541
    assert texts.not_shown == []


HIDDEN = {
    "display: none": "display:none",
    "visibility: hidden": "visibility:hidden",
    "opacity: 0": "opacity:0",
    "transparent": "color:transparent",
    "white on white": "color:#fff",
    "off the left": "position:absolute;left:-9999px",
    "off the top": "position:absolute;top:-9999px",
    "indented away": "text-indent:-9999px",
    "for screen readers": SR_ONLY,
    "clipped to nothing": "clip-path:inset(50%)",
    "of no size": "font-size:0",
    "scaled to nothing": "transform:scale(0)",
    "content-visibility": "content-visibility:hidden",
}


@pytest.mark.parametrize("style", HIDDEN.values(), ids=HIDDEN)
async def test_text_that_a_document_hides_is_not_shown(pool: BrowserPool, style: str) -> None:
    html = f"<body><p>seen here</p><div style='{style}'>never <b>seen</b> by anybody</div>"
    texts = await shown_in(pool, html)
    assert text_on(texts) == "seen here"
    coverage = coverage_of(html, texts)
    assert (coverage.words, coverage.words_missing) == (6, 4)
    assert {missing.why for missing in coverage.missing} == {"hidden"}
    assert coverage.hidden_content.words == 4


SHOWN = {
    "white on a black sibling": "<div style='position:relative;height:80px'><div style='position:absolute;inset:0;"
    "background:#000'></div><p style='position:absolute;color:#fff'>seen well</p></div>",
    "white on a pseudo-element": "<style>.h{position:relative}.h::before{content:'';position:absolute;inset:0;"
    "background:#000;z-index:-1}</style><div class=h><p style='color:#fff'>seen well</p></div>",
    "white on a gradient": "<p style='color:#fff;background:linear-gradient(#000,#111)'>seen well</p>",
    "gradient text": "<p style='background:linear-gradient(red,blue);-webkit-background-clip:text;color:transparent'>"
    "seen well</p>",
    "only its shadow": "<p style='color:transparent;text-shadow:0 0 1px #000'>seen well</p>",
    "out of a clipping parent": "<div style='overflow:hidden;width:10px;height:10px'><p style='position:absolute'>"
    "seen well</p></div>",
    "in capitals by style": "<p style='text-transform:uppercase'>seen well</p>",
    "letter by letter": "<p>" + "".join(f"<span style='display:inline-block'>{c}</span>" for c in "seenwell") + "</p>",
    "in a slot": "<div><template shadowrootmode=open><p><slot></slot></p></template>seen well</div>",
    "turned": "<p style='transform:rotate(5deg);width:200px'>seen well</p>",
    "enlarged": "<p style='zoom:1.7'>seen well</p>",
    "in a frame": "<iframe srcdoc='<p>seen well' style='height:100px'></iframe>",
    "in a drawing": "<svg width=200 height=50><text y=20>seen well</text></svg>",
    "in two columns": "<div style='columns:2'><p>seen</p><p>well</p></div>",
    "upright": "<p style='writing-mode:vertical-rl;height:200px'>seen well</p>",
    "in a form": "<textarea>seen</textarea><select><option>well</select>",
    "of a picture that is a drawing": "<p>seen well</p>",
}


@pytest.mark.parametrize("html", SHOWN.values(), ids=SHOWN)
async def test_text_that_can_be_seen_is_not_called_hidden(pool: BrowserPool, html: str) -> None:
    coverage = await coverage_in(pool, "<body>" + html)
    assert coverage.missing == []
    assert coverage.share == 1


async def test_text_for_screen_readers_that_repeats_what_is_seen_is_not_missing(pool: BrowserPool) -> None:
    html = f"<body><p>Price: 5 €</p><span style='{SR_ONLY}'>Price: 5 €</span><span style='{SR_ONLY}'>Sold out</span>"
    coverage = await coverage_in(pool, html)
    assert [missing.text for missing in coverage.missing] == ["Sold out"]
    assert coverage.hidden_content.examples == ["Sold out"]


async def test_words_beyond_the_edge_are_counted_word_by_word(pool: BrowserPool) -> None:
    html = "<body style='margin:0;font:20px monospace'><p style='white-space:pre'>" + " ".join(["tenletters"] * 20)
    coverage = await coverage_in(pool, html, fit="clip")
    assert coverage.words == 20
    assert 10 <= coverage.words_missing <= 14
    assert coverage.cut_at_sides == pytest.approx(coverage.words_missing / 20)
    assert {missing.why for missing in coverage.missing} == {"side"}


async def test_slices_that_go_on_sideways_show_what_is_beside(pool: BrowserPool) -> None:
    html = "<body style='margin:0'><p style='width:1900px'>first <span style='margin-left:1000px'>second</span>"
    async with pool.lease(**SCREEN, fit="split") as lease:
        await lease.load(html)
        slices = (Slice(0, 500), Slice(0, 500, 5, 960, 1800, 20))
        texts = await lease.texts(SlicePlan(slices, truncated=False))
    assert [[block.text for block in slide.blocks] for slide in texts.slides] == [["first"], ["second"]]
    assert 60 < texts.slides[1].blocks[0].box.left < 200
    assert texts.not_shown == []


async def test_words_behind_the_last_slide_are_told_as_that(pool: BrowserPool) -> None:
    html = "<body>" + "".join(f"<p>line{n}</p>" for n in range(100))
    coverage = await coverage_in(pool, html, most=2)
    assert {missing.why for missing in coverage.missing} == {"truncated"}
    assert 40 < coverage.words_missing < 90


async def test_text_only_in_pseudo_elements_is_no_word_of_the_source(pool: BrowserPool) -> None:
    coverage = await coverage_in(pool, "<style>p::before{content:'made by a style'}</style><body><p></p><p>x</p>")
    assert (coverage.words, coverage.share) == (1, 1)


async def test_pictures_are_told_with_their_alternative_text(pool: BrowserPool) -> None:
    drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='40'><text y='20'>north arrow</text></svg>"
    uri = "data:image/svg+xml;base64," + base64.b64encode(drawing.encode()).decode()
    html = (
        f"<body><img alt='A map' src='{uri}'><img alt='Gone' src='data:image/png;base64,AAAA'>"
        f"<img alt='Unseen' src='{uri}' style='visibility:hidden'><img src='https://e.org/t.gif' width=1 height=1>"
    )
    texts = await shown_in(pool, html)
    (picture,) = texts.slides[0].pictures
    assert (picture.alt, picture.words) == ("A map", "north arrow")
    assert (picture.box.width, picture.box.height) == (90, 40)
    assert [(lost.alt, lost.why) for lost in texts.lost_pictures] == [("Gone", "not_loaded"), ("Unseen", "hidden")]
    coverage = coverage_of(html, texts)
    assert (coverage.pictures, coverage.pictures_missing) == (3, 2)


@pytest.mark.slow
async def test_hostile_documents_are_read_in_time() -> None:
    """Each hangs for minutes where a step is quadratic; ten times as much is `document_too_large`."""
    many = "<body style='font:1px/1px serif'><p>" + " ".join(["word"] * 300_000)
    letters = "<body style='font:8px/8px serif'>" + "<b>a</b> " * 30_000
    nested = "<p>innermost"
    for level in range(40):
        nested = f'<p>level{level}</p><iframe srcdoc="{escape(nested)}">'
    with fail_after(HANG_S):
        async with open_browser_pool(quick(load_timeout_s=HANG_S, ping_timeout_s=HANG_S)) as pool:
            for source, words, most in ((many, 300_000, 1), (letters, 30_000, 1)):
                coverage = await coverage_in(pool, source, most=most)
                assert coverage.words == words
                assert 0 < coverage.words_missing < words
                assert {missing.why for missing in coverage.missing} == {"truncated"}
            coverage = await coverage_in(pool, "<body>" + nested)
            assert coverage.words == 41
            assert coverage.share > 0 if coverage.is_whole else coverage.missing


async def test_a_note_is_of_the_slide_on_which_the_element_before_it_stands(pool: BrowserPool) -> None:
    text = (
        "<!-- to the first -->\n\n# One\n\nText.\n\n---\n\n::: notes\nto the *second*,\n\n- at its beginning\n:::\n\n"
        "# Two\n\nText.\n\n<!-- once more\nin two lines -->\n\nEnd.\n\n---\n\nThree.\n\n::: {.notes}\nlast\n:::\n"
    )
    made = render_markdown(text)
    html = wrap_fragment(made["html"], title="Notes", look=Look("paper"))
    texts = await shown_in(pool, html)
    assert [slide.notes for slide in texts.slides] == [
        "to the first",
        "to the second,\nat its beginning\nonce more\nin two lines",
        "last",
    ]
    assert text_on(texts) == "One | Text. | Two | Text. | End. | Three."
    assert texts.not_shown == []
    assert coverage_of(text, texts, kind="text").is_whole
    assert coverage_of(html, texts, kind="document").is_whole


async def test_a_note_in_a_section_is_of_the_slide_that_is_the_section(pool: BrowserPool) -> None:
    section = "<section style='height:540px;overflow:hidden'>{}</section>"
    note = "<aside class=notes hidden>{}</aside>"
    parts = [note.format("a") + "<p>One</p>", note.format("b"), "<p>Three</p>" + note.format("c")]
    texts = await shown_in(pool, "<body style='margin:0'>" + "".join(section.format(part) for part in parts))
    assert [slide.notes for slide in texts.slides] == ["a", "b", "c"]
    assert texts.not_shown == []


async def test_formulas_columns_and_conventions_are_wholly_on_the_slides(pool: BrowserPool) -> None:
    text = (
        "---\ntitle: Rivers\nformat: revealjs\nauthor: A. Author\n---\n\n## Sum\n\nSo $a_{12} + \\frac{bc}{2} = \\alpha$ and\n\n"  # noqa: E501
        "\\begin{align}\nx &= y \\text{ if so} \\\\\n\\sin z &= 1\n\\end{align}\n\nand $\\frac{u$ and H~2~O :rocket: ==marked==.\n\n"  # noqa: E501
        "## Beside\n\n:::: {.columns}\n::: {.column width=40%}\nLeft side\n:::\n::: column\nRight side\n:::\n::::\n\n"
        "> [!info]- A title\n> folded\n\n::: notes\nsaid only\n:::\n"
    )
    made = render_markdown(text)
    html = wrap_fragment(made["html"], title="All", look=Look("paper"))
    texts = await shown_in(pool, html)
    assert texts.not_shown == []
    assert coverage_of(text, texts, kind="text").is_whole
    assert [slide.notes for slide in texts.slides] == ["", "", "said only"]
    blocks = {block.text: block for block in texts.slides[2].blocks}
    left, right = blocks["Left side"].box, blocks["Right side"].box
    assert left.left + left.width <= right.left
    assert abs(left.top - right.top) < left.height
