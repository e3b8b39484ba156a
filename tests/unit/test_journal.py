"""The journal: an event, its seq, its row and what it means for the run are written together or not at all."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from anyio import fail_after

from pressrun.db import runs as run_queries
from pressrun.events.model import Cancelled, Error, HtmlGenerated, Log, Progress
from pressrun.runs.hints import LaneHints
from pressrun.runs.journal import RunJournal, Transaction
from tests.support.core import COMPLETE, Core, open_core

pytestmark = pytest.mark.anyio
BACKEND = Path(__file__).parents[2] / "backend" / "pressrun"


async def row_of(core: Core, operation_id: str):
    row = await core.database.read(run_queries.get, operation_id)
    assert row is not None
    return row


async def test_a_transaction_that_fails_leaves_neither_event_nor_change_and_tells_nobody(where: Path | str) -> None:
    async with open_core(where) as core:
        run = await core.begin()
        before = await row_of(core, run.operation_id)
        told: list[int] = []

        def write_and_fail(transaction: Transaction) -> None:
            body = Progress(stage="render", progress=40, message="x")
            assert transaction.write(before, body, at=core.clock.now()) is not None
            raise KeyError("something else in the same transaction")

        with core.log.following(run.operation_id, 1, lambda: told.append(1)):
            with pytest.raises(KeyError):
                await core.journal.transact(write_and_fail)
            assert told == []
        assert await core.log.read_after(run.operation_id, 1) == []
        assert await row_of(core, run.operation_id) == before


async def test_every_event_moves_the_row_as_it_says(where: Path | str) -> None:
    async with open_core(where) as core:
        run = await core.begin()
        document = HtmlGenerated(html_filename="document.html", url="/x", title="A Title", size_bytes=1)
        await core.journal.append(
            run.operation_id, 1, document, Progress(stage="render", progress=40, message="x"), Log(message="y")
        )
        row = await row_of(core, run.operation_id)
        assert (row.title, row.stage, row.progress, row.last_seq) == ("A Title", "render", 40, 4)
        await core.journal.append(run.operation_id, 1, Progress(stage="export", progress=30, message="earlier"))
        row = await row_of(core, run.operation_id)
        assert (row.stage, row.progress) == ("export", 40)
        assert '"progress":40' in (await core.log.read_after(run.operation_id, 4))[0].data  # the log says so too
        assert await core.lifecycle.finish(run.operation_id, 1, Error(code="ai_failed", message="No"))
        row = await row_of(core, run.operation_id)
        assert (row.status, row.owner, row.last_seq) == ("error", None, 6)
        assert '"ai_failed"' in row.error


async def test_an_event_is_not_written_for_a_run_that_is_not_as_it_was_read(where: Path | str) -> None:
    async with open_core(where) as core:
        run = await core.begin()
        before = await row_of(core, run.operation_id)
        await core.complete(run)

        def too_late(transaction: Transaction) -> bool:
            return transaction.write(before, Cancelled(by="user"), at=core.clock.now()) is not None

        def not_from_there(transaction: Transaction) -> bool:
            ended = run_queries.get(transaction.connection, run.operation_id)
            return transaction.write(ended, COMPLETE, at=core.clock.now()) is not None  # type: ignore[arg-type]

        assert not await core.journal.transact(too_late)
        assert not await core.journal.transact(not_from_there)
        assert [event.type for event in await core.log.read_after(run.operation_id, 0)] == ["started", "complete"]


async def test_the_end_of_a_run_is_a_hint_for_its_lane_and_nothing_else_is(where: Path | str) -> None:
    async with open_core(where) as core:
        hints = LaneHints()
        journal = RunJournal(core.database, core.log, core.clock, ended=hints.give)
        core.lifecycle._journal = journal
        run = await core.begin(lane="other")
        await journal.append(run.operation_id, 1, Log(message="x"))
        assert hints._lanes == set()
        assert await core.lifecycle.finish(run.operation_id, 1, COMPLETE)
        with fail_after(10):
            assert await hints.take() == {"other"}


async def test_hints_given_while_nobody_takes_are_taken_together_and_none_after_the_close() -> None:
    hints = LaneHints()
    for lane in ("a", "b", "a"):
        hints.give(lane)
    with fail_after(10):
        assert await hints.take() == {"a", "b"}
    hints.close()
    hints.give("c")
    assert hints._lanes == set()


def test_nobody_but_the_journal_writes_events_or_announces_them() -> None:
    """Else seq, row and announcement could part again: each was somebody's own duty once, in six places."""
    found, writes = set(), {"append", "replace_event", "insert", "announce"}
    for path in BACKEND.rglob("*.py"):
        module = path.relative_to(BACKEND).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if getattr(node.func, "attr", getattr(node.func, "id", "")) not in writes:
                continue  # to spell each call takes most of the time
            called = ast.unparse(node.func)
            appends = called in {"queries.append", "event_queries.append", "queries.replace_event"}
            inserts = called == "insert" and ast.unparse(node.args[0]) == "events"
            if appends or inserts or called.endswith("log.announce"):
                found.add((module, called))
    assert found == {
        ("db/events.py", "insert"),
        ("runs/journal.py", "queries.append"),
        ("runs/journal.py", "queries.replace_event"),
        ("runs/journal.py", "self._log.announce"),
    }
