"""Migrations: how a database of an earlier release becomes one of this. Alembic's scripts, run by the server itself.

The version of a database is one number, kept where every release looks for it (SQLite: `user_version`; Postgres: the
table `schema_version`), so that an older release refuses what a newer one made. Revision "0002" leads to version 2, and
so on; there is no `alembic_version` table, which would be a second truth. A new database is not migrated but made
(`metadata.create_all`); a test holds that both ways lead to the same tables.

To add one: change tables.py, copy the newest file in versions/, raise `SCHEMA_VERSION`. Alembic is imported here only,
and only when there is something to do: a start has 2 s.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

HERE = Path(__file__).parent


def migrate(connection: Connection, found: int, wanted: int) -> None:
    """Takes the tables from version `found` (0: there are none) to `wanted`, in the caller's transaction and lock.

    On SQLite foreign keys must be off (not just deferred): a table that is made anew is dropped, and its children's
    rows would go with it.
    """
    from alembic.operations import Operations  # noqa: PLC0415 - 80 ms that only an upgrade pays
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    scripts = ScriptDirectory(HERE)
    with Operations.context(MigrationContext.configure(connection)):
        steps = list(scripts.iterate_revisions(_revision(wanted), _revision(found) if found else "base"))
        for step in reversed(steps):
            step.module.upgrade()


def _revision(version: int) -> str:
    return f"{version:04d}"
