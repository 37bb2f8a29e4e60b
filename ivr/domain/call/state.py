"""A call: what the engine promises to one caller, over one leg (a_leg) or two (a_leg, b_leg)."""

from __future__ import annotations

from enum import Enum, auto

from ivr.domain.state_machine import Machine


class CallState(Enum):
    NEW = auto()
    ALERTING = auto()
    ACTIVE = auto()
    CLEARING = auto()
    CLEARED = auto()
    REPORTED = auto()


class CallEvent(Enum):
    ALERT = auto()
    CONNECT = auto()
    CLEAR = auto()
    ALL_LEGS_GONE = auto()
    REPORT = auto()


_S, _E = CallState, CallEvent

CALL = Machine(
    name="call",
    initial=frozenset({_S.NEW}),
    final=frozenset({_S.REPORTED}),
    table={
        (_S.NEW, _E.ALERT): _S.ALERTING,
        (_S.NEW, _E.ALL_LEGS_GONE): _S.CLEARED,
        (_S.NEW, _E.CLEAR): _S.CLEARING,
        (_S.ALERTING, _E.CONNECT): _S.ACTIVE,
        (_S.ALERTING, _E.CLEAR): _S.CLEARING,
        (_S.ALERTING, _E.ALL_LEGS_GONE): _S.CLEARED,
        (_S.ACTIVE, _E.CLEAR): _S.CLEARING,
        (_S.ACTIVE, _E.ALL_LEGS_GONE): _S.CLEARED,
        (_S.CLEARING, _E.CLEAR): _S.CLEARING,
        (_S.CLEARING, _E.ALL_LEGS_GONE): _S.CLEARED,
        (_S.CLEARED, _E.REPORT): _S.REPORTED,
    },
)
