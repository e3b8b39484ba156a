"""Whether the ends of lines in pasted text were typed, or come from an editor, a mailer or a PDF that wrapped it.

Where the next word would have found room, or begins an entry of its own, or where full lines end their sentences,
somebody ended the line; where a line is full, has no end of a sentence, and the next one goes on, something wrapped it.
A passage that tells nothing is what the rest of the text is. A PDF gives both in one passage: titles, rows of values,
and prose that is wrapped; there each end of a line is looked at. Pure and linear.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from pressrun.sources.numbered_lines import PROSE_WIDTH, begins_small, ends_sentence, is_unwrapped, width
from pressrun.sources.outline_lines import names_section
from pressrun.sources.typed_lists import begins_entry

NARROW: Final = 45  # columns; nobody wraps earlier
_ROOM: Final = 0.25  # of the widest line: with so much of it left, a line was ended by hand
_FULL: Final = 0.8
_UNSURE: Final = 3  # times as many: in a script without capitals nothing tells that a line goes on


class _Ends(NamedTuple):
    """How many ends of lines were typed, and how many something wrapped, for sure or perhaps."""

    typed: int
    wrapped: int
    perhaps: int


def part_passages(blocks: Sequence[Sequence[str]]) -> list[list[tuple[int, int, bool]]]:
    """Of each passage between blank lines its parts: the first line, the one behind the last, and whether the ends of
    its lines were typed.
    """
    if is_unwrapped([line for block in blocks for line in [*block, ""]]):
        return [[(0, len(block), True)] for block in blocks]
    ends = [_ends_of(block) for block in blocks]
    whole = sum(own.typed - own.wrapped - own.perhaps for own in ends)
    return [_parts_of(block, own, whole) for block, own in zip(blocks, ends, strict=True)]


def _parts_of(block: Sequence[str], ends: _Ends, whole: int) -> list[tuple[int, int, bool]]:
    if max(map(width, block)) < NARROW:
        return [(0, len(block), True)]
    if ends.wrapped or ends.perhaps * _UNSURE > ends.typed:
        return _mixed(block) if ends.typed else [(0, len(block), False)]
    return [(0, len(block), ends.typed > 0 or whole > 0)]


def _mixed(block: Sequence[str]) -> list[tuple[int, int, bool]]:
    """Prose that is wrapped, and short lines between."""
    edge = max(map(width, block))
    cut = [_is_cut(line, after, edge) for line, after in pairwise(block)]
    cuts = [
        at
        for at in range(1, len(block))
        if cut[at - 1] or (at < len(cut) and cut[at] and ends_sentence(block[at - 1]) and _is_title(block[at]))
    ]
    parts: list[tuple[int, int, bool]] = []
    for start, end in pairwise([0, *cuts, len(block)]):
        is_line = end - start == 1 and width(block[start]) <= PROSE_WIDTH
        if is_line and parts and parts[-1][2]:
            parts[-1] = (parts[-1][0], end, True)
        else:
            parts.append((start, end, is_line))
    return parts


def _is_title(line: str) -> bool:
    return names_section(line) or not ends_sentence(line)


def _is_cut(line: str, after: str, edge: int) -> bool:
    return width(line) + 1 + width(_first_word(after)) <= (1 - _ROOM) * edge and not begins_small(after)


def _ends_of(block: Sequence[str]) -> _Ends:
    widths = [width(line.strip()) for line in block]
    edge = max(widths)
    typed = wrapped = perhaps = 0
    if edge < NARROW:
        return _Ends(0, 0, 0)
    for at, (line, after) in enumerate(pairwise(block)):
        is_full = widths[at] >= _FULL * edge
        if ends_sentence(line):
            typed += is_full
        elif begins_entry(after) or _is_cut(line, after, edge):
            typed += 1
        elif is_full and begins_small(after):
            wrapped += 1
        elif is_full and not _has_cases(after):
            perhaps += 1
    return _Ends(typed, wrapped, perhaps)


def _first_word(line: str) -> str:
    return line.lstrip()[:40].split(" ")[0]


def _has_cases(line: str) -> bool:
    first = next((sign for sign in line[:20] if sign.isalpha()), "A")
    return first.lower() != first.upper()
