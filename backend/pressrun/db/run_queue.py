"""Queries on the waiting queues: who is next, who is where, where a new one goes. Only `positions` reads a whole queue.

The order: higher priority first, then by turn, then by number. Callers take turns: who has had nothing in the
turn that is being served is in that turn, before all whose next run is in a later one; any further run is in the turn
after the one before it. So who comes fresh is next, behind others who came so, whatever a hundred waiting runs of
another are. (Start-time fair queueing: the virtual clock is the turn of whoever was served last; table `turns`.) Both
numbers are given out by the database, under the lane's lock; no clock has a say. A run that is paused is passed by all
others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Integer, Row, bindparam, delete, exists, func, insert, select
from sqlalchemy.sql.expression import and_, literal_column, or_

from pressrun.db.runs import SUMMARY
from pressrun.db.tables import events, runs, slots, turns

_WAITS = runs.c.status == literal_column("'queued'")  # literally: so it is said in the indexes
_ORDER = (runs.c.priority.desc(), runs.c.turn, runs.c.line_number)
_IN_LANE = (runs.c.lane == bindparam("lane"), _WAITS)


class Position(NamedTuple):
    """A position in a queue."""

    turn: int
    line_number: int


_FRONT = select(*SUMMARY).where(*_IN_LANE, runs.c.paused_at.is_(None)).order_by(*_ORDER).limit(bindparam("most"))
_WITH_SHARE = (
    select(runs.c.caller)
    .where(runs.c.status == literal_column("'running'"))
    .group_by(runs.c.caller)
    .having(func.count() >= bindparam("share"))
)
_FRONT_OF_SHARES = _FRONT.where(runs.c.caller.not_in(_WITH_SHARE.scalar_subquery()))
_PAUSED = select(*SUMMARY).where(*_IN_LANE, runs.c.paused_at.is_not(None)).order_by(*_ORDER).limit(bindparam("most"))
_TOLD = (
    select(*SUMMARY, events.c.at)
    .outerjoin(events, and_(events.c.operation_id == runs.c.operation_id, events.c.seq == runs.c.last_seq))
    .where(*_IN_LANE, runs.c.paused_at.is_(None))
    .order_by(*_ORDER)
    .limit(bindparam("most"))
)
_LANES = select(runs.c.lane).where(_WAITS).distinct()
_COUNT = select(func.count()).select_from(select(runs.c.operation_id).where(_WAITS).limit(bindparam("most")).subquery())

_OF_CALLER = runs.c.caller == bindparam("caller")
_CLASS = (*_IN_LANE, runs.c.priority == bindparam("priority"), runs.c.paused_at.is_(None), runs.c.turn.is_not(None))
_SERVED = and_(turns.c.lane == bindparam("lane"), turns.c.priority == bindparam("priority"))
_TURNS = select(
    select(func.max(turns.c.turn)).where(_SERVED).scalar_subquery().label("served"),
    select(func.min(runs.c.turn)).where(*_CLASS).scalar_subquery().label("first"),
    select(func.max(runs.c.turn)).where(*_CLASS, _OF_CALLER).scalar_subquery().label("own"),
    select(turns.c.turn).where(_SERVED, turns.c.caller == bindparam("caller")).scalar_subquery().label("had"),
    exists()
    .where(slots.c.lane == bindparam("lane"), runs.c.operation_id == slots.c.operation_id, _OF_CALLER)
    .label("holds"),
)
_LAST_NUMBER = select(func.max(runs.c.line_number)).where(
    *_IN_LANE, runs.c.priority == bindparam("priority"), runs.c.turn == bindparam("turn")
)
_LAST_SERVED = select(func.max(turns.c.turn)).where(_SERVED)
_OVER = delete(turns).where(
    _SERVED, or_(turns.c.turn < bindparam("now", type_=BigInteger), turns.c.caller == bindparam("caller"))
)
_NOTE = insert(turns)
_NOTE_HOLDERS = insert(turns).from_select(
    ["lane", "priority", "caller", "turn"],
    select(slots.c.lane, bindparam("priority", type_=Integer), runs.c.caller, bindparam("now", type_=BigInteger))
    .join(runs, runs.c.operation_id == slots.c.operation_id)
    .where(slots.c.lane == bindparam("lane"))
    .distinct(),
)
_FORGET = delete(turns).where(turns.c.lane == bindparam("lane"), ~exists().where(*_IN_LANE))

_MAY_PASS = select(
    or_(
        ~exists().where(*_IN_LANE, or_(~_OF_CALLER, runs.c.priority >= bindparam("priority"))),
        and_(
            exists().where(
                runs.c.operation_id == bindparam("replaced"),
                runs.c.status == literal_column("'running'"),
                runs.c.priority < bindparam("priority"),
            ),
            ~exists().where(*_IN_LANE, _OF_CALLER),
        ),
    )
)


def list_front(connection: Connection, lane: str, most: int, caller_max_runs: int | None = None) -> Sequence[Row[Any]]:
    """The first of those who take a slot as soon as there is one: whose caller may have one more that runs."""
    if caller_max_runs is None:
        return connection.execute(_FRONT, {"lane": lane, "most": most}).all()
    return connection.execute(_FRONT_OF_SHARES, {"lane": lane, "most": most, "share": caller_max_runs}).all()


def list_paused(connection: Connection, lane: str, most: int) -> Sequence[Row[Any]]:
    """The first of those who are passed by."""
    return connection.execute(_PAUSED, {"lane": lane, "most": most}).all()


def list_told(connection: Connection, lane: str, most: int) -> Sequence[Any]:
    """The front again, as it was told: `queue_position`, and `at` of each one's newest event."""
    return connection.execute(_TOLD, {"lane": lane, "most": most}).all()


