"""What the planner of slides promises of every document: generated lists of blocks, as a page measures them.

Work is counted in candidates that were looked at, never in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.browser.slides.composition.flow import Atom, AtomKind, Begins, Flow
from pressrun.browser.slides.composition.layouts import LAYOUTS
from pressrun.browser.slides.composition.planner import SMALLEST, WHOLE_SENTENCE, plan_deck

LINE, HEAD = 30.0, 40.0
Part = tuple[AtomKind, Begins, float, dict[str, object]]  # kind, what begins, height, what else an atom has

LINES = st.integers(1, 12)
LEVELS = st.integers(1, 6)


def _text(lines: int, before: Begins = "block", **more: object) -> Part:
    return "text", before, lines * LINE, {"soft": lines > 1, "characters": lines * 70, **more}


@st.composite
def sentences(draw: st.DrawFn, begins: Begins = "block", top: str = "p") -> list[Part]:
    """A paragraph: sentences with places within, as a page offers them where one is longer than a slide."""
    made: list[Part] = []
    for number in range(draw(st.integers(1, 5))):
        before: Begins = "sentence" if number else begins
        most = draw(st.sampled_from([2, 2, 12]))
        for piece in range(draw(st.integers(1, 6))):
            inner: Begins = draw(st.sampled_from(["clause", "word"]))
            made.append(_text(draw(st.integers(1, most)), inner if piece else before, top=top))
    return [*made[:-1], (*made[-1][:3], {**made[-1][3], "lead": draw(st.booleans())})]


@st.composite
def listing(draw: st.DrawFn) -> list[Part]:
    """A list, a table or code: its parts begin alike."""
    kind, before = draw(st.sampled_from([("text", "item"), ("row", "row"), ("code", "line"), ("text", "answer")]))
    heights = draw(st.lists(LINES, min_size=1, max_size=20))
    more = {"top": {"item": "ul", "row": "table", "line": "pre", "answer": "dl"}[before], "characters": 40}
    return [(kind, before if at else "block", lines * LINE, more) for at, lines in enumerate(heights)]  # type: ignore[misc]


@st.composite
def pictures(draw: st.DrawFn) -> list[Part]:
    wide, high = draw(st.floats(20, 760)), draw(st.floats(20, 400))
    return [("picture", "block", high, {"picture": (wide, high), "characters": 0})]


BLOCKS = st.one_of(
    LEVELS.map(lambda level: [("heading", "heading", 50.0, {"level": level})]),
    sentences(),
    sentences(begins="item", top="ul"),
    listing(),
    pictures(),
    st.just([("box", "block", 400.0, {})]),
)


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """A document of any blocks, on a slide of any height, some of them begun by their author."""
    blocks = draw(st.lists(BLOCKS, min_size=1, max_size=25))
    authors = draw(st.lists(st.integers(0, len(blocks) - 1), max_size=3))
    made = flow_of_parts(
        [part for block in blocks for part in block], draw(st.sampled_from([200.0, 320.0, 420.0, 800.0]))
    )
    atoms = list(made.atoms)
    starts = [0]
    for block in blocks:
        starts.append(starts[-1] + len(block))
    for block in authors:
        atoms[starts[block]] = replace(atoms[starts[block]], author={})
    return replace(made, atoms=tuple(atoms), columns=draw(st.sampled_from([1, 1, 2])))


def flow_of_parts(parts: Sequence[Part], room: float = 420.0) -> Flow:
    """All below each other, without air."""
    atoms: list[Atom] = []
    at, block = 0.0, -1
    for kind, before, height, more in parts:
        block += before in ("block", "heading")
        atoms.append(Atom(kind, before, at, at, block=max(0, block), **more))  # type: ignore[arg-type]
        at += height
    return Flow(tuple(atoms), at, room, HEAD, LINE, column=760.0, inner=760.0)


def sentences_of(flow: Flow) -> Iterator[tuple[int, int]]:
    """First atom of each sentence, and the one behind its last."""
    begins = [at for at, atom in enumerate(flow.atoms) if atom.before not in ("clause", "word")]
    yield from pairwise([*begins, len(flow.atoms)])


@given(flows())
def test_each_part_is_on_exactly_one_slide_in_order_and_the_same_every_time(flow: Flow) -> None:
    plan = plan_deck(flow)
    shown = [at for slide in plan.slides for at in range(slide.first, slide.last)]
    assert shown == list(range(len(flow.atoms)))
    assert all(slide.first < slide.last and slide.layout in LAYOUTS for slide in plan.slides)
    assert plan_deck(replace(flow, atoms=tuple(map(replace, flow.atoms)))) == plan
    begun = {slide.first for slide in plan.slides}
    assert begun.issuperset(at for at, atom in enumerate(flow.atoms) if atom.author is not None)


@given(flows())
def test_only_what_fits_on_no_slide_is_parted_inside_a_sentence_or_higher_than_one(flow: Flow) -> None:
    slides = plan_deck(flow).slides
    begun = {slide.first for slide in slides}
    for first, end in sentences_of(flow):
        height = (flow.atoms[end].start if end < len(flow.atoms) else flow.end) - flow.atoms[first].start
        if height <= WHOLE_SENTENCE * flow.room * flow.columns - flow.head:
            assert begun.isdisjoint(at for at in range(first + 1, end) if flow.atoms[at].author is None)
    for slide in slides:
        if slide.height * SMALLEST**2 > flow.room * flow.columns + 1:
            assert slide.last == slide.first + 1, slide


def test_a_sentence_stays_whole_where_parting_it_would_be_cheaper() -> None:
    pieces: list[tuple[int, Begins]] = [(3, "block"), (2, "clause"), (2, "clause"), (1, "sentence"), (1, "clause")]
    pieces += [(3, "sentence"), (2, "clause"), (2, "clause")]
    plan = plan_deck(flow_of_parts([_text(*piece) for piece in pieces], room=200.0))
    assert 4 not in [slide.first for slide in plan.slides]


@given(flows())
def test_a_slide_that_goes_on_names_the_heading_above_it_and_counts_its_parts(flow: Flow) -> None:
    slides = plan_deck(flow).slides
    for slide in slides:
        before = [at for at, atom in enumerate(flow.atoms[: slide.first]) if atom.kind == "heading"]
        is_own = flow.atoms[slide.first].kind == "heading" or flow.atoms[slide.first].author is not None
        assert slide.running == (None if is_own or not before else before[-1])
    for one, other in pairwise(slides):
        if other.part is not None and other.part[0] > 2:
            assert one.part == (other.part[0] - 1, other.part[1])


@given(flows())
def test_the_work_for_a_part_is_what_could_stand_on_its_slide(flow: Flow) -> None:
    """So the work of a document is that of its parts added up, and grows as they do."""
    reach = 2 * flow.room * flow.columns
    starts = [atom.start for atom in flow.atoms]
    most = sum(1 + sum(start <= first + reach for start in starts[at + 1 :]) for at, first in enumerate(starts))
    assert plan_deck(flow).steps <= most


ROWS: list[Part] = [("row", "row", 40.0, {"top": "table"})] * 5
# How often each section is repeated for the larger of two documents.
TIMES = {"headings": 300, "a lesson": 1_000, "sentences": 300, "code": 120}
SECTIONS: dict[str, list[Part]] = {
    "headings": [("heading", "heading", 50.0, {"level": 2})] * 8,
    "a lesson": [
        ("heading", "heading", 50.0, {"level": 2}),
        *[_text(4)] * 3,
        *[_text(1, "item", top="ul")] * 4,
        ("picture", "block", 150.0, {"picture": (300.0, 150.0)}),
        *ROWS,
    ],
    "sentences": [_text(2, "sentence")] * 6,
    "code": [("code", "line", 24.0, {"top": "pre"})] * 17,
}


@pytest.mark.parametrize("kind", SECTIONS)
def test_the_work_grows_with_the_document_up_to_two_thousand_slides(kind: str) -> None:
    section = SECTIONS[kind]
    small, large = (plan_deck(flow_of_parts(section * times)) for times in (TIMES[kind] // 4, TIMES[kind]))
    assert large.steps <= 4.1 * small.steps
    assert len(large.slides) > (2_000 if kind == "a lesson" else 100)
