"""`Database`: the product's tables, wherever they are, and `open_database`, which finds out where.

Two media: one SQLite file for one process (sqlite.py), Postgres for many (postgres.py). The same query functions run on
both; what differs between the two is inside those files and in `slots.lock_lane`.

A query function sees one consistent state when it reads. When it writes on Postgres, others write at the same time: one
that decides by what it has read locks the lane first (`slots.lock_lane`) or the run's row (`runs.get_locked`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Row, Select
from sqlalchemy.sql.expression import TextClause, TextualSelect

from pressrun.db.ballast import Ballast
from pressrun.db.postgres import open_postgres
from pressrun.db.sqlite import open_sqlite

FunctionCall = TextualSelect | TextClause  # of one of functions.py
P = ParamSpec("P")
T = TypeVar("T")


class LocalReads(Protocol):
    """What only a database on this machine can do."""

    def read_nowait(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `query(connection, …)` right here on the loop: only for look-ups by key that take microseconds."""
        ...

    def holds_nowait(self, statement: Select[bool], **values: str) -> bool:
        """What `statement` (`SELECT EXISTS …`) says, asked on the loop itself and past SQLAlchemy: by an index only."""
        ...

    def version_nowait(self) -> int:
        """A number that is another one as soon as anybody, in any process, has committed anything."""
        ...


class Database(Protocol):
    """May be shared by all tasks of one event loop; open with `open_database`."""

    async def write(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `query(connection, …)` in one write transaction; durable when it returns.

        Raises: DiskFull when there is no space; DiskFailed when the file cannot be written to; ServerBusy when the
        database does not answer: nothing of it remains.
        """
        ...

    async def write_end(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `write`, for what ends something: room is kept for it where a full disk would not take it."""
        ...

    @property
    def has_room(self) -> bool:
        """Whether something new may begin: False from when the kept room was used until it could be taken back."""
        ...

    async def keep_room(self) -> None:
        """Takes the kept room back as soon as the disk has room again."""
        ...

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `query(connection, …)` on a snapshot, in a thread. Raises: ServerBusy."""
        ...

    async def until_usable(self) -> None:
        """Returns at once unless the threads for reads or those for writes hang; the database itself is not asked."""
        ...

    @property
    def local(self) -> LocalReads | None:
        """How to read without waiting, where the tables are in a file of this machine; None over a network."""
        ...

    @property
    def decides(self) -> bool:
        """Whether `call` may be called: the database has functions of ours (functions.py)."""
        ...

    async def call(self, statement: FunctionCall, **values: object) -> Row[Any]:
        """The one row that a function gives, in a transaction of its own and one round trip. Raises: as `write`."""
        ...


def open_database(
    where: Path | str, ballast: Ballast | None = None, *, pooled: bool = False
) -> AbstractAsyncContextManager[Database]:
    """Opens a SQLite file (a path) or Postgres (a URL), and makes what is not there.

    `pooled`: the URL is that of a pooler. `ballast` is for a SQLite file, whose disk is ours; None: a full disk takes
    no end of a run.
    Raises: StartupError when it cannot be opened, is not ours or was made by a newer Pressrun.
    """
    return open_sqlite(where, ballast) if isinstance(where, Path) else open_postgres(where, pooled=pooled)
