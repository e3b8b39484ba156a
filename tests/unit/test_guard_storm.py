"""Several processes decide, end, cancel, promote and append at once; the tables then tell one consistent story."""

from __future__ import annotations

import json
import random
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import pytest

from pressrun.db import events as event_queries
from pressrun.db import run_queue as queue_queries
from pressrun.db import runs as run_queries
from pressrun.db import slots as slot_queries
from pressrun.errors import AttemptSuperseded, RunEnded, ServerBusy
from pressrun.events.model import Cancelled, Log
from pressrun.runs.admission import Policies, admit
from pressrun.runs.rejection import RunRejected
from pressrun.settings import GuardConfig
from tests.support.core import COMPLETE, Core, open_core

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CORES, CLIENTS, ROUNDS = 3, 6, 18
CONFIG = GuardConfig(dedup_window_s=5, run_max_s=1800, max_runs=3, max_queued=4, lanes={"default": 1, "wide": 2})


async def client(core: Core, number: int, known: list[str], most: list[int]) -> None:
    """One client at one process: asks for runs, and ends, cancels or promotes whatever is known to anybody."""
    chance = random.Random(number)
    for turn in range(ROUNDS):
        submission = core.submission(f"{number} {turn}", lane=chance.choice(["default", "wide"]))
        try:
            admission = await admit(
                core.guard, submission, Policies(on_busy=chance.choice(["queue", "queue", "reject"]))
            )
            known.append(admission.run.operation_id)
        except (RunRejected, ServerBusy):
            pass
        for _ in range(3):
            await disturb(core, chance.choice(known), chance) if known else None
            slots, queued = await core.database.read(lambda c: (slot_queries.count(c), queue_queries.count(c, 100)))
            most[:] = [max(most[0], slots), max(most[1], queued)]


async def disturb(core: Core, operation_id: str, chance: random.Random) -> None:
    what = chance.choice(["append", "append", "complete", "cancel", "promote"])
    try:
        if what == "append":
            await core.journal.append(operation_id, 1, Log(message="x"))
        elif what == "complete":
            await core.lifecycle.finish(operation_id, 1, COMPLETE)
        elif what == "cancel":
            await core.lifecycle.request_cancel(operation_id, "user")
            await core.lifecycle.finish(operation_id, None, Cancelled(by="user"))
        else:
            await core.guard.promote(chance.choice(["default", "wide"]))
    except (AttemptSuperseded, RunEnded):
        pass


async def test_after_a_storm_over_three_processes_every_log_is_whole_and_no_bound_was_passed(where: Path | str) -> None:
    known: list[str] = []
    most = [0, 0]
    async with AsyncExitStack() as stack:
        cores = [
            await stack.enter_async_context(open_core(where, owner=f"process-{number}", config=CONFIG))
            for number in range(CORES)
        ]
        with anyio.fail_after(120):
            async with anyio.create_task_group() as tasks:
                for number in range(CLIENTS):
                    tasks.start_soon(client, cores[number % CORES], number, known, most)
        assert most[0] <= CONFIG.max_runs
        assert most[1] <= CONFIG.max_queued
        for operation_id in known:
            await check_events(cores[0], operation_id)
        held = {
            row.operation_id
            for lane in CONFIG.lanes
            for row in await cores[0].database.read(slot_queries.list_lane, lane)
        }
        active = await cores[0].database.read(run_queries.list_active)
        assert held == {row.operation_id for row in active if row.status == "running"}
        assert len(set(known)) > 20, "too few runs for a storm"


async def check_events(core: Core, operation_id: str) -> None:
    """1..n, `queued` only before `started`, one end and nothing after it, and the row says what the log says."""
    row = await core.database.read(run_queries.get, operation_id)
    rows = await core.database.read(event_queries.read_after, operation_id, 0, 10_000)
    types = [event.type for event in rows]
    assert [event.seq for event in rows] == list(range(1, len(rows) + 1)) == list(range(1, row.last_seq + 1))
    assert [json.loads(event.data)["seq"] for event in rows] == [event.seq for event in rows]
    ends = [number for number, kind in enumerate(types) if kind in {"complete", "cancelled", "error"}]
    assert ends == ([len(types) - 1] if row.ended_at else []), types
    assert types.count("started") <= 1
    if "started" in types:
        assert "queued" not in types[types.index("started") :], types
    if row.ended_at:
        assert types[-1] == row.status
