"""Ports of whoever runs the nodes: what nodes tell of themselves, what is late, and when certificates run out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.domain.operation.node_state import NodeState


class NodeStates(Protocol):
    """The last state of each node of a house."""

    def put(self, state: NodeState) -> None:
        """Keep it in place of what this node told before. Raises HostError when it cannot be written."""

    def all(self) -> Sequence[NodeState]:
        """By node. One that this version cannot read has told nothing but when."""
        ...


@dataclass(frozen=True)
class Late:
    """How many are past their time, and since when the first of them is."""

    count: int = 0
    since: datetime | None = None


class Overdue(Protocol):
    """What should be destroyed by now and is still there. Counts alone."""

    def recordings(self, before: datetime) -> Late:
        """Recordings whose audio is kept although their deadline was before then, and no legal hold is active."""
        ...

    def documents(self, before: datetime) -> Late:
        """Analyses, samples and calibrations whose deadline was before then."""
        ...

    def cases(self, before: datetime) -> Late:
        """Files of the DPO's desk that were to be kept until before then."""
        ...

    def gaps(self, since: datetime, until: datetime) -> Mapping[str, int]:
        """How many recordings that began in [`since`, `until`) have a gap, by cause."""
        ...


@dataclass(frozen=True)
class Certificate:
    """A certificate by its use: `not_after` is the first end of those in it; without one, `fault` says why."""

    use: str
    not_after: datetime | None
    fault: str = ""


class Certificates(Protocol):
    def all(self) -> Sequence[Certificate]:
        """Look at each now; may ask servers and take seconds. Never raises."""
        ...
