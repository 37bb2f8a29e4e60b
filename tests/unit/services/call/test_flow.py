"""What a call goes through, in order, and what becomes of it where a step cannot be taken."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fakes.exchange import AGENT, Exchange, play
from tests.fakes.line import Behaviour, answers, busy, declines, no_answer, unreachable


def test_a_silent_line_is_ended_with_a_goodbye(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring((10_000, 11_000))
        row = await x.over()
        assert row.ended_by == "engine"
        assert x.said[-1] == "goodbye"
        ended_s = (row.ended_at - row.answered_at).total_seconds() if row.answered_at else 0
        assert 71 <= ended_s <= 74

    play(tmp_path, scene)


def test_a_disclosure_that_cannot_be_played_ends_the_call_and_stores_nothing(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        (tmp_path / "hotline-disclosure.wav").write_bytes(b"no prompt")
        x.ring()
        row = await x.over()
        assert row.ended_by == "engine"
        assert row.recording_state == "WITHHELD"
        assert x.feed.of("disclosure.failed")
        assert [played["completed"] for played in x.of_audit("disclosure.played")] == [False] * 3

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("agent", "sip_status"), [(busy(), 486), (no_answer(), 408), (declines(1), 603), (unreachable(), 503)]
)
def test_a_caller_whose_agent_cannot_be_had_is_told_so_and_never_recorded(
    tmp_path: Path, agent: Behaviour, sip_status: int
) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = agent
        x.ring()
        row = await x.over()
        assert x.feed.of("agent.unavailable")[0]["sip_status"] == sip_status
        assert x.said == ["hotline-disclosure", "agent-unavailable"]
        assert (row.ended_by, row.recording_state) == ("engine", "WITHHELD")
        assert x.commands("bridge") == []

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_an_agent_who_hangs_up_during_its_disclosure_is_not_bridged(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ring()
        leg = await x.agent_speaks()
        await x.until("leg.confirmed", party="agent")
        await asyncio.sleep(0.5)
        x.line.peer_hangs_up(leg)
        await x.over()
        assert x.commands("bridge") == []
        assert x.said[-1] == "agent-unavailable"

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_an_agent_of_a_call_whose_recording_was_stopped_is_not_told_that_it_is_recorded(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(5)
        x.ring()
        await x.until("agent.calling")
        x.line.press("a", "9")
        await x.until("agent.bridged")
        assert [item["party"] for item in x.feed.of("disclosure.completed")] == ["caller"]
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "WITHHELD"
        assert [body["party"] for body in x.of_audit("disclosure.played")] == ["caller"]

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_a_caller_on_hold_is_not_taken_for_one_who_has_gone_quiet(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring(talk_ms=200_000)
        await x.until("prompt.ended", prompt="hotline-menu")
        x.line.hold("a")
        await x.media(100_000)
        assert not x.feed.of("leg.disconnected")
        x.line.hold("a", held=False)
        row = await x.over()
        assert row.ended_by == "engine"

    play(tmp_path, scene, options={"quiet_timeout_s": 20.0})
