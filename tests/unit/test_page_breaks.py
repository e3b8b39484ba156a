"""Page breaks: the promises of pressrun.browser.slides.page_breaks, on random documents and on drawn ones."""

from __future__ import annotations

import itertools
import time
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pressrun.browser.slides.page_breaks import OVERHANG_CSS_PX, Box, BoxKind, SlicePlan, plan_slices

HEIGHT = 100.0
NEAR = 0.5  # CSS px; the planner treats a quarter as touching

untimed = settings(deadline=None)  # a busy machine is no finding

_kinds = st.sampled_from(["line", "line", "line", "picture", "unit", "section", "heading", "item", "block", "forced"])
_lengths = st.one_of(st.floats(1, 30), st.floats(30, 99), st.just(100.0), st.floats(101, 450))


@st.composite
def stacked(draw: st.DrawFn) -> list[Box]:
    """A document in one column: boxes below each other, blocks around some of them."""
    boxes: list[Box] = []
    y = 0.0
    for _ in range(draw(st.integers(1, 40))):
        y += draw(st.floats(0, 40))
        kind: BoxKind = draw(_kinds)
        if kind == "forced":
            boxes.append(Box("forced", y, y))
            continue
        length = draw(_lengths)
        if kind in ("line", "picture"):
            boxes.append(Box(kind, y, y + length))
        else:
            lines = draw(st.integers(1, 4))
            boxes.append(Box(kind, y, y + length))
            boxes += [Box("line", y + n * length / lines, y + (n + 1) * length / lines) for n in range(lines)]
        y += length
    return boxes


@st.composite
def scattered(draw: st.DrawFn) -> list[Box]:
    """Boxes anywhere, across each other: columns, floats, things positioned by hand."""
    boxes = []
    for _ in range(draw(st.integers(0, 40))):
        top = draw(st.floats(0, 900))
        kind = draw(_kinds)
        boxes.append(Box(kind, top, top if kind == "forced" else top + draw(_lengths)))
    return boxes


documents = st.one_of(stacked(), scattered())
overlaps = st.floats(0, HEIGHT / 2)


def plan(boxes: list[Box], overlap: float = 10.0, max_slices: int = 5_000) -> SlicePlan:
    document_height = max([HEIGHT, *(box.bottom for box in boxes)])
    return plan_slices(boxes, document_height, HEIGHT, overlap, "blocks", max_slices)


def near_of(box: Box) -> float:
    """What is as high as a slide may overhang by less than a pixel (K9 of issue 12), a line may not."""
    return OVERHANG_CSS_PX if box.height > HEIGHT - OVERHANG_CSS_PX else NEAR


def solid(boxes: list[Box]) -> list[Box]:
    return [box for box in boxes if box.kind in ("line", "picture")]


@untimed
@example([Box("line", 0, 1), Box("unit", 2.5, 102.5), Box("line", 2.5, 52.5), Box("line", 52.5, 102.5)], 0.0)
@given(documents, overlaps)
def test_what_fits_on_a_slide_is_whole_on_a_slide(boxes: list[Box], overlap: float) -> None:
    slices = plan(boxes, overlap).slices
    for box in boxes:
        if box.kind in ("line", "picture", "unit") and box.height <= HEIGHT:
            has_ink = box.kind != "unit" or any(ink.bottom >= box.bottom - NEAR for ink in solid(boxes))
            near = near_of(box)
            whole = any(s.top <= box.top + near and box.bottom <= s.bottom + near for s in slices)
            assert whole or not has_ink


@untimed
@given(documents, overlaps)
def test_every_line_and_picture_is_covered(boxes: list[Box], overlap: float) -> None:
    slices = plan(boxes, overlap).slices
    for box in solid(boxes):
        y = box.top
        for s in slices:
            if s.top <= y + NEAR:
                y = max(y, s.bottom)
        assert y >= box.bottom - near_of(box)


@untimed
@given(documents, overlaps)
def test_slices_go_down_and_fit_on_a_slide(boxes: list[Box], overlap: float) -> None:
    result = plan(boxes, overlap)
    assert all(box.top >= result.slices[0].top - NEAR for box in solid(boxes))
    assert not result.truncated
    assert all(
        above.top < below.top and above.bottom <= below.bottom + NEAR for above, below in pairwise(result.slices)
    )
    assert all(s.offset >= 0 and s.height > 0 and s.offset + s.height <= HEIGHT + NEAR for s in result.slices)


@untimed
@given(stacked(), overlaps)
def test_slices_of_one_column_overlap_only_where_something_taller_than_a_slide_was_cut(
    boxes: list[Box], overlap: float
) -> None:
    for above, below in pairwise(plan(boxes, overlap).slices):
        repeated = above.bottom - below.top
        if repeated > NEAR:
            assert repeated <= overlap + NEAR
            assert any(box.height > HEIGHT and box.top < above.bottom < box.bottom for box in solid(boxes))


@untimed
@given(stacked())
def test_no_line_of_one_column_is_seen_in_part(boxes: list[Box]) -> None:
    for s in plan(boxes).slices:
        for box in solid(boxes):
            if box.height <= HEIGHT and not any(big.height > HEIGHT for big in solid(boxes)):
                seen = min(s.bottom, box.bottom) - max(s.top, box.top)
                assert seen <= NEAR or seen >= box.height - near_of(box)


