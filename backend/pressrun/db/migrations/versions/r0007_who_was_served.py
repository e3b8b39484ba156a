"""Who was served in which turn of a waiting line; and the newest run of a request found without a walk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds a table, empty: nobody has been served yet. Makes an index anew."""
    op.drop_index("runs_by_fingerprint", "runs")
    op.create_index("runs_by_fingerprint", "runs", ["fingerprint", "caller", "operation_id"])
    op.create_table(
        "turns",
        sa.Column("lane", sa.String(64), primary_key=True),
        sa.Column("priority", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("caller", sa.String(64), primary_key=True),
        sa.Column("turn", sa.BigInteger, nullable=False),
    )
