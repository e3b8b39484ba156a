"""Queries on the event log. Append-only; the attempt is the fence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, bindparam, case, insert, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from pressrun.db.tables import events, runs
from pressrun.failpoints import failpoint

_INSERT = insert(events)


class EventRow(NamedTuple):
    """One logged event; `data` is the wire's JSON object on one line."""

    seq: int
    type: str
    data: str


class Fact(NamedTuple):
    """A logged event with its attempt and its instant."""

    attempt: int
    type: str
    data: str
    at: datetime


class Place(NamedTuple):
    """Where an event goes: its seq, and the run's progress after it."""

    seq: int
    progress: int


class Draft(NamedTuple):
    """An event to be appended: `make` writes it at its place, `columns` of the run's row change with it.

    `progress` None: it says nothing of it.
    """

    make: Callable[[Place], EventRow]
    columns: Mapping[str, object] = {}
    progress: int | None = None


@lru_cache(maxsize=32)  # a handful of shapes; making a statement costs more than running it
def _taking(columns: tuple[str, ...], *, progress: bool, unless_cancelled: bool) -> ReturningUpdate[tuple[int, int]]:
    values: dict[str, Any] = {name: bindparam(f"new_{name}", type_=runs.c[name].type) for name in columns}
    values["last_seq"] = runs.c.last_seq + bindparam("count", type_=Integer)
    if progress:
        reached = bindparam("reached", type_=Integer)
        values["progress"] = case((runs.c.progress < reached, reached), else_=runs.c.progress)
    owned: tuple[ColumnElement[bool], ...] = (
        runs.c.operation_id == bindparam("run"),
        runs.c.attempt == bindparam("of"),
        runs.c.status == "running",
    )
    if unless_cancelled:
        owned = (*owned, runs.c.cancel_requested_at.is_(None))
    return update(runs).where(*owned).values(**values).returning(runs.c.last_seq, runs.c.progress)


def _take(
    connection: Connection, operation_id: str, attempt: int, drafts: Sequence[Draft], *, unless_cancelled: bool
) -> list[EventRow]:
    """These events at the next seqs of a running run, if `attempt` still owns it; moves the run's row along.

    Only the last of them may have a progress, and that never goes back.
    """
    columns = {name: value for draft in drafts for name, value in draft.columns.items()}
    progress = drafts[-1].progress
    values = {f"new_{name}": value for name, value in columns.items()}
    values |= {"run": operation_id, "of": attempt, "count": len(drafts)}
    if progress is not None:
        values["reached"] = progress
    statement = _taking(tuple(columns), progress=progress is not None, unless_cancelled=unless_cancelled)
    row = connection.execute(statement, values).one_or_none()
    if row is None:
        return []
    first = row.last_seq - len(drafts) + 1
    return [draft.make(Place(first + number, row.progress)) for number, draft in enumerate(drafts)]


def insert_event(connection: Connection, operation_id: str, attempt: int, at: datetime, event: EventRow) -> None:
    """Writes a row whose seq was taken in the same transaction."""
    _insert(connection, operation_id, attempt, at, [event])


def _insert(connection: Connection, operation_id: str, attempt: int, at: datetime, written: Sequence[EventRow]) -> None:
    common = {"operation_id": operation_id, "attempt": attempt, "at": at}
    connection.execute(_INSERT, [{**common, **event._asdict()} for event in written])


def get_event(connection: Connection, operation_id: str, seq: int) -> EventRow | None:
    """That event."""
    row = connection.execute(
        select(events.c.seq, events.c.type, events.c.data).where(
            events.c.operation_id == operation_id, events.c.seq == seq
        )
    ).one_or_none()
    return None if row is None else EventRow(*row)


def replace_event(connection: Connection, operation_id: str, event: EventRow) -> None:
    """Puts `event` in the place of the one of its seq; it keeps its attempt and its instant."""
    connection.execute(
        update(events)
        .where(events.c.operation_id == operation_id, events.c.seq == event.seq)
        .values(type=event.type, data=event.data)
    )


def append(
    connection: Connection,
    operation_id: str,
    attempt: int,
    at: datetime,
    drafts: Sequence[Draft],
    *,
    again: bool = False,
    unless_cancelled: bool = False,
) -> list[EventRow]:
    """Appends events of a running run, in this order; none, and nothing is written, if `attempt` no longer owns it, or
    (`unless_cancelled`) somebody wants it cancelled.

    `again`: these very events, of this very instant, may have been written before their connection broke; then they
    are it.
    """
    written = _find(connection, operation_id, attempt, at, len(drafts)) if again else []
    if len(written) == len(drafts):
        return written
    written, begun = [], 0
    for end, draft in enumerate(drafts, start=1):
        if draft.progress is not None or end == len(drafts):
            taken = _take(connection, operation_id, attempt, drafts[begun:end], unless_cancelled=unless_cancelled)
            if not taken:
                return []  # at the first of them: from then on the row is this transaction's
            written += taken
            begun = end
    _insert(connection, operation_id, attempt, at, written)
    failpoint("event.in_transaction")
    return written


def _find(connection: Connection, operation_id: str, attempt: int, at: datetime, count: int) -> list[EventRow]:
    rows = connection.execute(
        select(events.c.seq, events.c.type, events.c.data)
        .where(events.c.operation_id == operation_id, events.c.attempt == attempt, events.c.at == at)
        .order_by(events.c.seq.desc())
        .limit(count)
    )
    return [EventRow(*row) for row in rows][::-1]


def read_after(connection: Connection, operation_id: str, after: int, limit: int) -> list[EventRow]:
    """Events with seq > `after`, in order, at most `limit`."""
    rows = connection.execute(
        select(events.c.seq, events.c.type, events.c.data)
        .where(events.c.operation_id == operation_id, events.c.seq > after)
        .order_by(events.c.seq)
        .limit(limit)
    )
    return [EventRow(*row) for row in rows]


def read_types(connection: Connection, operation_id: str, types: tuple[str, ...]) -> list[EventRow]:
    """All events of the given types, in order."""
    rows = connection.execute(
        select(events.c.seq, events.c.type, events.c.data)
        .where(events.c.operation_id == operation_id, events.c.type.in_(types))
        .order_by(events.c.seq)
    )
    return [EventRow(*row) for row in rows]


def read_facts(connection: Connection, operation_id: str, types: tuple[str, ...]) -> list[Fact]:
    """As `read_types`, with attempts and instants."""
    rows = connection.execute(
        select(events.c.attempt, events.c.type, events.c.data, events.c.at)
        .where(events.c.operation_id == operation_id, events.c.type.in_(types))
        .order_by(events.c.seq)
    )
    return [Fact(*row) for row in rows]
