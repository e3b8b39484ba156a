"""Where to cut a document into slides. Owns the geometry, and only that: boxes in, slices out, no browser.

All numbers are CSS px from the top of the document. Promises of `blocks`, each a property test:

- a line, a picture or a unit (table row, `break-inside: avoid`) that fits on a slide is whole on at least one slide;
- every line and picture is covered; slices are sorted, and each starts below the one before;
- two slices overlap only where a thing taller than a slide was cut (by `overlap`), or where boxes interlock so that
  no free cut exists (then the second slice goes back to where the cut boxes begin).

Between those rules it looks for the place a person would choose: before a heading rather than before a paragraph,
that rather than inside a list or table, and between two lines of one paragraph last; never just after a heading.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, nsmallest
from typing import Literal, get_args

BoxKind = Literal["line", "picture", "unit", "section", "heading", "item", "block", "forced"]
BOX_KINDS: frozenset[str] = frozenset(get_args(BoxKind))
PageBreaks = Literal["blocks", "scroll"]

# Browsers lay out in 1/64 px, and neighbours share an edge: closer than this is touching, not crossing.
EPSILON_CSS_PX = 0.25

# What overhangs by less than this fits on a slide: at zoom 2.1 one is 514.29 CSS px high, and `100vh` is 515.
OVERHANG_CSS_PX = 1.0

_SPARE_CSS_PX = OVERHANG_CSS_PX - 2 * EPSILON_CSS_PX

# A cut keeps this far from the box below it, if there is air: painting rounds to device pixels, and a border of the
# next box was seen as a hair line at the end of a slide (zoom 2.1, Chromium 156). And signs above a line (Tibetan,
# Arabic, Burmese) reach farther than their font says: with 1 px eight of 40 scripts were cut (test_udhr.py).
_CLEARANCE_CSS_PX = 3.0

# Air above and below the content of a slide, as a share of its height; never more than the document itself has above
# its first line. Arbitrary, 0.03..0.1 looks right.
_MARGIN_SHARE = 0.06

# What a cut costs, in the currency of emptiness (1 = a wholly empty slide). Chosen by eye on lessons, tables and
# code: their order matters, the values little.
_COST_BEFORE: dict[BoxKind, float] = {"section": 0.0, "heading": 0.06, "block": 0.12, "unit": 0.22, "item": 0.22}
_COST_BETWEEN_LINES = 0.55
_COST_LONE_LINE = 0.2  # one line of a block left alone on a slide
_COST_LONE_ITEM = 0.1  # one item of a list, one row of a table
_COST_AFTER_HEADING = 5.0  # a heading parted from what it heads: worse than any emptiness
_COST_IN_MARGIN = 0.1
_COST_UNCLOSED = 0.3  # the lower padding and border of a block do not fit
_COST_THROUGH_OVERSIZE = 0.8
_LAST_MAY_BE_EMPTY = 0.65  # the last slide may be emptier than others, but not hold two lines only

# How many cuts are followed from each start. In long documents only the best one: the search stays under 0.2 s, and
# among hundreds of slides nobody misses the better balance of two.
_CHOICES = 6
_MANY_CUTS = 3_000


@dataclass(frozen=True, slots=True)
class Box:
    """Something the document shows. `forced` (of no height) is a place where the author wants a new slide.

    Boxes come in document order: an outer box before those inside it. `left` and `right` are 0 where nothing depends
    on them: nothing stands out of the slide at its sides.
    """

    kind: BoxKind
    top: float
    bottom: float
    left: float = 0.0
    right: float = 0.0

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the document for one slide; `top` appears `offset` below the slide's upper edge.

    What lies outside of top..bottom must not be seen. `offset` + `height` is at most the slide's height.

    Sideways the same: `left` appears `inset` right of the slide's left edge, and what lies outside of left..right must
    not be seen. `left` is negative where the document goes on to the left (right to left, vertical writing). `right` is
    None for a slide that shows all that its width has room for, from `left` on: nothing is hidden at its sides.
    """

    top: float
    bottom: float
    offset: float = 0.0
    left: float = 0.0
    right: float | None = None
    inset: float = 0.0

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def holds(self, box: Box) -> bool:
        """Whether the middle of the box is on the slide."""
        x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
        return self.top <= y <= self.bottom and (self.right is None or self.left <= x <= self.right)

    @property
    def place(self) -> tuple[float | None, ...]:
        """Its numbers in their order, for keys and for JSON; `Slice(*place)` is it again."""
        return self.top, self.bottom, self.offset, self.left, self.right, self.inset


