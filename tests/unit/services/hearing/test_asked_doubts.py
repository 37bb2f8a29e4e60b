"""Doubts are read from the evidence with what came of each, and only of calls that are over."""

from __future__ import annotations

from ivr.domain.consent.state import Basis
from ivr.domain.evidence.events.base import Event
from ivr.domain.evidence.events.call import Reported
from ivr.domain.evidence.events.objection import Dispelled, Hesitation, Objection
from ivr.domain.hearing.calibration import AskedDoubt, Outcome
from ivr.services.hearing.asked_doubts import asked_doubts
from tests.fakes.vault import FakeAuditLog

_OVER = Reported(program="hotline", disposition="ANSWERED", sip_status=200, ended_by="caller", recording_state="SEALED")


def _doubt(score: float, basis: Basis = Basis.SPOKEN) -> Hesitation:
    return Hesitation(party="caller", label="objection_recording", basis=basis.value, score=score, discards=True)


def _objection(basis: Basis) -> Objection:
    return Objection(
        party="caller",
        label="objection_recording",
        basis=basis.value,
        offset_ms=0,
        score=1.0,
        band="act",
        rules=("OBJ-003",),
        discards=True,
    )


def _told(*events: Event) -> list[AskedDoubt]:
    audit = FakeAuditLog()
    for event in events:
        audit.append(event, call_id="call-1")
    return asked_doubts(audit, last=1000)


def _outcomes(*events: Event) -> list[Outcome]:
    return [doubt.outcome for doubt in _told(*events)]


def test_each_question_has_its_own_end() -> None:
    told = _told(_doubt(0.4), Dispelled("caller"), _doubt(0.6), _objection(Basis.SPOKEN), _OVER)
    assert told == [
        AskedDoubt("hotline", "objection_recording", 0.4, Outcome.DISPELLED),
        AskedDoubt("hotline", "objection_recording", 0.6, Outcome.CONFIRMED),
    ]


def test_the_key_and_the_agents_word_confirm_and_silence_does_not() -> None:
    assert _outcomes(_doubt(0.5), _objection(Basis.DTMF), _OVER) == [Outcome.CONFIRMED]
    assert _outcomes(_doubt(0.5), _objection(Basis.AGENT), _OVER) == [Outcome.CONFIRMED]
    assert _outcomes(_doubt(0.5), _objection(Basis.IMPLIED), _OVER) == [Outcome.UNANSWERED]
    assert _outcomes(_doubt(0.5), _OVER) == [Outcome.UNANSWERED]


def test_an_agents_doubt_and_a_call_that_goes_on_tell_nothing() -> None:
    assert _outcomes(_doubt(0.5, Basis.AGENT), Dispelled("caller"), _OVER) == []
    assert _outcomes(_doubt(0.5), Dispelled("caller")) == []
