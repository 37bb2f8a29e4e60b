"""Keys that can be forgotten: PostgreSQL keeps them in small parts that are rewritten whole, and lost parts are noted.

A deleted row stays readable in a PostgreSQL data file, after VACUUM too (ADR 11). Rewriting one part of 32 gets
rid of it at a bounded cost.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PARTS = 32


def upgrade() -> None:
    op.create_table('key_wipes',
    sa.Column('part', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('part', name=op.f('pk_key_wipes'))
    )
    if op.get_bind().dialect.name == "postgresql":
        _rebuild("PARTITION BY HASH (recording_id)")
        for part in range(PARTS):
            op.execute(
                f"CREATE TABLE recording_keys_{part:02} PARTITION OF recording_keys "
                f"FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
            )
        op.execute("INSERT INTO recording_keys SELECT * FROM kept_keys")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _rebuild("")
        op.execute("INSERT INTO recording_keys SELECT * FROM kept_keys")
    op.drop_table('key_wipes')


def _rebuild(how: str) -> None:
    op.execute("CREATE TEMPORARY TABLE kept_keys ON COMMIT DROP AS SELECT * FROM recording_keys")
    op.execute("DROP TABLE recording_keys")
    op.execute(
        "CREATE TABLE recording_keys (recording_id varchar(100) NOT NULL, kek_id varchar(60) NOT NULL, "
        "wrapped bytea NOT NULL, CONSTRAINT pk_recording_keys PRIMARY KEY (recording_id), "
        "CONSTRAINT fk_recording_keys_recording_id FOREIGN KEY (recording_id) REFERENCES recordings (recording_id)) "
        + how
    )
    op.execute("CREATE INDEX ix_recording_keys_kek_id ON recording_keys (kek_id)")
