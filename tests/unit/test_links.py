"""Links of somebody's HTML: those that lead out of the web are gone, and nothing else is changed."""

from __future__ import annotations

import pytest

from pressrun.browser.slides.pdf_links import without_bad_links
from pressrun.sources.html import compose_html
from pressrun.sources.links import is_allowed_link

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("warm_parser")]

BAD = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " \x01javascript:alert(1)",
    "java\tscript:alert(1)",
    "&#106;avascript:alert(1)",
    "javascript&colon;alert(1)",
    "vbscript:x",
    "data:text/html,x",
    "file:///etc/passwd",
    "blob:https://h.example/1",
    "chrome://settings",
    "ms-word:ofe|u|https://h.example/x.doc",
    "\\\\server\\share",
    "//h.example/x",
    "page.html",
    "/runs",
    "../secret.txt",
    "?x=1",
    "view-source:https://h.example/",
    "x:y",
]
GOOD = [
    "https://h.example/x",
    "HTTP://h.example",
    "mailto:a@h.example",
    "tel:+49",
    "#chapter",
    "&#104;ttps://h.example",
]
ELEMENTS = [
    '<a class=c href="{}">x</a>',
    "<a href='{}'>x</a>",
    '<A\nHREF = "{}" id=i>x</A>',
    '<map><area href="{}"></map>',
    '<svg><a xlink:href="{}"><text>x</text></a></svg>',
    '<svg><style><a href="{}"></style></svg>',
    '<form action="{}"></form>',
    '<button formaction="{}">x</button>',
    '<a href=https://h.example/ ping="{}">x</a>',
    '<svg><a href="#"><set attributeName="href" to="{}"/></a></svg>',
]


@pytest.mark.parametrize("element", ELEMENTS)
async def test_a_link_that_leads_out_of_the_web_is_taken_out_where_it_stands(element: str) -> None:
    html = "<!doctype html><title>T</title>é\n<p>" + "\n".join(element.format(link) for link in BAD)
    document = await compose_html(html, title=None)
    for link in BAD:
        assert f'"{link}"' not in document.html
        assert f"'{link}'" not in document.html
    assert document.html.startswith("<!doctype html><title>T</title>é\n<p>")
    assert document.html.count(">") == html.count(">")


@pytest.mark.parametrize("element", ELEMENTS)
async def test_a_document_with_good_links_stays_as_it_was(element: str) -> None:
    html = "<!doctype html><p>" + "\n".join(element.format(link) for link in GOOD) + '<p>href="javascript:x" <code>y'
    assert (await compose_html(html, title=None)).html == html


async def test_what_is_relative_stays_where_the_document_has_a_base_on_the_web() -> None:
    html = '<base href="https://h.example/d/"><a href="page.html">x</a><a href="/a?b:c">y</a><a href="x:y">z</a>'
    assert (await compose_html(html, title=None)).html == html.replace(' href="x:y"', "")
    local = '<base href="file:///home/"><a href="page.html">x</a>'
    assert (await compose_html(local, title=None)).html == "<base><a>x</a>"


def test_an_address_is_judged_as_a_browser_reads_it() -> None:
    assert is_allowed_link("\n ht\ttps://h.example")
    assert not is_allowed_link("")
    assert not is_allowed_link("javascript:x", relative=True)


@pytest.mark.parametrize(
    "spelled", [b"(javascript:alert\\(1\\))", b"(\\152avascript:x)", b"(JAVASCRIPT:x)", b"(file:///x)"]
)
def test_a_bad_link_of_a_pdf_is_blank_and_every_offset_stays(spelled: bytes) -> None:
    pdf = b"%PDF-1.4\n<</A <</S /URI\n/URI " + spelled + b">>>>\n<</S /URI /URI (https://h.example/)>>"
    cleaned = without_bad_links(pdf)
    assert len(cleaned) == len(pdf)
    assert cleaned.endswith(b"(https://h.example/)>>")
    assert b"/URI (" + b" " * (len(spelled) - 2) + b")" in cleaned


def test_a_pdf_of_good_links_is_the_same_bytes_and_hexadecimal_is_read_too() -> None:
    good = b"/URI (https://h.example/a\\(b\\)) /URI (mailto:a@b) /URI <68747470733a2f2f68>"
    assert without_bad_links(good) is good
    assert without_bad_links(b"/URI <" + b"javascript:".hex().encode() + b">") == b"/URI <" + b" " * 22 + b">"
