"""What authors of five tools write, and what becomes of it; and that what only looks alike stays as it is."""

from __future__ import annotations

import html
import re

import pytest

from pressrun.sources.containers import ALERTS
from pressrun.sources.deck_tokens import marked_lines
from pressrun.sources.markdown import render_markdown
from pressrun.sources.said import said_in_html
from pressrun.sources.said_in_text import said_in_text
from pressrun.sources.words import folded_words

PICTURE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # noqa: E501


def body(text: str) -> str:
    return str(render_markdown(text)["html"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a ==b *c*== d", "a <mark>b <em>c</em></mark> d"),
        ("H~2~O and 2^10^ and (a)^2^", "H<sub>2</sub>O and 2<sup>10</sup> and (a)<sup>2</sup>"),
        ("~gone~ and ~~gone too~~", "<s>gone</s> and <s>gone too</s>"),
        ("[small *caps*]{.smallcaps} here", '<span class="smallcaps">small <em>caps</em></span> here'),
        (":rocket: and :+1:", "🚀 and 👍"),
        ("`a`{.python} b", "<code>a</code> b"),
        ("[a](https://e.org){target=_blank} b", '<a href="https://e.org">a</a> b'),
    ],
)
def test_signs_within_a_line_mean_what_their_authors_meant(text: str, shown: str) -> None:
    assert body(f"{text}\n\n---\n\nend").startswith(f'<p dir="auto">{shown}</p>')


@pytest.mark.parametrize(
    "text",
    [
        "if a==b and c==d",
        "a == b and c == d",
        "=====",
        "x^2 and y^2",
        "~/home and ~/work",
        "10:30:45 and a:b:c and :nothing_is_called_so:",
        "[a] {b} and {c: 1}",
        "about ~5 and ~6",
    ],
)
def test_what_only_looks_like_a_sign_stays_as_typed(text: str) -> None:
    assert html.unescape(body(text)) == f'<p dir="auto">{text}</p>\n'


@pytest.mark.parametrize("kind", sorted(ALERTS))
def test_callouts_of_all_tools_are_alerts(kind: str) -> None:
    look = f"markdown-alert-{ALERTS[kind]}"
    assert look in body(f"> [!{kind}]\n> words")
    assert look in body(f"::: {{.callout-{kind}}}\nwords\n:::")
    titled = body(f"::: {kind} My title\nwords\n:::")
    assert look in titled
    assert '<p class="markdown-alert-title">My title</p>' in titled


def test_a_folded_callout_of_obsidian_is_open_and_has_its_title() -> None:
    made = body("> [!info]- My *title*\n> words\n> more\n\nb")
    assert '<p class="markdown-alert-title">My <em>title</em></p>\n<p>words\nmore</p>' in made
    assert body("> [!nothing] known\n> words").startswith("<blockquote")


def test_pictures_have_the_size_and_the_side_that_was_asked_for() -> None:
    made = body(
        f"![bg right:40%]({PICTURE})\n\n![w:300 my map]({PICTURE})\n\n![x]({PICTURE}){{width=50% .big}}\n\n![y]({PICTURE}){{height=2cm}}"  # noqa: E501
    )
    assert '<figure class="picture-right" style="--width: 40%" dir="auto">' in made
    assert re.findall(r'alt="([^"]*)"( width="[^"]*")?( height="[^"]*")?', made) == [
        ("", "", ""), ("my map", ' width="300"', ""), ("x", ' width="50%"', ""), ("y", "", ' height="76"'),
    ]  # fmt: skip
    assert "{" not in made


