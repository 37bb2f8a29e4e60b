"""Who on a call has been informed, has hesitated, has refused: one consent per party, each move with its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.domain.call.party import PartyRole
from ivr.domain.consent.state import CONSENT, ConsentEvent, ConsentState, Evidence


@dataclass
class PartyConsent:
    """The consent of one party; `moves` lists (state entered, evidence), oldest first."""

    state: ConsentState = ConsentState.UNASKED
    moves: list[tuple[ConsentState, Evidence]] = field(default_factory=list)


class Consents:
    """The consents of one call."""

    def __init__(self) -> None:
        self._parties: dict[PartyRole, PartyConsent] = {}

    def state(self, role: PartyRole) -> ConsentState:
        return self._party(role).state

    def move(self, role: PartyRole, event: ConsentEvent, evidence: Evidence) -> ConsentState:
        """Apply `event`; raises TransitionError when the table does not allow it, and then changes nothing."""
        party = self._party(role)
        party.state = CONSENT.after(party.state, event, where=f"consent of the {role.value}")
        party.moves.append((party.state, evidence))
        return party.state

    def as_body(self) -> dict[str, object]:
        """Return the consents as stored beside the recording: no words, no digits."""
        return {
            role.value: {
                "state": party.state.name,
                "moves": [
                    {
                        "state": state.name,
                        "basis": evidence.basis.value,
                        "offset_ms": evidence.offset_ms,
                        "confidence": round(evidence.confidence, 3),
                        "prompt_id": evidence.prompt_id,
                        "prompt_version": evidence.prompt_version,
                    }
                    for state, evidence in party.moves
                ],
            }
            for role, party in self._parties.items()
        }

    def _party(self, role: PartyRole) -> PartyConsent:
        return self._parties.setdefault(role, PartyConsent())
