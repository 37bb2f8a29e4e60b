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
    # Without these columns an authority's account would have no end: it goes, with all that it is entered by.
    role = "authority_viewer"
    accounts = sa.table("accounts", sa.column("account_id"), sa.column("role"))
    theirs = sa.select(accounts.c.account_id).where(accounts.c.role == role)
    for name in ("account_sessions", "passkeys", "api_tokens"):
        held = sa.table(name, sa.column("account_id"))
        op.execute(sa.delete(held).where(held.c.account_id.in_(theirs)))
    invitations = sa.table("account_invitations", sa.column("role"))
    op.execute(sa.delete(invitations).where(invitations.c.role == role))
    op.execute(sa.delete(accounts).where(accounts.c.role == role))
    for table in _TABLES:
        op.drop_column(table, "case_id")
        op.drop_column(table, "expires_at")
