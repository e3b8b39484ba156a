"""Tables that Pandoc reads and GitHub does not, simple ones and grids, as tables with bars. Pure and linear.

https://pandoc.org/MANUAL.html#tables. Each takes as many lines as before, the last of which may be empty.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

_DASHES: Final = re.compile(r"[ ]{0,3}-{2,}(?:[ ]+-{2,})+[ ]*$")
_WIDE: Final = re.compile(r"[ ]{0,3}-{6,}[ ]*$")
_GRID: Final = re.compile(r"\+(?:[:]?[-=]+[:]?\+)+[ ]*$")
_DASH: Final = re.compile(r"-+")
_MAX_ROWS: Final = 500  # arbitrary: more is data
_MAX_HEAD: Final = 6  # lines, arbitrary


def settle_tables(lines: list[str], shown: list[int]) -> None:
    """Rewrites them in place. `shown`: numbers of the lines that are no listing, in order."""
    kept = set(shown)
    behind = -1
    for at in shown:
        if at <= behind:
            continue
        line = lines[at]
        if line.startswith("+") and _GRID.match(line):
            behind = _settle_grid(lines, at, kept)
        elif line.lstrip(" ").startswith("--") and _DASHES.match(line):
            behind = _settle_simple(lines, at, kept)
        elif line.lstrip(" ").startswith("--") and _WIDE.match(line):
            behind = _settle_multiline(lines, at, kept)


def _settle_simple(lines: list[str], dashes: int, kept: set[int]) -> int:
    """The last line of the table whose columns those dashes tell; `dashes` where it is none."""
    end = dashes + 1
    while end in kept and lines[end].strip() and not _DASHES.match(lines[end]) and end - dashes < _MAX_ROWS:
        end += 1
    closed = end in kept and _DASHES.match(lines[end]) is not None
    spans = [(found.start(), found.end()) for found in _DASH.finditer(lines[dashes])]
    starts = [start for start, _ in spans]
    head = lines[dashes - 1] if dashes and dashes - 1 in kept and lines[dashes - 1].strip() else ""
    if end == dashes + 1 or (not head and not closed) or (head and dashes > 1 and lines[dashes - 2].strip()):
        return dashes
    rows = [_cut(row, starts) for row in lines[dashes + 1 : end]]
    sides = [_side(head or lines[dashes + 1], start, stop) for start, stop in spans]
    made = [_row(_cut(head, starts)), _row(sides), *map(_row, rows)]
    begin = dashes - 1 if head else dashes
    last = end if closed else end - 1
    _put(lines, begin, last, made)
    return last


def _settle_multiline(lines: list[str], begin: int, kept: set[int]) -> int:
    """The last line of the table that is between two wide lines of dashes, where blank lines part the rows and a cell
    has as many lines as it needs; `begin` where it is none.
    """
    dashes = begin + 1
    while dashes in kept and lines[dashes].strip() and not _DASHES.match(lines[dashes]) and dashes - begin < _MAX_HEAD:
        dashes += 1
    if dashes == begin + 1 or dashes not in kept or not _DASHES.match(lines[dashes]):
        return begin
    end = dashes + 1
    while end in kept and not lines[end].lstrip(" ").startswith("--") and end - dashes < _MAX_ROWS * 4:
        end += 1
    if end not in kept or not _WIDE.match(lines[end]):
        return begin
    spans = [(found.start(), found.end()) for found in _DASH.finditer(lines[dashes])]
    starts = [start for start, _ in spans]
    rows: list[list[list[str]]] = [[]]
    for line in lines[dashes + 1 : end]:
        if line.strip():
            rows[-1].append(_cut(line, starts))
        elif rows[-1]:
            rows.append([])
    head = [_cut(line, starts) for line in lines[begin + 1 : dashes]]
    sides = [_side(lines[begin + 1], start, stop) for start, stop in spans]
    made = [_row(_joined(head)), _row(sides), *(_row(_joined(row)) for row in rows if row)]
    _put(lines, begin, end, made)
    return end


def _joined(rows: list[list[str]]) -> list[str]:
    return [" ".join(filter(None, cell)) for cell in zip(*rows, strict=True)]


def _cut(line: str, starts: list[int]) -> list[str]:
    """Its cells: a column goes on to where the next one begins."""
    ends = [*starts[1:], len(line) + 1]
    begins = [0, *starts[1:]]
    return [line[start:end].strip() for start, end in zip(begins, ends, strict=True)]


def _side(head: str, start: int, stop: int) -> str:
    """A head that is flush with its dashes at one side is set to that side."""
    words = head[start:stop].ljust(stop - start)
    left, right = not words[:1].isspace(), not words[-1:].isspace()
    return "---" if left == right and left else ":-:" if not left and not right else "--:" if right else ":--"


def _settle_grid(lines: list[str], begin: int, kept: set[int]) -> int:
    end = begin
    while end + 1 in kept and lines[end + 1][:1] in ("+", "|") and end - begin < _MAX_ROWS * 4:
        end += 1
    rules = [at for at in range(begin, end + 1) if _GRID.match(lines[at])]
    if len(rules) < 2 or rules[-1] != end:  # noqa: PLR2004  (above and below)
        return begin
    edges = [found.start() for found in re.finditer(r"\+", lines[begin])]
    if any([found.start() for found in re.finditer(r"\+", lines[at])] != edges for at in rules):
        return begin  # cells over several columns
    bands = [_band(lines[above + 1 : below], edges) for above, below in pairwise(rules)]
    marks = next((at for at in rules if "=" in lines[at]), None)
    sides = [_colons(cell) for cell in _between(lines[begin if marks is None else marks], edges)]
    head = bands.pop(0) if marks == rules[1] else [""] * (len(edges) - 1)
    _put(lines, begin, end, [_row(head), _row(sides), *map(_row, bands)])
    return end


def _between(line: str, edges: list[int]) -> list[str]:
    return [line[left + 1 : right].strip() for left, right in pairwise(edges)]


def _band(rows: list[str], edges: list[int]) -> list[str]:
    cells = zip(*(_between(row, edges) for row in rows), strict=True)
    return ["<br>".join(filter(None, cell)) for cell in cells] if rows else [""] * (len(edges) - 1)


def _colons(cell: str) -> str:
    left, right = cell.startswith(":"), cell.endswith(":")
    return ":-:" if left and right else ":--" if left else "--:" if right else "---"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _put(lines: list[str], begin: int, last: int, made: list[str]) -> None:
    """In their place; a table wants no line directly above and below it."""
    size = last - begin + 1
    if len(made) > size:
        return
    lines[begin : last + 1] = made + [""] * (size - len(made))
