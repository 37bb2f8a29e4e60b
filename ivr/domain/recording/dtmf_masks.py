"""DTMF digits pressed in a call: when, and what is silent because of it; never which (promise 4, ASK-004)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.spans import Mask

#: What a mask says of itself when DTMF digits are its reason.
DTMF_MASK = "keys"


@dataclass(frozen=True)
class Tone:
    """The tone of a DTMF digit, in milliseconds of the call's media."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class PlayedDtmf:
    """A DTMF digit that was read in the audio, certain from `start_ms` on. Acted on and forgotten, never written."""

    digit: str = field(repr=False)
    start_ms: int


@dataclass(frozen=True)
class DtmfReach:
    """Milliseconds of silence around a DTMF digit.

    A tone swells and fades. An event (RFC 4733, SIP INFO) comes on a way of its own: the slice of tone that a gateway
    let through before it knew arrives with the audio, which may be early by the gateway's own slowness or late by the
    jitter buffer. For `keen_ms` after an event, what resembles a tone is one: the gateway may let slip the end too.
    Masks less than `join_ms` apart are one, so that neither the rhythm nor the number of DTMF digits can be read in
    them.
    """

    before_tone_ms: int = 60
    after_tone_ms: int = 100
    before_event_ms: int = 200
    after_event_ms: int = 600
    keen_ms: int = 3000
    join_ms: int = 1000


class DtmfMasks:
    """What must be silent on one channel, in order of time."""

    def __init__(self, channel: Channel, reach: DtmfReach) -> None:
        self._channel = channel
        self._reach = reach
        self._spans: list[tuple[int, int]] = []
        self._keen_until_ms = -1

    @property
    def masks(self) -> tuple[Mask, ...]:
        return tuple(Mask(self._channel.value, start_ms, end_ms, DTMF_MASK) for start_ms, end_ms in self._spans)

    def keen(self, at_ms: int) -> bool:
        """True when a DTMF digit was pressed so shortly before that the rest of its tone may follow."""
        return at_ms < self._keen_until_ms

    def pressed(self, at_ms: int) -> None:
        """An event told of a DTMF digit at this time."""
        self._keen_until_ms = max(self._keen_until_ms, at_ms + self._reach.keen_ms)
        self._add(at_ms - self._reach.before_event_ms, at_ms + self._reach.after_event_ms)

    def add(self, tone: Tone) -> None:
        """A tone was found in the audio."""
        self._add(tone.start_ms - self._reach.before_tone_ms, tone.end_ms + self._reach.after_tone_ms)

    def _add(self, start_ms: int, end_ms: int) -> None:
        start_ms, apart = max(0, start_ms), []
        for span in self._spans:
            if span[0] <= end_ms + self._reach.join_ms and start_ms <= span[1] + self._reach.join_ms:
                start_ms, end_ms = min(start_ms, span[0]), max(end_ms, span[1])
            else:
                apart.append(span)
        self._spans = sorted([*apart, (start_ms, end_ms)])
