"""What a model writes has no power: hostile answers through the allow-list, and the wrapping around honest ones."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.ai.clean import clean_answer, text_of

PICTURE = {"picture:1": "data:image/png;base64,iVBORw0KGgo="}
LINKS = frozenset({"https://known.example/a"})


def clean(answer: str) -> str:
    return clean_answer(answer, PICTURE, LINKS).html


@pytest.mark.parametrize(
    "answer",
    [
        "<h1>A</h1>\n<p>B</p>",
        "```html\n<h1>A</h1>\n<p>B</p>\n```",
        "~~~\n<h1>A</h1>\n<p>B</p>\n~~~\n",
        "Sure! Here is your document:\n\n```html\n<h1>A</h1>\n<p>B</p>\n```\nLet me know if you need more.",
        "Here it is: <h1>A</h1>\n<p>B</p>\n\nI hope this helps!",
        "<think>Should I use <h2>? No.</think>\n<h1>A</h1>\n<p>B</p>",
        "```html\n<h1>A</h1>\n<p>B</p>",
        "<!DOCTYPE html><html><head><title>T</title><style>p{}</style></head><body><h1>A</h1>\n<p>B</p></body></html>",
        "\ufeff<H1>A</H1>\n<P>B</P>",
    ],
)
def test_the_fragment_is_found_whatever_is_wrapped_around_it(answer: str) -> None:
    assert clean(answer) == "<h1>A</h1>\n<p>B</p>"


def test_fences_that_belong_to_the_document_stay() -> None:
    shown = "<h1>A</h1>\n<pre><code>\n```html\n&lt;p&gt;x&lt;/p&gt;\n```\n</code></pre>\n<p>B</p>"
    assert "```html" in clean(shown)
    assert clean(f"```html\n{shown}\n```").endswith("<p>B</p>")


@pytest.mark.parametrize(
    "answer", ["", "   ", "I cannot help with that.", "# Markdown\n\nonly", "{}", "<b>", "```\n```"]
)
def test_an_answer_without_a_document_is_empty(answer: str) -> None:
    assert clean(answer) == ""


@pytest.mark.parametrize(
    "hostile",
    [
        "<p>x</p><script>steal()</script>",
        "<p onclick=steal()>x</p>",
        "<p style='background:url(https://evil.example)'>x</p>",
        "<style>@import 'https://evil.example'</style><p>x</p>",
        "<p>x</p><img src=https://evil.example/a.png onerror=steal()>",
        "<p>x</p><img srcset='https://evil.example/a.png 1x'>",
        "<p>x</p><img src='data:image/svg+xml,<svg onload=steal()>'>",
        "<p><a href='javascript:steal()'>x</a></p>",
        "<p><a href='https://evil.example'>x</a></p>",
        "<p><a href='https://known.example/a.evil'>x</a></p>",
        "<p>x</p><iframe src=https://evil.example></iframe>",
        "<p>x</p><object data=https://evil.example></object><embed src=https://evil.example>",
        "<p>x</p><link rel=stylesheet href=https://evil.example>",
        "<p>x</p><base href=https://evil.example>",
        "<p>x</p><meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<p>x</p><form action=https://evil.example><input name=steal></form>",
        "<p>x</p><svg><script>steal()</script><image href=https://evil.example /></svg>",
        "<p>x</p><math><mtext><table><mglyph><style><img src=x onerror=steal()></style></mglyph></table></mtext>",
        "<p>x</p><video src=https://evil.example autoplay></video><audio src=https://evil.example></audio>",
        "<table background=https://evil.example><tr><td>x</td></tr></table>",
        "<blockquote cite=https://evil.example>x</blockquote>",
        "<p class=evil.example id=steal>x</p>",
        "<p>x</p><noscript><p title='</noscript><img src=x onerror=steal()>'></noscript>",
        "<p>x</p><!-- evil.example --><template><script>steal()</script></template>",
    ],
)
def test_nothing_hostile_is_left(hostile: str) -> None:
    made = clean(hostile)
    assert "x" in text_of(made)
    assert "steal" not in made
    assert "evil" not in made
    assert "javascript" not in made


def test_links_and_pictures_of_the_source_stay() -> None:
    made = clean("<p><a href='https://known.example/a'>x</a> <img src='picture:1' alt='A river'></p>")
    assert 'href="https://known.example/a"' in made
    assert 'src="data:image/png;base64,iVBORw0KGgo="' in made
    assert 'alt="A river"' in made


def test_a_picture_that_is_not_loaded_is_named() -> None:
    cleaned = clean_answer("<p>x</p><figure><img src='https://evil.example/a.png' alt=A></figure>", PICTURE, LINKS)
    assert cleaned.blocked == ("https://evil.example/a.png",)
    assert "alt=" in cleaned.html


def test_a_table_cannot_be_made_of_a_billion_cells() -> None:
    made = clean("<table><tr><td colspan=1000 rowspan=00000000065534>x</td><td colspan=2>y</td></tr></table>")
    assert "65534" not in made
    assert 'colspan="2"' in made


def test_direction_and_language_of_a_part_stay() -> None:
    assert clean("<p dir=rtl lang=ar>نهر</p>") == '<p dir="rtl" lang="ar">نهر</p>'


def test_control_characters_are_dropped() -> None:
    assert clean("<p>a\x00b\x1b[31mc\td</p>") == "<p>ab[31mc\td</p>"


def test_text_is_read_with_its_entities_and_without_its_tags() -> None:
    assert text_of('<p title="a &gt; b">1 &lt; 2 &amp; नदी</p>').split() == ["1", "<", "2", "&", "नदी"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "nested", ["<div>", "<b>", "<p><b><i>", "<table><tr><td>", "<dl><dt>", "```\n", "<think>", "<!--"]
)
def test_an_answer_made_to_be_slow_is_quick_enough(nested: str) -> None:
    answer = "<p>" + nested * (48_000 // len(nested))
    started = time.process_time()
    clean_answer(answer, PICTURE, LINKS)
    assert time.process_time() - started < 9


@given(st.text(alphabet="<>/=\"' `~\nabhp1:!-&;"))
def test_whatever_is_written_what_comes_out_is_stable_and_without_scripts(answer: str) -> None:
    once = clean("<p>x</p>" + answer)
    assert "<script" not in once.lower()
    assert clean(once) == once
