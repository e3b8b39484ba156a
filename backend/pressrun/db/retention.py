"""Queries on what is kept and what goes: sizes of runs, who may be removed, and removals that are under way.

A run is removed in two acts: its rows, in one transaction that also notes the folder in `graves`; then its files, and
the note. Whatever is noted there may be removed by anybody at any time: the run is gone. What is *not* noted and has no
row is not ours to remove.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, delete, exists, func, insert, select

from pressrun.db.runs import ACTIVE
from pressrun.db.tables import runs, sizes, tombstones, webhooks


class Removable(NamedTuple):
    """An ended run that nobody has pinned, still waits to be told of, or is just showing anew."""

    operation_id: str
    attempt: int
    status: str
    title: str | None
    created_at: datetime
    ended_at: datetime
    begun_ticks_s: float | None
    ticks_epoch: str | None
    size_bytes: int


class Tombstone(NamedTuple):
    """A run that is gone, and how to find what it may have left."""

    operation_id: str
    folder: str
    retries: int


class Ended(NamedTuple):
    """How a run ended; None for one that has not."""

    status: str
    ended_at: datetime | None


def list_unmeasured(connection: Connection, after: str, limit: int) -> Sequence[Row[Any]]:
    """Ended runs of which nobody knows how much they take, or whose last attempt came after that; those named behind
    `after`, in that order, so that who goes through all of them does not look at those in front again.
    """
    query: Select[Any] = (
        select(runs.c.operation_id, runs.c.attempt, runs.c.created_at)
        .outerjoin(sizes, and_(sizes.c.operation_id == runs.c.operation_id, sizes.c.attempt == runs.c.attempt))
        .where(runs.c.operation_id > after, runs.c.status.not_in(ACTIVE), sizes.c.operation_id.is_(None))
        .order_by(runs.c.operation_id)
        .limit(limit)
    )
    return connection.execute(query).all()


def set_sizes(connection: Connection, measured: Mapping[tuple[str, int], int]) -> None:
    """What each (operation_id, attempt) takes; a run that was removed meanwhile is left out."""
    names = {operation_id for operation_id, _ in measured}
    there = set(connection.execute(select(runs.c.operation_id).where(runs.c.operation_id.in_(names))).scalars())
    connection.execute(delete(sizes).where(sizes.c.operation_id.in_(names)))
    rows = [
        {"operation_id": operation_id, "attempt": attempt, "size_bytes": size_bytes}
        for (operation_id, attempt), size_bytes in measured.items()
        if operation_id in there
    ]
    if rows:
        connection.execute(insert(sizes), rows)


def forget_size(connection: Connection, operation_id: str) -> None:
    """It is to be measured again."""
    connection.execute(delete(sizes).where(sizes.c.operation_id == operation_id))


def total_size(connection: Connection) -> int:
    """What all ended runs take together, as far as it was measured."""
    return int(connection.execute(select(func.coalesce(func.sum(sizes.c.size_bytes), 0))).scalar_one())


def list_removable(connection: Connection, limit: int) -> list[Removable]:
    """Oldest end first."""
    another = runs.alias()
    shown_anew = exists().where(another.c.rerender_of == runs.c.operation_id, another.c.status.in_(ACTIVE))
    to_be_told = exists().where(webhooks.c.operation_id == runs.c.operation_id, webhooks.c.state == "due")
    columns = [runs.c[name] for name in Removable._fields[:-1]]
    query: Select[Any] = (
        select(*columns, func.coalesce(sizes.c.size_bytes, 0))
        .outerjoin(sizes, sizes.c.operation_id == runs.c.operation_id)
        .where(runs.c.status.not_in(ACTIVE), runs.c.pinned.is_(False), ~shown_anew, ~to_be_told)
        .order_by(runs.c.ended_at, runs.c.operation_id)
        .limit(limit)
    )
    return [Removable(*row) for row in connection.execute(query)]


def bury(
    connection: Connection, operation_id: str, folder: str, *, attempt: int | None = None, pinned_too: bool = True
) -> Tombstone | None:
    """Removes an ended run's rows and notes its folder; None if it is not there, active, or not as expected."""
    query = delete(runs).where(runs.c.operation_id == operation_id, runs.c.status.not_in(ACTIVE))
    if attempt is not None:
        query = query.where(runs.c.attempt == attempt)
    if not pinned_too:
        query = query.where(runs.c.pinned.is_(False))
    gone = connection.execute(query.returning(runs.c.retries)).one_or_none()
    if gone is None:
        return None
    tombstone = Tombstone(operation_id, folder, gone.retries)
    connection.execute(insert(tombstones), tombstone._asdict())
    return tombstone


def list_tombstones(connection: Connection) -> list[Tombstone]:
    """Runs that are gone and whose files may still be there."""
    return [Tombstone(*row) for row in connection.execute(select(tombstones))]


def clear_tombstone(connection: Connection, operation_id: str) -> None:
    """Its files are gone."""
    connection.execute(delete(tombstones).where(tombstones.c.operation_id == operation_id))


def find_ends(connection: Connection, operation_ids: Collection[str]) -> dict[str, Ended]:
    """How these runs ended; a run that is not there is missing, unless its removal is under way."""
    query = select(runs.c.operation_id, runs.c.status, runs.c.ended_at).where(runs.c.operation_id.in_(operation_ids))
    found = {row.operation_id: Ended(row.status, row.ended_at) for row in connection.execute(query)}
    buried = select(tombstones.c.operation_id).where(tombstones.c.operation_id.in_(operation_ids))
    return found | {name: Ended("buried", None) for name in connection.execute(buried).scalars()}
