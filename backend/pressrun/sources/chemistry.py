"""Chemistry as mhchem writes it (`\\ce{2H2 + O2 -> 2H2O}`), as TeX. For the parser child; linear.

What lessons have of it: formulas with numbers, charges, states and isotopes, bonds, arrows with words above and below,
gases and precipitates, coefficients, water of crystals, nested TeX between dollars. See https://mhchem.github.io/MathJax-mhchem/
"""

from __future__ import annotations

import re
from typing import Final

_CALL: Final = re.compile(r"\\ce\s*\{")
_ARROWS: Final = {
    "<=>>": "rightleftharpoons",
    "<<=>": "rightleftharpoons",
    "<-->": "rightleftarrows",
    "<=>": "rightleftharpoons",
    "<->": "leftrightarrow",
    "->": "rightarrow",
    "<-": "leftarrow",
}
_STRETCHED: Final = {
    "rightarrow": "xrightarrow",
    "leftarrow": "xleftarrow",
    "leftrightarrow": "xleftrightarrow",
    "rightleftharpoons": "xrightleftharpoons",
    "rightleftarrows": "xrightleftharpoons",
}
_TOKEN: Final = re.compile(
    r"""\s*(?P<arrow><=>>|<<=>|<-->|<=>|<->|->|<-)(?P<above>\[(?:[^\[\]{}]|\{[^{}]*\})*\])?(?P<below>\[(?:[^\[\]{}]|\{[^{}]*\})*\])?\s*
    | (?P<tex>\$[^$]*\$)
    | (?P<gas>(?<=\s)\^(?=\s|$)) | (?P<solid>(?<=\s)v(?=\s|$))
    | (?P<raised>\^(?:\{[^{}]*\}|[0-9]*[+-]+|[0-9]+|.))
    | (?P<lowered>_(?:\{[^{}]*\}|[0-9]+|.))
    | (?P<state>\((?:s|l|g|aq|cr|am)\))
    | (?P<element>[A-Z][a-z]?)(?P<count>[0-9]+(?:\.[0-9]+)?)?
        (?P<charge>[0-9]*[+-](?=$|[\s\])},]|\((?:s|l|g|aq|cr|am)\)))?
    | (?P<closer>[\])])(?P<many>[0-9]+)?(?P<ion>[0-9]*[+-](?=$|[\s\])},]|\((?:s|l|g|aq|cr|am)\)))?
    | (?P<amount>[0-9]+(?:[./][0-9]+)?)\s?
    | (?P<water>\s*(?:\*|·|\\cdot\b|\.(?=\s*\d*[A-Z]))\s*)
    | (?P<plus>\s*\+\s*(?=\s|$|[A-Z0-9(\[^]))
    | (?P<bond>[-=\#](?=[A-Z(\[{]))
    | (?P<command>\\[A-Za-z]+\s*(?:\{[^{}]*\})?)
    | (?P<open>[(\[]) | (?P<braces>\{[^{}]*\}) | (?P<letter>e-(?![A-Za-z])|[a-z]+)
    | (?P<space>\s+) | (?P<other>[,;.:/'|])
    """,
    re.VERBOSE,
)
_BONDS: Final = {"-": "-", "=": "=", "#": r"\equiv"}


class NoChemistry(Exception):
    """Why it cannot be read, for a person."""


def with_chemistry(tex: str) -> str:
    """The formula with TeX for each `\\ce{…}`. Raises: NoChemistry."""
    parts: list[str] = []
    at = 0
    while found := _CALL.search(tex, at):
        end = _end_of(tex, found.end())
        parts += [tex[at : found.start()], _drawn(tex[found.end() : end - 1])]
        at = end
    return "".join([*parts, tex[at:]])


def _end_of(tex: str, at: int) -> int:
    depth = 1
    for sign in re.compile(r"\\.|[{}]", re.DOTALL).finditer(tex, at):
        depth += 1 if sign[0] == "{" else -1 if sign[0] == "}" else 0
        if not depth:
            return sign.end()
    raise NoChemistry("a brace has no other half")


def _drawn(said: str) -> str:
    parts: list[str] = []
    at = 0
    while at < len(said):
        found = _TOKEN.match(said, at)
        if found is None:
            raise NoChemistry(f"`{said[at : at + 12]}` in `\\ce` is not understood")
        parts.append(_part(found))
        at = found.end()
    return "{" + "".join(parts) + "}"


def _part(found: re.Match[str]) -> str:  # noqa: PLR0911, PLR0912  (a table of cases)
    match found.lastgroup:
        case "arrow" | "above" | "below":
            return _arrow(found)
        case "tex":
            return found["tex"][1:-1]
        case "gas":
            return r"\uparrow "
        case "solid":
            return r"\downarrow "
        case "raised" | "lowered":
            return _script(found[0][0], found[0][1:])
        case "state":
            return rf"\,{_upright(found['state'])}"
        case "element" | "count" | "charge":
            return _upright(found["element"]) + _scripts(found["count"], found["charge"])
        case "closer" | "many" | "ion":
            return found["closer"] + _scripts(found["many"], found["ion"])
        case "amount":
            number = found["amount"]
            return (
                rf"\tfrac{{{number.partition('/')[0]}}}{{{number.partition('/')[2]}}}"
                if "/" in number
                else rf"{number}\,"
            )
        case "water":
            return r"\cdot "
        case "plus":
            return " + "
        case "bond":
            return f"{{{_BONDS[found['bond']]}}}"
        case "braces":
            return found[0] if found[0] == "{}" else _upright(found[0][1:-1])
        case "letter" if found[0] == "e-":
            return r"\text{e}^{-}"
        case "letter":
            return found[0] if len(found[0]) == 1 else _upright(found[0])
        case "space":
            return r"\;"
        case _:
            return found[0]


def _arrow(found: re.Match[str]) -> str:
    name = _ARROWS[found["arrow"]]
    above, below = (found[side][1:-1] if found[side] else "" for side in ("above", "below"))
    if not above and not below:
        return rf"\; \{name} \;"
    under = f"[{_words(below)}]" if below else ""
    return rf"\; \{_STRETCHED[name]}{under}{{{_words(above)}}} \;"


def _words(said: str) -> str:
    """What stands at an arrow: chemistry if it reads as that, else words."""
    if said.startswith("$") and said.endswith("$"):
        return said[1:-1]
    try:
        return _drawn(said) if re.search(r"[A-Z][a-z]?[0-9^+-]|^[A-Z][a-z]?$|\\", said) else _upright(said)
    except NoChemistry:
        return _upright(said)


def _scripts(count: str | None, charge: str | None) -> str:
    return (f"_{{{count}}}" if count else "") + (f"^{{{charge}}}" if charge else "")


def _script(sign: str, said: str) -> str:
    inside = said[1:-1] if said.startswith("{") else said
    return f"{sign}{{{inside}}}"


def _upright(said: str) -> str:
    return rf"\text{{{said}}}"  # as \mathrm a word would come out as letters, and one letter slanted
