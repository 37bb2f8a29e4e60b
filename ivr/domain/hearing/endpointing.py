"""Turns the voice detector's yes/no per 20 ms frame into utterances: where speech begins and where it ends."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ivr.domain.audio.frame import FRAME_MS


@dataclass(frozen=True)
class EndpointSettings:
    """Milliseconds. Speech begins when `onset_voiced` of the last `onset_window` frames are voiced; it ends
    after `hangover_ms` without voice. `pad_ms` of audio before the first voiced frame belongs to it."""

    onset_voiced: int = 3
    onset_window: int = 5
    hangover_ms: int = 300
    pad_ms: int = 200

    @property
    def delay_ms(self) -> int:
        """How far behind the newest frame silence is certain to be silence."""
        return self.onset_window * FRAME_MS + self.pad_ms


@dataclass(frozen=True)
class SpeechStarted:
    onset_ms: int


@dataclass(frozen=True)
class SpeechEnded:
    end_ms: int


class Endpointer:
    """Feed frames in order with `frame`; returns the edge that this frame revealed, if any."""

    def __init__(self, settings: EndpointSettings, *, begin_ms: int = 0) -> None:
        self._settings = settings
        self._recent: deque[bool] = deque(maxlen=settings.onset_window)
        self._in_speech = False
        self._last_voiced_end_ms = begin_ms
        self._begin_ms = begin_ms

    @property
    def voiced_until_ms(self) -> int:
        """The end of the last voiced frame."""
        return self._last_voiced_end_ms

    def frame(self, at_ms: int, voiced: bool) -> SpeechStarted | SpeechEnded | None:
        """Take the frame [at_ms, at_ms + 20) and say whether speech began or ended with it."""
        self._recent.append(voiced)
        if voiced:
            self._last_voiced_end_ms = at_ms + FRAME_MS
        if not self._in_speech:
            if sum(self._recent) < self._settings.onset_voiced:
                return None
            self._in_speech = True
            first = at_ms - FRAME_MS * (len(self._recent) - 1 - list(self._recent).index(True))
            return SpeechStarted(max(self._begin_ms, first - self._settings.pad_ms))
        if at_ms + FRAME_MS - self._last_voiced_end_ms < self._settings.hangover_ms:
            return None
        return self.close(at_ms + FRAME_MS)

    def close(self, now_ms: int) -> SpeechEnded | None:
        """End the utterance in progress, if any (the leg was hung up, or media went away)."""
        if not self._in_speech:
            return None
        self._in_speech = False
        self._recent.clear()
        return SpeechEnded(now_ms)
