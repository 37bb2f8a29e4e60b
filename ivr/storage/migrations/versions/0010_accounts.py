"""Accounts of the console, their sessions, invitations and failures to sign in.

Revision 0010, after 0009.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(60), nullable=False),
        sa.Column("login", sa.String(63), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("code_secret", sa.LargeBinary(), nullable=False),
        sa.Column("used_step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("login", name=op.f("uq_accounts_login")),
    )
    op.create_table(
        "account_invitations",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("login", sa.String(63), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("invited_by", sa.String(200), nullable=False),
        sa.Column("code_secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_account_invitations")),
        sa.UniqueConstraint("login", name=op.f("uq_account_invitations_login")),
    )
    op.create_table(
        "account_sessions",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(60), nullable=False),
        sa.Column("began_at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("purpose", sa.String(100), nullable=False, server_default=""),
        sa.Column("reason", sa.String(200), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_account_sessions_account_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_account_sessions")),
    )
    op.create_index(op.f("ix_account_sessions_account_id"), "account_sessions", ["account_id"])
    op.create_index(op.f("ix_account_sessions_seen_at"), "account_sessions", ["seen_at"])
    op.create_table(
        "sign_in_failures",
        sa.Column("bucket", sa.String(64), nullable=False),
        sa.Column("count_", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_sign_in_failures")),
    )
    op.create_index(op.f("ix_sign_in_failures_last_at"), "sign_in_failures", ["last_at"])


def downgrade() -> None:
    for table in ("sign_in_failures", "account_sessions", "account_invitations", "accounts"):
        op.drop_table(table)
