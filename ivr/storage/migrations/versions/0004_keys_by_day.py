"""Keys lie by day: on PostgreSQL in 64 parts, so that what is destroyed together shares few parts.

By hash of the id, a day's purge touched every part, and wiping it rewrote every key that is stored (ADR 11). The part is
the day on which the recording began, counted modulo 64; `ivr.storage.key_part` computes the same.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PARTS = 64
_HASHED = 32
_PART_POSTGRESQL = f"floor(extract(epoch FROM r.opened_at) / 86400)::bigint % {PARTS}"
_PART_SQLITE = f"CAST(strftime('%s', substr(r.opened_at, 1, 19)) AS INTEGER) / 86400 % {PARTS}"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.add_column("recording_keys", sa.Column("part", sa.SmallInteger(), nullable=False, server_default="0"))
        op.execute(
            f"UPDATE recording_keys SET part = (SELECT {_PART_SQLITE} FROM recordings r "
            "WHERE r.recording_id = recording_keys.recording_id)"
        )
        return
    _set_aside(f"k.*, ({_PART_POSTGRESQL})::smallint AS part")
    _create(
        "part smallint NOT NULL, CONSTRAINT pk_recording_keys PRIMARY KEY (recording_id, part)",
        "PARTITION BY LIST (part)",
    )
    # Short rows need no second table for long values: fewer files to make new at each wipe.
    op.execute("ALTER TABLE recording_keys ALTER COLUMN wrapped SET STORAGE PLAIN")
    for part in range(PARTS):
        op.execute(f"CREATE TABLE recording_keys_{part:02} PARTITION OF recording_keys FOR VALUES IN ({part})")
    op.execute("INSERT INTO recording_keys (recording_id, kek_id, wrapped, part) SELECT * FROM keys_by_day")
    op.execute("DROP TABLE keys_by_day")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.drop_column("recording_keys", "part")
        return
    _set_aside("k.recording_id, k.kek_id, k.wrapped")
    _create("CONSTRAINT pk_recording_keys PRIMARY KEY (recording_id)", "PARTITION BY HASH (recording_id)")
    for part in range(_HASHED):
        op.execute(
            f"CREATE TABLE recording_keys_{part:02} PARTITION OF recording_keys "
            f"FOR VALUES WITH (MODULUS {_HASHED}, REMAINDER {part})"
        )
    op.execute("INSERT INTO recording_keys SELECT * FROM keys_by_day")
    op.execute("DROP TABLE keys_by_day")


def _set_aside(columns: str) -> None:
    op.execute(
        f"CREATE TEMPORARY TABLE keys_by_day ON COMMIT DROP AS SELECT {columns} "
        "FROM recording_keys k JOIN recordings r ON r.recording_id = k.recording_id"
    )
    op.execute("DROP TABLE recording_keys")
    # The old files are gone, and with them what waited to be wiped.
    op.execute("DELETE FROM key_wipes")


def _create(last: str, how: str) -> None:
    op.execute(
        "CREATE TABLE recording_keys (recording_id varchar(100) NOT NULL, kek_id varchar(60) NOT NULL, "
        "wrapped bytea NOT NULL, CONSTRAINT fk_recording_keys_recording_id FOREIGN KEY (recording_id) "
        f"REFERENCES recordings (recording_id), {last}) {how}"
    )
    op.execute("CREATE INDEX ix_recording_keys_kek_id ON recording_keys (kek_id)")
