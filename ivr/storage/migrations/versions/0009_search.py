"""What recordings are searched by: counts, the call's report, and keyed hashes of the numbers of new ones.

Older recordings are not found by a number: their hash was never made. Neither is their agent known.

Revision 0009, after 0008.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import UtcTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COUNTS = ("gap_count", "mask_count", "doubt_count")
_RARE = {
    "agent": "agent <> ''",
    "disposition": "disposition NOT IN ('', 'ANSWERED')",
    "gap": "gap_count > 0",
    "mask": "mask_count > 0",
    "doubt": "doubt_count > 0",
}


def upgrade() -> None:
    for name in _COUNTS:
        op.add_column("recordings", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("recordings", sa.Column("agent", sa.String(100), server_default="", nullable=False))
    op.add_column("recordings", sa.Column("disposition", sa.String(20), server_default="", nullable=False))
    op.add_column("calls", sa.Column("agent", sa.String(100), server_default="", nullable=False))
    op.create_table(
        "person_keys",
        sa.Column("key_id", sa.String(60), nullable=False),
        sa.Column("kek_id", sa.String(60), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_person_keys")),
    )
    op.create_table(
        "recording_persons",
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("recording_id", sa.String(100), nullable=False),
        sa.Column("key_id", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("tag", "opened_at", "recording_id", name=op.f("pk_recording_persons")),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.recording_id"], name=op.f("fk_recording_persons_recording_id")
        ),
        sa.ForeignKeyConstraint(["key_id"], ["person_keys.key_id"], name=op.f("fk_recording_persons_key_id")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_recording_persons_recording_id", "recording_persons", ["recording_id"], unique=False)
    op.create_table(
        "saved_searches",
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("saved_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "name", name=op.f("pk_saved_searches")),
    )
    _fill()
    for name, rare in _RARE.items():
        columns = [name] if name in ("agent", "disposition") else []
        op.create_index(
            f"ix_recordings_{name}_page",
            "recordings",
            [*columns, "opened_at", "recording_id"],
            unique=False,
            postgresql_where=sa.text(rare),
            sqlite_where=sa.text(rare),
        )
    if op.get_bind().dialect.name == "postgresql":
        # As for every other wrapped key: the planner's statistics would hold its bytes.
        op.execute("ALTER TABLE person_keys ALTER COLUMN wrapped SET STATISTICS 0")


def _fill() -> None:
    """What is known of older recordings. A list that was damaged counts as empty, for the verification to find."""
    if op.get_bind().dialect.name == "postgresql":
        length = "CASE WHEN json_typeof({0}) = 'array' THEN json_array_length({0}) ELSE 0 END"
    else:
        length = "CASE WHEN json_valid({0}) THEN json_array_length({0}) ELSE 0 END"
    op.execute(
        f"UPDATE recordings SET gap_count = {length.format('gaps')}, mask_count = {length.format('masks')} "
        "WHERE CAST(gaps AS TEXT) <> '[]' OR CAST(masks AS TEXT) <> '[]'"
    )
    op.execute(
        "UPDATE recordings SET disposition = (SELECT disposition FROM calls WHERE calls.call_id = recordings.call_id) "
        "WHERE call_id IN (SELECT call_id FROM calls)"
    )
    doubts = "FROM audit_events WHERE kind IN ('doubt', 'doubt.agent')"
    op.execute(
        f"UPDATE recordings SET doubt_count = (SELECT COUNT(*) {doubts} AND audit_events.call_id = recordings.call_id) "
        f"WHERE call_id IN (SELECT call_id {doubts})"
    )


def downgrade() -> None:
    for name in _RARE:
        op.drop_index(f"ix_recordings_{name}_page", table_name="recordings")
    op.drop_index("ix_recording_persons_recording_id", table_name="recording_persons")
    op.drop_table("recording_persons")
    op.drop_table("person_keys")
    op.drop_table("saved_searches")
    op.drop_column("calls", "agent")
    for name in (*_COUNTS, "agent", "disposition"):
        op.drop_column("recordings", name)
