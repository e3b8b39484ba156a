"""The waiting queue: what it costs does not grow with it, who is told what of it, and that callers take turns in it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from pressrun.db import Connection
from pressrun.db.tables import runs, specs, turns
from pressrun.runs.catalog import Filter
from pressrun.runs.model import Run
from pressrun.runs.run_queue import with_positions
from pressrun.settings import GuardConfig
from tests.support.core import Core, open_core
from tests.support.statements import counted

pytestmark = pytest.mark.anyio

CONFIG = GuardConfig(dedup_window_s=5, run_max_s=1800, max_queued=10_000)


async def queued(core: Core, text: str, **values: Any) -> Run:
    return await core.begin(text, when_busy="wait", **values)


async def told(core: Core, run: Run) -> list[int]:
    events = [json.loads(event.data) for event in await core.log.read_after(run.operation_id, 0)]
    return [event["position"] for event in events if event["type"] == "queued"]


def fill(connection: Connection, lane: str, names: list[str]) -> None:
    """That many runs that wait, as if they had come one after the other."""
    common = {
        "lane": lane,
        "caller": "local",
        "route": "/generate-sse",
        "on_disconnect": "continue",
        "priority": 0,
        "status": "queued",
        "progress": 0,
        "attempt": 1,
        "crashes": 0,
        "handed_back": False,
        "last_seq": 0,
        "created_at": datetime.now(UTC),
        "pinned": False,
    }
    numbered = enumerate(names, start=1)
    rows = [
        {**common, "operation_id": name, "fingerprint": name, "turn": number, "line_number": 1}
        for number, name in numbered
    ]
    connection.execute(insert(runs), rows)
    connection.execute(insert(specs), [{"operation_id": name, "spec": "{}"} for name in names])


async def cost(work: Callable[..., Awaitable[object]], *args: object, **values: object) -> int:
    with counted() as statements:
        await work(*args, **values)
    return len(statements)


async def test_what_is_done_to_a_line_costs_as_much_whether_ten_wait_in_it_or_a_thousand(where: Path | str) -> None:
    costs: dict[int, dict[str, int]] = {}
    async with open_core(where, config=CONFIG) as core:
        core.log._committed = None  # what tells other processes is told whenever it comes to it
        for waiting in (20, 1_000):
            lane = f"with-{waiting}"
            running = await core.begin(f"running {waiting}", lane=lane)
            await core.database.write(fill, lane, [core.ids.new() for _ in range(waiting)])
            await core.guard.queue.tell(lane)  # the first look tells ten
            core.clock.advance(60)
            costs[waiting] = {
                "enter": await cost(queued, core, f"one more {waiting}", lane=lane),
                "promote where there is no room": await cost(core.guard.promote, lane),
                "end": await cost(core.complete, running),
                "promote": await cost(core.guard.promote, lane),
                "pause": await cost(core.guard.queue.set_lane_paused, lane, paused=True),
                "list": await cost(core.catalog.list_page, "local", Filter(lane=lane)),
            }
    assert costs[20] == costs[1_000]


async def test_a_place_is_worked_out_when_asked_for_and_told_near_the_front_only(where: Path | str) -> None:
    async with open_core(where, config=CONFIG) as core:
        running = await core.begin("running")
        waiting = [await queued(core, f"waiting {number}") for number in range(15)]
        assert [run.queue_position for run in waiting] == list(range(1, 16)), "each is told where it is at first"
        core.clock.advance(60)
        await core.complete(running)
        assert await core.guard.promote("default") == [waiting[0].operation_id]
        placed = await with_positions(core.database, waiting[1:])
        assert [run.queue_position for run in placed] == list(range(1, 15)), "also of those who were not told"
        page = await core.catalog.list_page("local", Filter(status="queued"))
        assert [run.queue_position for run in page.runs] == list(range(14, 0, -1))
        assert [(await told(core, run))[1:] for run in waiting[1:]] == [[place] for place in range(1, 11)] + [[]] * 4


async def test_nobody_is_told_a_new_place_twice_in_five_seconds(where: Path | str) -> None:
    async with open_core(where, config=CONFIG) as core:
        running = await core.begin("running")
        waiting = [await queued(core, f"waiting {number}") for number in range(5)]
        for seconds, run in ((5, waiting[0]), (1, waiting[1]), (4, waiting[2])):
            core.clock.advance(seconds)
            await core.complete(running)
            assert await core.guard.promote("default") == [run.operation_id]
            running = run
        assert await told(core, waiting[4]) == [5, 4, 2]
        core.clock.advance(5)
        await core.guard.queue.tell("default")
        await core.guard.queue.tell("default")
        assert await told(core, waiting[4]) == [5, 4, 2], "its place is what it was told"


async def enter(core: Core, name: str, caller: str, priority: int = 0) -> Run:
    return await queued(core, name, caller=caller, priority=priority, ignore_duplicates=True)


async def served(core: Core, running: Run) -> Run:
    """The next run, once this one has ended."""
    await core.complete(running)
    (operation_id,) = await core.guard.promote("default")
    page = await core.catalog.list_page(None, Filter(status="running"))
    assert [run.operation_id for run in page.runs] == [operation_id]
    return page.runs[0]


async def serve(core: Core, running: Run, times: int) -> list[str]:
    """The callers of the next so many runs."""
    callers = []
    for _ in range(times):
        running = await served(core, running)
        callers.append(running.caller)
    return callers


async def test_callers_take_turns_so_one_with_many_waiting_runs_delays_another_by_one(where: Path | str) -> None:
    async with open_core(where, config=CONFIG) as core:
        running = await core.begin("running", caller="flood")
        for _ in range(5):
            await enter(core, "flood", "flood")
        for _ in range(2):
            await enter(core, "quiet", "quiet")
        assert await serve(core, running, 7) == ["quiet", "flood", "quiet", "flood", "flood", "flood", "flood"]


@pytest.mark.parametrize("before", [0, 1, 3])
async def test_who_has_had_nothing_lately_is_next_whoever_runs_and_however_long_the_line_was_served(
    where: Path | str, before: int
) -> None:
    async with open_core(where, config=CONFIG) as core:
        running = await core.begin("running", caller="flood")
        for _ in range(6):
            await enter(core, "flood", "flood")
        for _ in range(before):
            running = await served(core, running)
        for caller in ("quiet", "other"):
            await enter(core, caller, caller)
        assert await serve(core, running, 4) == ["quiet", "other", "flood", "flood"]


@pytest.mark.parametrize("priority", [-1, 1])
async def test_who_floods_in_another_priority_too_is_still_behind_who_had_nothing(
    where: Path | str, priority: int
) -> None:
    async with open_core(where, config=CONFIG) as core:
        running = await core.begin("running", caller="flood")
        for number in range(6):
            await enter(core, "flood", "flood", priority if number % 2 else 0)
        for _ in range(4):
            running = await served(core, running)
        await enter(core, "quiet", "quiet")
        assert await serve(core, running, 1) == ["quiet"]


async def test_a_waiting_line_that_is_empty_leaves_nothing_behind(where: Path | str) -> None:
    async with open_core(where, config=CONFIG) as core:
        running = await core.begin("running", caller="one")
        for caller in ("one", "two"):
            await enter(core, caller, caller)
        for _ in range(2):
            running = await served(core, running)
        assert await core.database.read(lambda c: c.execute(select(turns)).all()) != []
        await core.complete(running)
        assert await core.guard.promote("default") == []
        assert await core.database.read(lambda c: c.execute(select(turns)).all()) == []


async def test_who_comes_again_as_soon_as_it_was_served_does_not_starve_who_has_many_waiting(
    where: Path | str,
) -> None:
    async with open_core(where, config=CONFIG) as core:
        running = await core.begin("running", caller="quick")
        for _ in range(4):
            await enter(core, "many", "many")
        callers = []
        for number in range(7):
            await enter(core, f"quick {number}", "quick")
            running = await served(core, running)
            callers.append(running.caller)
        assert callers == ["many", "many", "quick", "many", "quick", "many", "quick"], "it had nothing at first"


async def test_two_who_come_again_as_soon_as_they_were_served_do_not_starve_a_third(where: Path | str) -> None:
    async with open_core(where, config=CONFIG) as core:
        running = await core.begin("running", caller="third")
        for _ in range(4):
            await enter(core, "third", "third")
        for caller in ("one", "two"):
            await enter(core, caller, caller)
        callers = []
        for _ in range(9):
            running = await served(core, running)
            callers.append(running.caller)
            if running.caller != "third":
                last = running
            if len(callers) > 1 and callers[-2] != "third":
                await enter(core, callers[-2], callers[-2])
        assert callers.count("third") >= 3, (callers, last)


async def test_the_line_is_in_the_order_in_which_its_database_saw_it_whatever_the_clocks_say(where: Path | str) -> None:
    async with open_core(where, config=CONFIG) as core:
        await core.begin("running")
        ahead = core.submission("ahead", when_busy="wait")  # its name is the older one, as of a node that is behind
        first = await queued(core, "first")
        admitted = await core.guard.admit(ahead)
        placed = await with_positions(core.database, [first, admitted])  # type: ignore[list-item]
        assert [run.queue_position for run in placed] == [1, 2]


async def test_priority_comes_before_turns(where: Path | str) -> None:
    async with open_core(where, config=CONFIG) as core:
        running = await core.begin("running")
        low = await enter(core, "low", "one", -1)
        normal = await enter(core, "normal", "two")
        high = await enter(core, "high", "two", 1)
        for expected in (high, normal, low):
            running = await served(core, running)
            assert running.operation_id == expected.operation_id
