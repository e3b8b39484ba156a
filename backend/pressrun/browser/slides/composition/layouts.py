"""How a slide looks, by what is on it and by what its author says. Pure; the looks themselves are deck.css's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from pressrun.browser.slides.composition.flow import Atom, Flow

Layout = Literal[
    "title", "section", "text", "beside", "picture", "columns", "quote", "statement", "table", "code", "questions",
    "comparison", "closing",
]  # fmt: skip
LAYOUTS: frozenset[str] = frozenset(get_args(Layout))

_SHORT_DECK = 2.2  # slides: what is not longer has no slide for its title alone
_LEAST_SECTION = 1.5  # slides: a heading over other headings has a slide of its own if so much follows
_SUBTITLE_LINES = 4
_TITLE_SHARE = 0.5  # of a slide: what stands between the title and the first heading goes with it
_QUOTE_CHARACTERS = 420
_STATEMENT_CHARACTERS = 90
_CLOSING_CHARACTERS = 60
_QUESTIONS = 2


def opening_of(flow: Flow) -> dict[int, Layout]:
    """Atoms that begin a slide because the one before is a title's or a section's, and those: what layout they have.

    `text` where the slide in front of it ends.
    """
    atoms = flow.atoms
    found: dict[int, Layout] = {}
    room = flow.room * flow.columns
    if any(atom.author is not None for atom in atoms):
        return found  # he makes his own slides
    title_end = _title_end(flow)
    if title_end:
        found[0] = "title"
        found[title_end] = "text"
    levels = [atom.level for atom in atoms if atom.kind == "heading"]
    for at in range(max(1, title_end), len(atoms) - 1):
        atom, below = atoms[at], atoms[at + 1]
        if atom.kind != "heading" or below.kind != "heading" or atom.level >= below.level or atom.level > 2:  # noqa: PLR2004
            continue
        end = next((n for n in range(at + 1, len(atoms)) if 0 < atoms[n].level <= atom.level), len(atoms))
        height = (atoms[end].start if end < len(atoms) else flow.end) - atom.start
        if height >= _LEAST_SECTION * room and atom.level <= min(levels) + 1:
            found.setdefault(at, "section")
            found.setdefault(at + 1, "text")
            if found[at] == "text":
                found[at] = "section"
    return found


def _title_end(flow: Flow) -> int:
    """The first atom behind the title's slide; 0 where there is none."""
    atoms, room = flow.atoms, flow.room * flow.columns
    if len(atoms) < 2 or atoms[0].kind != "heading" or flow.end < _SHORT_DECK * room:  # noqa: PLR2004
        return 0
    highest = min((atom.level for atom in atoms[1:] if atom.kind == "heading"), default=7)
    if highest < atoms[0].level or highest == atoms[0].level > 1:
        return 0  # a heading as others, and no title
    following = next((at for at, atom in enumerate(atoms) if at and atom.kind == "heading"), len(atoms))
    plain = all(atom.kind == "text" and atom.top == "p" for atom in atoms[1:following])
    if following < len(atoms) and plain and atoms[following].end_before - atoms[0].start <= _TITLE_SHARE * room:
        return following
    second = next((at for at, atom in enumerate(atoms) if atom.block > atoms[1].block), len(atoms))
    subtitle = (atoms[second].end_before if second < len(atoms) else flow.end) - atoms[1].start
    if (
        atoms[1].top == "p"
        and atoms[1].kind == "text"
        and subtitle <= _SUBTITLE_LINES * flow.line
        and second < following
    ):
        return second
    # among others of its level, with a text of its own: the first of several parts
    return 0 if highest == atoms[0].level and atoms[1].kind != "heading" else 1


def layout_of(flow: Flow, first: int, last: int, chosen: Layout | None, *, opening: Mapping[int, Layout]) -> Layout:
    """Of the slide with these atoms; `chosen` where its height depends on it."""
    atoms = flow.atoms[first:last]
    said = (atoms[0].author or {}).get("layout", "")
    if said in LAYOUTS:
        return said  # type: ignore[return-value]
    if opening.get(first) in ("title", "section"):
        return opening[first]
    chosen = _of_an_end(flow, first, last) or chosen
    if chosen is not None:
        return chosen
    body = atoms[1:] if atoms[0].kind == "heading" else atoms
    if not body:
        return "section"
    return "columns" if flow.columns > 1 else _layout_of_body(body)


def _of_an_end(flow: Flow, first: int, last: int) -> Layout | None:
    """Of the first and the last slide of an author."""
    atoms = flow.atoms[first:last]
    if first == 0 and last < len(flow.atoms) and _is_title(flow, atoms):
        return "title"
    return "closing" if first and last == len(flow.atoms) and _is_closing(atoms) else None


def _is_title(flow: Flow, atoms: Sequence[Atom]) -> bool:
    """Of the first slide, where the author ends it: the name of the deck, and at most a few lines below it."""
    following = flow.atoms[len(atoms)]
    if atoms[0].kind != "heading" or atoms[0].level != 1 or following.author is None:
        return False
    plain = all(atom.kind == "text" and atom.top == "p" for atom in atoms[1:])
    return plain and following.end_before - atoms[0].start <= _TITLE_SHARE * flow.room


def _is_closing(atoms: Sequence[Atom]) -> bool:
    """Of the last slide, where the author begins it: a large heading ("Thank you!") and a few words, or an address."""
    if atoms[0].author is None or atoms[0].kind != "heading" or atoms[0].level != 1:
        return False
    body = atoms[1:]
    plain = all(atom.kind == "text" and atom.top == "p" and not atom.quoted for atom in body)
    return plain and 0 < sum(atom.characters for atom in body) <= _CLOSING_CHARACTERS


def _layout_of_body(body: Sequence[Atom]) -> Layout:
    kinds = {atom.kind for atom in body}
    characters = sum(atom.characters for atom in body)
    alone = body[0] if len(body) == 1 else None
    if all(atom.quoted for atom in body) and characters <= _QUOTE_CHARACTERS:
        return "quote"
    if kinds in ({"row"}, {"code"}):
        return "table" if kinds == {"row"} else "code"
    if alone is not None and alone.kind == "text" and alone.top == "p" and characters <= _STATEMENT_CHARACTERS:
        return "statement"
    return "questions" if all(atom.top == "dl" for atom in body) and len(body) >= _QUESTIONS else "text"
