"""A recording that waits is PAUSED; it was called HELD, as if the law or the telephone held it.

Only rows that a crash left are in that state. Events of the evidence keep the word they were written with.

Revision 0008, after 0007.
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE recordings SET state = 'PAUSED' WHERE state = 'HELD'")


def downgrade() -> None:
    op.execute("UPDATE recordings SET state = 'HELD' WHERE state = 'PAUSED'")
