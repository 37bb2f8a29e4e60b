"""What every CallLog keeps to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.errors import ArchiveError
from ivr.services.ports.evidence import CallLog, CallRow
from ivr.storage.call_log import SqlCallLog
from ivr.storage.database import Database
from tests.fakes.vault import START, FakeCallLog


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def call_log(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> CallLog:
    return FakeCallLog() if request.param == "fake" else SqlCallLog(open_database(request.param))


def a_call(number: int, *, answered: bool = True) -> CallRow:
    started = START + timedelta(minutes=number)
    return CallRow(
        call_id=f"call-{number}",
        program="hotline-quality",
        direction="INBOUND",
        party="sip:caller@127.0.0.1",
        started_at=started,
        answered_at=started + timedelta(seconds=2) if answered else None,
        ended_at=started + timedelta(seconds=40),
        disposition="ANSWERED" if answered else "NO_ANSWER",
        sip_status=200 if answered else 487,
        hangup_cause=16,
        ended_by="caller",
        recording_id=f"rec-{number}" if answered else None,
        recording_state="SEALED" if answered else "WITHHELD",
        consent={"caller": {"state": "NOTIFIED", "offset_ms": 8000}},
        node_id="node-1",
    )


def test_calls_come_back_whole_and_newest_first(call_log: CallLog) -> None:
    rows = [a_call(1), a_call(2, answered=False), a_call(3)]
    for row in rows:
        call_log.add(row)
    assert call_log.find() == rows[::-1]
    assert call_log.find(limit=1) == rows[2:]


def test_a_call_is_reported_once(call_log: CallLog) -> None:
    call_log.add(a_call(1))
    with pytest.raises(ArchiveError, match="call-1"):
        call_log.add(a_call(1, answered=False))
    assert call_log.find() == [a_call(1)]


def test_the_calls_of_a_person_are_found_under_any_spelling_and_those_of_nobody_else(call_log: CallLog) -> None:
    parties = ["sip:+33612345678@carrier", "tel:0612345678", "sip:+33712345678@carrier", "sip:anne@house", ""]
    rows = [replace(a_call(number), party=party) for number, party in enumerate(parties)]
    for row in rows:
        call_log.add(row)
    assert call_log.of_person("06 12 34 56 78", limit=9) == [rows[1], rows[0]]
    assert call_log.of_person("+33612345678", limit=1) == [rows[1]]
    assert call_log.of_person("sip:anne@house", limit=9) == [rows[3]]
    assert call_log.of_person("", limit=9) == []
    assert call_log.of_person("sip:1001@house", limit=9) == []


def test_an_address_that_a_caller_sent_spoilt_hides_no_other_call(call_log: CallLog) -> None:
    spoilt, good = replace(a_call(1), party="345678 <>"), replace(a_call(2), party="sip:0612345678@trunk")
    for row in (good, spoilt):
        call_log.add(row)
    assert call_log.of_person("0612345678", limit=9) == [good]


def test_a_reported_call_is_known(call_log: CallLog) -> None:
    call_log.add(a_call(1))
    assert call_log.get("call-1") == a_call(1)
    assert call_log.get("call-2") is None
