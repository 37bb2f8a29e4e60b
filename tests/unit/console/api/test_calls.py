"""Details of calls at the API: found with their legs, as a file, for whom, and what the evidence says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.domain.access import Action, Role
from tests.unit.console.api.rig import Program, kind_of, program
from tests.unit.console.rig import ConsoleRig
from tests.unit.console.test_calls import calls
from tests.unit.console.test_player import told


@pytest.fixture
def oscar(rig: ConsoleRig) -> Program:
    calls(rig, 3)
    return replace(program(rig, "oscar", Role.OPERATOR, Action.CALLS), purpose="")


def test_calls_come_with_their_legs_and_it_stands_in_the_evidence(oscar: Program) -> None:
    found = oscar.post("/calls/search", {"disposition": ["ANSWERED"]})
    assert found.status_code == 200, found.text
    (call,) = found.json()["calls"]
    assert (call["call_id"], call["queue_wait_ms"], call["agent"]) == ("call-1", 12_400, "anne")
    assert [(leg["role"], leg["peer"], leg["mos"]) for leg in call["legs"]] == [
        ("caller", "…78", 4.36), ("agent", "…78", 4.36),
    ]  # fmt: skip
    assert "127.0.0.1" not in found.text
    (event,) = told(oscar.rig, "calls.listed")
    assert (event["actor"], event["purpose"], event["reason"], event["filters"], event["count"]) == (
        "oscar", "call_report", "revue 12", ["disposition"], 1,
    )  # fmt: skip


def test_another_purpose_than_that_of_call_reports_is_not_taken(oscar: Program) -> None:
    assert oscar.post("/calls/search", ivr_purpose="call_report").status_code == 200
    for path in ("/calls/search", "/calls/search.csv"):
        answer = oscar.post(path, ivr_purpose="sales_audio")
        assert (answer.status_code, kind_of(answer)) == (422, "invalid")


def test_pages_follow_each_other_and_the_file_has_all(oscar: Program) -> None:
    seen, after = [], ""
    while True:
        page = oscar.post("/calls/search", {"limit": 1, "after": after}).json()
        seen += [call["call_id"] for call in page["calls"]]
        after = page["after"]
        if not after:
            break
    assert seen == ["call-3", "call-2", "call-1"]
    file = oscar.post("/calls/search.csv", {"since": "2020-01-01"})
    assert (file.headers["content-type"].split(";")[0], file.headers["ivr-whole"]) == ("text/csv", "yes")
    assert len(file.text.splitlines()) == 5


def test_what_is_no_search_is_told_and_who_has_no_right_is_denied(oscar: Program) -> None:
    for body in ({"since": "hier"}, {"disposition": ["LOST"]}, {"phone": "06"}, {"after": "AAAA"}):
        answer = oscar.post("/calls/search", body)
        assert (answer.status_code, kind_of(answer)) == (422, "invalid"), body
    assert oscar.post("/calls/search", ivr_reason=" ").status_code == 422
    anne = program(oscar.rig, "anne", Role.QUALITY_ANALYST)
    for path in ("/calls/search", "/calls/search.csv"):
        answer = anne.post(path)
        assert (answer.status_code, kind_of(answer)) == (403, "denied")
    assert told(oscar.rig, "access.denied")[-1]["action"] == "calls"
