"""Builds what the operator's page shows on an open archive."""

from __future__ import annotations

from datetime import timedelta

from ivr.bootstrap.archive import Archive
from ivr.bootstrap.certificates import open_certificates
from ivr.bootstrap.retention import Retention
from ivr.bootstrap.rights import Rights
from ivr.services.operation.overview import Operation
from ivr.settings import Settings
from ivr.storage.node_states import SqlNodeStates
from ivr.storage.overdue import SqlOverdue

#: How long a sweep of the clerk may take.
_SWEEP = timedelta(minutes=10)


def open_operation(settings: Settings, archive: Archive, retention: Retention, rights: Rights) -> Operation:
    return Operation(
        retention.gate,
        archive.audit,
        archive.clock,
        SqlNodeStates(archive.database),
        SqlOverdue(archive.database),
        rights.requests,
        rights.breaches,
        retention.holds,
        open_certificates(settings),
        timedelta(seconds=settings.node.sweep_every_s) + _SWEEP,
    )
