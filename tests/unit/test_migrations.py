"""Upgrades: a database of an earlier release becomes one of this release, whole or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event

from pressrun.db import migrations
from pressrun.db import runs as run_queries
from pressrun.db.engine import open_database
from pressrun.db.migrations import migrate
from pressrun.db.tables import SCHEMA_VERSION, metadata
from pressrun.db.wakeups import open_wakeups
from pressrun.errors import StartupError
from pressrun.runs.lane_state import view
from tests.support.core import open_core
from tests.support.postgres import Postgres
from tests.support.releases import restore_postgres, restore_sqlite

pytestmark = pytest.mark.anyio


# an index by an expression, which Alembic cannot see there; `indexes` does
unseen = pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """The tables of release 0.1, once on each medium: what `open_core` opens."""
    if request.param == "sqlite":
        return restore_sqlite(tmp_path)
    return restore_postgres(request.getfixturevalue("postgres"), str(tmp_path), tmp_path)


def url_of(where: Path | str) -> str:
    return f"sqlite:///{where / 'pressrun.sqlite'}" if isinstance(where, Path) else where


def differences(where: Path | str) -> list[object]:
    options = {} if isinstance(where, Path) else {"options": "-c search_path=pressrun"}
    engine = create_engine(url_of(where), connect_args=options)
    with engine.connect() as connection:
        ours = {"compare_type": True, "compare_server_default": True, "include_name": is_ours}
        found = compare_metadata(MigrationContext.configure(connection, opts=ours), metadata)
    engine.dispose()
    return [one for one in found if getattr(one[-1], "name", None) != "runs_in_line"]


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return (kind, name) != ("table", "schema_version")


def indexes(path: Path) -> dict[str, str]:
    """Every index as SQLite was told to make it."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        return {name: " ".join(sql.split()) for name, sql in found}


@unseen
async def test_an_upgraded_database_has_the_tables_of_a_new_one(old: Path | str) -> None:
    assert differences(old) != [], "the comparison sees nothing"
    async with open_core(old):
        pass
    assert differences(old) == []


@unseen
async def test_a_new_database_has_the_tables_that_the_code_knows(where: Path | str) -> None:
    async with open_core(where):
        pass
    assert differences(where) == []


@unseen
async def test_the_revisions_from_the_first_to_the_newest_lead_there_too(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'pressrun.sqlite'}")
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        migrate(connection, 0, SCHEMA_VERSION)
    engine.dispose()
    assert differences(tmp_path) == []
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    async with open_core(fresh):
        pass
    assert indexes(tmp_path / "pressrun.sqlite") == indexes(fresh / "pressrun.sqlite")
    assert ScriptDirectory(migrations.HERE).get_heads() == [f"{SCHEMA_VERSION:04d}"]


async def test_runs_events_specs_and_pins_of_the_release_before_are_there(old: Path | str) -> None:
    async with open_core(old) as core:
        rows = await core.database.read(
            run_queries.list_page, "local", status=None, lane=None, text=None, before=None, limit=10
        )
        runs = {run.status: run for run in map(view, rows)}
        assert {status: run.title for status, run in runs.items()} == {
            "complete": "The complete one",
            "error": None,
            "running": None,
            "queued": None,
            "cancelled": None,
        }
        assert [status for status, run in runs.items() if run.pinned] == ["complete"]
        for run in runs.values():
            told = await core.log.read_after(run.operation_id, 0)
            assert [entry.seq for entry in told] == list(range(1, run.last_seq + 1))
        spec = await core.database.read(run_queries.get_spec, runs["queued"].operation_id)
        assert spec is not None
        assert "# The waiting one" in spec


async def test_an_upgrade_that_breaks_half_way_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = restore_sqlite(tmp_path) / "pressrun.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO events VALUES ('a run that is not there', 1, 1, 'log', '{}', 0)")
    with pytest.raises(StartupError, match="could not be upgraded"):
        async with open_database(path):
            pass
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("SELECT count(spec) FROM runs").fetchone() == (5,)


async def test_a_database_of_a_newer_release_is_refused(where: Path | str) -> None:
    async with open_core(where):
        pass
    if isinstance(where, Path):
        with closing(sqlite3.connect(where / "pressrun.sqlite")) as connection:
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    else:
        with psycopg.connect(where.replace("+psycopg", "")) as connection:
            connection.execute("UPDATE pressrun.schema_version SET version = version + 1")
    with pytest.raises(StartupError, match="newer Pressrun"):
        async with open_core(where):
            pass


async def test_tables_that_an_older_server_still_uses_are_not_changed(postgres: Postgres, tmp_path: Path) -> None:
    url = restore_postgres(postgres, str(tmp_path), tmp_path)
    async with open_wakeups(url, "an older server"):
        with pytest.raises(StartupError, match="stop them"):
            async with open_database(url):
                pass
    async with open_database(url):
        pass


@pytest.mark.slow
async def test_a_start_with_nothing_to_upgrade_does_not_even_load_alembic(tmp_path: Path) -> None:
    script = (
        "import anyio, sys; from pathlib import Path; from pressrun.db.engine import open_database\n"
        "async def start():\n"
        "    async with open_database(Path(sys.argv[1])): pass\n"
        "anyio.run(start); anyio.run(start); sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path / "pressrun.sqlite"], check=True)
