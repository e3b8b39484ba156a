"""`SqliteDatabase`: one SQLite file, opened with what it needs to be safe, read and written from async code.

Owns engines, pragmas, threads and transactions; knows no query. Query functions take a `Connection` and plain values.

- One writer: every write is one short `BEGIN IMMEDIATE` transaction in a worker thread, one at a time, so writers never
  meet SQLITE_BUSY among themselves. A write that has begun is finished also when its caller is cancelled.
- Readers never wait for the writer (WAL). `read` uses a thread; `read_nowait` reads on the event loop itself through
  its own read-only connection, for look-ups that take microseconds (a 409 decided so runs at 0.85 of a bare route,
  through a thread at 0.3: ARCHITECTURE).
- `synchronous=FULL`: what was acknowledged survives a power cut; measured here 0.19 ms a commit instead of 0.01.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import anyio
import anyio.to_thread
import structlog
from sqlalchemy import Connection, Engine, Row, Select, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import OperationalError

from pressrun.db.ballast import Ballast
from pressrun.db.migrations import migrate
from pressrun.db.tables import SCHEMA_VERSION, metadata
from pressrun.db.threads import DatabaseThreads
from pressrun.errors import DiskFailed, DiskFull, PressrunError, ServerBusy, StartupError
from pressrun.failpoints import failpoint
from pressrun.os_errors import has_descriptors, out_of_descriptors

P = ParamSpec("P")
T = TypeVar("T")

_READER_THREADS = 4  # arbitrary (2..16): reads are short, and SQLite reads in parallel
_PRIMARY_CODE = 0xFF  # the rest of SQLite's error codes says more of the same (sqlite.org/rescode.html)
_DISK_FAILED = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
_WAL_AGAIN_S = 0.02  # arbitrary (0.005..0.1)
_BUSY_TIMEOUT_MS = 5_000  # another process (a backup, the sqlite3 shell) may hold the file for a moment
_ENGINE_BUSY_TIMEOUT_MS = 30_000  # DBOS' own: its threads meet each other

_log = structlog.get_logger(__name__)


class SqliteDatabase:
    """The product's tables. Open with `open_sqlite`; may be shared by all tasks of one event loop."""

    def __init__(self, writer: Engine, reader: Engine, ballast: Ballast | None) -> None:
        self._writer = writer
        self._reader = reader
        self._ballast = ballast
        self._loop_connection = reader.connect()
        self._driver: Any = self._loop_connection.connection.driver_connection
        self._write_thread = DatabaseThreads(1)
        self._read_threads = DatabaseThreads(_READER_THREADS)

    async def write(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `query(connection, …)` in one write transaction; durable when it returns.

        Raises: DiskFull when there is no space, DiskFailed when the file cannot be written to, ServerBusy when another
        program holds it for longer than `_BUSY_TIMEOUT_MS`; nothing of the transaction remains then.
        """
        with anyio.CancelScope(shield=True):  # a thread cannot be cancelled: wait for its outcome, it is short
            result = await self._write_thread.run(partial(self._write, query, *args, **kwargs))
        return result

    async def write_end(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, for what ends something: on a full disk the ballast is given up for it."""
        with anyio.CancelScope(shield=True):
            result = await self._write_thread.run(partial(self._write_end, query, *args, **kwargs))
        return result

    @property
    def has_room(self) -> bool:
        """Whether something new may begin: False from when the ballast was given up until it could be taken back."""
        return self._ballast is None or self._ballast.held

    async def keep_room(self) -> None:
        """Takes the ballast back as soon as the disk has room again."""
        if self._ballast is not None and not self._ballast.held:
            await self._write_thread.run(self._ballast.fill)

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `query(connection, …)` on a snapshot, in a thread."""
        return await self._read_threads.run(partial(self._read, query, *args, **kwargs))

    async def until_usable(self) -> None:
        """Returns at once unless the threads for reads, or the one for writes, hang; the file is not touched."""
        for threads in (self._read_threads, self._write_thread):
            await threads.until_usable()

    def read_nowait(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `query(connection, …)` right here on the loop: only for look-ups by key that take microseconds."""
        with self._loop_connection.begin():
            return query(self._loop_connection, *args, **kwargs)

    def holds_nowait(self, statement: Select[bool], **values: str) -> bool:
        """What `statement` (`SELECT EXISTS …`) says. Measured: 4 us, through SQLAlchemy 110."""
        return bool(self._driver.execute(_sql(statement), values).fetchone()[0])

    def version_nowait(self) -> int:
        """A number that is another one as soon as anybody, in any process, has committed anything.

        While it is the same, what was read after it was asked for still holds (sqlite.org/pragma.html#data_version).
        """
        version: int = self._driver.execute("PRAGMA data_version").fetchone()[0]
        return version

    @property
    def local(self) -> Self:
        return self

    @property
    def decides(self) -> bool:
        return False

    async def call(self, statement: object, **values: object) -> Row[Any]:
        raise NotImplementedError

    def close(self) -> None:
        """Closes every connection."""
        self._loop_connection.close()
        self._reader.dispose()
        self._writer.dispose()

    def _write(self, query: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            with self._writer.begin() as connection:
                failpoint("database.write")
                return query(connection, *args, **kwargs)
        except OperationalError as exc:
            raise _translated(exc) from exc

    def _write_end(self, query: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            return self._write(query, *args, **kwargs)
        except DiskFull:
            if self._ballast is None or not self._ballast.release():
                raise
            return self._write(query, *args, **kwargs)

    def _read(self, query: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            with self._reader.connect() as connection, connection.begin():
                return query(connection, *args, **kwargs)
        except OperationalError as exc:
            raise _translated(exc) from exc


@asynccontextmanager
async def open_sqlite(path: Path, ballast: Ballast | None = None) -> AsyncIterator[SqliteDatabase]:
    """Opens (and makes, if new) the SQLite file at `path`; `ballast` None: a full disk takes no end of a run.

    Raises: StartupError when the file is not ours or was made by a newer Pressrun.
    """
    writer = open_writer(path)
    reader = _engine(path, pragmas=("query_only=ON",), begin="BEGIN")
    try:
        await anyio.to_thread.run_sync(_prepare, writer, path)
        database = SqliteDatabase(writer, reader, ballast)
        await database.keep_room()
    except BaseException:
        writer.dispose()
        reader.dispose()
        raise
    try:
        yield database
    finally:
        database.close()


def open_writer(path: Path) -> Engine:
    """A pool for write transactions, each durable when it has ended. Dispose of it."""
    return _writable(_engine(path, pragmas=("synchronous=FULL",), begin="BEGIN IMMEDIATE"))


def open_engine_pool(path: Path, connections: int) -> Engine:
    """A pool for the durable engine, on a file of its own: as DBOS would make it, but `_writable`. Dispose of it."""
    engine = create_engine(f"sqlite:///{path}", pool_size=connections, max_overflow=0)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in (f"busy_timeout={_ENGINE_BUSY_TIMEOUT_MS}", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return _writable(engine)


def _writable(engine: Engine) -> Engine:
    """The same engine, which keeps no connection that cannot write.

    SQLite opens a file that it may not write to for reading, and such a connection stays so: one that was made while
    the disk was read-only would go on to fail, now and then, long after the disk is well again.
    """

    @event.listens_for(engine, "connect")
    def try_it(connection: sqlite3.Connection, _record: object) -> None:
        (busy_timeout_ms,) = connection.execute("PRAGMA busy_timeout").fetchone()
        connection.execute("PRAGMA busy_timeout=0")  # who has to wait to write may write
        try:
            connection.execute("BEGIN IMMEDIATE")  # which SQLite lets pass here: it tells at the first write
            connection.execute("PRAGMA application_id=0")
            connection.execute("ROLLBACK")
        except sqlite3.Error as exc:
            if exc.sqlite_errorcode & _PRIMARY_CODE != sqlite3.SQLITE_BUSY:
                connection.close()
                raise
        connection.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")

    return engine


def _translated(exc: OperationalError) -> PressrunError | OperationalError:
    code = getattr(exc.orig, "sqlite_errorcode", 0) & _PRIMARY_CODE
    if code == sqlite3.SQLITE_FULL:
        return DiskFull()
    if code == sqlite3.SQLITE_CANTOPEN and not has_descriptors():
        return out_of_descriptors()
    if code in _DISK_FAILED:
        return DiskFailed()
    if code == sqlite3.SQLITE_BUSY:
        return ServerBusy("another program holds the database for too long; try again shortly")
    return exc


@lru_cache(maxsize=16)  # statements are module constants
def _sql(statement: Select[Any]) -> str:
    return str(statement.compile(dialect=sqlite.dialect(paramstyle="named")))


def use_wal(path: Path) -> None:
    """Makes the SQLite file if it is not there, and sets it to WAL: once, for good. Blocks. Raises: StartupError."""
    give_up_at = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while not _is_wal(path, give_up_at):
        time.sleep(_WAL_AGAIN_S)


def _is_wal(path: Path, give_up_at: float) -> bool:
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as exc:
        # Of two that make one file, each waits for the other: SQLite refuses one at once, whatever its timeout.
        if exc.sqlite_errorcode == sqlite3.SQLITE_BUSY and time.monotonic() < give_up_at:
            return False
        raise StartupError(f"cannot open the database {path}: {exc}; check that it is ours and writable") from exc
    return True


def _engine(path: Path, *, pragmas: tuple[str, ...], begin: str) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"check_same_thread": False, "isolation_level": None, "cached_statements": 256},
        pool_size=_READER_THREADS + 2,
        max_overflow=0,
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in (f"busy_timeout={_BUSY_TIMEOUT_MS}", "foreign_keys=ON", *pragmas):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)  # pysqlite's own BEGIN comes too late to keep a read-then-write whole

    return engine


def _prepare(writer: Engine, path: Path) -> None:
    try:
        use_wal(path)
        with writer.begin() as connection:
            found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if found > SCHEMA_VERSION:
                raise StartupError(
                    f"{path} was made by a newer Pressrun (schema {found}, this one knows {SCHEMA_VERSION}); "
                    "start that version, or set PRESSRUN_DATA_DIR to another folder"
                )
            if found == 0:
                metadata.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
        if 0 < found < SCHEMA_VERSION:
            _upgrade(path)
    except (OperationalError, sqlite3.Error) as exc:
        raise StartupError(
            f"cannot open the database {path}: {getattr(exc, 'orig', exc)}; check that the folder is writable"
        ) from exc


def _upgrade(path: Path) -> None:
    """All in one transaction: what breaks half-way leaves the file as it was."""
    # foreign keys off, as migrate() wants; within a transaction that cannot be switched, so a connection of its own
    engine = _engine(path, pragmas=("synchronous=FULL", "foreign_keys=OFF"), begin="BEGIN IMMEDIATE")
    try:
        with engine.begin() as connection:
            found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            migrate(connection, found, SCHEMA_VERSION)
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise StartupError(f"{path} could not be upgraded: it holds rows of runs that are not there")
            connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
        _log.info("database upgraded", path=str(path), from_version=found, to_version=SCHEMA_VERSION)
    finally:
        engine.dispose()
