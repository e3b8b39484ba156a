"""Data of earlier releases, as those left it: SQL dumps and batch folders in tests/data, made by killing their server.

Of release 0.1 (schema 1): a complete run with a key, pinned; one that failed; one interrupted by SIGKILL; one that
waits; one cancelled. All of outputs `html`, so no browser is needed.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from tests.support.postgres import Postgres, find_binaries

RELEASE = Path(__file__).parents[1] / "data" / "release-0.1"


def restore_sqlite(data_dir: Path) -> Path:
    """The data folder of release 0.1 at `data_dir`."""
    shutil.copytree(RELEASE / "batches", data_dir / "batches")
    for name in ("pressrun", "engine"):
        with closing(sqlite3.connect(data_dir / f"{name}.sqlite")) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript((RELEASE / f"{name}.sql").read_text())
    return data_dir


def restore_postgres(postgres: Postgres, name: str, data_dir: Path) -> str:
    """The same in a database of that name; its URL."""
    shutil.copytree(RELEASE / "batches-postgres", data_dir / "batches")
    url = postgres.database(name)
    binaries = find_binaries()
    assert binaries is not None
    command = [binaries / "psql", url.replace("+psycopg", ""), "-q", "-v", "ON_ERROR_STOP=1", "-f"]
    subprocess.run([*command, RELEASE / "postgres.sql"], check=True, capture_output=True)
    return url


def become_older(engine: Path) -> None:
    """Makes the workflows of that SQLite file those of the first version, as its release would have left them."""
    with closing(sqlite3.connect(engine)) as connection, connection:
        for table in ("workflow_status", "workflow_input", "workflow_output", "operation_outputs"):
            connection.execute(f"UPDATE {table} SET workflow_uuid = substr(workflow_uuid, 1, 36)")
        connection.execute("UPDATE workflow_status SET application_version = '1'")


def workflows(engine: Path) -> list[str]:
    """The status of each workflow of that SQLite file."""
    with closing(sqlite3.connect(engine)) as connection:
        return [status for (status,) in connection.execute("SELECT status FROM workflow_status")]
