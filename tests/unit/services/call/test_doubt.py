"""In doubt nothing is stored and the caller is asked; no clear answer counts as an objection (REC-021)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.domain.audio.channel import Channel
from ivr.domain.consent.objection import must_vanish
from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.base import Unread
from ivr.domain.hearing.verdict import Band, Ground, Label, Verdict
from tests.fakes.ear import objection
from tests.fakes.exchange import PROSPECT, Exchange, frames, play
from tests.fakes.line import answers
from tests.fakes.vault import FakeAuditLog

NO = Verdict(Label.NONE, Band.CLEAR, 0.9, denies=True)
DOUBTFUL = (8000, 9500)


def doubtful(x: Exchange) -> None:
    x.ear.when_said(Channel.CALLER, 8000, 8800, objection(band=Band.DOUBT, score=0.5))


def test_non_resumes_the_recording_and_the_caller_is_thanked(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ear.when_said(Channel.CALLER, 13_000, 13_400, NO)
        x.ring(DOUBTFUL, (13_000, 13_600), (18_000, 19_000))
        await x.until("recording.state", state="PAUSED")
        await x.media(25_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert x.said == ["hotline-disclosure", "hotline-menu", "doubt", "reassured"]
        assert row.recording_state == "SEALED"
        (gap,) = x.recording.gaps
        assert gap["cause"] == "doubt"
        assert 9500 < int(str(gap["start_ms"])) < 12_000
        assert 13_400 < int(str(gap["end_ms"])) < 15_000
        assert not [at for at in x.written if int(str(gap["start_ms"])) <= at < int(str(gap["end_ms"]))]
        # The sentence that was doubtful has proved harmless.
        assert {8000, 9000, 18_500} <= set(x.written)
        states = [item["state"] for item in x.feed.of("recording.state")]
        assert states == ["CAPTURING", "PAUSED", "CAPTURING", "SEALED"]
        assert row.consent["caller"]["state"] == "NOTIFIED"  # type: ignore[index]
        kinds = x.audit.kinds()
        assert kinds.index("doubt") < kinds.index("recording.held") < kinds.index("doubt.dispelled")

    play(tmp_path, scene)


def test_oui_is_an_objection(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ear.when_said(Channel.CALLER, 13_000, 13_400, objection())
        x.ring(DOUBTFUL, (13_000, 13_600))
        told = await x.until("objection")
        assert told["basis"] == "SPOKEN"
        await x.media(25_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "DISCARDED"
        assert x.said[-2:] == ["doubt", "objection-noted"]
        assert len(x.of_audit("objection")) == 1
        assert not [at for at in x.written if at >= 8000]

    play(tmp_path, scene)


def test_silence_is_an_objection_once_the_time_to_answer_is_over(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ring(DOUBTFUL)
        await x.until("objection")
        asked = next(item for item in x.feed.of("prompt.ended") if item["prompt"] == "doubt")
        waited_s = x.time_of("objection") - float(str(asked["published_at"]))
        assert abs(waited_s - x.programs["hotline-quality"].doubt_timeout_s) < 0.1
        (body,) = x.of_audit("objection")
        assert (body["basis"], body["band"], body["offset_ms"]) == ("IMPLIED", "doubt", 7800)
        await x.media(30_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "DISCARDED"
        assert x.said[-1] == "objection-noted"
        assert not [at for at in x.written if at >= 7800]

    play(tmp_path, scene)


def test_a_doubt_that_is_unresolved_when_the_caller_hangs_up_is_an_objection(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ring(DOUBTFUL)
        await x.until("prompt.started", prompt="doubt")
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "DISCARDED"
        assert x.of_audit("objection")[0]["basis"] == "IMPLIED"

    play(tmp_path, scene)


def test_a_doubt_in_the_last_words_is_an_objection(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ear.delay_s = 1.0
        x.ring((8000, 9000))
        await x.media(9000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "DISCARDED"

    play(tmp_path, scene)


def test_the_question_is_asked_once_however_often_the_ear_doubts(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.default = objection(band=Band.DOUBT, score=0.5)
        x.ring((8000, 9000), (10_000, 11_000), (12_000, 13_000))
        await x.until("objection")
        await x.media(30_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.said.count("doubt") == 1
        assert len(x.of_audit("objection")) == 1

    play(tmp_path, scene)


def test_a_doubt_is_asked_about_again_after_the_caller_was_reassured(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ear.when_said(Channel.CALLER, 13_000, 13_400, NO)
        x.ear.when_said(Channel.CALLER, 14_400, 15_000, objection(band=Band.DOUBT, score=0.5))
        x.ring(DOUBTFUL, (13_000, 13_600), (14_400, 15_400))
        await x.until("prompt.started", 2, prompt="doubt")
        await x.until("objection")
        await x.media(40_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "DISCARDED"

    play(tmp_path, scene, durations_ms={"reassured": 3000})


def test_a_no_that_was_said_before_the_question_is_no_answer_to_it(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ear.when_said(Channel.CALLER, 9900, 10_100, NO)
        x.ring((8000, 9500), (9850, 12_000))
        x.ear.delay_s = 0.3
        await x.until("objection")
        assert x.feed.of("doubt.dispelled") == []
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene)


def test_an_answer_given_in_time_counts_though_the_ear_is_slow(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ear.when_said(Channel.CALLER, 17_500, 17_900, NO)
        x.ring(DOUBTFUL, (17_500, 18_000))
        await x.until("doubt")
        x.ear.delay_s = 3.0
        told = await x.until("doubt.dispelled")
        asked = next(item for item in x.feed.of("prompt.ended") if item["prompt"] == "doubt")
        waited_s = float(str(told["published_at"])) - float(str(asked["published_at"]))
        assert waited_s > x.programs["hotline-quality"].doubt_timeout_s
        await x.media(30_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"

    play(tmp_path, scene)


def test_a_doubt_during_the_disclosure_waits_for_its_end(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 600, 1000, objection(band=Band.DOUBT, score=0.5))
        x.ear.when_said(Channel.CALLER, 8000, 8300, NO)
        x.ring((500, 1100), (8000, 8500), (14_000, 15_000))
        await x.until("doubt.dispelled")
        await x.media(20_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert x.said == ["hotline-disclosure", "doubt", "reassured", "hotline-menu"]
        assert x.of_audit("disclosure.played")[0]["completed"] is True
        assert row.recording_state == "SEALED"
        assert min(x.written) > 8300
        assert {14_500} <= set(x.written)

    play(tmp_path, scene, durations_ms={"hotline-disclosure": 6000})


def test_a_doubt_during_the_disclosure_that_ends_with_a_click_keeps_nothing_and_bars_nobody(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.ear.when_said(Channel.CALLER, 600, 1000, objection(label=Label.REFUSAL_CONTACT, band=Band.DOUBT))
        call = await x.place((500, 1100))
        await x.until("hearing.judged", final=True)
        x.line.peer_hangs_up(call.a_leg.id)
        assert (await x.over()).recording_state == "WITHHELD"
        assert x.do_not_call.bars(PROSPECT, scope="sales") is None

    play(tmp_path, scene)


def test_a_doubtful_refusal_of_contact_is_asked_about_in_its_own_words(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.ear.when_said(Channel.CALLER, 6000, 6800, objection(label=Label.REFUSAL_CONTACT, band=Band.DOUBT))
        call = await x.place((6000, 7500))
        await x.until("objection")
        await x.media(40_000)
        x.line.peer_hangs_up(call.a_leg.id)
        row = await x.over()
        assert x.said[-2:] == ["doubt-contact", "objection-noted"]
        assert (row.recording_state, row.ended_by) == ("DISCARDED", "caller")
        (told,) = x.of_audit("objection")
        assert (told["label"], told["basis"], told["rules"]) == ("refusal_contact", "IMPLIED", ["REC-021", "REC-006"])
        assert "evidence" not in told
        assert x.do_not_call.bars(PROSPECT, scope="sales") is None

    play(tmp_path, scene)


def test_a_prospect_who_answers_the_doubt_with_yes_is_not_called_again(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.ear.when_said(Channel.CALLER, 6000, 6800, objection(label=Label.REFUSAL_CONTACT, band=Band.DOUBT))
        x.ear.when_said(Channel.CALLER, 12_000, 12_400, objection(label=Label.REFUSAL_CONTACT, ground=Ground.ANSWER))
        await x.place((6000, 7500), (12_000, 12_600))
        row = await x.over()
        assert x.said[-2:] == ["doubt-contact", "prospecting-closing"]
        assert (row.recording_state, row.ended_by) == ("DISCARDED", "engine")
        assert [told["evidence"] for told in x.of_audit("objection")] == ["answer"]
        assert x.do_not_call.bars(PROSPECT, scope="sales") is not None

    play(tmp_path, scene)


def test_a_prospect_who_refuses_after_an_unanswered_doubt_is_heard_all_the_same(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.ear.when_said(Channel.CALLER, 6000, 6800, objection(label=Label.REFUSAL_CONTACT, band=Band.DOUBT))
        x.ear.when_said(Channel.CALLER, 40_000, 40_800, objection(label=Label.REFUSAL_CONTACT))
        await x.place((6000, 7500), (40_000, 41_000))
        row = await x.over()
        assert x.said[-1] == "prospecting-closing"
        assert (row.recording_state, row.ended_by) == ("DISCARDED", "engine")
        assert [told["basis"] for told in x.of_audit("objection")] == ["IMPLIED", "SPOKEN"]
        assert x.do_not_call.bars(PROSPECT, scope="sales") is not None
        assert x.audit.kinds().count("certificate.destruction") == 1

    play(tmp_path, scene)


def test_nobody_is_asked_on_a_call_that_is_not_recorded_anyway(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ring(DOUBTFUL)
        await x.media(25_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert "doubt" not in x.said
        assert x.feed.of("objection") == []

    play(tmp_path, scene, changes={"sampling_rate": 0.0, "systematic_basis": ""})


def test_a_question_that_cannot_be_played_still_ends_in_an_objection(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        (tmp_path / "doubt.wav").write_bytes(b"")
        x.ring(DOUBTFUL)
        await x.until("objection")
        await asyncio.sleep(3)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "DISCARDED"

    play(tmp_path, scene)


@pytest.mark.parametrize("span", [(500, 1000), (2900, 4600)])
def test_a_no_over_the_question_is_no_answer_to_it_and_is_judged_without_it(
    tmp_path: Path, span: tuple[int, int]
) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ring(DOUBTFUL)
        await x.until("prompt.started", prompt="doubt")
        begun_ms = x.call.media_ms
        x.ear.when_said(Channel.CALLER, begun_ms + span[0] + 50, begun_ms + span[0] + 250, NO)
        x.line._legs["a"].to_say.clear()
        x.line.speak("a", frames(6000, [span]))
        await x.until("objection", basis="IMPLIED")
        assert x.feed.of("doubt.dispelled") == []
        asked = [speech for speech in x.ear.asked if speech.piece.start_ms > 9600]
        assert asked
        assert "non" in x.deps.prompts["doubt"].text
        assert all(speech.context.last_prompt != x.deps.prompts["doubt"].text for speech in asked)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "DISCARDED"

    play(tmp_path, scene, durations_ms={"doubt": 4000})


def test_a_no_in_the_last_moment_of_the_question_is_an_answer(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ring(DOUBTFUL)
        await x.until("prompt.started", prompt="doubt")
        begun_ms = x.call.media_ms
        x.ear.when_said(Channel.CALLER, begun_ms + 3850, begun_ms + 4050, NO)
        x.line._legs["a"].to_say.clear()
        x.line.speak("a", frames(30_000, [(3800, 4300)]))
        await x.until("doubt.dispelled")
        final = next(speech for speech in x.ear.asked if speech.piece.final and speech.piece.start_ms > 9600)
        assert final.context.last_prompt == x.deps.prompts["doubt"].text
        await x.media(30_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"

    play(tmp_path, scene, durations_ms={"doubt": 4000})


def test_what_is_said_long_after_a_prompt_is_judged_without_it(tmp_path: Path) -> None:
    """A bare "non" means something for some seconds after a question, and nothing a minute later."""

    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ear.when_said(Channel.CALLER, 13_000, 13_400, NO)
        spans = [(at_ms, at_ms + 400) for at_ms in (13_000, 24_000, 32_000, 60_000)]
        x.ring(DOUBTFUL, *spans)
        await x.media(70_000)
        x.line.peer_hangs_up("a")
        await x.over()
        (reassured,) = [item for item in x.feed.of("prompt.ended") if item["prompt"] == "reassured"]
        ended_ms = round((float(str(reassured["published_at"])) - x.time_of("leg.confirmed")) * 1000)
        heard_after = {}
        for speech in x.ear.asked:
            if speech.piece.final and speech.piece.start_ms > ended_ms:
                heard_after[speech.piece.start_ms - ended_ms < 12_000] = speech.context.last_prompt
        assert heard_after == {True: x.deps.prompts["reassured"].text, False: ""}

    play(tmp_path, scene)


def test_an_answer_to_the_first_question_does_not_answer_the_second(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ring(DOUBTFUL)
        await x.until("prompt.ended", prompt="doubt")
        call = x.call
        assert call.prompts_heard.question_heard(call.media_ms)
        call.prompts_heard.question_due()
        assert not call.prompts_heard.question_heard(call.media_ms)
        x.line.peer_hangs_up("a")
        await x.over()

    play(tmp_path, scene)


def _evidence(*kinds: str | tuple[str, dict[str, object]]) -> list[AuditEvent]:
    log = FakeAuditLog()
    for kind in kinds:
        name, body = (kind, {}) if isinstance(kind, str) else kind
        log.append(Unread(name, body), call_id="call-1")
    return log.events()


def test_a_line_that_dies_during_a_doubt_leaves_an_objection() -> None:
    found = must_vanish(_evidence("recording.started", "doubt"))
    assert found is not None
    assert found.kind == "doubt"
    assert must_vanish(_evidence("doubt", "doubt.dispelled", "doubt")) is not None
    # Events of the recording and of its call alone come one after the other, not in order of time.
    dispelled_first = list(reversed(_evidence("doubt", "doubt.dispelled")))
    assert must_vanish(dispelled_first) is None


def test_a_doubt_that_was_dispelled_or_became_an_objection_that_keeps_does_not_destroy() -> None:
    keeps: dict[str, object] = {"discards": False}
    assert must_vanish(_evidence("doubt", "doubt.dispelled")) is None
    assert must_vanish(_evidence("doubt", ("objection", keeps))) is None
    assert must_vanish(_evidence(("doubt", keeps))) is None
    assert must_vanish(_evidence("recording.started")) is None


def test_a_doubt_says_in_its_evidence_whether_it_would_destroy(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        doubtful(x)
        x.ring(DOUBTFUL)
        await x.until("objection")
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.of_audit("doubt")[0]["discards"] is True

    play(tmp_path, scene)
