"""What each step with an analysis writes into the evidence: who, which analysis, by which grid. No answer, no score."""

from __future__ import annotations

from typing import TypeVar

from ivr.domain.access import Actor
from ivr.domain.evidence.events.quality import AnalysisStep
from ivr.domain.quality.analysis import Analysis
from ivr.services.ports.evidence import Entry

_S = TypeVar("_S", bound=AnalysisStep)


def step(kind: type[_S], actor: Actor, analysis: Analysis, **more: object) -> Entry:
    """Return the entry of a step of this kind; `more` are the fields that the kind has besides."""
    event = kind(
        actor=actor.id,
        role=actor.role.value,
        analysis_id=analysis.id,
        form=analysis.form.value,
        grid=analysis.grid_id,
        grid_version=analysis.grid_version,
        **more,
    )
    return Entry(event, analysis.call.call_id, analysis.call.recording_id)
