"""`PostgresDatabase`: the product's tables in the schema `pressrun` of a Postgres, for any number of processes.

Owns engines, threads, transactions and what Postgres' errors mean; knows no query.

- Writes are READ COMMITTED transactions, several at a time; they last only as long as their statements. What decides by
  what it has read takes a lock first (see engine.py); the tables' keys stand behind that.
- A write that met another (unique key, deadlock, serialization) was rolled back whole and is run again.
- Reads see one snapshot (REPEATABLE READ, read-only), as in SQLite.
- A connection that broke while it lay in the pool is replaced unseen; one that breaks in use is ServerBusy.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import anyio
import anyio.to_thread
import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, func, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from pressrun.db.away import is_away, sqlstate_of, watched
from pressrun.db.migrations import migrate
from pressrun.db.tables import SCHEMA_VERSION, metadata
from pressrun.db.triggers import TRIGGERS
from pressrun.errors import DiskFull, ServerBusy, StartupError

P = ParamSpec("P")
T = TypeVar("T")

_WRITERS = 4  # arbitrary (2..8): a write is a few round trips; more only queue up in Postgres, for the same locks
_READERS = 4  # arbitrary (2..16)
_ATTEMPTS = 3  # arbitrary (2..5): of a write that met another; the second one sees what the other has done
_CONNECT_LIMIT_S = 5  # arbitrary (2..10): a server that does not answer by then is not there
_SETUP_LOCK = 0x7072657373  # "press": two processes that start at once must not both make the tables
_MET_ANOTHER = ("40001", "40P01", "23505")  # serialization failure, deadlock, unique violation
# servers that are up: each holds one such connection (wakeups.py), which it opens when its tables are there
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'pressrun wake-ups'"
)
_NO_SPACE = ("53100",)
# a process that is frozen within a transaction must not keep others from what it had locked; ours last milliseconds
_FROZEN_AFTER = "-c idle_in_transaction_session_timeout=2s"
_log = structlog.get_logger(__name__)


class PostgresDatabase:
    """Open with `open_postgres`; may be shared by all tasks of one event loop."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader
        self._write_threads = anyio.CapacityLimiter(_WRITERS)
        self._read_threads = anyio.CapacityLimiter(_READERS)

    async def write(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `query(connection, …)` in one write transaction; durable when it returns.

        Raises: DiskFull, ServerBusy.
        """
        with anyio.CancelScope(shield=True):  # a thread cannot be cancelled: wait for its outcome, it is short
            result = await anyio.to_thread.run_sync(
                partial(_transact, self._writer, query, *args, **kwargs), limiter=self._write_threads
            )
        return result

    async def write_end(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`: the room on Postgres' disk is not ours to keep."""
        return await self.write(query, *args, **kwargs)

    @property
    def has_room(self) -> bool:
        return True

    async def keep_room(self) -> None:
        """Nothing to take back."""

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `query(connection, …)` on a snapshot, in a thread. Raises: ServerBusy."""
        return await anyio.to_thread.run_sync(
            partial(_transact, self._reader, query, *args, **kwargs), limiter=self._read_threads
        )

    async def until_thread_free(self) -> None:
        """Returns when a thread for reads and one for writes could begin; the server is not asked."""
        for limiter in (self._read_threads, self._write_threads):
            await anyio.to_thread.run_sync(_nothing, limiter=limiter, abandon_on_cancel=True)

    @property
    def local(self) -> None:
        return None

    def close(self) -> None:
        """Closes every connection."""
        self._reader.dispose()
        self._writer.dispose()


@asynccontextmanager
async def open_postgres(url: str) -> AsyncIterator[PostgresDatabase]:
    """Opens the database at `url`, and makes schema and tables if they are not there.

    Raises: StartupError when it does not answer or was made by a newer Pressrun.
    """
    parsed = parse_url(url)
    ours = "-c search_path=pressrun -c default_transaction_read_only="
    writer = _engine(parsed, _WRITERS, settings=f"{ours}off", isolation_level="READ COMMITTED")
    reader = _engine(parsed, _READERS, settings=f"{ours}on", isolation_level="REPEATABLE READ")
    database = PostgresDatabase(writer, reader)
    try:
        await anyio.to_thread.run_sync(_prepare, writer)
        yield database
    finally:
        database.close()


def parse_url(url: str) -> URL:
    """The URL as SQLAlchemy's, with our driver. Raises: StartupError, without the URL: it may hold a password."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.drivername not in ("postgresql", "postgresql+psycopg", "postgres"):
        raise StartupError("PRESSRUN_DATABASE_URL must look like postgresql+psycopg://user:password@host/database")
    return parsed.set(drivername="postgresql+psycopg")


def open_engine_pool(url: str, connections: int) -> Engine:
    """A pool for the durable engine, whose tables and transactions are its own. The caller disposes of it."""
    return _engine(parse_url(url), connections, name="pressrun engine")


def _engine(url: URL, connections: int, *, settings: str = "", name: str = "pressrun", **kwargs: Any) -> Engine:
    options = f"{url.query.get('options', '')} {_FROZEN_AFTER} {settings}".strip()
    return watched(
        create_engine(
            url.difference_update_query(["options"]),
            connect_args={"options": options, "connect_timeout": _CONNECT_LIMIT_S, "application_name": name},
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,
            **kwargs,
        )
    )


def _transact(engine: Engine, query: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with engine.begin() as connection:
                return query(connection, *args, **kwargs)
        except DBAPIError as exc:
            if sqlstate_of(exc.orig) not in _MET_ANOTHER or attempt == _ATTEMPTS:
                raise _translated(exc) from exc
    raise AssertionError("unreachable")


def _nothing() -> None:
    """A thread has come to it."""


def _translated(exc: DBAPIError) -> Exception:
    if sqlstate_of(exc.orig) in _NO_SPACE:
        return DiskFull("the disk of the database is full; free some space and retry")
    if is_away(exc):
        return ServerBusy("the database does not answer; try again shortly")
    return exc


def _prepare(writer: Engine) -> None:
    try:
        with writer.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_SETUP_LOCK)))
            connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS pressrun")
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL)")
            found = connection.exec_driver_sql("SELECT version FROM schema_version").scalar_one_or_none()
            if found is None:
                metadata.create_all(connection)
                connection.exec_driver_sql("INSERT INTO schema_version VALUES (%s)", (SCHEMA_VERSION,))
            elif found > SCHEMA_VERSION:
                raise StartupError(
                    f"the database was made by a newer Pressrun (schema {found}, this one knows {SCHEMA_VERSION}); "
                    "start that version, or set PRESSRUN_DATABASE_URL to another database"
                )
            elif found < SCHEMA_VERSION:
                _upgrade(connection, found)
            for statement in TRIGGERS:
                connection.exec_driver_sql(statement)
    except DBAPIError as exc:
        reason = str(exc.orig).strip().splitlines()
        raise StartupError(
            f"cannot open the database of PRESSRUN_DATABASE_URL: {reason[0] if reason else 'no answer'}; "
            "check that it runs and that the user may create a schema in it"
        ) from exc


def _upgrade(connection: Connection, found: int) -> None:
    """In the caller's transaction. An older Pressrun that still runs must not find its tables changed."""
    others = connection.execute(_OTHERS).scalar_one()
    if others:
        raise StartupError(
            f"the database is of an older Pressrun (schema {found}, this one wants {SCHEMA_VERSION}), and {others} of "
            "its servers run; stop them, then start this one"
        )
    migrate(connection, found, SCHEMA_VERSION)
    connection.exec_driver_sql("UPDATE schema_version SET version = %s", (SCHEMA_VERSION,))
    _log.info("database upgraded", from_version=found, to_version=SCHEMA_VERSION)
