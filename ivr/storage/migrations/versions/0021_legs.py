"""Legs of calls, and how long a call waited.

Revision 0021, after 0020.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import UtcTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("queue_wait_ms", sa.BigInteger(), nullable=True))
    op.create_table(
        "legs",
        sa.Column("leg_id", sa.String(100), nullable=False),
        sa.Column("call_id", sa.String(100), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("direction", sa.String(20), nullable=False),
        sa.Column("peer", sa.String(100), nullable=False),
        sa.Column("began_at", UtcTime(), nullable=False),
        sa.Column("answered_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=False),
        sa.Column("ended_by", sa.String(20), nullable=False),
        sa.Column("sip_status", sa.Integer(), nullable=False),
        sa.Column("hangup_cause", sa.Integer(), nullable=False),
        sa.Column("codec", sa.String(40), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=True),
        sa.Column("lost", sa.BigInteger(), nullable=True),
        sa.Column("discarded", sa.BigInteger(), nullable=True),
        sa.Column("jitter_ms", sa.Float(), nullable=True),
        sa.Column("jitter_max_ms", sa.Float(), nullable=True),
        sa.Column("buffer_ms", sa.Float(), nullable=True),
        sa.Column("sent", sa.BigInteger(), nullable=True),
        sa.Column("far_lost", sa.BigInteger(), nullable=True),
        sa.Column("far_jitter_ms", sa.Float(), nullable=True),
        sa.Column("round_trip_ms", sa.Float(), nullable=True),
        sa.Column("mos", sa.Float(), nullable=True),
        sa.Column("far_mos", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=op.f("fk_legs_call_id")),
        sa.PrimaryKeyConstraint("leg_id", name=op.f("pk_legs")),
    )
    op.create_index(op.f("ix_legs_call_id"), "legs", ["call_id"])


def downgrade() -> None:
    op.drop_table("legs")
    op.drop_column("calls", "queue_wait_ms")
