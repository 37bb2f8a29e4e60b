"""From a piece of speech to the ear's verdict: is it voice, what is said, what does it mean, since when."""

from __future__ import annotations

from collections.abc import Callable

from ivr.domain.verdict import Band, EarVerdict, Label, SensitiveSpan
from ivr.errors import SpeechError
from ivr.services.ports import Speech
from ivr.speech.recall import Heard, Recall
from ivr.speech.resampling import Samples, resample
from ivr.speech.silero import SILERO_HZ, VoicedRange
from ivr.speech.transcriber import Transcriber, Transcript
from ivr.speech.understanding import Understanding
from ivr.speech.wav import EAR_HZ, from_pcm

#: Whisper's word times are good to about this much; an onset is moved ahead by it, never behind.
ONSET_LEAD_MS = 250

#: A piece whose last voice lies so far before its end stops at a pause: its words may be complete.
PAUSE_MS = 90

Gate = Callable[[Samples], tuple[VoicedRange, ...]]

_NOT_SPEECH = EarVerdict(Label.NONE, Band.CLEAR, 0.0, speech=False)


class Judge:
    """Judges pieces one at a time. `gate` says where a 16 kHz piece holds voice; what it refuses is not transcribed.

    Every failure of a part is a SpeechError: there is no verdict without hearing. Judges of several threads that
    share a `recall` do not transcribe twice what ends at a pause and then ends for good.
    """

    def __init__(
        self, gate: Gate, transcriber: Transcriber, understanding: Understanding, recall: Recall | None = None
    ) -> None:
        self._gate, self._transcriber, self._understanding = gate, transcriber, understanding
        self._recall = recall if recall is not None else Recall()

    def judge(self, speech: Speech) -> EarVerdict:
        """Return the verdict on `speech`; times in it are call milliseconds within the piece."""
        piece, context = speech.piece, speech.context
        samples = resample(from_pcm(speech.pcm), EAR_HZ, SILERO_HZ)
        try:
            voiced = self._gate(samples)
            if not voiced:
                return _NOT_SPEECH
            transcript = self._transcript(speech, samples, voiced[-1].end_ms)
            reading = self._understanding.judge(
                transcript.hypotheses,
                last_prompt=context.last_prompt,
                after_disclosure=context.after_disclosure,
                thresholds=context.thresholds,
                partial=not piece.final,
            )
        except SpeechError:
            raise
        except Exception as error:
            # The words may be in the message: only the kind of error leaves the ear.
            raise SpeechError(f"judging failed ({type(error).__name__})", where="ear") from None
        onset_ms = None
        if reading.band is not Band.CLEAR:
            onset_ms = piece.start_ms
            times = transcript.times_of(*reading.span) if reading.span is not None else None
            if times is not None:
                onset_ms = min(max(piece.start_ms, piece.start_ms + times[0] - ONSET_LEAD_MS), piece.end_ms)
        return EarVerdict(
            reading.label,
            reading.band,
            reading.score,
            onset_ms,
            tuple(_timed(span, transcript, speech) for span in reading.sensitive),
            transcript.hypotheses[0].text if context.want_text else "",
            denies=reading.denies,
        )

    def _transcript(self, speech: Speech, samples: Samples, voiced_until_ms: int) -> Transcript:
        piece = speech.piece
        at_pause = piece.end_ms - piece.start_ms - voiced_until_ms >= PAUSE_MS
        if not piece.final and not at_pause:
            return self._transcriber.transcribe(samples, partial=True)
        channel = f"{speech.call_id}/{piece.channel.value}"
        heard = Heard(channel, piece.start_ms, piece.start_ms + voiced_until_ms, speech.pcm)
        transcript = self._recall.transcript(heard, lambda: self._transcriber.transcribe(samples))
        if piece.final:
            self._recall.forget(heard)
        return transcript


def _timed(span: SensitiveSpan, transcript: Transcript, speech: Speech) -> SensitiveSpan:
    """Turn character offsets into call milliseconds; the whole piece when the words cannot be placed."""
    piece = speech.piece
    times = transcript.times_of(span.start, span.end)
    if times is None:
        return SensitiveSpan(span.kind, piece.start_ms, piece.end_ms)
    start = piece.start_ms + max(0, times[0] - ONSET_LEAD_MS)
    end = piece.start_ms + times[1] + ONSET_LEAD_MS
    return SensitiveSpan(span.kind, min(start, piece.end_ms), min(max(end, start), piece.end_ms))
