"""One case for every row of the retention tables: of the law, and of the mutual's published commitments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ivr.domain.retention.artefact import EventKind
from ivr.domain.retention.decision import PurposeState, RetentionAction, RetentionDecision, decide_retention
from ivr.french import in_french
from tests.unit.domain.retention.retention_cases import CALL, PARIS, PROFILE, TABLE, artefact, event, paris

SECOND = timedelta(seconds=1)

# Row: its tag; what happens after 21 November 2026 at 10:00 (Paris); when it ends, by which event, a rule that says so.
ROWS = {
    "8.1 a) health insurance: benefits": [
        ("health_benefits", "", "2031-11-21T10:00 recorded_at RET-001"),
    ],
    "8.1 a) health insurance: contract documents": [
        ("health_contract", "", "2036-11-21T10:00 recorded_at RET-001"),
        ("health_contract", "contract-ended 2027-01-05T09:00", "2037-01-05T09:00 contract-ended RET-001"),
    ],
    "8.1 b) provident": [
        ("provident", "", "2036-11-21T10:00 recorded_at RET-001"),
        ("provident", "contract-ended 2027-01-05T09:00", "2037-01-05T09:00 contract-ended RET-001"),
    ],
    "8.1 b) provident: death cover": [
        ("provident_death", "", "2056-11-21T10:00 recorded_at RET-001"),
        ("provident_death", "death 2027-01-05T09:00", "2057-01-05T09:00 death RET-001"),
    ],
    "8.1 c) commercial relation / prospecting": [
        ("commercial_relation", "", "2029-11-21T10:00 recorded_at RET-001"),
        (
            "commercial_relation",
            "last-contact 2027-01-05T09:00, last-contact 2027-06-30T09:00",
            "2030-06-30T09:00 last-contact RET-001",
        ),
        ("commercial_relation", "objection 2027-01-05T09:00", "2027-01-05T09:00 objection CAN-012"),
    ],
    "8.1 d) social action": [
        ("social_aid", "", "2031-11-21T10:00 recorded_at RET-001"),
    ],
    "8.1 e) AML (Tracfin, asset freeze)": [
        ("money_laundering", "", "2031-11-21T10:00 recorded_at RET-001"),
        ("money_laundering", "contract-ended 2027-01-05T09:00", "2032-01-05T09:00 contract-ended RET-001"),
    ],
    "8.1 f) fraud": [
        ("fraud", "fraud-suspected 2026-11-21T10:00", "2027-05-21T10:00 fraud-suspected RET-001"),
        (
            "fraud",
            "fraud-suspected 2026-11-21T10:00, fraud-proven 2027-01-05T09:00",
            "2032-01-05T09:00 fraud-proven RET-001",
        ),
        ("fraud", "", "2027-05-21T10:00 recorded_at RET-001"),
    ],
    "8.1 quality recordings": [
        ("quality_audio", "", "2027-05-21T10:00 recorded_at REC-007"),
    ],
    "8.1 analysis grids": [
        ("quality_grid", "", "2027-11-21T10:00 recorded_at REC-007"),
    ],
    "8.1 sales recordings": [
        ("sales_audio", "signature 2026-11-21T10:00", "2028-11-21T10:00 signature ASS-B-02"),
    ],
    "8.2 quality audio": [
        ("quality_audio", "", "2027-05-21T10:00 recorded_at REC-007"),
        ("quality_audio", "objection 2027-01-05T09:00", "2027-01-05T09:00 objection REC-005"),
    ],
    "8.2 quality grid": [
        ("quality_grid", "", "2027-11-21T10:00 recorded_at REC-007"),
    ],
    "8.2 transcript (REC-018)": [
        ("transcript", "", "2027-05-21T10:00 recorded_at REC-018"),
        ("transcript", "refusal 2027-01-05T09:00", "2027-01-05T09:00 refusal REC-018"),
    ],
    "8.2 incident audio (REC-010)": [
        ("incident_audio", "", "2027-05-21T10:00 recorded_at REC-010"),
        ("incident_audio", "incident-closed 2027-01-05T09:00", "2027-01-05T09:00 incident-closed REC-010"),
    ],
    "8.2 sales audio, contract signed": [
        ("sales_audio", "offer 2026-11-21T10:00, signature 2026-12-03T15:00", "2028-12-03T15:00 signature ASS-B-02"),
        (
            "sales_audio",
            "signature 2026-12-03T15:00, renunciation 2027-01-05T09:00, contract-ended 2027-01-05T09:00",
            "2028-12-03T15:00 signature ASS-B-02",
        ),
    ],
    "8.2 sales audio, refusal or objection": [
        ("sales_audio", "offer 2026-11-21T10:00, refusal 2026-11-21T10:00:01", "2026-11-21T10:00:01 refusal RET-003"),
        ("sales_audio", "objection 2026-11-21T10:00:01", "2026-11-21T10:00:01 objection REC-006"),
    ],
    "8.2 sales audio, no answer": [
        ("sales_audio", "offer 2026-11-25T09:00", "2026-12-25T09:00 offer ASS-B-04"),
        ("sales_audio", "", "2026-12-21T10:00 recorded_at ASS-B-04"),
    ],
    "8.2 contract-proof audio": [
        ("contract_proof", "conclusion 2026-11-21T10:00:01", "2031-11-21T10:00:01 conclusion REC-009"),
        ("contract_proof", "", "2026-12-21T10:00 recorded_at REC-009"),
        ("contract_proof", "refusal 2026-11-21T10:00:01", "2026-11-21T10:00:01 refusal REC-009"),
    ],
    "8.2 canvassing consent proof": [
        ("canvassing_consent_proof", "", "2029-11-21T10:00 recorded_at CAN-004"),
    ],
    "8.2 solicited-call proof (CAN-013)": [
        ("solicited_call_proof", "", "2029-11-21T10:00 recorded_at CAN-013"),
    ],
    "8.2 do-not-contact entry": [
        ("do_not_contact", "", "2029-11-21T10:00 recorded_at CAN-012"),
        ("do_not_contact", "refusal 2027-01-05T09:00, refusal 2027-06-30T09:00", "2030-06-30T09:00 refusal CAN-012"),
    ],
    "8.2 notice-played / objection event log (quality)": [
        ("consent_events_quality", "", "2027-05-21T10:00 recorded_at REC-005"),
    ],
    "8.2 notice-played / objection event log (sales)": [
        ("consent_events_sales", "", "2026-12-21T10:00 recorded_at ASS-B-04"),
        ("consent_events_sales", "offer 2026-12-16T09:00", "2027-01-16T09:00 offer ASS-B-04"),
        ("consent_events_sales", "signature 2026-11-21T10:00", "2028-11-21T10:00 signature ASS-B-02"),
        ("consent_events_sales", "refusal 2026-11-21T10:00", "2029-11-21T10:00 refusal REC-006"),
    ],
    "8.2 destruction certificate": [
        ("destruction_certificate", "", "2029-11-21T10:00 recorded_at REC-006"),
    ],
    "8.2 access and listening log": [
        ("authority_file", "", "2031-11-21T10:00 recorded_at RET-004"),
        ("access_log", "", "2027-11-21T10:00 recorded_at REC-016"),
    ],
    "8.2 DSAR file": [
        ("dsar_file", "dsar-closed 2027-01-05T09:00", "2028-01-05T09:00 dsar-closed GDP-003"),
        (
            "dsar_file",
            "dsar-closed 2027-01-05T09:00, dsar-disputed 2027-01-05T09:00:01",
            "2032-01-05T09:00:01 dsar-disputed GDP-003",
        ),
        ("dsar_file", "", "2028-02-21T10:00 recorded_at GDP-003"),
    ],
    "8.2 breach register": [
        ("breach_register", "", "2031-11-21T10:00 recorded_at GDP-007"),
    ],
    "8.2 CDR/technical logs of the operator": [
        ("call_report", "", "2027-11-21T10:00 recorded_at RET-001"),
    ],
    "objection memory (REC-022)": [
        ("objection_memory", "", "2029-11-21T10:00 recorded_at REC-022"),
        ("objection_memory", "objection 2027-01-05T09:00", "2030-01-05T09:00 objection REC-022"),
    ],
    "complaint file": [
        (
            "complaint",
            "complaint-opened 2026-11-21T10:00, complaint-closed 2027-01-05T09:00",
            "2032-01-05T09:00 complaint-closed RET-002",
        ),
        ("complaint", "", "2031-11-21T10:00 recorded_at RET-002"),
    ],
}

#: Rows of the law before 11 August 2026: what began under it stays under it.
OLD_ROWS = {
    "8.2 sales audio, contract signed": [
        ("sales_audio", "signature 2026-08-10T11:00", "2028-08-10T11:00 signature ASS-A-05"),
    ],
    "8.2 sales audio, no answer": [
        ("sales_audio", "", "2026-09-10T11:00 recorded_at ASS-A-07"),
    ],
    "8.2 solicited-call proof (regime A)": [
        ("solicited_call_proof_a", "", "2028-08-10T11:00 recorded_at ASS-A-08"),
    ],
}

Happened = list[tuple[EventKind, datetime]]


def read(began: datetime, row: str, tag: str, events: str, outcome: str) -> tuple[object, ...]:
    named = [text.split() for text in events.split(", ") if text]
    end, by, rule = outcome.split()
    happened = [(EventKind(kind), moment(at)) for kind, at in named]
    return began, row, tag, happened, moment(end), by, rule


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


OLD_CALL = paris(2026, 8, 10, 11)
TABLES = ((CALL, ROWS), (OLD_CALL, OLD_ROWS))
CASES = [read(began, row, *case) for began, rows in TABLES for row, cases in rows.items() for case in cases]


@pytest.mark.parametrize(
    ("began", "row", "tag", "events", "end", "by", "rule"),
    CASES,
    ids=[
        f"{row}: {events.replace(', ', ' then ') or 'nothing happens'}"
        for _, rows in TABLES
        for row, cases in rows.items()
        for _, events, _ in cases
    ],
)
def test_a_row_of_the_tables_is_kept_until_its_end_and_no_longer(
    began: datetime, row: str, tag: str, events: Happened, end: datetime, by: str, rule: str
) -> None:
    schedule = TABLE.schedule(tag)
    assert row.startswith((schedule.row, "8.1 quality recordings", "8.1 analysis grids", "8.1 sales recordings"))

    def at(now: datetime) -> RetentionDecision:
        happened = [event(kind, time) for kind, time in events if time <= now]
        return decide_retention(artefact(tag, at=began), happened, (), TABLE, PROFILE, now)

    due = at(end)
    (purpose,) = due.purposes
    assert (due.due_at, purpose.event) == (end, by)
    assert rule in due.reasons
    assert "RET-001" in due.reasons
    before = at(end - SECOND)
    assert (before.action, before.purposes[0].state, before.overdue_since) == (
        RetentionAction.KEEP,
        PurposeState.OPEN,
        None,
    )
    if schedule.at_end.value == "review":
        assert (due.action, purpose.state) == (RetentionAction.KEEP, PurposeState.REVIEW)
        assert "à réexaminer" in in_french(due.details)
    else:
        assert (due.action, purpose.state, due.overdue_since) == (RetentionAction.DESTROY, PurposeState.ENDED, end)
    assert schedule.title in in_french(due.details)


def test_every_schedule_is_a_row_that_has_a_case() -> None:
    assert {case[2] for case in CASES} == set(TABLE.schedules)
    assert all(schedule.row and schedule.confidence for schedule in TABLE.schedules.values())


def test_every_period_of_every_schedule_has_a_case() -> None:
    tried = {(case[2], case[5]) for case in CASES}
    assert {
        (schedule.tag, period.event) for schedule in TABLE.schedules.values() for period in schedule.periods
    } <= tried


def test_the_length_of_money_laundering_files_is_flagged_as_a_conflict() -> None:
    assert {tag for tag, one in TABLE.schedules.items() if one.conflict} == {
        "money_laundering",
        "sales_audio",
    }
    assert "deux ans" in TABLE.schedule("money_laundering").conflict


def test_social_aid_leaves_the_site_after_two_years_and_is_destroyed_after_five() -> None:
    def at(now: datetime) -> RetentionDecision:
        return decide_retention(artefact("social_aid"), (), (), TABLE, PROFILE, now)

    moved = paris(2028, 11, 21, 10)
    assert at(moved).purposes[0].archive_at == moved
    assert (at(moved - SECOND).archived, at(moved).archived) == (False, True)
    assert at(moved).action is RetentionAction.KEEP


def test_proof_of_a_contract_goes_to_the_archive_as_soon_as_it_is_concluded() -> None:
    concluded = [event("conclusion", CALL + SECOND)]
    assert decide_retention(artefact("contract_proof"), concluded, (), TABLE, PROFILE, CALL + SECOND).archived
    assert not decide_retention(artefact("contract_proof"), (), (), TABLE, PROFILE, CALL + SECOND).archived


def test_what_one_purpose_still_needs_on_site_is_not_moved_to_the_archive_for_another() -> None:
    moved = paris(2028, 11, 21, 10)
    both = decide_retention(artefact("social_aid", "provident"), (), (), TABLE, PROFILE, moved)
    assert [p.archive_at for p in both.purposes] == [moved, None]
    assert not both.archived
