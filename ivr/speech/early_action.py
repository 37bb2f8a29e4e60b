"""When unfinished speech may already act: once a longer piece of it says the same.

"L'enregistrement…" may go on as an objection or as a question. The first piece that reads as an opposition only
makes the recording wait (doubt on unfinished speech asks nobody); the next one, which holds more words, or the
final one, acts. A refusal of contact waits for its end: "ne me rappelez pas… avant seize heures", "pas de
démarchage… ah, vous êtes ma mutuelle". It bars somebody for good, and a second earlier saves nobody anything.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from ivr.domain.hearing.cleared_mark import HearingSettings, Piece
from ivr.domain.hearing.verdict import Band, Label

_CHANNELS = 64


@dataclass(frozen=True)
class _Opposed:
    label: Label
    start_ms: int
    end_ms: int


class Eagerness:
    """The opposition last read in unfinished speech, per channel. For several threads; kept for the last channels."""

    def __init__(self, longest_ms: int = HearingSettings.piece_max_ms) -> None:
        """A piece of `longest_ms` gets no longer one after it: it counts like a final one."""
        self._longest_ms = longest_ms
        self._lock = threading.Lock()
        self._last: OrderedDict[str, _Opposed] = OrderedDict()

    def confirmed(self, call_id: str, piece: Piece, label: Label, band: Band) -> Band:
        """Return the band that counts for `piece`, whose words read as `label` in `band`."""
        channel = f"{call_id}/{piece.channel.value}"
        with self._lock:
            before = self._last.pop(channel, None)
            if piece.final or piece.end_ms - piece.start_ms >= self._longest_ms or band is not Band.ACT:
                return band
            if label is Label.REFUSAL_CONTACT:
                return Band.DOUBT
            self._last[channel] = _Opposed(label, piece.start_ms, piece.end_ms)
            while len(self._last) > _CHANNELS:
                self._last.popitem(last=False)
        confirms = (
            before is not None
            and before.label is label
            and piece.start_ms < before.end_ms < piece.end_ms
            and before.start_ms <= piece.start_ms
        )
        return Band.ACT if confirms else Band.DOUBT

    def forget(self, call_id: str) -> None:
        """The call is over."""
        with self._lock:
            for channel in [key for key in self._last if key.startswith(f"{call_id}/")]:
                del self._last[channel]
