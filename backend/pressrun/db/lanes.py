"""Queries on lanes: which are paused, and how many runs are in each."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, or_, select, text

from pressrun.db.runs import ACTIVE
from pressrun.db.tables import lanes, runs, slots

_PAUSED = select(lanes.c.paused_at).where(lanes.c.lane == bindparam("lane"))

# somebody runs or waits in it, or it is paused; `lane` is its only value
IN_USE = select(
    or_(
        exists().where(slots.c.lane == bindparam("lane")),
        exists().where(runs.c.lane == bindparam("lane"), runs.c.status == text("'queued'")),
        exists().where(lanes.c.lane == bindparam("lane")),
    )
)


class LaneCount(NamedTuple):
    """A lane with its runs; `paused_at` None: it is not."""

    lane: str
    running: int
    waiting: int
    paused_at: datetime | None


def paused_at(connection: Connection, lane: str) -> datetime | None:
    """Since when nobody may begin in the lane; None: they may."""
    at: datetime | None = connection.execute(_PAUSED, {"lane": lane}).scalar_one_or_none()
    return at


def is_paused(connection: Connection, lane: str) -> bool:
    """Whether nobody may begin in the lane."""
    return paused_at(connection, lane) is not None


def set_paused(connection: Connection, lane: str, at: datetime | None) -> bool:
    """Pauses the lane, or with None resumes it; False if it was so already."""
    if (at is not None) == is_paused(connection, lane):
        return False
    if at is None:
        connection.execute(delete(lanes).where(lanes.c.lane == lane))
    else:
        connection.execute(insert(lanes), {"lane": lane, "paused_at": at})
    return True


def list_lanes(connection: Connection) -> list[LaneCount]:
    """The lanes in which somebody runs or waits, or that are paused; by name."""
    paused = {row.lane: row.paused_at for row in connection.execute(select(lanes))}
    query = select(runs.c.lane, runs.c.status, func.count()).where(runs.c.status.in_(ACTIVE))
    counts = {
        (lane, status): count for lane, status, count in connection.execute(query.group_by(runs.c.lane, runs.c.status))
    }
    names = sorted({*paused, *(lane for lane, _ in counts)})
    return [
        LaneCount(name, counts.get((name, "running"), 0), counts.get((name, "queued"), 0), paused.get(name))
        for name in names
    ]
