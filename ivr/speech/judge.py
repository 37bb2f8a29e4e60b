"""From a piece of speech to the ear's verdict: is it voice, what is said, what does it mean, since when."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from ivr.audio.pcm import Samples, from_pcm
from ivr.audio.resampling import resample
from ivr.audio.wav import EAR_HZ
from ivr.domain.hearing.comprehension import LanguageCues
from ivr.domain.hearing.transcript_window import HeardPiece, TimedText
from ivr.domain.hearing.verdict import Band, Comprehension, Label, SensitiveSpan, Verdict
from ivr.errors import SpeechError
from ivr.services.ports.hearing import Speech
from ivr.speech.channel_memory import EarMemory
from ivr.speech.early_action import Eagerness
from ivr.speech.intent.english import EnglishGrammar, tells_a_number
from ivr.speech.language_memory import LanguageMemory
from ivr.speech.recogniser import ENGLISH, FRENCH, Recogniser, Transcript
from ivr.speech.silero import SILERO_HZ, VoicedRange
from ivr.speech.transcript_cache import Recall, VoicedSpan
from ivr.speech.understanding import Reading, Understanding

#: Word times are good to about this much; an onset is moved ahead by it, never behind.
ONSET_LEAD_MS = 250

#: A piece whose last voice lies so far before its end stops at a pause: its words may be complete.
PAUSE_MS = 90

#: Words with a better mean log probability were said, whatever language the piece is held for.
BORNE_OUT = -0.5

Gate = Callable[[Samples], tuple[VoicedRange, ...]]

_NOT_SPEECH = Verdict(Label.NONE, Band.CLEAR, 0.0, speech=False)


class Judge:
    """Judges pieces one at a time. `gate` says where a 16 kHz piece holds voice; what it refuses is not transcribed.

    `understanding` reads French; what was said in English is read by a grammar of its own. Speech in a language that
    is not `known` is not understood, whatever was read in it; judges of one ear share their `languages`.
    Every failure of a part is a SpeechError: there is no verdict without hearing. Judges of several threads that
    share a `recall` do not transcribe twice what ends at a pause and then ends for good; those that share a `memory`
    understand what is said over several pieces, with a shared `eagerness` act before its end.
    """

    def __init__(
        self,
        gate: Gate,
        recogniser: Recogniser,
        understanding: Understanding,
        recall: Recall | None = None,
        memory: EarMemory | None = None,
        eagerness: Eagerness | None = None,
        languages: LanguageMemory | None = None,
        known: Collection[str] = (FRENCH,),
    ) -> None:
        self._gate, self._recogniser = gate, recogniser
        self._understandings: Mapping[str, Understanding] = {FRENCH: understanding, ENGLISH: EnglishGrammar()}
        self._recall = recall if recall is not None else Recall()
        self._memory = memory if memory is not None else EarMemory()
        self._eagerness = eagerness if eagerness is not None else Eagerness()
        self._languages = languages if languages is not None else LanguageMemory()
        self._known = frozenset(known)

    def judge(self, speech: Speech) -> Verdict:
        """Return the verdict on `speech`; times in it are milliseconds of the call, within the piece.

        Raises SpeechError when a model fails: no verdict is ever a guess.
        """
        piece, context = speech.piece, speech.context
        self._memory.check(speech)
        samples = resample(from_pcm(speech.pcm), EAR_HZ, SILERO_HZ)
        try:
            voiced = self._gate(samples)
            if not voiced:
                noticed = self._memory.unvoiced(speech)
                return replace(_NOT_SPEECH, sensitive=noticed.spans, pending=noticed.pending)
            at_pause = piece.end_ms - piece.start_ms - voiced[-1].end_ms >= PAUSE_MS
            transcript = self._transcript(speech, samples, voiced[-1].end_ms)
            reading = self._understandings[transcript.language].judge(
                transcript.hypotheses,
                last_prompt=context.last_prompt,
                after_disclosure=context.after_disclosure,
                thresholds=context.thresholds,
                partial=not piece.final,
            )
            comprehension = self._comprehension(speech, transcript, voiced)
            if comprehension is not Comprehension.UNDERSTOOD:
                reading = _not_believed(reading, transcript)
            noticed = self._memory.heard(speech, _heard(transcript, speech), at_pause=at_pause)
        except SpeechError:
            raise
        except Exception as error:
            # The words may be in the message: only the kind of error leaves the ear.
            raise SpeechError(f"judging failed ({type(error).__name__})", where="ear") from None
        band = self._eagerness.confirmed(speech.call_id, piece, reading.label, reading.band)
        onset_ms = None
        if band is not Band.CLEAR:
            onset_ms = piece.start_ms
            times = transcript.times_of(*reading.span) if reading.span is not None else None
            if times is not None:
                onset_ms = min(max(piece.start_ms, piece.start_ms + times[0] - ONSET_LEAD_MS), piece.end_ms)
        return Verdict(
            reading.label,
            band,
            reading.score,
            onset_ms,
            _merged([*(_timed(span, transcript, speech) for span in reading.sensitive), *noticed.spans]),
            transcript.hypotheses[0].text if context.want_text else "",
            denies=reading.denies,
            pending=noticed.pending,
            asks=noticed.asks,
            ground=reading.ground,
            comprehension=comprehension,
        )

    def _comprehension(self, speech: Speech, transcript: Transcript, voiced: Sequence[VoicedRange]) -> Comprehension:
        """Say whether the piece was understood, by what the recogniser can tell."""
        known = sum(transcript.languages.get(language, 0.0) for language in self._known)
        # Words of a language that is not known bear out nothing, however well they were heard.
        cues = LanguageCues(
            sum(range_.end_ms - range_.start_ms for range_ in voiced),
            known if transcript.languages else None,
            transcript.logprob if transcript.language in self._known else None,
        )
        comprehension = self._languages.judge(speech, cues)
        if transcript.language == ENGLISH and tells_a_number(transcript.hypotheses[0].text):
            return Comprehension.FOREIGN
        return comprehension

    def _transcript(self, speech: Speech, samples: Samples, voiced_until_ms: int) -> Transcript:
        piece = speech.piece
        at_pause = piece.end_ms - piece.start_ms - voiced_until_ms >= PAUSE_MS
        if not piece.final and not at_pause:
            return self._recogniser.transcribe(samples, partial=True)
        channel = f"{speech.call_id}/{piece.channel.value}"
        span = VoicedSpan(channel, piece.start_ms, piece.start_ms + voiced_until_ms, speech.pcm)
        transcript = self._recall.transcript(span, lambda: self._recogniser.transcribe(samples))
        if piece.final:
            self._recall.forget(span)
        return transcript


def _not_believed(reading: Reading, transcript: Transcript) -> Reading:
    """What was written down in French of foreign words means nothing, unless the audio bears it out.

    What was written down in English was understood as far as it objects, refuses or answers.
    """
    borne_out = transcript.logprob is not None and transcript.logprob >= BORNE_OUT
    if transcript.language != FRENCH or (borne_out and reading.band is Band.ACT):
        return reading
    return Reading(Label.NONE, Band.CLEAR, 0.0, None, reading.sensitive)


def _timed(span: SensitiveSpan, transcript: Transcript, speech: Speech) -> SensitiveSpan:
    """Turn character offsets into call milliseconds; the whole piece when the words cannot be placed."""
    piece = speech.piece
    times = transcript.times_of(span.start, span.end)
    if times is None:
        return SensitiveSpan(span.kind, piece.start_ms, piece.end_ms)
    start = piece.start_ms + max(0, times[0] - ONSET_LEAD_MS)
    end = piece.start_ms + times[1] + ONSET_LEAD_MS
    return SensitiveSpan(span.kind, min(start, piece.end_ms), min(max(end, start), piece.end_ms))


def _heard(transcript: Transcript, speech: Speech) -> HeardPiece:
    """The first hypothesis with its words in call time, with the same room around them as a span has."""
    piece = speech.piece
    words = tuple(
        TimedText(
            token.start,
            token.end,
            max(piece.start_ms, piece.start_ms + token.start_ms - ONSET_LEAD_MS),
            piece.start_ms + token.end_ms + ONSET_LEAD_MS,
        )
        for token in transcript.tokens
    )
    return HeardPiece(transcript.hypotheses[0].text, piece.start_ms, piece.end_ms, words, piece.final)


def _merged(spans: list[SensitiveSpan]) -> tuple[SensitiveSpan, ...]:
    """Spans of one kind that touch are one."""
    merged: list[SensitiveSpan] = []
    for span in sorted(spans, key=lambda span: (span.kind, span.start, span.end)):
        last = merged[-1] if merged else None
        if last is not None and last.kind == span.kind and span.start <= last.end:
            merged[-1] = SensitiveSpan(last.kind, last.start, max(last.end, span.end))
        else:
            merged.append(span)
    return tuple(sorted(merged, key=lambda span: (span.start, span.end)))
