"""A caller is connected with an agent: told first, bridged then, both heard, both let go."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.domain.audio.channel import Channel
from ivr.services.call.agent_label import agent_label
from tests.fakes.ear import objection
from tests.fakes.exchange import AGENT, DISCLOSURE_MS, Exchange, play
from tests.fakes.line import Behaviour, FakeLine, answers

WITH_AGENT = {"agent_uri": AGENT}


def test_the_two_are_bridged_only_after_the_agent_has_heard_its_disclosure(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(3)
        x.ring((4000, 5000), (12_000, 13_000))
        leg = await x.agent_speaks((7000, 9000))
        await x.until("agent.bridged")
        played = [item["party"] for item in x.feed.of("disclosure.completed")]
        assert played == ["caller", "agent"]
        assert x.time_of("agent.bridged") >= 2.0 + 3.0 + DISCLOSURE_MS / 1000 - 1e-6
        assert x.commands("bridge") == [("bridge", "a", leg)]
        await x.media(20_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (row.recording_state, row.ended_by) == ("SEALED", "caller")
        assert row.agent == agent_label(AGENT)
        assert [body["party"] for body in x.of_audit("disclosure.played")] == ["caller", "agent"]
        assert x.line.free_legs == x.line.capacity

    play(tmp_path, scene, changes=WITH_AGENT)


def test_only_the_conversation_is_captured_and_both_sides_of_it(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(3)
        x.ring((4000, 5000), (12_000, 13_000))
        await x.agent_speaks((4000, 6000))
        await x.until("agent.bridged")
        bridged_ms = x.call.media_ms
        await x.media(20_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert bridged_ms <= min(x.written) <= bridged_ms + 120
        assert x.written[-1] == 19_980
        assert {4500, 5500} <= set(x.written_of_agent)
        assert x.recording.gaps == []
        assert sorted(x.recording.consent) == ["agent", "caller"]

    play(tmp_path, scene, changes=WITH_AGENT)


def test_what_the_agent_says_is_stored_only_once_it_has_been_heard(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ring((9000, 10_000))
        await x.agent_speaks((6000, 60_000))
        await x.until("agent.bridged")
        x.ear.absent = True
        await x.media(16_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert not [at for at in x.written_of_agent if at >= 6000]
        assert {gap["cause"] for gap in x.recording.gaps} == {"unheard"}

    play(tmp_path, scene, changes=WITH_AGENT)


def test_a_line_without_room_for_the_agent_says_that_there_is_none(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.until("prompt.started")
        x.line._capacity = 1
        row = await x.over()
        assert x.said[-1] == "agent-unavailable"
        assert row.recording_state == "WITHHELD"

    play(tmp_path, scene, changes=WITH_AGENT)


def test_when_the_agent_hangs_up_the_caller_hears_goodbye(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ring((9000, 10_000))
        leg = await x.agent_speaks((7000, 14_000))
        await x.until("agent.bridged")
        await x.media(15_000)
        x.line.peer_hangs_up(leg)
        row = await x.over()
        assert (row.ended_by, row.recording_state) == ("agent", "SEALED")
        assert x.said[-1] == "goodbye"
        assert x.commands("unbridge")

    play(tmp_path, scene, changes=WITH_AGENT)


def test_the_agents_last_word_is_heard_before_it_is_stored(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ear.decide = lambda speech: objection() if speech.piece.channel is Channel.AGENT else None
        x.ring()
        leg = await x.agent_speaks((7920, 8100), talk_ms=8100)
        await x.until("leg.confirmed", party="agent")
        await asyncio.sleep(8.05)
        x.line.peer_hangs_up(leg)
        await x.over()
        assert not [at for at in x.written_of_agent if at >= 7920]

    play(tmp_path, scene, changes=WITH_AGENT)


@pytest.mark.parametrize("at_ms", [2500, 5500])
def test_a_caller_who_hangs_up_before_the_bridge_lets_the_agent_go_too(tmp_path: Path, at_ms: int) -> None:
    """At 2500 ms the agent is still ringing, at 5500 it is hearing its disclosure."""

    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(2)
        x.ring()
        await x.media(at_ms)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (row.ended_by, row.recording_state) == ("caller", "WITHHELD")
        assert x.call.b_leg is not None
        assert x.call.b_leg.gone.is_set()
        assert x.line.free_legs == x.line.capacity
        assert x.commands("bridge") == []

    play(tmp_path, scene, changes=WITH_AGENT)


def test_an_agent_that_is_gone_before_anybody_noticed_is_unavailable(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = Behaviour(486, 0.0, rings=False)
        x.ring()
        row = await x.over()
        assert row.disposition == "ANSWERED"
        assert x.said[-1] == "agent-unavailable"

    play(tmp_path, scene, changes=WITH_AGENT)


def test_the_caller_hears_the_waiting_sentence_again_after_an_interjection(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(10)
        x.ring()
        await x.media(5000)
        x.line.press("a", "9")
        await x.until("agent.bridged")
        loops = [command for command in x.commands("play") if command[4] is True]
        assert len(loops) == 2
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene, changes=WITH_AGENT)


def test_an_agent_put_on_hold_pauses_the_recording(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ring()
        leg = await x.agent_speaks()
        await x.until("agent.bridged")
        await x.media(10_000)
        x.line.hold(leg)
        await x.media(12_000)
        x.line.hold(leg, held=False)
        await x.media(15_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.recording.gaps == [{"start_ms": 10_000, "end_ms": 12_000, "cause": "hold"}]

    play(tmp_path, scene, changes=WITH_AGENT)


def test_the_agents_slot_is_reserved_before_the_caller_is_answered(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ring(leg="a")
        x.ring(leg="b")
        await x.until("call.rejected")
        await x.until("agent.bridged")
        assert x.commands("reject") == [("reject", "b", 503)]
        assert x.commands("answer") == [("answer", "a")]
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.line.free_legs == x.line.capacity

    play(tmp_path, scene, changes=WITH_AGENT, line=FakeLine(3))


def test_a_slot_that_no_agent_needed_is_given_back(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.media(500)
        assert x.line.free_legs == x.line.capacity - 2
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.line.free_legs == x.line.capacity

    play(tmp_path, scene, changes=WITH_AGENT)
