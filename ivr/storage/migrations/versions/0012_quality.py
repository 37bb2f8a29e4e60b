"""Analysis grids, analyses, samples and calibrations of the quality team.

Revision 0012, after 0011.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quality_grids",
        sa.Column("grid_id", sa.String(40), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("imported_at", UtcTime(), nullable=False),
        sa.Column("imported_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("grid_id", "version", name=op.f("pk_quality_grids")),
    )
    op.create_table(
        "quality_analyses",
        sa.Column("analysis_id", sa.String(60), nullable=False),
        sa.Column("form", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("recording_id", sa.String(100), nullable=False),
        sa.Column("call_id", sa.String(100), nullable=False),
        sa.Column("program", sa.String(100), nullable=False),
        sa.Column("called_at", UtcTime(), nullable=False),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("grid_id", sa.String(40), nullable=False),
        sa.Column("grid_version", sa.String(32), nullable=False),
        sa.Column("reviewer", sa.String(63), nullable=False),
        sa.Column("second_of", sa.String(60), nullable=False),
        sa.Column("calibration_id", sa.String(60), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("begun_at", UtcTime(), nullable=False),
        sa.Column("saved_at", UtcTime(), nullable=True),
        sa.Column("scored_at", UtcTime(), nullable=True),
        sa.Column("tenths", sa.Integer(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("to_coach", sa.Boolean(), nullable=False),
        sa.Column("coached_at", UtcTime(), nullable=True),
        sa.Column("coached_by", sa.String(63), nullable=False),
        sa.Column("dispute", sa.JSON(), nullable=True),
        sa.Column("deadline", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("analysis_id", name=op.f("pk_quality_analyses")),
    )
    op.create_index(op.f("ix_quality_analyses_recording_id"), "quality_analyses", ["recording_id"])
    op.create_index(op.f("ix_quality_analyses_begun_at"), "quality_analyses", ["begun_at"])
    op.create_index(op.f("ix_quality_analyses_deadline"), "quality_analyses", ["deadline"])
    op.create_index("ix_quality_analyses_reviewer", "quality_analyses", ["reviewer", "begun_at"])
    op.create_index(
        "uq_quality_analyses_draft",
        "quality_analyses",
        ["reviewer", "recording_id", "grid_id", "second_of", "calibration_id"],
        unique=True,
        postgresql_where=sa.text("state = 'DRAFT'"),
        sqlite_where=sa.text("state = 'DRAFT'"),
    )
    op.create_table(
        "quality_samples",
        sa.Column("sample_id", sa.String(60), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("per_agent", sa.Integer(), nullable=False),
        sa.Column("min_ms", sa.Integer(), nullable=False),
        sa.Column("program", sa.String(100), nullable=False),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("drawn_at", UtcTime(), nullable=False),
        sa.Column("drawn_by", sa.String(63), nullable=False),
        sa.Column("shares", sa.JSON(), nullable=False),
        sa.Column("deadline", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("sample_id", name=op.f("pk_quality_samples")),
    )
    op.create_index(op.f("ix_quality_samples_deadline"), "quality_samples", ["deadline"])
    op.create_table(
        "quality_calibrations",
        sa.Column("calibration_id", sa.String(60), nullable=False),
        sa.Column("recording_id", sa.String(100), nullable=False),
        sa.Column("called_at", UtcTime(), nullable=False),
        sa.Column("grid_id", sa.String(40), nullable=False),
        sa.Column("grid_version", sa.String(32), nullable=False),
        sa.Column("reviewers", sa.JSON(), nullable=False),
        sa.Column("opened_by", sa.String(63), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("deadline", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("calibration_id", name=op.f("pk_quality_calibrations")),
    )
    op.create_index(op.f("ix_quality_calibrations_deadline"), "quality_calibrations", ["deadline"])


def downgrade() -> None:
    for table in ("quality_calibrations", "quality_samples", "quality_analyses", "quality_grids"):
        op.drop_table(table)
