"""Emergency messages of menus that are switched on.

Revision 0024, after 0023.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import UtcTime

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "menu_emergencies",
        sa.Column("menu", sa.String(63), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("menu", name=op.f("pk_menu_emergencies")),
    )


def downgrade() -> None:
    op.drop_table("menu_emergencies")
