"""Builds the quality team's services on an open archive."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from ivr.bootstrap.archive import Archive
from ivr.bootstrap.retention import Retention
from ivr.bootstrap.runtime import new_id
from ivr.domain.access import Actor, Role
from ivr.domain.asks.phrase_bank import PhraseBank
from ivr.domain.quality.analysis import SCHEDULE
from ivr.domain.retention.decision import deadline
from ivr.recording.sealer import RecordingNoteSealer
from ivr.services.lint.finding import Finding
from ivr.services.lint.lint import lint_grid
from ivr.services.quality.calibration import Calibrations
from ivr.services.quality.disputes import Disputes
from ivr.services.quality.expiry import Expiry
from ivr.services.quality.grading import Grading
from ivr.services.quality.grids import Grids
from ivr.services.quality.place_notes import PlaceNotes
from ivr.services.quality.results import Results
from ivr.services.quality.sampling import Sampling
from ivr.services.retention.run import run_owner
from ivr.settings import Settings
from ivr.settings.grids import read_grid
from ivr.settings.phrases import load_phrases
from ivr.storage.quality_analyses import SqlAnalyses
from ivr.storage.quality_grids import SqlGridShelf
from ivr.storage.quality_ledger import SqlQualityLedger
from ivr.storage.quality_samples import SqlCalibrations, SqlSamples
from ivr.storage.recording_notes import SqlRecordingNotes


@dataclass(frozen=True)
class Quality:
    grids: Grids
    grading: Grading
    results: Results
    disputes: Disputes
    sampling: Sampling
    calibrations: Calibrations
    notes: PlaceNotes


def open_grids(settings: Settings, archive: Archive, retention: Retention) -> Grids:
    shelf = SqlGridShelf(archive.database, archive.audit)

    @cache
    def phrases() -> PhraseBank:
        return load_phrases(settings.config_dir / "phrases")

    def check(text: str, file: str) -> list[Finding]:
        return lint_grid(text, file=file, profile=settings.profile, phrases=phrases())

    return Grids(shelf, retention.gate, archive.clock, lambda text, file: read_grid(text, file=file), check)


def open_quality(settings: Settings, archive: Archive, retention: Retention) -> Quality:
    clock, gate, audit, database = archive.clock, retention.gate, archive.audit, archive.database
    grids = open_grids(settings, archive, retention)
    book = SqlAnalyses(database, audit)
    catalogue = archive.vault.ports.catalogue

    def due(at: datetime) -> datetime:
        return deadline(SCHEDULE, at, settings.retention, settings.profile)

    sessions = SqlCalibrations(database, audit)
    grading = Grading(
        gate, book, grids, catalogue, archive.call_log, clock, new_id, due, sessions.is_open, archive.redactor
    )
    results = Results(gate, book, grids, audit, clock, settings.access, settings.retention)
    return Quality(
        grids,
        grading,
        results,
        Disputes(gate, book, grading, clock, archive.redactor),
        Sampling(gate, SqlSamples(database, audit), clock, new_id, os.urandom, due, results.note),
        Calibrations(gate, sessions, book, grading, clock, new_id, due, results.note),
        PlaceNotes(
            gate,
            SqlRecordingNotes(database, audit),
            archive.vault.ports,
            RecordingNoteSealer,
            new_id,
            sessions.is_blind,
            archive.redactor,
        ),
    )


def open_expiry(settings: Settings, archive: Archive, retention: Retention) -> Expiry:
    return Expiry(
        SqlQualityLedger(archive.database, archive.audit),
        archive.clock,
        settings.retention,
        settings.profile,
        run_owner(settings.node.id, new_id),
        retention.clock,
    )


def shelve_shipped(settings: Settings, archive: Archive, retention: Retention) -> list[str]:
    """Add the grids of config/grids that are not there yet; return their names. Raises what `Grids.add` raises."""
    grids = open_grids(settings, archive, retention)
    known = {(one.grid_id, one.version) for one in grids.all()}
    added = []
    for path in sorted((settings.config_dir / "grids").glob("*.toml")):
        text = path.read_text("utf-8")
        grid = read_grid(text, file=str(path))
        if (grid.id, grid.version) not in known:
            grids.add(Actor("ivr init", Role.OPERATOR), text, file=str(path))
            added.append(grid.name)
    return added
