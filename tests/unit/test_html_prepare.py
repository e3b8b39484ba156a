"""HTML is made ready to be shown: XML as HTML, details open, its encoding named; a frameset shows nothing."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pressrun.errors import FramesetDocument
from pressrun.sources.html import compose_html
from pressrun.sources.html_prepare import prepare_html

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_parser")]


TEXTS = Path(__file__).parents[1] / "data" / "texts"
XHTML = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{}</body></html>'


def prepared(html: str) -> str:
    made = prepare_html(html, links=False)["html"]
    return html if made is None else str(made)


async def test_an_xhtml_page_is_shown_as_what_it_is() -> None:
    made = await compose_html((TEXTS / "epub-chapter.xhtml").read_text(), title=None)
    assert "<title></title>" in made.html
    assert "/>\n" not in made.html.replace("<link rel", "")
    assert made.title == "Chapter One"


@pytest.mark.parametrize(
    ("inside", "shown"),
    [
        ("<p/>x", "<p></p>x"),
        ('<a id="a/"/>x', '<a id="a/"></a>x'),
        ('<iframe src="x" />y', '<iframe src="x"></iframe>y'),
        ("<br/><br></br><hr />", "<br/><br><hr />"),
        ("<p title='a > b />'/>", "<p title='a > b />'></p>"),
        ("<![CDATA[a < b]]>", "a &lt; b"),
        ("<!-- <p/> --><i/>", "<!-- <p/> --><i></i>"),
        ("<style>/*<![CDATA[*/ a &gt; b {} /*]]>*/</style><i/>", "<style>/**/ a > b {} /**/</style><i></i>"),
        ("&nbsp;&eacute;<i/>", "&nbsp;&eacute;<i></i>"),
    ],
)
def test_xml_is_spelled_as_html(inside: str, shown: str) -> None:
    made = prepared(XHTML.format(inside))
    assert made == XHTML.format(shown).replace("<title/>", "<title></title>")


@pytest.mark.parametrize(
    "html",
    [
        XHTML.format("<p>never closed<i/>"),
        XHTML.format("<i/>") + "<p>",
        "<html><head><title/></head><p>x",
        '<!DOCTYPE html [<!ENTITY a "b">]>' + XHTML.format("<i/>"),
        XHTML.format("a").replace("<title/>", ""),
    ],
)
def test_what_is_no_xml_is_left_as_it_is(html: str) -> None:
    assert prepared(html) == html


async def test_other_xml_is_shown_too() -> None:
    made = await compose_html("<?xml version='1.0'?><note><title/><to>Ann</to></note>", title=None)
    assert "<title></title><to>Ann</to>" in made.html


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<details><summary>a</summary>b</details>", "<details open><summary>a</summary>b</details>"),
        ("<DETAILS class='open' name=group>b", "<DETAILS open class='open'>b"),
        ("<details open>b", "<details open>b"),
        ("<details class=a open=''>b", "<details class=a open=''>b"),
        ("<details title='is open > not'>b", "<details open title='is open > not'>b"),
        ("<!-- <details> --><textarea><details></textarea>", "<!-- <details> --><textarea><details></textarea>"),
        ("<script>'<details>'</script><details>", "<script>'<details>'</script><details open>"),
    ],
)
async def test_closed_details_are_open_in_a_picture(html: str, shown: str) -> None:
    assert (await compose_html(html, title=None)).html == shown


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<meta charset=windows-1252><p>é", "<meta charset=utf-8><p>é"),
        (
            '<meta http-equiv=Content-Type content="text/html; charset=iso-8859-1">é',
            '<meta http-equiv=Content-Type content="text/html; charset=utf-8">é',
        ),
        ('<?xml version="1.0" encoding="latin1"?><p>é</p>', '<?xml version="1.0" encoding="utf-8"?><p>é</p>'),
        ("<meta charset=UTF8>é", "<meta charset=UTF8>é"),
        ("<meta charset=nonsense>é", "<meta charset=nonsense>é"),
    ],
)
async def test_a_document_names_the_encoding_that_it_is_saved_in(html: str, shown: str) -> None:
    assert (await compose_html(html, title=None)).html == shown


async def test_a_frameset_is_refused_by_name() -> None:
    with pytest.raises(FramesetDocument) as caught:
        await compose_html((TEXTS / "excel-frameset.html").read_text(), title=None)
    assert "Book1_files/sheet001.htm" in str(caught.value)
    for html in ("<FRAMESET>", "<frameset cols=1><frame><noframes><body>no</body></noframes></frameset>"):
        with pytest.raises(FramesetDocument):
            await compose_html(html, title=None)


@pytest.mark.parametrize(
    "html", ["<body><frameset>", "<!-- <frameset> --><p>x", "<textarea><frameset></textarea>", "<p>frameset"]
)
async def test_what_only_speaks_of_a_frameset_is_shown(html: str) -> None:
    assert (await compose_html(html, title=None)).html == html


@pytest.mark.slow
def test_five_megabytes_of_anything_end() -> None:
    head = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">'
    for piece in (
        "<!--",
        "<details",
        "<details>",
        "<details a='",
        "<script>",
        "<a/>",
        "<![CDATA[",
        "<title/>",
        "<frame ",
        "&a;",
        "<?",
        "<a b=\"<a b='",
    ):
        started = time.monotonic()
        prepare_html(head + piece * (5_000_000 // len(piece)), links=False)
        prepare_html(head + piece * (1_000_000 // len(piece)) + "</html>", links=False)
        assert time.monotonic() - started < 100, piece  # it does not hang


WORD_LIST = (
    "<p><span style='font-family:{family}'>{letter}"
    "<span style='font:7.0pt \"Times New Roman\"'>&nbsp;</span></span>x</p>"
)


@pytest.mark.parametrize(
    ("family", "letter", "bullet"),
    [
        ("Symbol", "·", "•"),
        ("Symbol", "&middot;", "•"),
        ("Wingdings", "ü", "✓"),
        ("Wingdings", "§", "▪"),
        ("Wingdings", "&#216;", "➢"),
        ("wingdings", "n", "■"),
        ("Symbol", "n", "n"),
        ("Symbol", "(", "("),
        ("Wingdings 2", "ü", "ü"),
        ("Arial", "ü", "ü"),
    ],
)
def test_a_bullet_in_a_font_of_symbols_is_the_sign_it_stands_for(family: str, letter: str, bullet: str) -> None:
    page = WORD_LIST.format(family=family, letter=letter)
    assert prepared(page) == WORD_LIST.format(family=family, letter=bullet)


def test_private_use_bullets_are_signs_unless_the_page_has_a_font_of_its_own() -> None:
    page = "{style}<p>\uf0b7 a <b>\uf0a7</b> &#61607; &#xF0D8; &#xf123; \uf123</p>"
    assert prepared(page.format(style="")) == "<p>• a <b>▪</b> ▪ ➢ &#xf123; \uf123</p>"
    for style in (
        "<style>@font-face{font-family:icons;src:url(data:x)}</style>",
        "<style>@import 'icons.css'</style>",
        "<link rel=stylesheet href='icons.css'>",
    ):
        assert prepared(page.format(style=style)) == page.format(style=style)


async def test_bullets_of_word_are_seen_to_before_a_page_is_shown() -> None:
    for page in (WORD_LIST.format(family="Wingdings", letter="ü"), "<p>\uf0fc x</p>", "<p>&#61692; x</p>"):
        assert "✓" in (await compose_html(page, title=None)).html
