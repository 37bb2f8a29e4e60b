"""What is not understood is not stored, nor what follows, until the caller has agreed; silence never agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.verdict import Band, Comprehension, Label, Verdict
from tests.fakes.ear import objection
from tests.fakes.exchange import AGENT, PROSPECT, Exchange, play
from tests.fakes.line import answers

FOREIGN = Verdict(Label.NONE, Band.CLEAR, 0.0, comprehension=Comprehension.FOREIGN)
AGREES = Verdict(Label.NONE, Band.CLEAR, 0.9, denies=True)
SAID = (8000, 9500)


def says_something_foreign(x: Exchange) -> None:
    x.ear.when_said(Channel.CALLER, 8000, 8800, FOREIGN)


async def ended(x: Exchange, at_ms: int) -> None:
    await x.media(at_ms)
    x.line.peer_hangs_up(x.call.a_leg.id)
    await x.over()


def test_it_is_asked_about_once_and_nothing_from_it_on_is_stored_while_nobody_answers(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        says_something_foreign(x)
        x.ear.when_said(Channel.CALLER, 20_000, 20_800, FOREIGN)
        x.ring(SAID, (20_000, 21_000), (25_000, 27_000))
        await ended(x, 30_000)
        assert x.said.count("not-understood") == 1
        assert "doubt" not in x.said
        assert max(x.written) < 8000
        (gap,) = [gap for gap in x.recording.gaps if gap["cause"] == "not_understood"]
        assert int(str(gap["start_ms"])) <= 7900
        assert int(str(gap["end_ms"])) >= 29_000
        (noted,) = x.of_audit("hearing.not_understood")
        assert (noted["party"], noted["why"]) == ("caller", "foreign")
        # What was heard before stays: nobody has objected.
        assert x.of_audit("objection") == []
        assert x.recording.state.name == "SEALED"

    play(tmp_path, scene)


def test_who_agrees_is_recorded_again_but_not_what_was_not_understood(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        says_something_foreign(x)
        x.ear.when_said(Channel.CALLER, 16_000, 16_400, AGREES)
        x.ear.when_said(Channel.CALLER, 24_000, 24_500, FOREIGN)
        x.ring(SAID, (16_000, 16_600), (20_000, 21_000), (24_000, 25_000), (28_000, 29_000))
        await x.until("recording.agreed")
        await ended(x, 35_000)
        assert x.said.count("not-understood") == 1
        assert "reassured" in x.said
        assert {20_500, 28_500} <= set(x.written)
        assert not [at for at in x.written if 8000 <= at < 9500 or 24_000 <= at < 25_000]
        assert len(x.of_audit("recording.agreed")) == 1

    play(tmp_path, scene)


@pytest.mark.parametrize("start_ms", [9900, 11_500])
def test_a_yes_before_the_question_was_heard_out_does_not_agree(tmp_path: Path, start_ms: int) -> None:
    async def scene(x: Exchange) -> None:
        says_something_foreign(x)
        x.ear.when_said(Channel.CALLER, start_ms, start_ms + 300, AGREES)
        x.ring(SAID, (start_ms, start_ms + 500))
        await ended(x, 30_000)
        assert x.of_audit("recording.agreed") == []
        assert max(x.written) < 8000

    play(tmp_path, scene, durations_ms={"not-understood": 4000})


def test_an_answer_that_is_not_understood_either_does_not_agree(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        says_something_foreign(x)
        x.ear.when_said(Channel.CALLER, 16_000, 16_400, FOREIGN)
        x.ring(SAID, (16_000, 16_600))
        await ended(x, 30_000)
        assert max(x.written) < 8000

    play(tmp_path, scene)


def test_a_no_or_the_digit_objects(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        says_something_foreign(x)
        x.ear.when_said(Channel.CALLER, 16_000, 16_400, objection())
        x.ring(SAID, (16_000, 16_600))
        await x.until("objection")
        await ended(x, 25_000)
        assert x.said[-1] == "objection-noted"
        assert x.recording.state.name == "DISCARDED"

    play(tmp_path, scene)


def test_a_prospect_who_is_not_understood_is_asked_and_the_call_goes_on(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers(3)
        x.ear.when_said(Channel.CALLER, 6000, 6800, FOREIGN)
        await x.place((6000, 7500), (20_000, 21_000))
        await ended(x, 25_000)
        assert "not-understood" in x.said
        assert "prospecting-closing" not in x.said
        assert not [at for at in x.written if at >= 6000]
        assert x.of_audit("do_not_call.added") == []

    play(tmp_path, scene)


def test_what_the_agent_says_so_is_missing_and_nobody_is_asked(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ear.decide = lambda speech: FOREIGN if speech.piece.channel is Channel.AGENT else None
        x.ring((9000, 10_000), (24_000, 25_000))
        await x.agent_speaks((12_000, 14_000))
        await ended(x, 30_000)
        assert "not-understood" not in x.said
        assert {9500, 24_500} <= set(x.written)
        (gap,) = x.recording.gaps
        assert gap["cause"] == "not_understood"
        assert 1500 < int(str(gap["end_ms"])) - int(str(gap["start_ms"])) < 4000
        assert [body["party"] for body in x.of_audit("hearing.not_understood")] == ["agent"]

    play(tmp_path, scene, changes={"agent_uri": AGENT})


def test_an_answer_to_who_is_calling_is_not_asked_about(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 8000, 8800, FOREIGN)
        x.ring(SAID, (20_000, 21_000))
        await x.until("disclosure.completed")
        x.call.answers.ask(0)
        await ended(x, 25_000)
        assert "not-understood" not in x.said
        assert not [at for at in x.written if 8000 <= at < 9500]
        assert 20_500 in x.written

    play(tmp_path, scene)


def test_nothing_is_asked_on_a_call_that_is_not_recorded(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 7000, 7300, objection())
        says_something_foreign(x)
        x.ring((7000, 7400), SAID)
        await ended(x, 20_000)
        assert "not-understood" not in x.said

    play(tmp_path, scene)


def test_speech_over_the_disclosure_is_asked_about_after_it(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 600, 1000, FOREIGN)
        x.ring((500, 1100), (22_000, 23_000))
        await ended(x, 30_000)
        assert x.said[:2] == ["hotline-disclosure", "not-understood"]
        assert x.written == []

    play(tmp_path, scene)
