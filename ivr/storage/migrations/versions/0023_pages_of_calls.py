"""Pages of call details are read in the order of an index, whichever filters narrow them.

Revision 0023, after 0022.
"""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_PAGES = {
    "ix_calls_program_page": ["program"],
    "ix_calls_disposition_page": ["disposition"],
    "ix_calls_program_disposition_page": ["program", "disposition"],
}


def upgrade() -> None:
    op.drop_index("ix_calls_started_at", "calls")
    op.create_index("ix_calls_started_at", "calls", ["started_at", "call_id"])
    for name, columns in _PAGES.items():
        op.create_index(name, "calls", [*columns, "started_at", "call_id"])


def downgrade() -> None:
    for name in _PAGES:
        op.drop_index(name, "calls")
    op.drop_index("ix_calls_started_at", "calls")
    op.create_index("ix_calls_started_at", "calls", ["started_at"])
