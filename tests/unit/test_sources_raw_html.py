"""What looks like a tag is shown as it was typed; what is one does what it says."""

from __future__ import annotations

import base64
import html
import re

import pytest

from pressrun.sources.markdown import render_markdown
from pressrun.sources.text import title_of


def body(text: str) -> str:
    return str(render_markdown(text)["html"])


def said(text: str) -> str:
    """The words of the document."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", body(text))).split())


RAW_TEXT = ["title", "textarea", "style", "script", "xmp", "iframe", "noembed", "noframes", "plaintext"]


@pytest.mark.parametrize(
    "name", [*RAW_TEXT, "select", "option", "object", "template", "noscript", "math", "svg", "TITLE"]
)
@pytest.mark.parametrize(
    "form", ["The <{}> tag", "- The <{}> tag", "> <{}> tag", "<{}> begins a line", "| <{}> |\n|---|\n| a |"]
)
def test_an_element_that_is_spoken_of_deletes_nothing(name: str, form: str) -> None:
    text = form.format(name)
    shown = said(f"{text}\n\nBehind it.\n\n- And *more*.")
    assert f"<{name}>" in shown
    assert shown.endswith("Behind it. And more.")


@pytest.mark.parametrize(
    "name",
    ["b", "p", "h1", "div", "table", "ul", "li", "td", "details", "center", "font", "button", "input", "meta", "body"],
)
def test_an_element_without_its_end_is_only_spoken_of(name: str) -> None:
    assert said(f"Use <{name}> for it.\n\nNext.") == f"Use <{name}> for it. Next."


@pytest.mark.parametrize(
    "text",
    [
        "Log in as <your name> on <host-name>.",
        "A List<String> and a Map<String, List<Integer>> of them",
        "vector<int> and std::pair<a, b>",
        "If 3 <x and y> 5 both hold",
        "a<b and c>d",
        "x < y > z",
        "close it with </b> and </title>",
        "an <A HREF='x that never ends",
        '<a b="c',
        "<?php echo 1",
        "<?xml version='1.0'?> first",
        "<!DOCTYPE html> first",
        "<![CDATA[ some data",
        "<![CDATA[ some ]]> data",
        "<!-- never closed",
        "a <!-- never closed",
        "1 <- 2 -> 3 <-> 4",
        "<3 you",
        "<<EOF and >>",
        "<v-click>",
        "<your-name>",
        "Press <Enter>, then <Ctrl+C>",
        "</>",
        "<>",
        "< b>",
    ],
)
def test_what_is_no_tag_stays_as_it_was_typed(text: str) -> None:
    assert said(f"{text}\n\nNext **line**.") == f"{text} Next line."
    assert said(f"Before\n\n- {text}\n\nNext.") == f"Before {text} Next."


@pytest.mark.parametrize("begin", ["<!--", "<!-- a", "<div><!--", "<![CDATA[", "<?php", "<!X"])
def test_nothing_that_is_not_closed_eats_the_rest(begin: str) -> None:
    shown = said(f"One.\n\n{begin}\n\n## Two\n\n- Three\n\nFour.")
    assert re.sub(r".*One\.", "One.", shown).endswith("Two Three Four.")


def test_addresses_in_angles_are_links() -> None:
    html = body("<https://example.org/a> and <joe@example.org>")
    assert '<a href="https://example.org/a">https://example.org/a</a>' in html
    assert '<a href="mailto:joe@example.org">joe@example.org</a>' in html


def test_a_comment_is_not_shown() -> None:
    assert said("One <!-- two --> three\n\n<!-- four\n\nfive -->\n\nsix <!--> seven <!---> eight") == (
        "One three six seven eight"
    )


def test_elements_with_both_ends_do_what_they_say() -> None:
    html = body(
        '<div align="center">\n\n**bold**\n\n</div>\n\n<center>middle</center>\n\n<ul><li>one<li>two</ul>\n\n'
        'a <b>bold</b> <font color="red">red</font> <button>Go</button> line<br>end\n\n<p align="right">p\n'
    )
    for expected in (
        "<strong>bold</strong>",
        "<div>middle</div>",
        "<li>one</li>",
        "<b>bold</b> red Go line<br>end",
        "<p>p",
    ):
        assert expected in html
    assert "&lt;" not in html


def test_a_style_sheet_and_a_script_of_a_text_are_told_and_not_shown() -> None:
    made = render_markdown(
        "<style scoped>\nsection { color: blue }\n\nb {}\n</style>\n\nText <script>\n\n<script>x()</script>"
    )
    assert "color" not in made["html"]
    assert "x()" not in made["html"]
    assert "Text &lt;script&gt;" in made["html"]
    ((code, message),) = made["warnings"]
    assert code == "markup_dropped"
    assert "<script>" in message
    assert "<style>" in message


def test_words_around_a_style_sheet_are_kept() -> None:
    assert said("<style>a{}</style> words\n\n<style> sets the look and </style> ends it.") == (
        "<style>a{}</style> words <style> sets the look and </style> ends it."
    )


def test_deep_elements_are_flattened() -> None:
    shown = said("<div>\n" * 3_000 + "middle" + "</div>\n" * 3_000 + "\n\nend")
    assert shown == "middle end"


def test_a_drawing_in_the_text_is_a_picture() -> None:
    drawing = '<svg width="9" viewBox="0 0 9 9">\n\n<title>A river</title><text>Label &nbsp; here</text>\n</svg>'
    for text in (
        drawing,
        f"In {drawing.replace(chr(10), '')} a line",
        f"<div>\n{drawing.replace(chr(10), '')}\n</div>",
    ):
        made = render_markdown(text)
        found = re.search(r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="A river">', made["html"])
        assert found, made
        assert "Label \u00a0 here" in base64.b64decode(found[1]).decode()
        assert made["warnings"] == []


def test_the_words_of_a_drawing_that_is_none_are_kept() -> None:
    made = render_markdown("<svg><text>Label<text></svg> end")
    assert "Label" in made["html"]
    assert "end" in made["html"]
    assert [code for code, _ in made["warnings"]] == ["picture_refused"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# The <title> tag", "The <title> tag"),
        ("# Hello <your name>", "Hello <your name>"),
        ("# A List<String>", "A List<String>"),
        ("# <b>Bold</b> and <br> more", "Bold and more"),
        ("# Use <b> well", "Use <b> well"),
        ("# Plan <!-- draft -->", "Plan"),
    ],
)
def test_a_title_says_what_the_heading_does(text: str, title: str) -> None:
    assert title_of(text) == title
