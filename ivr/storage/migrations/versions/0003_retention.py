"""Retention and signed evidence: events, purposes, holds, claims, certificates, checkpoints; indexes of their queries.

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import EvidenceTime, UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEPT = sa.text("state IN ('SEALED', 'DAMAGED')")


def upgrade() -> None:
    op.create_table(
        "audit_checkpoints",
        sa.Column("node_id", sa.String(length=100), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", EvidenceTime(), nullable=False),
        sa.Column("key_id", sa.String(length=60), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("node_id", "seq", name=op.f("pk_audit_checkpoints")),
    )
    op.create_table(
        "evidence_keys",
        sa.Column("key_id", sa.String(length=60), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("node_id", sa.String(length=100), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_evidence_keys")),
    )
    op.create_table(
        "certificates",
        sa.Column("recording_id", sa.String(length=100), nullable=False),
        sa.Column("node_id", sa.String(length=100), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_certificates")),
    )
    # The certificates that stand in the chains already: the first of each recording.
    op.execute(
        "INSERT INTO certificates (recording_id, node_id, seq) "
        "SELECT e.recording_id, min(e.node_id), min(e.seq) FROM audit_events e "
        "WHERE e.kind = 'certificate.destruction' AND e.recording_id <> '' AND e.node_id = ("
        "SELECT min(f.node_id) FROM audit_events f "
        "WHERE f.recording_id = e.recording_id AND f.kind = 'certificate.destruction') "
        "GROUP BY e.recording_id"
    )
    op.create_table(
        "recording_purposes",
        sa.Column("recording_id", sa.String(length=100), nullable=False),
        sa.Column("tag", sa.String(length=100), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("event", sa.String(length=60), server_default="", nullable=False),
        sa.Column("event_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("recording_id", "tag", name=op.f("pk_recording_purposes")),
    )
    op.create_table(
        "business_events",
        sa.Column("recording_id", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("noted_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "kind", "at", "reference", name=op.f("pk_business_events")),
    )
    op.create_table(
        "legal_holds",
        sa.Column("hold_id", sa.String(length=100), nullable=False),
        sa.Column("case_name", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.String(length=100), nullable=False),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("requested_at", UtcTime(), nullable=False),
        sa.Column("review_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("active_from", UtcTime(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("closed_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("closed_reason", sa.String(length=300), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_legal_holds")),
    )
    op.create_index(op.f("ix_legal_holds_state"), "legal_holds", ["state"], unique=False)
    op.create_table(
        "legal_hold_items",
        sa.Column("hold_id", sa.String(length=100), nullable=False),
        sa.Column("recording_id", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["legal_holds.hold_id"], name=op.f("fk_legal_hold_items_hold_id")),
        sa.PrimaryKeyConstraint("hold_id", "recording_id", name=op.f("pk_legal_hold_items")),
    )
    op.create_index(op.f("ix_legal_hold_items_recording_id"), "legal_hold_items", ["recording_id"], unique=False)
    op.create_table(
        "legal_hold_approvals",
        sa.Column("hold_id", sa.String(length=100), nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["legal_holds.hold_id"], name=op.f("fk_legal_hold_approvals_hold_id")),
        sa.PrimaryKeyConstraint("hold_id", "approved_by", name=op.f("pk_legal_hold_approvals")),
    )
    op.create_table(
        "retention_claims",
        sa.Column("recording_id", sa.String(length=100), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_retention_claims")),
    )
    op.create_index(op.f("ix_retention_claims_owner"), "retention_claims", ["owner"], unique=False)
    op.create_table(
        "derived_data",
        sa.Column("recording_id", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "kind", name=op.f("pk_derived_data")),
    )
    op.create_index(
        "ix_recordings_due",
        "recordings",
        ["deadline", "recording_id"],
        unique=False,
        postgresql_where=_KEPT,
        sqlite_where=_KEPT,
    )
    op.create_index("ix_recordings_opened_page", "recordings", ["opened_at", "recording_id"], unique=False)
    op.create_index("ix_recordings_state_page", "recordings", ["state", "opened_at", "recording_id"], unique=False)
    op.create_index("ix_recordings_program_page", "recordings", ["program", "state", "opened_at", "recording_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_recordings_program_page", table_name="recordings")
    op.drop_index("ix_recordings_state_page", table_name="recordings")
    op.drop_index("ix_recordings_opened_page", table_name="recordings")
    op.drop_index("ix_recordings_due", table_name="recordings")
    op.drop_table("derived_data")
    op.drop_index(op.f("ix_retention_claims_owner"), table_name="retention_claims")
    op.drop_table("retention_claims")
    op.drop_table("legal_hold_approvals")
    op.drop_index(op.f("ix_legal_hold_items_recording_id"), table_name="legal_hold_items")
    op.drop_table("legal_hold_items")
    op.drop_index(op.f("ix_legal_holds_state"), table_name="legal_holds")
    op.drop_table("legal_holds")
    op.drop_table("business_events")
    op.drop_table("recording_purposes")
    op.drop_table("certificates")
    op.drop_table("evidence_keys")
    op.drop_table("audit_checkpoints")
