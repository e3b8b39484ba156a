"""Formulas are typeset as MathML; what cannot be is shown as typed and told, and everything ends."""

from __future__ import annotations

import html
import re

import pytest

from pressrun.sources.markdown import render_markdown
from pressrun.sources.said import said_in_html
from pressrun.sources.said_in_text import said_in_text
from pressrun.sources.words import folded_words


def body(text: str) -> str:
    return str(render_markdown(text)["html"])


def shown_of(made: str) -> str:
    """Without what says a formula's source to a program."""
    return re.sub(r'<math alttext="[^"<>]*"', "<math", made)


def test_a_formula_says_its_source() -> None:
    r"""For screen readers, and as the alternative text of its picture: `x2` is not `x^2`."""
    sources = [r"\frac{1}{3} < y", "x^2 +y^2 = z"]
    made = body(f"so ${sources[0]}$ is\n\n$$\nx^2\n  +y^2 % why\n = z\n$$")
    told = [html.unescape(found) for found in re.findall(r'<math[^>]* alttext="([^"]*)"', made)]
    assert told == sources


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
        (r"$\begin{dcases} a_1 & b \\ c & d \end{dcases}$", "<mi>d</mi>"),
        (r"$\begin{rcases} a_1 \\ c \end{rcases} = d$", "<mi>d</mi>"),
        (r"$\DeclareMathOperator{\lcm}{lcm} \lcm(a_1, b)$", "<mo>lcm</mo>"),
        (r"$\newcommand{\v}[2]{\vec{#1}_{#2}} \v{a}{1} + \v b 2$", "<mi>b</mi>"),
        (r"$\ce{2H2 + O2 -> 2H2O}$", "<mo>→</mo>"),
        (r"$\ce{SO4^2-}$", "<mn>2</mn><mo>−</mo>"),
        (r"$\ce{Na+ + Cl- <=> NaCl(s) v}$", "⇌"),
        (r"$\ce{A ->[heat][\Delta] B}$", "heat"),
        (r"$\ce{^{227}_{90}Th+}$", "<mn>227</mn>"),
        (r"$\ce{CuSO4*5H2O}$", "·"),
        (r"a list: $\{x \mid x<y\}$", "<mo>∣</mo>"),
    ],
)
def test_a_formula_is_typeset(text: str, drawn: str) -> None:
    made = render_markdown(text)
    assert drawn in made["html"]
    assert "\\" not in shown_of(made["html"])
    assert made["warnings"] == []


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        (r"$\frac{a$", "no other half"),
        (r"$a}_1$", "no other half"),
        (r"$\undefined x$", r"`\undefined` is not known"),
        (r"$\left( x_1$", "no valid TeX"),
        (r"$\begin{tikz} x \end{tikz}$", "`tikz` is not known"),
        (r"$\newcommand{\a}{\a\a}\a$", "without end"),
        (r"$\def\a{\b\b}\def\b{\a\a}\a$", "without end"),
        (r"$\newcommand{\a}[1][x]{y}\a$", "may be left out"),
        (r"$\newcommand{\a}{#1}\a$", "more arguments than it has"),
        (r"$\newcommand{\a}[1]{#1}\a$", "is missing"),
        (r"$\let\a\b$", "write out what it stands for"),
        (r"$\ce{H2O!!}$", "`!!` in `\\ce` is not understood"),
        (r"$\pu{1 m/s}$", "units"),
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
        assert not re.search(r"<[^>]*(?:href|style|onerror|src)=|<script", shown_of(made))


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


@pytest.mark.slow
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


def test_a_macro_holds_for_what_follows_and_its_definition_is_not_seen() -> None:
    text = "$\\R$ a\n\n$$\n\\newcommand{\\R}{\\mathbb{R}}\n$$\n\n$x \\in \\R$ b"
    made = render_markdown(text)
    assert made["html"].count("ℝ") == 1
    assert "newcommand" not in made["html"]
    assert [message.split(":")[0] for _, message in made["warnings"]] == ["Line 1"]
    assert "newcommand" not in said_in_text(text).text


def test_macros_that_stand_for_gigabytes_end_soon_in_however_many_formulas() -> None:
    doubled = "".join(f"\\newcommand{{\\{chr(97 + at)}}}{{\\{chr(98 + at)}\\{chr(98 + at)}}}" for at in range(24))
    text = f"${doubled}$\n\n" + "\n\n".join(f"$\\a x_{{{at}}}$" for at in range(5_000))
    made = render_markdown(text)
    assert made["warnings"][-1][1].startswith("4990 more formulas")


@pytest.mark.parametrize(
    "tex",
    [
        r"\ce{Hg^2+ ->[I-] HgI2 ->[more I-] [Hg^{II}I4]^2-}",
        r"\ce{AgCl v}",
        r"\newcommand{\q}{Q} \q_1",
        r"\ce{1/2 O2 ^}",
    ],
)
def test_coverage_asks_for_what_is_seen_of_chemistry_and_macros(tex: str) -> None:
    shown = folded_words(said_in_html(body(f"${tex}$")).text)
    assert not set(folded_words(said_in_text(f"${tex}$").text)) - set(shown)


def test_words_at_an_arrow_have_room_of_their_own() -> None:
    for tex in (r"A \xrightarrow{\text{heat}} B", r"\ce{A <=>[heat] B}"):
        made = render_markdown(f"${tex}$")["html"]
        assert "mpadded" not in made, "MathML Core takes its lspace and not its width"
        assert made.count('<mspace width=".4em">') == 2


@pytest.mark.parametrize(
    ("tex", "holds"),
    [
        (r"\newcommand{\T}{t} x\in\T", "∈"),
        (r"\newcommand{\x}{y} \alpha\x", "<mi>y</mi>"),
        (r"\newcommand{\vv}[1]{\vec#1} \vv{x}", "<mi>x</mi>"),
        (r"\ce{Zn -> Zn^2+ + 2e-}", "<mtext>e</mtext>"),
        (r"\ce{CuSO4·5H2O}", "<mo>·</mo>"),
        (r"\ce{OH-(aq)}", "<mo>−</mo>"),
    ],
)
def test_a_macro_or_a_sign_is_no_part_of_the_command_before_it(tex: str, holds: str) -> None:
    made = render_markdown(f"${tex}$")
    assert made["warnings"] == []
    assert holds in made["html"].replace("−", "−").replace("-</mo>", "−</mo>")


def test_what_macros_read_is_charged_too() -> None:
    deep = "\\a{" + "{" * 2_000 + "}" * 2_000 + "}"
    text = "$\\newcommand{\\a}[1]{\\a{#1}} x$\n\n" + f"${deep}$\n\n" * 20
    assert "without end" in str(render_markdown(text)["warnings"])  # each formula took three seconds; a hang is meant
