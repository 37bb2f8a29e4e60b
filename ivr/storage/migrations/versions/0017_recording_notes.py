"""Notes at moments of recordings.

Revision 0017, after 0016.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import UtcTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording_notes",
        sa.Column("note_id", sa.String(60), nullable=False),
        sa.Column("recording_id", sa.String(100), nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(63), nullable=False),
        sa.Column("written_at", UtcTime(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_recording_notes")),
    )
    op.create_index(op.f("ix_recording_notes_recording_id"), "recording_notes", ["recording_id"])


def downgrade() -> None:
    op.drop_table("recording_notes")
