"""A doubt while an agent is on the line is offered to the agent first; the caller is asked when nobody takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.verdict import Band
from tests.fakes.ear import objection
from tests.fakes.exchange import AGENT, Exchange, play
from tests.fakes.line import answers

OFFERED: dict[str, Any] = {"agent_uri": AGENT, "doubt_offer_s": 6.0}
DOUBTFUL = (16_000, 17_500)


async def until_offered(x: Exchange) -> dict[str, Any]:
    x.line.parties[AGENT] = answers(1)
    x.ear.when_said(Channel.CALLER, 16_000, 16_800, objection(band=Band.DOUBT, score=0.5))
    x.ring((4000, 5000), DOUBTFUL, (40_000, 41_000))
    await x.until("agent.bridged")
    assert x.call.media_ms < 16_000
    return await x.until("doubt.offered")


async def ended(x: Exchange) -> Any:
    await x.media(60_000)
    x.line.peer_hangs_up("a")
    return await x.over()


def time_between(x: Exchange, first: str, second: dict[str, Any]) -> float:
    return float(str(second["published_at"])) - x.time_of(first)


def test_a_doubt_that_nobody_takes_is_put_to_the_caller_after_its_deadline(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        offered = await until_offered(x)
        assert (offered["deadline_s"], offered["label"]) == (6.0, "objection_recording")
        asked = await x.until("prompt.started", prompt="doubt")
        assert abs(time_between(x, "doubt.offered", asked) - 6.0) < 0.2
        row = await ended(x)
        assert row.recording_state == "DISCARDED"
        assert x.of_audit("objection")[0]["basis"] == "IMPLIED"

    play(tmp_path, scene, changes=OFFERED)


def test_an_agent_who_says_that_the_caller_agrees_resumes_the_recording_unasked(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        await until_offered(x)
        x.control.answer_doubt(x.call.id, "agrees")
        row = await ended(x)
        assert "doubt" not in x.said
        assert row.recording_state == "SEALED"
        assert x.of_audit("doubt.dispelled") == [{"party": "agent"}]
        assert {40_500} <= set(x.written)

    play(tmp_path, scene, changes=OFFERED)


def test_an_agent_who_says_that_the_caller_objects_stops_it_at_once(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        await until_offered(x)
        x.control.answer_doubt(x.call.id, "objects")
        row = await ended(x)
        assert "doubt" not in x.said
        assert row.recording_state == "DISCARDED"
        assert [body["basis"] for body in x.of_audit("objection")] == ["AGENT"]
        assert not [at for at in x.written if at >= 16_000]

    play(tmp_path, scene, changes=OFFERED)


def test_an_agent_who_takes_it_has_time_to_ask_and_silence_is_no_answer(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        await until_offered(x)
        x.control.answer_doubt(x.call.id, "take")
        await x.until("doubt.taken")
        asked = await x.until("prompt.started", prompt="doubt")
        assert abs(time_between(x, "doubt.taken", asked) - x.programs["hotline-quality"].doubt_timeout_s) < 0.2
        row = await ended(x)
        assert row.recording_state == "DISCARDED"

    play(tmp_path, scene, changes=OFFERED)


def test_nothing_is_stored_while_the_agent_is_asked(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        await until_offered(x)
        await x.media(20_000)
        assert not [at for at in x.written if at >= 16_000]
        x.control.answer_doubt(x.call.id, "agrees")
        await ended(x)
        (gap,) = x.recording.gaps
        assert gap["cause"] == "doubt"

    play(tmp_path, scene, changes=OFFERED)


def test_a_caller_who_objects_clearly_meanwhile_is_obeyed_at_once(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 19_000, 19_800, objection())
        x.line.parties[AGENT] = answers(1)
        x.ear.when_said(Channel.CALLER, 16_000, 16_800, objection(band=Band.DOUBT, score=0.5))
        x.ring((4000, 5000), DOUBTFUL, (19_000, 20_000))
        await x.until("doubt.offered")
        told = await x.until("objection")
        assert told["basis"] == "SPOKEN"
        row = await ended(x)
        assert "doubt" not in x.said
        assert row.recording_state == "DISCARDED"

    play(tmp_path, scene, changes=OFFERED)


def test_a_program_that_offers_nothing_asks_the_caller_at_once(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ear.when_said(Channel.CALLER, 16_000, 16_800, objection(band=Band.DOUBT, score=0.5))
        x.ring((4000, 5000), DOUBTFUL)
        await x.until("agent.bridged")
        asked = await x.until("prompt.started", prompt="doubt")
        assert time_between(x, "doubt", asked) < 0.2
        assert x.feed.of("doubt.offered") == []
        await ended(x)

    play(tmp_path, scene, changes={"agent_uri": AGENT})
