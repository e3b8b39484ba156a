"""Durations as a histogram: what they count is what was noted."""

from __future__ import annotations

import math

import pytest

from pressrun.durations import BOUNDS_S, Durations


def test_each_bound_counts_what_took_at_most_that_long() -> None:
    durations = Durations()
    for took_s in (0.01, 0.011, 0.5, 3, 1000):
        durations.note(took_s)
    told = dict(durations.up_to())
    assert (told[0.01], told[0.025], told[0.5], told[5.0], told[120.0], told[math.inf]) == (1, 2, 3, 4, 4, 5)
    assert durations.sum_s == pytest.approx(1003.521)
    assert [bound for bound, _ in durations.up_to()] == [*BOUNDS_S, math.inf]


@pytest.mark.anyio
async def test_what_raises_is_not_noted() -> None:
    durations = Durations()
    with durations.timing():
        pass
    with pytest.raises(LookupError), durations.timing():
        raise LookupError
    assert durations.up_to()[-1][1] == 1
