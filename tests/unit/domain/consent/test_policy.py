"""Capture, objection and dialling decisions: decisions, and the rule ids behind them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.call.party import PartyRole
from ivr.domain.consent.policy import (
    ACCEPTANCE_TEST,
    CaptureFacts,
    PartyFacts,
    Permission,
    decide_capture,
    decide_dial,
    decide_objection,
    sampled,
    sampling_fault,
    sampling_warning,
)
from ivr.domain.consent.state import ConsentState
from ivr.domain.hearing.verdict import Label
from ivr.domain.program.program import Captured, ObjectionEffect
from ivr.french import french
from ivr.settings import load_settings

CONFIG = Path(__file__).parents[4] / "config"
SETTINGS = load_settings(CONFIG, {})
PROFILE = SETTINGS.profile
HOTLINE = SETTINGS.programs["hotline-quality"]
PROSPECTING = SETTINGS.programs["prospecting"]
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
REGIME_A = datetime(2026, 8, 10, 10, 0, tzinfo=UTC)

CALLER, AGENT = PartyRole.CALLER, PartyRole.AGENT
S = ConsentState


def facts(*parties: PartyFacts, program=HOTLINE, **changes) -> CaptureFacts:  # type: ignore[no-untyped-def]
    given = {"call_started_at": NOW, "sampled": True, **changes}
    return CaptureFacts(program=program, parties=parties, **given)


def told(role: PartyRole = CALLER, consent: ConsentState = S.NOTIFIED, **changes: bool) -> PartyFacts:
    return PartyFacts(role, consent, **changes)


TABLE = [
    ("a caller who was told", facts(told()), Permission.ALLOW, "REC-001"),
    ("both told", facts(told(), told(AGENT)), Permission.ALLOW, "REC-001"),
    ("nobody there", facts(), Permission.PAUSE, "REC-001"),
    ("a caller not yet told", facts(told(consent=S.UNASKED)), Permission.PAUSE, "REC-001"),
    ("an agent not yet told", facts(told(), told(AGENT, S.UNASKED)), Permission.PAUSE, "REC-001"),
    (
        "an agent not told, not bridged",
        facts(told(), told(AGENT, S.UNASKED, bridged=False)),
        Permission.ALLOW,
        "REC-001",
    ),
    ("only someone who is not bridged", facts(told(bridged=False)), Permission.PAUSE, "REC-001"),
    ("a caller who objects", facts(told(consent=S.REFUSED)), Permission.DENY, "REC-004"),
    ("an agent who objects", facts(told(), told(AGENT, S.REFUSED)), Permission.DENY, "REC-004"),
    ("one who objected and left", facts(told(), told(AGENT, S.REFUSED, bridged=False)), Permission.DENY, "REC-004"),
    ("a prospect who objects", facts(told(consent=S.REFUSED), program=PROSPECTING), Permission.DENY, "REC-006"),
    ("any objection", facts(told(consent=S.REFUSED)), Permission.DENY, "REC-019"),
    ("a doubt", facts(told(consent=S.DOUBT)), Permission.PAUSE, "REC-021"),
    ("a doubt of the agent", facts(told(), told(AGENT, S.DOUBT)), Permission.PAUSE, "REC-021"),
    ("on hold", facts(told(), on_hold=True), Permission.PAUSE, "REC-023"),
    ("a minor", facts(told(minor=True)), Permission.DENY, "REC-020"),
    ("a minor called for a sale", facts(told(minor=True), program=PROSPECTING), Permission.DENY, "REC-020"),
    ("not drawn", facts(told(), sampled=False), Permission.DENY, "REC-008"),
    ("deaf", facts(told(), deaf=True), Permission.DENY, "REC-021"),
    (
        "an objection outweighs a doubt",
        facts(told(consent=S.REFUSED), told(AGENT, S.DOUBT)),
        Permission.DENY,
        "REC-004",
    ),
    ("deafness outweighs hold", facts(told(), on_hold=True, deaf=True), Permission.DENY, "REC-021"),
]


@pytest.mark.parametrize(
    ("given_facts", "permission", "reason"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_capture_is_decided_with_its_reason(given_facts: CaptureFacts, permission: Permission, reason: str) -> None:
    decision = decide_capture(given_facts, PROFILE)
    assert decision.permission is permission
    assert reason in decision.reasons
    assert decision.detail


def test_an_allowed_capture_cites_the_rules_of_its_program_that_are_in_force() -> None:
    decision = decide_capture(facts(told(), program=PROSPECTING), PROFILE)
    assert decision.allowed
    assert "ASS-B-02" in decision.reasons
    assert "ASS-A-05" not in decision.reasons
    assert decision.lapsed == ("ASS-A-05",)


def test_a_call_under_the_old_regime_is_judged_by_the_old_rules() -> None:
    decision = decide_capture(facts(told(), program=PROSPECTING, call_started_at=REGIME_A), PROFILE)
    assert "ASS-A-05" in decision.reasons
    assert not {"ASS-B-02", "ASS-B-03", "ASS-B-04"} & set(decision.reasons)
    assert {"ASS-B-02", "ASS-B-03", "ASS-B-04"} <= set(decision.lapsed)


def test_minors_are_recorded_only_when_counsel_says_so_in_the_profile() -> None:
    rule = replace(PROFILE.rules["REC-020"], params={"record_minors": True})
    allowing = replace(PROFILE, rules={**PROFILE.rules, "REC-020": rule})
    assert decide_capture(facts(told(minor=True)), allowing).allowed


@pytest.mark.parametrize(
    ("given_facts", "cause"),
    [
        (facts(told()), ""),
        (facts(told(consent=S.UNASKED)), "untold"),
        (facts(told(), told(AGENT, S.UNASKED), on_hold=True), "hold"),
        (facts(told(consent=S.DOUBT), told(AGENT, S.UNASKED), on_hold=True), "doubt"),
        (facts(told(consent=S.DOUBT), sampled=False), "policy"),
        (facts(told(consent=S.REFUSED), deaf=True), "deaf"),
    ],
    ids=["nothing missed", "not told", "hold before not told", "doubt before all that holds", "denied", "deaf"],
)
def test_a_decision_names_the_cause_of_the_gap_that_it_makes(given_facts: CaptureFacts, cause: str) -> None:
    assert decide_capture(given_facts, PROFILE).cause == cause


party_facts = st.builds(
    PartyFacts,
    role=st.sampled_from(PartyRole),
    consent=st.sampled_from(ConsentState),
    bridged=st.booleans(),
    minor=st.booleans(),
)
capture_facts = st.builds(
    CaptureFacts,
    program=st.sampled_from([HOTLINE, PROSPECTING]),
    parties=st.lists(party_facts, max_size=4).map(tuple),
    call_started_at=st.datetimes(datetime(2022, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    sampled=st.booleans(),
    on_hold=st.booleans(),
    deaf=st.booleans(),
)


@given(capture_facts)
def test_nothing_is_ever_allowed_unless_all_who_are_heard_were_told_and_nobody_objects(
    given_facts: CaptureFacts,
) -> None:
    decision = decide_capture(given_facts, PROFILE)
    heard = [party for party in given_facts.parties if party.bridged]
    harmless = (
        bool(heard)
        and all(party.consent is S.NOTIFIED for party in heard)
        and not any(party.consent is S.REFUSED or party.minor for party in given_facts.parties)
        and given_facts.sampled
        and not given_facts.on_hold
        and not given_facts.deaf
    )
    assert decision.allowed == harmless
    day = PROFILE.day_of(given_facts.call_started_at)
    assert all(PROFILE.rules[reason].in_force(day) for reason in decision.reasons)


@given(capture_facts, party_facts)
def test_one_more_party_never_turns_a_denial_into_a_permission(given_facts: CaptureFacts, more: PartyFacts) -> None:
    before = decide_capture(given_facts, PROFILE).permission
    after = decide_capture(replace(given_facts, parties=(*given_facts.parties, more)), PROFILE).permission
    assert before is not Permission.DENY or after is Permission.DENY


# ---------------------------------------------------------------- objections


def test_an_objection_on_the_hotline_stops_the_recording_and_the_call_goes_on() -> None:
    outcome = decide_objection(HOTLINE, Label.OBJECTION_RECORDING, PROFILE, at=NOW)
    assert outcome.effect is ObjectionEffect.STOP_RECORDING
    assert outcome.discard_captured
    assert not outcome.end_call
    assert not outcome.do_not_call
    assert outcome.say == "objection-noted"
    assert outcome.reasons == ("REC-004", "REC-005")


def test_what_was_captured_before_a_quality_objection_may_be_kept_by_configuration() -> None:
    keeping = replace(HOTLINE, captured=Captured.KEEP)
    assert not decide_objection(keeping, Label.OBJECTION_RECORDING, PROFILE, at=NOW).discard_captured


@pytest.mark.parametrize("label", [Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT])
def test_a_prospects_objection_ends_the_call_destroys_and_bars_further_calls(label: Label) -> None:
    outcome = decide_objection(replace(PROSPECTING, captured=Captured.KEEP), label, PROFILE, at=NOW)
    assert outcome.effect is ObjectionEffect.END_CALL_AND_DESTROY
    assert outcome.discard_captured
    assert outcome.end_call
    assert outcome.do_not_call
    assert outcome.say == "prospecting-closing"
    assert outcome.reasons[-1] == "CAN-012"


@pytest.mark.parametrize(
    ("label", "at", "cited", "not_cited"),
    [
        (Label.OBJECTION_RECORDING, NOW, {"REC-006", "ASS-B-03"}, {"ASS-A-07"}),
        (Label.OBJECTION_RECORDING, REGIME_A, {"REC-006", "ASS-A-07"}, {"ASS-B-03"}),
        (Label.REFUSAL_CONTACT, NOW, {"CAN-005", "ASS-B-04"}, {"TIM-004", "ASS-A-03"}),
        (Label.REFUSAL_CONTACT, REGIME_A, {"TIM-004", "ASS-A-03"}, {"CAN-005", "ASS-B-04"}),
    ],
)
def test_the_rules_cited_for_a_refusal_are_those_of_the_date_of_the_call(
    label: Label, at: datetime, cited: set[str], not_cited: set[str]
) -> None:
    reasons = set(decide_objection(PROSPECTING, label, PROFILE, at=at).reasons)
    assert cited <= reasons
    assert not not_cited & reasons


def test_a_refusal_of_contact_on_the_hotline_leaves_the_recording_alone_but_bars_sales_calls() -> None:
    outcome = decide_objection(HOTLINE, Label.REFUSAL_CONTACT, PROFILE, at=NOW)
    assert outcome.effect is None
    assert not outcome.discard_captured
    assert not outcome.end_call
    assert outcome.do_not_call
    assert outcome.reasons == ("CAN-005", "CAN-012")


@pytest.mark.parametrize(
    ("program", "prompt"), [(HOTLINE, "quality-question-answer"), (PROSPECTING, "sales-question-answer")]
)
def test_a_question_about_the_recording_is_answered_and_stops_nothing(program, prompt: str) -> None:  # type: ignore[no-untyped-def]
    outcome = decide_objection(program, Label.QUESTION_RECORDING, PROFILE, at=NOW)
    assert (outcome.effect, outcome.end_call, outcome.do_not_call, outcome.say) == (None, False, False, prompt)


@pytest.mark.parametrize("program", [HOTLINE, PROSPECTING])
def test_harmless_speech_does_nothing(program) -> None:  # type: ignore[no-untyped-def]
    outcome = decide_objection(program, Label.NONE, PROFILE, at=NOW)
    assert (outcome.effect, outcome.say, outcome.reasons) == (None, "", ())
    assert not outcome.do_not_call


# ---------------------------------------------------------------- dialling and sampling


def test_a_person_in_the_do_not_call_register_is_not_called() -> None:
    decision = decide_dial("entry-7", PROSPECTING, PROFILE, at=NOW)
    assert decision.permission is Permission.DENY
    assert decision.reasons == ("CAN-012",)
    assert "entry-7" in decision.detail


def test_a_person_whom_no_entry_bars_may_be_called_and_the_reason_is_given() -> None:
    decision = decide_dial(None, PROSPECTING, PROFILE, at=NOW)
    assert decision.allowed
    assert decision.reasons == ("CAN-012",)


@given(st.text(min_size=1), st.floats(0, 1))
def test_a_call_is_drawn_the_same_way_every_time(call_id: str, rate: float) -> None:
    assert sampled(call_id, rate) == sampled(call_id, rate)
    assert not sampled(call_id, 0.0)
    assert sampled(call_id, 1.0)


@given(st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_rate_keeps_every_call_that_a_lower_one_draws(call_id: str, one: float, other: float) -> None:
    assert not sampled(call_id, min(one, other)) or sampled(call_id, max(one, other))


def test_the_share_of_calls_drawn_is_near_the_rate() -> None:
    drawn = sum(sampled(f"call-{n}", 0.2) for n in range(5000))
    assert 900 <= drawn <= 1100


@pytest.mark.parametrize(
    ("rate", "basis", "fault"),
    [
        (0.05, "", None),
        (0.2, "", None),
        (0.21, "", "needs a systematic_basis"),
        (1.0, "", "needs a systematic_basis"),
        (1.0, "insurance_sales_law", None),
        (1.0, ACCEPTANCE_TEST, None),
        (1.0, "insurance_sale_law", "did you mean 'insurance_sales_law'?"),
        (0.05, "because", "is no basis"),
    ],
)
def test_recording_more_than_a_sample_needs_a_basis(rate: float, basis: str, fault: str | None) -> None:
    found = sampling_fault(replace(HOTLINE, sampling_rate=rate, systematic_basis=basis), PROFILE)
    assert (found is None) == (fault is None)
    assert fault is None or (found is not None and fault in found)


def test_an_acceptance_test_is_announced_and_a_sample_is_not() -> None:
    warning = sampling_warning(HOTLINE, PROFILE)
    assert warning is not None
    assert "REC-008" in warning
    assert "0.05 and 0.20" in warning
    assert french(warning).startswith(
        "Programme « hotline-quality » : 100% des appels sont enregistrés au titre des essais"
    )
    assert sampling_warning(replace(HOTLINE, sampling_rate=0.1, systematic_basis=""), PROFILE) is None
    assert sampling_warning(PROSPECTING, PROFILE) is None
    limit = PROFILE.number("REC-008", "quality_sampling_rate_max")
    for rate in (limit / 2, limit):
        # Few enough under any basis.
        assert sampling_warning(replace(HOTLINE, sampling_rate=rate, systematic_basis=ACCEPTANCE_TEST), PROFILE) is None
