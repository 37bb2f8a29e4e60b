"""What the ear remembers of each channel, so that it understands what is said over several pieces.

A NIR dictated group by group, "nous ne vous demanderons jamais" and after a breath "votre RIB": neither can be judged
piece by piece. The words stay here, in memory, until the call is over, for a bounded number of channels.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from ivr.domain.asks.detector import AskDetector
from ivr.domain.asks.watch import AskWatch
from ivr.domain.hearing.transcript_window import HeardPiece
from ivr.domain.hearing.verdict import AskSpan, PendingNumber, SensitiveSpan
from ivr.domain.numbers.watch import NumberWatch
from ivr.errors import SpeechError
from ivr.services.ports.hearing import Speech

_CHANNELS = 512
#: A line that died says no farewell: what nobody went on with for so long is dropped when the next piece comes.
_KEEP_S = 180.0


@dataclass(frozen=True)
class Noticed:
    """What a piece and those before it hold together; all times are call milliseconds."""

    spans: tuple[SensitiveSpan, ...] = ()
    pending: PendingNumber | None = None
    asks: tuple[AskSpan, ...] = ()


@dataclass
class _Channel:
    numbers: NumberWatch
    asks: AskWatch | None
    used_at: float


class EarMemory:
    """For several threads. `asks` finds forbidden questions; without it no channel of ours can be guarded.

    A channel that was dropped, or an ear that was started again, has lost the beginning of a number that was going
    on: the asker names the pending number (`ListenContext.pending`), and NumberWatch takes it and its digits as
    forbidden.
    """

    def __init__(
        self,
        asks: AskDetector | None = None,
        *,
        channels: int = _CHANNELS,
        keep_s: float = _KEEP_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._asks, self._bound, self._keep_s, self._now = asks, channels, keep_s, now
        self._lock = threading.Lock()
        self._channels: OrderedDict[tuple[str, str], _Channel] = OrderedDict()

    def __len__(self) -> int:
        return len(self._channels)

    def check(self, speech: Speech) -> None:
        """Raise SpeechError when the piece is to be watched for questions and this ear does not know them."""
        if speech.context.guard is not None and self._asks is None:
            raise SpeechError(
                "this ear knows no forbidden questions", where="ear", remedy="start it with --phrases, or `ivr serve`"
            )

    def heard(self, speech: Speech, piece: HeardPiece, *, at_pause: bool) -> Noticed:
        """Take the words of a piece in; `at_pause`: the speaker is silent at its end."""
        context = speech.context
        with self._lock:
            channel = self._channel(speech)
            watched = channel.numbers.feed(piece, last_prompt=context.last_prompt, pending=context.pending)
            asks: tuple[AskSpan, ...] = ()
            if channel.asks is not None and context.guard is not None:
                asks = channel.asks.feed(piece, context.guard, at_pause=at_pause)
        return Noticed(watched.spans, watched.pending, asks)

    def unvoiced(self, speech: Speech) -> Noticed:
        """Nobody spoke in this piece: what was going on before goes on."""
        piece = speech.piece
        with self._lock:
            nothing = HeardPiece("", piece.start_ms, piece.end_ms, final=piece.final)
            watched = self._channel(speech).numbers.unheard(nothing, pending=speech.context.pending)
        return Noticed(watched.spans, watched.pending)

    def forget(self, call_id: str) -> None:
        """The call is over: drop its words."""
        with self._lock:
            for key in [key for key in self._channels if key[0] == call_id]:
                del self._channels[key]

    def _channel(self, speech: Speech) -> _Channel:
        key, now = (speech.call_id, speech.piece.channel.value), self._now()
        channel = self._channels.get(key)
        if channel is None or now - channel.used_at > self._keep_s:
            asks = AskWatch(self._asks) if self._asks is not None else None
            channel = self._channels[key] = _Channel(NumberWatch(), asks, now)
        channel.used_at = now
        self._channels.move_to_end(key)
        while len(self._channels) > self._bound or now - next(iter(self._channels.values())).used_at > self._keep_s:
            self._channels.popitem(last=False)
        return channel
