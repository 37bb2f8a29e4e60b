"""Consent of one party to being recorded. Every move has its record; no words are ever kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from ivr.domain.state_machine import Machine


class ConsentState(Enum):
    UNASKED = auto()
    NOTIFIED = auto()
    DOUBT = auto()
    REFUSED = auto()

    @property
    def objected(self) -> bool:
        """Whether the party has objected: nothing undoes it."""
        return self is ConsentState.REFUSED


class ConsentEvent(Enum):
    NOTIFY = auto()
    HESITATE = auto()
    REASSURE = auto()
    OBJECT = auto()


_S, _E = ConsentState, ConsentEvent

CONSENT = Machine(
    name="consent",
    initial=frozenset({_S.UNASKED}),
    final=frozenset({_S.REFUSED}),
    table={
        (_S.UNASKED, _E.NOTIFY): _S.NOTIFIED,
        (_S.UNASKED, _E.OBJECT): _S.REFUSED,
        (_S.NOTIFIED, _E.NOTIFY): _S.NOTIFIED,
        (_S.NOTIFIED, _E.HESITATE): _S.DOUBT,
        (_S.NOTIFIED, _E.OBJECT): _S.REFUSED,
        (_S.DOUBT, _E.HESITATE): _S.DOUBT,
        (_S.DOUBT, _E.REASSURE): _S.NOTIFIED,
        (_S.DOUBT, _E.OBJECT): _S.REFUSED,
        (_S.REFUSED, _E.OBJECT): _S.REFUSED,
    },
)


class Basis(Enum):
    """How a party made itself understood."""

    DTMF = "DTMF"
    SPOKEN = "SPOKEN"
    AGENT = "AGENT"
    IMPLIED = "IMPLIED"


class AgentsAnswer(Enum):
    """What the agent's side does with a doubt that it was offered: ask the caller, or say what the caller wants."""

    TAKE = "take"
    OBJECTS = "objects"
    AGREES = "agrees"


@dataclass(frozen=True)
class ConsentRecord:
    """Why a consent moved: never what was said.

    `offset_ms` counts from the start of the call's media; `confidence` is 0..1; the prompt is the last one
    the party had heard.
    """

    basis: Basis
    offset_ms: int
    confidence: float
    prompt_id: str = ""
    prompt_version: str = ""
