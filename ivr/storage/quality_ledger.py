"""What retention sees of the quality team's documents, in a database: what is due, and its end with the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, delete, select

from ivr.domain.quality.answers import answers_digest, answers_of
from ivr.domain.retention.artefact import FixedDeadline
from ivr.domain.retention.schedule import RECORDED_AT
from ivr.services.ports.evidence import Entry
from ivr.services.ports.quality import QualityDocument
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from ivr.storage.tables import quality_analyses, quality_calibrations, quality_samples

#: By kind: the table, its id, and what its clock counts from.
_KINDS: dict[str, tuple[Table, Column[Any], Column[Any]]] = {
    "analysis": (quality_analyses, quality_analyses.c.analysis_id, quality_analyses.c.called_at),
    "sample": (quality_samples, quality_samples.c.sample_id, quality_samples.c.since),
    "calibration": (quality_calibrations, quality_calibrations.c.calibration_id, quality_calibrations.c.called_at),
}


class SqlQualityLedger:
    """Port QualityLedger."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def due(self, at: datetime, *, limit: int) -> Sequence[QualityDocument]:
        found: list[QualityDocument] = []
        with self._database.reading() as connection:
            for kind, (table, key, begun) in _KINDS.items():
                query = select(table).where(table.c.deadline <= at).order_by(table.c.deadline, key).limit(limit)
                found += [_document(kind, row._mapping, key, begun) for row in connection.execute(query)]
        return sorted(found, key=lambda one: (one.fixed.due_at, one.id))[:limit]

    def destroy(self, document: QualityDocument, entry: Entry) -> bool:
        table, key, _ = _KINDS[document.kind]
        with self._database.writing() as connection:
            if not connection.execute(delete(table).where(key == document.id)).rowcount:
                return False
            self._audit.append_within(connection, [entry])
        return True


def _document(kind: str, row: Any, key: Column[Any], begun: Column[Any]) -> QualityDocument:
    return QualityDocument(
        kind,
        row[key.name],
        row[begun.name],
        FixedDeadline(row["deadline"], RECORDED_AT, row[begun.name]),
        row.get("recording_id", ""),
        answers_digest(answers_of(row["answers"])) if kind == "analysis" else None,
    )
