"""The judge: non-speech goes no further, times come from the words, failures are never verdicts."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.audio.pcm import Samples
from ivr.domain.hearing.comprehension import LanguageCues
from ivr.domain.hearing.verdict import Band, Comprehension, Label, Thresholds, Verdict
from ivr.errors import SpeechError
from ivr.services.ports.hearing import ListenContext
from ivr.speech.judge import ONSET_LEAD_MS, Gate, Judge
from ivr.speech.language_memory import LanguageMemory
from ivr.speech.recogniser import ENGLISH, FRENCH, UNMEASURED, Recogniser, TimedToken, Transcript
from ivr.speech.silero import VoicedRange
from ivr.speech.understanding import Hypothesis
from tests.fakes.telephone import speech_of
from tests.fakes.understanding import KeywordUnderstanding

_AUDIO = np.zeros(8000 * 4, np.float32)


class _Says:
    """Transcribes everything as the words given, 500 ms each, and notes what it was asked."""

    def __init__(self, *texts: str, timed: bool = True) -> None:
        self.asked: list[bool] = []
        words, place, tokens = texts[0].split(" "), 0, []
        for number, word in enumerate(words):
            tokens.append(TimedToken(place, place + len(word), number * 500, number * 500 + 500))
            place += len(word) + 1
        self._transcript = Transcript(tuple(Hypothesis(t, -0.3) for t in texts), tuple(tokens) if timed else ())

    def transcribe(self, samples: Samples, *, partial: bool = False) -> Transcript:
        self.asked.append(partial)
        return self._transcript


def _voiced(samples: Samples) -> tuple[VoicedRange, ...]:
    return (VoicedRange(0, samples.size // 16),)


def _judge(transcriber: Recogniser, gate: Gate = _voiced) -> Judge:
    return Judge(gate, transcriber, KeywordUnderstanding())


def test_what_the_gate_refuses_never_reaches_the_transcriber() -> None:
    transcriber = _Says("je m'oppose")
    verdict = _judge(transcriber, gate=lambda samples: ()).judge(speech_of(_AUDIO))
    assert (verdict.label, verdict.band, verdict.speech) == (Label.NONE, Band.CLEAR, False)
    assert transcriber.asked == []


def test_the_onset_is_when_the_objecting_words_began_less_a_lead() -> None:
    transcriber = _Says("oui bonjour je m'oppose à l'enregistrement")
    verdict = _judge(transcriber).judge(speech_of(_AUDIO, start_ms=60_000))
    assert (verdict.label, verdict.band) == (Label.OBJECTION_RECORDING, Band.ACT)
    assert verdict.onset_ms == 60_000 + 1500 - ONSET_LEAD_MS


def test_the_onset_never_lies_before_the_piece() -> None:
    assert _judge(_Says("m'oppose")).judge(speech_of(_AUDIO, start_ms=5000)).onset_ms == 5000


def test_an_objection_that_cannot_be_placed_begins_with_the_piece() -> None:
    spoken_elsewhere = _Says("l'angissement de cet appel", "je m'oppose à cet appel")
    untimed = _Says("je m'oppose", timed=False)
    for transcriber in (spoken_elsewhere, untimed):
        verdict = _judge(transcriber).judge(speech_of(_AUDIO, start_ms=7000))
        assert (verdict.band, verdict.onset_ms) == (Band.ACT, 7000)


def test_forbidden_data_is_placed_in_call_time_with_room_around() -> None:
    verdict = _judge(_Says("ma carte 4970101234567890 voilà")).judge(speech_of(_AUDIO, start_ms=1000))
    assert [(s.kind, s.start, s.end) for s in verdict.sensitive] == [
        ("card", 1000 + 1000 - ONSET_LEAD_MS, 1000 + 1500 + ONSET_LEAD_MS)
    ]


def test_forbidden_data_that_cannot_be_placed_masks_the_whole_piece() -> None:
    verdict = _judge(_Says("4970101234567890", timed=False)).judge(speech_of(_AUDIO, start_ms=1000))
    assert [(s.start, s.end) for s in verdict.sensitive] == [(1000, 5000)]


def test_words_leave_the_ear_only_when_they_are_asked_for() -> None:
    judge = _judge(_Says("bonjour madame"))
    assert judge.judge(speech_of(_AUDIO)).text == ""
    assert judge.judge(speech_of(_AUDIO, context=ListenContext(want_text=True))).text == "bonjour madame"


def test_thresholds_of_the_context_decide_the_band() -> None:
    context = ListenContext(thresholds={"objection_recording": Thresholds(act=0.99, doubt=0.5)})
    assert _judge(_Says("je m'oppose")).judge(speech_of(_AUDIO, context=context)).band is Band.DOUBT


def test_a_piece_that_is_not_final_is_transcribed_as_partial() -> None:
    transcriber = _Says("bonjour")
    _judge(transcriber).judge(speech_of(_AUDIO, final=False))
    _judge(transcriber).judge(speech_of(_AUDIO, final=True))
    assert transcriber.asked == [True, False]


def test_a_failure_inside_is_a_speech_error_without_words() -> None:
    class Broken:
        def transcribe(self, samples: Samples, *, partial: bool = False) -> Transcript:
            raise KeyError("je m'oppose")

    with pytest.raises(SpeechError) as caught:
        _judge(Broken()).judge(speech_of(_AUDIO))
    assert "oppose" not in str(caught.value)


def _pausing(samples: Samples) -> tuple[VoicedRange, ...]:
    """Voice for the first two seconds, whatever follows."""
    return (VoicedRange(0, 2000),)


def test_a_sentence_judged_at_its_pause_is_not_written_down_again_when_it_ends() -> None:
    transcriber = _Says("je m'oppose")
    judge = _judge(transcriber, _pausing)
    at_pause = judge.judge(speech_of(_AUDIO[: 8 * 2120], final=False))
    at_end = judge.judge(speech_of(_AUDIO[: 8 * 2300]))
    assert (at_pause.band, at_end.band) == (Band.DOUBT, Band.ACT)
    assert transcriber.asked == [False]


def test_a_sentence_that_went_on_after_its_pause_is_written_down_whole() -> None:
    transcriber = _Says("je m'oppose")
    judge = _judge(transcriber, _pausing)
    judge.judge(speech_of(_AUDIO[: 8 * 2120], final=False))
    longer = Judge(_voiced, transcriber, KeywordUnderstanding(), judge._recall)
    longer.judge(speech_of(_AUDIO))
    assert transcriber.asked == [False, False]


class _SaysIn:
    """Transcribes everything as `text`, which it holds for so likely French or English."""

    def __init__(self, text: str, *, french: float, english: float = 0.0, logprob: float = -0.9) -> None:
        language = ENGLISH if english > french else FRENCH
        languages = {"fr": french, "en": english, "xx": 1 - french - english}
        self._transcript = Transcript((Hypothesis(text, logprob),), (), languages, language)

    def transcribe(self, samples: Samples, *, partial: bool = False) -> Transcript:
        return self._transcript


def _verdict(
    text: str, *, french: float, english: float = 0.0, logprob: float = -0.9, known: tuple[str, ...] = ("fr",)
) -> Verdict:
    transcriber = _SaysIn(text, french=french, english=english, logprob=logprob)
    judge = Judge(_voiced, transcriber, KeywordUnderstanding(), known=known)
    return judge.judge(
        speech_of(_AUDIO, context=ListenContext(last_prompt="Acceptez-vous que l'appel soit enregistré ?"))
    )


def test_foreign_words_that_read_like_an_objection_in_french_are_not_understood_and_mean_nothing() -> None:
    verdict = _verdict("je m'oppose à nos cars", french=0.02)
    assert (verdict.label, verdict.band) == (Label.NONE, Band.CLEAR)
    assert verdict.comprehension is Comprehension.FOREIGN


def test_an_objection_that_is_well_borne_out_acts_whatever_the_language_seems() -> None:
    assert _verdict("je m'oppose à nos cars", french=0.02, logprob=-0.2).band is Band.ACT


def test_an_objection_in_english_acts_and_what_else_is_said_in_english_is_not_understood() -> None:
    assert _verdict("Do not record me.", french=0.01, english=0.97).band is Band.ACT
    verdict = _verdict("I have lost my card.", french=0.01, english=0.97)
    assert (verdict.band, verdict.understood) == (Band.CLEAR, False)
    assert _verdict("I have lost my card.", french=0.01, english=0.97, known=("fr", "en")).understood


@pytest.mark.parametrize(
    ("languages", "supported", "logprob", "understood"),
    [
        ({}, True, -0.2, True),
        ({}, True, -0.5, False),
        ({"fr": 0.99}, False, UNMEASURED, True),
        ({"fr": 0.02}, False, UNMEASURED, False),
        ({}, False, UNMEASURED, False),
    ],
)
def test_what_a_recogniser_cannot_tell_speaks_for_nothing(
    languages: dict[str, float], supported: bool, logprob: float, understood: bool
) -> None:
    class Poor:
        def transcribe(self, samples: Samples, *, partial: bool = False) -> Transcript:
            return Transcript((Hypothesis("j'ai perdu ma carte", logprob),), languages=languages, supported=supported)

    assert _judge(Poor()).judge(speech_of(_AUDIO)).understood is understood


def test_an_objection_that_nobody_measured_is_not_acted_upon_where_it_was_not_understood() -> None:
    class Poor:
        def transcribe(self, samples: Samples, *, partial: bool = False) -> Transcript:
            return Transcript((Hypothesis("je m'oppose", -0.1),), supported=False)

    verdict = _judge(Poor()).judge(speech_of(_AUDIO))
    assert (verdict.band, verdict.understood) == (Band.CLEAR, False)


def test_a_yes_in_english_answers_the_question() -> None:
    assert _verdict("Yes, that's fine.", french=0.01, english=0.97).denies


@pytest.mark.parametrize("text", ["It is four nine seven zero one.", "My card is 4970 1012."])
def test_numbers_in_english_are_never_understood(text: str) -> None:
    assert not _verdict(text, french=0.01, english=0.97, known=("fr", "en")).understood


def test_a_channel_is_forgotten_with_its_call() -> None:
    memory = LanguageMemory()
    foreign, unsure = LanguageCues(3000, 0.001, -1.0), LanguageCues(3000, 0.8, -0.6)
    memory.judge(speech_of(_AUDIO), foreign)
    assert memory.judge(speech_of(_AUDIO), unsure) is Comprehension.FOREIGN
    memory.forget("call-1")
    assert memory.judge(speech_of(_AUDIO), unsure) is Comprehension.UNDERSTOOD