@pytest.mark.parametrize(
    ("info", "language", "marked"),
    [
        ("py {2,4-6}", "py", [2, 4, 5, 6]),
        ("ts{1|3|all}", "ts", [1]),
        ("js [2-3]", "js", [2, 3]),
        ("{.python .numberLines}", "python", []),
        ('{.python code-line-numbers="2,3"}', "python", [2, 3]),
        ("{python}", "python", []),
        ("python", "python", []),
        ("ts {monaco} {2}", "ts", [2]),
        ("py {1-999999999}", "py", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_marked_lines_of_code_are_marked(info: str, language: str, marked: list[int]) -> None:
    made = body(f"```{info}\n" + "".join(f"line{n}\n" for n in range(1, 8)) + "```")
    assert f'class="language-{language}"' in made
    found = re.findall(r'<span class="line-marked">.*?line(\d)', made)
    assert [int(n) for n in found] == marked


def test_marked_lines_are_bounded() -> None:
    assert len(marked_lines("1-99999999999,7")) < 3_000
    assert marked_lines("a-b,,3-") == {3}


PANDOC = (
    '% Rivers\n% A. Author\n% 2026\n\n# Springs {.unnumbered #s}\n\n## One\n\na\n\n. . .\n\nb\n\n## Two\n\n:::::: {.columns}\n::: {.column width="40%"}\n'  # noqa: E501
    'left\n:::\n::: {.column width="60%"}\nright\n:::\n::::::\n\n::: notes\nsaid\n:::\n'
)
QUARTO = (
    '---\ntitle: Rivers\nsubtitle: A study\nauthor:\n  - name: A. Author\nformat:\n  revealjs:\n    theme: dark\n---\n\n## One {background-color="red"}\n\n'  # noqa: E501
    "::: {.callout-tip}\n## Careful\n\nb\n:::\n\n::: {.incremental}\n- c\n:::\n\n## Two\n\n```{python}\nprint(1)\n```\n"
)
SLIDEV = (
    "---\ntheme: seriph\nlayout: cover\n---\n\n# Rivers\n\n---\nlayout: two-cols\ntransition: fade\n---\n\n# Two\n\n<v-clicks>\n\n- left\n\n</v-clicks>\n\n"  # noqa: E501
    "::right::\n\nright\n\n<!--\nsaid\n-->\n"
)
MARP = "---\nmarp: true\nheadingDivider: 2\n_class: lead\n---\n\n# Rivers\n\na\n\n## Two\n\nb\n\n***\n\nc\n\n<!-- said -->\n"  # noqa: E501
REVEAL = '---\nrevealOptions:\n  transition: fade\n---\n\n# Rivers\n---\n## Two\n<!-- .element: class="fragment" -->\n\nb\n\nNote:\nsaid\n----\n## Three\n'  # noqa: E501


@pytest.mark.parametrize(
    ("deck", "slides"),
    [(PANDOC, 4), (QUARTO, 3), (SLIDEV, 2), (MARP, 3), (REVEAL, 3)],
    ids=["pandoc", "quarto", "slidev", "marp", "reveal"],
)
def test_a_deck_of_each_tool_has_its_slides_and_nothing_of_its_signs(deck: str, slides: int) -> None:
    made = render_markdown(deck)
    parts = [part for part in made["html"].split('<hr class="slide-break"') if re.search(r">\w", part)]
    assert len(parts) == slides
    said = " ".join(re.sub(r"(?s)<aside[^>]* hidden>.*?</aside>|<[^>]+>", " ", made["html"]).split())
    for sign in (":::", ". . .", "v-click", "::right::", "{", "layout:", "Note", "fragment", "callout", "%"):
        assert sign not in said
    assert ("said" in made["html"]) == (deck is not QUARTO)
    text = said_in_text(deck).text
    shown = folded_words(said_in_html(made["html"]).text)
    assert [word for word in folded_words(text) if word not in shown] == []


def test_what_pandoc_and_slidev_put_side_by_side_stands_side_by_side() -> None:
    for deck in (PANDOC, SLIDEV):
        made = body(deck)
        assert made.count('class="column"') == 2
        left, _, right = made.partition('<div class="columns"')[2].rpartition('class="column"')
        assert "left" in left
        assert "right" in right
    assert 'style="--width: 40%"' in body(PANDOC)


def test_pandoc_and_quarto_begin_with_a_title_slide() -> None:
    assert body(PANDOC).startswith(
        '<h1 dir="auto">Rivers</h1>\n<p class="author" dir="auto">A. Author</p>\n<p class="date" dir="auto">2026</p>\n<hr'  # noqa: E501
    )
    assert body(QUARTO).startswith(
        '<h1 dir="auto">Rivers</h1>\n<p class="subtitle" dir="auto">A study</p>\n<p class="author"'
    )
    evil = body("---\ntitle: <script>x</script>\nformat: revealjs\n---\n\n## A\n\nb")
    assert "<script" not in evil


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a :rocket: b :nope: c", "a 🚀 b nope c"),
        ("# A {.unnumbered #first}\n\nb", "a b"),
        ("[a]{.smallcaps} and `b`{.python} c", "a and b c"),
        ("> [!info]- Title\n> b", "title b"),
        ("![a](x.png){width=50%} b", "b"),
    ],
)
def test_coverage_asks_for_no_sign_of_a_convention(text: str, said: str) -> None:
    assert folded_words(said_in_text(text).text) == said.split()


def test_many_signs_take_linear_time() -> None:
    """A hang is what this is about."""
    for unit in (
        "==a ",
        "[a]{",
        "a~b",
        "a^b",
        ":a",
        ":smile:",
        "{.a ",
        "[!info] ",
        "> [!note]\n",
        "![bg left](x)\n\n",
        "# a {.b}\n",
    ):
        render_markdown("x\n\n---\n\n" + unit * (15_000 // len(unit)))
        said_in_text(unit * (60_000 // len(unit)))
