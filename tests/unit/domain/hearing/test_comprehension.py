"""Long pieces tell their language, short ones little, and what came before on the channel weighs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.hearing.comprehension import ChannelComprehension, LanguageCues
from ivr.domain.hearing.verdict import Comprehension

FRENCH = LanguageCues(3000, 0.99, -0.3)
FRENCH_IN_NOISE = LanguageCues(3000, 0.85, -0.7)
SPANISH = LanguageCues(3000, 0.01, -1.0)
U, F = Comprehension.UNDERSTOOD, Comprehension.FOREIGN


def one(voiced_ms: int, known: float | None, logprob: float | None = -0.5) -> Comprehension:
    return ChannelComprehension().judge(LanguageCues(voiced_ms, known, logprob), whole=True)


def test_a_sentence_of_a_known_language_is_understood_and_one_of_another_is_not() -> None:
    assert one(3000, 0.99) is U
    assert one(3000, 0.01) is F
    assert one(3000, 0.85, -0.7) is U


def test_words_that_the_audio_does_not_bear_out_count_against_it() -> None:
    assert one(3000, 0.75, -0.4) is U
    assert one(3000, 0.75, -1.1) is F


def test_without_language_scores_only_words_that_are_borne_out_well_are_understood() -> None:
    assert one(3000, None, -0.2) is U
    assert one(3000, None, -0.5) is F
    assert one(3000, 0.9, -0.5) is U


@pytest.mark.parametrize("voiced_ms", [300, 900, 3000])
def test_without_language_scores_and_without_support_nothing_is_understood(voiced_ms: int) -> None:
    assert one(voiced_ms, None, None) is F
    assert one(voiced_ms, 0.99, None) is U


@pytest.mark.parametrize(("voiced_ms", "known"), [(400, 0.02), (800, 0.01), (900, 0.005)])
def test_a_word_or_two_are_not_held_for_foreign(voiced_ms: int, known: float) -> None:
    assert one(voiced_ms, known) is U


def test_a_short_piece_is_held_for_foreign_when_nearly_everything_speaks_for_it() -> None:
    assert one(900, 0.0001, -1.0) is F


def test_a_short_piece_after_foreign_speech_is_foreign_too_but_a_plain_french_one_is_not() -> None:
    for known, wanted in ((0.02, F), (0.95, U)):
        channel = ChannelComprehension()
        channel.judge(SPANISH, whole=True)
        assert channel.judge(LanguageCues(1000, known, -0.9 if wanted is F else -0.3), whole=True) is wanted


def test_who_has_spoken_french_may_mumble_and_who_has_not_may_not() -> None:
    mumbled = LanguageCues(3000, 0.5, -0.7)
    channel = ChannelComprehension()
    assert channel.judge(mumbled, whole=True) is F
    channel = ChannelComprehension()
    channel.judge(FRENCH, whole=True)
    assert channel.judge(mumbled, whole=True) is U


def test_who_turns_from_french_to_another_language_is_noticed_at_once() -> None:
    channel = ChannelComprehension()
    for _ in range(20):
        assert channel.judge(FRENCH, whole=True) is U
    assert channel.judge(SPANISH, whole=True) is F


def test_who_turns_back_to_french_is_understood_again() -> None:
    channel = ChannelComprehension()
    for _ in range(20):
        assert channel.judge(SPANISH, whole=True) is F
    assert channel.judge(FRENCH, whole=True) is U
    assert channel.judge(FRENCH_IN_NOISE, whole=True) is U


def test_unfinished_speech_is_judged_and_weighs_nothing() -> None:
    channel = ChannelComprehension()
    for _ in range(9):
        assert channel.judge(SPANISH, whole=False) is F
    assert channel.judge(FRENCH_IN_NOISE, whole=True) is U


def test_a_long_stretch_of_no_words_at_all_is_unintelligible_and_a_short_one_is_not() -> None:
    assert one(3000, 0.9999, -1.8) is Comprehension.UNINTELLIGIBLE
    assert one(1000, 0.9999, -1.8) is U


def test_well_heard_words_of_an_unknown_language_bear_out_nothing() -> None:
    assert one(3000, 0.2, None) is F


@given(
    st.lists(st.tuples(st.integers(0, 12_000), st.floats(0, 1), st.floats(-10, 0)), max_size=12),
    st.integers(2000, 12_000),
)
def test_no_history_makes_a_plainly_foreign_sentence_understood(
    before: list[tuple[int, float, float]], voiced_ms: int
) -> None:
    channel = ChannelComprehension()
    for cues in before:
        channel.judge(LanguageCues(*cues), whole=True)
    foreign = LanguageCues(voiced_ms, 0.05, -0.6)
    assert math.log(0.05 / 0.95) + 2.0 < 1.0
    assert channel.judge(foreign, whole=True) is F
