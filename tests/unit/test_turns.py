"""Transactions that meet on Postgres: who decides by what it has read waits until the other one has ended."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import psycopg
import pytest
from sqlalchemy import text

from pressrun.db import runs as run_queries
from pressrun.db import slots as slot_queries
from pressrun.errors import RunEnded
from pressrun.events.model import Cancelled
from tests.support.core import COMPLETE, Core, open_core
from tests.support.limits import fail_after
from tests.support.postgres import Postgres

pytestmark = pytest.mark.anyio

LIMIT_S = 20


@pytest.fixture
async def core(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Core]:
    async with open_core(postgres.database(str(tmp_path))) as core:
        yield core


@asynccontextmanager
async def open_transaction(core: Core, query: Callable[..., Any], *args: Any, **kwargs: Any) -> AsyncIterator[None]:
    """`query` has been executed and is not committed; at the end of the block it is, once somebody waits for it."""
    executed, go_on = threading.Event(), threading.Event()

    def execute(connection) -> None:
        query(connection, *args, **kwargs)
        executed.set()
        assert go_on.wait(LIMIT_S)

    with fail_after(LIMIT_S):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(core.database.write, execute)
            await anyio.to_thread.run_sync(executed.wait, LIMIT_S)
            try:
                yield
                while not await core.database.read(somebody_waits):  # noqa: ASYNC110 - nothing tells
                    await anyio.sleep(0.02)
            finally:
                go_on.set()


def somebody_waits(connection) -> bool:
    query = """SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND datname = current_database()"""
    return bool(connection.execute(text(query)).scalar_one())


@pytest.mark.parametrize("verb", ["begin", "promote", "finish", "claim"])
async def test_whatever_decides_over_slots_waits_for_whoever_is_at_it(core: Core, verb: str) -> None:
    run = await core.begin("held", lane="other")
    verbs: dict[str, Callable[[], Awaitable[object]]] = {
        "begin": lambda: core.begin("new"),
        "promote": lambda: core.guard.promote("other"),
        "finish": lambda: core.lifecycle.finish(run.operation_id, None, Cancelled(by="user")),
        "claim": lambda: core.lifecycle.claim(run.operation_id),
    }
    done = []

    async def act() -> None:
        done.append(await verbs[verb]())

    lane = "default" if verb == "begin" else "other"
    async with anyio.create_task_group() as tasks, open_transaction(core, slot_queries.lock_lane, lane):
        tasks.start_soon(act)
    assert len(done) == 1


async def test_of_a_seal_and_a_cancel_at_the_same_moment_only_the_first_one_happens(core: Core) -> None:
    run = await core.begin()
    told: list[type[BaseException]] = []

    async def cancel() -> None:
        try:
            await core.lifecycle.request_cancel(run.operation_id, "user")
        except RunEnded as exc:
            told.append(type(exc))

    async with anyio.create_task_group() as tasks:
        seal = {"stage": "publish"}
        async with open_transaction(core, run_queries.update_where, run.operation_id, seal, cancel_requested_at=None):
            tasks.start_soon(cancel)
    assert told == [RunEnded]
    assert await core.lifecycle.cancelled_by(run.operation_id) is None
    assert await core.lifecycle.finish(run.operation_id, 1, COMPLETE)


async def test_a_transaction_that_stood_still_for_too_long_is_done_again_by_whoever_stood_still(core: Core) -> None:
    """A busy machine may take a thread's core away for longer than a frozen process may hold a lock."""
    seen = []

    def stand_still(connection) -> int:
        seen.append(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        if len(seen) == 1:
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 20"))
            with psycopg.connect(core_url(connection)) as other:
                while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", seen).fetchone():
                    other.rollback()
        return int(connection.execute(text("SELECT 1")).scalar_one())

    with fail_after(LIMIT_S):
        assert await core.database.write(stand_still) == 1
    assert len(seen) == 2
    assert seen[0] != seen[1]


def core_url(connection) -> str:
    return connection.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
