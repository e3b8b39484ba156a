"""What stands in front of a text is read, bounded, and never shown."""

from __future__ import annotations

import re
import time

import pytest

from pressrun.sources.directives import LOOKS, USED
from pressrun.sources.front_matter import MAX_CHARACTERS, split_front_matter
from pressrun.sources.markdown import render_markdown
from pressrun.sources.text import title_of

REST = "# Heading\n\nText."


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ("---\ntitle: Rivers\n---", "Rivers"),
        ("\ufeff---\r\ntitle: Rivers\r\n---", "Rivers"),
        ("\n\n---\ntitle: Rivers\n...", "Rivers"),
        ("---  \n# a comment\ntitle: 'It''s here' # why\n---  ", "It's here"),
        ("---\ntitle: >\n  Two\n  lines\n---", "Two lines"),
        ("---\ntitle: |\n  Two\n\n  lines\ntags: [\n  a,\n  b\n]\n---", "Two lines"),
        ("---\ntitle: 2026\n---", "2026"),
        ("---\ntitle: 2026-01-05\n---", "2026-01-05"),
        ("---\nTitle: x\n---", "Heading"),
        ("---\ntitle:\n---", "Heading"),
        ("---\ntitle: null\n---", "Heading"),
        ("---\nübersicht: a\n日本: b\ntitle: c\n---", "c"),
        ("---\n---", "Heading"),
        ("---\n# nothing\n---", "Heading"),
        ("---\nstyle: |\n  h1 { a: b }\n\n  p {}\ntitle: c\n---", "c"),
        ('+++\ntitle = "Rivers"\ntags = ["a",\n  "b"]\n[extra]\nx = 1\n+++', "Rivers"),
        ('+++\ntitle = """\nMany\nlines"""\nok = true\n+++', "Many lines"),
    ],
)
def test_front_matter_is_read_and_not_shown(front: str, title: str) -> None:
    made = render_markdown(f"{front}\n{REST}")
    assert made["title"] == title
    assert made["html"] == '<h1 dir="auto">Heading</h1>\n<p dir="auto">Text.</p>\n'
    assert made["warnings"] == []


@pytest.mark.parametrize(
    ("front", "title", "said"),
    [
        ("---\ntitle: Rivers: a study\n---", "Rivers: a study", "no valid YAML"),
        ('---\ntitle: "never closed\n---', '"never closed', "no valid YAML"),
        ("---\ntitle: [a, b]\n---", "Heading", "`title`"),
        ("---\ntitle: {a: b}\n---", "Heading", "`title`"),
        ("---\na: &x [1]\nb: *x\ntitle: c\n---", "c", "alias"),
        ("---\na: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n---", "Heading", "alias"),
        ("---\na: " + "[" * 5_000 + "\n---", "Heading", "deep"),
        ("---\n" + "\n".join(" " * n + "a:" for n in range(300)) + "\n---", None, None),
        ("---\ntitle: big\nlist:\n" + "- item\n" * 50_000 + "---", "big", str(MAX_CHARACTERS)),
        ("+++\ntitle = no\n+++", "no", "no valid TOML"),
        ("+++\na = " + "[" * 5_000 + "\n+++", "Heading", "deep"),
        ('+++\ntitle = ["a"]\n+++', "Heading", "`title`"),
    ],
)
def test_front_matter_that_is_wrong_is_a_warning(front: str, title: str | None, said: str | None) -> None:
    made = render_markdown(f"{front}\n{REST}")
    assert "Text." in made["html"]
    assert len(made["html"]) < 100
    assert title is None or made["title"] == title
    if said is not None:
        ((code, message),) = made["warnings"]
        assert code == "front_matter_ignored"
        assert said in message


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nA paragraph between two lines.\n\n---\n\nB",
        "---\njust words\n---\n\nB",
        "---\ntitle: never closed\n\nB",
        "+++\nwords\n+++\n\nB",
        "+++\n",
        "---\n- a\n- b\n---\n",
        "---\nhttp://example.org\n---\n",
        "---",
    ],
)
def test_text_between_two_lines_is_text(text: str) -> None:
    assert split_front_matter(text).rest == text


