"""What every CallDetails keeps to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from ivr.services.ports.call_details import CallDetail, CallDetails, DetailQuery
from ivr.services.ports.evidence import CallLog, CallRow, LegRow
from ivr.storage.call_details import SqlCallDetails
from ivr.storage.call_log import SqlCallLog
from ivr.storage.database import Database
from tests.contract.test_call_log import a_call
from tests.fakes.call_details import FakeCallDetails
from tests.fakes.vault import START, FakeCallLog


@dataclass(frozen=True)
class Kept:
    log: CallLog
    details: CallDetails


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> Kept:
    if request.param == "fake":
        fake = FakeCallLog()
        return Kept(fake, FakeCallDetails(fake))
    database = open_database(request.param)
    return Kept(SqlCallLog(database), SqlCallDetails(database))


def a_leg(call: CallRow, name: str, *, after_s: int = 0, role: str = "caller") -> LegRow:
    return LegRow(
        leg_id=f"{call.call_id}-{name}",
        call_id=call.call_id,
        role=role,
        direction="inbound",
        peer="…78",
        began_at=call.started_at + timedelta(seconds=after_s),
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        ended_by="peer",
        sip_status=200,
        hangup_cause=16,
        codec="PCMA/8000",
        received=1500,
        lost=3,
        discarded=1,
        jitter_ms=2.5,
        jitter_max_ms=14.1,
        buffer_ms=38.0,
        sent=1498,
        far_lost=0,
        far_jitter_ms=1.2,
        round_trip_ms=24.6,
        mos=4.36,
        far_mos=4.4,
    )


def test_a_call_comes_back_with_its_legs_in_the_order_in_which_they_began(kept: Kept) -> None:
    call = replace(a_call(1), queue_wait_ms=12_400)
    agent, caller = a_leg(call, "1", after_s=9, role="agent"), a_leg(call, "2")
    kept.log.add(call, legs=[agent, caller])
    assert kept.details.page(DetailQuery()) == [CallDetail(call, (caller, agent))]


def test_a_leg_that_never_had_audio_says_so_by_nothing(kept: Kept) -> None:
    call = a_call(1, answered=False)
    silent = LegRow("l", call.call_id, "caller", "inbound", "", START, None, START, "peer", 487, 16)
    kept.log.add(call, legs=[silent])
    assert kept.details.page(DetailQuery()) == [CallDetail(call, (silent,))]


def test_a_call_without_legs_is_there_too(kept: Kept) -> None:
    kept.log.add(a_call(1))
    assert kept.details.page(DetailQuery()) == [CallDetail(a_call(1), ())]


def test_a_report_that_is_refused_leaves_no_leg_behind(kept: Kept) -> None:
    call = a_call(1)
    kept.log.add(call, legs=[a_leg(call, "1")])
    with pytest.raises(Exception, match="reported already"):
        kept.log.add(call, legs=[a_leg(call, "2")])
    assert [leg.leg_id for leg in kept.details.page(DetailQuery())[0].legs] == ["call-1-1"]


def test_each_filter_narrows_the_calls(kept: Kept) -> None:
    rows = [a_call(1), replace(a_call(2), program="prospection"), a_call(3, answered=False)]
    for row in rows:
        kept.log.add(row, legs=[a_leg(row, "1")])

    def found(query: DetailQuery) -> list[str]:
        return [one.call.call_id for one in kept.details.page(query)]

    assert found(DetailQuery()) == ["call-3", "call-2", "call-1"]
    assert found(DetailQuery(program="prospection")) == ["call-2"]
    assert found(DetailQuery(dispositions=("NO_ANSWER",))) == ["call-3"]
    assert found(DetailQuery(dispositions=("BUSY", "ANSWERED"))) == ["call-2", "call-1"]
    assert found(DetailQuery(since=rows[1].started_at)) == ["call-3", "call-2"]
    assert found(DetailQuery(until=rows[1].started_at)) == ["call-1"]
    assert found(DetailQuery(since=rows[2].started_at, until=rows[1].started_at)) == []


def test_pages_go_on_where_the_last_one_ended_also_between_calls_of_one_moment(kept: Kept) -> None:
    rows = [replace(a_call(number), started_at=START) for number in range(3)] + [a_call(9)]
    for row in rows:
        kept.log.add(row, legs=[a_leg(row, "1")])
    seen: list[str] = []
    after = None
    while page := kept.details.page(DetailQuery(limit=1, after=after)):
        seen += [one.call.call_id for one in page]
        after = (page[-1].call.started_at, page[-1].call.call_id)
    assert seen == ["call-9", "call-2", "call-1", "call-0"]
    assert [one.call.call_id for one in kept.details.each(DetailQuery(limit=1))] == seen


def test_pages_of_several_endings_lose_nothing_and_repeat_nothing(kept: Kept) -> None:
    endings = ("ANSWERED", "BUSY", "NO_ANSWER")
    for number in range(9):
        # Three begin in each moment.
        moment = START + timedelta(minutes=number // 3)
        kept.log.add(replace(a_call(number), started_at=moment, disposition=endings[number % 3]))
    asked = DetailQuery(program=a_call(0).program, dispositions=("BUSY", "ANSWERED", "BUSY"), limit=2)
    seen: list[str] = []
    query = asked
    while page := kept.details.page(query):
        assert len(page) <= 2
        seen += [one.call.call_id for one in page]
        query = replace(asked, after=(page[-1].call.started_at, page[-1].call.call_id))
    assert seen == [f"call-{number}" for number in (7, 6, 4, 3, 1, 0)]
    assert [one.call.call_id for one in kept.details.each(asked)] == seen
