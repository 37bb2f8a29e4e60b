"""Unfinished speech acts when a longer piece of it says the same, not before."""

from __future__ import annotations

import pytest

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.cleared_mark import Piece
from ivr.domain.hearing.verdict import Band, Label
from ivr.speech.early_action import Eagerness

_OBJECTION, _REFUSAL = Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT


def _piece(start_ms: int, end_ms: int, *, final: bool = False, channel: Channel = Channel.CALLER) -> Piece:
    return Piece(1, channel, start_ms, end_ms, final)


def _bands(*said: tuple[Piece, Label, Band], call_id: str = "call") -> list[Band]:
    eagerness = Eagerness()
    return [eagerness.confirmed(call_id, *one) for one in said]


def test_the_first_words_that_read_as_an_objection_only_make_the_recording_wait() -> None:
    assert _bands((_piece(0, 900), _OBJECTION, Band.ACT)) == [Band.DOUBT]


def test_more_words_that_say_the_same_act_before_the_sentence_ends() -> None:
    said = [(_piece(0, end), _OBJECTION, Band.ACT) for end in (900, 1600, 2300)]
    assert _bands(*said) == [Band.DOUBT, Band.ACT, Band.ACT]


def test_a_refusal_of_contact_waits_for_its_end() -> None:
    said = [(_piece(0, end, final=end == 2300), _REFUSAL, Band.ACT) for end in (900, 1600, 2300)]
    assert _bands(*said) == [Band.DOUBT, Band.DOUBT, Band.ACT]


def test_a_finished_sentence_acts_at_once() -> None:
    assert _bands((_piece(0, 900, final=True), _OBJECTION, Band.ACT)) == [Band.ACT]


def test_a_piece_of_the_greatest_length_acts_since_no_longer_one_will_come() -> None:
    assert _bands((_piece(0, 12_000), _OBJECTION, Band.ACT)) == [Band.ACT]


@pytest.mark.parametrize(
    "second",
    [
        (_piece(0, 1600), _REFUSAL, Band.ACT),
        (_piece(0, 900), _OBJECTION, Band.ACT),
        (_piece(5000, 6000), _OBJECTION, Band.ACT),
        (_piece(0, 1600, channel=Channel.AGENT), _OBJECTION, Band.ACT),
    ],
    ids=["another meaning", "the same words again", "other speech", "the other party"],
)
def test_only_a_longer_piece_of_the_same_speech_confirms(second: tuple[Piece, Label, Band]) -> None:
    assert _bands((_piece(0, 900), _OBJECTION, Band.ACT), second)[1] is Band.DOUBT


def test_words_that_turned_harmless_in_between_begin_anew() -> None:
    said = [
        (_piece(0, 900), _OBJECTION, Band.ACT),
        (_piece(0, 1600), Label.QUESTION_RECORDING, Band.CLEAR),
        (_piece(0, 2300), _OBJECTION, Band.ACT),
    ]
    assert _bands(*said) == [Band.DOUBT, Band.CLEAR, Band.DOUBT]


def test_a_call_that_is_over_is_forgotten_and_no_other() -> None:
    eagerness = Eagerness()
    for call in ("one", "two"):
        eagerness.confirmed(call, _piece(0, 900), _OBJECTION, Band.ACT)
    eagerness.forget("one")
    bands = [eagerness.confirmed(call, _piece(0, 1600), _OBJECTION, Band.ACT) for call in ("one", "two")]
    assert bands == [Band.DOUBT, Band.ACT]
