"""The run guard on a real SQLite file, with a clock that moves when told to."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from pressrun.errors import IdempotencyKeyReused, ServerBusy
from pressrun.events.model import Cancelled, Error
from pressrun.runs.model import Run
from pressrun.runs.rejection import RunRejected
from pressrun.runs.submission import KeyMatch
from pressrun.settings import GuardConfig
from pressrun.spec import RunSpec
from tests.support.core import ROUTE, Core, open_core, progress

pytestmark = pytest.mark.anyio


@pytest.fixture
async def core(where: Path | str) -> AsyncIterator[Core]:
    async with open_core(where) as core:
        yield core


async def rejection(core: Core, text: str = "hello", **values: object) -> RunRejected:
    with pytest.raises(RunRejected) as caught:
        await core.begin(text, **values)
    return caught.value


async def test_begin_run_takes_the_slot_and_logs_started(core: Core) -> None:
    run = await core.guard.begin_run(core.ids.new(), ROUTE, RunSpec(text="hello"))
    assert run.status == "running"
    assert (await core.guard.current_run()) == run
    assert [event.type for event in await core.log.read_after(run.operation_id, 0)] == ["started"]


async def test_another_request_is_told_which_run_is_in_flight(core: Core) -> None:
    run = await core.begin("one")
    rejected = await rejection(core, "two")
    assert (rejected.reason, rejected.same_request) == ("in_flight", False)
    assert rejected.active.operation_id == run.operation_id


async def test_the_same_request_is_told_that_it_is_in_flight_however_old(core: Core) -> None:
    await core.begin()
    core.clock.advance(600)
    rejected = await rejection(core)
    assert (rejected.reason, rejected.same_request) == ("in_flight", True)


async def test_within_the_window_a_completed_run_makes_its_repetition_a_duplicate(core: Core) -> None:
    run = await core.begin()
    await core.complete(run)
    core.clock.advance(4.9)
    rejected = await rejection(core)
    assert (rejected.reason, rejected.active.operation_id) == ("duplicate", run.operation_id)
    assert rejected.problem_extra()["retry_after_s"] == 1


async def test_after_the_window_the_same_request_runs_again(core: Core) -> None:
    await core.complete(await core.begin())
    core.clock.advance(5.0)
    assert (await core.begin()).status == "running"


@pytest.mark.parametrize("end", [Error(code="internal", message="x"), Cancelled(by="user")])
async def test_a_failed_or_cancelled_run_does_not_block_its_own_retry(core: Core, end: Error | Cancelled) -> None:
    run = await core.begin()
    await core.lifecycle.finish(run.operation_id, 1, end)
    assert (await core.begin()).status == "running"


async def test_a_clock_step_neither_frees_nor_blocks(core: Core) -> None:
    await core.complete(await core.begin())
    core.clock.step_wall(3600)
    assert (await rejection(core)).reason == "duplicate"
    core.clock.advance(5)
    core.clock.step_wall(-7200)
    await core.begin()
    core.clock.step_wall(7200)
    assert (await rejection(core, "other")).reason == "in_flight"


async def test_a_stale_slot_is_released_while_its_run_goes_on(core: Core) -> None:
    old = await core.begin("old")
    core.clock.advance(1800)
    assert (await rejection(core, "new")).active.operation_id == old.operation_id
    core.clock.advance(0.1)
    assert await core.guard.current_run() is None, "released is released, also before somebody takes it"
    new = await core.begin("new")
    current = await core.guard.current_run()
    assert current is not None
    assert current.operation_id == new.operation_id
    await core.complete(old)
    assert [event.type for event in await core.log.read_after(old.operation_id, 0)] == ["started", "complete"]
    still = await core.guard.current_run()
    assert still is not None
    assert still.operation_id == new.operation_id, "the old run's end must not free the new run's slot"


async def test_a_slot_taken_before_a_reboot_counts_from_the_start_of_the_next_process(core: Core) -> None:
    await core.begin("old")
    core.clock.reboot()
    await core.lifecycle.adopt_slots()
    core.clock.advance(1799)
    await rejection(core, "new")
    core.clock.advance(2)
    await core.begin("new")


async def test_end_run_frees_the_slot_and_may_be_repeated(core: Core) -> None:
    run = await core.begin("one")
    await core.guard.end_run(run.operation_id)
    await core.guard.end_run(run.operation_id)
    await core.guard.end_run(core.ids.new())
    assert await core.guard.current_run() is None
    await core.begin("two")


async def test_lanes_do_not_exclude_each_other_and_may_have_several_slots(where: Path | str) -> None:
    config = GuardConfig(dedup_window_s=5, run_max_s=1800, lanes={"bulk": 2})
    async with open_core(where, config=config) as core:
        await core.begin("one")
        await core.begin("two", lane="bulk")
        await core.begin("three", lane="bulk")
        assert (await rejection(core, "four", lane="bulk")).reason == "in_flight"


async def test_runs_over_all_lanes_are_bounded(where: Path | str) -> None:
    config = GuardConfig(dedup_window_s=5, run_max_s=1800, max_runs=2)
    async with open_core(where, config=config) as core:
        for number in range(2):
            await core.begin(str(number), lane=f"lane-{number}")
        with pytest.raises(ServerBusy):
            await core.begin("3", lane="lane-3")


async def test_a_key_names_one_intention_also_after_the_run_has_ended(core: Core) -> None:
    first = await core.begin(idempotency_key="k")
    again = await core.guard.admit(core.submission(idempotency_key="k"))
    assert isinstance(again, KeyMatch)
    assert again.run.operation_id == first.operation_id
    await core.complete(first)
    core.clock.advance(3600)
    later = await core.guard.admit(core.submission(idempotency_key="k"))
    assert isinstance(later, KeyMatch)
    assert later.run.status == "complete"


async def test_a_key_with_another_body_is_refused(core: Core) -> None:
    await core.begin("one", idempotency_key="k")
    with pytest.raises(IdempotencyKeyReused):
        await core.guard.admit(core.submission("two", idempotency_key="k"))


async def test_keys_are_scoped_by_caller(core: Core) -> None:
    await core.begin("one", idempotency_key="k", caller="ada")
    assert isinstance(
        await core.guard.admit(core.submission("two", idempotency_key="k", caller="bob", lane="bob")), Run
    )


async def test_a_strangers_run_is_only_busy(core: Core) -> None:
    await core.begin("one", caller="ada")
    rejected = await rejection(core, "one", caller="bob")
    shown = rejected.problem_extra()
    assert rejected.same_request is False
    assert "operation_id" not in shown
    assert "run" not in shown
    assert rejected.active.operation_id not in str(rejected)


@pytest.mark.slow
async def test_one_accepted_run_of_200_simultaneous_identical_submissions(where: Path | str) -> None:
    """Over threads: 8 event loops, each with its own database connections, let go at one barrier."""
    loops, each = 8, 25
    outcomes: list[Run | RunRejected] = []
    barrier = threading.Barrier(loops, timeout=60)

    async def submit_many(number: int) -> None:
        async with open_core(where, owner=f"process-{number}") as core:
            await anyio.to_thread.run_sync(barrier.wait)

            async def submit() -> None:
                try:
                    outcomes.append(await core.begin())
                except RunRejected as rejected:
                    outcomes.append(rejected)

            async with anyio.create_task_group() as tasks:
                for _ in range(each):
                    tasks.start_soon(submit)

    async with open_core(where):
        pass  # makes the tables: SQLite does not wait when two switch a new file to WAL, and this race is another
    async with anyio.create_task_group() as tasks:
        for number in range(loops):
            tasks.start_soon(anyio.to_thread.run_sync, anyio.run, submit_many, number)
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Run)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, RunRejected)]
    assert (len(accepted), len(refused)) == (1, loops * each - 1)
    assert {rejected.active.operation_id for rejected in refused} == {accepted[0].operation_id}


async def test_a_refusal_is_forgotten_as_soon_as_another_process_has_changed_anything(tmp_path: Path) -> None:
    async with open_core(tmp_path, owner="here") as here, open_core(tmp_path, owner="there") as there:
        run = await there.begin("one")
        assert (await rejection(here, "two")).active.progress == 0  # from here on `here` knows the lane as taken
        await there.journal.append(run.operation_id, 1, progress(40))
        assert (await rejection(here, "two")).active.progress == 40
        await there.complete(run)
        second = await there.begin("two")
        assert (await rejection(here, "three")).active.operation_id == second.operation_id
        await there.complete(second)
        assert (await rejection(here, "two")).reason == "duplicate"
        here.clock.advance(5.1)
        assert (await here.begin("two")).status == "running"
