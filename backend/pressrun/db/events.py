"""Queries on the event log. Append-only; the attempt is the fence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from pressrun.db.runs import update_where
from pressrun.db.tables import events

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


class Position(NamedTuple):
    """Where an event goes: its seq, and the run's progress after it."""

    seq: int
    progress: int


class Draft(NamedTuple):
    """An event to be appended: `make` writes it at its place, `columns` of the run's row change with it.

    `progress` None: it says nothing of it.
    """

    make: Callable[[Position], EventRow]
    columns: Mapping[str, Any] = {}
    progress: int | None = None


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
    connection: Connection, operation_id: str, at: datetime, drafts: Sequence[Draft], **expected: Any
) -> tuple[Row[Any], list[EventRow]] | None:
    """Appends events in this order and moves the run's row along, which it returns as it is then.

    None, and nothing is written, if the row is not as `expected`; from the first of them on it is this transaction's.
    """
    row: Row[Any] | None = None
    written: list[EventRow] = []
    begun = 0
    for end, draft in enumerate(drafts, start=1):
        if draft.progress is None and end < len(drafts):
            continue  # only the last of those that one UPDATE takes may have a progress
        taken = drafts[begun:end]
        values = {name: value for each in taken for name, value in each.columns.items()}
        row = update_where(connection, operation_id, values, events=len(taken), reached=draft.progress, **expected)
        if row is None:
            return None
        first = row.last_seq - len(taken) + 1
        written += [each.make(Position(first + number, row.progress)) for number, each in enumerate(taken)]
        begun = end
    assert row is not None  # noqa: S101 - there is at least one draft
    common = {"operation_id": operation_id, "attempt": row.attempt, "at": at}
    connection.execute(_INSERT, [{**common, **event._asdict()} for event in written])
    return row, written


def find_written(connection: Connection, operation_id: str, attempt: int, at: datetime, count: int) -> list[EventRow]:
    """The newest events of the attempt of that instant, at most `count`."""
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
