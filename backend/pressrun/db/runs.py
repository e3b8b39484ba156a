"""Queries on runs. Each is one statement or a few inside the caller's transaction; guards are in the WHERE."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import (
    Connection,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from pressrun.db.tables import runs, specs

_MAX_WORDS = 10  # arbitrary (5..20): each is looked for in each run
ACTIVE = ("queued", "running")

# everything but what is only there to be searched
SUMMARY = [column for column in runs.c if column.name != "searchable"]
# built once, as are those of the other hot look-ups: making a statement costs more than running it
_INSERT_RUN = insert(runs).returning(*SUMMARY)
_INSERT_SPEC = insert(specs)


def count_by_status(connection: Connection) -> dict[str, int]:
    """How many runs there are in each status that any has."""
    rows = connection.execute(select(runs.c.status, func.count()).group_by(runs.c.status))
    return {row[0]: row[1] for row in rows}


_OF_CALLER = {
    status: select(func.count()).where(
        runs.c.status == literal_column(f"'{status}'"), runs.c.caller == bindparam("caller")
    )
    for status in ACTIVE
}


def count_of_caller(connection: Connection, status: Literal["queued", "running"], caller: str) -> int:
    """How many of a caller's runs wait, or run."""
    return connection.execute(_OF_CALLER[status], {"caller": caller}).scalar_one()


_NEW_RUN: Final[Mapping[str, Any]] = {
    "status": "queued",
    "progress": 0,
    "attempt": 1,
    "crashes": 0,
    "handed_back": False,
    "last_seq": 0,
    "pinned": False,
}


def insert_run(connection: Connection, values: Mapping[str, Any]) -> Row[Any]:
    """A new row, of a run that waits; as it is then. `values` has its spec too."""
    columns = {**_NEW_RUN, **{name: value for name, value in values.items() if name != "spec"}}
    row = connection.execute(_INSERT_RUN, columns).one()
    connection.execute(_INSERT_SPEC, {"operation_id": values["operation_id"], "spec": values["spec"]})
    return row


def newest_id(connection: Connection) -> str | None:
    """The greatest operation_id there is."""
    newest: str | None = connection.execute(select(func.max(runs.c.operation_id))).scalar_one()
    return newest


def get(connection: Connection, operation_id: str, caller: str | None = None) -> Row[Any] | None:
    """The run without its spec; None if unknown or (with `caller`) somebody else's."""
    return _get(connection, operation_id, caller, locked=False)


def get_locked(connection: Connection, operation_id: str, caller: str | None = None) -> Row[Any] | None:
    """`get`, and nobody else changes the run until the transaction ends. (In SQLite nobody could anyway.)"""
    return _get(connection, operation_id, caller, locked=True)


def _get(connection: Connection, operation_id: str, caller: str | None, *, locked: bool) -> Row[Any] | None:
    values = {"operation_id": operation_id, "caller": caller}
    return connection.execute(_getting(owned=caller is not None, locked=locked), values).one_or_none()


@cache
def _getting(*, owned: bool, locked: bool) -> Select[Any]:
    query = select(*SUMMARY).where(runs.c.operation_id == bindparam("operation_id"))
    if owned:
        query = query.where(runs.c.caller == bindparam("caller"))
    return query.with_for_update() if locked else query


def get_spec(connection: Connection, operation_id: str) -> str | None:
    """The spec as stored JSON."""
    return connection.execute(select(specs.c.spec).where(specs.c.operation_id == operation_id)).scalar_one_or_none()


def find_by_key(connection: Connection, caller: str, idempotency_key: str) -> Row[Any] | None:
    """The run this caller started with this key."""
    return connection.execute(
        select(*SUMMARY).where(runs.c.caller == caller, runs.c.idempotency_key == idempotency_key)
    ).one_or_none()


_IDENTICAL = (
    select(*SUMMARY)
    .where(
        runs.c.fingerprint == bindparam("fingerprint"),
        runs.c.caller == bindparam("caller"),
        or_(
            runs.c.status == "queued",
            and_(
                runs.c.status.in_(("running", "complete")),
                runs.c.ticks_epoch == bindparam("ticks_epoch"),
                runs.c.begun_ticks_s > bindparam("since_ticks_s"),
            ),
        ),
    )
    .order_by(runs.c.operation_id.desc())
    .limit(1)
)
EVER_RAN = select(exists().where(runs.c.fingerprint == bindparam("fingerprint")))


