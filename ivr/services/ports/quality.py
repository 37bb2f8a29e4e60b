"""Ports of the quality team: the shelf of grids, the book of analyses, and what is drawn or compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ivr.domain.quality.analysis import Analysis, AnalysisForm, AnalysisState
from ivr.domain.quality.grid import Grid
from ivr.domain.quality.sampling import AgentShare, Candidate, SamplingRule
from ivr.domain.retention.artefact import FixedDeadline
from ivr.services.ports.evidence import Entry

#: Reads the TOML text of a grid; the second argument names it in errors. Raises ConfigurationError.
GridReader = Callable[[str, str], Grid]


@dataclass(frozen=True)
class ShelvedGrid:
    """One version of a grid as its author wrote it: `text` is TOML."""

    grid_id: str
    version: str
    text: str
    imported_at: datetime
    imported_by: str


class GridShelf(Protocol):
    def put(self, grid: ShelvedGrid, entry: Entry) -> None:
        """Raises ArchiveError when there is this version already: it never changes."""

    def get(self, grid_id: str, version: str) -> ShelvedGrid | None: ...

    def all(self) -> Sequence[ShelvedGrid]:
        """By id, the version that was imported last first."""
        ...


@dataclass(frozen=True)
class AnalysisQuery:
    """Which analyses: each field that is given narrows the answer. `agent` is compared without regard to case."""

    reviewer: str = ""
    agent: str = ""
    recording_id: str = ""
    calibration_id: str = ""
    grid_id: str = ""
    second_of: str = ""
    states: tuple[AnalysisState, ...] = ()
    forms: tuple[AnalysisForm, ...] = ()
    since: datetime | None = None
    counts: bool | None = None
    limit: int = 200


class AnalysisBook(Protocol):
    def begin(self, analysis: Analysis, entry: Entry) -> Analysis:
        """Keep a draft; the reviewer's own draft of the same call and grid comes back instead when there is one."""
        ...

    def get(self, analysis_id: str) -> Analysis | None: ...

    def find(self, query: AnalysisQuery) -> Sequence[Analysis]:
        """The latest begun first."""
        ...

    def change(
        self,
        analysis_id: str,
        change: Callable[[Analysis], Analysis],
        entry: Callable[[Analysis], Entry | None] = lambda _: None,
    ) -> Analysis:
        """Apply `change` while nobody else changes it, and write `entry` of the result, if it gives one.

        Raises ArchiveError when there is no such analysis; what `change` raises leaves it as it was.
        """
        ...

    def drop(self, analysis_id: str, entry: Entry) -> None:
        """Delete it; absent is fine, and nothing is written then."""

    def together(self) -> AbstractContextManager[None]:
        """What this thread does inside the block happens whole, or not at all."""
        ...


@dataclass(frozen=True)
class Sample:
    """Calls of one month that were drawn by lot, by which rule and seed."""

    id: str
    rule: SamplingRule
    seed: str
    drawn_at: datetime
    drawn_by: str
    shares: tuple[AgentShare, ...]
    deadline: datetime


class SampleBook(Protocol):
    def candidates(self, rule: SamplingRule, tags: Sequence[str]) -> Sequence[Candidate]:
        """Recordings of these purposes in the rule's months whose audio is kept, with their agents."""
        ...

    def put(self, sample: Sample, entry: Entry) -> None: ...

    def latest(self, limit: int = 24) -> Sequence[Sample]:
        """The last drawn first."""
        ...


@dataclass(frozen=True)
class Calibration:
    """Several reviewers score one call blind. `closed_at` None: it is open, and nobody sees another's answers."""

    id: str
    recording_id: str
    grid_id: str
    grid_version: str
    reviewers: tuple[str, ...]
    opened_by: str
    opened_at: datetime
    deadline: datetime
    closed_at: datetime | None = None


class CalibrationBook(Protocol):
    def open(self, calibration: Calibration, entry: Entry) -> None: ...

    def get(self, calibration_id: str) -> Calibration | None: ...

    def is_open(self, calibration_id: str) -> bool: ...

    def is_blind(self, recording_id: str, reviewer: str) -> bool:
        """Whether an open one of this recording names them and they have not finished scoring it, begun or not."""
        ...

    def all(self, limit: int = 100) -> Sequence[Calibration]:
        """The last opened first."""
        ...

    def close(self, calibration_id: str, at: datetime, entry: Entry) -> bool:
        """False, and nothing is written, when it is closed already or gone."""
        ...


@dataclass(frozen=True)
class QualityDocument:
    """An analysis, a sample or a calibration as retention sees it. No content; `recorded_at` is its call or month."""

    kind: str
    id: str
    recorded_at: datetime
    fixed: FixedDeadline
    recording_id: str = ""
    sha256: str | None = None


class QualityLedger(Protocol):
    def due(self, at: datetime, *, limit: int) -> Sequence[QualityDocument]:
        """Documents whose deadline is not later than `at`, the oldest deadline first."""
        ...

    def destroy(self, document: QualityDocument, entry: Entry) -> bool:
        """Delete it and write the entry in one transaction; False when it was gone already."""
        ...


class NoteSealer(Protocol):
    """Seals the notes of one recording, under its data key: they are noise once that is destroyed."""

    def seal(self, plain: bytes, bound: bytes) -> bytes: ...
    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """Raises ArchiveError when it was changed, or is bound to something else."""
        ...


@dataclass(frozen=True)
class SealedNote:
    """A note at a moment of a recording, as it is kept."""

    id: str
    recording_id: str
    at_ms: int
    author: str
    written_at: datetime
    sealed: bytes = field(repr=False)


class NoteBook(Protocol):
    """Notes at moments of recordings. They go with the recording's key, in the same transaction."""

    def of(self, recording_id: str) -> Sequence[SealedNote]:
        """In order of time."""
        ...

    def add(self, note: SealedNote, most: int, entry: Entry) -> bool:
        """False, and nothing is written, when it has `most` already. Raises ArchiveError when its key is gone."""
        ...

    def remove(self, recording_id: str, note_id: str, author: str, entry: Entry) -> bool:
        """False, and nothing is written, when this author has no such note there."""
        ...
