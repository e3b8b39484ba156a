"""Pausing: a lane in which nobody begins, a waiting run that others pass; on both media."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pressrun.errors import Conflict, NotFound
from pressrun.runs.admission import Policies, admit
from pressrun.runs.rejection import LanePaused, RunRejected
from tests.support.clock import ManualClock
from tests.support.core import Core, open_core

pytestmark = pytest.mark.anyio


async def told(core: Core, operation_id: str) -> list[str]:
    events = [json.loads(event.data) for event in await core.log.read_after(operation_id, 0)]
    return [event["message"] for event in events if event["type"] == "queued"]


@pytest.mark.promise("pause")
async def test_in_a_paused_lane_nobody_begins_and_who_runs_goes_on(where: Path | str) -> None:
    async with open_core(where) as core:
        running = await core.begin("running")
        waiting = await core.begin("waiting", when_busy="wait")
        await core.guard.queue.set_lane_paused("default", paused=True)
        await core.guard.queue.set_lane_paused("default", paused=True)
        assert await told(core, waiting.operation_id) == [
            "Waiting for a slot: next in the queue",
            "Lane default is paused: next in the queue when it is resumed",
        ]
        await core.complete(running)
        assert await core.guard.promote("default") == []
        with pytest.raises(RunRejected) as refused:  # by whoever waits: the first thing in the way that has a name
            await core.begin("new")
        assert refused.value.active.operation_id == waiting.operation_id
        assert "waits for its turn" in str(refused.value), "it is not in progress"
        assert (await core.begin("elsewhere", lane="other")).status == "running"
        await core.guard.queue.set_lane_paused("default", paused=False)
        assert await core.guard.promote("default") == [waiting.operation_id]


async def test_a_paused_lane_without_runs_says_that_it_is_paused_and_takes_who_may_wait(where: Path | str) -> None:
    async with open_core(where) as core:
        await core.guard.queue.set_lane_paused("default", paused=True)
        for on_busy in ("reject", "join"):
            with pytest.raises(LanePaused, match="default is paused since 20") as refused:
                await admit(core.guard, core.submission("a"), Policies(on_busy=on_busy))  # type: ignore[arg-type]
            assert refused.value.problem_extra()["lane"] == "default"
        assert (await admit(core.guard, core.submission("a"), Policies(on_busy="queue"))).disposition == "queued"
        with pytest.raises(RunRejected):
            await admit(core.guard, core.submission("b"), Policies())


async def test_a_paused_run_is_passed_by_others_until_it_is_resumed(where: Path | str) -> None:
    async with open_core(where) as core:
        running = await core.begin("running")
        first = await core.begin("first", when_busy="wait")
        second = await core.begin("second", when_busy="wait")
        paused = await core.guard.queue.set_run_paused(first.operation_id, "local", paused=True)
        assert (paused.status, paused.queue_position) == ("queued", 2)
        assert (await told(core, first.operation_id))[-1] == "Paused in the queue: others pass until it is resumed"
        await core.complete(running)
        assert await core.guard.promote("default") == [second.operation_id]
        await core.complete(second)
        assert await core.guard.promote("default") == []
        assert (await core.begin("third")).status == "running", "a paused run does not hold up those who come later"
        resumed = await core.guard.queue.set_run_paused(first.operation_id, "local", paused=False)
        assert (resumed.paused_at, resumed.queue_position) == (None, 1)


async def test_only_a_run_that_waits_can_be_paused_and_only_by_its_caller(where: Path | str) -> None:
    async with open_core(where) as core:
        running = await core.begin("running")
        waiting = await core.begin("waiting", when_busy="wait")
        with pytest.raises(Conflict, match="running"):
            await core.guard.queue.set_run_paused(running.operation_id, "local", paused=True)
        with pytest.raises(NotFound):
            await core.guard.queue.set_run_paused(waiting.operation_id, "stranger", paused=True)


async def test_a_pause_outlives_the_process(where: Path | str) -> None:
    clock = ManualClock()
    async with open_core(where, clock) as core:
        await core.guard.queue.set_lane_paused("default", paused=True)
        waiting = await core.begin("waiting", when_busy="wait")
        held = await core.begin("held", when_busy="wait")
        await core.guard.queue.set_run_paused(held.operation_id, "local", paused=True)
    clock.reboot()
    async with open_core(where, clock, owner="process-2") as core:
        assert await core.guard.promote("default") == []
        lanes = await core.guard.queue.lanes()
        assert [(lane.lane, lane.running, lane.waiting, lane.paused_at is not None) for lane in lanes] == [
            ("default", 0, 2, True)
        ]
        await core.guard.queue.set_lane_paused("default", paused=False)
        assert await core.guard.promote("default") == [waiting.operation_id]
