"""What authors of slides write beside the text: breaks, keys, directives, notes. Nothing goes in silence."""

from __future__ import annotations

import re

import pytest

from pressrun.sources.containers import find_containers
from pressrun.sources.markdown import render_markdown
from pressrun.sources.said_in_text import said_in_text
from pressrun.sources.words import folded_words

BREAK = '<hr class="slide-break">'


def body(text: str) -> str:
    return str(render_markdown(text)["html"])


def notes(text: str) -> list[str]:
    found = re.findall(r"(?s)<aside class=\"notes\"[^>]* hidden>(.*?)</aside>", body(text))
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


def warnings(text: str, code: str) -> str:
    return " ".join(message for found, message in render_markdown(text)["warnings"] if found == code)


MARP = "---\nmarp: true\n---\n\n# A\n\n"
SLIDEV = "---\ntheme: seriph\nlayout: cover\nhighlighter: shiki\n---\n\n# A\n\n"
REVEAL = "---\nrevealOptions:\n  transition: fade\n---\n\n# A\n\n"


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        ("a\n\n---\n\nb", 1),
        ("a\n\n----\n\nb", 1),
        ("# a\n---\n\nb", 1),
        ("a\n---\nb", 0),  # a heading
        ("a\n\n***\n\nb\n\n___\n\nc\n\n- - -\n\nd", 0),
        ("```\n\n---\n\n```", 0),
        ("- a\n\n  ---\n", 0),
        ("> a\n>\n> ---\n", 0),
        ("| a |\n|---|\n| b |", 0),
        (MARP + "***\n\nb", 1),
        (MARP + "a\n---\nb", 0),
        (SLIDEV + "a\n---\nb", 2),  # its own layout, and the line
        (REVEAL + "a\n---\nb\n\n----\n\nc", 2),
        ("% Title\n% Author\n\n# A\n\n* * *\n\nb", 3),  # the title's own layout, its end, and the line
    ],
)
def test_a_line_of_dashes_begins_a_slide(text: str, breaks: int) -> None:
    assert body(text).count('<hr class="slide-break"') == breaks


def test_what_a_slide_says_of_itself_stands_at_its_beginning() -> None:
    made = body(SLIDEV + "---\nlayout: two-cols\nclass: text-center\nbackground: '#fff'\n---\n\nb")
    assert '<hr class="slide-break" data-layout="title">' in made
    assert '<hr class="slide-break" data-layout="two-cols" data-class="text-center" data-background="#fff">' in made
    assert "seriph" not in made
    marp = body(MARP + "<!-- _class: lead -->\n\n---\n\n<!-- class: inner -->\n\nb\n\n---\n\nc")
    assert re.findall(r"data-class=\"(\w+)\"", marp) == ["lead", "inner", "inner"]
    reveal = body(REVEAL + '---\n\n<!-- .slide: data-background="#ff0000" -->\n\nb')
    assert '<hr class="slide-break" data-background="#ff0000">' in reveal


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MARP + "b\n\n<!-- say this\n\nand that -->", ["say this and that"]),
        (MARP + "<!-- paginate: true -->\n\n<!-- fit -->\n\n<!-- prettier-ignore -->\n\nb", []),
        (MARP + "# <!-- fit --> Title\n\nwords <!-- within --> a line", ["within"]),
        (SLIDEV + "<!-- about the text -->\n\nb\n\n<!-- the note -->\n\n---\n\nc", ["the note"]),
        (REVEAL + "b\n\nNote: say *this*\n\n- and that\n\n---\n\nc", ["say this and that"]),
        ("a\n\n::: notes\nsay **this**\n:::\n\nb", ["say this"]),
        ("a\n\n::: {.notes}\n\n- this\n\n:::\n\nb", ["this"]),
        ("a\n\n<aside class='notes'>this</aside>\n\nb", ["this"]),
        ("a\n\n<!-- a remark in an article -->\n\nb", []),
        ("a\n\n---\n\n<!-- at the beginning -->\n\nb", ["at the beginning"]),
        (MARP + "<!-- <script>x</script> -->", ["&lt;script&gt;x&lt;/script&gt;"]),
        ("a\n\n::: notes\nnever closed", []),
    ],
)
def test_a_note_is_in_the_document_and_hidden(text: str, said: list[str]) -> None:
    assert notes(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n\n::: notes\nsecret\n:::\n\nb", "a b"),
        ("a\n\n::: {.columns .x width=50%}\nb\n:::\n\nc", "a b c"),
        ("::: anything else\na\n:::", "anything else a"),
        ("::: notes\nnever closed", "notes never closed"),
        (SLIDEV + "b\n---\nlayout: x\n---\nc\n::right::\nd", "a b c d"),
        ("% Title\n% Author\n\na", "a"),
    ],
)
def test_coverage_asks_for_no_note_and_no_mark(text: str, said: str) -> None:
    assert folded_words(said_in_text(text).text) == said.split()


def test_what_nobody_does_here_is_named_with_its_line() -> None:
    told = warnings(
        "---\nmarp: true\ntheme: gaia\nfooter: me\ntransition: x\n---\n\n# A\n\n---\n\n<!-- backgroundRepeat: x -->",
        "directive_ignored",
    )
    assert told == ("Not used: `backgroundRepeat` (line 12). docs/markdown.md says what is read.")
    assert "`src` (line 7)" in warnings("---\ntheme: x\n---\n\n# A\n\n---\nsrc: ./b.md\n---\n\nb", "directive_ignored")
    assert warnings("---\ntags: [a]\naliases: b\n---\n\ntext", "directive_ignored") == ""


def test_a_block_without_its_end_or_of_an_unknown_kind_is_text_and_named() -> None:
    told = warnings("a\n\n::: {.columns}\n\nb\n\n::: mystery\nc\n:::\n", "markup_unknown")
    assert "Line 3: `::: {.columns}` is never closed" in told
    assert "`mystery` (line 7)" in told
    assert body("::: mystery\nc\n:::").count(":::") == 2


@pytest.mark.parametrize("fence", ["```", "~~~~", "```py"])
def test_a_listing_without_its_end_is_named(fence: str) -> None:
    mark = fence.removesuffix("py")
    told = warnings(f"# A\n\n{fence}\ncode\n\nmore\n", "markup_unknown")
    assert told == f"Line 3: a listing (`{mark}`) is never closed and goes on to the end. Close it by a line `{mark}`."
    assert warnings(f"# A\n\n{fence}\ncode\n{mark}\n", "markup_unknown") == ""
    assert warnings(f"# A\n\n{fence}\ncode\n{mark}", "markup_unknown") == ""
    assert warnings("def f(x):\n    return x\n\nText.", "markup_unknown") == ""


@pytest.mark.slow
def test_many_marks_take_linear_time() -> None:
    """A hang is what this is about."""
    for unit in ("::: notes\n", ":::\n", "::: {.a}\n\n", "---\n\n", "---\na: b\n", "<!-- a -->\n\n", "::right::\n"):
        text = MARP + unit * 20_000
        find_containers(text.split("\n"))
        said_in_text(text)
    for unit in ("::: notes\n", "::: columns\nx\n:::\n", "---\n\nx\n\n", "<!-- a -->\n\n"):
        render_markdown(MARP + unit * 3_000)
