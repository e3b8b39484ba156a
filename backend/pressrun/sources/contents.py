"""Names of parts that only stand in a list: in a table of contents, an agenda, an index. Pure.

“Introduction” alone on its line is a heading (`heading_words`), but not where it is one of many short lines.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from pressrun.sources.heading_words import is_label
from pressrun.sources.numbered_lines import PROSE_WIDTH, STOPS, width

_LEAST: Final = 3  # short lines, one after the other, blank ones between them or not


def listed_labels(lines: list[str]) -> frozenset[int]:
    """Of a text, by their numbers from 0, the lines that are a name of a part and no heading.

    The last of the short lines is one if it is the only name, or the second time that it stands there: it is what the
    text behind it is called. So is the first of them if no other is a name and nothing has its name again.
    """
    times = Counter(line.strip() for line in lines)
    found: set[int] = set()
    run: list[int] = []
    for at, line in enumerate([*lines, "."]):
        if not line.strip():
            continue
        if width(line) <= PROSE_WIDTH and not STOPS.search(line.strip()[-8:]):
            run.append(at)
            continue
        if len(run) >= _LEAST:
            named = [n for n in run if is_label(lines[n]) and not _heads_lines(lines, n)]
            found |= {n for n in named if not _is_heading(lines, run, n, named, times)}
        run = []
    return frozenset(found)


def _heads_lines(lines: list[str], at: int) -> bool:
    """Whether it is the first of several lines between blank ones, and the only name among them."""
    end = at + 1
    while end < len(lines) and lines[end].strip() and not is_label(lines[end]):
        end += 1
    return (
        (at == 0 or not lines[at - 1].strip()) and end - at >= _LEAST and (end == len(lines) or not lines[end].strip())
    )


def _is_heading(lines: list[str], run: list[int], at: int, named: list[int], times: Counter[str]) -> bool:
    own = lines[at].strip()
    others = {lines[n].strip() for n in named if n != at}
    if at == run[-1]:
        return not others or own in others
    return at == run[0] and not others and times[own] == 1
