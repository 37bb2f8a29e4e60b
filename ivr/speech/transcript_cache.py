"""What was just heard on a channel, so that the same words are not written down twice.

A speaker pauses: the piece up to there is judged as partial. When nothing follows, the final piece holds the same
words and a little more silence; only what they mean is judged again, now that they are known to be complete.
Kept in memory, for one piece of each of the last channels, and never shown.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from ivr.speech.recogniser import Transcript

_CHANNELS = 64
#: The voice may seem to end a window of the voice network earlier or later in a longer piece.
_SAME_END_MS = 64


@dataclass(frozen=True)
class VoicedSpan:
    """Which words: those of [start_ms, voiced_until_ms) of one channel, in call milliseconds, and their audio."""

    channel: str
    start_ms: int
    voiced_until_ms: int
    pcm: bytes = field(default=b"", repr=False)

    def same(self, other: VoicedSpan) -> bool:
        """True when one is the other and what followed it, and the voice ends at the same place."""
        near = abs(self.voiced_until_ms - other.voiced_until_ms) <= _SAME_END_MS
        continued = self.pcm.startswith(other.pcm) or other.pcm.startswith(self.pcm)
        return (self.channel, self.start_ms) == (other.channel, other.start_ms) and near and continued


class Recall:
    """The last transcript of each channel, done or in the making. For several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: OrderedDict[str, tuple[VoicedSpan, Future[Transcript]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._last)

    def transcript(self, span: VoicedSpan, transcribe: Callable[[], Transcript]) -> Transcript:
        """Return the transcript of `span`: the one that is known or being made, or that of `transcribe`.

        A transcript that fails is forgotten, and fails for everyone who waits for it.
        """
        with self._lock:
            known = self._last.get(span.channel)
            if known is not None and known[0].same(span):
                made = known[1]
                mine = False
            else:
                made, mine = Future(), True
                self._last[span.channel] = span, made
                self._last.move_to_end(span.channel)
                while len(self._last) > _CHANNELS:
                    self._last.popitem(last=False)
        if not mine:
            return made.result()
        try:
            made.set_result(transcribe())
        except BaseException as error:
            self.forget(span)
            made.set_exception(error)
            raise
        return made.result()

    def forget_call(self, call_id: str) -> None:
        """Drop what is kept of a call that is over; channels are named CALL/CHANNEL."""
        with self._lock:
            for channel in [name for name in self._last if name.startswith(f"{call_id}/")]:
                del self._last[channel]

    def forget(self, span: VoicedSpan) -> None:
        """Drop what is kept of these words: they were judged for good, or could not be."""
        with self._lock:
            known = self._last.get(span.channel)
            if known is not None and known[0].same(span):
                del self._last[span.channel]
