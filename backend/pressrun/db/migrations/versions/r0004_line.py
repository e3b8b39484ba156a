"""The waiting line in an order of the database's own, and fair to its callers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_FILL_IN = """
UPDATE runs SET turn = placed.number, line_number = placed.number FROM (
    SELECT operation_id, row_number() OVER (PARTITION BY lane ORDER BY operation_id) AS number
    FROM runs WHERE status = 'queued'
) AS placed WHERE runs.operation_id = placed.operation_id
"""


def upgrade() -> None:
    """Adds the two columns by which a line is ordered; who waits keeps their place."""
    op.drop_index("runs_by_lane", "runs")
    op.add_column("runs", sa.Column("turn", sa.BigInteger))
    op.add_column("runs", sa.Column("line_number", sa.BigInteger))
    op.execute(_FILL_IN)
    _index("runs_in_line", ["lane", sa.text("priority DESC"), "turn", "line_number"], "status = 'queued'")
    _index("runs_active", ["status", "caller", "lane", "priority", "turn"], "status IN ('queued', 'running')")


def _index(name: str, columns: list[str | sa.TextClause], condition: str) -> None:
    op.create_index(name, "runs", columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
