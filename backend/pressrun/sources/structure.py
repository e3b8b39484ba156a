"""The structure of a text that was pasted without any: headings, lists, questions, words and meanings, dialogues.

A text with no Markdown of its own is written anew with blank lines between its paragraphs and signs of Markdown where a
line says by its form what it is; every word stays, and stays in its place. What is not sure stays as it was typed: one
heading too many hurts more than one that is missing. Pure and linear; before the parser.

What stands on lines of its own is told by `paragraph_units`. What is counted makes headings when its numbers go up over
the whole text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from pressrun.sources.heading_words import is_label
from pressrun.sources.line_numbers import Lines
from pressrun.sources.numbered_lines import (
    FULL,
    LEAST_RANK,
    MAX_HEADING_WIDTH,
    PROSE_WIDTH,
    STOPS,
    WRAPPED,
    Part,
    ends_sentence,
    part_of,
    width,
)
from pressrun.sources.numerals import counts_up, read_number
from pressrun.sources.outline_lines import MAX_TITLE, OUTLINE, is_sentence, is_title, names_section, touches
from pressrun.sources.paragraph_units import Unit, in_capitals, is_verse, may_end_title, may_head, units_of
from pressrun.sources.typed_lists import Passage, find_passages
from pressrun.sources.typed_marks import ITEM, begins_choice

_TITLE_WIDTH: Final = 8
_FEW: Final = 3  # paragraphs that need no title
_TOUCHING: Final = ("han", "sections")  # behind them no blank is typed
_BLANK: Final = re.compile(r"^(\s*)_(?=_{4,}\s*$)")  # a line to write on, no rule
# the number of a page (`- 2 -`), no item of a list
_PAGE: Final = re.compile(r"^(\s*)([-*+])(?=[ \t]*\d{1,4}[ \t]*\2[ \t]*$)")


@dataclass(slots=True)
class Structured:
    """The text written anew, and classes of its blocks by the line (from 0) on which they begin."""

    lines: Lines
    classes: dict[int, str] = field(default_factory=dict)
    found: bool = False  # whether anything but paragraphs was


def find_structure(source: Lines) -> Structured:
    """`source`: a pasted text, its listings fenced."""
    units = units_of(source)
    heads = _counted(units)
    _join_titles(units, heads)
    units = [unit for unit in units if unit.lines]
    heads = {at for at, unit in enumerate(units) if unit.level}
    heads |= _outline(units, heads)
    _title(units, _passages(units))
    _shaped(units, heads | {0} if units and units[0].level else heads)
    _title(units, _passages(units))
    units = _joined_lines(units)
    return _write(units, _passages(units))


def _passages(units: list[Unit]) -> dict[int, Passage]:
    return find_passages([None if unit.level or unit.fenced else unit.text for unit in units])


def _counted(units: list[Unit]) -> set[int]:
    """Makes headings of the lines that count the parts of the text."""
    kinds: dict[tuple[str, str], list[tuple[int, Part]]] = {}
    for at, unit in enumerate(units):
        part = part_of(unit.text) if unit.is_line else None
        if part is not None and not (part.rank == LEAST_RANK and "a" <= unit.text[:1] <= "z"):
            kinds.setdefault(part.kind, []).append((at, part))
    ranks: dict[int, list[int]] = {}
    for found in kinds.values():
        members = _without_contents(units, found)
        places = [at for at, _ in members]
        with_body = [at for at in places if at + 1 < len(units) and at + 1 not in places]
        known = members[0][1].known
        if not with_body or len(with_body) * 2 < len(places):
            continue
        if not known:
            prose = [at for at in with_body if units[at + 1].is_prose]
            if len(places) < 3 or not counts_up([part.value for _, part in members]) or len(prose) * 2 < len(places):  # noqa: PLR2004
                continue
        elif len(places) > 2 and not _restarts([part.value for _, part in members]):  # noqa: PLR2004
            continue
        ranks.setdefault(members[0][1].rank, []).extend(places)
    for level, rank in enumerate(sorted(ranks), start=2):
        for at in ranks[rank]:
            units[at].level = min(level, 4)
    return {at for places in ranks.values() for at in places}


def _without_contents(units: list[Unit], members: list[tuple[int, Part]]) -> list[tuple[int, Part]]:
    """What stands there twice names a part only where prose follows, if it does somewhere: else a table lists it."""
    times = Counter(units[at].text for at, _ in members)
    with_prose = {units[at].text for at, _ in members if _has_prose(units, at)}
    return [
        (at, part)
        for at, part in members
        if times[text := units[at].text] == 1 or text not in with_prose or _has_prose(units, at)
    ]


def _join_titles(units: list[Unit], heads: set[int]) -> None:
    """`CHAPTER I`, and on a line of its own what it is about: one heading of two lines."""
    bare = [at for at in sorted(heads) if not getattr(part_of(units[at].text), "title", "")]
    titled = [at for at in bare if at + 2 < len(units) and _may_be_title(units[at + 1])]
    usual = len(titled) > 1 and len(titled) * 3 >= 2 * len(bare)
    for at in titled:
        title, after = units[at + 1], units[at + 2]
        if (
            usual
            or title.text.isupper()
            or (title.after_blank and after.after_blank and after.is_prose)
            or names_section(after.text)
        ):
            units[at].lines += title.lines
            title.lines = []


def _may_be_title(unit: Unit) -> bool:
    text = unit.text
    if not unit.is_line or unit.level or unit.listed or is_label(text) or not text[:1].isalpha():
        return False
    return width(text) <= MAX_HEADING_WIDTH and may_end_title(text)


def _restarts(values: list[int]) -> bool:
    """Whether the numbers go up, and begin anew at most where a larger part does."""
    ups = sum(before < after for before, after in pairwise(values))
    anew = sum(after == 1 for _, after in pairwise(values))
    return (ups + anew) * 10 >= 9 * (len(values) - 1)  # a slip of the pen in ten


def _outline(units: list[Unit], heads: set[int]) -> set[int]:
    """`1. The river`, `2.3 Its water`: headings where each is followed by prose, and the numbers go up."""
    kinds = _numbered_lines(units, heads)
    headings = {kind: _headings_of(units, kind, members) for kind, members in kinds.items()}
    made = {kind: places for kind, places in headings.items() if places}
    first_depth = {style: min(depth for known, depth in kinds if known == style) for style, _ in kinds}
    base = 3 if heads else 2
    firsts = {style: places[0] for (style, depth), places in made.items() if depth == first_depth[style]}
    for (style, depth), places in made.items():
        outer = sum(first < places[0] for other, first in firsts.items() if other != style)
        for at in places:
            units[at].level = min(base + outer + depth - first_depth[style], 5)
    return {at for places in made.values() for at in places}


def _numbered_lines(units: list[Unit], heads: set[int]) -> dict[tuple[str, int], list[tuple[int, int]]]:
    """Units that may be titles behind numbers, each with its number, by how that is written and how deep it is."""
    kinds: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for at, unit in enumerate(units):
        found = OUTLINE.match(unit.text.strip()) if unit.is_line and at not in heads else None
        if found is None or width(unit.text) > MAX_HEADING_WIDTH or not is_title(found["title"], unit.text):
            continue
        depth = found["number"].count(".")
        number = read_number(found["number"].rpartition(".")[2])
        if number is None or not (found["sign"] or depth) or (number.style not in _TOUCHING and touches(found)):
            continue
        members = kinds.setdefault((f"{found['open']}{number.style}{found['sign']}", depth), [])
        expected = (1, members[-1][1] + 1) if members else (1,)
        if number.style == "roman" and len(found["number"]) == 1 and number.value not in expected:
            continue  # `C.` behind `B.`
        members.append((at, number.value))
    return kinds


def _headings_of(units: list[Unit], kind: tuple[str, int], members: list[tuple[int, int]]) -> list[int]:
    """The units of one kind of number that are headings."""
    if all(names_section(units[at].text) for at, _ in members) and _part_a_text(units, members):
        return [at for at, _ in members]
    if _are_sections(units, members):
        return [at for at, _ in members]
    if not counts_up([value for _, value in members]):  # a table of contents stands before what it lists
        members = [member for member in members if _has_prose(units, member[0])]
    places = {at for at, _ in members}
    with_prose = [at for at in places if _has_prose(units, at) and at + 1 not in places]
    numbered = kind[1] > 0 or counts_up([value for _, value in members])
    if len(places) < 2 or not numbered or len(with_prose) * 3 < len(places) * 2:  # noqa: PLR2004
        return []
    return sorted(places)


def _are_sections(units: list[Unit], members: list[tuple[int, int]]) -> bool:
    """Whether each begins a passage behind a blank line and heads it; what is chosen from is no section of a text."""
    if len(members) < 3 or not _part_a_text(units, members) or [value for _, value in members].count(1) > 1:  # noqa: PLR2004
        return False
    short = all(units[at].after_blank and width(units[at].text) <= MAX_TITLE for at, _ in members)
    bodies = [units[at + 1] for at, _ in members]
    chosen = sum(begins_choice(body.lines[0]) for body in bodies)
    asked = sum(units[at].text.rstrip()[-1:] in "?？؟;" for at, _ in members)
    return short and not any(body.after_blank for body in bodies) and 2 * (chosen + asked) < len(members)


def _part_a_text(units: list[Unit], members: list[tuple[int, int]]) -> bool:
    """Whether they count from one, again within each larger part, and something stands behind each."""
    places = {at for at, _ in members}
    values = [value for _, value in members]
    return (
        len(members) > 1
        and values[0] == 1
        and all(after in (before + 1, 1) for before, after in pairwise(values))
        and all(at + 1 < len(units) and at + 1 not in places for at in places)
    )


def _has_prose(units: list[Unit], at: int) -> bool:
    after = units[at + 1] if at + 1 < len(units) else None
    return after is not None and (after.is_prose or (after.typed and not after.fenced and is_sentence(after.lines[0])))


def _shaped(units: list[Unit], heads: set[int]) -> None:
    """Short lines without a stop before prose or a list, if there are several, or other headings; and what is always
    the name of a part.
    """
    seen: dict[str, int] = {}
    for unit in units:
        seen[unit.text] = seen.get(unit.text, 0) + 1
    lists = _list_beginnings(units)
    labels = [at for at in range(len(units) - 1) if is_label(units[at].text) and not units[at].listed]
    sure = {at for at in labels if _stands_apart(units, at)}
    found = {at for at in range(1, len(units) - 1) if seen[units[at].text] == 1 and _has_shape(units, at, lists)}
    if len(found | sure) < 2 and not heads:  # noqa: PLR2004
        found = set()
    found |= _capitals(units)
    level = _usual_level(units)
    for at in found | sure:
        units[at].level = level


def _capitals(units: list[Unit]) -> set[int]:
    """Lines in capitals that each stand over a passage that is in none, where there are several."""
    found = {
        at
        for at, (unit, after) in enumerate(pairwise(units))
        if at and unit.is_line and not unit.level and unit.after_blank and not after.after_blank and not after.level
        if in_capitals(unit.text) and not after.text.isupper()
    }
    return found if len(found) > 1 else set()


def _usual_level(units: list[Unit]) -> int:
    """The highest that several headings have."""
    levels = Counter(unit.level for unit in units if unit.level > 1)
    several = [level for level, count in levels.items() if count > 1]
    return min(several or levels, default=2)


def _list_beginnings(units: list[Unit]) -> set[int]:
    """Where a list of two items or more begins."""
    items = [unit.is_line and not unit.level and bool(ITEM.match(unit.lines[0])) for unit in units]
    begun = {at for at, (item, after) in enumerate(pairwise(items)) if item and after and not (at and items[at - 1])}
    kinds = ("bullets", "typed-marks", "vocabulary", "questions")
    return begun | {at for at, passage in _passages(units).items() if passage.kind in kinds}


def _stands_apart(units: list[Unit], at: int) -> bool:
    unit, before = units[at], units[at - 1]
    if unit.level or not unit.is_line or units[at + 1].level:
        return False
    headed = unit.after_blank or bool(before.level) or ends_sentence(before.lines[-1])
    return headed or (unit.typed and units[at + 1].is_prose)


def _has_shape(units: list[Unit], at: int, lists: set[int]) -> bool:
    unit, before, after = units[at], units[at - 1], units[at + 1]
    if unit.level or not unit.is_line or after.level or not may_head(unit.text):
        return False
    if at + 1 in lists:
        return _stands_apart(units, at)
    if unit.after_blank and after.typed and not after.after_blank and _are_values(after):
        return True
    stands_before = (unit.after_blank and (after.after_blank or after.typed)) or width(after.lines[0]) > WRAPPED
    if not after.is_prose or not stands_before:
        return False
    return (
        bool(before.level)
        or (unit.after_blank and _is_list(before))
        or at == 1
        or bool(FULL.search(before.lines[-1][-8:]))
    )


def _is_list(unit: Unit) -> bool:
    return len(unit.lines) > 1 or ITEM.match(unit.lines[0]) is not None


def _are_values(unit: Unit) -> bool:
    """`Midterm exam 30 %`, `2 cups of rice`: short lines, most of which tell a number."""
    told = sum(any(sign.isdigit() for sign in line) for line in unit.lines)
    return len(unit.lines) > 1 and is_verse(unit.lines) and told * 3 >= len(unit.lines) * 2


def _joined_lines(units: list[Unit]) -> list[Unit]:
    """Short lines below each other that turned out to be no headings (`Week 1: …`, `1. Milk`) stay so."""
    made: list[Unit] = []
    passages = _passages(units)
    inside = {at + row for at, passage in passages.items() for row in range(passage.count)}
    for at, unit in enumerate(units):
        before = made[-1] if made and at - 1 not in inside and at not in inside else None
        if before is not None and not unit.after_blank and _belongs(unit, before):
            before.lines += unit.lines
            before.numbers += unit.numbers
        else:
            made.append(unit)
    return made


def _belongs(unit: Unit, before: Unit) -> bool:
    """Whether both are lines that count, or the first is an item that it may belong to."""
    if not all(_are_short_lines(one) for one in (unit, before)) or ITEM.match(unit.lines[0]):
        return False
    if ITEM.match(before.lines[0]) is not None or in_capitals(before.lines[0]):
        return True
    return all(part_of(line) for line in [*unit.lines, *before.lines])


def _are_short_lines(unit: Unit) -> bool:
    return not unit.level and unit.typed and all(width(line) <= PROSE_WIDTH for line in unit.lines)


def _title(units: list[Unit], passages: dict[int, Passage]) -> None:
    """The first line, where prose or a heading follows it, is what the text is called."""
    if len(units) < 2 or not units[0].is_line or units[0].level:  # noqa: PLR2004
        return
    text, after = units[0].text, units[1]
    if any(unit.text == text for unit in units[1:]):
        return  # a name in a chat, the head of each page
    if width(text) > MAX_HEADING_WIDTH or STOPS.search(text[-8:]) or text.endswith((":", "：")):
        return
    part = part_of(text)
    stands_apart = after.after_blank or (units[0].typed and not ITEM.match(after.lines[0]))
    is_name = may_head(text) and width(text) >= _TITLE_WIDTH and not (part and part.known) and 0 not in passages
    heads = after.level or (after.is_prose and after.after_blank) or width(after.lines[0]) > WRAPPED
    if heads or (is_name and stands_apart and len(units) > _FEW):
        units[0].level = 1


def _write(units: list[Unit], passages: dict[int, Passage]) -> Structured:
    made = Structured(Lines(), found=bool(passages) or any(unit.level for unit in units))
    at, parted = 0, -1  # `parted`: where the last list of definitions ended
    item = 0  # where the words begin of the list's item that is open
    while at < len(units):
        unit = units[at]
        found = None if unit.level or unit.fenced or at in passages else ITEM.match(unit.lines[0])
        passage = passages.get(at)
        nested = bool(item and passage and passage.kind in ("typed-marks", "table") and not unit.after_blank)
        if made.lines.lines and not (item and (found or nested)):
            made.lines.add("", unit.numbers[0])
        if found or not nested:
            item = found.end() - 1 if found else 0
        if passage is not None:
            if passage.is_definitions:
                if parted == at:  # else both would be one list
                    made.lines.extend(["<!-- -->", ""], [unit.numbers[0]] * 2)
                parted = at + passage.count
            begin = len(made.lines.lines)
            passage.write(made.lines, made.classes, [one.numbers for one in units[at : at + passage.count]])
            made.lines.lines[begin:] = [" " * item + line for line in made.lines.lines[begin:]]
            at += passage.count
            continue
        if unit.level:
            text = re.sub(r"#(?=#*\s*$)", r"\\#", unit.text).replace("\n", "\u2028")
            made.lines.add("#" * unit.level + " " + text, unit.numbers[0])
        else:
            made.lines.extend(_shown_lines(unit), unit.numbers)
        at += 1
    return made


def _shown_lines(unit: Unit) -> list[str]:
    """As Markdown that shows them: the ends of lines that were typed stay."""
    if unit.fenced:
        return unit.lines
    *lines, last = [_BLANK.sub(r"\1\\_", _PAGE.sub(r"\1\\\2", line)) for line in unit.lines]
    return [*(line.rstrip() + "  " if unit.typed else line for line in lines), last]
