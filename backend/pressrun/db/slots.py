"""Queries on slots. The primary key (lane, number) is what makes a run single-flight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Function,
    Row,
    Text,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from pressrun.db.runs import SUMMARY
from pressrun.db.tables import runs, slots

_LANE = (
    select(
        slots.c.number,
        slots.c.begun_ticks_s.label("slot_begun_ticks_s"),
        slots.c.ticks_epoch.label("slot_ticks_epoch"),
        *SUMMARY,
    )
    .join(runs, runs.c.operation_id == slots.c.operation_id)
    .where(slots.c.lane == bindparam("lane"))
    .order_by(slots.c.begun_ticks_s, slots.c.number)
)

_COUNT = select(func.count()).select_from(slots)
_TAKE = insert(slots)
_FREE = delete(slots).where(slots.c.operation_id == bindparam("run"))


def _locked(lane: ColumnElement[str]) -> Function[Any]:
    return func.pg_advisory_xact_lock(func.hashtextextended(literal("pressrun lane ", Text) + lane, 0))


_TAKE_TURN = select(_locked(bindparam("lane", type_=Text)))
_TAKE_TURN_OF = select(_locked(runs.c.lane)).where(runs.c.operation_id == bindparam("run"))
BOUNDS_LOCK = 0x626F756E6473  # "bounds"
# Who sees at least this many slots left needs no lock: so many admissions are not in flight. Four writers a process.
FAR_FROM_BOUND = 32


def lock_lane(connection: Connection, lane: str) -> None:
    """From here to the end of the transaction nobody else, in any process, decides over this lane's slots and line.

    First of all in such a transaction, before it reads or locks a row. (In SQLite every write transaction is alone.)
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_TAKE_TURN, {"lane": lane})


def lock_lane_of(connection: Connection, operation_id: str) -> None:
    """`lock_lane` of the lane of this run, which never changes; nothing for a run that is not there."""
    if connection.dialect.name == "postgresql":
        connection.execute(_TAKE_TURN_OF, {"run": operation_id})


def within_bound(connection: Connection, count: Callable[[Connection], int], bound: int) -> int:
    """How many `count` may still grow by; not below 0. Over all lanes, and so it takes a second lock where it is near.

    After the lane's lock and before anything else is locked: one order of locks.
    """
    left = bound - count(connection)
    if 0 < left <= FAR_FROM_BOUND:
        lock_all_lanes(connection)
        left = bound - count(connection)
    return max(0, left)


def lock_all_lanes(connection: Connection) -> None:
    """From here on nobody else takes a place that is not a lane's alone. After the lane's lock, before all else."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(BOUNDS_LOCK)))


def list_lane(connection: Connection, lane: str) -> Sequence[Row[Any]]:
    """The taken slots of a lane with their runs, longest held first: `number`, `slot_…`, and the run's columns."""
    return connection.execute(_LANE, {"lane": lane}).all()


def count(connection: Connection) -> int:
    """Taken slots of all lanes."""
    return connection.execute(_COUNT).scalar_one()


def take(
    connection: Connection, lane: str, number: int, operation_id: str, *, ticks_s: float, ticks_epoch: str
) -> None:
    """Takes a slot; the primary key refuses a taken one (IntegrityError)."""
    connection.execute(
        _TAKE,
        {
            "lane": lane,
            "number": number,
            "operation_id": operation_id,
            "begun_ticks_s": ticks_s,
            "ticks_epoch": ticks_epoch,
        },
    )


def free(connection: Connection, operation_id: str) -> bool:
    """Frees the slot this run holds; False if it holds none."""
    return connection.execute(_FREE, {"run": operation_id}).rowcount == 1


def move_to_epoch(connection: Connection, *, ticks_s: float, ticks_epoch: str) -> None:
    """After a reboot old ticks mean nothing: such slots count from now."""
    connection.execute(
        update(slots).where(slots.c.ticks_epoch != ticks_epoch).values(begun_ticks_s=ticks_s, ticks_epoch=ticks_epoch)
    )
