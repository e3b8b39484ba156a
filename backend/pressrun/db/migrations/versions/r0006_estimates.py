"""What a run has in common with others, so that one can tell how long the next will take."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds four columns, empty for the runs there are: nothing is guessed from those."""
    op.add_column("runs", sa.Column("likeness", sa.String(16)))
    op.add_column("runs", sa.Column("source_characters", sa.Integer))
    op.add_column("runs", sa.Column("estimated_total_s", sa.Float(53)))
    op.add_column("runs", sa.Column("estimated_total_p75_s", sa.Float(53)))
