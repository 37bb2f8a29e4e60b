"""Details of calls: who may see which, what the evidence says of it, records and files."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.domain.access import CALL_REPORT, AccessPolicy, AccessRequest, Action, Actor, Role
from ivr.domain.retention.decision import deadline
from ivr.errors import ComplianceError, ConfigurationError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.call_details import DetailQuery
from ivr.services.search.call_details import COLUMNS, CallDetailListing, detail_query, records_of
from tests.contract.test_call_details import a_leg
from tests.contract.test_call_log import a_call
from tests.databases import fresh_url
from tests.fakes.call_details import FakeCallDetails
from tests.fakes.vault import FakeCallLog
from tests.retention_rig import RetentionRig, settings

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[RetentionRig]:
    rig = RetentionRig(fresh_url("sqlite", tmp_path))
    yield rig
    rig.close()


@pytest.fixture
def log() -> FakeCallLog:
    log = FakeCallLog()
    for number in range(3):
        call = replace(a_call(number), program="=1+1" if number == 1 else "hotline-quality")
        legs = [a_leg(call, "1"), a_leg(call, "2", after_s=5, role="agent")] if number else []
        log.add(call, legs=legs)
    return log


def listing(rig: RetentionRig, log: FakeCallLog, policy: AccessPolicy | None = None) -> CallDetailListing:
    gate = Gate(
        rig.ledger, rig.audit, rig.clock, policy=policy or settings().access, table=rig.table, profile=rig.profile
    )
    return CallDetailListing(
        gate, FakeCallDetails(log), rig.audit, rig.clock, lambda at: deadline(CALL_REPORT, at, rig.table, rig.profile)
    )


def ask(role: Role = Role.OPERATOR, reason: str = "qualité des lignes") -> AccessRequest:
    return AccessRequest(Actor("oscar", role), Action.CALLS, reason=reason)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.DPO])
def test_who_may_see_them_is_shown_them_and_the_evidence_says_so(
    rig: RetentionRig, log: FakeCallLog, role: Role
) -> None:
    page = listing(rig, log).page(ask(role), DetailQuery(program="hotline-quality"))
    assert [one.call.call_id for one in page.calls] == ["call-2", "call-0"]
    (event,) = rig.audit.events()
    assert (event.kind, event.body) == (
        "calls.listed",
        {
            "actor": "oscar",
            "role": role.value,
            "purpose": "call_report",
            "reason": "qualité des lignes",
            "filters": ["program"],
            "count": 2,
        },
    )


@pytest.mark.parametrize("request_", [ask(Role.QUALITY_ANALYST), ask(Role.AGENT), ask(reason=" ")])
def test_nobody_else_and_nobody_without_a_reason_which_the_evidence_says(
    rig: RetentionRig, log: FakeCallLog, request_: AccessRequest
) -> None:
    room = listing(rig, log)
    for denied in (
        lambda: room.page(request_, DetailQuery()),
        lambda: room.file(request_, DetailQuery()),
    ):
        with pytest.raises(ComplianceError):
            denied()
    events = rig.audit.events()
    assert [event.kind for event in events] == ["access.denied"] * 2
    assert {(event.body["action"], event.body["purpose"]) for event in events} == {("calls", "call_report")}


@pytest.mark.parametrize("reason", ["", "bilan"])
def test_who_has_no_right_is_denied_before_anybody_asks_why(rig: RetentionRig, log: FakeCallLog, reason: str) -> None:
    room = listing(rig, log)
    room.open_to(ask(reason=""))
    assert rig.audit.events() == []
    for role in (Role.ADMINISTRATOR, Role.AGENT):
        with pytest.raises(ComplianceError):
            room.open_to(ask(role, reason))
    assert [event.kind for event in rig.audit.events()] == ["access.denied"] * 2


def test_a_right_alone_opens_no_report_that_its_schedule_does_not_open(rig: RetentionRig, log: FakeCallLog) -> None:
    policy = settings().access
    actions = {**policy.actions, Role.LEGAL: policy.actions[Role.LEGAL] | {Action.CALLS}}
    room = listing(rig, log, replace(policy, actions=actions))
    for denied in (
        lambda: room.page(ask(Role.LEGAL), DetailQuery()),
        lambda: room.file(ask(Role.LEGAL), DetailQuery()),
    ):
        with pytest.raises(ComplianceError, match="not open to the role"):
            denied()
    assert [event.kind for event in rig.audit.events()] == ["access.denied"] * 2


def test_the_register_names_every_role_that_has_the_right() -> None:
    may = {role.value for role, actions in settings().access.actions.items() if Action.CALLS in actions}
    assert may <= set(settings().retention.schedule(CALL_REPORT).access)


def test_it_is_shown_for_call_reports_and_for_no_other_purpose(rig: RetentionRig, log: FakeCallLog) -> None:
    room = listing(rig, log)
    assert room.page(replace(ask(), purpose="call_report"), DetailQuery()).calls
    with pytest.raises(ConfigurationError, match="call_report"):
        room.page(replace(ask(), purpose="sales_audio"), DetailQuery())
    assert [event.body["purpose"] for event in rig.audit.events()] == ["call_report"]


def test_what_is_past_its_deadline_is_shown_to_nobody(rig: RetentionRig) -> None:
    log, now = FakeCallLog(), rig.clock.now()
    # The schedule keeps a calendar year: what began that long ago, to the second, is over.
    for number, ago in enumerate((timedelta(days=800), timedelta(days=365, seconds=30), timedelta(days=364))):
        log.add(replace(a_call(number), started_at=now - ago))
    room = listing(rig, log)
    page = room.page(ask(), DetailQuery(limit=3))
    assert ([one.call.call_id for one in page.calls], page.after) == (["call-2"], "")
    assert room.page(ask(), DetailQuery(until=now - timedelta(days=366))).calls == ()
    assert room.page(ask(), DetailQuery(since=now - timedelta(days=900))).calls == page.calls
    assert (room.file(ask(), DetailQuery()).calls, rig.audit.events()[-1].body["count"]) == (1, 1)


def test_pages_go_on_where_the_last_one_ended(rig: RetentionRig, log: FakeCallLog) -> None:
    room, seen, after = listing(rig, log), [], ""
    while True:
        page = room.page(ask(), detail_query({}, zone=PARIS, after=after, limit=2))
        seen += [one.call.call_id for one in page.calls]
        after = page.after
        if not after:
            break
    assert seen == ["call-2", "call-1", "call-0"]


def test_a_record_has_the_fields_of_its_call_and_of_its_leg_and_no_number(log: FakeCallLog) -> None:
    (whole,) = FakeCallDetails(log).page(DetailQuery(limit=1))
    caller, agent = records_of(whole)
    assert tuple(caller) == COLUMNS == tuple(agent)
    assert (caller["leg_id"], agent["role"], agent["call_id"]) == ("call-2-1", "agent", "call-2")
    assert whole.call.party not in {*caller.values(), *agent.values()}
    without = FakeCallDetails(log).page(DetailQuery())[-1]
    (record,) = records_of(without)
    assert (record["call_id"], record["leg_id"], record["mos"]) == ("call-0", None, None)


def test_a_file_has_a_row_for_each_leg_is_named_in_the_evidence_and_holds_no_formula(
    rig: RetentionRig, log: FakeCallLog
) -> None:
    file = listing(rig, log).file(ask(), DetailQuery(limit=1))
    rows = list(csv.DictReader(file.content.decode().splitlines()))
    assert [row["leg_id"] for row in rows] == ["call-2-1", "call-2-2", "call-1-1", "call-1-2", ""]
    assert (file.calls, file.legs, file.whole) == (3, 4, True)
    assert rows[2]["program"] == "'=1+1"
    assert (rows[0]["mos"], rows[0]["lost"], rows[-1]["mos"], rows[-1]["queue_wait_ms"]) == ("4.36", "3", "", "")
    (event,) = rig.audit.events()
    assert (event.body["count"], event.body["sha256"]) == (3, hashlib.sha256(file.content).hexdigest())


def test_a_file_that_is_too_long_ends_after_a_call_and_says_so(rig: RetentionRig, log: FakeCallLog) -> None:
    file = listing(rig, log).file(ask(), DetailQuery(), longest=1)
    assert (file.calls, file.legs, file.whole) == (1, 2, False)


def test_filters_are_read_as_people_type_them() -> None:
    query = detail_query({"since": "2026-11-30", "disposition": "BUSY,NO_ANSWER", "program": ""}, zone=PARIS)
    assert query.since is not None
    assert query.since.isoformat() == "2026-11-29T23:00:00+00:00"
    assert (query.dispositions, query.program, query.limit) == (("BUSY", "NO_ANSWER"), "", 50)
    for given in ({"since": "hier"}, {"disposition": "LOST"}, {"phone": "0612345678"}):
        with pytest.raises(ConfigurationError):
            detail_query(given, zone=PARIS)
    for place in (
        "x", "2026-11-30T09:00:00/c", "/", "9999-12-31T23:59:59-23:00/x", "0001-01-01T00:00:00+23:00/x",
    ):  # fmt: skip
        with pytest.raises(ConfigurationError):
            detail_query({}, zone=PARIS, after=place)
