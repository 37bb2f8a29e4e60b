"""Drop the table of derived data: nothing was ever made from a recording, and nothing wrote it.

Revision 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("derived_data")


def downgrade() -> None:
    op.create_table(
        "derived_data",
        sa.Column("recording_id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "kind", name=op.f("pk_derived_data")),
    )