@dataclass(frozen=True, slots=True)
class SlicePlan:
    """Slices from top to bottom, at least one; `truncated` if the document goes on after the last."""

    slices: tuple[Slice, ...]
    truncated: bool


def plan_slices(
    boxes: Sequence[Box],
    document_height_css_px: float,
    viewport_height_css_px: float,
    overlap_css_px: float,
    mode: PageBreaks,
    max_slices: int,
) -> SlicePlan:
    """Cuts the document into at most `max_slices` slices of at most the viewport's height.

    `overlap_css_px` is at most half of the viewport (RunSpec checks it for people).
    """
    if viewport_height_css_px <= 0 or max_slices < 1 or not 0 <= overlap_css_px <= viewport_height_css_px / 2:
        raise ValueError("a plan needs a viewport, room for a slice, and an overlap of at most half the viewport")
    if mode == "scroll":
        return _plan_scroll(document_height_css_px, viewport_height_css_px, overlap_css_px, max_slices)
    return _BlockPlanner(boxes, document_height_css_px, viewport_height_css_px, overlap_css_px).plan(max_slices)


def _plan_scroll(document_height: float, viewport_height: float, overlap: float, max_slices: int) -> SlicePlan:
    """Screen after screen; the last one is aligned with the document's end, so that it is as full as the others."""
    last_top = max(0.0, document_height - viewport_height)
    step = viewport_height - overlap
    count = 1 + math.ceil(max(0.0, last_top / step - 1e-9))
    tops = (min(number * step, last_top) for number in range(min(count, max_slices)))
    return SlicePlan(tuple(Slice(top, top + viewport_height) for top in tops), truncated=count > max_slices)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A gap between boxes: the slide must reach down to `above`, the next one starts at `below`."""

    above: float
    below: float
    cost: float
    forced: bool = False
    closed: float = -math.inf  # where the boxes that end in this gap end, with their padding and border


class _Cuts:
    """All gaps of a document, sorted, each with its cost."""

    def __init__(self, boxes: Sequence[Box], solids: Sequence[Box]) -> None:
        self._all = _priced(_gaps(solids), boxes)
        self._above = [cut.above for cut in self._all]

    def __len__(self) -> int:
        return len(self._all)

    def within(self, start: float, end: float) -> list[_Cut]:
        """Cuts that can end a slide which shows from `start` to at most `end`."""
        first = bisect_right(self._above, start + EPSILON_CSS_PX)
        return self._all[first : bisect_right(self._above, end + EPSILON_CSS_PX)]


def _crosses(box: Box, y: float) -> bool:
    return box.top + EPSILON_CSS_PX < y < box.bottom - EPSILON_CSS_PX


def _gaps(solids: Sequence[Box]) -> list[tuple[float, float]]:
    """The stretches that no solid box covers, as (end of what is above, start of what is below)."""
    gaps: list[tuple[float, float]] = []
    reach = -math.inf
    for box in sorted(solids, key=lambda box: box.top):
        if box.top >= reach - EPSILON_CSS_PX and reach > -math.inf:
            gaps.append((reach, max(reach, box.top)))
        reach = max(reach, box.bottom)
    return gaps


def _priced(gaps: Sequence[tuple[float, float]], boxes: Sequence[Box]) -> list[_Cut]:
    """Each gap with what it costs to cut there, by what begins in it and what ends above it."""
    aboves = [above for above, _ in gaps]
    begins: dict[int, Box] = {}  # the outermost box beginning in each gap: the first one in document order
    starts: dict[int, float] = {}
    closed: dict[int, float] = {}
    forced: set[int] = set()
    after_heading: set[int] = set()
    for box in boxes:
        if box.kind in ("line", "picture"):
            continue
        index = bisect_right(aboves, box.top + EPSILON_CSS_PX) - 1
        in_gap = index >= 0 and box.top <= gaps[index][1] + EPSILON_CSS_PX
        if in_gap and box.kind == "forced":
            forced.add(index)
        elif in_gap:
            begins.setdefault(index, box)
        if in_gap:
            starts[index] = min(starts.get(index, math.inf), max(box.top, gaps[index][0]))
        ends_in = bisect_right(aboves, box.bottom + EPSILON_CSS_PX) - 1
        if ends_in >= 0 and box.bottom <= gaps[ends_in][1] + EPSILON_CSS_PX:
            closed[ends_in] = max(closed.get(ends_in, -math.inf), box.bottom)
        if box.kind in ("section", "heading"):
            first = bisect_right(aboves, box.top + EPSILON_CSS_PX)
            after_heading.update(range(first, bisect_right(aboves, box.bottom + EPSILON_CSS_PX)))

    order = sorted(begins)
    place = {index: number for number, index in enumerate(order)}

    def is_lone(index: int) -> bool:
        """Whether the list or table ends with the item that begins at this gap, or has begun with the one before."""
        around = order[max(0, place[index] - 1) : place[index] + 2]
        return len(around) < 3 or any(begins[other].kind != begins[index].kind for other in around)  # noqa: PLR2004

    def cost(index: int) -> float:
        if index in after_heading:
            return _COST_AFTER_HEADING
        if index in begins:
            kind = begins[index].kind
            return _COST_BEFORE[kind] + (_COST_LONE_ITEM if kind in ("item", "unit") and is_lone(index) else 0.0)
        lone = index == 0 or index - 1 in begins or index == len(gaps) - 1 or index + 1 in begins
        return _COST_BETWEEN_LINES + (_COST_LONE_LINE if lone else 0.0)

    def cut(index: int) -> _Cut:
        above, below = gaps[index]
        below = min(below, starts.get(index, below))
        last = closed.get(index, -math.inf)
        air = max(0.0, below - max(above, last))
        return _Cut(above, below - min(_CLEARANCE_CSS_PX, air / 2), cost(index), index in forced, last)

    return [cut(index) for index in range(len(gaps))]


@dataclass(frozen=True, slots=True, order=True)
class _Start:
    """Where a slide can begin: `top` of the document, shown `offset` below the slide's edge."""

    top: float
    offset: float


