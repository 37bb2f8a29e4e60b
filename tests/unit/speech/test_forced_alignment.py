"""What a recogniser cannot tell of its words is told by another that hears the same piece; what it can is kept."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.audio.pcm import Samples
from ivr.errors import SpeechError
from ivr.speech.forced_alignment import AlignedRecogniser
from ivr.speech.recogniser import ENGLISH, FRENCH, UNMEASURED, Abilities, TimedToken, Transcript
from ivr.speech.understanding import Hypothesis
from ivr.speech.whisper_recogniser import Alignment, Listened

_AUDIO = np.zeros(16_000, np.float32)
_OWN = TimedToken(0, 3, 700, 900)


class _Writes:
    """Writes two hypotheses, with times and probabilities if it can, and notes the language that it is told."""

    def __init__(self, abilities: Abilities) -> None:
        self.abilities, self.told = abilities, [""]

    def transcribe(self, samples: Samples, *, partial: bool = False, language: str | None = None) -> Transcript:
        self.told.append(str(language))
        support = self.abilities.support
        first, second = (-0.1, -0.2) if support else (UNMEASURED, UNMEASURED)
        return Transcript(
            (Hypothesis("oui", first), Hypothesis("non", second)),
            (_OWN,) if self.abilities.times else (),
            {"it": 1.0} if self.abilities.languages else {},
            str(language),
            support,
        )


class _Aligns:
    """Hears English, and bears out each text a little worse than the last one."""

    abilities = Abilities(languages=True, support=True, times=True, at_once=5)

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def transcribe(self, samples: Samples, *, partial: bool = False, language: str | None = None) -> Transcript:
        raise AssertionError("it writes nothing down")

    def listen(self, samples: Samples) -> Listened:
        return Listened(np.zeros(1, np.float32), samples.size, {"en": 0.9, "fr": 0.1}, ENGLISH)

    def align(self, piece: Listened, text: str) -> Alignment:
        self.asked.append((piece.language, text))
        return Alignment(-float(len(self.asked)), (TimedToken(0, 3, 100, 300),), ((0, 3, 0.5),))


def test_a_recogniser_of_nothing_but_words_gets_languages_support_and_times() -> None:
    writes, aligns = _Writes(Abilities(languages=False, support=False, times=False, at_once=2)), _Aligns()
    aligned = AlignedRecogniser(writes, aligns)
    heard = aligned.transcribe(_AUDIO)
    assert aligned.abilities == Abilities(languages=True, support=True, times=True, at_once=2)
    assert [(one.text, one.logprob, one.heard) for one in heard.hypotheses] == [
        ("oui", -1.0, ((0, 3, 0.5),)),
        ("non", -2.0, ((0, 3, 0.5),)),
    ]
    assert heard.tokens == (TimedToken(0, 3, 100, 300),)
    assert heard.languages == {"en": 0.9, "fr": 0.1}
    assert (heard.language, heard.supported) == (ENGLISH, True)
    assert writes.told[-1] == ENGLISH


def test_what_it_tells_itself_is_kept() -> None:
    writes, aligns = _Writes(Abilities(languages=True, support=True, times=True)), _Aligns()
    heard = AlignedRecogniser(writes, aligns).transcribe(_AUDIO)
    assert [(one.logprob, one.heard) for one in heard.hypotheses] == [(-0.1, ()), (-0.2, ())]
    assert (heard.tokens, heard.languages) == ((_OWN,), {"it": 1.0})


def test_a_language_that_is_told_is_the_one_that_is_written_and_aligned() -> None:
    writes, aligns = _Writes(Abilities(languages=False, support=False, times=False)), _Aligns()
    AlignedRecogniser(writes, aligns).transcribe(_AUDIO, language=FRENCH)
    assert writes.told[-1] == FRENCH
    assert aligns.asked[0] == (FRENCH, "oui")


def test_a_piece_too_short_or_too_long_is_not_listened_to() -> None:
    writes, aligns = _Writes(Abilities(languages=False, support=False, times=False)), _Aligns()
    AlignedRecogniser(writes, aligns).transcribe(_AUDIO[:100])
    assert aligns.asked == []
    with pytest.raises(SpeechError, match="too long"):
        AlignedRecogniser(writes, aligns).transcribe(np.zeros(30 * 16_000, np.float32))
