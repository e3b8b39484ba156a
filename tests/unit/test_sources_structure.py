"""Nesting, formulas and odd characters: nothing is lost, nothing is changed that was meant."""

from __future__ import annotations

import html
import re

import pytest

from pressrun.sources.html_scan import scan_html
from pressrun.sources.markdown import render_markdown
from pressrun.sources.titles import one_line


def body(text: str) -> str:
    return str(render_markdown(text)["html"])


def said(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body(text))).split())


@pytest.mark.parametrize("levels", [10, 60, 100])
def test_a_list_has_a_hundred_levels(levels: int) -> None:
    made = body("".join("  " * n + f"- level {n}\n" for n in range(levels)) + "\nAfter the list")
    assert made.count("<ul") == levels
    assert '<p dir="auto">After the list</p>' in made


@pytest.mark.parametrize("levels", [150, 300])
@pytest.mark.parametrize("form", ["- ", "1. ", "> ", "> - "])
def test_deeper_levels_are_flattened_and_nothing_is_lost(levels: int, form: str) -> None:
    step = "   " if form == "1. " else form if form == "> " else form.replace("- ", "  ")
    text = "".join(step * n + form + f"level{n}\n" for n in range(levels)) + "\nAfter *all*"
    words = [word for word in said(text).split() if word not in ("-", ">", "1.")]
    assert words == [*(f"level{n}" for n in range(levels)), "After", "all"]


def test_quotes_lists_tables_and_code_stand_in_each_other() -> None:
    made = body("> - a\n>   > b\n>   >\n>   > | c |\n>   > |---|\n>   > | d |\n>\n>   ```\n>   e\n>   ```\n\nf")
    for part in ("<td>d</td>", "<pre><code>e", "<blockquote>\n<p>b</p>"):
        assert part in made
    assert said("**a *b `c` ~~d~~* e** " + "*" * 60 + "f" + "*" * 60 + " g").replace("*", "") == "a b c d e f g"


@pytest.mark.parametrize(
    "formula",
    [
        r"$\{x_1 \mid x<y\}$", r"$$a_{1} * b_{2} * c$$", r"\(p \leq q\)", r"\[ r_{1} * s_{2} * t = u \]", r"$a*b$ and $c*d$", "$`a`$",  # noqa: E501
    ],
)  # fmt: skip
def test_a_formula_is_not_read_as_markdown(formula: str) -> None:
    made = body(f"It holds that {formula} here.")
    assert "<em>" not in made
    assert ("<math" in made) == (formula != "$`a`$")
    assert said(f"- {formula.replace('`', '')}\n\nNext.").endswith("Next.")


def test_a_formula_of_several_lines_that_cannot_be_typeset_keeps_them() -> None:
    formula = "$$\n\\begin{x}\n1 & 2 \\\\\n_3_ & 4\n\\end{x}\n$$"
    assert f'<div class="math">{html.escape(formula, quote=False)}</div>' in body(f"Text\n\n{formula}\n\nText")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It costs $5 and *you* have $10.", "It costs $5 and you have $10."),
        ("From $5 - *10* to $20", "From $5 - 10 to $20"),
        ("US$ *5* and CA$ 6", "US$ 5 and CA$ 6"),
        (r"\$a *b* c\$", "$a b c$"),
        (r"\[not a link\] and \(this\)", "[not a link] and (this)"),
        ("$$ never *closed*", "$$ never closed"),
    ],
)
def test_money_and_escapes_are_no_formulas(text: str, shown: str) -> None:
    assert said(text) == shown


@pytest.mark.parametrize("end", ["\v", "\u2028", "\u2029", "\u0085"])
def test_other_line_ends_end_a_line(end: str) -> None:
    assert re.search(r"one<br>\s*two", body(f"one{end}two and **more**"))
    assert re.search(r"<h1[^>]*>one<br>\s*two</h1>", body(f"# one{end}two"))
    assert re.search(r"<td>one<br>\s*two</td>", body(f"| a |\n|---|\n| one{end}two |"))


def test_a_form_feed_ends_a_paragraph() -> None:
    assert body("One.\fTwo.") == '<p dir="auto">One.</p>\n<p dir="auto">Two.</p>\n'


def test_what_was_read_as_latin_1_is_read_as_windows_1252() -> None:
    assert said("\x93quoted\x94 \x96 5 \x80\x85") == "“quoted” – 5 €…"


def test_bullets_of_word_are_characters_that_fonts_have() -> None:
    assert said("# List\n\n\uf0b7 a\n\uf0a7 b\n\uf0d8 c\n\uf0fc d") == "List • a ▪ b ➢ c ✓ d"
    assert (
        body("List\n\n\uf0b7 a\n\uf0b7 b, which is much longer than the sixty characters of a verse").count("<li>") == 2
    )


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\u202f"])
def test_another_space_behind_a_mark_is_one(space: str) -> None:
    assert "<h2" in body(f"##{space}Heading")
    assert "<li>" in body(f"# A\n\n-{space}item")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Ti\u00adtle with soft hy\u00adphens", "Title with soft hyphens"),
        ("Zero\u200bwidth \u2060a\ufeffb", "Zerowidth ab"),
        ("👩\u200d👩\u200d👧 family", "👩\u200d👩\u200d👧 family"),
        ("क्\u200dष می\u200cخواهم", "क्\u200dष می\u200cخواهم"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
    ],
)
def test_a_title_has_no_invisible_characters_but_those_that_join(text: str, title: str) -> None:
    assert one_line(text) == title
    assert scan_html(f"<title>{text}</title>")["title"] == title