def find_identical(
    connection: Connection, caller: str, fingerprint: str, *, since_ticks_s: float, ticks_epoch: str
) -> Row[Any] | None:
    """The newest run of the same fingerprint that is in the way: waiting, or begun within the window and not failed.

    (One that runs for longer stands in the way through its slot, unless that is stale.)
    """
    values = {
        "caller": caller,
        "fingerprint": fingerprint,
        "since_ticks_s": since_ticks_s,
        "ticks_epoch": ticks_epoch,
    }
    return connection.execute(_IDENTICAL, values).one_or_none()


def find_newest(connection: Connection, caller: str, fingerprint: str, at_least_seq: int) -> Row[Any] | None:
    """The newest run of that fingerprint, whatever became of it, that has had so many events."""
    return connection.execute(
        select(*SUMMARY)
        .where(runs.c.fingerprint == fingerprint, runs.c.caller == caller, runs.c.last_seq >= at_least_seq)
        .order_by(runs.c.operation_id.desc())
        .limit(1)
    ).one_or_none()


def update_where(
    connection: Connection,
    operation_id: str,
    values: Mapping[str, Any],
    /,
    *,
    events: int = 0,
    reached: int | None = None,
    **expected: Any,
) -> Row[Any] | None:
    """Changes the row if every `expected` column has that value (or is in that tuple); the new row, or None.

    `events`: so many are appended to its log with it, up to the new `last_seq`. `reached`: progress, which never goes
    back.
    """
    several = frozenset(name for name, value in expected.items() if isinstance(value, tuple))
    statement = _updating(tuple(values), tuple(expected), several, bool(events), reached is not None)
    parameters = {f"new_{name}": value for name, value in values.items()}
    parameters |= {f"old_{name}": value for name, value in expected.items()}
    parameters |= {"run": operation_id}
    if events:
        parameters["events"] = events
    if reached is not None:
        parameters["reached"] = reached
    return connection.execute(statement, parameters).one_or_none()


@lru_cache(maxsize=64)  # there are about two dozen shapes; making a statement costs more than running it
def _updating(
    changed: tuple[str, ...], expected: tuple[str, ...], several: frozenset[str], appends: bool, advances: bool
) -> ReturningUpdate[tuple[Any, ...]]:
    query = update(runs).where(runs.c.operation_id == bindparam("run"))
    for name in expected:
        column, old = runs.c[name], bindparam(f"old_{name}", type_=runs.c[name].type, expanding=name in several)
        query = query.where(column.in_(old) if name in several else column.is_not_distinct_from(old))
    values: dict[str, Any] = {name: bindparam(f"new_{name}", type_=runs.c[name].type) for name in changed}
    if appends:
        values["last_seq"] = runs.c.last_seq + bindparam("events", type_=Integer)
    if advances:
        reached = bindparam("reached", type_=Integer)
        values["progress"] = case((runs.c.progress < reached, reached), else_=runs.c.progress)
    return query.values(**values).returning(*SUMMARY)


class Duration(NamedTuple):
    """How long a run took, and what it has in common with others."""

    likeness: str
    source_characters: int
    duration_s: float


def list_durations(connection: Connection, newest: int) -> list[Duration]:
    """Of the newest runs, newest first: those that were made in one go."""
    columns = ("operation_id", "status", "attempt", "likeness", "source_characters", "started_at", "ended_at")
    # inside, so that the primary key is read from its end, and no other index from its beginning
    recent = select(*(runs.c[name] for name in columns)).order_by(runs.c.operation_id.desc()).limit(newest).subquery()
    query = select(recent).where(
        recent.c.status == "complete", recent.c.attempt == 1, recent.c.source_characters.is_not(None)
    )
    rows = connection.execute(query.order_by(recent.c.operation_id.desc()))
    return [
        Duration(row.likeness, row.source_characters, max(0.0, (row.ended_at - row.started_at).total_seconds()))
        for row in rows
    ]


def list_active(connection: Connection) -> Sequence[Row[Any]]:
    """Runs that have not ended."""
    return connection.execute(select(*SUMMARY).where(runs.c.status.in_(ACTIVE)).order_by(runs.c.operation_id)).all()


