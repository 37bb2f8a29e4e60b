"""How the number of a do-not-call entry was known; of older entries the report of their call tells.

Revision: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "do_not_call", sa.Column("known_by", sa.String(length=20), server_default="unknown", nullable=False)
    )
    reported = "UPDATE do_not_call SET known_by = '{}' WHERE call_id IN (SELECT call_id FROM calls WHERE direction = '{}')"
    op.execute(reported.format("dialled", "outbound"))
    # Who refused more than once may have refused when they were called: that is not for anybody to lift.
    op.execute(reported.format("claimed", "inbound") + " AND added_at = refreshed_at")


def downgrade() -> None:
    op.drop_column("do_not_call", "known_by")
