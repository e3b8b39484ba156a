"""Queries on the event log. Append-only; the attempt is the fence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, case, insert, select, update

from pressrun.db.tables import events, runs
from pressrun.failpoints import failpoint


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


def take_seq(
    connection: Connection, operation_id: str, attempt: int, *, stage: str | None, progress: int | None
) -> Place | None:
    """The next seq of a running run, if `attempt` still owns it; moves stage and progress (never back) along."""
    values: dict[str, object] = {"last_seq": runs.c.last_seq + 1}
    if stage is not None:
        values["stage"] = stage
    if progress is not None:
        values["progress"] = case((runs.c.progress < progress, progress), else_=runs.c.progress)
    row = connection.execute(
        update(runs)
        .where(runs.c.operation_id == operation_id, runs.c.attempt == attempt, runs.c.status == "running")
        .values(**values)
        .returning(runs.c.last_seq, runs.c.progress)
    ).one_or_none()
    return None if row is None else Place(row.last_seq, row.progress)


def insert_event(connection: Connection, operation_id: str, attempt: int, at: datetime, event: EventRow) -> None:
    """Writes a row whose seq was taken in the same transaction."""
    connection.execute(
        insert(events),
        {
            "operation_id": operation_id,
            "seq": event.seq,
            "attempt": attempt,
            "type": event.type,
            "data": event.data,
            "at": at,
        },
    )


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
    make: Callable[[Place], EventRow],
    *,
    stage: str | None = None,
    progress: int | None = None,
    again: bool = False,
) -> EventRow | None:
    """Appends one event of a running run; None, and nothing written, if `attempt` no longer owns it.

    `again`: this very event, of this very instant, may have been written before its connection broke; then it is it.
    """
    written = _find(connection, operation_id, attempt, at) if again else None
    if written is not None:
        return written
    place = take_seq(connection, operation_id, attempt, stage=stage, progress=progress)
    if place is None:
        return None
    event = make(place)
    insert_event(connection, operation_id, attempt, at, event)
    failpoint("event.in_transaction")
    return event


def _find(connection: Connection, operation_id: str, attempt: int, at: datetime) -> EventRow | None:
    row = connection.execute(
        select(events.c.seq, events.c.type, events.c.data)
        .where(events.c.operation_id == operation_id, events.c.attempt == attempt, events.c.at == at)
        .order_by(events.c.seq.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else EventRow(*row)


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
