"""Rows of values that were pasted with tabs or with blanks between them. Pure and linear."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pressrun.sources.heading_words import NO_HEADINGS

MAX_CELLS: Final = 30
_MAX_CELL: Final = 40  # characters, but for the last one of a row: more is prose with wide blanks
_GAP: Final = re.compile(r" {2,}")
_ITEM: Final = re.compile(
    r"\s*[(（]?(?:\d{1,3}(?:\.\d{1,2})*|[^\W\d_]|[ivx]{1,5})[.)）、．]\s*"
)  # `1.`, `(a)`: a mark of a list
_LOOKED_AT: Final = 50  # rows that tell whether blanks make a table; all would take quadratic time where they do not
_WIDE: Final = 3  # blanks that nobody types between sentences
_SENTENCE_END: Final = tuple(".!?…。！？।॥؟")


def cells_of(line: str) -> list[str]:
    """One cell where nothing parts it."""
    if "\t" in line:
        return line.strip("\n ").split("\t")
    return _GAP.split(line.strip())


def count_rows(lines: Sequence[str | None], at: int = 0) -> int:
    """How many lines from that one on are rows of one table; 0 if they are none."""
    first = lines[at] if at < len(lines) else None
    if first is None or "\n" in first or is_caption(first) or not 1 < len(cells_of(first)) <= MAX_CELLS:
        return 0
    end = _end_of_rows(lines, at, at + _LOOKED_AT)
    if all(_is_item(line or "") for line in lines[at:end]) or not _has_several_values(lines[at:end]):
        return 0
    if end - at < 2 or not ("\t" in first or _stands_in_columns([line or "" for line in lines[at:end]])):  # noqa: PLR2004
        return 0
    return _end_of_rows(lines, at, len(lines)) - at


def _end_of_rows(lines: Sequence[str | None], at: int, limit: int) -> int:
    """Where the first line is that has not as many cells, parted in the same way."""
    first = lines[at] or ""
    tabs, cells = "\t" in first, len(cells_of(first))
    for end in range(at + 1, min(limit, len(lines))):
        line = lines[end]
        if line is None or "\n" in line or ("\t" in line) is not tabs or len(cells_of(line)) != cells:
            return end
    return min(limit, len(lines))


def _has_several_values(lines: Sequence[str | None]) -> bool:
    """Whether any row has two cells that say something; tabs in front of one are how deep it stands."""
    return any(sum(bool(cell.strip()) for cell in cells_of(line or "")) > 1 for line in lines)


def _is_item(line: str) -> bool:
    """Whether it is only an item and its mark, as a word processor parts them."""
    cells = [cell for cell in cells_of(line) if cell]
    return len(cells) == 2 and _ITEM.fullmatch(cells[0]) is not None  # noqa: PLR2004


def is_caption(line: str) -> bool:
    """`Table 4.1  Water on Earth` names a table, and is no row of it."""
    words = line.split(maxsplit=2)
    return len(words) > 1 and words[0].casefold() in NO_HEADINGS and any(sign.isdigit() for sign in words[1])


def _stands_in_columns(rows: Sequence[str]) -> bool:
    """Whether wide blanks part them, or what they part begins or ends at the same place in each."""
    cut = [cells_of(row) for row in rows]
    if any(len(cell) > _MAX_CELL or cell.endswith(_SENTENCE_END) for cells in cut for cell in cells[:-1]):
        return False
    gaps = [[len(gap) for gap in _GAP.findall(row.strip())] for row in rows]
    if sum(min(own) >= _WIDE for own in gaps) * 2 >= len(rows):
        return True
    places = [_edges(row, cells) for row, cells in zip(rows, cut, strict=True)]
    return all(
        all(a[column][side] == b[column][side] for a, b in pairwise(places))
        for column in range(1, len(cut[0]))
        for side in ((0,) if len({one[column][0] for one in places}) == 1 else (1,))
    )


def _edges(row: str, cells: Sequence[str]) -> list[tuple[int, int]]:
    """Where each cell begins and ends."""
    edges: list[tuple[int, int]] = []
    at = 0
    for cell in cells:
        begin = row.index(cell, at)
        at = begin + len(cell)
        edges.append((begin, at))
    return edges
