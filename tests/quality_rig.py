"""The quality team's services on a real SQLite or PostgreSQL database, with recordings of one agent."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from pathlib import Path

from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.domain.quality.analysis import SCHEDULE, Analysis
from ivr.domain.quality.grid import Grid
from ivr.domain.retention.decision import deadline
from ivr.recording.sealer import RecordingNoteSealer
from ivr.services.export.access_gate import Gate
from ivr.services.lint.lint import lint_grid
from ivr.services.ports.evidence import CallRow
from ivr.services.quality.calibration import Calibrations
from ivr.services.quality.disputes import Disputes
from ivr.services.quality.expiry import Expiry
from ivr.services.quality.grading import Grading, Saved
from ivr.services.quality.grids import Grids
from ivr.services.quality.place_notes import PlaceNotes
from ivr.services.quality.results import Results
from ivr.services.quality.sampling import Sampling
from ivr.settings.grids import read_grid
from ivr.settings.phrases import load_phrases
from ivr.storage.call_log import SqlCallLog
from ivr.storage.quality_analyses import SqlAnalyses
from ivr.storage.quality_grids import SqlGridShelf
from ivr.storage.quality_ledger import SqlQualityLedger
from ivr.storage.quality_samples import SqlCalibrations, SqlSamples
from ivr.storage.recording_notes import SqlRecordingNotes
from tests.fakes.accounts import Random
from tests.retention_rig import CALLED, RetentionRig, settings

CONFIG = Path(__file__).resolve().parents[1] / "config"
SHIPPED = (CONFIG / "grids" / "hotline.toml").read_text("utf-8")
ANNE = Actor("anne", Role.QUALITY_ANALYST)
PAUL = Actor("paul", Role.TRAINER)
SOPHIE = Actor("sophie", Role.SUPERVISOR)
LUC = Actor("luc", Role.AGENT)
#: The best answer to each question of the shipped grid.
BEST = {
    "a.presentation": "yes", "a.courtoisie": "5", "a.identification": "yes", "a.donnees_interdites": "no",
    "a.donnee_spontanee": "na", "a.comprehension": "5", "a.exactitude": "complete", "a.opposition": "na",
    "a.suite": "yes",
}  # fmt: skip


def asks(actor: Actor, purpose: str = "quality_audio", reason: str = "revue 12") -> AccessRequest:
    return AccessRequest(actor, Action.LIST, purpose=purpose, reason=reason)


class QualityRig(RetentionRig):
    def __init__(self, url: str, **more: object) -> None:
        super().__init__(url, **more)  # type: ignore[arg-type]
        found = settings()
        ids = itertools.count(1)
        phrases = load_phrases(CONFIG / "phrases")
        self.calls = SqlCallLog(self.database)
        self.gate = Gate(
            self.ledger, self.audit, self.clock, policy=found.access, table=self.table, profile=self.profile
        )
        self.book = SqlAnalyses(self.database, self.audit)

        def new_id() -> str:
            return f"quality-{next(ids):03}"

        def due(at: datetime) -> datetime:
            return deadline(SCHEDULE, at, self.table, self.profile)

        self.grids = Grids(
            SqlGridShelf(self.database, self.audit),
            self.gate,
            self.clock,
            lambda text, file: read_grid(text, file=file),
            lambda text, file: lint_grid(text, file=file, profile=self.profile, phrases=phrases),
        )
        sessions = SqlCalibrations(self.database, self.audit)
        self.grading = Grading(
            self.gate, self.book, self.grids, self.catalogue, self.calls, self.clock, new_id, due, sessions.is_open
        )
        self.results = Results(self.gate, self.book, self.grids, self.audit, self.clock, found.access, self.table)
        self.disputes = Disputes(self.gate, self.book, self.grading, self.clock)
        self.samples = SqlSamples(self.database, self.audit)
        self.sampling = Sampling(self.gate, self.samples, self.clock, new_id, Random(), due, self.results.note)
        self.calibrations = Calibrations(
            self.gate, sessions, self.book, self.grading, self.clock, new_id, due, self.results.note
        )
        self.notes = PlaceNotes(
            self.gate,
            SqlRecordingNotes(self.database, self.audit),
            self.vault.ports,
            RecordingNoteSealer,
            new_id,
            sessions.is_blind,
        )
        self.documents = SqlQualityLedger(self.database, self.audit)
        self.expiry = Expiry(self.documents, self.clock, self.table, self.profile, "node-1/run")
        self.grid: Grid = self.grids.add(SOPHIE, SHIPPED, file="hotline.toml")

    def call(self, recording_id: str, *, agent: str = "luc", tag: str = "quality_audio", at: datetime = CALLED) -> None:
        """A recording that is kept, and the report of its call."""
        self.record(recording_id, tag=tag, at=at)
        self.calls.add(
            CallRow(
                f"call-of-{recording_id}", "hotline-quality", "inbound", "sip:x@example.org", at, at,
                at + timedelta(minutes=3), "ANSWERED", 200, 16, "caller", recording_id, "SEALED", {}, "node-1", agent,
            )
        )  # fmt: skip

    def draft(self, actor: Actor = ANNE, recording_id: str = "rec-1") -> Analysis:
        return self.grading.begin(asks(actor), recording_id, self.grid)

    def scored(self, actor: Actor = ANNE, recording_id: str = "rec-1", **changes: str) -> Saved:
        draft = self.draft(actor, recording_id)
        return self.grading.finish(asks(actor), draft.id, draft.revision, {**BEST, **named(changes)})

    def kept(self, analysis_id: str) -> Analysis:
        found = self.book.get(analysis_id)
        assert found is not None
        return found

    def told(self, kind: str) -> list[dict[str, object]]:
        return [dict(event.body) for event in self.audit.events() if event.kind == kind]

    def later(self, days: int) -> None:
        self.clock.at += timedelta(days=days)


def named(changes: dict[str, str]) -> dict[str, str]:
    """`a_suite="no"` for the field `a.suite`, since no keyword has a dot."""
    return {
        f"{name[0]}.{name[2:]}" if name[1:2] == "_" and name[0] in "ant" else name: value
        for name, value in changes.items()
    }
