"""What RTP and RTCP tell of a leg's audio, over all streams that the library makes for it. Endpoint thread only.

Each re-INVITE makes a new stream whose counts begin at zero: what ends is added to what there was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ivr.services.ports.telephony import LegMedia

_US_PER_MS = 1000


@dataclass
class _Mean:
    """A mean of values of which the library keeps how many there were."""

    count: int = 0
    total: float = 0.0
    highest: float = 0.0

    def take(self, statistic: Any) -> None:
        self.count += int(statistic.n)
        self.total += int(statistic.n) * int(statistic.mean) / _US_PER_MS
        self.highest = max(self.highest, int(statistic.max) / _US_PER_MS)

    @property
    def known(self) -> float | None:
        return round(self.total / self.count, 1) if self.count else None


class StreamStatistics:
    """One per leg. `ended` is called with the library's StreamStat of each stream before the stream goes."""

    def __init__(self) -> None:
        self._streams = 0
        self._received = self._lost = self._discarded = self._sent = 0
        self._reports = self._far_lost = 0
        self._buffer_ms = 0.0
        self._jitter, self._far_jitter, self._round_trip = _Mean(), _Mean(), _Mean()

    def ended(self, statistics: Any) -> None:
        rtcp, buffer = statistics.rtcp, statistics.jbuf
        inward, outward = rtcp.rxStat, rtcp.txStat
        received = int(inward.pkt)
        self._streams += 1
        # Weighed by what it was measured on.
        self._buffer_ms += received * int(buffer.avgDelayMsec)
        self._received += received
        self._lost += int(inward.loss)
        self._discarded += int(inward.discard)
        self._sent += int(outward.pkt)
        self._reports += int(outward.updateCount)
        self._far_lost += int(outward.loss)
        self._jitter.take(inward.jitterUsec)
        self._far_jitter.take(outward.jitterUsec)
        self._round_trip.take(rtcp.rttUsec)

    def told(self, codec: str) -> LegMedia | None:
        """Return it all, `codec` being that of the last stream; None when there was no stream."""
        if not self._streams:
            return None
        return LegMedia(
            codec=codec,
            received=self._received,
            lost=self._lost,
            discarded=self._discarded,
            jitter_ms=self._jitter.known if self._received else None,
            jitter_max_ms=round(self._jitter.highest, 1) if self._received else None,
            buffer_ms=round(self._buffer_ms / self._received, 1) if self._received else None,
            sent=self._sent,
            far_lost=self._far_lost if self._reports else None,
            far_jitter_ms=self._far_jitter.known,
            round_trip_ms=self._round_trip.known,
        )
