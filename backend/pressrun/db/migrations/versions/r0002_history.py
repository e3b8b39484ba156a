"""History, retries and pauses.

Specs move to a table of their own: a run's row is written again with each of its events, and a spec may be megabytes.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SEARCHABLE_CHARACTERS = 600


def upgrade() -> None:
    """Moves the specs, adds what history and retries want, and fills in what can be searched."""
    op.create_table(
        "specs",
        sa.Column(
            "operation_id", sa.String(36), sa.ForeignKey("runs.operation_id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("spec", sa.Text, nullable=False),
    )
    op.execute("INSERT INTO specs (operation_id, spec) SELECT operation_id, spec FROM runs")
    op.create_table(
        "lanes",
        sa.Column("lane", sa.String(64), primary_key=True),
        sa.Column("paused_at", sa.BigInteger, nullable=False),
    )
    op.drop_index("runs_by_lane", "runs")
    with op.batch_alter_table("runs") as runs:
        runs.drop_column("spec")
        runs.add_column(sa.Column("retries", sa.Integer, nullable=False, server_default="0"))
        runs.add_column(sa.Column("paused_at", sa.BigInteger))
        runs.add_column(sa.Column("rerender_of", sa.String(36)))
        runs.add_column(sa.Column("searchable", sa.String(_SEARCHABLE_CHARACTERS)))
    op.create_index("runs_by_lane", "runs", ["lane", "status"])
    _fill_in()
    op.create_index("runs_by_caller", "runs", ["caller", "operation_id", "status", "lane", "pinned", "searchable"])


def _fill_in() -> None:
    connection = op.get_bind()
    found = connection.execute(sa.text("SELECT operation_id, title, error, result FROM runs")).all()
    rows = [{"operation_id": row.operation_id, "searchable": _searchable(row)} for row in found]
    if rows:
        connection.execute(sa.text("UPDATE runs SET searchable = :searchable WHERE operation_id = :operation_id"), rows)


def _searchable(row: sa.Row[Any]) -> str:
    error = json.loads(row.error) if row.error else {}
    result = json.loads(row.result) if row.result else {}
    names = [artifact["name"] for artifact in result.get("artifacts", ())]
    words = [row.title, error.get("code"), error.get("message"), *names]
    return "\n".join(word for word in words if word).casefold()[:_SEARCHABLE_CHARACTERS]
