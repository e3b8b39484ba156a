"""The tables of ARCHITECTURE "State", and some beside them. Owns names and types of columns, nothing else.

Instants are stored as microseconds since 1970 UTC, the same in SQLite and Postgres. `begun_ticks_s` is the clock that
decides (see clock.py) and counts only within its `ticks_epoch`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

SCHEMA_VERSION = 7  # the number of the newest revision in migrations/versions

# of what can be searched; in an index, where Postgres takes 2 700 bytes at most
SEARCHABLE_CHARACTERS = 600

metadata = MetaData()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _where(condition: str) -> dict[str, Any]:
    """An index of the rows for which that holds; a query has to say so in these very words to use it."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def microseconds(instant: datetime) -> int:
    """As an `Instant` is stored."""
    return (instant - _EPOCH) // _MICROSECOND


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


runs = Table(
    "runs",
    metadata,
    Column("operation_id", String(36), primary_key=True),
    Column("lane", String(64), nullable=False),
    Column("caller", String(64), nullable=False),
    Column("route", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("idempotency_key", String(255)),
    Column("title", String(200)),
    Column("on_disconnect", String(16), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("queue_position", Integer),  # as it was told last; where a run is now is asked for (db/run_queue.py)
    Column("turn", BigInteger),
    Column("line_number", BigInteger),
    Column("status", String(16), nullable=False),
    Column("stage", String(16)),
    Column("progress", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("owner", String(64)),
    Column("handed_back", Boolean, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("begun_ticks_s", Float(53)),
    Column("ticks_epoch", String(64)),
    Column("cancel_requested_at", Instant),
    Column("cancelled_by", String(16)),
    Column("error", Text),
    Column("result", Text),
    Column("pinned", Boolean, nullable=False),
    Column("retries", Integer, nullable=False, server_default="0"),
    Column("paused_at", Instant),
    Column("rerender_of", String(36)),
    Column("searchable", String(SEARCHABLE_CHARACTERS)),
    Column("likeness", String(16)),  # with the next three, what is foreseen of it (runs/estimates.py)
    Column("source_characters", Integer),
    Column("estimated_total_s", Float(53)),
    Column("estimated_total_p75_s", Float(53)),
    UniqueConstraint("caller", "idempotency_key"),
    Index("runs_by_fingerprint", "fingerprint", "caller", "operation_id"),
    Index("runs_by_status", "status"),
    # the two of those that have not ended: history costs them nothing
    Index("runs_in_line", "lane", text("priority DESC"), "turn", "line_number", **_where("status = 'queued'")),
    Index("runs_active", "status", "caller", "lane", "priority", "turn", **_where("status IN ('queued', 'running')")),
    # history is listed, filtered and searched in this index alone
    Index("runs_by_caller", "caller", "operation_id", "status", "lane", "pinned", "searchable"),
)

# apart, because a run's row is written again with each of its events, and a spec may be megabytes
specs = Table(
    "specs",
    metadata,
    Column("operation_id", String(36), ForeignKey("runs.operation_id", ondelete="CASCADE"), primary_key=True),
    Column("spec", Text, nullable=False),
)

# only lanes that somebody has paused
lanes = Table(
    "lanes",
    metadata,
    Column("lane", String(64), primary_key=True),
    Column("paused_at", Instant, nullable=False),
)

# who was served in which turn of a lane's queue, by priority, as long as somebody waits in it; see run_queue.py
turns = Table(
    "turns",
    metadata,
    Column("lane", String(64), primary_key=True),
    Column("priority", Integer, primary_key=True, autoincrement=False),
    Column("caller", String(64), primary_key=True),
    Column("turn", BigInteger, nullable=False),
)

# only runs of which somebody wants to be told; see webhooks.py
webhooks = Table(
    "webhooks",
    metadata,
    Column("operation_id", String(36), ForeignKey("runs.operation_id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("message_id", String(64)),
    Column("body", Text),
    Column("attempts", Integer, nullable=False),
    Column("last_status", Integer),
    Column("due_at", Instant),
    Column("claimed_by", String(64)),
    Index("webhooks_by_due", "state", "due_at"),
)

# what the files of an ended run take, as of the end of that attempt
sizes = Table(
    "sizes",
    metadata,
    Column("operation_id", String(36), ForeignKey("runs.operation_id", ondelete="CASCADE"), primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
)

# runs that are gone, and whose files may still be there
tombstones = Table(
    "graves",
    metadata,
    Column("operation_id", String(36), primary_key=True),
    Column("folder", String(80), nullable=False),
    Column("retries", Integer, nullable=False),
)

# the name of the store where the files of these runs are: one row; see store.py
store = Table(
    "store",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("store_id", String(64), nullable=False),
)

slots = Table(
    "slots",
    metadata,
    Column("lane", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column(
        "operation_id", String(36), ForeignKey("runs.operation_id", ondelete="CASCADE"), nullable=False, unique=True
    ),
    Column("begun_ticks_s", Float(53), nullable=False),
    Column("ticks_epoch", String(64), nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("operation_id", String(36), ForeignKey("runs.operation_id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("attempt", Integer, nullable=False),
    Column("type", String(32), nullable=False),
    Column("data", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
