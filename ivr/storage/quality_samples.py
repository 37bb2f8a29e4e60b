"""Samples that were drawn, and calibrations, in a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, insert, select, update

from ivr.domain.quality.analysis import AnalysisState
from ivr.domain.quality.sampling import AgentShare, Candidate, SamplingRule
from ivr.domain.text.told import Told
from ivr.services.ports.evidence import Entry
from ivr.services.ports.quality import Calibration, Sample
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from ivr.storage.tables import KEPT, quality_analyses, quality_calibrations, quality_samples, recordings, restrictions

_R, _S, _C = recordings.c, quality_samples.c, quality_calibrations.c


class SqlSamples:
    """Port SampleBook."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def candidates(self, rule: SamplingRule, tags: Sequence[str]) -> Sequence[Candidate]:
        analysed = exists().where(
            quality_analyses.c.recording_id == _R.recording_id, quality_analyses.c.calibration_id == ""
        )
        restricted = exists().where(restrictions.c.recording_id == _R.recording_id)
        query = (
            select(_R.recording_id, _R.agent, _R.opened_at, _R.duration_ms, _R.program, analysed.label("analysed"))
            .where(KEPT, _R.retention.in_(tags), _R.opened_at >= rule.since, _R.opened_at < rule.until, _R.agent != "")
            .where(~restricted)
            .order_by(_R.recording_id)
        )
        with self._database.reading() as connection:
            return [
                Candidate(
                    row.recording_id, row.agent, row.opened_at, row.duration_ms or 0, row.program, bool(row.analysed)
                )
                for row in connection.execute(query)
            ]

    def put(self, sample: Sample, entry: Entry) -> None:
        values = {
            **asdict(sample.rule),
            "sample_id": sample.id,
            "seed": sample.seed,
            "drawn_at": sample.drawn_at,
            "drawn_by": sample.drawn_by,
            "shares": [asdict(share) for share in sample.shares],
            "deadline": sample.deadline,
        }
        with self._database.writing() as connection:
            connection.execute(insert(quality_samples).values(values))
            self._audit.append_within(connection, [entry])

    def latest(self, limit: int = 24) -> Sequence[Sample]:
        query = select(quality_samples).order_by(_S.drawn_at.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_sample(row) for row in connection.execute(query)]


class SqlCalibrations:
    """Port CalibrationBook."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def open(self, calibration: Calibration, entry: Entry) -> None:
        called_at = select(_R.opened_at).where(_R.recording_id == calibration.recording_id)
        with self._database.writing() as connection:
            values = {**vars(calibration), "called_at": connection.execute(called_at).scalar_one()}
            values["calibration_id"] = values.pop("id")
            values["reviewers"] = list(calibration.reviewers)
            connection.execute(insert(quality_calibrations).values(values))
            self._audit.append_within(connection, [entry])

    def get(self, calibration_id: str) -> Calibration | None:
        with self._database.reading() as connection:
            query = select(quality_calibrations).where(_C.calibration_id == calibration_id)
            row = connection.execute(query).first()
        return _calibration(row) if row else None

    def is_open(self, calibration_id: str) -> bool:
        found = self.get(calibration_id)
        return found is not None and found.closed_at is None

    def is_blind(self, recording_id: str, reviewer: str) -> bool:
        finished = exists().where(
            quality_analyses.c.calibration_id == _C.calibration_id,
            quality_analyses.c.reviewer == reviewer,
            quality_analyses.c.state != AnalysisState.DRAFT.value,
        )
        unfinished = select(_C.reviewers).where(_C.recording_id == recording_id, _C.closed_at.is_(None), ~finished)
        with self._database.reading() as connection:
            return any(reviewer in named for named in connection.execute(unfinished).scalars())

    def all(self, limit: int = 100) -> Sequence[Calibration]:
        query = select(quality_calibrations).order_by(_C.opened_at.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_calibration(row) for row in connection.execute(query)]

    def close(self, calibration_id: str, at: datetime, entry: Entry) -> bool:
        still_open = (_C.calibration_id == calibration_id) & _C.closed_at.is_(None)
        with self._database.writing() as connection:
            if not connection.execute(update(quality_calibrations).where(still_open).values(closed_at=at)).rowcount:
                return False
            self._audit.append_within(connection, [entry])
        return True


def _sample(row: Row[Any]) -> Sample:
    rule = SamplingRule(row.per_agent, row.since, row.until, row.min_ms, row.program)
    shares = tuple(
        AgentShare(one["agent"], one["calls"], one["fitting"], tuple(one["drawn"]), Told(one["detail"]))
        for one in row.shares
    )
    return Sample(row.sample_id, rule, row.seed, row.drawn_at, row.drawn_by, shares, row.deadline)


def _calibration(row: Row[Any]) -> Calibration:
    return Calibration(
        row.calibration_id,
        row.recording_id,
        row.grid_id,
        row.grid_version,
        tuple(row.reviewers),
        row.opened_by,
        row.opened_at,
        row.deadline,
        row.closed_at,
    )
