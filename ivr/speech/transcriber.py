"""Whisper on short pieces of telephone speech: bounded context, bounded decoding, several hypotheses at once.

One encoder pass serves everything. Two decodes run in one batch: one is led by words of our domain, so that
"l'enregistrement" is not written "l'engagement"; the other by everyday words, as a witness. What the domain
decode wrote is then scored without any lead (forced decoding), and refused where the witness explains the audio
far better: that is how a sentence of the lead, invented on short or unclear speech, is recognised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import ctranslate2
import numpy as np
import numpy.typing as npt
import tokenizers
from faster_whisper.feature_extractor import FeatureExtractor
from faster_whisper.tokenizer import Tokenizer

from ivr.errors import HostError, SpeechError
from ivr.speech.model import ModelSettings, load_whisper
from ivr.speech.resampling import Samples
from ivr.speech.understanding import Hypothesis

WHISPER_HZ = 16_000
_HOP = 160
_LONGEST_S = 29.0
_FRAME_MS = 20  # of the encoder's output

_DOMAIN = (
    " Appel à la mutuelle. Je m'oppose à l'enregistrement. Je ne veux pas être enregistré. "
    "Ne me rappelez plus, je ne suis pas intéressé. Mon remboursement, ma carte, mon contrat."
)
_EVERYDAY = (
    " Oui, bonjour. Alors, je vous appelle pour mon dossier, c'est Madame Martin. Non, d'accord, très bien, "
    "je vous écoute. Voilà, merci beaucoup. Au revoir, bonne journée."
)


@dataclass(frozen=True)
class DecodingSettings:
    """`min_context_s` is the shortest audio given to the encoder, `tail_s` the silence after longer audio.

    A domain hypothesis is refused when its mean log probability per token, without lead, lies more than
    `invention_gap` below the witness's. `tokens_per_s` bounds the length of a decode.
    """

    min_context_s: float = 5.0
    tail_s: float = 0.5
    beam: int = 5
    beam_partial: int = 3
    invention_gap: float = 0.8
    tokens_per_s: float = 10.0
    domain: str = _DOMAIN
    everyday: str = _EVERYDAY


@dataclass(frozen=True)
class TimedToken:
    """Characters [start, end) of the first hypothesis were said in [start_ms, end_ms) of the piece."""

    start: int
    end: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Transcript:
    """Hypotheses, best first, at least one (its text may be empty), and when the first one's words were said."""

    hypotheses: tuple[Hypothesis, ...]
    tokens: tuple[TimedToken, ...] = field(default=(), repr=False)

    def times_of(self, start: int, end: int) -> tuple[int, int] | None:
        """Return when characters [start, end) of the first hypothesis were said, in milliseconds of the piece."""
        within = [token for token in self.tokens if token.start < end and start < token.end]
        return (within[0].start_ms, max(token.end_ms for token in within)) if within else None


class Transcriber(Protocol):
    """Writes down speech: 16 kHz floats in, hypotheses out. Raises SpeechError when it cannot."""

    def transcribe(self, samples: Samples, *, partial: bool = False) -> Transcript: ...


@dataclass(frozen=True)
class _Decoded:
    tokens: tuple[int, ...]
    text: str
    score: float
    prompted: bool


@dataclass(frozen=True)
class _Aligned:
    logprob: float
    starts_ms: tuple[int, ...]
    ends_ms: tuple[int, ...]


