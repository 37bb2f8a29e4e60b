"""Accounts that end, and are of one request of an authority.

Revision 0016, after 0015.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TABLES = ("accounts", "account_invitations")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("expires_at", UtcTime(), nullable=True))
        op.add_column(table, sa.Column("case_id", sa.String(60), nullable=False, server_default=""))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "case_id")
        op.drop_column(table, "expires_at")
