"""What Postgres decides by itself: one round trip for each decision, and a no that is remembered for a moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from pressrun.db import runs as run_queries
from pressrun.db.functions import FUNCTIONS
from pressrun.events.model import ArtifactRef, Cancelled, Complete, Error
from pressrun.runs.admission import Policies, refusal_nowait
from pressrun.runs.rejection import RunRejected
from tests.support.core import Core, open_core
from tests.support.postgres import Postgres
from tests.support.statements import counted
from tests.unit.test_run_queue import fill

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
async def core(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Core]:
    async with open_core(postgres.database(str(tmp_path))) as core:
        yield core


async def test_a_begin_an_end_and_a_no_are_one_statement_each(core: Core) -> None:
    core.log._committed = None  # what tells other processes is nobody's wait
    with counted() as begin:
        run = await core.begin("a")
    with counted() as refused, pytest.raises(RunRejected):
        await core.begin("b")
    with counted() as end:
        await core.complete(run)
    assert [len(statements) for statements in (begin, refused, end)] == [1, 1, 1]


async def test_a_promotion_is_one_statement_and_writes_what_the_guard_itself_would_have_written(core: Core) -> None:
    core.log._committed = None
    written = []
    for there in (True, False):
        lane = f"lane-{there}"
        running = await core.begin(f"running {there}", lane=lane)
        fresh = await core.begin(f"fresh {there:d}", lane=lane, when_busy="wait", caller="other")
        foreseen = text("UPDATE runs SET estimated_total_s = 12, estimated_total_p75_s = 15.5 WHERE operation_id = :id")
        await core.database.write(lambda c, run=fresh, query=foreseen: c.execute(query, {"id": run.operation_id}))
        await core.complete(running)
        told, ids = [], [fresh.operation_id]
        for _ in range(2):  # the second is a retry's
            if there:
                with counted() as statements:
                    begun = await core.guard.promote(lane)
                assert len(statements) == 1
            else:
                begun, _ = await core.journal.transact(core.guard._promote, lane)
            assert begun == ids
            row = await core.database.read(
                lambda c, run=begun[0]: c.execute(
                    text("SELECT * FROM runs JOIN slots USING (operation_id) WHERE operation_id = :id"), {"id": run}
                ).one()
            )
            turns = await core.database.read(
                lambda c, lane=lane: c.execute(
                    text("SELECT priority, caller, turn FROM turns WHERE lane = :lane ORDER BY 2"), {"lane": lane}
                ).all()
            )
            same = {"operation_id", "fingerprint", "created_at", "started_at", "begun_ticks_s", "ended_at", "lane"}
            events = [
                event.data.replace(begun[0], "x").replace(lane, "lane")
                for event in await core.log.read_after(begun[0], 0)
            ]
            told.append((events, {k: v for k, v in row._mapping.items() if k not in same}, turns))
            assert await core.lifecycle.finish(begun[0], len(told), Cancelled(by="user"))
            await core.begin(f"holds {there} {len(told)}", lane=lane)
            again = core.submission(f"fresh {there:d}", lane=lane, when_busy="wait", caller="other")
            await core.guard.admit(replace(again, operation_id=fresh.operation_id, retry=True))
            (held,) = await core.database.read(
                lambda c, lane=lane: (
                    c.execute(text("SELECT operation_id FROM slots WHERE lane = :lane"), {"lane": lane}).scalars().all()
                )
            )
            assert await core.lifecycle.finish(held, 1, Cancelled(by="user"))
        written.append(told)
    assert written[0] == written[1]


async def test_the_newest_run_of_a_request_is_found_without_a_walk_through_its_caller_s_history(core: Core) -> None:
    names = [core.ids.new() for _ in range(2_000)]
    await core.database.write(fill, "lane", names)
    await core.database.write(lambda c: c.execute(text("UPDATE runs SET status = 'complete'")))
    await core.database.write(lambda c: c.execute(text("ANALYZE runs")))  # what autovacuum does within a minute
    query = """EXPLAIN SELECT * FROM runs r WHERE r.fingerprint = 'none' AND r.caller = 'local' AND (r.status = 'queued'
        OR (r.status IN ('running', 'complete') AND r.begun_ticks_s > 0)) ORDER BY r.operation_id DESC LIMIT 1"""
    plan = await core.database.read(lambda c: c.execute(text(query)).scalars().all())
    assert "runs_by_fingerprint" in "".join(plan), plan


async def test_a_no_is_given_again_without_the_database_until_this_process_frees_the_lane(core: Core) -> None:
    run = await core.begin("a")
    other = core.submission("b")
    assert refusal_nowait(core.guard, other, Policies()) is None, "nobody has asked yet"
    with pytest.raises(RunRejected):
        await core.guard.admit(other)
    with counted() as statements:
        refusal = refusal_nowait(core.guard, other, Policies())
    assert refusal is not None
    assert (refusal.active.operation_id, refusal.reason) == (run.operation_id, "in_flight")
    assert statements == []
    assert refusal_nowait(core.guard, core.submission("c"), Policies()) is None, "of that one it knows nothing"
    assert refusal_nowait(core.guard, core.submission("b", caller="other"), Policies()) is None
    await core.complete(run)
    assert refusal_nowait(core.guard, other, Policies()) is None
    await core.begin("b")


async def test_a_no_is_forgotten_after_a_fifth_of_a_second_whatever_others_do(core: Core) -> None:
    await core.begin("a")
    other = core.submission("b")
    with pytest.raises(RunRejected):
        await core.guard.admit(other)
    core.clock.advance(0.15)
    assert refusal_nowait(core.guard, other, Policies()) is not None
    core.clock.advance(0.1)
    assert refusal_nowait(core.guard, other, Policies()) is None


@pytest.mark.parametrize("way", ["end_run", "pause"])
async def test_a_no_is_forgotten_when_the_lane_changes_without_an_event(core: Core, way: str) -> None:
    run = await core.begin("a")
    other = core.submission("b")
    with pytest.raises(RunRejected):
        await core.guard.admit(other)
    await (
        core.guard.end_run(run.operation_id)
        if way == "end_run"
        else core.guard.queue.set_lane_paused("default", paused=True)
    )
    assert refusal_nowait(core.guard, other, Policies()) is None


async def test_what_an_end_writes_is_what_the_lifecycle_itself_would_have_written(core: Core) -> None:
    artifact = ArtifactRef(name="Deck.PDF", media_type="application/pdf", size_bytes=1, sha256="0" * 64, url="/x")
    bodies = (
        Complete(
            screenshot_count=1,
            screenshot_files=[],
            artifacts=[artifact],
            truncated=False,
            duration_s=1.5,
            folder="data/f",
        ),
        Error(code="ai_failed", message="No 'Answer' \\ \n of 987654321987 seqs", stage="compose", retryable=True),
    )
    for body in bodies:
        written = []
        for there in (True, False):
            run = await core.begin(f"{body.type} {there}", caller="somebody")
            if there:
                assert await core.lifecycle.finish(run.operation_id, 1, body)
            else:
                assert await core.journal.transact_end(core.lifecycle._end, run.operation_id, 1, body)
            row = await core.database.read(
                lambda c, run=run: c.execute(
                    text("SELECT * FROM runs WHERE operation_id = :id"), {"id": run.operation_id}
                ).one()
            )
            event = (await core.log.read_after(run.operation_id, 1))[-1]
            same = {
                "operation_id",
                "fingerprint",
                "created_at",
                "started_at",
                "begun_ticks_s",
                "ended_at",
                "source_characters",
            }
            told = event.data.replace(run.operation_id, "x")
            written.append((told, {name: value for name, value in row._mapping.items() if name not in same}))
        assert written[0] == written[1]


async def test_a_run_with_a_webhook_ends_with_its_message(core: Core) -> None:
    run = await core.begin("a", webhook_url="https://example.org/hook")
    await core.complete(run)
    row = await core.database.read(
        lambda c: c.execute(
            text("SELECT state, body FROM webhooks WHERE operation_id = :id"), {"id": run.operation_id}
        ).one()
    )
    assert row.state == "due"
    assert run.operation_id in row.body
    ended = await core.database.read(run_queries.get, run.operation_id)
    assert ended is not None
    assert ended.status == "complete"


async def test_the_functions_of_the_database_are_those_of_this_version(core: Core) -> None:
    query = "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'pressrun'::regnamespace"
    there = dict(await core.database.read(lambda c: c.execute(text(query)).all()))  # type: ignore[arg-type]
    for statement in FUNCTIONS:
        name = statement.partition("pressrun.")[2].partition("(")[0]
        assert there[name] == statement.split("$$")[1]
