"""The content stream of one slide, while it is written: it is told of the graphics state what it has not had yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pressrun.browser.slides.pdf_geometry import Matrix, Rect

MCID: Final = re.compile(rb"/MCID\s+(\d+)")
# What stands in no mark is decoration (ISO 32000-1, 14.8.2.2): Chromium paints boxes and lines so
ARTIFACT: Final = b"/Artifact BMC\n"


@dataclass(slots=True, eq=False)
class Level:
    """The graphics state between a `q` and its `Q`: what was set in it, and where that leaves matrix and clip."""

    matrix: Matrix
    clip: Rect
    ordered: list[bytes] = field(default_factory=list)  # what adds up: matrices, clips, soft masks
    latest: dict[Any, tuple[int, bytes]] = field(default_factory=dict)  # by its number, oldest first
    count: int = 0

    def put(self, key: Any, raw: bytes) -> None:
        self.count += 1
        self.latest.pop(key, None)
        self.latest[key] = (self.count, raw)


@dataclass(slots=True)
class _Has:
    """How much of a level a slide has been told."""

    level: Level
    ordered: int = 0
    count: int = 0


@dataclass(slots=True, eq=False)
class Sheet:
    """One slide's own content. `marks`: the marked-content ids of the page, and what they are here, from 0."""

    window: Rect
    marks: dict[int, int] = field(default_factory=dict)
    forms: dict[bytes, Any] = field(default_factory=dict)  # by the name that the content calls them by


@dataclass(slots=True, eq=False)
class Stream:
    """A content stream of one sheet while it is written: the page's, or that of a form in it."""

    sheet: Sheet
    out: list[bytes] = field(default_factory=list)
    stack: list[_Has] = field(default_factory=list)
    mark: bytes | None = None

    def follow(self, levels: Sequence[Level]) -> int:
        """Brings its graphics state to that of the source; how many bytes it took."""
        had = len(self.out)
        common = 0
        while common < min(len(levels), len(self.stack)) and self.stack[common].level is levels[common]:
            common += 1
        self.out += [b"Q\n"] * (len(self.stack) - common)
        del self.stack[common:]
        if common:
            self._catch_up(self.stack[-1])
        for level in levels[common:]:
            self.out.append(b"q\n")
            self.stack.append(_Has(level))
            self._catch_up(self.stack[-1])
        return sum(map(len, self.out[had:]))

    def _catch_up(self, has: _Has) -> None:
        level = has.level
        self.out += level.ordered[has.ordered :]
        news: list[bytes] = []
        for number, raw in reversed(level.latest.values()):
            if number <= has.count:
                break
            news.append(raw)
        self.out += reversed(news)
        has.ordered, has.count = len(level.ordered), level.count

    def enter(self, mark: bytes | None, mcid: int | None) -> None:
        """Paints as part of that marked content from here on."""
        if mark == self.mark:
            return
        if self.mark is not None:
            self.out.append(b"EMC\n")
        self.mark = mark
        if mark is not None and mcid is not None:
            own = self.sheet.marks.setdefault(mcid, len(self.sheet.marks))
            mark = MCID.sub(b"/MCID %d" % own, mark)
        if mark is not None:
            self.out.append(mark)

    def finish(self) -> bytes:
        self.enter(None, None)
        self.out += [b"Q\n"] * len(self.stack)
        return b"".join(self.out)