def test_the_server_itself_finds_a_simple_title() -> None:
    assert title_of('---\ntitle: "A: b" # c\n---\n# D') == "A: b"
    assert title_of('+++\ntitle = "A"\n+++\n# D') == "A"
    assert title_of("---\ntitle: [a]\ntags: x\n---\n# D") == "[a]"
    assert title_of("---\nfoo: x\n---\n# D") == "D"


@pytest.mark.slow
def test_a_megabyte_of_it_takes_no_time() -> None:
    for line in ("a: b\n", "  \n", "# c\n", '"', "- x\n", "a: [\n", "k" * 50 + "\n", '"""\n'):
        for mark in ("---\n", "+++\n"):
            started = time.monotonic()
            split_front_matter(mark + line * (1_000_000 // len(line)))
            assert time.monotonic() - started < 20  # it does not hang; a tenth of a second each


def test_a_language_is_used_where_the_letters_tell_none() -> None:
    assert render_markdown("---\nlang: pt-BR\n---\nRios")["lang"] == "pt-BR"
    assert render_markdown('---\nlang: "\\"><script>"\n---\nRios')["lang"] == ""
    assert render_markdown("---\nlang: en\n---\n川は流れる。")["lang"] == "ja"


DECK = (
    "---\ntheme: seriph\n---\n\n# One\n\n---\nlayout: two-cols\nfoo: bar\n---\n\n# Two\n\n::right::\n\n---\n\n# Three\n"
)


def test_the_slides_of_a_deck_may_say_how_they_are_to_look() -> None:
    html = render_markdown(DECK)["html"]
    assert html.count('<hr class="slide-break"') == 2
    assert '<hr class="slide-break" data-layout="two-cols">' in html
    for gone in ("bar", "::right::", "seriph"):
        assert gone not in html
    assert [word for word in ("One", "Two", "Three") if f">{word}</h1>" not in html] == []


def test_outside_a_deck_only_what_slidev_knows_is_about_a_slide() -> None:
    html = render_markdown("# A\n\n---\nQuestion: why?\n---\n\nB\n\n---\nlayout: center\n---\n\nC")["html"]
    assert "Question: why?" in html
    assert "layout:" not in html
    assert '<hr class="slide-break" data-layout="center">' in html
    assert "<hr" not in render_markdown("# A\n\nlayout: center\n---\n")["html"]


def test_a_deck_that_is_quoted_in_a_text_stays_as_it_is() -> None:
    text = "# How to\n\n```md\n---\ntheme: x\n---\n\n# One\n\n---\nlayout: two-cols\n---\n```\n"
    html = render_markdown(text)["html"]
    assert "layout: two-cols" in html
    assert "slide-break" not in html


def test_a_line_of_dashes_begins_a_slide_and_other_lines_are_lines() -> None:
    made = render_markdown("# A\n\nb\n\n---\n\nc\n\n***\n\nd\n\n- - -\n\ne\n\nText\n---\n\n- f\n\n  ---\n")["html"]
    assert made.count('<hr class="slide-break">') == 1
    assert made.count("<hr>") == 3
    assert "<h2" in made


_ODD = (
    "[a, [b]]",
    "{a: b}",
    "",
    "~",
    "5",
    "-1e999",
    "true",
    '"quoted"',
    "|\n  two\n  lines",
    "[]",
    "x" * 3_000,
    "[1, 2, 3]",
)


@pytest.mark.parametrize("value", _ODD, ids=range(len(_ODD)))
def test_a_field_of_a_wrong_type_is_passed_over_and_the_text_is_shown(value: str) -> None:
    """Each field that anything reads, alone and in a deck of each tool."""
    read = [
        *sorted(USED | LOOKS),
        "theme",
        "footer",
        "backgroundImage",
        "paginate",
        "size",
        "aspect",
        "running_heading",
        "writing_mode",
        "brand",
    ]
    for deck in ("", "marp: true\n", "format: revealjs\n", "drawings: x\n", "slideNumber: true\n"):
        front = "".join(f"{key}: {value}\n" for key in read)
        made = render_markdown(f"---\n{deck}{front}---\n\n# Heading\n\nText.\n")
        assert "Text." in made["html"]
        assert all(re.search(r"line \d|`\w", message) for _, message in made["warnings"]), made["warnings"]
