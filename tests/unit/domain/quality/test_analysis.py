"""The table of an analysis: a draft is scored, and what counts is disputed and decided once."""

from __future__ import annotations

import pytest

from ivr.domain.quality.analysis import ANALYSIS, AnalysisEvent, AnalysisState
from ivr.errors import TransitionError


def test_a_draft_can_only_be_scored_and_what_was_decided_moves_no_more() -> None:
    moves = {state: {event for event in AnalysisEvent if ANALYSIS.allows(state, event)} for state in AnalysisState}
    assert moves[AnalysisState.DRAFT] == {AnalysisEvent.SCORE}
    assert all(not moves[state] for state in ANALYSIS.final)
    assert moves[AnalysisState.SCORED] == {AnalysisEvent.DISPUTE, AnalysisEvent.REVISE}
    with pytest.raises(TransitionError):
        ANALYSIS.after(AnalysisState.SCORED, AnalysisEvent.SCORE)
