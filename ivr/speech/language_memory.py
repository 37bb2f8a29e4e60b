"""What each channel was understood as so far, for several threads; kept for the last channels."""

from __future__ import annotations

import threading
from collections import OrderedDict

from ivr.domain.hearing.cleared_mark import HearingSettings
from ivr.domain.hearing.comprehension import ChannelComprehension, LanguageCues
from ivr.domain.hearing.verdict import Comprehension
from ivr.services.ports.hearing import Speech

_CHANNELS = 64


class LanguageMemory:
    """One per ear."""

    def __init__(self, longest_ms: int = HearingSettings.piece_max_ms) -> None:
        """A piece of `longest_ms` gets no longer one after it: it counts like a final one."""
        self._longest_ms = longest_ms
        self._lock = threading.Lock()
        self._channels: OrderedDict[str, ChannelComprehension] = OrderedDict()

    def judge(self, speech: Speech, cues: LanguageCues) -> Comprehension:
        """Say whether this piece was understood, after those before it on its channel."""
        piece = speech.piece
        key = f"{speech.call_id}/{piece.channel.value}"
        with self._lock:
            channel = self._channels.setdefault(key, ChannelComprehension())
            self._channels.move_to_end(key)
            while len(self._channels) > _CHANNELS:
                self._channels.popitem(last=False)
            return channel.judge(cues, whole=piece.final or piece.end_ms - piece.start_ms >= self._longest_ms)

    def forget(self, call_id: str) -> None:
        """The call is over."""
        with self._lock:
            for key in [key for key in self._channels if key.startswith(f"{call_id}/")]:
                del self._channels[key]
