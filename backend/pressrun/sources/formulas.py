"""TeX of formulas as MathML, which Chromium draws with a font for mathematics. For the parser child.

`latex2mathml` knows the mathematics of LaTeX and AMS; `macros` unfolds what a text defines, `chemistry` reads `\\ce`.
What the library leaves out in silence is found here: commands that nobody knows, braces without their other half.
Whatever cannot be typeset is shown as it was typed, and told.
"""

from __future__ import annotations

import contextlib
import html
import re
import unicodedata
from typing import Final

from pressrun.sources.chemistry import NoChemistry, with_chemistry
from pressrun.sources.macros import Macros, NoMacros, without_definitions

MAX_FORMULA_CHARACTERS: Final = 5_000  # arbitrary: a page of aligned equations
MAX_CHARACTERS: Final = 100_000  # of all formulas of a text: some seconds; more stay as typed
_MAX_DEPTH: Final = 60  # of braces and environments; Python's stack bears more


def _spelled(name: str) -> str:
    return "LAMDA" if name == "lambda" else name.upper()  # as Unicode has it


_MACROS: Final = re.compile(
    r"\\(?:(?:re|provide)?newcommand|(?:re)?newenvironment|[egx]?def|let|DeclareMathOperator|require|input|include"
    r"|newcount|loop|csname|catcode|write|expandafter)(?![A-Za-z])"
)
_UNITS: Final = re.compile(r"\\pu(?![A-Za-z])")
_UNDRAWN: Final = re.compile(
    r"\\(?:label\s*\{[^{}]*\}|nonumber(?![A-Za-z])|notag(?![A-Za-z])|displaystyle\s*(?=\\begin))"
)
_COMMENT: Final = re.compile(r"(?<!\\)%[^\n]*")
_ALIGNED: Final = re.compile(
    r"\\(begin|end)\s*\{(?:align|aligned|alignat|alignedat|split|flalign|eqnarray|xalignat|IEEEeqnarray)\*?\}(?:\{\d+\})?"
)
_GATHERED: Final = re.compile(r"\\(begin|end)\s*\{(?:gather|gathered|multline|multlined)\*?\}")
_CASES: Final = re.compile(r"\\(begin|end)\s*\{(?:dcases|numcases)\*?\}")
_WHOLE: Final = re.compile(r"\\(?:begin|end)\s*\{(?:equation|displaymath|math)\*?\}")
_ENVIRONMENT: Final = re.compile(r"\\begin\s*\{([^{}]*)\}")
_ENVIRONMENTS: Final = frozenset(
    f"{name}{star}"
    for name in (
        "matrix",
        "pmatrix",
        "bmatrix",
        "Bmatrix",
        "vmatrix",
        "Vmatrix",
        "smallmatrix",
        "array",
        "cases",
        "align",
    )
    for star in ("", "*")
)
_UNKNOWN: Final = re.compile(r"<m[iot][a-z]*[^>]*>\s*\\([A-Za-z]+|[^<\s])")
_ARGUMENT: Final = re.compile(
    r"\\(?:text|textrm|textbf|textit|textsf|texttt|mbox|operatorname|mathrm)\*?\s*\{([^{}]*)\}"
)
_UNSAID: Final = re.compile(
    r"\\(?:begin|end)\s*\{[^{}]*\}(?:\s*\{[lcr|@ \d]*\})?"
    r"|\\(?:label|color|textcolor|hspace|vspace|mspace|href|class|style"
    r"|cssId|kern|mkern|phantom|hphantom|vphantom)\*?\s*\{[^{}]*\}"
    r"|\\(?:kern|mkern|hskip)\s*-?[\d.]+\s*[a-z]{2}|\\[A-Za-z]+\*?|\\."
)
_GREEK: Final = re.split(
    " ",
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega",
)
_FUNCTIONS: Final = "sin cos tan cot sec csc log ln lg exp lim max min sup inf det dim ker gcd deg arg hom"
_SPELLED: Final = {  # commands that a reader sees as a letter or a word
    **{name: unicodedata.lookup(f"GREEK SMALL LETTER {_spelled(name)}") for name in _GREEK},
    **{name.capitalize(): unicodedata.lookup(f"GREEK CAPITAL LETTER {_spelled(name)}") for name in _GREEK},
    **{name: name for name in re.split(" ", _FUNCTIONS)},
}
_COMMAND: Final = re.compile(r"\\([A-Za-z]+)")
_SIGN: Final = re.compile(r"\\[A-Za-z{}]|[\^_=<>+]|[A-Za-z0-9)]\s*[*/-]\s*[A-Za-z0-9(]")
_PROSE: Final = re.compile(r"[^\W\d_]{2,}[ \n]+[^\W\d_]{2,}|`")
_DELIMITERS: Final = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$"))


class NotTypeset(Exception):
    """Why a formula stays as it was typed, for a person."""


def is_formula(tex: str) -> bool:
    """Whether what stands between two dollars is mathematics: `$5 in Rome and 6$` is not."""
    bare = _UNSAID.sub(" ", _ARGUMENT.sub(" ", tex))
    if _PROSE.search(bare):
        return False
    return bool(_SIGN.search(tex)) or not re.search(r"\s", tex.strip())


