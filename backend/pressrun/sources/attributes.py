"""Lists of attributes in braces, `{#id .class width=50%}`, as Pandoc and many others have them. Pure and linear.

https://pandoc.org/MANUAL.html#extension-attributes. Of what they say a document keeps classes and a width; an id
would only be in the way of those that the document has itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_ITEM: Final = (
    r"""(?:\#[\w:.-]++|\.-?[A-Za-z_][\w-]*+|=?[A-Za-z_][\w:.-]*+=(?:"[^"\n]*+"|'[^'\n]*+'|[^\s"'{}=]++)|-(?=[\s}])|:)"""
)
ATTRIBUTES: Final = re.compile(rf"""\{{[ \t]*{_ITEM}(?:[ \t]++{_ITEM}|(?=[.\#]){_ITEM})*[ \t]*\}}""")
_PIECE: Final = re.compile(
    r"""\#(?P<id>[\w:.-]+) | \.(?P<class>-?[A-Za-z_][\w-]*)
    | (?P<key>[A-Za-z_][\w:.-]*)=(?:"(?P<a>[^"\n]*)"|'(?P<b>[^'\n]*)'|(?P<c>[^\s"'{}=]+))""",
    re.VERBOSE,
)
_LENGTH: Final = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\d*(%|px|em|rem|ex|ch|cm|mm|in|pt|pc|vw|vh)?")


@dataclass(slots=True)
class Attributes:
    """What a list says. `values`: by key, the last one counts."""

    classes: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    def for_element(self) -> dict[str, str | int | float]:
        """What a document keeps of it."""
        kept: dict[str, str | int | float] = {}
        if self.classes:
            kept["class"] = " ".join(self.classes)
        if (length := css_length(self.values.get("width", ""))) is not None:
            kept["style"] = f"--width: {length}"
        return kept


class Read(NamedTuple):
    """A list, and where the text goes on behind it."""

    attributes: Attributes
    end: int


def read_attributes(text: str, at: int) -> Read | None:
    """The list that begins there; None if there is none, or braces with something else in them."""
    found = ATTRIBUTES.match(text, at)
    if found is None:
        return None
    made = Attributes()
    for piece in _PIECE.finditer(found.group()):
        if piece["class"]:
            made.classes.append(piece["class"])
        elif piece["key"]:
            made.values[piece["key"]] = piece["a"] or piece["b"] or piece["c"] or ""
    return Read(made, found.end())


def css_length(said: str) -> str | None:
    """A length of CSS, pixels where no unit is named; None for what is none."""
    found = _LENGTH.fullmatch(said.strip())
    return f"{found[1]}{found[2] or 'px'}" if found else None
