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
