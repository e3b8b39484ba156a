"""Queries on which store keeps the files of this database's runs: one row, or none before the first start."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, text

from pressrun.db.tables import runs, store

_THE_ROW = 1  # its key: of two that would write it at once the second meets the first
# servers that are up: each holds one such connection (wakeups.py)
_SERVERS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'pressrun wake-ups'"
)


def known_store(connection: Connection) -> str | None:
    """The store's id; None if nobody has written it yet."""
    found: str | None = connection.execute(select(store.c.store_id)).scalar_one_or_none()
    return found


def bind_store(connection: Connection, store_id: str) -> str:
    """Writes it down, unless one is there already; the one that is there then."""
    known = known_store(connection)
    if known is None:
        connection.execute(insert(store).values(number=_THE_ROW, store_id=store_id))
    return known or store_id


def rebind_store(connection: Connection, store_id: str) -> None:
    """Writes it down, whatever was there."""
    connection.execute(delete(store))
    connection.execute(insert(store).values(number=_THE_ROW, store_id=store_id))


def newest_complete(connection: Connection, limit: int) -> Sequence[str]:
    """The latest runs of which there must be a batch folder."""
    query = select(runs.c.operation_id).where(runs.c.status == "complete").order_by(runs.c.operation_id.desc())
    return connection.execute(query.limit(limit)).scalars().all()


def count_servers(connection: Connection) -> int:
    """How many servers are up on this database; on a SQLite file nobody but us could be."""
    if connection.dialect.name != "postgresql":
        return 0
    return int(connection.execute(_SERVERS).scalar_one())
