"""What may still be stored of a call while it lasts: it only ever gets less, so what has come further stays there."""

from __future__ import annotations

from enum import Enum

from ivr.domain.state_machine import Machine


class CaptureState(Enum):
    """FOLLOWING takes frames as policy says; ENDED takes no new one, and keeps what is cleared; FAILED writes nothing
    more, and keeps what can be proven; DOOMED keeps nothing; WIPED has no byte left, and owes key and certificate."""

    FOLLOWING = "FOLLOWING"
    ENDED = "ENDED"
    FAILED = "FAILED"
    DOOMED = "DOOMED"
    WIPED = "WIPED"


class CaptureEvent(Enum):
    END = "end"
    FAIL = "fail"
    DOOM = "doom"
    WIPE = "wipe"


_S, _E = CaptureState, CaptureEvent

#: Memory moves at once; the recording's own table follows when the vault has acted.
CAPTURE = Machine(
    name="capture",
    initial=frozenset({_S.FOLLOWING}),
    final=frozenset({_S.WIPED}),
    table={
        (_S.FOLLOWING, _E.END): _S.ENDED,
        (_S.FOLLOWING, _E.FAIL): _S.FAILED,
        (_S.FOLLOWING, _E.DOOM): _S.DOOMED,
        (_S.ENDED, _E.END): _S.ENDED,
        (_S.ENDED, _E.FAIL): _S.FAILED,
        (_S.ENDED, _E.DOOM): _S.DOOMED,
        (_S.FAILED, _E.END): _S.FAILED,
        (_S.FAILED, _E.FAIL): _S.FAILED,
        (_S.FAILED, _E.DOOM): _S.DOOMED,
        (_S.DOOMED, _E.END): _S.DOOMED,
        (_S.DOOMED, _E.FAIL): _S.DOOMED,
        (_S.DOOMED, _E.DOOM): _S.DOOMED,
        (_S.DOOMED, _E.WIPE): _S.WIPED,
        (_S.WIPED, _E.END): _S.WIPED,
        (_S.WIPED, _E.FAIL): _S.WIPED,
        (_S.WIPED, _E.DOOM): _S.WIPED,
    },
)

#: What is cleared may be written.
WRITABLE = frozenset({_S.FOLLOWING, _S.ENDED})
#: Nothing may be kept.
DOOMED = frozenset({_S.DOOMED, _S.WIPED})
