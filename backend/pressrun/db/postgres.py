"""`PostgresDatabase`: the product's tables in the schema `pressrun` of a Postgres, for any number of processes.

Owns engines, threads, transactions and what Postgres' errors mean; knows no query.

- Writes are READ COMMITTED transactions, several at a time; they last only as long as their statements. What decides by
  what it has read takes a lock first (see engine.py); the tables' keys stand behind that.
- A write that met another (unique key, deadlock, serialization), or stood still for so long that its locks were taken
  from it, was rolled back whole and is run again.
- Reads see one snapshot (REPEATABLE READ, read-only), as in SQLite.
- A connection that broke while it lay in the pool is replaced unseen; one that breaks in use is ServerBusy.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import anyio
import anyio.to_thread
import psycopg
import structlog
from sqlalchemy import URL, Connection, Engine, Row, create_engine, event, func, make_url, select
from sqlalchemy.engine.interfaces import DBAPIConnection, IsolationLevel
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.expression import TextClause, TextualSelect

from pressrun.db.availability import NOTICES_A_HOST_THAT_VANISHED, is_unavailable, sqlstate_of, watched
from pressrun.db.functions import FUNCTIONS
from pressrun.db.migrations import migrate
from pressrun.db.processes import count_servers
from pressrun.db.tables import SCHEMA_VERSION, metadata
from pressrun.db.threads import DatabaseThreads
from pressrun.db.triggers import TRIGGERS
from pressrun.errors import DiskFull, ServerBusy, StartupError

P = ParamSpec("P")
T = TypeVar("T")

_WRITERS = 4  # arbitrary (2..8): a write is a few round trips; more only queue up in Postgres, for the same locks
_READERS = 4  # arbitrary (2..16)
_ATTEMPTS = 3  # arbitrary (2..5): of a write that met another; the second one sees what the other has done
_SURELY_LIVES_S = 0.5  # arbitrary (0.1..2): a restart of the server takes longer than a pause between two requests
_CONNECT_LIMIT_S = 5  # arbitrary (2..10): a server that does not answer by then is not there
_SETUP_LOCK = 0x7072657373  # "press": two processes that start at once must not both make the tables
_MET_ANOTHER = ("40001", "40P01", "23505")  # serialization failure, deadlock, unique violation
# It stood still for longer than `_FROZEN_AFTER`, before its COMMIT, and was rolled back: a busy machine had no core for
# its thread.
_STOOD_STILL = "25P03"
_ROLLED_BACK = (*_MET_ANOTHER, _STOOD_STILL)
_LOCK_TIMEOUT = "55P03"
_LOCK_LIMIT_MS = 2_000  # arbitrary (500..10 000): whoever waits for a table's lock holds up all who come after
_SETUP_PAUSE_MS = 60_000  # arbitrary (10 000..300 000): between two statements of an upgrade, on a busy machine
_NO_SPACE = ("53100",)
# a process that is frozen within a transaction must not keep others from what it had locked; ours last milliseconds
_FROZEN_AFTER = "idle_in_transaction_session_timeout=2000"
# In the same breath as BEGIN, and for the transaction only: a pooler in between knows no startup options, and the
# session may be somebody else's in a moment.
_BEGIN = f"BEGIN ISOLATION LEVEL {{level}}; SET LOCAL search_path = pressrun; SET LOCAL {_FROZEN_AFTER}"
_WRITE, _READ = _BEGIN.format(level="READ COMMITTED READ WRITE"), _BEGIN.format(level="REPEATABLE READ READ ONLY")
_log = structlog.get_logger(__name__)


class PostgresDatabase:
    """Open with `open_postgres`; may be shared by all tasks of one event loop."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer = writer
        self._reader = reader
        # the same connections, without the BEGIN
        self._caller = watched(create_engine(writer.url, pool=writer.pool, isolation_level="AUTOCOMMIT"))
        self._write_threads = DatabaseThreads(_WRITERS)
        self._read_threads = DatabaseThreads(_READERS)

    async def write(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `query(connection, …)` in one write transaction; durable when it returns.

        Raises: DiskFull, ServerBusy.
        """
        with anyio.CancelScope(shield=True):  # a thread cannot be cancelled: wait for its outcome, it is short
            result = await self._write_threads.run(partial(_transact, self._writer, query, *args, **kwargs))
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
        return await self._read_threads.run(partial(_transact, self._reader, query, *args, **kwargs))

    async def until_usable(self) -> None:
        """Returns at once unless the threads for reads or those for writes hang; the server is not asked."""
        for threads in (self._read_threads, self._write_threads):
            await threads.until_usable()

    @property
    def local(self) -> None:
        return None

    @property
    def decides(self) -> bool:
        return True

    async def call(self, statement: TextualSelect | TextClause, **values: object) -> Row[Any]:
        """The one row that a function of ours gives (functions.py), in a transaction of its own and one round trip.

        Durable when it returns. Raises: DiskFull, ServerBusy.
        """
        with anyio.CancelScope(shield=True):
            row = await self._write_threads.run(partial(_call, self._caller, statement, values))
        return row

    def close(self) -> None:
        """Closes every connection."""
        self._reader.dispose()
        self._writer.dispose()


@asynccontextmanager
async def open_postgres(url: str, *, pooled: bool = False) -> AsyncIterator[PostgresDatabase]:
    """Opens the database at `url`, and makes schema and tables if they are not there.

    `pooled`: a pooler is in between, which may give each transaction another session: nothing is prepared there.
    Raises: StartupError when it does not answer or was made by a newer Pressrun.
    """
    parsed = parse_url(url)
    writer, reader = _open_pool(parsed, _WRITERS, _WRITE, pooled), _open_pool(parsed, _READERS, _READ, pooled)
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
    parsed = parse_url(url)
    options = f"{parsed.query.get('options', '')} -c {_FROZEN_AFTER}".strip()
    return _engine(parsed.difference_update_query(["options"]), connections, "pressrun engine", options=options)


def _open_pool(url: URL, connections: int, begin: str, pooled: bool) -> Engine:
    """A pool whose transactions begin by `begin`, which says all that they want of their session."""
    unprepared = {"prepare_threshold": None} if pooled else {}
    engine = _engine(url, connections, "pressrun", isolation_level="AUTOCOMMIT", **unprepared)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    event.listen(engine.pool, "checkin", _note_use)
    event.listen(engine.pool, "checkout", _look_whether_it_lives)
    return engine


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = time.monotonic()


def _look_whether_it_lives(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Before a function is called, which cannot be called again where one does not know whether it was."""
    if time.monotonic() - record.info.get("used_at", math.inf) < _SURELY_LIVES_S:
        return
    try:
        connection.cursor().execute("SELECT 1")
    except psycopg.Error as exc:
        raise InvalidatePoolError from exc


def _engine(
    url: URL, connections: int, name: str, *, isolation_level: IsolationLevel | None = None, **args: Any
) -> Engine:
    level = {} if isolation_level is None else {"isolation_level": isolation_level}
    engine = create_engine(
        url,
        connect_args={
            "connect_timeout": _CONNECT_LIMIT_S,
            "application_name": name,
            **NOTICES_A_HOST_THAT_VANISHED,
            **args,
        },
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=isolation_level is None,  # ours find out by their BEGIN, without a round trip more
        **level,
    )
    return watched(engine)


def _transact(engine: Engine, query: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    for attempt in range(1, _ATTEMPTS + 1):
        begun = False
        try:
            with engine.begin() as connection:
                begun = True
                return query(connection, *args, **kwargs)
        except DBAPIError as exc:
            broke_in_pool = not begun and exc.statement is not None and is_unavailable(exc)
            rolled_back = sqlstate_of(exc.orig) in _ROLLED_BACK
            if not (rolled_back or broke_in_pool) or attempt == _ATTEMPTS:
                raise _translated(exc) from exc
    raise AssertionError("unreachable")


def _call(engine: Engine, statement: TextualSelect | TextClause, values: Mapping[str, object]) -> Row[Any]:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with engine.connect() as connection:
                return connection.execute(statement, values).one()
        except DBAPIError as exc:
            if sqlstate_of(exc.orig) not in _MET_ANOTHER or attempt == _ATTEMPTS:
                raise _translated(exc) from exc
    raise AssertionError("unreachable")


def _translated(exc: DBAPIError) -> Exception:
    if sqlstate_of(exc.orig) in _NO_SPACE:
        return DiskFull("the disk of the database is full; free some space and retry")
    if is_unavailable(exc):
        return ServerBusy("the database does not answer; try again shortly")
    return exc


def _prepare(writer: Engine) -> None:
    """Makes or upgrades the schema. One that is current is only looked at: others are at work on it."""
    try:
        if found_version(writer) != SCHEMA_VERSION:
            _patiently(writer, _make_or_upgrade)
    except DBAPIError as exc:
        reason = str(exc.orig).strip().splitlines()
        raise StartupError(
            f"cannot open the database of PRESSRUN_DATABASE_URL: {reason[0] if reason else 'no answer'}; "
            "check that it runs and that the user may create a schema in it"
        ) from exc


def found_version(writer: Engine) -> int | None:
    """Of the tables that are there, which is only looked up; None: there are none."""
    with writer.begin() as connection:
        if connection.exec_driver_sql("SELECT to_regclass('pressrun.schema_version')").scalar_one() is None:
            return None
        found: int | None = connection.exec_driver_sql(
            "SELECT version FROM pressrun.schema_version"
        ).scalar_one_or_none()
        return found


def _patiently(writer: Engine, change: Callable[[Connection], None]) -> None:
    """A change that met somebody's lock was rolled back whole, and is tried again."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with writer.begin() as connection:
                change(connection)
        except DBAPIError as exc:
            if sqlstate_of(exc.orig) not in (*_MET_ANOTHER, _LOCK_TIMEOUT) or attempt == _ATTEMPTS:
                raise
        else:
            return


def _make_or_upgrade(connection: Connection) -> None:
    connection.execute(select(func.pg_advisory_xact_lock(_SETUP_LOCK)))
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_LOCK_LIMIT_MS}")
    connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {_SETUP_PAUSE_MS}")
    connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS pressrun")
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL)")
    found = connection.exec_driver_sql("SELECT version FROM schema_version").scalar_one_or_none()
    if found == SCHEMA_VERSION:
        return  # somebody else was first
    if found is None:
        metadata.create_all(connection)
        connection.exec_driver_sql("INSERT INTO schema_version VALUES (%s)", (SCHEMA_VERSION,))
    elif found > SCHEMA_VERSION:
        raise StartupError(
            f"the database was made by a newer Pressrun (schema {found}, this one knows {SCHEMA_VERSION}); "
            "start that version, or set PRESSRUN_DATABASE_URL to another database"
        )
    else:
        _upgrade(connection, found)
    for statement in (*TRIGGERS, *FUNCTIONS):
        connection.exec_driver_sql(statement)


def _upgrade(connection: Connection, found: int) -> None:
    """In the caller's transaction. An older Pressrun that still runs must not find its tables changed."""
    others = count_servers(connection)
    if others:
        raise StartupError(
            f"the database is of an older Pressrun (schema {found}, this one wants {SCHEMA_VERSION}), and {others} of "
            "its servers run; stop them, then start this one"
        )
    # in the order of an append, before anything else: two that lock in different orders wait for each other
    connection.exec_driver_sql("LOCK TABLE runs, events IN ACCESS EXCLUSIVE MODE")
    migrate(connection, found, SCHEMA_VERSION)
    connection.exec_driver_sql("UPDATE schema_version SET version = %s", (SCHEMA_VERSION,))
    _log.info("database upgraded", from_version=found, to_version=SCHEMA_VERSION)
