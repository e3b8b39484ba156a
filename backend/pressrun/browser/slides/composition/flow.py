"""A document as the planner of slides sees it: atoms in order, measured in a column of a slide's width. Pure.

Owns the shape of what `in_page/composing/` answers. Lengths are CSS px at the theme's own size of type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

AtomKind = Literal["heading", "text", "code", "row", "picture", "box"]
# What begins with an atom: the outermost of it. `answer` is what explains a term; `joined` a row that a cell of the row
# above reaches into; `blank` a line of code behind an empty one; `line` any other line of code, or of verse.
Begins = Literal[
    "heading", "block", "item", "inner item", "answer", "row", "joined", "blank", "line", "sentence", "clause", "word"
]  # fmt: skip
_KINDS = frozenset(get_args(AtomKind))
_BEGINS = frozenset(get_args(Begins))


@dataclass(frozen=True, slots=True)
class Atom:
    """The smallest part that a slide may begin with.

    A slide that begins with it shows the document from `start` on; one that ends in front of it shows it up to
    `end_before`: their difference over all atoms between is how high the slide's content is.
    """

    kind: AtomKind
    before: Begins
    start: float
    end_before: float
    level: int = 0  # of a heading, 1..6; else 0
    soft: bool = False  # its lines wrap: at a smaller size there are fewer
    characters: int = 0
    lead: bool = False  # it ends with a colon, or is a line before a list
    keeps: bool = False  # it is the title of what follows: a callout's
    notes: tuple[int, ...] = ()  # footnotes that it calls
    block: int = 0  # the outermost block that it is of, by its number
    top: str = "p"  # and that block's name
    quoted: bool = False  # it stands in a quotation
    wide: float = 0.0  # how wide its lines are
    picture: tuple[float, float] | None = None  # of a picture: width and height as shown
    author: Mapping[str, str] | None = None  # here its author begins a slide, with what he says of it


@dataclass(frozen=True, slots=True)
class Flow:
    """The whole document. `room`: what a slide has for its content; `head`: what a repeated heading takes of it."""

    atoms: tuple[Atom, ...]
    end: float
    room: float
    head: float
    line: float
    column: float  # how wide the text was measured
    inner: float  # how wide a slide is within its margins
    notes: tuple[float, ...] = ()  # heights of footnotes
    columns: int = 1


def flow_of(answer: Mapping[str, Any]) -> Flow:
    """The page's answer."""
    return Flow(
        atoms=tuple(_atom_of(atom) for atom in answer["atoms"]),
        end=float(answer["end"]),
        room=float(answer["room"]),
        head=float(answer["head"]),
        line=float(answer["line"]),
        column=float(answer["column"]),
        inner=float(answer["inner"]),
        notes=tuple(map(float, answer["notes"])),
        columns=int(answer["columns"]),
    )


def _atom_of(told: Mapping[str, Any]) -> Atom:
    picture = told["picture"]
    author = told["author"]
    return Atom(
        kind=told["kind"] if told["kind"] in _KINDS else "box",
        before=told["before"] if told["before"] in _BEGINS else "block",
        start=float(told["start"]),
        end_before=float(told["endBefore"]),
        level=int(told["level"]),
        soft=bool(told["soft"]),
        characters=int(told["characters"]),
        lead=bool(told["lead"]),
        keeps=bool(told["keeps"]),
        notes=tuple(map(int, told["notes"])),
        block=int(told["block"]),
        top=str(told["top"] or "p"),
        quoted=bool(told["quoted"]),
        wide=float(told["wide"]),
        picture=(float(picture[0]), float(picture[1])) if picture else None,
        author=None if author is None else {str(name): str(value) for name, value in author.items()},
    )
