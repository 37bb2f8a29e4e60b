"""A member objects to being recorded: the recording stops at the onset, the call goes on (promise 3)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from ivr.domain.audio.channel import Channel
from ivr.domain.consent.state import Basis
from ivr.domain.hearing.verdict import Band, Label, SensitiveSpan, Verdict
from ivr.domain.program.program import Captured
from ivr.domain.recording.state import RecordingState
from tests.fakes.ear import objection
from tests.fakes.exchange import AGENT, CALLER, Exchange, play
from tests.fakes.line import answers

ONSET = 8000
SPEECH = (8000, 9500)


def objecting(x: Exchange, onset_ms: int = ONSET) -> None:
    x.ear.when_said(Channel.CALLER, onset_ms, onset_ms + 800, objection())


def test_an_objection_by_voice_destroys_what_was_captured_and_the_call_goes_on(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        objecting(x)
        x.ring(SPEECH, (20_000, 21_000))
        told = await x.until("objection")
        assert float(str(told["acted_at"])) - x.time_of("leg.confirmed") < 9.5 + 1.0
        await x.until("prompt.started", prompt="objection-noted")
        assert x.time_of("objection") == next(
            item["published_at"] for item in x.feed.of("prompt.started") if item["prompt"] == "objection-noted"
        )
        await x.media(30_000)
        assert x.feed.of("call.reported") == []
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (row.recording_state, row.ended_by, row.disposition) == ("DISCARDED", "caller", "ANSWERED")
        assert x.recording.state is RecordingState.DISCARDED
        assert not x.recording.has_key
        assert x.store.files == {}
        assert x.store.partials == {}
        assert not [at for at in x.written if at >= ONSET]
        assert row.consent["caller"]["state"] == "REFUSED"  # type: ignore[index]

    play(tmp_path, scene)


def test_the_evidence_of_an_objection_holds_basis_offset_score_and_band_and_no_words(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        objecting(x)
        x.ring(SPEECH)
        await x.media(12_000)
        x.line.peer_hangs_up("a")
        await x.over()
        (body,) = x.of_audit("objection")
        assert body["basis"] == "SPOKEN"
        assert body["offset_ms"] == ONSET
        assert body["score"] == 0.97
        assert body["band"] == "act"
        assert body["party"] == "caller"
        assert (body["evidence"], body["v"]) == ("explicit", 2)
        told = {"party", "label", "basis", "offset_ms", "score", "band", "rules", "discards", "evidence", "v"}
        assert set(body) == told
        kinds = x.audit.kinds()
        assert kinds.index("objection") < kinds.index("recording.discarding") < kinds.index("certificate.destruction")
        event = next(event for event in x.audit.chain if event.kind == "objection")
        assert event.recording_id == x.recording.tag.recording_id
        assert json.dumps(x.feed.events, default=str).count("enregistré") == 0

    play(tmp_path, scene)


def test_what_was_captured_before_the_objection_is_sealed_when_the_program_keeps_it(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        objecting(x)
        x.ring(SPEECH)
        await x.until("objection")
        await x.until("recording.state", state="SEALED")
        await x.media(15_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "SEALED"
        assert x.recording.reason == "objection"
        assert x.written
        assert max(x.written) < ONSET
        assert x.of_audit("objection")[0]["discards"] is False
        # What could still have been masked by a later verdict is not kept either, and said.
        assert [gap["cause"] for gap in x.recording.gaps] == ["objection"]
        assert x.recording.consent["caller"]["state"] == "REFUSED"  # type: ignore[index]

    play(tmp_path, scene, changes={"captured": Captured.KEEP})


def test_an_objection_during_the_disclosure_stops_it_and_nothing_is_ever_captured(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 600, 1000, objection())
        x.ring((500, 1100), (9000, 9500))
        await x.media(12_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert x.said == ["hotline-disclosure", "objection-noted", "hotline-menu"]
        assert x.of_audit("disclosure.played")[0]["completed"] is False
        assert (row.recording_state, row.recording_id) == ("WITHHELD", None)
        assert row.consent["caller"]["state"] == "REFUSED"  # type: ignore[index]
        assert x.written == []

    play(tmp_path, scene, durations_ms={"hotline-disclosure": 6000})


def test_an_objection_in_the_last_words_before_the_click_is_still_heard(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        objecting(x)
        x.ear.delay_s = 2.0
        x.ring((8000, 9000))
        await x.media(9000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert x.time_of("objection") > x.time_of("leg.disconnected")
        assert row.recording_state == "DISCARDED"
        assert not [at for at in x.written if at >= ONSET]

    play(tmp_path, scene)


@pytest.mark.parametrize("at_ms", [1000, 6000])
def test_the_objection_key_acts_at_once_at_any_moment(tmp_path: Path, at_ms: int) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.media(at_ms)
        x.line.press("a", "9")
        await x.until("objection", basis="DTMF")
        await x.media(12_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == ("WITHHELD" if at_ms < 2000 else "DISCARDED")
        assert x.of_audit("objection")[0]["basis"] == "DTMF"
        assert "objection-noted" in x.said
        assert "9" not in [value for item in x.feed.of("dtmf.pressed") for value in item.values()]

    play(tmp_path, scene)


def test_other_digits_mean_nothing(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.media(4000)
        x.line.press("a", "1*#5")
        await x.media(6000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"
        assert x.feed.of("objection") == []

    play(tmp_path, scene)


def test_a_second_objection_changes_nothing(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        objecting(x)
        objecting(x, 15_000)
        x.ring(SPEECH, (15_000, 16_000))
        await x.media(20_000)
        x.line.press("a", "9")
        await x.media(22_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert len(x.of_audit("objection")) == 1
        assert x.said.count("objection-noted") == 1
        assert x.audit.kinds().count("certificate.destruction") == 1

    play(tmp_path, scene)


def test_a_second_objection_that_began_earlier_cuts_back_to_where_it_began(tmp_path: Path) -> None:
    """A key is weighed (it may begin a number) while words that come after it object already."""

    async def scene(x: Exchange) -> None:
        x.ring((10_000, 10_700))
        await x.media(9000)
        # What the first one asks for is held up, so that the second comes before anything is sealed.
        held_up = asyncio.Event()
        x.call.writes.add("a slow disk", held_up.wait)
        await x.media(15_000)
        objections = next(iter(x.control._tasks.values()))._objections
        objections.objected(Label.OBJECTION_RECORDING, Basis.SPOKEN, 14_500, 0.97)
        await x.media(15_500)
        objections.objected(Label.OBJECTION_RECORDING, Basis.DTMF, 13_000, 1.0)
        await x.media(15_600)
        objections.objected(Label.OBJECTION_RECORDING, Basis.DTMF, 14_000, 1.0)
        await x.media(30_000)
        held_up.set()
        await x.until("recording.state", state="SEALED")
        x.line.peer_hangs_up("a")
        await x.over()
        assert max(x.written) == 12_980
        # It cuts and does nothing else a second time.
        assert [body["offset_ms"] for body in x.of_audit("objection")] == [14_500]
        assert x.said.count("objection-noted") == 1

    play(tmp_path, scene, changes={"captured": Captured.KEEP})


def test_an_objection_during_hold_stops_the_recording(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        objecting(x)
        x.ring(SPEECH)
        await x.media(7000)
        x.line.hold("a")
        await x.until("objection")
        await x.media(12_000)
        x.line.hold("a", held=False)
        await x.media(14_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "DISCARDED"
        assert not [at for at in x.written if at >= 7000]

    play(tmp_path, scene)


def test_an_objection_while_the_agent_is_ringing_leaves_the_call_unrecorded_and_connected(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(10)
        objecting(x, 5000)
        x.ring((5000, 6500))
        await x.until("agent.bridged")
        await x.media(20_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "WITHHELD"
        assert x.written == []
        assert x.feed.of("objection")

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_the_agents_button_objects_for_the_caller(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ring((7000, 8000))
        await x.until("agent.bridged")
        await x.media(12_000)
        assert x.call.b_leg is not None
        x.line.press(x.call.b_leg.id, "9")
        await x.until("objection", basis="AGENT")
        await x.media(15_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "DISCARDED"
        assert row.consent["caller"]["state"] == "REFUSED"  # type: ignore[index]
        assert x.of_audit("objection")[0]["basis"] == "AGENT"

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_an_objection_while_bridged_does_not_part_the_two(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        objecting(x, 12_000)
        x.ring((12_000, 13_500))
        await x.until("objection")
        await x.media(25_000)
        assert x.commands("unbridge") == []
        assert x.commands("hangup") == []
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (row.recording_state, row.ended_by) == ("DISCARDED", "caller")
        assert not [at for at in x.written if at >= 12_000]

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_a_clear_refusal_of_contact_on_the_hotline_bars_sales_calls_and_is_asked_about(tmp_path: Path) -> None:
    """ "Je refuse l'enregistrement" on a poor line may be heard as a refusal of contact: never as nothing."""

    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection(label=Label.REFUSAL_CONTACT))
        x.ring((8000, 9500))
        await x.media(16_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert "doubt" in x.said
        assert x.do_not_call.bars(CALLER, scope="sales") is not None
        # Whoever calls may name anybody: barred, and marked.
        (told,) = x.feed.of("do_not_call.added")
        (event,) = x.of_audit("do_not_call.added")
        assert (told["verified"], event["known_by"]) == (False, "claimed")
        # Hung up without having said no: nothing is kept (REC-021, fail_mode).
        assert row.recording_state == "DISCARDED"

    play(tmp_path, scene)


def test_a_doubtful_refusal_of_contact_on_the_hotline_holds_nothing_back(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection(label=Label.REFUSAL_CONTACT, band=Band.DOUBT))
        x.ring((8000, 9500))
        await x.media(16_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"
        assert x.said == ["hotline-disclosure", "hotline-menu"]
        assert set(range(3000, 15_980, 20)) <= set(x.written)
        assert x.recording.gaps == []

    play(tmp_path, scene)


def test_a_question_about_the_recording_is_answered_and_nothing_stops(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        question = Verdict(Label.QUESTION_RECORDING, Band.ACT, 0.9)
        x.ear.when_said(Channel.CALLER, 8000, 8800, question)
        x.ring((8000, 9500))
        await x.media(16_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"
        assert x.said == ["hotline-disclosure", "hotline-menu", "quality-question-answer"]
        assert x.recording.gaps == []

    play(tmp_path, scene)


def test_a_question_is_answered_once_it_has_been_asked_and_not_before(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        question = Verdict(Label.QUESTION_RECORDING, Band.ACT, 0.9)
        x.ear.when_said(Channel.CALLER, 8000, 8800, question)
        x.ring((8000, 14_000))
        await x.media(13_500)
        assert any(verdict.label is Label.QUESTION_RECORDING for _, verdict in x.ear.told)
        assert "quality-question-answer" not in x.said
        x.ear.when_said(Channel.CALLER, 13_000, 13_950, question)
        await x.media(20_000)
        assert x.said.count("quality-question-answer") == 1
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene)


def test_a_question_that_is_asked_again_is_answered_again_and_never_twice_at_once(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        question = Verdict(Label.QUESTION_RECORDING, Band.ACT, 0.9)
        for at_ms in (8000, 10_000, 30_000):
            x.ear.when_said(Channel.CALLER, at_ms, at_ms + 400, question)
        x.ring((8000, 8500), (10_000, 10_500), (30_000, 30_500))
        await x.media(60_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.said.count("quality-question-answer") == 2

    play(tmp_path, scene, durations_ms={"quality-question-answer": 8000})


def test_once_nothing_is_recorded_any_more_nobody_is_told_about_the_recording(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        objecting(x)
        x.ear.when_said(Channel.CALLER, 16_000, 16_400, Verdict(Label.QUESTION_RECORDING, Band.ACT, 0.9))
        x.ring(SPEECH, (16_000, 16_500))
        await x.media(30_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert "quality-question-answer" not in x.said

    play(tmp_path, scene)


def test_with_an_agent_on_the_line_a_question_about_the_recording_is_theirs_to_answer(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ear.when_said(Channel.CALLER, 16_000, 16_400, Verdict(Label.QUESTION_RECORDING, Band.ACT, 0.9))
        x.ring((16_000, 16_500))
        await x.until("agent.bridged")
        assert x.call.media_ms < 16_000
        await x.media(30_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert "quality-question-answer" not in x.said

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_a_question_below_its_threshold_is_not_answered(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 8000, 8800, Verdict(Label.QUESTION_RECORDING, Band.CLEAR, 0.2))
        x.ring((8000, 9500))
        await x.media(14_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert "quality-question-answer" not in x.said

    play(tmp_path, scene)


@pytest.mark.parametrize("denies", [True, False])
def test_an_agent_who_says_that_the_caller_objects_puts_a_doubt_to_the_caller(tmp_path: Path, denies: bool) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ear.when_said(Channel.AGENT, 12_000, 12_500, objection())
        if denies:
            x.ear.when_said(Channel.CALLER, 20_000, 20_300, Verdict(Label.NONE, Band.CLEAR, 0.9, denies=True))
        x.ring(*([(20_000, 20_500)] if denies else []))
        await x.agent_speaks((7000, 12_000))
        await x.until("doubt")
        assert x.feed.of("objection") == []
        held_ms = x.call.media_ms
        assert not [at for at in x.written if at >= 12_000]
        await x.media(40_000)
        assert x.commands("unbridge") == []
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.consent["agent"]["state"] == "NOTIFIED"  # type: ignore[index]
        assert x.of_audit("doubt")[0]["basis"] == "AGENT"
        if denies:
            assert row.recording_state == "SEALED"
            assert not [at for at in x.written if held_ms + 100 <= at < 20_000]
            assert {12_500, 30_000} <= set(x.written)
        else:
            assert row.recording_state == "DISCARDED"
            assert x.of_audit("objection")[0]["basis"] == "IMPLIED"

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_what_the_agent_says_is_judged_without_the_callers_prompts(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ear.when_said(Channel.AGENT, 12_000, 12_500, objection(label=Label.REFUSAL_CONTACT))
        x.ring((7000, 8000))
        await x.agent_speaks((7000, 12_000))
        await x.media(22_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        of_agent = [speech.context for speech in x.ear.asked if speech.piece.channel is Channel.AGENT]
        of_caller = [speech.context for speech in x.ear.asked if speech.piece.channel is Channel.CALLER]
        assert {(context.last_prompt, context.after_disclosure) for context in of_agent} == {("", False)}
        assert all(context.last_prompt and context.after_disclosure for context in of_caller)
        assert row.recording_state == "SEALED"
        assert x.feed.of("doubt") == []

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_forbidden_data_that_several_pieces_hear_is_noted_once(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        told = iter(range(100))
        x.ear.decide = lambda speech: Verdict(
            Label.NONE, Band.CLEAR, 0.0, None, (SensitiveSpan("nir", 5000, 5500 + 20 * next(told)),)
        )
        x.ring((5000, 9000))
        await x.media(14_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert len(x.ear.asked) > 2
        assert len(x.of_audit("sensitive.masked")) == 1
        (mask,) = x.recording.masks
        assert int(str(mask["end_ms"])) == 5500 + 20 * (len(x.ear.asked) - 1) + 2000

    play(tmp_path, scene)
