"""What the operator's page shows: the nodes as they tell themselves, what is late, certificates. No name or content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ivr.domain.access import AccessRequest, Action, Actor
from ivr.domain.evidence.events.house import OperationShown
from ivr.domain.operation.node_state import FORGOTTEN, NodeState
from ivr.services.export.access_gate import Gate
from ivr.services.ports.operation import Certificate, Certificates, Late, NodeStates, Overdue
from ivr.services.ports.runtime import Clock
from ivr.services.ports.signing import EvidenceChain
from ivr.services.retention.legal_holds import Holds
from ivr.services.rights.breaches import Breaches
from ivr.services.rights.requests import Requests

_GAPS_OVER: Final = timedelta(hours=24)
_LONGEST = 200


@dataclass(frozen=True)
class Duties:
    """What is past its time, by name (`recordings`, `documents`, `cases`, `requests`, `breaches`, `holds`), and the
    causes of the gaps of the last 24 hours."""

    late: Mapping[str, Late]
    gaps: Mapping[str, int]


@dataclass(frozen=True)
class Operation:
    """Blocking. `grace` is how long something that is due may still be there: until the clerk's next sweep."""

    gate: Gate
    chain: EvidenceChain
    clock: Clock
    states: NodeStates
    overdue: Overdue
    requests: Requests
    breaches: Breaches
    holds: Holds
    certificates_: Certificates
    grace: timedelta

    def show(self, asked: AccessRequest, what: str) -> None:
        """Note that somebody is shown `what`: `overview`, `doctor`. Raises ComplianceError after a denial was noted."""
        self.gate.check(asked)
        self.chain.append(OperationShown(actor=asked.actor.id[:_LONGEST], role=asked.actor.role.value, what=what))

    def may(self, actor: Actor) -> bool:
        """Whether the actor's role still has the right; noted nowhere."""
        return self.gate.may(actor, Action.OPERATE)

    def nodes(self) -> Sequence[NodeState]:
        """The nodes of the house, by name."""
        since = self.clock.now() - FORGOTTEN
        return [one for one in self.states.all() if one.at > since]

    def duties(self) -> Duties:
        now = self.clock.now()
        before = now - self.grace
        review = [one.review_at for one in self.holds.to_review()]
        return Duties(
            {
                "recordings": self.overdue.recordings(before),
                "documents": self.overdue.documents(before),
                "cases": self.overdue.cases(before),
                "requests": self.requests.late(),
                "breaches": self.breaches.late(),
                "holds": _late(review),
            },
            self.overdue.gaps(now - _GAPS_OVER, now),
        )

    def certificates(self) -> Sequence[Certificate]:
        return self.certificates_.all()


def _late(times: Sequence[datetime]) -> Late:
    return Late(len(times), min(times, default=None))
