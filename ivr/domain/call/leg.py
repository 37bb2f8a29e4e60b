"""A leg: one SIP session between the engine and a party (RFC 3261; hold is media direction, not a state)."""

from __future__ import annotations

from enum import Enum, auto

from ivr.domain.state_machine import Machine


class LegState(Enum):
    INCOMING = auto()
    CALLING = auto()
    EARLY = auto()
    CONNECTING = auto()
    CONFIRMED = auto()
    DISCONNECTED = auto()


class LegEvent(Enum):
    PROGRESS = auto()
    ANSWER = auto()
    CONFIRM = auto()
    DISCONNECT = auto()


_S, _E = LegState, LegEvent

LEG = Machine(
    name="leg",
    initial=frozenset({_S.INCOMING, _S.CALLING}),
    final=frozenset({_S.DISCONNECTED}),
    table={
        (_S.INCOMING, _E.PROGRESS): _S.EARLY,
        (_S.INCOMING, _E.ANSWER): _S.CONNECTING,
        (_S.CALLING, _E.PROGRESS): _S.EARLY,
        (_S.CALLING, _E.ANSWER): _S.CONNECTING,
        (_S.EARLY, _E.PROGRESS): _S.EARLY,
        (_S.EARLY, _E.ANSWER): _S.CONNECTING,
        (_S.CONNECTING, _E.CONFIRM): _S.CONFIRMED,
        (_S.INCOMING, _E.DISCONNECT): _S.DISCONNECTED,
        (_S.CALLING, _E.DISCONNECT): _S.DISCONNECTED,
        (_S.EARLY, _E.DISCONNECT): _S.DISCONNECTED,
        (_S.CONNECTING, _E.DISCONNECT): _S.DISCONNECTED,
        (_S.CONFIRMED, _E.DISCONNECT): _S.DISCONNECTED,
    },
)


class Disposition(Enum):
    """How a leg or a call ended, in the words of the field.

    REDIRECTED: the called side names another address, to which the engine does not go. NO_MEDIA: both sides were there
    and agreed on no audio. UNACKNOWLEDGED: answered, and the caller never confirmed it. LINE_FAILED: our own
    process died under it.
    """

    ANSWERED = "ANSWERED"
    NO_ANSWER = "NO_ANSWER"
    BUSY = "BUSY"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    REDIRECTED = "REDIRECTED"
    NO_MEDIA = "NO_MEDIA"
    UNACKNOWLEDGED = "UNACKNOWLEDGED"
    FAILED = "FAILED"
    LINE_FAILED = "LINE_FAILED"


_BY_STATUS: dict[int, Disposition] = {
    408: Disposition.NO_ANSWER,
    480: Disposition.NO_ANSWER,
    486: Disposition.BUSY,
    600: Disposition.BUSY,
    487: Disposition.CANCELLED,
    403: Disposition.REJECTED,
    603: Disposition.REJECTED,
    488: Disposition.NO_MEDIA,
    606: Disposition.NO_MEDIA,
    200: Disposition.UNACKNOWLEDGED,
}


def disposition_of(sip_status: int, *, was_confirmed: bool) -> Disposition:
    """Map the final SIP status of a leg to its disposition (RFC 3261 section 21)."""
    if was_confirmed:
        return Disposition.ANSWERED
    if 300 <= sip_status < 400:
        return Disposition.REDIRECTED
    return _BY_STATUS.get(sip_status, Disposition.FAILED)
