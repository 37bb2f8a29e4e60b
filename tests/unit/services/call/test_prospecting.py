"""The engine calls a prospect: a refusal ends the call, destroys the recording, and bars any further call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ivr.domain.audio.channel import Channel
from ivr.domain.call.state import CallState
from ivr.domain.hearing.verdict import Label
from ivr.errors import ComplianceError, ConfigurationError, HostError
from ivr.services.ports.telephony import LegConfirmed
from tests.fakes.ear import objection
from tests.fakes.exchange import AGENT, PROSPECT, Exchange, play
from tests.fakes.line import Behaviour, answers, busy, declines, no_answer, unreachable
from tests.fakes.runtime import InlineExecutor

T = TypeVar("T")


async def ended_by_refusal(x: Exchange) -> None:
    row = await x.over()
    assert (row.disposition, row.ended_by, row.direction) == ("ANSWERED", "engine", "outbound")
    assert row.recording_state == "DISCARDED"
    assert x.store.files == {}
    assert x.store.partials == {}
    assert not x.recording.has_key
    assert x.said[-1] == "prospecting-closing"
    (closing,) = [item for item in x.feed.of("prompt.ended") if item["prompt"] == "prospecting-closing"]
    assert closing["completed"] is True
    (bye,) = [item for item in x.feed.of("leg.disconnected") if item["party"] == "caller"]
    assert float(str(closing["published_at"])) <= float(str(bye["published_at"]))
    kinds = x.audit.kinds()
    assert kinds.count("certificate.destruction") == 1
    assert kinds.index("disclosure.played") < kinds.index("recording.started") < kinds.index("objection")
    assert x.do_not_call.bars(PROSPECT, scope="sales") is not None
    (entry,) = x.of_audit("do_not_call.added")
    assert (entry["rule"], entry["known_by"]) == ("CAN-012", "dialled")


@pytest.mark.parametrize("label", [Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT])
def test_a_refusal_by_voice_closes_destroys_certifies_and_bars(tmp_path: Path, label: Label) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers(3)
        x.ear.when_said(Channel.CALLER, 6000, 6800, objection(label=label))
        await x.place((6000, 7500))
        await ended_by_refusal(x)
        assert not [at for at in x.written if at >= 6000]

    play(tmp_path, scene)


def test_a_refusal_by_dtmf_does_the_same_and_never_tells_the_digit(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers(3)
        call = await x.place()
        await x.until("recording.state", state="CAPTURING")
        await asyncio.sleep(2)
        x.line.press(call.a_leg.id, "9")
        await ended_by_refusal(x)
        assert x.of_audit("objection")[0]["basis"] == "DTMF"

    play(tmp_path, scene)


def test_a_refusal_by_dtmf_during_the_disclosure_leaves_nothing_to_destroy(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        call = await x.place()
        await x.until("prompt.started")
        await asyncio.sleep(0.5)
        x.line.press(call.a_leg.id, "9")
        row = await x.over()
        assert row.recording_state == "WITHHELD"
        assert x.said == ["prospecting-disclosure", "prospecting-closing"]
        (played,) = x.of_audit("disclosure.played")
        assert played["completed"] is False
        # The test looks up every 20 ms, so the key comes one frame after the half second.
        assert played["heard_ms"] in (500, 520)
        assert x.do_not_call.bars(PROSPECT, scope="sales") is not None

    play(tmp_path, scene)


def test_a_refusal_by_dtmf_at_the_moment_of_the_answer_begins_no_disclosure(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers(3)
        call = await x.place()
        confirm = x.line._confirm

        def confirm_and_press(leg_id: str, event: LegConfirmed | None = None) -> None:
            confirm(leg_id, event)
            x.line.press(leg_id, "9")

        x.line._confirm = confirm_and_press  # type: ignore[method-assign]  # both events in one turn of the loop
        await x.over()
        assert x.said == ["prospecting-closing"]
        assert x.of_audit("disclosure.played") == []
        assert x.do_not_call.bars(PROSPECT, scope="sales") is not None
        assert call.state is CallState.REPORTED

    play(tmp_path, scene)


def test_who_says_no_and_hangs_up_during_the_disclosure_is_never_called_again(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.ear.delay_s = 1.0
        x.ear.when_said(Channel.CALLER, 700, 1200, objection(label=Label.REFUSAL_CONTACT))
        call = await x.place((700, 1300))
        await x.until("prompt.started")
        await asyncio.sleep(1.3)
        x.line.peer_hangs_up(call.a_leg.id)
        row = await x.over()
        assert row.ended_by == "caller"
        assert x.do_not_call.bars(PROSPECT, scope="sales") is not None

    play(tmp_path, scene)


def test_a_barred_person_is_not_dialled_and_the_rule_is_named(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.ear.when_said(Channel.CALLER, 3000, 3800, objection(label=Label.REFUSAL_CONTACT))
        await x.place((3000, 4500))
        await x.over()
        dialled = len(x.commands("place"))
        with pytest.raises(ComplianceError, match="never to be called again") as refused:
            await x.control.place(PROSPECT, "prospecting")
        assert "CAN-012" in refused.value.rules
        assert len(x.commands("place")) == dialled
        assert x.of_audit("dial.refused")[0]["rules"] == ["CAN-012"]
        assert len(x.call_log.rows) == 1

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("party", "disposition"),
    [
        (no_answer(), "NO_ANSWER"),
        (busy(), "BUSY"),
        (declines(1), "REJECTED"),
        (Behaviour(302, rings=False), "REDIRECTED"),
        (Behaviour(488, rings=False), "NO_MEDIA"),
        (unreachable(), "FAILED"),
    ],
)
def test_who_is_not_reached_is_reported_and_never_recorded(tmp_path: Path, party: Behaviour, disposition: str) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = party
        await x.place()
        row = await x.over()
        assert (row.disposition, row.recording_state, row.answered_at) == (disposition, "WITHHELD", None)
        assert x.said == []
        assert x.audit.kinds() == ["call.reported"]

    play(tmp_path, scene)


def test_a_placed_call_beyond_capacity_fails_and_is_reported(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line._capacity = 0
        await x.control.place(PROSPECT, "prospecting")
        row = await x.over()
        assert (row.disposition, row.sip_status) == ("FAILED", 503)

    play(tmp_path, scene)


def test_a_program_that_does_not_exist_cannot_be_dialled(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        with pytest.raises(ConfigurationError, match="prospecting"):
            await x.control.place(PROSPECT, "prospectin")
        assert x.commands("place") == []

    play(tmp_path, scene)


def test_a_line_that_is_closing_places_no_calls(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        await x.control.close()
        with pytest.raises(HostError, match="closing"):
            await x.control.place(PROSPECT, "prospecting")

    play(tmp_path, scene)


def test_a_refusal_while_speaking_with_an_agent_ends_the_call_for_both(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties |= {PROSPECT: answers(), AGENT: answers()}
        x.ear.when_said(Channel.CALLER, 9000, 9800, objection())
        await x.place((9000, 10_500))
        await ended_by_refusal(x)
        assert len(x.commands("hangup")) >= 2
        assert x.line.free_legs == x.line.capacity

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_what_an_agent_says_of_an_objection_does_not_hide_the_prospects_refusal(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties |= {PROSPECT: answers(), AGENT: answers()}
        x.ear.when_said(Channel.AGENT, 9000, 9500, objection())
        x.ear.when_said(Channel.CALLER, 14_000, 14_800, objection(label=Label.REFUSAL_CONTACT))
        await x.place((14_000, 15_500))
        await x.agent_speaks((3000, 12_000))
        await x.until("doubt")
        assert x.do_not_call.bars(PROSPECT, scope="sales") is None
        row = await x.over()
        assert row.ended_by == "engine"
        assert x.do_not_call.bars(PROSPECT, scope="sales") is not None
        assert [body["basis"] for body in x.of_audit("objection")] == ["SPOKEN"]

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_whether_a_person_may_be_called_is_asked_away_from_the_event_loop(tmp_path: Path) -> None:
    class WatchedExecutor(InlineExecutor):
        at_work = False

        async def run(self, work: Callable[[], T]) -> T:
            self.at_work = True
            try:
                return work()
            finally:
                self.at_work = False

    executor = WatchedExecutor()

    async def scene(x: Exchange) -> None:
        bars, append, away = x.do_not_call.bars, x.audit.append, list[bool]()

        def watched(*args: Any, real: Any, **kwargs: Any) -> Any:
            away.append(executor.at_work)
            return real(*args, **kwargs)

        x.do_not_call.bars = partial(watched, real=bars)  # type: ignore[method-assign]
        x.audit.append = partial(watched, real=append)  # type: ignore[method-assign]
        x.do_not_call.add(PROSPECT, scope="sales", rule_id="CAN-012", call_id="")
        with pytest.raises(ComplianceError):
            await x.control.place(PROSPECT, "prospecting")
        assert away == [True, True]

    play(tmp_path, scene, options={"executor": executor})


def test_an_agent_who_says_what_refusing_prospects_say_raises_no_doubt(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties |= {PROSPECT: answers(), AGENT: answers()}
        x.ear.when_said(Channel.AGENT, 9000, 9500, objection(label=Label.REFUSAL_CONTACT))
        call = await x.place()
        await x.agent_speaks((3000, 12_000))
        await x.media(20_000)
        x.line.peer_hangs_up(call.a_leg.id)
        assert (await x.over()).recording_state == "SEALED"
        assert x.feed.of("doubt") == []

    play(tmp_path, scene, changes={"agent_uri": AGENT})
