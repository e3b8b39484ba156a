"""Who is to be told of the end of a run; how much runs take, and whose files are still to be removed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds three tables."""
    op.create_table(
        "webhooks",
        sa.Column(
            "operation_id", sa.String(36), sa.ForeignKey("runs.operation_id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("message_id", sa.String(64)),
        sa.Column("body", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_status", sa.Integer),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("claimed_by", sa.String(64)),
    )
    op.create_index("webhooks_by_due", "webhooks", ["state", "due_at"])
    op.create_table(
        "sizes",
        sa.Column(
            "operation_id", sa.String(36), sa.ForeignKey("runs.operation_id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "graves",
        sa.Column("operation_id", sa.String(36), primary_key=True),
        sa.Column("folder", sa.String(80), nullable=False),
        sa.Column("retries", sa.Integer, nullable=False),
    )
