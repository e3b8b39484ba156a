"""Slices handed out: in order, not far ahead, again when given back, three times at most."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pressrun.browser.slides.page_breaks import Slice
from pressrun.browser.slides.worklist import MAX_RETRIES, WorkList
from tests.support.limits import fail_after

pytestmark = pytest.mark.anyio


def work_of(*indexes: int, window: int = 3) -> WorkList:
    return WorkList([(index, Slice(index, index + 1)) for index in indexes], window)


def taken(work: WorkList) -> list[int]:
    found = []
    while (piece := work.next_nowait()) is not None:
        found.append(piece[0])
    return found


def test_no_slice_is_handed_out_far_ahead_of_the_first_that_is_not_saved() -> None:
    work = work_of(1, 2, 3, 4, 5)
    assert taken(work) == [1, 2, 3]
    work.finish(2)
    assert taken(work) == []
    work.finish(1)
    assert taken(work) == [4, 5]


def test_a_slice_given_back_is_next_and_three_times_at_most() -> None:
    work = work_of(1, 2, 3)
    work.next_nowait()
    for _ in range(MAX_RETRIES):
        assert work.give_back(1)
        piece = work.next_nowait()
        assert piece is not None
        assert piece[0] == 1
    assert not work.give_back(1)


async def test_who_waits_is_told_of_the_end_and_of_a_slice_that_comes_back() -> None:
    work = work_of(1)
    work.next_nowait()
    answers = []

    async def wait() -> None:
        answers.append(await work.wait())

    for then in (lambda: work.give_back(1), lambda: work.finish(1)):
        with fail_after(1):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(wait)
                await anyio.wait_all_tasks_blocked()
                then()
        work.next_nowait()
    assert answers == [True, False]
    assert work.done


def test_nothing_to_capture_is_done_at_once() -> None:
    assert work_of().done


@given(st.sets(st.integers(1, 40)), st.integers(1, 6), st.randoms())
def test_whatever_order_they_are_saved_in_every_slice_is_handed_out_once(
    indexes: set[int], window: int, random: object
) -> None:
    work = work_of(*sorted(indexes), window=window)
    under_way: list[int] = []
    seen: list[int] = []
    while not work.done:
        new = taken(work)
        seen += new
        under_way += new
        assert len(under_way) <= window
        work.finish(under_way.pop(random.randrange(len(under_way))))  # type: ignore[attr-defined]
    assert seen == sorted(indexes)
