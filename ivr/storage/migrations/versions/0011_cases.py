"""Files of the DPO's desk, and recordings whose processing is restricted.

Revision 0011, after 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("case_id", sa.String(60), nullable=False),
        sa.Column("room", sa.String(20), nullable=False),
        sa.Column("state", sa.String(30), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("keep_until", UtcTime(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("kek_id", sa.String(60), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_keep_until"), "cases", ["keep_until"])
    op.create_index("ix_cases_room_page", "cases", ["room", "opened_at", "case_id"])
    op.create_table(
        "restrictions",
        sa.Column("recording_id", sa.String(100), nullable=False),
        sa.Column("case_id", sa.String(60), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_restrictions")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # As for every other wrapped key: the planner's statistics would hold its bytes.
        op.execute("ALTER TABLE cases ALTER COLUMN wrapped SET STATISTICS 0")
        op.execute("ALTER TABLE cases ALTER COLUMN sealed SET STATISTICS 0")


def downgrade() -> None:
    op.drop_table("restrictions")
    op.drop_table("cases")