def without_delimiters(source: str) -> str:
    """What stands between dollars or brackets."""
    source = source.strip()
    for begin, end in _DELIMITERS:
        if source.startswith(begin) and source.endswith(end) and len(source) >= len(begin) + len(end):
            return source[len(begin) : -len(end)].strip()
    return source


def check_size(tex: str, left: int) -> None:
    """`left`: characters that the formulas of a text have left, this one taken off. Raises: NotTypeset."""
    if len(tex) > MAX_FORMULA_CHARACTERS:
        raise NotTypeset(f"it is longer than {MAX_FORMULA_CHARACTERS} characters; part it")
    if left < 0:
        raise NotTypeset(f"a text has no more than {MAX_CHARACTERS} characters of formulas")


def typeset(tex: str, macros: Macros, *, block: bool) -> str:
    """Its MathML with the source as `alttext`, empty where it only defines macros, which `macros` has from then on.

    Raises: NotTypeset.
    """
    tex = _COMMENT.sub("", tex)
    source = " ".join(tex.split())
    try:
        unfolded = macros.take(tex)
        tex = with_chemistry(unfolded)
    except (NoMacros, NoChemistry) as exc:
        raise NotTypeset(str(exc)) from None
    if not tex.strip():
        return ""
    if (macro := _MACROS.search(tex)) is not None:
        raise NotTypeset(f"`{macro.group()}` is not read; write out what it stands for")
    if _UNITS.search(tex):
        raise NotTypeset(r"units (`\pu`) are not read; write `\mathrm{m/s}`")
    prepared = _prepared(tex)
    _check_braces(prepared)
    for name in _ENVIRONMENT.findall(prepared):
        if name not in _ENVIRONMENTS:
            raise NotTypeset(f"the environment `{name}` is not known")
    from latex2mathml.converter import convert  # noqa: PLC0415  (0.2 s that a text without formulas need not pay)

    try:
        made = str(convert(prepared, display="block" if block else "inline"))
    except RecursionError:
        raise NotTypeset("it is nested too deeply") from None
    except Exception as exc:  # noqa: BLE001  (the library lets errors of its own and Python's through; all mean: no TeX)
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(exc).__name__.removesuffix("Error")).lower()
        raise NotTypeset(f"it is no valid TeX ({name})") from None
    if (unknown := _UNKNOWN.search(made)) is not None:
        raise NotTypeset(f"`\\{unknown[1]}` is not known")
    return _for_browsers(made).replace("<math ", f'<math alttext="{html.escape(source)}" ', 1)


def said_in_formula(tex: str) -> str:
    """The letters, numbers and words that a reader sees of it."""
    tex = without_definitions(tex)
    with contextlib.suppress(NoChemistry):
        tex = with_chemistry(tex)
    parts: list[str] = []
    at = 0
    for found in _ARGUMENT.finditer(tex):
        parts += [_letters(tex[at : found.start()]), found[1]]
        at = found.end()
    return " ".join([*parts, _letters(tex[at:])])


def _letters(tex: str) -> str:
    tex = _COMMENT.sub(" ", tex)
    spelled = [_SPELLED[name] for name in _COMMAND.findall(tex) if name in _SPELLED]
    return " ".join([*spelled, *re.findall(r"\d+|[^\W\d_]", _UNSAID.sub(" ", tex))])


def _prepared(tex: str) -> str:
    """With the environments that the library knows; numbers of equations would begin anew in each."""
    tex = _UNDRAWN.sub(" ", _COMMENT.sub("", tex))
    tex = _ALIGNED.sub(r"\\\1{align*}", tex)
    tex = _CASES.sub(r"\\\1{cases}", tex)
    tex = tex.replace(r"\begin{rcases}", r"\left.\begin{array}{ll}").replace(r"\end{rcases}", r"\end{array}\right\}")
    tex = _GATHERED.sub(r"\\\1{matrix}", tex)
    return _WHOLE.sub(" ", tex).strip()


def _check_braces(tex: str) -> None:
    depth = 0
    for sign in re.findall(r"\\\\|\\[{}]|[{}]|\\begin(?![A-Za-z])|\\end(?![A-Za-z])", tex):
        depth += 1 if sign in ("{", "\\begin") else -1 if sign in ("}", "\\end") else 0
        if depth < 0 or depth > _MAX_DEPTH:
            break
    if depth > _MAX_DEPTH:
        raise NotTypeset("it is nested too deeply")
    if depth:
        raise NotTypeset("a brace or an environment has no other half")


# MathML Core knows no width that is added: without it the words stood over the next sign.
_WORDS_AT_ARROW = re.compile(r'<mpadded width="\+0\.833em" lspace="0\.556em"[^>]*>(.*?)</mpadded>')


def _for_browsers(mathml: str) -> str:
    """MathML Core (https://www.w3.org/TR/mathml-core/) says by style what MathML 3 said by attributes."""
    mathml = re.sub(r'<mtd columnalign="(left|right|center)"', r'<mtd class="\1"', mathml)
    mathml = mathml.replace('<menclose notation="box">', '<menclose class="boxed">')
    mathml = _WORDS_AT_ARROW.sub(r'<mrow><mspace width=".4em" />\1<mspace width=".4em" /></mrow>', mathml)
    return mathml.replace('<mspace linebreak="newline" />', '<mspace width="2em" />')