class WhisperTranscriber:
    """Port Transcriber over CTranslate2. Safe for several threads: CTranslate2 queues them on its workers."""

    def __init__(self, settings: ModelSettings, decoding: DecodingSettings | None = None) -> None:
        self._decoding = decoding or DecodingSettings()
        self._model = load_whisper(settings)
        self._features = FeatureExtractor(feature_size=self._model.n_mels)
        self._tokenizer = _load_tokenizer(settings.directory, multilingual=self._model.is_multilingual)
        start = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]
        domain = self._tokenizer.encode(self._decoding.domain)
        everyday = self._tokenizer.encode(self._decoding.everyday)
        # CTranslate2 wants the transcript to start at the same place in all prompts of a batch.
        everyday = (everyday * (len(domain) // max(len(everyday), 1) + 1))[-len(domain) :]
        self._prompts = [[self._tokenizer.sot_prev, *words, *start] for words in (domain, everyday)]

    def transcribe(self, samples: Samples, *, partial: bool = False) -> Transcript:
        """Return what is said in 16 kHz `samples`; at most 29 seconds, or SpeechError."""
        length_s = samples.size / WHISPER_HZ
        if length_s > _LONGEST_S:
            raise SpeechError(f"a piece of {length_s:.0f} s is too long", where="ear", remedy="send shorter pieces")
        if samples.size == 0:
            return Transcript((Hypothesis("", 0.0),))
        try:
            encoded = self._encode(samples)
            prompted, witness = self._decode(encoded, length_s, partial=partial)
            return self._weigh(prompted, witness, encoded, samples.size)
        except RuntimeError as error:
            raise SpeechError(f"the speech model failed: {error}", where="ear", remedy="restart the ear") from error

    def _encode(self, samples: Samples) -> npt.NDArray[np.float32]:
        wanted = max(self._decoding.min_context_s * WHISPER_HZ, samples.size + self._decoding.tail_s * WHISPER_HZ)
        size = int(wanted) // (2 * _HOP) * (2 * _HOP)
        padded = np.pad(samples, (0, size - samples.size))
        features = self._features(padded)[:, : size // _HOP].astype(np.float32)
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(features[None]))
        output: npt.NDArray[np.float32] = np.asarray(self._model.encode(view, to_cpu=True))
        return output

    def _decode(
        self, encoded: npt.NDArray[np.float32], length_s: float, *, partial: bool
    ) -> tuple[list[_Decoded], list[_Decoded]]:
        decoding = self._decoding
        beam = decoding.beam_partial if partial else decoding.beam
        longest = int(length_s * decoding.tokens_per_s) + 10
        prompt_length = len(self._prompts[0])
        results = self._model.generate(
            _repeated(encoded, len(self._prompts)),
            self._prompts,
            beam_size=beam,
            num_hypotheses=beam,
            no_repeat_ngram_size=4,
            repetition_penalty=1.1,
            return_scores=True,
            # CTranslate2 allows a decode the smaller of half this and what the prompt leaves of it.
            max_length=min(448, max(2 * longest, longest + prompt_length)),
        )
        prompted, witness = (
            [
                _Decoded(tuple(t for t in tokens if t < self._tokenizer.eot), "", score, index == 0)
                for tokens, score in zip(result.sequences_ids, result.scores, strict=True)
            ]
            for index, result in enumerate(results)
        )
        return self._written(prompted), self._written(witness)

    def _written(self, decoded: list[_Decoded]) -> list[_Decoded]:
        """Add the texts, without repeating one."""
        seen: dict[str, _Decoded] = {}
        for one in decoded:
            text = self._tokenizer.decode(list(one.tokens)).strip()
            seen.setdefault(text, _Decoded(one.tokens, text, one.score, one.prompted))
        return list(seen.values())

    def _weigh(
        self, prompted: list[_Decoded], witness: list[_Decoded], encoded: npt.NDArray[np.float32], size: int
    ) -> Transcript:
        """Score both best hypotheses without lead, refuse invented ones, and order what is left."""
        agree = prompted[0].text == witness[0].text
        best = [witness[0]] if agree else [prompted[0], witness[0]]
        aligned = self._align(best, encoded, size)
        kept = [(one, aligned[-1]) for one in witness]
        if agree or aligned[0].logprob >= aligned[-1].logprob - self._decoding.invention_gap:
            kept = _interleaved([(one, aligned[0]) for one in prompted], kept)
        first, times = kept[0]
        hypotheses = {
            one.text: Hypothesis(one.text, _estimate(one, best, aligned), one.prompted) for one, _ in reversed(kept)
        }
        ordered = tuple(hypotheses[text] for text in dict.fromkeys(one.text for one, _ in kept))
        return Transcript(ordered, self._timed(first, times))

    def _align(self, decoded: list[_Decoded], encoded: npt.NDArray[np.float32], size: int) -> list[_Aligned]:
        spoken = [list(one.tokens) for one in decoded if one.tokens]
        if not spoken:
            return [_SILENT] * len(decoded)
        frames = min(size // _HOP + 10, encoded.shape[1] * 2)
        results = iter(self._model.align(_repeated(encoded, len(spoken)), self._tokenizer.sot_sequence, spoken, frames))
        return [_aligned(next(results), len(one.tokens)) if one.tokens else _SILENT for one in decoded]

    def _timed(self, decoded: _Decoded, aligned: _Aligned) -> tuple[TimedToken, ...]:
        """Map each token to its characters in the stripped text. A character split over tokens goes to the last."""
        tokens = list(decoded.tokens)
        lead = len(self._tokenizer.decode(tokens)) - len(self._tokenizer.decode(tokens).lstrip())
        timed, start = [], 0
        for index in range(min(len(tokens), len(aligned.starts_ms))):
            written = self._tokenizer.decode(tokens[: index + 1])
            end = max(start, len(written.rstrip("\ufffd")) - lead)
            if end > start:
                timed.append(TimedToken(start, end, aligned.starts_ms[index], aligned.ends_ms[index]))
                start = end
        return tuple(timed)


_SILENT = _Aligned(-10.0, (), ())


def _estimate(one: _Decoded, best: list[_Decoded], aligned: list[_Aligned]) -> float:
    """Return the log probability measured for the best of the same decode, less what this one scored below it."""
    index = 0 if one.prompted or len(best) == 1 else -1
    return min(0.0, aligned[index].logprob + min(0.0, one.score - best[index].score))


def _interleaved(
    first: list[tuple[_Decoded, _Aligned]], second: list[tuple[_Decoded, _Aligned]]
) -> list[tuple[_Decoded, _Aligned]]:
    longest = max(len(first), len(second))
    return [pair for i in range(longest) for pair in (*first[i : i + 1], *second[i : i + 1])]


def _aligned(result: ctranslate2.models.WhisperAlignmentResult, count: int) -> _Aligned:
    probabilities = np.maximum(np.asarray(result.text_token_probs, dtype=np.float64)[:count], 1e-9)
    index, frame = np.asarray(result.alignments, dtype=np.int64).T
    jumps = frame[np.concatenate([[True], np.diff(index) > 0])] * _FRAME_MS
    starts = [int(ms) for ms in jumps[:count]]
    ends = [*starts[1:], int(jumps[count]) if len(jumps) > count else int(frame[-1]) * _FRAME_MS]
    return _Aligned(float(np.mean(np.log(probabilities))), tuple(starts), tuple(ends))


def _repeated(encoded: npt.NDArray[np.float32], times: int) -> ctranslate2.StorageView:
    return ctranslate2.StorageView.from_array(np.repeat(encoded, times, axis=0))


def _load_tokenizer(directory: Path, *, multilingual: bool) -> Tokenizer:
    try:
        words = tokenizers.Tokenizer.from_file(str(directory / "tokenizer.json"))
    except Exception as error:
        raise HostError(
            f"the tokenizer is damaged: {error}", where=str(directory / "tokenizer.json"), remedy="run 'ivr init'"
        ) from error
    if not multilingual:
        raise HostError("this model knows only English", where=str(directory), remedy="use a multilingual Whisper")
    return Tokenizer(words, True, task="transcribe", language="fr")
