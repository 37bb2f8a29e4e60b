"""Recordings are searched by the score of the analysis that counts.

Revision 0019, after 0018.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_quality_analyses_scored_page",
        "quality_analyses",
        ["called_at", "recording_id"],
        postgresql_where=sa.text("counts"),
        sqlite_where=sa.text("counts"),
    )


def downgrade() -> None:
    op.drop_index("ix_quality_analyses_scored_page", "quality_analyses")
