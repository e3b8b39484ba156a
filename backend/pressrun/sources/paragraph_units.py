"""Pasted text in units: a paragraph, a verse, an item, a line that may be a heading. Pure and linear.

A long line is a paragraph where the ends of lines were typed (`wrapping`); else a line ends one where it is the end of
a sentence well before the edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pressrun.sources.contents import listed_labels
from pressrun.sources.fences import FENCE, end_of_formula
from pressrun.sources.heading_words import NO_HEADINGS, is_label
from pressrun.sources.line_numbers import Lines
from pressrun.sources.numbered_lines import (
    PROSE_WIDTH,
    STOPS,
    UNSTOPPED,
    WRAPPED,
    begins_small,
    ends_sentence,
    part_of,
    width,
)
from pressrun.sources.numerals import counts_up
from pressrun.sources.outline_lines import MAX_TITLE, MAX_WORDS, OUTLINE, is_title, names_section, outlined
from pressrun.sources.typed_lists import BULLET, find_passages, is_named
from pressrun.sources.typed_marks import ITEM, MARKED, is_choice
from pressrun.sources.wrapping import NARROW, part_passages

_OPENING: Final = "\"“„«‹「『’‘'¿¡"  # may stand before the first letter of a heading
_LEAST_CAPITALS: Final = 3
_MAX_SHAPE_WIDTH: Final = 60  # columns
_LONG: Final = 100
_SHORT_OF_EDGE: Final = 0.8  # of the widest line: a line that ends before that ends a paragraph, if it ends a sentence


@dataclass(slots=True)
class Unit:
    """A paragraph to be. `level`: of a heading. `typed`: the ends of its lines are meant; `fenced`: it is a listing."""

    lines: list[str]
    numbers: list[int]
    typed: bool = False
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
        if self.fenced or is_verse(self.lines):
            return False
        wide = sum(map(width, self.lines))
        return wide >= _LONG or (wide >= PROSE_WIDTH and ends_sentence(self.lines[-1]))


def units_of(source: Lines) -> list[Unit]:
    """`source`: its listings fenced."""
    pieces = _pieces(source)
    blocks = [piece for piece in pieces if not isinstance(piece, Unit)]
    parts = iter(part_passages([[source.lines[at] for at in block] for block in blocks]))
    counting = _counting(source.lines)
    listed = listed_labels(source.lines)
    units: list[Unit] = []
    for piece in pieces:
        if isinstance(piece, Unit):
            units.append(piece)
            continue
        begin = len(units)
        for start, end, typed in next(parts):
            units += _split(piece[start:end], source, counting, listed, typed=typed)
        units[begin].after_blank = True
    return _with_title_apart(units)


def _with_title_apart(units: list[Unit]) -> list[Unit]:
    """The first line of a text is its title if it stands over one or two short ones, or over what tells of the text by
    names and numbers, and the text goes on otherwise.
    """
    first, *rest = units or [Unit([], [])]
    told = sum(is_named(line) or any(sign.isdigit() for sign in line) for line in first.lines[1:])
    is_few = len(first.lines) in (2, 3) or (len(first.lines) > 1 and told * 2 >= len(first.lines) - 1)
    if not first.typed or not is_few or len(rest) < 2 or not may_head(first.lines[0]):  # noqa: PLR2004
        return units
    if len(rest[0].lines) == len(first.lines) or any(is_label(line) for line in first.lines):
        return units
    title = Unit(first.lines[:1], first.numbers[:1], typed=True, after_blank=True)
    return [title, Unit(first.lines[1:], first.numbers[1:], typed=True, after_blank=True), *rest]


def _pieces(source: Lines) -> list[Unit | list[int]]:
    """Listings and formulas, and the lines of each passage between blank lines."""
    pieces: list[Unit | list[int]] = []
    fence, formula_end = "", -1
    open_unit, block = Unit([], []), list[int]()
    for at, line in enumerate([*source.lines, ""]):
        mark = FENCE.match(line)
        begins = False
        if not fence and at > formula_end:
            formula_end = end_of_formula(source.lines, at)
            begins = formula_end >= at
        if begins or (not fence and at > formula_end and (mark or not line.strip())):
            pieces += [block] if block else []
            block = []
        if begins or (mark and not fence and at > formula_end):
            open_unit = Unit([], [], fenced=True, after_blank=True)
            pieces.append(open_unit)
        if fence or mark or at <= formula_end:
            open_unit.lines.append(line)
            open_unit.numbers.append(source.number(at))
        elif line.strip():
            block.append(at)
        if at > formula_end and mark:
            closes = fence and mark[1].startswith(fence) and not line.strip().strip(fence[0])
            fence = "" if closes else fence or mark[1]
    return pieces


def _counting(lines: list[str]) -> frozenset[tuple[str, str]]:
    """Words that are no known name of a part, and count as one does."""
    kinds: dict[tuple[str, str], list[int]] = {}
    for line in lines:
        part = part_of(line)
        if part is not None and not part.title:
            kinds.setdefault(part.kind, []).append(part.value)
    return frozenset(kind for kind, values in kinds.items() if len(values) > 2 and counts_up(values))  # noqa: PLR2004


def _split(
    block: list[int], source: Lines, counting: frozenset[tuple[str, str]], listed: frozenset[int], *, typed: bool
) -> list[Unit]:
    """A passage between blank lines in paragraphs."""
    lines = [source.lines[at] for at in block]
    widths = [width(line) for line in lines]
    widest = max(widths)
    titles = outlined(lines, typed=typed)
    counted = [
        at in titles or _is_counted(line, counting, typed=typed) or (typed and names_section(line))
        for at, line in enumerate(lines)
    ]
    for at, line in enumerate(lines):
        own = typed or at == 0 or ends_sentence(lines[at - 1]) or ITEM.match(lines[at - 1])
        counted[at] = counted[at] or bool(own and is_label(line) and block[at] not in listed)
    counted[0] = counted[0] or (typed and _heads_passage(lines))
    starts = [0]
    apart = _parted(lines, typed=typed)
    for at in range(1, len(lines)):
        before, line = lines[at - 1], lines[at]
        if at in apart:
            ends = True
        elif typed and is_choice(line) and (MARKED.match(before) or ITEM.match(before)):
            ends = False
        elif typed and widest >= NARROW:
            are_named = is_named(before) and is_named(line)  # `From: …`, `To: …`
            is_long = max(widths[at - 1], widths[at]) > (WRAPPED if are_named else PROSE_WIDTH)
            ends = is_long or counted[at - 1] or counted[at] or (_in_short_run(widths, at) and not are_named)
        elif widest >= NARROW:
            ends = widths[at - 1] < _SHORT_OF_EDGE * widest and ends_sentence(before) and not begins_small(line)
        else:
            ends = False
        alone = counted[at - 1] or (counted[at] and (typed or at == 1 or ends_sentence(before)))
        item = BULLET.match(line) or (
            ITEM.match(line)
            and (ITEM.match(before) or ends_sentence(before) or (starts[-1] == at - 1 and may_head(before)))
        )
        if ends or alone or item or (typed and MARKED.match(line)):
            starts.append(at)
    return [
        Unit(
            lines[start:end],
            [source.number(block[at]) for at in range(start, end)],
            typed=typed,
            listed=block[start] in listed,
        )
        for start, end in pairwise([*starts, len(lines)])
    ]


def _heads_passage(lines: list[str]) -> bool:
    """Whether the first line may be a title, in capitals or behind a number; if not, it is joined again."""
    if len(lines) > 1 and in_capitals(lines[0]) and not lines[1].isupper():
        return True
    found = OUTLINE.match(lines[0].strip())
    return found is not None and width(lines[0]) <= MAX_TITLE and is_title(found["title"], lines[0])


def _in_short_run(widths: list[int], at: int) -> bool:
    """Whether two short lines stand alone beside long ones: no verse, no address, but two lines of their own."""
    start, end = at, at + 1
    while start > 0 and widths[start - 1] <= PROSE_WIDTH and end - start <= 2:  # noqa: PLR2004
        start -= 1
    while end < len(widths) and widths[end] <= PROSE_WIDTH and end - start <= 2:  # noqa: PLR2004
        end += 1
    return end - start <= 2 and (start > 0 or end < len(widths))  # noqa: PLR2004


def _parted(lines: list[str], *, typed: bool) -> set[int]:
    """Lines that begin something of their own, for they are parts of a list."""
    found: set[int] = set()
    for at, passage in find_passages(lines).items() if len(lines) > 1 else ():
        end = at + passage.count
        found.update(range(at, end))
        if passage.kind == "typed-marks" and end < len(lines) and is_choice(lines[end]):
            continue
        if typed or passage.kind != "bullets" or end == len(lines) or not begins_small(lines[end]):
            found.add(end)  # else the last item goes on
    return found


def _is_counted(line: str, counting: frozenset[tuple[str, str]], *, typed: bool) -> bool:
    """Whether a line is a word for a part and its number; with a title where the ends of lines are meant."""
    part = part_of(line)
    if part is None or (part.title and not (typed and part.known)):
        return False
    return part.known or part.kind in counting


def is_verse(lines: list[str]) -> bool:
    return len(lines) > 1 and all(width(line) <= PROSE_WIDTH for line in lines)


def may_head(text: str) -> bool:
    """Whether a line by itself has the form of a heading."""
    text = text.strip()
    if width(text) > _MAX_SHAPE_WIDTH or len(text.split()) > MAX_WORDS or not may_end_title(text):
        return False
    if begins_small(text) or not text.lstrip(_OPENING)[:1].isalpha() or any(sign in text for sign in "@|\t"):
        return False
    is_caption = text.split()[0].casefold() in NO_HEADINGS and any(sign.isdigit() for sign in text)
    return not is_caption


def in_capitals(text: str) -> bool:
    """`EXPERIENCE`, `WORK AND STUDIES`"""
    return text.isupper() and may_head(text) and sum(map(str.isalpha, text)) >= _LEAST_CAPITALS


def may_end_title(text: str) -> bool:
    """Whether it ends as a title may; in scripts without a full stop nothing tells a short sentence from one."""
    return not (STOPS.search(text[-8:]) or text[-1:] in "：:،—–-" or UNSTOPPED.match(text[-1:]))