def list_lanes(connection: Connection) -> Sequence[str]:
    """Lanes in which somebody waits."""
    return connection.execute(_LANES).scalars().all()


def count(connection: Connection, most: int) -> int:
    """Waiting runs of all lanes, counted no further than `most`."""
    return connection.execute(_COUNT, {"most": most}).scalar_one()


def next_position(connection: Connection, lane: str, caller: str, priority: int) -> Position:
    """Where a run of this caller is to wait. Within the lane's lock."""
    found = connection.execute(_TURNS, {"lane": lane, "caller": caller, "priority": priority}).one()
    now = found.served or found.first or 1
    if found.served is None:  # nobody waited: who runs has had this turn
        connection.execute(_NOTE_HOLDERS, {"lane": lane, "priority": priority, "now": now})
    has_had = found.holds or found.had == now
    turn = max(now + has_had, 0 if found.own is None else found.own + 1)
    last = connection.execute(_LAST_NUMBER, {"lane": lane, "priority": priority, "turn": turn}).scalar_one()
    return Position(turn, (last or 0) + 1)


def note_served(connection: Connection, row: Row[Any]) -> None:
    """This run, which waited, has its slot. Within the lane's lock."""
    values = {"lane": row.lane, "priority": row.priority, "caller": row.caller}
    now = max(connection.execute(_LAST_SERVED, values).scalar_one() or 1, row.turn or 1)
    connection.execute(_OVER, {**values, "now": now})
    connection.execute(_NOTE, {**values, "turn": now})


def forget_served(connection: Connection, lane: str) -> None:
    """Nothing is left of turns where nobody waits. Within the lane's lock."""
    connection.execute(_FORGET, {"lane": lane})


def may_pass(connection: Connection, lane: str, caller: str, replaced: str | None, priority: int) -> bool:
    """Whether a run of this caller may wait with `priority`, before everybody, in place of the run `replaced`.

    One at a time. Where others wait: only for a run that has a slot and came to it without that, and only where nothing
    else of its caller waits: a page that is loaded again, not a flood.
    """
    values = {"lane": lane, "caller": caller, "replaced": replaced, "priority": priority}
    return bool(connection.execute(_MAY_PASS, values).scalar_one())


def position_of(connection: Connection, row: Row[Any]) -> int:
    """From 1, the position of a run that waits, in its queue as it is now; who is paused comes last."""
    held, passed = runs.c.paused_at.is_not(None), row.paused_at is not None
    later = and_(runs.c.turn == row.turn, runs.c.line_number < row.line_number)
    same = and_(runs.c.priority == row.priority, or_(runs.c.turn < row.turn, later))
    before = and_(held == passed, or_(runs.c.priority > row.priority, same))
    ahead = or_(before, ~held) if passed else before
    query = select(func.count()).select_from(runs).where(runs.c.lane == row.lane, _WAITS, ahead)
    return connection.execute(query).scalar_one() + 1


def positions(connection: Connection, operation_ids: Collection[str]) -> dict[str, int]:
    """`position_of` each of these runs that waits, by one look at their queues."""
    lanes = select(runs.c.lane).where(runs.c.operation_id.in_(operation_ids), _WAITS)
    position = func.row_number().over(partition_by=runs.c.lane, order_by=(runs.c.paused_at.is_not(None), *_ORDER))
    queues = select(runs.c.operation_id, position.label("position")).where(_WAITS, runs.c.lane.in_(lanes)).subquery()
    found = connection.execute(
        select(queues.c.operation_id, queues.c.position).where(queues.c.operation_id.in_(operation_ids))
    )
    return {row.operation_id: row.position for row in found}
