"""Formulas are typeset as MathML; what cannot be is shown as typed and told, and everything ends."""

from __future__ import annotations

import re

import pytest

from pressrun.sources.markdown import render_markdown
from pressrun.sources.said import said_in_html
from pressrun.sources.said_in_text import said_in_text
from pressrun.sources.words import folded_words


def body(text: str) -> str:
    return str(render_markdown(text)["html"])


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        (r"so $a_1$ is", "<msub><mi>a</mi><mn>1</mn></msub>"),
        (r"so \(p \leq q\) is", "<mo>≤</mo>"),
        (r"so $$\frac12$$ is", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
        ("$$\n\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}\n$$", "<mtable>"),
        ("\\begin{align*}\na &= b \\\\\nc &= *d*\n\\end{align*}", '<mtd class="right"><mi>c</mi></mtd>'),
        ("\\begin{equation}\na\n\\end{equation}", "<mi>a</mi>"),
        ("$$\\begin{aligned} a &= b \\end{aligned}$$", '<mtd class="right">'),
        ("\\begin{gather}\na = 1 \\\\ b \\label{x} \\nonumber\n\\end{gather}", "<mtr><mtd><mi>b</mi></mtd></mtr>"),
        (r"\[ f(x) = \begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases} \]", "<mtext>else</mtext>"),
        (r"$\boxed{x}$", '<menclose class="boxed">'),
        (r"$x$ and $n$", "<mi>n</mi>"),
        (r"a list: $\{x \mid x<y\}$", "<mo>∣</mo>"),
    ],
)
def test_a_formula_is_typeset(text: str, drawn: str) -> None:
    made = render_markdown(text)
    assert drawn in made["html"]
    assert "\\" not in made["html"]
    assert made["warnings"] == []


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        (r"$\frac{a$", "no other half"),
        (r"$a}_1$", "no other half"),
        (r"$\undefined x$", r"`\undefined` is not known"),
        (r"$\left( x_1$", "no valid TeX"),
        (r"$\begin{tikz} x \end{tikz}$", "`tikz` is not known"),
        (r"$\newcommand{\a}{\a\a}\a$", "write out what it stands for"),
        (r"$\def\a{\b\b}\a$", "write out what it stands for"),
        (r"$\ce{H2O}$", "mhchem"),
        ("$" + "{" * 200 + "x_1" + "}" * 200 + "$", "nested too deeply"),
        ("$x_1" + "+x" * 3_000 + "$", "longer than"),
    ],
)
def test_what_cannot_be_typeset_is_shown_as_typed_and_told_with_its_line(formula: str, why: str) -> None:
    made = render_markdown(f"# A\n\nFirst.\n\nIt holds {formula} here.")
    ((code, message),) = made["warnings"]
    assert code == "formula_as_typed"
    assert message.startswith("Line 5: ")
    assert why in message
    assert f'<span class="math">{formula}</span>' in made["html"]


@pytest.mark.parametrize(
    "text", ["$5 in Rome and 6$ in Oslo", "It costs $5 and you have $10", "$HOME and $PATH", "a $ b $ c"]
)
def test_what_is_no_formula_is_text(text: str) -> None:
    assert body(text) == f'<p dir="auto">{text}</p>\n'


def test_a_formula_can_hold_nothing_that_does_something() -> None:
    for tex in (
        r"\href{javascript:x}{y}",
        r"\style{background:url(x)}{y}",
        r"\class{a}{y}",
        r"\text{<img src=x onerror=y>}",
        r"x<script>y_1",
    ):
        made = body(f"so ${tex}_1$ is")
        assert not re.search(r"<[^>]*(?:href|style|onerror|src)=|<script", made)


@pytest.mark.parametrize(
    "text",
    [
        r"It holds $a_{12} + \frac{bc}{2}$ here.",
        r"So \(p \leq q\) and \[ \int_0^\infty e^{-x^2}\,dx \] end.",
        "\\begin{align*}\na &= b \\\\\nc &= d \\text{ if so}\n\\end{align*}",
        r"$$\operatorname{rank} A = \mathrm{max} \color{red} x \hspace{1em} \mathbb{R}$$",
        "$$\\begin{array}{lr} 1 & x \\end{array}$$",
        r"$\frac{ab}{c$ is typed",
        r"\[not a link\] and \(this\)",
        "$5 in Rome = 6$",
    ],
)
def test_coverage_asks_for_what_a_formula_shows(text: str) -> None:
    def letters(words: list[str]) -> str:
        return "".join(sorted("".join(words)))

    asked = folded_words(said_in_text(text).text)
    shown = folded_words(said_in_html(body(text)).text)
    assert asked
    for letter in set(letters(asked)):
        assert letters(asked).count(letter) <= letters(shown).count(letter), letter


def test_endless_macros_and_many_formulas_end() -> None:
    """A hang is what this is about."""
    chain = "".join(rf"\def\{chr(98 + n)}{{\{chr(97 + n)}\{chr(97 + n)}}}" for n in range(24))
    for text in (
        f"$$ {chain} \\z $$",
        "$x_1$ " * 3_000,
        *(
            f"$$ {unit * 2_000} $$"
            for unit in ("{", "x^", "\\frac", "\\left(", "\\sqrt{", "&", "\\\\", "\\begin{matrix}")
        ),
        "$" * 20_000,
        "\\(" * 20_000,
        "\\begin{a}" * 5_000,
    ):
        render_markdown(text)
        said_in_text(text)
    told = render_markdown("$\\nope_1$ x " * 50)["warnings"]
    assert len(told) == 11
    assert told[-1][1].startswith("40 more")
