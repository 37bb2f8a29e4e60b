"""How a call is ended: which sentence is the last, and how long it is waited for."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.fakes.exchange import AGENT, PROSPECT, Exchange, play
from tests.fakes.line import answers


def test_a_refusal_during_the_goodbye_of_a_shutdown_still_gets_its_closing_sentence(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        call = await x.place()
        await asyncio.sleep(5)
        closing = asyncio.create_task(x.control.close())
        await x.until("prompt.started", prompt="goodbye")
        x.line.press(call.a_leg.id, "9")
        await closing
        assert x.said[-2:] == ["goodbye", "prospecting-closing"]
        assert x.call_log.rows[0].recording_state == "DISCARDED"

    play(tmp_path, scene)


def test_a_closing_sentence_that_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        call = await x.place()
        await x.until("recording.state", state="CAPTURING")
        x.line.press(call.a_leg.id, "9")
        await x.over()
        (said,) = [one for one in x.feed.of("prompt.started") if one["prompt"] == "prospecting-closing"]
        (gone,) = x.feed.of("leg.disconnected")
        assert 29 < float(str(gone["published_at"])) - float(str(said["published_at"])) < 31

    play(tmp_path, scene, durations_ms={"prospecting-closing": 300_000})


def test_no_music_follows_the_closing_sentence_of_who_refuses_while_an_agent_is_called(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties |= {PROSPECT: answers(), AGENT: answers(after_s=20)}
        call = await x.place()
        await x.until("agent.calling")
        await asyncio.sleep(2)
        x.line.press(call.a_leg.id, "9")
        await x.over()
        assert x.said[-1] == "prospecting-closing"
        loops = [command[4] for command in x.commands("play") if command[1] == call.a_leg.id]
        assert True in loops
        assert loops[-1] is False

    play(tmp_path, scene, changes={"agent_uri": AGENT})