@dataclass(frozen=True, slots=True)
class _Way:
    """The cheapest known way to a start: its last slice, and where that began."""

    cost: float
    count: int
    origin: _Start | None
    shown: Slice | None


_END = _Start(math.inf, 0.0)


def _walk_back(ways: dict[_Start, _Way], at: _Start) -> list[Slice]:
    slices = []
    way = ways[at]
    while way.origin is not None and way.shown is not None:
        slices.append(way.shown)
        way = ways[way.origin]
    return slices[::-1]


class _BlockPlanner:
    """Finds the cheapest way down one document."""

    def __init__(self, boxes: Sequence[Box], document_height: float, viewport_height: float, overlap: float) -> None:
        ink = [box for box in boxes if box.kind in ("line", "picture")]
        fits_up_to = viewport_height + OVERHANG_CSS_PX - EPSILON_CSS_PX
        self._solids = sorted(
            (box for box in boxes if box.kind in ("line", "picture", "unit") and box.height <= fits_up_to),
            key=lambda box: box.top,
        )
        self._solid_tops = [box.top for box in self._solids]
        self._full_ends = sorted(box.bottom for box in self._solids if box.height > viewport_height - OVERHANG_CSS_PX)
        self._oversize = [box for box in ink if box.height > fits_up_to]
        self._cuts = _Cuts(boxes, [*self._solids, *self._oversize])
        self._content_end = max((box.bottom for box in ink), default=0.0)
        self._document_end = max(document_height, self._content_end)
        self._choices = _CHOICES if len(self._cuts) < _MANY_CUTS else 1
        self._height = viewport_height
        self._overlap = overlap
        own_margin = max(0.0, min((box.top for box in ink), default=0.0))
        self._margin = min(own_margin, viewport_height * _MARGIN_SHARE)

    def plan(self, max_slices: int) -> SlicePlan:
        """The cheapest way down: shortest path over the places where a slide can begin, in order of their height."""
        first = _Start(0.0, 0.0)
        ways = {first: _Way(0.0, 0, None, None)}
        waiting = [first]
        cut_short: list[_Start] = []
        while waiting:
            start = heappop(waiting)
            if start == _END:
                break
            way = ways[start]
            if way.count > max_slices:
                cut_short.append(start)
                continue
            for shown, following, cost in self._options(start):
                if following not in ways:
                    heappush(waiting, following)
                elif ways[following].cost <= way.cost + cost:
                    continue
                ways[following] = _Way(way.cost + cost, way.count + 1, start, shown)
        last = _END if _END in ways else min(cut_short, key=lambda start: ways[start].cost)
        slices = _walk_back(ways, last)
        return SlicePlan(tuple(slices[:max_slices]), truncated=last != _END or len(slices) > max_slices)

    def _options(self, start: _Start) -> list[tuple[Slice, _Start, float]]:
        """Every slice worth considering from `start`, with where the next one begins and what choosing it costs."""
        start = self._without_air(start)
        top, end = start.top, start.top + self._height - start.offset
        spare = self._spare(end)
        cuts = self._cuts.within(top, end + spare)
        forced = next((cut for cut in cuts if cut.forced), None)
        if forced is not None:
            return [(self._slice(start, forced, end), _Start(forced.below, 0.0), 0.0)]
        if self._content_end <= end + EPSILON_CSS_PX + spare:
            shown = Slice(top, min(end, max(self._document_end, top)), start.offset)
            return [(shown, _END, 2 * max(0.0, self._emptiness(top, end, self._content_end) - _LAST_MAY_BE_EMPTY))]
        candidates = [*cuts, *self._cut_through_oversize(end)]
        if candidates:
            priced = ((self._cost(top, end, cut), cut) for cut in candidates)
            best = nsmallest(self._choices, priced, key=lambda option: option[0])
            return [(self._slice(start, cut, end), self._after(cut), cost) for cost, cut in best]
        if start.offset > 0:
            return self._options(_Start(top, 0.0))  # what fits on a slide but for the margin has it without one
        cut = self._cut_by_force(top, end)
        if self._is_blank(top, cut.below):
            return self._options(_Start(cut.below, 0.0))
        return [(Slice(top, end), self._after(cut), cut.cost)]

    def _without_air(self, start: _Start) -> _Start:
        """Above what is as high as a slide: the air would be taken from its end."""
        if not self._spare(start.top + self._height - start.offset):
            return start
        following = bisect_left(self._solid_tops, start.top + EPSILON_CSS_PX)
        below = self._solid_tops[following] if following < len(self._solid_tops) else start.top
        return _Start(below, 0.0) if below > start.top and self._is_blank(start.top, below) else start

    def _spare(self, end: float) -> float:
        """What may overhang at the end of a slide: of a thing as high as a slide, not of a line of text."""
        first = bisect_right(self._full_ends, end + EPSILON_CSS_PX)
        over = self._full_ends[first] - end if first < len(self._full_ends) else math.inf
        return _SPARE_CSS_PX if over <= _SPARE_CSS_PX + EPSILON_CSS_PX else 0.0

    def _slice(self, start: _Start, cut: _Cut, end: float) -> Slice:
        return Slice(start.top, min(end, max(cut.above, cut.below)), start.offset)

    def _after(self, cut: _Cut) -> _Start:
        return _Start(cut.below, min(self._margin, cut.below))

    def _cost(self, top: float, end: float, cut: _Cut) -> float:
        cost = cut.cost + self._emptiness(top, end, cut.above) ** 2
        if cut.cost != _COST_THROUGH_OVERSIZE:
            cost += _COST_IN_MARGIN if cut.above > end - self._margin else 0.0
            cost += _COST_UNCLOSED if cut.closed > end + EPSILON_CSS_PX else 0.0
        return cost

    def _emptiness(self, top: float, end: float, reached: float) -> float:
        soft_end = end - self._margin
        return max(0.0, (soft_end - reached) / (soft_end - top))

    def _cut_through_oversize(self, end: float) -> list[_Cut]:
        """A cut at `end`, if that hurts nothing but a thing that has to be cut anyway."""
        in_the_way = (_crosses(box, end) for box in self._solids_from(end - self._height, end))
        if any(_crosses(box, end) for box in self._oversize) and not any(in_the_way):
            return [_Cut(end, end - self._overlap, _COST_THROUGH_OVERSIZE)]
        return []

    def _cut_by_force(self, start: float, end: float) -> _Cut:
        """No free cut exists: end here, and go back so far that whatever was cut and fits is shown whole."""
        restart = end - self._overlap if any(_crosses(box, end) for box in self._oversize) else end
        cut_boxes = [box.top for box in self._solids_from(start + EPSILON_CSS_PX, end) if _crosses(box, end)]
        return _Cut(end, min([restart, *cut_boxes]), _COST_THROUGH_OVERSIZE)

    def _is_blank(self, top: float, bottom: float) -> bool:
        """Whether a solid box follows after nothing but air, so that the air can be left out."""
        solids = [*self._oversize, *self._solids_from(top - self._height - 1, bottom)]
        shown = (box for box in solids if box.top < bottom - EPSILON_CSS_PX and box.bottom > top + EPSILON_CSS_PX)
        return bottom < top + self._height - EPSILON_CSS_PX and not any(shown)

    def _solids_from(self, top: float, below: float) -> list[Box]:
        return self._solids[bisect_right(self._solid_tops, top) : bisect_right(self._solid_tops, below)]
