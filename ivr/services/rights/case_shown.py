"""That somebody is shown a file of a desk, or its list: written into the evidence before it is shown."""

from __future__ import annotations

from ivr.domain.access import AccessRequest
from ivr.domain.evidence.events.base import ABSENT
from ivr.domain.evidence.events.rights import CaseShown
from ivr.services.ports.signing import EvidenceChain

_LONGEST = 200


def note_shown(
    chain: EvidenceChain, asked: AccessRequest, room: str, *, count: int, case_id: str = "", letter: str = ""
) -> None:
    """Note that `count` files of a room are shown to who asks; `case_id` names the one, `letter` what of it."""
    shown = CaseShown(
        actor=asked.actor.id[:_LONGEST],
        role=asked.actor.role.value,
        room=room,
        reason=asked.reason[:_LONGEST],
        count=count,
        case_id=case_id or ABSENT,
        letter=letter or ABSENT,
    )
    chain.append(shown)
