"""Analysis grids and what is done by them; no answer, note or score. For the DPO, agents and who represents them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.domain.evidence.events.base import ABSENT, Absent, Event


@dataclass(frozen=True, kw_only=True)
class GridImported(Event, kind="grid.imported"):
    """A version of an analysis grid was added: from then on calls may be scored by it."""

    actor: str
    role: str
    grid: str
    grid_version: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class AnalysisStep(Event):
    """What somebody does with an analysis. `form`: review, second or calibration."""

    actor: str
    role: str
    analysis_id: str
    form: str
    grid: str
    grid_version: str


@dataclass(frozen=True, kw_only=True)
class AnalysisBegun(AnalysisStep, kind="analysis.begun"):
    """Somebody begins to analyse a call: for which purpose and why, and which analysis they look at again."""

    purpose: str
    reason: str
    second_of: str | Absent = ABSENT


@dataclass(frozen=True, kw_only=True)
class AnalysisScored(AnalysisStep, kind="analysis.scored"):
    """An analysis was finished; `sha256` is over its answers, `counts` whether it stands for the agent."""

    sha256: str
    counts: bool


@dataclass(frozen=True, kw_only=True)
class AnalysisShown(AnalysisStep, kind="analysis.shown"):
    """Somebody was shown a finished analysis that is another's, or the result of their own call."""


@dataclass(frozen=True, kw_only=True)
class AnalysisDisputed(AnalysisStep, kind="analysis.disputed"):
    """The agent disputes the result."""


@dataclass(frozen=True, kw_only=True)
class DisputeUpheld(AnalysisStep, kind="analysis.upheld"):
    """Somebody who did not score it decided that the result stands."""


@dataclass(frozen=True, kw_only=True)
class AnalysisRevised(AnalysisStep, kind="analysis.revised"):
    """A second review (`by`) counts in its place."""

    by: str


@dataclass(frozen=True, kw_only=True)
class AnalysisCoached(AnalysisStep, kind="analysis.coached"):
    """The call was talked about with the agent."""


@dataclass(frozen=True, kw_only=True)
class DraftDropped(AnalysisStep, kind="analysis.dropped"):
    """A reviewer gave up a draft of theirs; nothing of it is kept."""


@dataclass(frozen=True, kw_only=True)
class AnalysesListed(Event, kind="analyses.listed"):
    """Somebody was shown which analyses there are: `what` list, and how many lines it had."""

    actor: str
    role: str
    purpose: str
    reason: str
    what: str
    count: int


@dataclass(frozen=True, kw_only=True)
class SampleDrawn(Event, kind="sample.drawn"):
    """Calls of a month were drawn by lot: `seed` and rule find the same ones again; `sha256` is over their ids."""

    actor: str
    role: str
    sample_id: str
    since: datetime
    until: datetime
    per_agent: int
    min_ms: int
    program: str
    seed: str
    agents: int
    drawn: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class CalibrationStep(Event):
    """What somebody does with a calibration: several score one call blind, and compare once it is closed."""

    actor: str
    role: str
    calibration_id: str
    grid: str
    grid_version: str
    reviewers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CalibrationOpened(CalibrationStep, kind="calibration.opened"):
    """Somebody opened a calibration for these reviewers."""


@dataclass(frozen=True, kw_only=True)
class CalibrationClosed(CalibrationStep, kind="calibration.closed"):
    """Somebody closed it: those who took part see how far they lie apart."""


@dataclass(frozen=True, kw_only=True)
class DocumentDestroyed(Event, kind="quality.destroyed"):
    """A document of the quality team was destroyed at its time: `document` is analysis, sample or calibration.

    `sha256` is over what an analysis answered (None for the others).
    """

    document: str
    document_id: str
    rules: tuple[str, ...]
    due_at: datetime
    sha256: str | None
    owner: str


@dataclass(frozen=True, kw_only=True)
class PlaceNoted(Event, kind="recording.noted"):
    """A reviewer wrote a note at a moment of a recording, for which purpose and why; its words stand nowhere else."""

    actor: str
    role: str
    purpose: str
    reason: str
    note_id: str
    at_ms: int


@dataclass(frozen=True, kw_only=True)
class PlaceNoteRemoved(Event, kind="recording.note_removed"):
    """Whoever wrote a note at a moment of a recording removed it."""

    actor: str
    role: str
    note_id: str
