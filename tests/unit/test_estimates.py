"""How long a run will take, by those like it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from pressrun.db.runs import Duration, list_durations
from pressrun.runs.estimates import Estimate, Likeness, estimate, foreseen_by, likeness_of
from pressrun.runs.guard import RunGuard
from pressrun.runs.model import Run
from pressrun.settings import GuardConfig
from pressrun.spec import RunSpec
from tests.support.core import COMPLETE, open_core

pytestmark = pytest.mark.anyio


def past(*durations_s: float, characters: int = 1_000, likeness: str = "a") -> list[Duration]:
    return [Duration(likeness, characters, duration_s) for duration_s in durations_s]


@pytest.mark.parametrize(
    ("known", "characters", "told"),
    [
        (past(10, 12, 14, 20, 40), 1_000, Estimate(14, 20)),
        (past(10, 12, 14, 20, 40), 2_000, Estimate(14, 20)),
        (past(10, 12, 14, 20, 40), 500, Estimate(14, 20)),
        (past(10, 12, 14, 20, 40), 2_001, None),
        (past(10, 12, 14, 20, 40), 499, None),
        (past(10, 12, 14, 20), 1_000, None),
        (past(10, 12, 14, 20) + past(1, 1, 1, likeness="b"), 1_000, None),
        (past(10, 12, 14, 20) + past(1, 1, 1, characters=10), 1_000, None),
        (past(*[5] * 50, *[500] * 900), 1_000, Estimate(5, 5)),  # as the machine is now
        (past(10, 12, 14, 20, 40), None, None),
    ],
)
def test_an_estimate_is_the_middle_of_runs_like_it_and_none_where_they_are_few(
    known: list[Duration], characters: int | None, told: Estimate | None
) -> None:
    assert estimate(known, Likeness("a", characters)) == told


def test_runs_are_alike_by_what_takes_time_and_not_by_what_they_say() -> None:
    one = likeness_of(RunSpec(text="x" * 100))
    assert likeness_of(RunSpec(text="y" * 100, title="Another", theme="ink", output_name="n")) == one
    assert one.source_characters == 100
    for other in (
        RunSpec(html="x" * 100),
        RunSpec(text="x" * 100, composer="ai"),
        RunSpec(text="x" * 100, outputs=["images", "pdf"]),
        RunSpec(text="x" * 100, zoom=1),
        RunSpec(text="x" * 100, max_screenshots=3),
    ):
        assert likeness_of(other).likeness != one.likeness
    assert likeness_of(RunSpec(rerender_of="0192f0c1-2345-7abc-8def-0123456789ab")).source_characters is None


async def test_only_runs_that_were_made_in_one_go_are_learnt_from(where: Path | str) -> None:
    async with open_core(where) as core:
        for number in range(3):
            run = await core.begin(f"text {number}")
            core.clock.advance(number + 1)
            await core.complete(run)
        waiting = await core.begin("goes on")
        known = await core.database.read(list_durations, 100)
        assert [duration.duration_s for duration in known] == [3, 2, 1]
        assert {duration[:2] for duration in known} == {likeness_of(RunSpec(text="text 0"))}
        assert (await core.database.read(list_durations, 2))[0].duration_s == 3, "the newest, of which one goes on"
        assert waiting.status == "running"


async def test_a_run_is_told_its_estimate_when_it_begins_at_once_and_when_it_had_to_wait(where: Path | str) -> None:
    known = past(10, 12, 14, 20, 40, characters=8, likeness=likeness_of(RunSpec(text="x")).likeness)
    async with open_core(where) as core:
        config = GuardConfig(dedup_window_s=5, run_max_s=1800)
        guard = RunGuard(
            *(core.database, core.log, core.journal, core.clock, config),
            owner="process-1",
            foresee=partial(foreseen_by, known=known),
        )
        first = await guard.admit(core.submission("first"))
        second = await guard.admit(core.submission("the second", when_busy="wait"))
        longer = await guard.admit(core.submission("longer " * 50, when_busy="wait"))
        for run, told in ((first, (14, 20)), (second, (14, 20)), (longer, (None, None))):
            assert isinstance(run, Run)
            logged = await core.log.read_after(run.operation_id, 0)
            (started,) = [json.loads(event.data) for event in logged if event.type == "started"]
            assert (started["estimated_total_s"], started["estimated_total_p75_s"]) == told
            await core.lifecycle.finish(run.operation_id, 1, COMPLETE)
            await guard.promote("default")
