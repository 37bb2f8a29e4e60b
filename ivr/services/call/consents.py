"""Who on a call has been informed, has hesitated, has refused: one consent per party, each move with its record."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.domain.call.party import PartyRole
from ivr.domain.consent.state import CONSENT, ConsentEvent, ConsentRecord, ConsentState


@dataclass
class PartyConsent:
    """The consent of one party; `moves` lists (state entered, record), oldest first."""

    state: ConsentState = ConsentState.UNASKED
    moves: list[tuple[ConsentState, ConsentRecord]] = field(default_factory=list)


class Consents:
    """The consents of one call."""

    def __init__(self) -> None:
        self._parties: dict[PartyRole, PartyConsent] = {}

    def state(self, role: PartyRole) -> ConsentState:
        return self._party(role).state

    def move(self, role: PartyRole, event: ConsentEvent, record: ConsentRecord) -> ConsentState:
        """Apply `event`; raises TransitionError when the table does not allow it, and then changes nothing."""
        party = self._party(role)
        party.state = CONSENT.after(party.state, event, where=f"consent of the {role.value}")
        party.moves.append((party.state, record))
        return party.state

    def as_body(self) -> dict[str, object]:
        """Return the consents as stored beside the recording: no words, no digits."""
        return {
            role.value: {
                "state": party.state.name,
                "moves": [
                    {
                        "state": state.name,
                        "basis": record.basis.value,
                        "offset_ms": record.offset_ms,
                        "confidence": round(record.confidence, 3),
                        "prompt_id": record.prompt_id,
                        "prompt_version": record.prompt_version,
                    }
                    for state, record in party.moves
                ],
            }
            for role, party in self._parties.items()
        }

    def _party(self, role: PartyRole) -> PartyConsent:
        return self._parties.setdefault(role, PartyConsent())
