"""A drawing keeps all that draws or says something, loses what could do something, and says what it lost."""

from __future__ import annotations

import base64
import io
import re
import time

import pytest
from PIL import Image

from pressrun.sources.markdown import render_markdown
from pressrun.sources.pictures import embedded_picture, judge_picture
from pressrun.sources.svg import CleanedSvg, clean_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9"'
DIV = '<div xmlns="http://www.w3.org/1999/xhtml" style="color:red">'


def png(size: tuple[int, int] = (2, 2)) -> str:
    data = io.BytesIO()
    Image.new("1", size).save(data, "PNG")
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()


def cleaned(inside: str, *, prolog: str = "", attributes: str = "") -> CleanedSvg:
    made = clean_svg(f"{prolog}{HEAD}{attributes}>{inside}</svg>".encode(), embedded_picture)
    assert made is not None
    return made


def drawn(inside: str, **options: str) -> str:
    return cleaned(inside, **options).data.decode()


def test_a_drawing_can_only_draw() -> None:
    made = cleaned(
        "<script>x()</script><style>@import url(http://evil/)</style>"
        '<image href="http://evil/a.png"/><a href="http://evil/" onclick="x()"><rect width="1"/></a>'
        '<use xlink:href="http://evil/#a"/><feImage href="//evil/"/><iframe src="evil"/><set attributeName="href"/>'
        '<rect fill="url(#paint)" stroke="url(http://evil/)" width="5" style="background:url( http://evil )"/>'
        f'<foreignObject onload="x()">{DIV}<script>x()</script><img src="http://evil"/><b onclick="x()">word</b>'
        '<style>@import "evil"</style><link rel="stylesheet" href="evil"/><iframe src="evil"/></div></foreignObject>',
        attributes=' onload="x()"',
    )
    text = made.data.decode()
    for kept in ('viewBox="0 0 9 9"', 'fill="url(#paint)"', ">word<", 'width="1"'):
        assert kept in text
    for gone in ("evil", "script", "onload", "onclick", "import", "iframe", "<style"):
        assert gone not in text
    ((code, message),) = made.warnings()
    assert code == "picture_reduced"
    assert "<script> (2 times)" in message


def test_what_draw_io_mermaid_and_graphviz_write_is_kept() -> None:
    assert ">Sensor<" in drawn(
        f'<switch><foreignObject width="9" height="9">{DIV}<span>Sensor</span></div></foreignObject><text>S</text></switch>'  # noqa: E501
    )
    assert ">end<" in drawn('<a xlink:href="http://example.org/"><text xml:space="preserve">end</text></a>')
    assert 'space="preserve"' in drawn('<text xml:space="preserve">  a  </text>')
    assert ">a<" in drawn(
        "<g><text>a</text></g>", prolog='<?xml version="1.0"?><!-- by --><!DOCTYPE svg PUBLIC "a" "b">'
    )
    assert cleaned("<g/><metadata><x/></metadata><!-- a -->").warnings() == []


def test_words_behind_what_goes_are_kept() -> None:
    assert ">onetwothree<" in drawn("<text>one<script/>two<script/>three</text>")


def test_the_words_of_what_goes_are_told() -> None:
    (warning,) = cleaned("<flowRoot><flowPara>Some words</flowPara></flowRoot>").warnings()
    assert "Some words" in warning[1]


def test_pictures_in_a_drawing_are_kept_if_they_are_pictures() -> None:
    assert png() in drawn(f'<image width="2" xlink:href="{png()}"/>')
    bomb = cleaned(f'<image href="{png((9000, 9000))}"/><image href="data:image/png;base64,AAAA"/>')
    assert b"data:" not in bomb.data
    assert bomb.dropped == (("image", 2),)
    inner = "data:image/svg+xml;base64," + base64.b64encode(f"{HEAD}><script/><text>in</text></svg>".encode()).decode()
    encoded = re.search(r"base64,([^\"]+)", drawn(f'<image href="{inner}"/>'))
    assert encoded
    assert b"script" not in base64.b64decode(encoded[1])


ILLUSTRATOR = (
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" [\n'
    "<!ENTITY ns_svg \"http://www.w3.org/2000/svg\">\n<!ENTITY word 'River'>\n<!-- c -->\n<!ATTLIST svg a CDATA #IMPLIED>]>"  # noqa: E501
)


def test_entities_that_are_words_are_words() -> None:
    made = clean_svg((ILLUSTRATOR + '<svg xmlns="&ns_svg;"><text>&word;&nbsp;&eacute; &amp;</text></svg>').encode())
    assert made is not None
    assert ">River\u00a0é &amp;<" in made.data.decode()


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE svg [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE svg [<!ENTITY % a "b"> %a;]>',
        '<!DOCTYPE svg [<!ENTITY a "<script/>">]>',
        f'<!DOCTYPE svg [<!ENTITY a "{"a" * 300}">]>',
        "<!DOCTYPE svg><!DOCTYPE svg>",
        '<!DOCTYPE svg [<!ENTITY a "b">',
    ],
)
def test_entities_that_are_more_are_refused(prolog: str) -> None:
    source = "data:image/svg+xml;base64," + base64.b64encode(f"{prolog}{HEAD}/>".encode()).decode()
    assert [code for code, _ in render_markdown(f"![x]({source})")["warnings"]] == ["picture_refused"]


def test_entities_do_not_unfold() -> None:
    prolog = f'<!DOCTYPE svg [<!ENTITY a "{"a" * 200}">]>'
    assert clean_svg(f"{prolog}{HEAD}><text>{'&a;' * 100_000}</text></svg>".encode()) is None


@pytest.mark.slow
def test_a_drawing_of_five_megabytes_takes_no_time_worth_waiting_for() -> None:
    for inside in (
        "<script/>",
        "<g>",
        "<text>a</text>",
        "<x y='&amp;'/>",
        "&nbsp;",
        "<!-- -->",
        "<!DOCTYPE",
        "&a",
        f"<foreignObject>{DIV}",
    ):
        started = time.monotonic()
        clean_svg((HEAD + ">" + inside * (5_000_000 // len(inside))).encode())
        clean_svg((HEAD + ">" + inside * (1_000_000 // len(inside)) + "</svg>").encode())
        assert time.monotonic() - started < 60  # it does not hang; a second each


def test_what_a_fetched_drawing_lost_is_told() -> None:
    judged = judge_picture(f"{HEAD}><animate/><text>a</text></svg>".encode())
    assert judged["media_type"] == "image/svg+xml"
    assert judged["warnings"][0][0] == "picture_reduced"
