"""What is there, found without making, upgrading or changing anything: for a look at a database that others own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.exc import DBAPIError

from pressrun.db.postgres import found_version, open_engine_pool
from pressrun.errors import StartupError


def find_version(where: Path | str) -> int:
    """Of the tables of a SQLite file (a path), which exists, or of Postgres (a URL); 0: it has none. Blocks.

    Raises: StartupError when it cannot be read, or is no database.
    """
    return _in_sqlite(where) if isinstance(where, Path) else _in_postgres(where)


def _in_sqlite(path: Path) -> int:
    wal = path.with_name(f"{path.name}-wal")
    # To be opened for reading makes the two files of the WAL where they are not there: then nobody is at work, and
    # SQLite may take the file for one that nobody changes.
    mode = "mode=ro" if wal.exists() and wal.stat().st_size else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            version: int = connection.execute("PRAGMA user_version").fetchone()[0]
            return version
    except sqlite3.Error as exc:
        raise StartupError(f"cannot read the database {path}: {exc}; check that it is ours and readable") from exc


def _in_postgres(url: str) -> int:
    engine = open_engine_pool(url, 1)
    try:
        return found_version(engine) or 0
    except DBAPIError as exc:
        reason = str(exc.orig).strip().splitlines()
        raise StartupError(
            f"cannot read the database of PRESSRUN_DATABASE_URL: {reason[0] if reason else 'no answer'}"
        ) from exc
    finally:
        engine.dispose()