@untimed
@given(documents, st.integers(1, 5))
def test_a_plan_says_when_it_was_cut_short(boxes: list[Box], max_slices: int) -> None:
    whole, short = plan(boxes), plan(boxes, max_slices=max_slices)
    assert len(short.slices) <= max_slices
    if len(whole.slices) <= max_slices:
        assert short == whole
    elif not short.truncated:
        assert all(box.bottom <= short.slices[-1].bottom + NEAR for box in solid(boxes))


@untimed
@given(st.floats(1, 5_000), st.floats(10, 300), st.floats(0, 0.5), st.integers(1, 600))
def test_scroll_covers_the_document_in_even_steps(
    document_height: float, viewport_height: float, share: float, max_slices: int
) -> None:
    overlap = viewport_height * share
    result = plan_slices([], document_height, viewport_height, overlap, "scroll", max_slices)
    assert all(s.height == pytest.approx(viewport_height) for s in result.slices)
    assert all(above.bottom - below.top >= overlap - 0.001 for above, below in pairwise(result.slices))
    if not result.truncated:
        assert result.slices[-1].bottom >= document_height - NEAR
        assert len(result.slices) == 1 or result.slices[-1].bottom == pytest.approx(document_height)


def paragraph(top: float, lines: int, height: float = 10.0) -> list[Box]:
    return [
        Box("block", top, top + lines * height),
        *(Box("line", top + n * height, top + (n + 1) * height) for n in range(lines)),
    ]


def test_a_slide_ends_before_a_heading_rather_than_just_after_it() -> None:
    boxes = [*paragraph(0, 8), Box("section", 85, 97), Box("line", 85, 97), *paragraph(100, 5)]
    assert [s.top for s in plan(boxes).slices] == [0, 82.5]


def test_a_short_paragraph_moves_to_the_next_slide_whole() -> None:
    boxes = [*paragraph(0, 7), *paragraph(75, 4), *paragraph(120, 3)]
    assert [s.top for s in plan(boxes).slices] == [0, 72.5]


def test_the_last_lines_of_a_document_are_not_left_alone() -> None:
    first, second = plan(paragraph(0, 12)).slices
    assert first.height >= 80
    assert second.height >= 30


def test_a_frame_is_not_left_open_at_the_lower_edge_when_it_can_move_on() -> None:
    card = [Box("block", 60, 115), *paragraph(65, 3)]
    boxes = [*paragraph(0, 5), *card, *paragraph(125, 3)]
    assert [s.top for s in plan(boxes).slices] == [0, 57]


def test_a_block_taller_than_a_slide_is_cut_between_its_lines_without_overlap() -> None:
    slices = plan(paragraph(0, 25)).slices
    assert [(s.top, s.bottom) for s in slices] == [(0, 100), (100, 200), (200, 250)]


def test_a_picture_taller_than_a_slide_is_cut_with_overlap() -> None:
    slices = plan([Box("picture", 0, 250)], overlap=15).slices
    assert [(s.top, s.bottom) for s in slices] == [(0, 100), (85, 185), (170, 250)]


def test_a_wish_of_the_author_for_a_new_slide_is_granted() -> None:
    boxes = [*paragraph(0, 2), Box("forced", 30, 30), *paragraph(30, 2), Box("forced", 60, 60), *paragraph(60, 2)]
    assert [(s.top, s.offset) for s in plan(boxes).slices] == [(0, 0), (30, 0), (60, 0)]


def test_a_wish_for_a_new_slide_before_anything_is_shown_makes_no_empty_slide() -> None:
    assert len(plan([Box("forced", 0, 0), *paragraph(0, 2)]).slices) == 1


def test_later_slides_get_the_air_that_the_first_one_has() -> None:
    boxes = list(itertools.chain.from_iterable(paragraph(20 + n * 40, 3) for n in range(8)))
    first, *later = plan(boxes).slices
    assert first.offset == 0
    assert {s.offset for s in later} == {6.0}


def test_what_fits_but_for_the_air_is_not_cut() -> None:
    boxes = [*paragraph(20, 7), Box("block", 100, 199), Box("picture", 100, 199)]
    assert [(s.top, s.bottom, s.offset) for s in plan(boxes).slices] == [(0, 97, 0), (100, 199, 0)]


def test_an_empty_document_is_one_slide() -> None:
    assert [(s.top, s.bottom) for s in plan([]).slices] == [(0, 100)]


@pytest.mark.slow
def test_a_document_of_500_000_px_is_planned_in_a_moment() -> None:
    boxes = paragraph(0, 50_000)
    began = time.process_time()
    assert len(plan(boxes).slices) == 5_000
    assert time.process_time() - began < 6


@pytest.mark.parametrize(("height", "overlap", "limit"), [(0, 0, 1), (100, 51, 1), (100, -1, 1), (100, 0, 0)])
def test_a_plan_that_could_never_end_is_refused(height: float, overlap: float, limit: int) -> None:
    with pytest.raises(ValueError, match="overlap"):
        plan_slices([], 1000, height, overlap, "blocks", limit)
