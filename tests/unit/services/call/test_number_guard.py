"""Forbidden data told or asked for: nothing of it is stored, and whoever must know is told at once (ASK-001…003)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from ivr.domain.audio.channel import Channel
from ivr.domain.call.party import Direction
from ivr.domain.hearing.verdict import AskSpan, PendingNumber, SensitiveSpan, Verdict
from ivr.domain.program.program import AgentGuard, OnAsk
from ivr.services.ports.hearing import Speech
from tests.fakes.ear import NOTHING
from tests.fakes.exchange import AGENT, Exchange, play
from tests.fakes.line import answers

#: When the agent asks, in their own media's time, which begins about 3 s after the caller's.
ASKS = ((10_000, 11_500), (24_000, 25_000))


def guarded(on_ask: OnAsk = OnAsk.WARN) -> dict[str, object]:
    return {"agent_uri": AGENT, "guard": AgentGuard(agent_channel=True, on_ask=on_ask, answer_s=5.0)}


def _asking(speech: Speech) -> Verdict | None:
    """Every whole utterance of the agent is a forbidden question, and so is what is heard of it before its end."""
    piece = speech.piece
    if piece.channel is not Channel.AGENT or speech.context.guard is None:
        return None
    return replace(NOTHING, asks=(AskSpan("ASK-002", ("nir",), piece.start_ms + 100, piece.end_ms - 100),))


async def conversation(x: Exchange, *asks: tuple[int, int], until_ms: int = 32_000) -> None:
    """The agent asks at these times; the caller speaks a little before, and from 15 s to 17 s."""
    x.ear.decide = _asking
    x.ear.delay_s = 0.8
    x.line.parties[AGENT] = answers(1)
    x.ring((9000, 10_000), (15_000, 17_000))
    await x.agent_speaks(*asks)
    await x.until("agent.bridged")
    await x.media(until_ms)
    x.line.peer_hangs_up("a")
    await x.over()


def test_a_forbidden_question_of_the_agent_is_told_within_two_seconds_and_noted_without_words(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        await conversation(x, ASKS[0])
        (alert,) = x.feed.of("alert.agent_asked")
        begun = x.call.a_leg.answered_at
        assert begun is not None
        assert float(str(alert["published_at"])) - (begun + int(str(alert["end_ms"])) / 1000) <= 2.0
        assert {key: alert[key] for key in ("rules", "families", "agent", "program", "reaction", "count")} == {
            "rules": ["ASK-002"],
            "families": ["nir"],
            "agent": "conseil",
            "program": "hotline-quality",
            "reaction": "warn",
            "count": 1,
        }
        (noted,) = x.of_audit("agent.asked")
        assert set(noted) == {"party", "agent", "program", "rules", "families", "start_ms", "end_ms", "reaction"}
        assert all(len(str(value)) < 40 for value in noted.values())
        assert {15_500, 16_500} <= set(x.written), "a warning alone changes nothing of the recording"
        assert "do-not-tell" not in x.said

    play(tmp_path, scene, changes=guarded())


def test_a_question_is_counted_once_however_often_it_is_heard_and_the_next_one_again(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        await conversation(x, *ASKS)
        asked = [s for s in x.ear.asked if s.piece.channel is Channel.AGENT]
        assert len(asked) > 2, "each question was heard in more than one piece"
        assert [alert["count"] for alert in x.feed.of("alert.agent_asked")] == [1, 2]
        assert x.deps.counters.total("agent_asks", agent="conseil", program="hotline-quality") == 2  # type: ignore[attr-defined]

    play(tmp_path, scene, changes=guarded())


def test_with_mute_the_answer_is_written_as_silence_and_what_follows_is_stored(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        await conversation(x, ASKS[0])
        (mask,) = [mask for mask in x.recording.masks if mask["kind"] == "answer"]
        assert mask["channel"] == "caller"
        begin, end = int(str(mask["start_ms"])), int(str(mask["end_ms"]))
        assert begin <= 13_200
        assert end >= 19_000
        assert not [at for at in x.written if begin <= at < end]
        assert {9500, end + 100} <= set(x.written)
        assert {10_500, 11_000} <= set(x.written_of_agent), "the question itself is evidence"

    play(tmp_path, scene, changes=guarded(OnAsk.MUTE))


def test_with_say_the_caller_is_told_not_to_answer(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        await conversation(x, ASKS[0])
        assert x.said.count("do-not-tell") == 1
        assert [body["reaction"] for body in x.of_audit("agent.asked")] == ["say"]

    play(tmp_path, scene, changes=guarded(OnAsk.SAY))


def test_only_the_agents_words_are_watched_and_only_where_the_program_says_so(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        await conversation(x, ASKS[0])
        guards = {(s.piece.channel, s.context.guard) for s in x.ear.asked}
        expected = Direction.INBOUND if x.programs["hotline-quality"].guard.agent_channel else None
        assert guards == {(Channel.CALLER, None), (Channel.AGENT, expected)}
        assert bool(x.feed.of("alert.agent_asked")) is (expected is not None)

    play(tmp_path, scene, changes=guarded())
    play(tmp_path, scene, changes={"agent_uri": AGENT, "guard": AgentGuard(agent_channel=False)})


def test_nothing_after_an_unjudged_question_is_stored_until_the_ear_has_judged_it(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.decide = _asking
        x.line.parties[AGENT] = answers(1)
        x.ring((15_000, 17_000))
        await x.agent_speaks(ASKS[0])
        await x.until("agent.bridged")
        await x.media(12_000)
        x.ear.absent = True
        await x.media(26_000)
        assert max(x.written) < 13_000
        x.line.peer_hangs_up("a")
        await x.until("call.state", state="CLEARED")

    play(tmp_path, scene, changes=guarded(), options={"judging_timeout_s": 2.0})


# ---- what a caller volunteers


def _card(start_ms: int, end_ms: int, **more: object) -> Verdict:
    return replace(NOTHING, sensitive=(SensitiveSpan("card", start_ms, end_ms),), **more)  # type: ignore[arg-type]


def test_a_caller_alone_with_the_engine_who_dictates_a_number_hears_that_it_is_not_needed(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 12_000, 13_000, _card(12_000, 13_000))
        x.ear.when_said(Channel.CALLER, 15_000, 15_500, _card(12_000, 15_500))
        x.ring((12_000, 13_000), (15_000, 15_500))
        await x.media(22_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.said.count("number-refused") == 1, "it is said once, not after every group of digits"
        assert x.time_of("sensitive") > 13.0 if x.feed.of("sensitive") else True
        assert [body["kind"] for body in x.of_audit("sensitive.masked")] == ["card"]
        assert not x.feed.of("alert.number_told")

    play(tmp_path, scene)


def test_what_is_being_said_already_is_not_said_again_and_later_it_is(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        # So far apart that each is masked by itself; the sentence is said from 13 s to 25 s.
        spoken = [(at_ms, at_ms + 800) for at_ms in (12_000, 18_000, 24_000, 30_000, 45_000)]
        for start_ms, end_ms in spoken:
            x.ear.when_said(Channel.CALLER, start_ms, end_ms, _card(start_ms, end_ms))
        x.ring(*spoken)
        await x.media(40_000)
        assert x.said.count("number-refused") == 1
        await x.media(60_000)
        assert x.said.count("number-refused") == 2
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene, durations_ms={"number-refused": 12_000})


def test_the_notice_is_not_cut_short_by_it(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 400, 900, _card(400, 900))
        x.ring((400, 900))
        await x.media(12_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.said[:2] == ["hotline-disclosure", "number-refused"]
        assert x.feed.of("prompt.ended")[0]["completed"] is True

    play(tmp_path, scene)


def test_with_an_agent_on_the_call_their_screen_is_told_and_nothing_is_said(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ear.when_said(Channel.CALLER, 12_000, 13_000, _card(12_000, 13_000))
        x.ring((12_000, 13_000))
        await x.agent_speaks()
        await x.until("agent.bridged")
        await x.media(20_000)
        x.line.peer_hangs_up("a")
        await x.over()
        (alert,) = x.feed.of("alert.number_told")
        assert (alert["party"], alert["kinds"], alert["agent"]) == ("caller", ["card"], "conseil")
        assert "number-refused" not in x.said

    play(tmp_path, scene, changes=guarded())


# ---- a number in pieces


def test_the_first_pieces_of_a_number_are_still_in_memory_when_the_last_one_tells_what_it_is(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        pending = PendingNumber(10_000, 26_000)
        spans = tuple(SensitiveSpan("nir", start, start + 1000) for start in (10_000, 17_000, 24_000))

        def decide(speech: Speech) -> Verdict:
            if speech.piece.end_ms >= 25_000:
                return replace(NOTHING, sensitive=spans)
            return replace(NOTHING, pending=pending if speech.piece.end_ms < 17_500 else PendingNumber(10_000, 33_000))

        x.ear.decide = decide
        x.ring((10_000, 11_000), (17_000, 18_000), (24_000, 25_000))
        await x.media(23_500)
        assert max(x.written) < 10_000 - 2900, "held from the first digit, while the silences between were cleared"
        await x.media(33_000)
        x.line.peer_hangs_up("a")
        await x.over()
        for start in (10_000, 17_000, 24_000):
            assert not [at for at in x.written if start - 3000 <= at < start + 3000]
        assert 28_000 in x.written
        told = [s.context.pending for s in x.ear.asked if s.piece.start_ms > 13_000]
        assert told[0] in (pending, PendingNumber(10_000, 33_000)), (
            "the ear is told what is held, so that one that was started again knows"
        )

    play(tmp_path, scene, options={"quiet_timeout_s": 600.0})


def test_digits_that_come_to_nothing_are_stored_once_no_number_can_go_on(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 10_000, 11_000, replace(NOTHING, pending=PendingNumber(10_000, 26_000)))
        x.ring((10_000, 11_000))
        await x.media(25_000)
        assert 10_500 not in x.written
        await x.media(31_000)
        assert 10_500 in x.written
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.recording.masks == []
        assert x.recording.gaps == []

    play(tmp_path, scene)


def test_a_call_that_ends_in_the_middle_of_harmless_digits_keeps_them(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 10_000, 11_000, replace(NOTHING, pending=PendingNumber(10_000, 26_000)))
        x.ring((10_000, 11_000))
        await x.media(14_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "SEALED"
        assert {10_500, 13_500} <= set(x.written)

    play(tmp_path, scene)


def test_a_number_dictated_for_longer_than_memory_reaches_is_dropped_and_never_stored(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.decide = lambda speech: replace(NOTHING, pending=PendingNumber(10_000, speech.piece.end_ms + 15_000))
        x.ring(*((at, at + 1000) for at in range(10_000, 90_000, 5000)))
        await x.media(90_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert {gap["cause"] for gap in x.recording.gaps} == {"unheard"}
        assert not [at for at in x.written if 10_000 <= at < 40_000]

    play(tmp_path, scene)


def test_the_ear_is_told_that_the_call_is_over(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.media(5000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert set(x.ear.forgotten) == {x.call.id}

    play(tmp_path, scene)


def test_no_word_stands_in_any_live_event_or_evidence(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        await conversation(x, ASKS[0])
        everything = json.dumps([x.feed.events, [dict(event.body) for event in x.audit.chain]], default=str)
        assert "text" not in everything
        assert "words" not in everything

    play(tmp_path, scene, changes=guarded())