def any_active(connection: Connection) -> bool:
    """Whether there is a run that has not ended."""
    return bool(connection.execute(select(exists().where(runs.c.status.in_(ACTIVE)))).scalar_one())


def newest_seqs(connection: Connection, operation_ids: Collection[str]) -> dict[str, int]:
    """The seq of the newest event of each of these runs."""
    query = select(runs.c.operation_id, runs.c.last_seq).where(runs.c.operation_id.in_(operation_ids))
    return {row.operation_id: row.last_seq for row in connection.execute(query)}


def list_cancel_requested(connection: Connection, operation_ids: Collection[str]) -> Sequence[str]:
    """Those of these runs that somebody wants cancelled."""
    query = select(runs.c.operation_id).where(runs.c.cancel_requested_at.is_not(None))
    return connection.execute(query.where(runs.c.operation_id.in_(operation_ids))).scalars().all()


def list_cancelled_waiting(connection: Connection) -> list[tuple[str, Any]]:
    """Those who wait though somebody wants them cancelled, and who that is."""
    query = select(runs.c.operation_id, runs.c.cancelled_by)
    found = connection.execute(query.where(runs.c.status == "queued", runs.c.cancel_requested_at.is_not(None)))
    return [(row.operation_id, row.cancelled_by) for row in found]


def list_lost(connection: Connection, operation_ids: Collection[str], owner: str) -> Sequence[str]:
    """Those of these runs that go on under another owner."""
    query = select(runs.c.operation_id).where(runs.c.operation_id.in_(operation_ids), runs.c.status == "running")
    return connection.execute(query.where(runs.c.owner.is_distinct_from(owner))).scalars().all()


def hand_back_of(connection: Connection, owners: Collection[str]) -> None:
    """Hands back the runs of these processes for them: the next claim is a new attempt and counts no crash."""
    query = update(runs).where(runs.c.status == "running", runs.c.owner.in_(owners))
    connection.execute(query.values(handed_back=True))


def list_page(
    connection: Connection,
    caller: str | None,
    *,
    status: str | None,
    lane: str | None,
    text: str | None,
    before: str | None,
    limit: int,
    pinned: bool | None = None,
    since: str | None = None,
    oldest_first: bool = False,
) -> Sequence[Row[Any]]:
    """Newest first unless `oldest_first`; keyset paging: `before` is the last operation_id of the page before.

    `since` is the least operation_id that is wanted. What decides is all in the index `runs_by_caller`; only the rows
    of the page are read.
    """
    key = runs.c.operation_id
    query = select(*SUMMARY).order_by(key.asc() if oldest_first else key.desc()).limit(limit)
    query = _matching(query, caller, status=status, lane=lane, text=text, pinned=pinned, since=since)
    if before is not None:
        query = query.where(key > before if oldest_first else key < before)
    return connection.execute(query).all()


def count_matching(
    connection: Connection,
    caller: str | None,
    *,
    lane: str | None,
    text: str | None,
    pinned: bool | None,
    since: str | None,
) -> dict[str, int]:
    """How many runs `list_page` would find in each status that any of them has: of the same index alone."""
    query = select(runs.c.status, func.count()).group_by(runs.c.status)
    query = _matching(query, caller, status=None, lane=lane, text=text, pinned=pinned, since=since)
    return {row[0]: row[1] for row in connection.execute(query)}


def _matching(
    query: Select[Any],
    caller: str | None,
    *,
    status: str | None,
    lane: str | None,
    text: str | None,
    pinned: bool | None,
    since: str | None,
) -> Select[Any]:
    filters = ((runs.c.caller, caller), (runs.c.status, status), (runs.c.lane, lane), (runs.c.pinned, pinned))
    for column, value in filters:
        if value is not None:
            query = query.where(column == value)
    if text:
        several = text.casefold().split()[:_MAX_WORDS]
        words = several if len(several) > 1 else [text.casefold()]  # a space at the end of the only word counts
        found = [runs.c.searchable.contains(word, autoescape=True) for word in words]
        query = query.where(or_(and_(*found), runs.c.operation_id == text))
    if since is not None:
        query = query.where(runs.c.operation_id >= since)
    return query
