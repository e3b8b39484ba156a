"""Slides of documents that go on sideways: pressrun.browser.slides.sideways, on drawn documents and on random ones."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pressrun.browser.slides.page_breaks import Box, Slice, plan_slices
from pressrun.browser.slides.sideways import Extent, Flow, cut_off_share, plan_document

SLIDE = (200.0, 100.0)
untimed = settings(deadline=None)


def plan(boxes: list[Box], extent: Extent, limit: int = 500) -> tuple[Slice, ...]:
    return plan_document(boxes, extent, SLIDE, 5, "blocks", limit).slices


def columns(count: int, width: float = 60, top: float = 10, rows: int = 3) -> list[Box]:
    return [
        Box("line", top + 20 * row, top + 20 * row + 15, 10 + n * width, n * width + width)
        for row in range(rows)
        for n in range(count)
    ]


def shows(piece: Slice, box: Box) -> bool:
    right = piece.left + SLIDE[0] - piece.inset if piece.right is None else piece.right
    return (
        piece.top <= box.top + 1
        and box.bottom <= piece.bottom + 1
        and piece.left <= box.left + 1
        and box.right <= right + 1
    )


def test_what_fits_is_planned_as_ever() -> None:
    boxes = columns(3)
    assert plan(boxes, Extent(100, 200)) == plan_slices(boxes, 100, 100, 5, "blocks", 500).slices


def test_a_wide_row_goes_on_to_the_right_between_its_columns() -> None:
    pieces = plan(columns(10), Extent(100, 200))
    assert len(pieces) == 4
    assert all(before.right == after.left for before, after in pairwise(pieces))
    assert all(any(shows(piece, box) for piece in pieces) for box in columns(10))


def test_from_right_to_left_the_first_slide_is_the_rightmost() -> None:
    boxes = [Box(box.kind, box.top, box.bottom, 200 - box.right, 200 - box.left) for box in columns(10)]
    pieces = plan(boxes, Extent(100, 200, rtl=True))
    lefts = [piece.left for piece in pieces]
    assert lefts == sorted(lefts, reverse=True)
    assert all(any(shows(piece, box) for piece in pieces) for box in boxes)


def test_only_the_slides_with_something_wide_are_doubled() -> None:
    text = [Box("line", y, y + 15, 10, 190) for y in range(200, 500, 20)]
    pieces = plan([*columns(6, top=10), *text], Extent(500, 200))
    assert [piece.top for piece in pieces].count(0) == 2
    assert len({piece.top for piece in pieces}) == len(pieces) - 1


@pytest.mark.parametrize("flow", ["left", "right"])
def test_columns_of_writing_are_slides_beside_each_other(flow: Flow) -> None:
    lines = [Box("line", 5, 90, x + 2, x + 18) for x in range(0, 900, 20)]
    if flow == "left":
        lines = [Box("line", 5, 90, 200 - box.right, 200 - box.left) for box in lines]
    pieces = plan(lines, Extent(100, 200, flow))
    assert 5 <= len(pieces) <= 7
    assert all(any(shows(piece, box) for piece in pieces) for box in lines)
    assert all((before.left > after.left) == (flow == "left") for before, after in pairwise(pieces))
    assert all(piece.right is not None and piece.right - piece.left + piece.inset <= 201 for piece in pieces)


def test_a_limit_of_slides_counts_those_beside_each_other() -> None:
    found = plan_document(columns(10), Extent(100, 200), SLIDE, 5, "blocks", 3)
    assert (len(found.slices), found.truncated) == (3, True)


def test_clip_makes_no_slide_beside_another() -> None:
    assert len(plan_document(columns(10), Extent(100, 200), SLIDE, 5, "blocks", 500, fit="clip").slices) == 1
    assert cut_off_share(columns(10), 200) == pytest.approx(2 / 3, abs=0.02)


@untimed
@given(
    st.lists(
        st.tuples(st.floats(0, 400), st.floats(1, 60), st.floats(0, 900), st.floats(1, 199)), min_size=1, max_size=40
    ),
    st.sampled_from(["down", "left", "right"]),
    st.booleans(),
)
def test_whatever_fits_on_a_slide_is_whole_on_one(
    places: list[tuple[float, float, float, float]], flow: Flow, rtl: bool
) -> None:
    boxes = [Box("line", top, top + high, left, left + wide) for top, high, left, wide in places]
    if flow != "down":
        boxes = [Box("line", box.top / 8, box.top / 8 + min(40, box.height), box.left, box.right) for box in boxes]
    if flow == "left" or rtl:
        boxes = [Box("line", box.top, box.bottom, 200 - box.right, 200 - box.left) for box in boxes]
    pieces = plan(boxes, Extent(max(box.bottom for box in boxes), 200, flow, rtl))
    for box in boxes:
        assert any(shows(piece, box) for piece in pieces), (box, pieces)


def test_what_overhangs_by_less_than_a_pixel_is_one_slide() -> None:
    pictures = [Box("picture", 100.71 * n, 100.71 * n + 100.71, 0, 200.71) for n in range(5)]
    pieces = plan(pictures, Extent(503.5, 201))
    assert [(piece.right, piece.offset) for piece in pieces] == [(None, 0)] * 5
    assert [piece.top for piece in pieces] == pytest.approx([100.71 * n for n in range(5)])
