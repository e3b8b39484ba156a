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
    assert '<figure class="picture-background picture-right" style="--width: 40%" dir="auto">' in made
    assert re.findall(r'alt="([^"]*)"( width="[^"]*")?( height="[^"]*")?', made) == [
        ("", "", ""), ("my map", ' width="300"', ""), ("x", ' width="50%"', ""), ("y", "", ' height="76"'),
    ]  # fmt: skip
    assert "{" not in made


def test_a_picture_behind_a_slide_stands_alone_whatever_paragraph_it_was_written_in() -> None:
    made = body(f"words ![bg]({PICTURE})\nmore ![bg fit]({PICTURE})\n\n![bg]({PICTURE})\n# H")
    kinds = re.findall(r'<figure class="([^"]*)"', made)
    assert kinds == ["picture-background", "picture-background picture-contain", "picture-background"]
    assert made.index("</figure>\n<p") < made.index("words") < made.index("more") < made.rindex("<figure")


@pytest.mark.parametrize(
    ("deck", "classes"),
    [
        ("---\nmarp: true\nbackgroundImage: url('PICTURE')\n---\n\n# A\n\n---\n\n# B", ["", ""]),
        ("---\nmarp: true\n---\n\n# A\n\n---\n\n<!-- _backgroundImage: url(PICTURE) -->\n\n# B\n\n---\n\n# C", [""]),
        ("---\nmarp: true\nbackgroundImage: linear-gradient(red, blue)\n---\n\n# A\n\n---\n\n# B", []),
        (
            "---\ntheme: apple\nbackground: PICTURE\n---\n\n# A\n\n---\nlayout: image-left\nimage: PICTURE\n---\n\nB",
            ["", " picture-left"],
        ),
        (
            '# A\n\n---\n\n<!-- .slide: data-background="PICTURE" data-background-size="contain" -->\n\n# B',
            [" picture-contain"],
        ),
        ("% T\n\n# A {background-image=\"PICTURE\"}\n\na\n\n# B {.x}\n\nb", [""]),
    ],
    ids=["marp-all", "marp-one", "marp-gradient", "slidev", "reveal", "pandoc"],
)  # fmt: skip
def test_a_picture_that_is_said_of_a_slide_stands_behind_it(deck: str, classes: list[str]) -> None:
    made = render_markdown(deck.replace("PICTURE", PICTURE))
    found = re.findall(
        r'<hr class="slide-break"[^>]*>\s*<figure class="picture-background backdrop([^"]*)"', made["html"]
    )
    assert found == classes
    assert [code for code, _ in made["warnings"]] == ([] if classes else ["directive_ignored"])


def test_a_heading_that_begins_a_slide_says_how_it_is_to_look() -> None:
    made = body('% T\n\n# A {.inverse #id background-color="#123"}\n\na\n\n# B {.unnumbered transition="fade"}\n\nb')
    assert '<hr class="slide-break" data-background="#123" data-class="inverse">' in made
    assert "{" not in made


def test_the_heading_that_begins_a_callout_of_quarto_is_its_title() -> None:
    made = body("::: {.callout-warning}\n## *Mind* this\n\nwords\n:::")
    assert '<p class="markdown-alert-title"><em>Mind</em> this</p>\n<p>words</p>' in made
    assert "<h2" not in made
    assert "<h2" in body('::: {.callout-tip title="Mine"}\n## Other\n\nwords\n:::')


def test_macros_in_a_paragraph_of_their_own_hold_for_the_formulas_behind_them() -> None:
    text = "\\newcommand{\\R}{\\mathbb{R}}\n\\DeclareMathOperator{\\rank}{rank}\n\nSo $x \\in \\R$ is."
    made = render_markdown(text)
    assert made["warnings"] == []
    assert "ℝ" in made["html"]
    assert "newcommand" not in made["html"] + said_in_text(text).text
    for other in (
        "\\newcommand{\\R}{x} makes a command.\n\nSo $\\R$ is.",
        "\\newcommand{\\R}{\\mathbb{R}}\n\nIt is used nowhere.",
        "```\n\n\\newcommand{\\R}{x}\n\n```\n\nSo \\R is.",
    ):
        assert "newcommand" in body(other)
        assert "newcommand" in said_in_text(other).text


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
        '<hr class="slide-break" data-layout="title">\n<h1 dir="auto">Rivers</h1>\n<p class="author" dir="auto">A. Author</p>\n<p class="date" dir="auto">2026</p>\n<hr'  # noqa: E501
    )
    assert body(QUARTO).startswith(
        '<hr class="slide-break" data-layout="title">\n<h1 dir="auto">Rivers</h1>\n<p class="subtitle" dir="auto">'
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


@pytest.mark.slow
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
