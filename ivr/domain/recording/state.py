"""Life of a recording: from nothing kept, to sealed, to destroyed."""

from __future__ import annotations

from enum import Enum

from ivr.domain.state_machine import Machine


class RecordingState(Enum):
    WITHHELD = "WITHHELD"
    CAPTURING = "CAPTURING"
    PAUSED = "PAUSED"
    SEALING = "SEALING"
    SEALED = "SEALED"
    PURGED = "PURGED"
    DISCARDED = "DISCARDED"
    DAMAGED = "DAMAGED"


class RecordingEvent(Enum):
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CLOSE = "close"
    SEAL = "seal"
    DISCARD = "discard"
    FAIL = "fail"
    PURGE = "purge"


_S, _E = RecordingState, RecordingEvent

RECORDING = Machine(
    name="recording",
    initial=frozenset({_S.WITHHELD}),
    final=frozenset({_S.PURGED, _S.DISCARDED}),
    table={
        (_S.WITHHELD, _E.START): _S.CAPTURING,
        (_S.CAPTURING, _E.PAUSE): _S.PAUSED,
        (_S.PAUSED, _E.RESUME): _S.CAPTURING,
        (_S.CAPTURING, _E.CLOSE): _S.SEALING,
        (_S.PAUSED, _E.CLOSE): _S.SEALING,
        (_S.SEALING, _E.SEAL): _S.SEALED,
        (_S.CAPTURING, _E.DISCARD): _S.DISCARDED,
        (_S.PAUSED, _E.DISCARD): _S.DISCARDED,
        (_S.SEALING, _E.DISCARD): _S.DISCARDED,
        (_S.CAPTURING, _E.FAIL): _S.DAMAGED,
        (_S.PAUSED, _E.FAIL): _S.DAMAGED,
        (_S.SEALING, _E.FAIL): _S.DAMAGED,
        (_S.SEALED, _E.FAIL): _S.DAMAGED,
        (_S.DAMAGED, _E.DISCARD): _S.DISCARDED,
        (_S.DAMAGED, _E.PURGE): _S.PURGED,
        (_S.SEALED, _E.PURGE): _S.PURGED,
    },
)

#: A call may be reported only when its recording stands in one of these.
REPORTABLE = frozenset({_S.WITHHELD, _S.SEALED, _S.DAMAGED, _S.DISCARDED, _S.PURGED})

#: Audio is kept, to be listened to and in the end destroyed: all that can still be purged.
KEPT = tuple(state for state in RecordingState if RECORDING.allows(state, _E.PURGE))

#: Left over by a crash: to be recovered or discarded at start-up.
UNFINISHED = frozenset({_S.CAPTURING, _S.PAUSED, _S.SEALING})
