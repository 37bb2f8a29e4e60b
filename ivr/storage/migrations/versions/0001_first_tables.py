"""First tables: recordings and their keys, calls, evidence, do-not-call.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

from ivr.storage.columns import EvidenceTime, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audit_events',
    sa.Column('node_id', sa.String(length=100), nullable=False),
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', EvidenceTime(), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('call_id', sa.String(length=100), nullable=False),
    sa.Column('recording_id', sa.String(length=100), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('node_id', 'seq', name=op.f('pk_audit_events'))
    )
    op.create_index(op.f('ix_audit_events_at'), 'audit_events', ['at'], unique=False)
    op.create_index(op.f('ix_audit_events_call_id'), 'audit_events', ['call_id'], unique=False)
    op.create_index(op.f('ix_audit_events_recording_id'), 'audit_events', ['recording_id'], unique=False)
    op.create_table('audit_heads',
    sa.Column('node_id', sa.String(length=100), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('node_id', name=op.f('pk_audit_heads'))
    )
    op.create_table('calls',
    sa.Column('call_id', sa.String(length=100), nullable=False),
    sa.Column('program', sa.String(length=100), nullable=False),
    sa.Column('direction', sa.String(length=20), nullable=False),
    sa.Column('party', sa.String(length=255), nullable=False),
    sa.Column('started_at', UtcTime(), nullable=False),
    sa.Column('answered_at', UtcTime(), nullable=True),
    sa.Column('ended_at', UtcTime(), nullable=False),
    sa.Column('disposition', sa.String(length=20), nullable=False),
    sa.Column('sip_status', sa.Integer(), nullable=False),
    sa.Column('hangup_cause', sa.Integer(), nullable=False),
    sa.Column('ended_by', sa.String(length=40), nullable=False),
    sa.Column('recording_id', sa.String(length=100), nullable=True),
    sa.Column('recording_state', sa.String(length=20), nullable=False),
    sa.Column('consent', sa.JSON(), nullable=False),
    sa.Column('node_id', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('call_id', name=op.f('pk_calls'))
    )
    op.create_index(op.f('ix_calls_started_at'), 'calls', ['started_at'], unique=False)
    op.create_table('do_not_call',
    sa.Column('entry_id', sa.String(length=64), nullable=False),
    sa.Column('scope', sa.String(length=100), nullable=False),
    sa.Column('rule_id', sa.String(length=60), nullable=False),
    sa.Column('call_id', sa.String(length=100), nullable=False),
    sa.Column('added_at', UtcTime(), nullable=False),
    sa.Column('refreshed_at', UtcTime(), nullable=False),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_do_not_call'))
    )
    op.create_table('meta',
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_meta'))
    )
    op.create_table('recordings',
    sa.Column('recording_id', sa.String(length=100), nullable=False),
    sa.Column('call_id', sa.String(length=100), nullable=False),
    sa.Column('program', sa.String(length=100), nullable=False),
    sa.Column('purposes', sa.JSON(), nullable=False),
    sa.Column('policy_id', sa.String(length=100), nullable=False),
    sa.Column('policy_version', sa.String(length=60), nullable=False),
    sa.Column('rule_ids', sa.JSON(), nullable=False),
    sa.Column('retention', sa.String(length=100), nullable=False),
    sa.Column('codec', sa.String(length=20), nullable=False),
    sa.Column('channels', sa.JSON(), nullable=False),
    sa.Column('rate_hz', sa.Integer(), nullable=False),
    sa.Column('opened_at', UtcTime(), nullable=False),
    sa.Column('node_id', sa.String(length=100), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('moved_at', UtcTime(), nullable=True),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('size_bytes', sa.BigInteger(), nullable=True),
    sa.Column('duration_ms', sa.BigInteger(), nullable=True),
    sa.Column('deadline', UtcTime(), nullable=True),
    sa.Column('closed_at', UtcTime(), nullable=True),
    sa.Column('consent', sa.JSON(), nullable=False),
    sa.Column('gaps', sa.JSON(), nullable=False),
    sa.Column('masks', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('recording_id', name=op.f('pk_recordings'))
    )
    op.create_index(op.f('ix_recordings_call_id'), 'recordings', ['call_id'], unique=False)
    op.create_index('ix_recordings_node_state', 'recordings', ['node_id', 'state'], unique=False)
    op.create_index(op.f('ix_recordings_opened_at'), 'recordings', ['opened_at'], unique=False)
    op.create_index('ix_recordings_state_deadline', 'recordings', ['state', 'deadline'], unique=False)
    op.create_table('recording_keys',
    sa.Column('recording_id', sa.String(length=100), nullable=False),
    sa.Column('kek_id', sa.String(length=60), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['recording_id'], ['recordings.recording_id'], name=op.f('fk_recording_keys_recording_id')),
    sa.PrimaryKeyConstraint('recording_id', name=op.f('pk_recording_keys'))
    )
    op.create_index(op.f('ix_recording_keys_kek_id'), 'recording_keys', ['kek_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_recording_keys_kek_id'), table_name='recording_keys')
    op.drop_table('recording_keys')
    op.drop_index('ix_recordings_state_deadline', table_name='recordings')
    op.drop_index(op.f('ix_recordings_opened_at'), table_name='recordings')
    op.drop_index('ix_recordings_node_state', table_name='recordings')
    op.drop_index(op.f('ix_recordings_call_id'), table_name='recordings')
    op.drop_table('recordings')
    op.drop_table('meta')
    op.drop_table('do_not_call')
    op.drop_index(op.f('ix_calls_started_at'), table_name='calls')
    op.drop_table('calls')
    op.drop_table('audit_heads')
    op.drop_index(op.f('ix_audit_events_recording_id'), table_name='audit_events')
    op.drop_index(op.f('ix_audit_events_call_id'), table_name='audit_events')
    op.drop_index(op.f('ix_audit_events_at'), table_name='audit_events')
    op.drop_table('audit_events')
