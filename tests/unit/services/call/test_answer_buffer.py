"""What counts as the answer to a question of ours: words and DTMF while it is open, and nothing of it afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.cleared_mark import Piece
from ivr.domain.hearing.verdict import Band, Label, SensitiveSpan, Verdict
from ivr.services.call.answer_buffer import AnswerBuffer
from ivr.services.hearing.channel_listener import JudgedPiece

ASKED_MS = 5000
#: ASK-004, max_free_digits.
DIGITS_MAX = 10
SAID = Verdict(Label.NONE, Band.CLEAR, 0.0, text="le douze mars")


def judged(
    verdict: Verdict = SAID,
    *,
    start_ms: int = ASKED_MS,
    final: bool = True,
    channel: Channel = Channel.CALLER,
    objects: bool = False,
) -> JudgedPiece:
    return JudgedPiece(Piece(1, channel, start_ms, start_ms + 1000, final), verdict, 0.1, objects)


def typed(answers: AnswerBuffer, digits: str) -> AnswerBuffer:
    for at, digit in enumerate(digits):
        answers.press(digit, at_s=10.0 + at, at_ms=10_000 + 1000 * at)
    return answers


@pytest.fixture
def answers() -> AnswerBuffer:
    answers = AnswerBuffer()
    answers.ask(ASKED_MS)
    return answers


def test_words_count_from_the_moment_the_question_is_asked(answers: AnswerBuffer) -> None:
    answers.judged(judged(replace(SAID, text="avant"), start_ms=ASKED_MS - 20))
    assert list(answers.answer.utterances) == []
    answers.judged(judged())
    answers.judged(judged(replace(SAID, text="1985")))
    assert answers.answer.utterances == ("le douze mars", "1985")
    assert not answers.interrupted


@pytest.mark.parametrize(
    "no_answer",
    [
        judged(final=False),
        judged(channel=Channel.AGENT),
        judged(replace(SAID, text="  ")),
        judged(replace(SAID, speech=False)),
        judged(final=False, objects=True),
        judged(replace(SAID, band=Band.DOUBT), final=False, objects=True),
        judged(replace(SAID, band=Band.ACT), final=False),
    ],
)
def test_unfinished_speech_noise_and_the_agent_answer_nothing(answers: AnswerBuffer, no_answer: JudgedPiece) -> None:
    answers.judged(no_answer)
    assert (answers.answer.utterances, answers.interrupted) == ((), False)


@pytest.mark.parametrize(
    "other",
    [
        judged(objects=True),
        judged(replace(SAID, label=Label.OBJECTION_RECORDING, band=Band.DOUBT)),
        judged(replace(SAID, label=Label.QUESTION_RECORDING, band=Band.ACT)),
        judged(replace(SAID, sensitive=(SensitiveSpan("nir", 5000, 6000),))),
        judged(replace(SAID, band=Band.ACT), final=False, objects=True),
    ],
)
def test_speech_of_something_else_interrupts_and_its_words_are_not_used(
    answers: AnswerBuffer, other: JudgedPiece
) -> None:
    answers.judged(other)
    assert (answers.answer.utterances, answers.interrupted) == ((), True)


def test_a_label_below_its_threshold_is_no_interruption(answers: AnswerBuffer) -> None:
    answers.judged(judged(replace(SAID, label=Label.QUESTION_RECORDING, band=Band.CLEAR)))
    assert (answers.answer.utterances, answers.interrupted) == (("le douze mars",), False)


def test_a_forbidden_number_in_a_piece_spoils_the_whole_utterance_and_not_the_next(answers: AnswerBuffer) -> None:
    answers.judged(judged(replace(SAID, sensitive=(SensitiveSpan("nir", 5000, 6000),)), final=False))
    answers.judged(judged())
    assert (answers.answer.utterances, answers.interrupted) == ((), True)
    answers.interrupted = False
    answers.judged(judged())
    assert (answers.answer.utterances, answers.interrupted) == (("le douze mars",), False)


def test_digits_are_figures_until_the_entry_is_ended(answers: AnswerBuffer) -> None:
    assert not answers.typed
    typed(answers, "47")
    assert (answers.answer.dtmf, answers.typed, answers.entered) == ("47", True, False)
    assert (answers.first_digit_ms, answers.last_digit_s) == (10_000, 11.0)
    typed(answers, "A#99")
    assert (answers.answer.dtmf, answers.entered) == ("47", True)


def test_the_digit_that_ends_an_entry_alone_ends_nothing(answers: AnswerBuffer) -> None:
    typed(answers, "#")
    assert (answers.entered, answers.typed) == (False, False)
    assert answers.last_digit_s == 10.0


def test_the_digit_that_clears_begins_again(answers: AnswerBuffer) -> None:
    typed(answers, "12*")
    assert (answers.answer.dtmf, answers.typed) == ("", False)
    answers.press("5", at_s=20.0, at_ms=20_000)
    assert (answers.answer.dtmf, answers.first_digit_ms) == ("5", 20_000)


def test_an_entry_longer_than_any_that_was_asked_for_is_forgotten_until_it_is_cleared(answers: AnswerBuffer) -> None:
    typed(answers, "1" * DIGITS_MAX)
    assert answers.answer.dtmf == "1" * DIGITS_MAX
    typed(answers, "2")
    assert (answers.answer.dtmf, answers.typed) == ("", True)
    typed(answers, "3")
    assert answers.answer.dtmf == ""
    typed(answers, "*4")
    assert answers.answer.dtmf == "4"


@pytest.mark.parametrize("ends", ["close", "ask"])
def test_nothing_of_an_answer_outlives_its_question(answers: AnswerBuffer, ends: str) -> None:
    answers.judged(judged())
    answers.judged(judged(objects=True))
    answers.judged(judged(replace(SAID, sensitive=(SensitiveSpan("nir", 5000, 6000),)), final=False))
    typed(answers, "1" * (DIGITS_MAX + 1) + "#")
    assert answers.entered
    answers.close() if ends == "close" else answers.ask(60_000)
    assert answers.open is (ends == "ask")
    assert (answers.answer.empty, answers.typed, answers.entered, answers.interrupted) == (True, False, False, False)
    answers.judged(judged(start_ms=60_000))
    assert answers.answer.utterances == (("le douze mars",) if ends == "ask" else ())


def test_what_was_answered_is_never_shown(answers: AnswerBuffer) -> None:
    answers.judged(judged())
    typed(answers, "4711")
    assert repr(answers) == "AnswerBuffer(open=True)"
