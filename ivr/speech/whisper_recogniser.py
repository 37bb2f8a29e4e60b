"""Whisper on short pieces of telephone speech: bounded context, bounded decoding, several hypotheses at once.

The decode is led by words of our domain, so that "l'enregistrement" is not written "l'engagement". The lead has a
price: on unclear or very short speech it is repeated as if it had been said. So what it wrote is scored without
any lead (forced decoding); where that score is poor, an unled decode bears witness, and the led one is refused if
it explains the audio badly, or far worse than the witness does. One encoder pass serves all of it.

First the model is asked which language it hears, by its scores for the language token that follows the start of a
transcript: one step of decoding. What is plainly English is written down in English, without a lead; all else is
written down in French, whatever it was, and the scores say how little that may mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import ctranslate2
import numpy as np
import numpy.typing as npt
from faster_whisper.feature_extractor import FeatureExtractor

from ivr.audio.pcm import Samples
from ivr.errors import SpeechError
from ivr.speech.model import ModelSettings, load_whisper
from ivr.speech.recogniser import (
    ENGLISH,
    FRENCH,
    LEAST_SAMPLES,
    RECOGNISER_HZ,
    UNMEASURED,
    Abilities,
    TimedToken,
    Transcript,
    refuse_too_long,
)
from ivr.speech.tokens import FrenchTokens
from ivr.speech.understanding import Hypothesis

_HOP = 160
_FRAME_MS = 20  # of the encoder's output
_LONGEST_TOKENS = 440  # of a text, beside the tokens around it: the decoder has 448 places

Encoded = npt.NDArray[np.float32]

_DOMAIN = (
    " Je m'oppose à l'enregistrement. Je ne veux pas être enregistré. Ne me rappelez plus. Mon remboursement. Oui. Non."
)


@dataclass(frozen=True)
class DecodingSettings:
    """How to decode; log probabilities are means per token, natural logarithm, measured without lead.

    `min_context_s` is the shortest audio given to the encoder, `tail_s` the silence after longer audio. A led
    hypothesis that scores `certain` or better needs no witness. It is refused below `credible`, or when it scores
    more than `gap` worse than the witness. `tokens_per_s` bounds the length of a decode. Speech is written down in
    English when the model holds that for so likely (`english`; `english_short` in less than `short_s` of audio, which
    tells little of its language) and for likelier than French.
    """

    min_context_s: float = 5.0
    tail_s: float = 0.5
    beam: int = 5
    beam_partial: int = 3
    certain: float = -0.8
    credible: float = -2.4
    gap: float = 1.4
    tokens_per_s: float = 10.0
    english: float = 0.5
    english_short: float = 0.9
    short_s: float = 1.5
    domain: str = _DOMAIN


@dataclass(frozen=True)
class _Tongue:
    """A language to write down: the tokens before a transcript in it, and those that may not stand in one."""

    language: str
    start: tuple[int, ...]
    suppressed: tuple[int, ...]


@dataclass(frozen=True)
class _Prompt:
    tongue: _Tongue
    tokens: tuple[int, ...]
    led: bool = False


@dataclass(frozen=True)
class _Decoded:
    tokens: tuple[int, ...]
    text: str
    score: float
    prompt: _Prompt


@dataclass(frozen=True)
class _Aligned:
    logprob: float
    starts_ms: tuple[int, ...]
    ends_ms: tuple[int, ...]
    probabilities: tuple[float, ...] = ()


class _Reading(NamedTuple):
    """A hypothesis, the best of its beam, and how that one scored."""

    decoded: _Decoded
    best: _Decoded
    aligned: _Aligned


@dataclass(frozen=True)
class Listened:
    """A piece as the encoder gave it, its length in samples, how likely each language is, and which to write down."""

    encoded: Encoded
    size: int
    languages: Mapping[str, float]
    language: str


@dataclass(frozen=True)
class Alignment:
    """How well audio bears out a text (mean log probability per token), when and how well each part of it was heard.

    `heard` is characters [start, end) and a probability 0..1, as in Hypothesis.
    """

    logprob: float
    tokens: tuple[TimedToken, ...]
    heard: tuple[tuple[int, int, float], ...]


class WhisperRecogniser:
    """Port Adapter over CTranslate2: any multilingual Whisper of its format, whatever its size, its mel bands (80, 128)
    and its vocabulary. Safe for several threads: CTranslate2 queues them on its workers."""

    def __init__(self, settings: ModelSettings, decoding: DecodingSettings | None = None) -> None:
        """Load the model. Raises HostError when it is absent, damaged or knows only English."""
        self._decoding = decoding or DecodingSettings()
        self._model, directory = load_whisper(settings)
        self._abilities = Abilities(languages=True, support=True, times=True, at_once=settings.workers)
        self._features = FeatureExtractor(feature_size=self._model.n_mels)
        self._tokenizer = FrenchTokens(directory)
        tokens = self._tokenizer
        start = [*tokens.sot_sequence, tokens.no_timestamps]
        french = _Tongue(FRENCH, tuple(tokens.sot_sequence), (-1, *tokens.not_french))
        self._led = _Prompt(french, (tokens.sot_prev, *tokens.encode(self._decoding.domain), *start), led=True)
        self._unled = _Prompt(french, tuple(start))
        english = _Tongue(ENGLISH, tuple(tokens.english_sequence), (-1,))
        self._english = _Prompt(english, (*tokens.english_sequence, tokens.no_timestamps))

    @property
    def abilities(self) -> Abilities:
        return self._abilities

    def transcribe(self, samples: Samples, *, partial: bool = False, language: str | None = None) -> Transcript:
        """Return what is said in 16 kHz `samples`; at most 29 seconds, or SpeechError."""
        refuse_too_long(samples)
        if samples.size < LEAST_SAMPLES:
            return Transcript((Hypothesis("", 0.0),))
        with _failures():
            piece = self.listen(samples)
            heard = self._hear(piece.encoded, piece.size, language or piece.language, partial=partial)
            return replace(heard, languages=piece.languages)

    def listen(self, samples: Samples) -> Listened:
        """Encode 16 kHz `samples` (100 ms and more) and say which language is heard. Raises SpeechError."""
        with _failures():
            encoded = self._encode(samples)
            languages = self._languages(encoded)
            return Listened(encoded, samples.size, languages, self._spoken(languages, samples.size / RECOGNISER_HZ))

    def align(self, piece: Listened, text: str) -> Alignment:
        """Force `text`, whoever wrote it, on the audio. What is empty or longer than Whisper can write has no support.

        Raises SpeechError.
        """
        prompt = self._english if piece.language == ENGLISH else self._unled
        tokens = tuple(self._tokenizer.encode(f" {text}")) if text else ()
        decoded = _Decoded(tokens if len(tokens) <= _LONGEST_TOKENS else (), text, 0.0, prompt)
        with _failures():
            aligned = self._align(decoded, piece.encoded, piece.size)
            return Alignment(aligned.logprob, self._timed(decoded, aligned), self._measured(decoded, aligned))

    def _encode(self, samples: Samples) -> Encoded:
        wanted = max(self._decoding.min_context_s * RECOGNISER_HZ, samples.size + self._decoding.tail_s * RECOGNISER_HZ)
        size = int(wanted) // (2 * _HOP) * (2 * _HOP)
        padded = np.pad(samples, (0, size - samples.size))
        features = self._features(padded)[:, : size // _HOP].astype(np.float32)
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(features[None]))
        output: Encoded = np.asarray(self._model.encode(view, to_cpu=True))
        return output

    def _languages(self, encoded: Encoded) -> dict[str, float]:
        scores = self._model.detect_language(ctranslate2.StorageView.from_array(encoded))[0]
        return {token.strip("<|>"): probability for token, probability in scores}

    def _spoken(self, languages: Mapping[str, float], length_s: float) -> str:
        decoding = self._decoding
        least = decoding.english_short if length_s < decoding.short_s else decoding.english
        return ENGLISH if languages.get(ENGLISH, 0.0) >= max(least, languages.get(FRENCH, 0.0)) else FRENCH

    def _hear(self, encoded: Encoded, size: int, language: str, *, partial: bool) -> Transcript:
        """Decode with the lead, check it, and call the witness where the check leaves a doubt."""
        decoding, beam = self._decoding, self._decoding.beam_partial if partial else self._decoding.beam
        if language == ENGLISH:
            return self._transcript(self._witness(encoded, size, self._english, beam))
        led = self._decode(encoded, size, self._led, beam)
        led_times = self._align(led[0], encoded, size)
        led_readings = [_Reading(one, led[0], led_times) for one in led]
        if led_times.logprob >= decoding.certain:
            return self._transcript(led_readings)
        known = {led[0].tokens: led_times}
        witness = self._witness(encoded, size, self._unled, beam, known)
        if led_times.logprob >= max(decoding.credible, witness[0].aligned.logprob - decoding.gap):
            return self._transcript(_interleaved(led_readings, witness))
        return self._transcript(witness)

    def _witness(
        self,
        encoded: Encoded,
        size: int,
        prompt: _Prompt,
        beam: int,
        known: Mapping[tuple[int, ...], _Aligned] = MappingProxyType({}),
    ) -> list[_Reading]:
        """Decode without a lead; `known` are the scores of hypotheses that need not be scored again."""
        found = self._decode(encoded, size, prompt, beam)
        times = known.get(found[0].tokens) or self._align(found[0], encoded, size)
        return [_Reading(one, found[0], times) for one in found]

    def _decode(self, encoded: Encoded, size: int, prompt: _Prompt, beam: int) -> list[_Decoded]:
        """Return the beam's hypotheses, best first, no text twice."""
        longest = int(size / RECOGNISER_HZ * self._decoding.tokens_per_s) + 10
        result = self._model.generate(
            ctranslate2.StorageView.from_array(encoded),
            [list(prompt.tokens)],
            beam_size=beam,
            num_hypotheses=beam,
            no_repeat_ngram_size=4,
            repetition_penalty=1.1,
            return_scores=True,
            # CTranslate2 allows a decode the smaller of half this and what the prompt leaves of it.
            max_length=min(448, max(2 * longest, longest + len(prompt.tokens))),
            suppress_tokens=list(prompt.tongue.suppressed),
        )[0]
        found: dict[str, _Decoded] = {}
        for ids, score in zip(result.sequences_ids, result.scores, strict=True):
            tokens = tuple(token for token in ids if token < self._tokenizer.eot)
            text = self._tokenizer.decode(list(tokens)).strip()
            found.setdefault(text, _Decoded(tokens, text, score, prompt))
        return list(found.values())

    def _transcript(self, readings: list[_Reading]) -> Transcript:
        first = readings[0]
        hypotheses: dict[str, Hypothesis] = {}
        for one, best, aligned in readings:
            # Only the best of a beam is measured; the others lie below it by what the beam says.
            logprob = min(0.0, aligned.logprob + min(0.0, one.score - best.score))
            measured = self._measured(one, aligned) if one is best else ()
            hypotheses.setdefault(one.text, Hypothesis(one.text, logprob, one.prompt.led, measured))
        timed = self._timed(first.decoded, first.aligned)
        return Transcript(tuple(hypotheses.values()), timed, language=first.decoded.prompt.tongue.language)

    def _align(self, decoded: _Decoded, encoded: Encoded, size: int) -> _Aligned:
        """Score a hypothesis without lead, and find when its tokens were said."""
        if not decoded.tokens:
            return _SILENT
        view = ctranslate2.StorageView.from_array(encoded)
        frames = min(size // _HOP + 10, encoded.shape[1] * 2)
        start = list(decoded.prompt.tongue.start)
        result = self._model.align(view, start, [list(decoded.tokens)], frames)[0]
        return _aligned(result, len(decoded.tokens))

    def _timed(self, decoded: _Decoded, aligned: _Aligned) -> tuple[TimedToken, ...]:
        """Say when each token's characters were said."""
        return tuple(
            TimedToken(start, end, aligned.starts_ms[index], aligned.ends_ms[index])
            for index, start, end in self._placed(decoded, len(aligned.starts_ms))
        )

    def _measured(self, decoded: _Decoded, aligned: _Aligned) -> tuple[tuple[int, int, float], ...]:
        """Say how well the audio bears out each token's characters."""
        placed = self._placed(decoded, len(aligned.probabilities))
        return tuple((start, end, aligned.probabilities[index]) for index, start, end in placed)

    def _placed(self, decoded: _Decoded, known: int) -> Iterator[tuple[int, int, int]]:
        """Map each token to its characters in the stripped text. A character split over tokens goes to the last."""
        tokens = list(decoded.tokens)
        lead = len(self._tokenizer.decode(tokens)) - len(self._tokenizer.decode(tokens).lstrip())
        start = 0
        for index in range(min(len(tokens), known)):
            written = self._tokenizer.decode(tokens[: index + 1])
            end = max(start, len(written.rstrip("\ufffd")) - lead)
            if end > start:
                yield index, start, end
                start = end


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise SpeechError(f"the speech model failed: {error}", where="ear", remedy="restart the ear") from error


_SILENT = _Aligned(UNMEASURED, (), ())


def _interleaved(first: list[_Reading], second: list[_Reading]) -> list[_Reading]:
    longest = max(len(first), len(second))
    return [reading for i in range(longest) for reading in (*first[i : i + 1], *second[i : i + 1])]


def _aligned(result: ctranslate2.models.WhisperAlignmentResult, count: int) -> _Aligned:
    probabilities = np.maximum(np.asarray(result.text_token_probs, dtype=np.float64)[:count], 1e-9)
    index, frame = np.asarray(result.alignments, dtype=np.int64).T
    jumps = frame[np.concatenate([[True], np.diff(index) > 0])] * _FRAME_MS
    starts = [int(ms) for ms in jumps[:count]]
    ends = [*starts[1:], int(jumps[count]) if len(jumps) > count else int(frame[-1]) * _FRAME_MS]
    return _Aligned(float(np.mean(np.log(probabilities))), tuple(starts), tuple(ends), tuple(map(float, probabilities)))
