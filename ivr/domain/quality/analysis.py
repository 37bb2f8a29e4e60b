"""One analysis of one call: who scored it by which grid, what came out, and what became of it.

It holds no word of the call. It is due twelve months after the call (REC-007), whatever becomes of the audio.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from ivr.domain.quality.answers import Answers
from ivr.domain.state_machine import Machine

#: The schedule of config/retention.toml under which analyses are kept.
SCHEDULE: Final = "quality_grid"


class AnalysisForm(Enum):
    """REVIEW: of the daily work. SECOND: of a call that was scored already. CALIBRATION: counts for nobody."""

    REVIEW = "review"
    SECOND = "second"
    CALIBRATION = "calibration"


class AnalysisState(Enum):
    DRAFT = "DRAFT"
    SCORED = "SCORED"
    DISPUTED = "DISPUTED"
    UPHELD = "UPHELD"
    REVISED = "REVISED"


class AnalysisEvent(Enum):
    """REVISE: a second review was scored, and counts in its place."""

    SCORE = "score"
    DISPUTE = "dispute"
    UPHOLD = "uphold"
    REVISE = "revise"


_S, _E = AnalysisState, AnalysisEvent

ANALYSIS = Machine(
    name="analysis",
    initial=frozenset({_S.DRAFT}),
    final=frozenset({_S.UPHELD, _S.REVISED}),
    table={
        (_S.DRAFT, _E.SCORE): _S.SCORED,
        (_S.SCORED, _E.DISPUTE): _S.DISPUTED,
        (_S.SCORED, _E.REVISE): _S.REVISED,
        (_S.DISPUTED, _E.UPHOLD): _S.UPHELD,
        (_S.DISPUTED, _E.REVISE): _S.REVISED,
    },
)


@dataclass(frozen=True)
class Call:
    """The call that is judged, as far as an analysis outlives its recording. `agent` is a label, empty: not known."""

    recording_id: str
    call_id: str
    program: str
    at: datetime
    agent: str = ""


@dataclass(frozen=True)
class Dispute:
    """What an agent disputes, and what was decided. Their words are kept as a reviewer's notes are."""

    why: str
    at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    decision: str = ""


@dataclass(frozen=True)
class Analysis:
    """`revision` rises with each save: whoever saves names the one that was read.

    `counts` for the agent once scored, unless another one does already, it is a calibration, or a second review has
    taken its place. `tenths` are of a percent (None: nothing counted). `second_of` is the analysis that a second review
    looks at again; `calibration_id` the session that a calibration belongs to. `to_coach`: the reviewer asks that it be
    talked about; `coached_at` when that was done.
    """

    id: str
    form: AnalysisForm
    call: Call
    grid_id: str
    grid_version: str
    reviewer: str
    begun_at: datetime
    deadline: datetime
    state: AnalysisState = AnalysisState.DRAFT
    revision: int = 1
    answers: Answers = field(default_factory=dict)
    saved_at: datetime | None = None
    scored_at: datetime | None = None
    tenths: int | None = None
    passed: bool = False
    counts: bool = False
    to_coach: bool = False
    coached_at: datetime | None = None
    coached_by: str = ""
    second_of: str = ""
    calibration_id: str = ""
    dispute: Dispute | None = None

    @property
    def is_draft(self) -> bool:
        return self.state is AnalysisState.DRAFT
