"""Ports of telephony: what happens on a line, and what a line can be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ivr.domain.call.dtmf_presses import Way


@dataclass(frozen=True)
class IncomingCall:
    """An INVITE has arrived and is unanswered; the adapter has already sent 180.

    `from_uri` is what the caller says; `asserted_uri` what a network that we believe says of them, "" without one.
    """

    leg_id: str
    sip_call_id: str
    from_uri: str
    to_uri: str
    at: float
    asserted_uri: str = ""


@dataclass(frozen=True)
class LegProgress:
    """A placed leg is ringing (18x)."""

    leg_id: str
    sip_status: int
    at: float


@dataclass(frozen=True)
class LegConfirmed:
    """The leg is up (ACK) and its media flows: frames begin at offset 0 now.

    `telephone_event` tells that DTMF digits were agreed to come as RFC 4733 events.
    """

    leg_id: str
    sip_call_id: str
    codec: str
    at: float
    telephone_event: bool = True


@dataclass(frozen=True)
class LegMedia:
    """What RTP and RTCP (RFC 3550) told of a leg's audio, all its streams together. `codec` is that of the last.

    `received`, `lost`, `discarded` (they came too late or too early to be heard) and `sent` are packets. `jitter_ms` is
    the mean of the interarrival jitter, `jitter_max_ms` its highest; `buffer_ms` how long audio waited in the jitter
    buffer, on average; all None when nothing was received. What only the party's RTCP tells (`far_lost`,
    `far_jitter_ms`, `round_trip_ms`) is None when no report came.
    """

    codec: str
    received: int
    lost: int
    discarded: int
    jitter_ms: float | None
    jitter_max_ms: float | None
    buffer_ms: float | None
    sent: int
    far_lost: int | None = None
    far_jitter_ms: float | None = None
    round_trip_ms: float | None = None


@dataclass(frozen=True)
class LegDisconnected:
    """The leg is over. `sip_status` is the final status (RFC 3261), `hangup_cause` is Q.850.

    `by_peer` tells who ended it; `media` how its audio went, None when none flowed. Always the last event of a leg,
    exactly once.
    """

    leg_id: str
    sip_status: int
    hangup_cause: int
    by_peer: bool
    was_confirmed: bool
    at: float
    media: LegMedia | None = None


@dataclass(frozen=True)
class DigitPressed:
    """One DTMF digit, told by RFC 4733 or SIP INFO. Never log the digit: only that a DTMF digit was pressed.

    A telephone that uses both tells a press twice, by either way (`ivr.domain.call.dtmf_presses` puts them together).
    """

    leg_id: str
    digit: str = field(repr=False)
    at: float = 0.0
    way: Way = Way.EVENT


@dataclass(frozen=True)
class DtmfAgreed:
    """A re-INVITE has changed whether DTMF digits were agreed to come as RFC 4733 events (`telephone_event`)."""

    leg_id: str
    telephone_event: bool
    at: float


@dataclass(frozen=True)
class PromptEnded:
    """A prompt stopped: at its end (`completed`) or because it was interrupted or the leg went away.

    `heard_ms` is how much of it was actually sent to the party.
    """

    leg_id: str
    play_id: str
    completed: bool
    heard_ms: int
    at: float


@dataclass(frozen=True)
class LegHeld:
    """The far end put us on hold or took us back (re-INVITE changing media direction)."""

    leg_id: str
    held: bool
    at: float


@dataclass(frozen=True)
class ForeignRtp:
    """So many RTP packets came to the leg's port from elsewhere than its party, and were dropped unheard."""

    leg_id: str
    packets: int
    at: float


LineEvent = (
    IncomingCall
    | LegProgress
    | LegConfirmed
    | LegDisconnected
    | DigitPressed
    | PromptEnded
    | LegHeld
    | ForeignRtp
    | DtmfAgreed
)


@dataclass(frozen=True)
class LegAudio:
    """Consecutive 20 ms frames of one leg since the last drain, all lists of equal length.

    `first_frame` counts 20 ms frames since the leg's media began; `spoken[i]` is what the party said and
    `sent[i]` what the party was sent, each PCM16 mono at `rate_hz`. `lost_before` is how many frames just before
    `first_frame` were dropped because the queue was full.
    """

    first_frame: int
    spoken: Sequence[bytes]
    sent: Sequence[bytes]
    rate_hz: int
    lost_before: int = 0


class Line(Protocol):
    """One SIP endpoint. Commands return at once; what happens comes back as events, in order.

    Every command on a leg that is already gone is ignored: its LegDisconnected is on its way.
    """

    @property
    def uri(self) -> str:
        """The SIP URI to dial to reach this line."""
        ...

    @property
    def capacity(self) -> int:
        """How many legs this line can hold at once, as the SIP library says."""
        ...

    @property
    def free_legs(self) -> int:
        """How many more legs it can hold now."""
        ...

    def reserve(self, leg_id: str) -> bool:
        """Keep a slot for the leg that will be placed under this id; False when the line is full."""
        ...

    def release(self, leg_id: str) -> None:
        """Give up a reservation that was not used; unknown is fine."""

    async def next_event(self) -> LineEvent: ...

    def answer(self, leg_id: str) -> None:
        """Send 200 to an incoming leg."""

    def reject(self, leg_id: str, sip_status: int) -> None:
        """Send a final non-2xx status to an incoming leg."""

    def place(self, leg_id: str, uri: str, *, ring_timeout_s: float) -> None:
        """Send an INVITE to `uri`; no answer in time becomes a CANCEL and LegDisconnected with 408."""

    def hangup(self, leg_id: str) -> None:
        """End a leg in any state: BYE, CANCEL, or a final status."""

    def play(self, leg_id: str, play_id: str, prompt: Path, *, loop: bool = False) -> None:
        """Play a WAV file (PCM16 mono) to the party from now on; replaces a prompt that is playing on the leg."""

    def stop_playing(self, leg_id: str) -> None: ...

    def bridge(self, a_leg: str, b_leg: str) -> None:
        """Let two legs hear each other; `sent` of each then includes the other."""

    def unbridge(self, a_leg: str, b_leg: str) -> None: ...

    def drain(self, leg_id: str) -> LegAudio | None:
        """Take the audio frames that have arrived since the last call; None when there are none."""
        ...

    async def close(self) -> None: ...
