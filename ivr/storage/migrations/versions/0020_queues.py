"""Queues: who waits, the states of agents, how long calls take.

Revision 0020, after 0019.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import UtcTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queue_places",
        sa.Column("place_id", sa.String(100), nullable=False),
        sa.Column("queue", sa.String(63), nullable=False),
        sa.Column("joined_at", UtcTime(), nullable=False),
        sa.Column("owner", sa.String(100), nullable=False),
        sa.Column("lease_until", UtcTime(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("wrap_up_s", sa.Float(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("agent_id", sa.String(63), nullable=True),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_queue_places")),
        sa.UniqueConstraint("agent_id", name=op.f("uq_queue_places_agent_id")),
    )
    op.create_table(
        "queue_agents",
        sa.Column("agent_id", sa.String(63), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("idle_since", UtcTime(), nullable=False),
        sa.Column("pause", sa.String(63), nullable=False),
        sa.Column("next_pause", sa.String(63), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("place_id", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_queue_agents")),
    )
    op.create_table(
        "queue_handling",
        sa.Column("queue", sa.String(63), nullable=False),
        sa.Column("mean_s", sa.Float(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_queue_handling")),
    )


def downgrade() -> None:
    op.drop_table("queue_handling")
    op.drop_table("queue_agents")
    op.drop_table("queue_places")
