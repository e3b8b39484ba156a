"""The tables of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the three tables."""
    op.create_table(
        "runs",
        sa.Column("operation_id", sa.String(36), primary_key=True),
        sa.Column("lane", sa.String(64), nullable=False),
        sa.Column("caller", sa.String(64), nullable=False),
        sa.Column("route", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("title", sa.String(200)),
        sa.Column("on_disconnect", sa.String(16), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("queue_position", sa.Integer),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("stage", sa.String(16)),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("crashes", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(64)),
        sa.Column("handed_back", sa.Boolean, nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("begun_ticks_s", sa.Float(53)),
        sa.Column("ticks_epoch", sa.String(64)),
        sa.Column("cancel_requested_at", sa.BigInteger),
        sa.Column("cancelled_by", sa.String(16)),
        sa.Column("error", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.UniqueConstraint("caller", "idempotency_key"),
    )
    op.create_index("runs_by_fingerprint", "runs", ["fingerprint", "status"])
    op.create_index("runs_by_status", "runs", ["status"])
    op.create_index("runs_by_lane", "runs", ["lane", "operation_id"])
    op.create_table(
        "slots",
        sa.Column("lane", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(
            "operation_id",
            sa.String(36),
            sa.ForeignKey("runs.operation_id", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("begun_ticks_s", sa.Float(53), nullable=False),
        sa.Column("ticks_epoch", sa.String(64), nullable=False),
    )
    op.create_table(
        "events",
        sa.Column(
            "operation_id", sa.String(36), sa.ForeignKey("runs.operation_id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
