"""A search by score reads scores from their index, and only then the recordings that fit.

Revision 0022, after 0021.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def _index(*columns: str) -> None:
    op.drop_index("ix_quality_analyses_scored_page", "quality_analyses")
    op.create_index(
        "ix_quality_analyses_scored_page",
        "quality_analyses",
        list(columns),
        postgresql_where=sa.text("counts"),
        sqlite_where=sa.text("counts"),
    )


def upgrade() -> None:
    _index("called_at", "recording_id", "tenths")


def downgrade() -> None:
    _index("called_at", "recording_id")
