"""Through pgbouncer, the real one, in both of its modes that keep transactions whole: the same guard, the same log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import anyio
import psycopg
import pytest
from sqlalchemy import Connection, text

from pressrun.db.wakeups import open_wakeups
from pressrun.errors import StartupError
from pressrun.events.model import Log
from pressrun.runs.rejection import RunRejected
from pressrun.settings import Settings
from tests.support.core import Core, open_core
from tests.support.pgbouncer import NOT_HERE, find_pgbouncer, start_pgbouncer, url_of_somebody
from tests.support.postgres import Postgres

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

CLIENTS = 12


@pytest.fixture
def direct_url(postgres: Postgres, tmp_path: Path) -> str:
    return url_of_somebody(postgres, str(tmp_path))


@pytest.fixture(params=["session", "transaction"])
def pooled_url(request: pytest.FixtureRequest, direct_url: str) -> Iterator[str]:
    program = find_pgbouncer()
    if program is None:
        pytest.skip(NOT_HERE)
    mode: Literal["session", "transaction"] = request.param
    with start_pgbouncer(program, direct_url, mode) as url:
        yield url


async def test_runs_begin_go_on_and_end_through_a_pooler_and_are_heard_past_it(
    pooled_url: str, direct_url: str
) -> None:
    async def one(core: Core, number: int) -> None:
        run = await core.begin(f"run {number}", lane=f"lane-{number}")
        for _ in range(5):
            await core.journal.append(run.operation_id, 1, Log(message="x"))
        await core.complete(run)
        assert [event.seq for event in await core.log.read_after(run.operation_id, 0)] == list(range(1, 8))

    with anyio.fail_after(120):
        async with open_core(pooled_url, pooled=True) as core, open_wakeups(direct_url, "other") as wakeups:
            async with anyio.create_task_group() as tasks:
                for number in range(CLIENTS):
                    tasks.start_soon(one, core, number)
            heard: dict[str, int] = {}
            while sum(heard.values()) < CLIENTS * 7:
                heard |= (await wakeups.next())[0]


async def test_of_many_that_ask_through_a_pooler_at_once_one_begins(pooled_url: str) -> None:
    begun: list[str] = []

    async def ask(core: Core) -> None:
        try:
            begun.append((await core.begin("the same")).operation_id)
        except RunRejected as rejected:
            named.add(rejected.active.operation_id)

    named: set[str] = set()
    with anyio.fail_after(120):
        async with (
            open_core(pooled_url, pooled=True) as one,
            open_core(pooled_url, owner="2", pooled=True) as other,
            anyio.create_task_group() as tasks,
        ):
            for number in range(CLIENTS):
                tasks.start_soon(ask, one if number % 2 else other)
    assert len(begun) == 1
    assert named == set(begun)


async def test_what_a_transaction_wants_of_its_session_holds_in_it_and_not_after_it(
    pooled_url: str, direct_url: str
) -> None:
    def settings(connection: Connection) -> dict[str, str]:
        names = ("search_path", "idle_in_transaction_session_timeout", "transaction_read_only", "transaction_isolation")
        return {name: connection.execute(text(f"SHOW {name}")).scalar_one() for name in names}

    async with open_core(pooled_url, pooled=True) as core:
        for _ in range(5):
            assert await core.database.write(settings) == {
                "search_path": "pressrun",
                "idle_in_transaction_session_timeout": "2s",
                "transaction_read_only": "off",
                "transaction_isolation": "read committed",
            }
            assert (await core.database.read(settings))["transaction_read_only"] == "on"
        with psycopg.connect(pooled_url.replace("+psycopg", ""), prepare_threshold=None) as stranger:
            assert stranger.execute("SHOW search_path").fetchone() == ('"$user", public',)


def test_a_way_past_a_pooler_without_a_pooler_is_refused() -> None:
    with pytest.raises(StartupError, match="PRESSRUN_DATABASE_URL is not"):
        Settings(database_direct_url="postgresql://a@b/c").database_urls()  # type: ignore[arg-type]
    assert Settings().database_urls() == (None, None)
    one = Settings(database_url="postgresql://a@b/c")  # type: ignore[arg-type]
    assert one.database_urls() == ("postgresql://a@b/c", "postgresql://a@b/c")
