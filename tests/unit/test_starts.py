"""Servers start beside others that are at work on the same Postgres: all of them, and nobody has to wait for one."""

from __future__ import annotations

from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from pressrun.db.engine import open_database
from pressrun.events.model import Log
from tests.support.core import Core, open_core
from tests.support.postgres import Postgres
from tests.support.statements import counted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

STARTS, WRITERS = 20, 4


@pytest.fixture
def url(postgres: Postgres, tmp_path: Path) -> str:
    return postgres.database(str(tmp_path))


async def work(core: Core, number: int) -> None:
    """Appends to a run of its own for ever, as a server does that draws."""
    run = await core.begin(f"run {number}", lane=f"lane-{number}")
    while True:
        await core.journal.append(run.operation_id, 1, Log(message="x"))
        await anyio.lowlevel.checkpoint()  # an append cannot be cancelled


async def test_every_start_beside_busy_servers_succeeds(url: str) -> None:
    async with open_core(url) as one, open_core(url, owner="process-2") as other, anyio.create_task_group() as tasks:
        for number in range(WRITERS):
            tasks.start_soon(work, one if number % 2 else other, number)
        with anyio.fail_after(60):
            for _ in range(STARTS):
                async with open_database(url):
                    pass
        tasks.cancel_scope.cancel()


async def test_a_start_on_a_current_schema_takes_no_lock_that_an_append_would_wait_for(url: str) -> None:
    async with open_core(url):
        pass
    with counted() as statements:
        async with open_database(url):
            pass
    assert statements, "the listener hears nothing"
    assert [said for said in statements if not said.upper().startswith(("SELECT", "BEGIN", "SET LOCAL"))] == []
    assert [said for said in statements if "lock" in said.lower()] == []
