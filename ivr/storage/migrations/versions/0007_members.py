"""The members on file, in tables; before, each node kept its list in a file. And PostgreSQL samples no key.

Revision 0007, after 0006.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "member_lists",
        sa.Column("list_id", sa.String(60), nullable=False),
        sa.Column("kek_id", sa.String(60), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_member_lists")),
    )
    op.create_table(
        "members",
        sa.Column("list_id", sa.String(60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tags", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "position", name=op.f("pk_members")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "member_tags",
        sa.Column("list_id", sa.String(60), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "tag", "position", name=op.f("pk_member_tags")),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        # The planner's statistics hold values of a column, and go on holding those of keys that were destroyed.
        for table in ("member_lists", "recording_keys", *(f"recording_keys_{part:02}" for part in range(64))):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN wrapped SET STATISTICS 0")
        # Naming the type again forgets what was sampled before, in the parts too.
        op.execute("ALTER TABLE recording_keys ALTER COLUMN wrapped TYPE bytea")


def downgrade() -> None:
    op.drop_table("member_tags")
    op.drop_table("members")
    op.drop_table("member_lists")
