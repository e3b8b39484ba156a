"""Which atoms of a document each slide shows: the cheapest way through all of it. Pure, deterministic, linear.

Owns the cost function; docs/composition.md says it in prose. Promises, each a property test: every atom is on exactly
one slide, in order; the same flow gives the same plan; a slide that its author begins begins there; what fits on a
slide is not parted inside a sentence (the page offers no such place), and the work grows with the number of atoms.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import NamedTuple

from pressrun.browser.slides.composition.flow import Atom, Begins, Flow
from pressrun.browser.slides.composition.layouts import Layout, layout_of, opening_of

# The smallest type of a slide, as a share of the theme's: with 20 px at zoom 2.1 it is that of a book (issue 13).
SMALLEST = 0.85
LARGEST = 1.15

# What it costs to end a slide in front of what begins so. The currency: 1 is a slide that is empty but for a fifth.
# Chosen by eye on lessons, articles and the Declaration; their order matters, the values little.
COST_BEFORE: dict[Begins, float] = {
    "heading": 0.0,
    "block": 0.10,
    "item": 0.22,
    "inner item": 0.45,
    "answer": 1.2,
    "row": 0.25,
    "joined": 4.0,
    "blank": 0.25,
    "line": 0.6,
    "sentence": 0.45,
    "clause": 2.5,
    "word": 3.5,
}
COST_AFTER_HEADING = 6.0  # a heading parted from what it heads
COST_BETWEEN_HEADINGS = 0.3  # nothing stands between these two
COST_AFTER_LEAD = 0.9  # "The following:" parted from what follows
COST_LONE = 0.2  # one item or row left alone, at either side
COST_SLIDE = 0.12  # of each: fewer slides, if nothing else speaks for more
COST_EMPTY = 1.6  # times the square of what is missing to TARGET_FILL
COST_UNDER_MINIMUM = 0.8  # less than MINIMUM_FILL, and its section goes on
COST_ORPHAN = 3.0  # less than ORPHAN_LINES or ORPHAN_FILL without a heading of its own
COST_SMALLER = 4.0  # times what the type is smaller than the theme's, 0..0.15
COST_HEADING_WITHIN = {1: 0.3, 2: 0.06, 3: 0.03, 4: 0.01, 5: 0.0, 6: 0.0}  # a heading that is not at the top
COST_OVERFULL = 40.0  # higher than a slide at the smallest type; only where nothing fits

COST_WITHIN_WHOLE = 1_000.0  # to part a sentence that a slide could hold: more than any slide costs
WHOLE_SENTENCE = 0.9  # of a slide, without its heading; as OVERSIZE of composing/runs.js

TARGET_FILL = 0.8
MINIMUM_FILL = 0.3
ORPHAN_LINES = 3
ORPHAN_FILL = 0.2
# Text in a narrower column is higher; and how much of a slide's height a picture beside it may take.
_BESIDE_SHARE = 0.52
_BESIDE_PICTURE_SHARE = 0.46
_BESIDE_HEIGHT = 0.78
_LEAST_TEXT_BESIDE = 60  # characters; with less the picture has the slide for itself
_WIDE = 1.5  # a picture that is wider than that, for its height, has the width of the slide
_LEAST_PICTURE = 0.4  # of a slide's height
_PICTURE_FILL = 0.85
_LEAST_WIDTH = 0.2  # of a column, beside a picture that takes a side of the slide
# Type of 85 % has fewer lines as well, but whole ones: less is won than the square.
_SOFT_POWER = 1.8


@dataclass(frozen=True, slots=True)
class PlannedSlide:
    """Atoms `first` to `last` (not included). `running`: the heading that goes on, by its atom; `part`: (2, 3) for 2/3.

    `height`: of the content at the theme's size of type, CSS px; `fill`: its share of the slide's room.
    """

    first: int
    last: int
    layout: Layout
    height: float
    fill: float
    running: int | None = None
    part: tuple[int, int] | None = None


@dataclass(slots=True)
class Plan:
    """Slides in order; `steps`: candidates that were looked at, which is what the work is."""

    slides: list[PlannedSlide] = field(default_factory=list)
    steps: int = 0


def plan_deck(flow: Flow) -> Plan:
    """The cheapest deck; none for a document without an atom."""
    return _Planner(flow).plan() if flow.atoms else Plan()


class _Shape(NamedTuple):
    """How a candidate would look; a tuple, for a frozen dataclass takes four times as long to make."""

    height: float
    needed: float  # at the smallest type
    layout: Layout | None = None  # where the planner chose one for its height


class _Planner:
    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._atoms = atoms = flow.atoms
        count = len(atoms)
        self._ends = [*(atom.end_before for atom in atoms), flow.end]
        heights = [max(0.0, self._ends[at + 1] - atom.start) for at, atom in enumerate(atoms)]
        self._soft = _sums(height if atom.soft else 0.0 for atom, height in zip(atoms, heights, strict=True))
        self._pictures = [at for at, atom in enumerate(atoms) if atom.kind == "picture"]
        self._pictures_before = _counts(atom.kind == "picture" for atom in atoms)
        self._stiff_before = _counts(atom.kind in ("row", "code", "box") for atom in atoms)
        self._characters = _sums(0.0 if atom.kind in ("picture", "heading") else atom.characters for atom in atoms)
        self._notes = _sums(sum(flow.notes[note] for note in atom.notes) for atom in atoms)
        self._within = _sums(COST_HEADING_WITHIN.get(atom.level, 0.0) for atom in atoms)
        self._opening = opening_of(flow)
        self._narrow = list(accumulate(map(_narrowed, atoms), lambda before, own: own or before or 1.0, initial=1.0))[
            1:
        ]
        self._begins_slide = [self._must_begin(at) for at in range(count)]
        self._heading_before = list(
            accumulate((at if atom.kind == "heading" else -1 for at, atom in enumerate(atoms)), max)
        )
        self._room = flow.room * flow.columns
        self._breaks = [0.0 if begins else self._cost_of_break(at) for at, begins in enumerate(self._begins_slide)]
        self._keep_sentences()

    def _must_begin(self, at: int) -> bool:
        atom = self._atoms[at]
        if at == 0 or atom.author is not None or at in self._opening:
            return True
        return atom.kind == "heading" and atom.level == 1 and self._atoms[at - 1].kind != "heading"

    def _keep_sentences(self) -> None:
        """What fits on a slide is not parted inside a sentence, whatever else that would cost."""
        begins = [at for at, atom in enumerate(self._atoms) if atom.before not in ("clause", "word")]
        for first, end in pairwise([*begins, len(self._atoms)]):
            if self._ends[end] - self._atoms[first].start <= WHOLE_SENTENCE * self._room - self._flow.head:
                for at in range(first + 1, end):
                    if not self._begins_slide[at]:
                        self._breaks[at] += COST_WITHIN_WHOLE

    def plan(self) -> Plan:
        """The cheapest way from the first atom to behind the last: each slide is an edge."""
        count = len(self._atoms)
        best = [math.inf] * (count + 1)
        best[0] = 0.0
        origin = [0] * (count + 1)
        layouts: list[tuple[Layout | None, float]] = [(None, 0.0)] * (count + 1)
        steps = 0
        for first in range(count):
            so_far = best[first]
            if so_far == math.inf:
                continue
            for last, shape, cost in self._candidates(first):
                steps += 1
                if so_far + cost < best[last]:
                    best[last], origin[last] = so_far + cost, first
                    layouts[last] = (shape.layout, shape.height)
        return Plan(self._slides(origin, layouts), steps)

    def _candidates(self, first: int) -> Iterator[tuple[int, _Shape, float]]:
        """Every slide that can begin there, at least one."""
        count = len(self._atoms)
        for last in range(first + 1, count + 1):
            shape = self._shape(first, last)
            fits = shape.needed <= self._room + 1
            if not fits and last > first + 1:
                if self._ends[last] - self._atoms[first].start > 2 * self._room:
                    return
                if self._pictures_before[last] == self._pictures_before[first]:
                    return
                continue  # a picture beside text may make it fit again
            yield last, shape, self._cost(first, last, shape) + (0.0 if fits else COST_OVERFULL)
            if last < count and self._begins_slide[last]:
                return

    def _shape(self, first: int, last: int) -> _Shape:
        atom = self._atoms[first]
        has_head = atom.kind != "heading" and self._running(first) is not None
        fixed = (self._flow.head if has_head else 0.0) + self._notes[last] - self._notes[first]
        stacked = max(0.0, self._ends[last] - atom.start)
        soft = min(stacked, self._soft[last] - self._soft[first])
        if (narrow := self._narrow[first]) < 1:
            soft, stacked = soft / narrow, stacked + soft / narrow - soft
        plain = _Shape(stacked + fixed, (stacked - soft) * SMALLEST + soft * SMALLEST**_SOFT_POWER + fixed)
        if self._pictures_before[last] - self._pictures_before[first] != 1:
            return plain
        if self._stiff_before[last] != self._stiff_before[first]:
            return plain
        return self._with_picture(first, last, plain, fixed)

    def _with_picture(self, first: int, last: int, plain: _Shape, fixed: float) -> _Shape:
        """One picture: it stands beside the text if it is no wide one, else it fills what the text leaves."""
        at = self._pictures[self._pictures_before[first]]
        characters = self._characters[last] - self._characters[first]
        wide, high = self._atoms[at].picture or (1.0, 1.0)
        picture = self._ends[at + 1] - self._atoms[at].start
        others = max(0.0, plain.height - picture)
        heading = self._flow.line * 2 if self._atoms[first].kind == "heading" else 0.0
        if wide > _WIDE * high or characters < _LEAST_TEXT_BESIDE or self._flow.columns > 1:
            least = picture - high + min(high, _LEAST_PICTURE * self._room)
            if others + least > self._room:
                return plain
            return _Shape(max(min(plain.height, self._room), self._room * _PICTURE_FILL), others + least, "picture")
        share = self._flow.inner * _BESIDE_SHARE / self._flow.column
        text = max(0.0, others - fixed - heading) / share
        most = self._flow.inner * _BESIDE_PICTURE_SHARE
        beside = picture - high + high * min(1.0, most / max(1.0, wide), self._room * _BESIDE_HEIGHT / max(1.0, high))
        height = fixed + heading + max(text, beside)
        needed = fixed + heading * SMALLEST + max(text * SMALLEST**_SOFT_POWER, beside * SMALLEST)
        return _Shape(height, needed, "beside")

    def _cost(self, first: int, last: int, shape: _Shape) -> float:
        atoms, room = self._atoms, self._room
        fill = min(1.0, shape.height / room)
        is_own = atoms[first].kind == "heading" or atoms[first].author is not None or first == 0
        ends = last == len(atoms) or self._begins_slide[last] or atoms[last].kind == "heading"
        cost = COST_SLIDE
        if last < len(atoms):
            cost += self._breaks[last]
        missing = max(0.0, TARGET_FILL - fill)
        cost += COST_EMPTY * missing * missing * (0.6 if ends else 1.0)
        if fill < MINIMUM_FILL and not ends:
            cost += COST_UNDER_MINIMUM
        content = shape.height - (0.0 if is_own else self._flow.head)
        if not is_own and content < max(ORPHAN_LINES * self._flow.line - 1, ORPHAN_FILL * room):
            cost += COST_ORPHAN
        if shape.height > room:
            cost += COST_SMALLER * (1 - _scale_for(shape, room))
        return cost + self._within[last] - self._within[first + 1]

    def _cost_of_break(self, at: int) -> float:
        """To end a slide in front of that atom."""
        atoms = self._atoms
        atom, above = atoms[at], atoms[at - 1]
        if above.kind == "heading":
            return COST_BETWEEN_HEADINGS if atom.kind == "heading" else COST_AFTER_HEADING
        if above.keeps:
            return COST_AFTER_HEADING
        cost = COST_BEFORE[atom.before]
        if above.lead and atom.before != "heading":
            cost += COST_AFTER_LEAD
        if atom.before in ("item", "inner item", "row"):
            is_second = at >= 2 and atoms[at - 2].block != above.block  # noqa: PLR2004
            is_last = at + 1 == len(atoms) or atoms[at + 1].block != atom.block
            cost += COST_LONE * (is_second + is_last)
        return cost

    def _running(self, first: int) -> int | None:
        """The heading that goes on where a slide begins with something else."""
        if first == 0 or self._atoms[first].author is not None:
            return None
        at = self._heading_before[first - 1]
        return at if at >= 0 else None

    def _slides(self, origin: Sequence[int], layouts: Sequence[tuple[Layout | None, float]]) -> list[PlannedSlide]:
        borders = [len(self._atoms)]
        while borders[-1]:
            borders.append(origin[borders[-1]])
        borders.reverse()
        slides = []
        for first, last in pairwise(borders):
            chosen, height = layouts[last]
            is_heading = self._atoms[first].kind == "heading"
            layout = layout_of(self._flow, first, last, chosen, opening=self._opening)
            running = None if is_heading else self._running(first)
            slides.append(PlannedSlide(first, last, layout, height, height / self._room, running))
        return _numbered(slides, self._heading_before)


def _numbered(slides: Sequence[PlannedSlide], heading_before: Sequence[int]) -> list[PlannedSlide]:
    """A heading that goes on says on which of its slides one is: the first of them has no number."""
    numbered: list[PlannedSlide] = []
    at = 0
    while at < len(slides):
        end = at + 1
        if slides[at].layout not in ("title", "section"):
            while end < len(slides) and slides[end].running == heading_before[slides[at].last - 1] is not None:
                end += 1
                if heading_before[slides[end - 1].last - 1] != slides[end - 1].running:
                    break
        numbered.append(slides[at])
        run = slides[at + 1 : end]
        numbered += [_with_part(slide, number, len(run) + 1) for number, slide in enumerate(run, start=2)]
        at = end
    return numbered


def _with_part(slide: PlannedSlide, number: int, total: int) -> PlannedSlide:
    return PlannedSlide(
        slide.first, slide.last, slide.layout, slide.height, slide.fill, slide.running, (number, total)
    )  # fmt: skip


def _narrowed(atom: Atom) -> float:
    """How much of its width a slide leaves for text that begins with this atom; 0 where that goes on as before."""
    if atom.author is None:
        return 0.0
    try:
        return min(1.0, max(_LEAST_WIDTH, float(atom.author.get("narrow", 1))))
    except ValueError:
        return 1.0


def _scale_for(shape: _Shape, room: float) -> float:
    """About the size of type at which it fits, between the smallest and the theme's."""
    if shape.height <= room or shape.height <= shape.needed:
        return 1.0
    share = (shape.height - room) / (shape.height - shape.needed)
    return max(SMALLEST, 1 - (1 - SMALLEST) * share)


def _sums(values: Iterator[float] | Sequence[float]) -> list[float]:
    return [0.0, *accumulate(values)]


def _counts(values: Iterator[bool]) -> list[int]:
    return [0, *accumulate(map(int, values))]
