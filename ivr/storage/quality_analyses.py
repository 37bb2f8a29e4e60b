"""The book of analyses in a database: a row each, changed while nobody else changes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from ivr.domain.evidence.chain import stamp
from ivr.domain.quality.analysis import Analysis, AnalysisForm, AnalysisState, Call, Dispute
from ivr.domain.quality.answers import answers_of, answers_text
from ivr.errors import ArchiveError
from ivr.services.ports.evidence import Entry
from ivr.services.ports.quality import AnalysisQuery
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from ivr.storage.tables import quality_analyses

_A = quality_analyses.c
#: Fields that stand in the row under their own names, as they are.
_PLAIN = (
    "revision", "grid_id", "grid_version", "reviewer", "second_of", "calibration_id", "begun_at", "saved_at",
    "scored_at", "tenths", "passed", "counts", "to_coach", "coached_at", "coached_by", "deadline",
)  # fmt: skip


class SqlAnalyses:
    """Port AnalysisBook."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def together(self) -> AbstractContextManager[None]:
        return self._database.together()

    def begin(self, analysis: Analysis, entry: Entry) -> Analysis:
        occasion = (
            (_A.state == AnalysisState.DRAFT.value)
            & (_A.reviewer == analysis.reviewer)
            & (_A.recording_id == analysis.call.recording_id)
            & (_A.grid_id == analysis.grid_id)
            & (_A.second_of == analysis.second_of)
            & (_A.calibration_id == analysis.calibration_id)
        )
        with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":
                # A row that is not there yet cannot be locked. SQLite has one writer anyway.
                connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(analysis.call.recording_id))))
            row = connection.execute(select(quality_analyses).where(occasion)).first()
            if row is not None:
                return _analysis(row)
            connection.execute(insert(quality_analyses).values(_values(analysis)))
            self._audit.append_within(connection, [entry])
        return analysis

    def get(self, analysis_id: str) -> Analysis | None:
        with self._database.reading() as connection:
            row = connection.execute(select(quality_analyses).where(_A.analysis_id == analysis_id)).first()
        return _analysis(row) if row else None

    def find(self, query: AnalysisQuery) -> Sequence[Analysis]:
        with self._database.reading() as connection:
            return [_analysis(row) for row in connection.execute(_select(query))]

    def change(
        self,
        analysis_id: str,
        change: Callable[[Analysis], Analysis],
        entry: Callable[[Analysis], Entry | None] = lambda _: None,
    ) -> Analysis:
        with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":
                # Of two scored at once the later must see the first. Before any row: no two wait for each other.
                of_call = func.pg_advisory_xact_lock(func.hashtext(_A.recording_id))
                connection.execute(select(of_call).where(_A.analysis_id == analysis_id))
            row = _locked(connection, analysis_id)
            if row is None:
                raise ArchiveError(
                    "there is no such analysis", where=f"analysis {analysis_id}", remedy="see the list of analyses"
                )
            changed = change(_analysis(row))
            connection.execute(update(quality_analyses).where(_A.analysis_id == analysis_id).values(_values(changed)))
            written = entry(changed)
            if written is not None:
                self._audit.append_within(connection, [written])
        return changed

    def drop(self, analysis_id: str, entry: Entry) -> None:
        with self._database.writing() as connection:
            draft = (_A.analysis_id == analysis_id) & (_A.state == AnalysisState.DRAFT.value)
            if connection.execute(delete(quality_analyses).where(draft)).rowcount:
                self._audit.append_within(connection, [entry])


def _locked(connection: Connection, analysis_id: str) -> Row[Any] | None:
    return connection.execute(select(quality_analyses).where(_A.analysis_id == analysis_id).with_for_update()).first()


def _select(query: AnalysisQuery) -> Select[Any]:
    found = select(quality_analyses).order_by(_A.begun_at.desc(), _A.analysis_id).limit(query.limit)
    for name in ("reviewer", "recording_id", "calibration_id", "grid_id", "second_of"):
        if value := getattr(query, name):
            found = found.where(_A[name] == value)
    if query.agent:
        found = found.where(func.lower(_A.agent) == query.agent.lower())
    if query.states:
        found = found.where(_A.state.in_([one.value for one in query.states]))
    if query.forms:
        found = found.where(_A.form.in_([one.value for one in query.forms]))
    if query.since is not None:
        found = found.where(_A.called_at >= query.since)
    if query.counts is not None:
        found = found.where(_A.counts.is_(query.counts))
    return found


def _values(analysis: Analysis) -> dict[str, object]:
    call, dispute = analysis.call, analysis.dispute
    return {
        "analysis_id": analysis.id,
        "form": analysis.form.value,
        "state": analysis.state.value,
        "recording_id": call.recording_id,
        "call_id": call.call_id,
        "program": call.program,
        "called_at": call.at,
        "agent": call.agent,
        "answers": answers_text(analysis.answers),
        "dispute": {
            key: stamp(value) if isinstance(value, datetime) else value for key, value in asdict(dispute).items()
        }
        if dispute
        else None,
        **{name: getattr(analysis, name) for name in _PLAIN},
    }


def _analysis(row: Row[Any]) -> Analysis:
    return Analysis(
        id=row.analysis_id,
        form=AnalysisForm(row.form),
        state=AnalysisState(row.state),
        call=Call(row.recording_id, row.call_id, row.program, row.called_at, row.agent),
        answers=answers_of(row.answers),
        dispute=_dispute(row.dispute) if row.dispute else None,
        **{name: row._mapping[name] for name in _PLAIN},
    )


def _dispute(body: dict[str, Any]) -> Dispute:
    decided = body["decided_at"]
    return Dispute(
        body["why"],
        datetime.fromisoformat(body["at"]),
        body["decided_by"],
        datetime.fromisoformat(decided) if decided else None,
        body["decision"],
    )
