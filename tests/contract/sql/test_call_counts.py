"""What is counted over many calls, on both databases, and what the figures of a house show of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.domain.access import CALL_REPORT, AccessRequest, Action, Actor, Role
from ivr.domain.audio.spans import Gap
from ivr.domain.evidence.events.base import Event
from ivr.domain.evidence.events.call import AgentAsked, Masked
from ivr.domain.evidence.events.objection import Dispelled, Hesitation, Objection
from ivr.domain.evidence.events.quality import AnalysisBegun
from ivr.domain.quality.analysis import Analysis, AnalysisForm, AnalysisState, Call
from ivr.domain.retention.decision import deadline
from ivr.domain.statistics.figure import Figure
from ivr.domain.statistics.period import Month, Period, month_of, parse_period
from ivr.errors import ComplianceError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.evidence import CallRow, Entry
from ivr.services.statistics.statistics import Figures, Statistics
from ivr.storage.call_counts import SqlCallCounts
from ivr.storage.call_log import SqlCallLog
from ivr.storage.quality_analyses import SqlAnalyses
from tests.databases import KINDS, fresh_url
from tests.fakes.vault import a_tag
from tests.retention_rig import CALLED, SOUND, RetentionRig, settings

ZONE = ZoneInfo("Europe/Paris")
HOTLINE, SALES = "hotline-quality", "prospecting"
MONTH = month_of(CALLED.astimezone(ZONE).date())
PERIOD = parse_period(MONTH.text, MONTH.text, today=CALLED.date())


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RetentionRig]:
    rig = RetentionRig(fresh_url(request.param, tmp_path))
    yield rig
    rig.close()


def call(rig: RetentionRig, number: int, *events: Event, program: str = HOTLINE, ended: str = "ANSWERED") -> None:
    """A call of the month, with what was noted of it."""
    call_id, at = f"{program}-{number}", CALLED + timedelta(seconds=number)
    row = CallRow(
        call_id, program, "inbound", "sip:0612345678@example.org", at, at, at, ended, 200, 16, "caller", None,
        "WITHHELD", {}, "node-1",
    )  # fmt: skip
    SqlCallLog(rig.database).add(row)
    for event in events:
        rig.audit.append(event, call_id=call_id)


def scored(rig: RetentionRig, number: int, tenths: int | None, *, counts: bool = True, at: datetime = CALLED) -> None:
    """An analysis that was finished."""
    it = Call(f"rec-{number}", f"call-{number}", HOTLINE, at, "luc")
    analysis = Analysis(
        f"analysis-{number}", AnalysisForm.REVIEW, it, "hotline", "1", "anne", at, at + timedelta(days=365),
        state=AnalysisState.SCORED, tenths=tenths, counts=counts,
    )  # fmt: skip
    begun = AnalysisBegun(
        actor="anne", role="quality_analyst", analysis_id=analysis.id, form="review", grid="hotline", grid_version="1",
        purpose="", reason="x",
    )  # fmt: skip
    SqlAnalyses(rig.database, rig.audit).begin(analysis, Entry(begun))


def objection(offset_ms: int) -> Objection:
    return Objection(
        party="caller", label="objection_recording", basis="SPOKEN", offset_ms=offset_ms, score=1.0, band="act",
        rules=("REC-004",), discards=True,
    )  # fmt: skip


DOUBT = Hesitation(party="caller", label="objection_recording", basis="SPOKEN", score=0.5, discards=True)
ASKED = AgentAsked(
    party="agent", agent="anne", program=HOTLINE, rules=("ASK-001",), families=("nir", "card"), start_ms=0, end_ms=9,
    reaction="beep",
)  # fmt: skip
MASK = Masked(party="caller", number="card", start_ms=0, end_ms=9)


def statistics(rig: RetentionRig) -> Statistics:
    gate = Gate(rig.ledger, rig.audit, rig.clock, policy=settings().access, table=rig.table, profile=rig.profile)
    purposes = {name: program.retention for name, program in settings().programs.items()}
    return Statistics(
        gate, SqlCallCounts(rig.database), rig.audit, rig.clock, zone=ZONE, purposes=purposes,
        report_due=lambda at: deadline(CALL_REPORT, at, rig.table, rig.profile),
    )  # fmt: skip


def ask(rig: RetentionRig, role: Role = Role.DPO, purpose: str = "", period: Period = PERIOD) -> Figures:
    return statistics(rig).show(
        AccessRequest(Actor("anne", role), Action.LIST, purpose=purpose, reason="bilan"), period
    )


def cells(found: Figures, name: str) -> object:
    (figure,) = [one for one in found.figures if one.name == name]
    assert isinstance(figure, Figure)
    return dict(figure.cells)


def test_each_kind_is_counted_by_program_and_its_quality(rig: RetentionRig) -> None:
    for number in range(6):
        call(rig, number, objection(61_000), DOUBT, DOUBT, Dispelled("caller"), ASKED, MASK)
    for number in range(7):
        call(rig, number, objection(3_600_000), program=SALES, ended="NO_ANSWER")
    found = ask(rig)
    assert cells(found, "calls") == {(HOTLINE, MONTH.text): 6, (SALES, MONTH.text): 7}
    assert cells(found, "endings") == {(HOTLINE, "ANSWERED"): 6, (SALES, "NO_ANSWER"): 7}
    assert cells(found, "objections") == {(HOTLINE, "1"): 6, (SALES, "10"): 7}
    assert cells(found, "doubts") == {(HOTLINE, "raised"): 12, (HOTLINE, "dispelled"): 6}
    assert cells(found, "masks") == {(HOTLINE, "card"): 6}
    assert cells(found, "asked") == {(HOTLINE, "nir"): 6, (HOTLINE, "card"): 6}
    assert found.false_doubts == {HOTLINE: 50}


def test_a_count_below_five_is_no_number(rig: RetentionRig) -> None:
    for number in range(4):
        call(rig, number, objection(0), DOUBT)
    found = ask(rig)
    assert cells(found, "calls") == {(HOTLINE, MONTH.text): None}
    assert cells(found, "objections") == {(HOTLINE, "0"): None}
    assert found.false_doubts == {HOTLINE: None}


def test_recordings_are_counted_by_the_causes_of_their_gaps_and_by_the_month_of_their_deadline(
    rig: RetentionRig,
) -> None:
    gaps = [vars(Gap(0, 10, "doubt")), vars(Gap(20, 30, "doubt")), vars(Gap(40, 50, "hold"))]
    due = CALLED + timedelta(days=100)
    for number in range(5):
        begun = rig.vault.begin(a_tag(f"rec-{number}", retention="quality_audio", opened_at=CALLED), deadline=due)
        begun.write(SOUND)
        begun.seal(consent={}, gaps=gaps)
    found = ask(rig)
    assert cells(found, "gaps") == {(HOTLINE, "doubt"): 5, (HOTLINE, "hold"): 5}
    assert cells(found, "deadlines") == {(HOTLINE, month_of(due.astimezone(ZONE).date()).text): 5}


def test_a_month_of_few_calls_is_not_told_by_that_of_their_deadlines(rig: RetentionRig) -> None:
    begun = rig.vault.begin(
        a_tag("rec-1", retention="quality_audio", opened_at=CALLED), deadline=CALLED + timedelta(days=100)
    )
    begun.write(SOUND)
    begun.seal(consent={}, gaps=[])
    assert list(dict(ask(rig).figures[-1].cells).values()) == [None]


def test_with_a_purpose_only_its_programs_are_counted_and_who_may_list_none_sees_none(rig: RetentionRig) -> None:
    for number in range(5):
        call(rig, number)
        call(rig, number, program=SALES)
    assert cells(ask(rig, Role.QUALITY_ANALYST, "quality_audio"), "calls") == {(HOTLINE, MONTH.text): 5}
    for role, purpose in ((Role.QUALITY_ANALYST, ""), (Role.QUALITY_ANALYST, "sales_audio"), (Role.AGENT, "")):
        with pytest.raises(ComplianceError):
            ask(rig, role, purpose)
    assert [event.kind for event in rig.audit.events()] == ["statistics.shown", *["access.denied"] * 3]


def test_the_evidence_says_who_looked_at_which_months_and_why(rig: RetentionRig) -> None:
    ask(rig, Role.DPO, "quality_audio")
    (event,) = rig.audit.events()
    assert event.body == {
        "actor": "anne", "role": "dpo", "purpose": "quality_audio", "reason": "bilan",
        "first": MONTH.text, "last": MONTH.text,
    }  # fmt: skip


def test_a_month_ends_where_the_next_begins(rig: RetentionRig) -> None:
    counts = SqlCallCounts(rig.database)
    call(rig, 0)
    assert counts.calls(CALLED, CALLED + timedelta(seconds=1)) == {(HOTLINE, "ANSWERED"): 1}
    assert counts.calls(CALLED + timedelta(seconds=1), datetime(2100, 1, 1, tzinfo=UTC)) == {}
    assert counts.calls(datetime(2000, 1, 1, tzinfo=UTC), CALLED) == {}


def test_scores_are_counted_by_band_of_what_counts_and_few_are_hidden(rig: RetentionRig) -> None:
    for number in range(6):
        scored(rig, number, 850 + number)
        scored(rig, 10 + number, 699)
    scored(rig, 20, 499)
    scored(rig, 30, 900, counts=False)
    scored(rig, 31, None)
    scored(rig, 32, 900, at=CALLED - timedelta(days=90))
    assert cells(ask(rig), "scores") == {(HOTLINE, "85"): 6, (HOTLINE, "50"): None, (HOTLINE, "0"): None}


def test_figures_say_from_which_month_on_no_report_of_a_call_is_missing(rig: RetentionRig) -> None:
    def asked(first: int, last: int) -> Month | None:
        return ask(rig, period=Period(Month(first), Month(last))).reports_from

    now, year_ago = MONTH.index, MONTH.index - 12
    # It is the 21st of November: of last November's reports some are gone, of December's none.
    assert asked(year_ago + 1, now) is None
    assert asked(year_ago, now) == Month(year_ago + 1)
    assert asked(year_ago - 11, now) == Month(year_ago + 1)
    assert asked(year_ago - 3, year_ago - 1) == Month(year_ago)
    rig.clock.at = PERIOD.bounds(ZONE)[0] - timedelta(seconds=1)
    assert asked(year_ago, now) is None
