"""Identities at a provider that are linked to accounts.

Revision 0018, after 0017.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import UtcTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "linked_identities",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(60), nullable=False),
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("linked_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_linked_identities_account_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_linked_identities")),
    )
    op.create_index(op.f("ix_linked_identities_account_id"), "linked_identities", ["account_id"])


def downgrade() -> None:
    op.drop_table("linked_identities")
