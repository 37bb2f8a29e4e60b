"""One link of a node's chain as the use cases see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ivr.domain.evidence.events.base import Event, read_event


@dataclass(frozen=True)
class AuditEvent:
    """One link of a node's chain. `body` is canonical JSON without content: no words, no digits, no audio."""

    node_id: str
    seq: int
    at: datetime
    kind: str
    call_id: str
    recording_id: str
    body: Mapping[str, object]
    previous: str
    digest: str

    @property
    def facts(self) -> Event:
        """The body, read by the class of its kind."""
        return read_event(self.kind, self.body)
