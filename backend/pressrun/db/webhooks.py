"""Queries on webhooks: who is to be told of a run's end, what, and how far that is.

States: `waiting` (the run has not ended), `due` (to be delivered at `due_at`), `delivered`, `given_up`. A delivery is
claimed before it is tried: `due_at` moves on by a while, so that nobody else tries it meanwhile, and it is tried again
should the one who claimed it die.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from pressrun.db.processes import list_gone
from pressrun.db.tables import runs, webhooks


class Delivery(NamedTuple):
    """One claimed message; `attempts` counts this one."""

    operation_id: str
    url: str
    message_id: str
    body: str
    attempts: int


def insert_webhook(connection: Connection, operation_id: str, url: str) -> None:
    """To be told when the run ends."""
    row = {"operation_id": operation_id, "url": url, "state": "waiting", "attempts": 0}
    connection.execute(insert(webhooks), row)


def make_due(connection: Connection, operation_id: str, message_id: str, body: str, at: datetime) -> None:
    """In the transaction that ends the run; nothing where nobody wants to be told."""
    values = {"state": "due", "message_id": message_id, "body": body, "due_at": at}
    fresh = {"attempts": 0, "last_status": None, "claimed_by": None}
    connection.execute(update(webhooks).where(webhooks.c.operation_id == operation_id).values(**values, **fresh))


def make_due_again(connection: Connection, operation_id: str, at: datetime) -> bool:
    """The same message once more, from its first attempt; False where there is none that was delivered or given up."""
    over = (webhooks.c.state.in_(("delivered", "given_up")), webhooks.c.body.is_not(None))
    again = update(webhooks).where(webhooks.c.operation_id == operation_id, *over)
    values = {"state": "due", "due_at": at, "attempts": 0, "last_status": None, "claimed_by": None}
    return connection.execute(again.values(**values)).rowcount == 1


def wants_webhook(connection: Connection, operation_id: str) -> bool:
    """Whether somebody is to be told of this run's end."""
    query = select(webhooks.c.operation_id).where(webhooks.c.operation_id == operation_id)
    return connection.execute(query).first() is not None


def claim_due(connection: Connection, owner: str, *, now: datetime, until: datetime, limit: int) -> Sequence[Delivery]:
    """Messages that are due, which nobody else gets before `until`: of each caller the first, then the second …

    So one whose receivers are many and slow does not hold up those of others.
    """
    turn = func.row_number().over(partition_by=runs.c.caller, order_by=webhooks.c.due_at)
    due = (webhooks.c.state == "due", webhooks.c.due_at <= now)
    in_turn = (
        select(webhooks.c.operation_id)
        .join(runs, runs.c.operation_id == webhooks.c.operation_id)
        .where(*due)
        .order_by(turn, webhooks.c.due_at)
        .limit(limit)
    )
    found = connection.execute(
        select(webhooks.c.operation_id)
        .where(webhooks.c.operation_id.in_(in_turn), *due)  # again: another process may just have claimed one
        .with_for_update(skip_locked=True)  # SQLite knows no such words, and there every write is alone
    ).scalars()
    columns = [webhooks.c[name] for name in Delivery._fields]
    claimed = connection.execute(
        update(webhooks)
        .where(webhooks.c.operation_id.in_(found.all()))
        .values(claimed_by=owner, due_at=until, attempts=webhooks.c.attempts + 1)
        .returning(*columns)
    )
    return [Delivery(*row) for row in claimed]


def record(
    connection: Connection,
    delivery: Delivery,
    *,
    state: str,
    last_status: int | None,
    due_at: datetime | None = None,
) -> None:
    """What became of an attempt; nothing if the run has ended anew since, with another message."""
    connection.execute(
        update(webhooks)
        .where(webhooks.c.operation_id == delivery.operation_id, webhooks.c.message_id == delivery.message_id)
        .values(state=state, last_status=last_status, due_at=due_at, claimed_by=None)
    )


def next_due_at(connection: Connection) -> datetime | None:
    """When the next message is due; None when there is none."""
    query = select(func.min(webhooks.c.due_at)).where(webhooks.c.state == "due")
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def last_due_by_attempts(connection: Connection) -> dict[int, datetime]:
    """When the last message is due of those that were tried so often."""
    query = select(webhooks.c.attempts, func.max(webhooks.c.due_at)).where(webhooks.c.state == "due")
    return {row[0]: row[1] for row in connection.execute(query.group_by(webhooks.c.attempts))}


def hasten(connection: Connection, attempts: int, *, last_at: datetime, due_at: datetime) -> None:
    """Makes due what was tried so often and would be between the two."""
    late = (webhooks.c.due_at > due_at, webhooks.c.due_at <= last_at)
    query = update(webhooks).where(webhooks.c.state == "due", webhooks.c.attempts == attempts, *late)
    connection.execute(query.values(due_at=due_at))


def release_claims_of_the_dead(connection: Connection, owner: str, now: datetime) -> None:
    """At start: what a process had claimed that is no more is due at once."""
    owners = connection.execute(select(webhooks.c.claimed_by).where(webhooks.c.claimed_by.is_not(None)).distinct())
    gone = list_gone(connection, set(owners.scalars()) - {owner})
    released = update(webhooks).where(webhooks.c.claimed_by.in_(gone), webhooks.c.state == "due")
    connection.execute(released.values(claimed_by=None, due_at=now))


def get(connection: Connection, operation_id: str) -> Row[Any] | None:
    """A run's webhook, if it has one."""
    query: Select[Any] = select(webhooks).where(webhooks.c.operation_id == operation_id)
    return connection.execute(query).one_or_none()


def count_by_state(connection: Connection) -> dict[str, int]:
    """How many there are in each state that any has."""
    found = connection.execute(select(webhooks.c.state, func.count()).group_by(webhooks.c.state)).all()
    return {str(state): int(count) for state, count in found}
