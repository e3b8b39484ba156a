"""The structure of a text that was pasted without any: headings, lists, questions, words and meanings, dialogues.

A text with no Markdown of its own is written anew with blank lines between its paragraphs and signs of Markdown where a
line says by its form what it is; every word stays, and stays in its place. What is not sure stays as it was typed: one
heading too many hurts more than one that is missing. Pure and linear; before the parser.

A line is a paragraph where most of the text is longer than anybody wraps (`is_unwrapped`), else a line ends one where
it is a sentence's end well before the edge. What is counted makes headings when its numbers go up over the whole text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from pressrun.sources.contents import listed_labels
from pressrun.sources.fences import FENCE, end_of_formula
from pressrun.sources.heading_words import NO_HEADINGS, is_label
from pressrun.sources.line_numbers import Lines
from pressrun.sources.numbered_lines import (
    FULL,
    MAX_HEADING_WIDTH,
    PROSE_WIDTH,
    STOPS,
    UNSTOPPED,
    WRAPPED,
    Part,
    begins_small,
    ends_sentence,
    is_unwrapped,
    part_of,
    width,
)
from pressrun.sources.numerals import counts_up, read_number
from pressrun.sources.outline_lines import MAX_WORDS, OUTLINE, is_title, outlined, touches
from pressrun.sources.typed_lists import BULLET, Passage, find_passages

_MAX_SHAPE_WIDTH: Final = 60  # columns
_NARROW: Final = 45  # nobody wraps earlier
_LONG: Final = 100
_SHORT_OF_EDGE: Final = 0.8  # of the widest line: a line that ends before that ends a paragraph, if it ends a sentence

_MARKDOWN: Final = re.compile(
    r"^ {0,3}(?:#{1,6}[ \t]|>|```|~~~|[-*+][ \t]+\[[ xX]\]|\|.*\||:::)"
    r"|^ {0,3}(?:\[[^\]\n]+\]:[ \t]|=+[ \t]*$|(?:[-*_][ \t]*){3,}$)"
    r"|\*\*\S|(?<![\w(.])__(?!\w+__[(.\[])\S|`[^`\n]+`|\]\(|\[\^|</?[A-Za-z][^<>\n]*>|<!--",
    re.MULTILINE,
)
_LIST: Final = re.compile(r"\s{0,3}(?:([-*+])(?![ \t]*\d{1,4}[ \t]*\1[ \t]*$)|\d{1,9}[.)])[ \t]+\S")
# the number of a page (`- 2 -`), no item of a list
_PAGE: Final = re.compile(r"^(\s*)([-*+])(?=[ \t]*\d{1,4}[ \t]*\2[ \t]*$)")


@dataclass(slots=True)
class _Unit:
    """A paragraph to be. `level`: of a heading. `apart`: blank lines stand around it; `fenced`: it is a listing."""

    lines: list[str]
    numbers: list[int]
    apart: bool = False
    fenced: bool = False
    level: int = 0
    after_blank: bool = False
    listed: bool = False  # it is one of the names in a table of contents

    @property
    def text(self) -> str:
        return self.lines[0].strip(" ") if len(self.lines) == 1 else "\n".join(self.lines)

    @property
    def is_line(self) -> bool:
        return len(self.lines) == 1 and not self.fenced

    @property
    def is_prose(self) -> bool:
        """Long enough to be what a heading is about, and a sentence."""
        if self.fenced or _is_verse(self.lines):
            return False
        wide = sum(map(width, self.lines))
        return wide >= _LONG or (wide >= PROSE_WIDTH and ends_sentence(self.lines[-1]))


@dataclass(slots=True)
class Structured:
    """The text written anew, and classes of its blocks by the line (from 0) on which they begin."""

    lines: Lines
    classes: dict[int, str] = field(default_factory=dict)
    found: bool = False  # whether anything but paragraphs was


def is_pasted(text: str) -> bool:
    """Whether nothing in it is Markdown but what everybody types: numbers and dashes before a line."""
    return _MARKDOWN.search(text) is None


def find_structure(source: Lines) -> Structured:
    """`source`: a pasted text, its listings fenced."""
    units = _units(source)
    heads = _counted(units)
    heads |= _outline(units, heads)
    _shaped(units, heads)
    _title(units)
    return _write(units, _passages(units))


def _passages(units: list[_Unit]) -> dict[int, Passage]:
    return find_passages([None if unit.level or unit.fenced else unit.text for unit in units])


def _units(source: Lines) -> list[_Unit]:
    units: list[_Unit] = []
    unwrapped = is_unwrapped(source.lines)
    counting = _counting(source.lines)
    listed = listed_labels(source.lines)
    block: list[int] = []
    fence, formula_end = "", -1
    for at, line in enumerate([*source.lines, ""]):
        mark = FENCE.match(line)
        if not fence and at > formula_end:
            formula_end = end_of_formula(source.lines, at)
            if formula_end >= at:
                units += _split(block, source, counting, listed, unwrapped=unwrapped)
                block = []
                units.append(_Unit([], [], fenced=True, after_blank=True))
        if at <= formula_end:
            units[-1].lines.append(line)
            units[-1].numbers.append(source.number(at))
        elif fence:
            units[-1].lines.append(line)
            units[-1].numbers.append(source.number(at))
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif mark or not line.strip():
            units += _split(block, source, counting, listed, unwrapped=unwrapped)
            block = []
            if mark:
                fence = mark[1]
                units.append(_Unit([line], [source.number(at)], fenced=True, after_blank=True))
        else:
            block.append(at)
    return units


def _counting(lines: list[str]) -> frozenset[tuple[str, str]]:
    """Words that are no known name of a part, and count as one does."""
    kinds: dict[tuple[str, str], list[int]] = {}
    for line in lines:
        part = part_of(line)
        if part is not None and not part.title:
            kinds.setdefault(part.kind, []).append(part.value)
    return frozenset(kind for kind, values in kinds.items() if len(values) > 2 and counts_up(values))  # noqa: PLR2004


def _split(
    block: list[int], source: Lines, counting: frozenset[tuple[str, str]], listed: frozenset[int], *, unwrapped: bool
) -> list[_Unit]:
    """A passage between blank lines in paragraphs."""
    if not block:
        return []
    lines = [source.lines[at] for at in block]
    widths = [width(line) for line in lines]
    widest = max(widths)
    titles = outlined(lines)
    counted = [at in titles or _is_counted(line, counting) for at, line in enumerate(lines)]
    for at, line in enumerate(lines):
        own = unwrapped or at == 0 or ends_sentence(lines[at - 1]) or _LIST.match(lines[at - 1])
        counted[at] = counted[at] or bool(own and is_label(line) and block[at] not in listed)
    starts = [0]
    apart = _parted(lines, unwrapped=unwrapped)
    for at in range(1, len(lines)):
        before, line = lines[at - 1], lines[at]
        if at in apart:
            ends = True
        elif unwrapped:
            is_long = max(widths[at - 1], widths[at]) > PROSE_WIDTH
            ends = is_long or counted[at - 1] or counted[at] or _in_short_run(widths, at)
        elif widest >= _NARROW:
            ends = widths[at - 1] < _SHORT_OF_EDGE * widest and ends_sentence(before) and not begins_small(line)
        else:
            ends = False
        alone = counted[at - 1] or (counted[at] and (at == 1 or ends_sentence(before)))
        item = BULLET.match(line) or (
            _LIST.match(line) and (_LIST.match(before) or (starts[-1] == at - 1 and _may_head(before)))
        )
        if ends or alone or item:
            starts.append(at)
    units = [
        _Unit(
            lines[start:end],
            [source.number(block[at]) for at in range(start, end)],
            apart=len(starts) == 1,
            listed=block[start] in listed,
        )
        for start, end in pairwise([*starts, len(lines)])
    ]
    units[0].after_blank = True
    return units


def _in_short_run(widths: list[int], at: int) -> bool:
    """Whether two short lines stand alone between long ones: no verse, no address, but two lines of their own."""
    start, end = at, at + 1
    while start > 0 and widths[start - 1] <= PROSE_WIDTH:
        start -= 1
    while end < len(widths) and widths[end] <= PROSE_WIDTH and end - start <= 2:  # noqa: PLR2004
        end += 1
    return end - start <= 2  # noqa: PLR2004


def _parted(lines: list[str], *, unwrapped: bool) -> set[int]:
    """Lines that begin something of their own, for they are parts of a list."""
    found: set[int] = set()
    for at, passage in find_passages(lines).items() if len(lines) > 1 else ():
        end = at + passage.count
        found.update(range(at, end))
        if unwrapped or passage.kind != "bullets" or end == len(lines) or not begins_small(lines[end]):
            found.add(end)  # else the last item goes on
    return found


def _is_counted(line: str, counting: frozenset[tuple[str, str]]) -> bool:
    """Whether a line is nothing but a word for a part and its number."""
    part = part_of(line)
    return part is not None and not part.title and (part.known or part.kind in counting)


def _counted(units: list[_Unit]) -> set[int]:
    """Makes headings of the lines that count the parts of the text."""
    kinds: dict[tuple[str, str], list[tuple[int, Part]]] = {}
    for at, unit in enumerate(units):
        part = part_of(unit.text) if unit.is_line else None
        if part is not None:
            kinds.setdefault(part.kind, []).append((at, part))
    ranks: dict[int, list[int]] = {}
    for members in kinds.values():
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


def _restarts(values: list[int]) -> bool:
    """Whether the numbers go up, and begin anew at most where a larger part does."""
    ups = sum(before < after for before, after in pairwise(values))
    anew = sum(after == 1 for _, after in pairwise(values))
    return (ups + anew) * 10 >= 9 * (len(values) - 1)  # a slip of the pen in ten


def _outline(units: list[_Unit], heads: set[int]) -> set[int]:
    """`1. The river`, `2.3 Its water`: headings where each is followed by prose, and the numbers go up."""
    kinds: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for at, unit in enumerate(units):
        found = OUTLINE.match(unit.text) if unit.is_line and at not in heads else None
        if found is None or width(unit.text) > MAX_HEADING_WIDTH or not is_title(found["title"], unit.text):
            continue
        depth = found["number"].count(".")
        number = read_number(found["number"].rpartition(".")[2])
        if number is None or not (found["sign"] or depth) or (number.style != "han" and touches(found)):
            continue
        kinds.setdefault((number.style + found["sign"], str(depth)), []).append((at, number.value))
    made: set[int] = set()
    first_depth = {style: min(int(depth) for known, depth in kinds if known == style) for style, _ in kinds}
    base = 3 if heads else 2
    for (style, depth), members in kinds.items():
        if not counts_up([value for _, value in members]):  # a table of contents stands before what it lists
            members = [member for member in members if _has_prose(units, member[0])]  # noqa: PLW2901
        places = {at for at, _ in members}
        with_prose = [at for at in places if _has_prose(units, at) and at + 1 not in places]
        numbered = int(depth) > 0 or counts_up([value for _, value in members])
        if len(places) < 2 or not numbered or len(with_prose) * 3 < len(places) * 2:  # noqa: PLR2004
            continue
        for at in places:
            units[at].level = min(base + int(depth) - first_depth[style], 5)
        made |= places
    return made


def _has_prose(units: list[_Unit], at: int) -> bool:
    return at + 1 < len(units) and units[at + 1].is_prose


def _shaped(units: list[_Unit], heads: set[int]) -> None:
    """Short lines without a stop before prose or a list, if there are several, or other headings; and what is always
    the name of a part.
    """
    seen: dict[str, int] = {}
    for unit in units:
        seen[unit.text] = seen.get(unit.text, 0) + 1
    lists = _list_beginnings(units)
    labels = [at for at in range(1, len(units) - 1) if is_label(units[at].text) and not units[at].listed]
    sure = {at for at in labels if _stands_apart(units, at)}
    found = {at for at in range(1, len(units) - 1) if seen[units[at].text] == 1 and _has_shape(units, at, lists)}
    if len(found | sure) < 2 and not heads:  # noqa: PLR2004
        found = set()
    level = min((unit.level for unit in units if unit.level), default=2)
    for at in found | sure:
        units[at].level = level


def _list_beginnings(units: list[_Unit]) -> set[int]:
    """Where a list of two items or more begins."""
    items = [unit.is_line and not unit.level and bool(_LIST.match(unit.lines[0])) for unit in units]
    begun = {at for at, (item, after) in enumerate(pairwise(items)) if item and after and not (at and items[at - 1])}
    kinds = ("bullets", "typed-marks", "vocabulary", "questions")
    return begun | {at for at, passage in _passages(units).items() if passage.kind in kinds}


def _stands_apart(units: list[_Unit], at: int) -> bool:
    unit, before = units[at], units[at - 1]
    if unit.level or not unit.is_line or units[at + 1].level:
        return False
    return unit.after_blank or bool(before.level) or ends_sentence(before.lines[-1])


def _may_head(text: str) -> bool:
    """Whether a line by itself has the form of a heading."""
    text = text.strip()
    if width(text) > _MAX_SHAPE_WIDTH or len(text.split()) > MAX_WORDS or STOPS.search(text[-8:]):
        return False
    if text[-1:] in "：:،" or begins_small(text) or not text[:1].isalpha() or any(sign in text for sign in "@|\t"):
        return False
    is_caption = text.split()[0].casefold() in NO_HEADINGS and any(sign.isdigit() for sign in text)
    return not (is_caption or UNSTOPPED.match(text[-1:]))  # there nothing tells a short sentence from a heading


def _has_shape(units: list[_Unit], at: int, lists: set[int]) -> bool:
    unit, before, after = units[at], units[at - 1], units[at + 1]
    if unit.level or not unit.is_line or after.level or not _may_head(unit.text):
        return False
    if at + 1 in lists:
        return _stands_apart(units, at)
    if not after.is_prose or not ((unit.after_blank and after.after_blank) or width(after.lines[0]) > WRAPPED):
        return False
    return bool(before.level) or at == 1 or bool(FULL.search(before.lines[-1][-8:]))


def _title(units: list[_Unit]) -> None:
    """The first line, where prose or a heading follows it, is what the text is called."""
    if len(units) < 2 or not units[0].is_line or units[0].level:  # noqa: PLR2004
        return
    text, after = units[0].text, units[1]
    if any(unit.text == text for unit in units[1:]):
        return  # a name in a chat, the head of each page
    if width(text) > MAX_HEADING_WIDTH or STOPS.search(text[-8:]) or text.endswith((":", "：")):
        return
    if after.level or (after.is_prose and after.after_blank) or width(after.lines[0]) > WRAPPED:
        units[0].level = 1


def _is_verse(lines: list[str]) -> bool:
    return len(lines) > 1 and all(width(line) <= PROSE_WIDTH for line in lines)


def _write(units: list[_Unit], passages: dict[int, Passage]) -> Structured:
    made = Structured(Lines(), found=bool(passages) or any(unit.level for unit in units))
    at, tight, parted = 0, False, -1  # `parted`: where the last list of definitions ended
    while at < len(units):
        unit = units[at]
        is_item = unit.is_line and not unit.level and bool(_LIST.match(unit.lines[0]))
        if made.lines.lines and not (tight and is_item):
            made.lines.add("", unit.numbers[0])
        tight = is_item
        passage = passages.get(at)
        if passage is not None:
            if passage.is_definitions:
                if parted == at:  # else both would be one list
                    made.lines.extend(["<!-- -->", ""], [unit.numbers[0]] * 2)
                parted = at + passage.count
            passage.write(made.lines, made.classes, [one.numbers for one in units[at : at + passage.count]])
            at += passage.count
            continue
        if unit.level:
            made.lines.add("#" * unit.level + " " + re.sub(r"#(?=#*\s*$)", r"\\#", unit.text), unit.numbers[0])
        else:
            made.lines.extend([_PAGE.sub(r"\1\\\2", line) for line in unit.lines], unit.numbers)
        at += 1
    return made
