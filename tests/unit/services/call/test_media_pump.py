"""What the legs bring is heard, held and stored at its own time."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ivr.domain.audio.channel import Channel
from tests.fakes.ear import objection
from tests.fakes.exchange import AGENT, DISCLOSURE_MS, Exchange, play
from tests.fakes.line import answers


def test_frames_that_sit_undrained_in_the_line_when_the_disclosure_ends_are_not_stored(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring((1500, 3000), talk_ms=9000)
        await x.until("leg.confirmed")
        drain, held = x.line.drain, True
        # The media thread lags behind: at the end of the disclosure its frames have not come yet.
        x.line.drain = lambda leg_id: None if held else drain(leg_id)  # type: ignore[method-assign]
        await x.until("disclosure.completed")
        held = False
        await x.media(8000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.written[0] >= DISCLOSURE_MS

    play(tmp_path, scene)


def test_frames_that_the_line_lost_are_a_gap(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.media(5000)
        x.line.lose("a", 50)
        await x.media(9000)
        x.line.peer_hangs_up("a")
        await x.over()
        (gap,) = x.recording.gaps
        assert gap["cause"] == "overflow"
        assert gap["end_ms"] - gap["start_ms"] == 1000  # type: ignore[operator]

    play(tmp_path, scene)


def test_a_word_in_the_first_second_is_judged_at_once(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring((100, 400))
        told = await x.until("hearing.judged", final=True)
        assert float(str(told["published_at"])) < 1.0
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene)


def test_when_the_two_are_parted_the_agent_is_heard_to_the_last_frame_and_the_caller_further(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ear.when_said(Channel.CALLER, 10_100, 10_400, objection())
        x.ring((10_100, 10_400))
        await x.agent_speaks((4000, 60_000))
        await x.until("agent.bridged")
        # Half a tick after the pump has run last.
        await x.media(10_050)
        closing = asyncio.create_task(x.control.close())
        await asyncio.sleep(0.02)
        (last,) = [asked.piece for asked in x.ear.asked if asked.piece.channel is Channel.AGENT and asked.piece.final]
        assert last.end_ms == x.call.media_ms >= 10_040
        await closing
        assert len(x.commands("unbridge")) == 1
        assert len(x.feed.of("objection")) == 1

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_an_agent_whom_nobody_listens_to_is_stored_as_silence(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ring((12_000, 13_000))
        leg = await x.agent_speaks((4000, 60_000))
        await x.until("agent.bridged")
        await x.media(20_000)
        x.line.peer_hangs_up(leg)
        assert (await x.over()).recording_state == "SEALED"
        assert {12_500, 15_000} <= set(x.written)
        assert x.written_of_agent == []

    play(tmp_path, scene, changes={"agent_uri": AGENT, "listen_to_agent": False})
