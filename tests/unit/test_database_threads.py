"""Threads of a database: when they are taken to hang, and when only to be busy."""

from __future__ import annotations

import threading

import anyio
import pytest
from sqlalchemy import Connection

from pressrun.db import threads
from pressrun.db.engine import open_database
from pressrun.db.threads import DatabaseThreads
from tests.support.limits import fail_after
from tests.support.postgres import Postgres

pytestmark = pytest.mark.anyio


@pytest.fixture
def let_go() -> threading.Event:
    return threading.Event()


async def usable(asked: DatabaseThreads) -> bool:
    with anyio.move_on_after(0.2):
        await asked.until_usable()
        return True
    return False


async def test_threads_hang_when_all_of_them_do(monkeypatch: pytest.MonkeyPatch, let_go: threading.Event) -> None:
    asked = DatabaseThreads(2)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(asked.run, let_go.wait)
        tasks.start_soon(asked.run, let_go.wait)
        await anyio.sleep(0.1)
        assert await usable(asked), "whoever has been busy for a moment only is busy"
        monkeypatch.setattr(threads, "HANGS_AFTER_S", 0.05)
        assert not await usable(asked)
        let_go.set()
        with fail_after(30):
            await asked.until_usable()


async def test_one_thread_that_hangs_is_not_all_of_them(
    monkeypatch: pytest.MonkeyPatch, let_go: threading.Event
) -> None:
    monkeypatch.setattr(threads, "HANGS_AFTER_S", 0.0)
    asked = DatabaseThreads(2)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(asked.run, let_go.wait)
        await anyio.sleep(0.05)
        assert await usable(asked)
        let_go.set()


async def test_what_the_work_raises_reaches_the_caller_and_frees_the_thread() -> None:
    asked = DatabaseThreads(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await asked.run(lambda: 1 // 0)
    assert not asked._busy_since


async def test_a_connection_to_postgres_notices_a_host_that_vanished(postgres: Postgres) -> None:
    async with open_database(postgres.database("vanished")) as database:

        def parameters(connection: Connection) -> dict[str, str]:
            return connection.connection.driver_connection.info.get_parameters()

        assert (await database.read(parameters)).items() >= {
            "tcp_user_timeout": "10000",
            "keepalives_idle": "4",
        }.items()
