"""What every destruction writes, whoever destroys: the intent before it, certificate and end after it. No content.

The intent stands in the transaction that destroys the key, certificate and end in the one that moves the state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.domain.evidence import kinds
from ivr.domain.evidence.chain import stamp
from ivr.domain.evidence.checkpoint import CERTIFICATE
from ivr.services.ports.signing import Entry


@dataclass(frozen=True)
class Destruction:
    """One destruction: what goes, and why. `rules` come by weight, the deciding one first; `clocks` are its purposes.

    `sha256` is of the container (None: nothing was ever stored), `due_at` when its last purpose ends.
    """

    recording_id: str
    call_id: str
    rules: Sequence[str]
    reason: str
    from_state: str
    sha256: str | None
    policy_id: str
    policy_version: str
    due_at: datetime | None
    clocks: Sequence[str]

    def intent(self) -> Entry:
        due_at = stamp(self.due_at) if self.due_at is not None else None
        body = {**self._why(), "sha256": self.sha256, "due_at": due_at}
        return Entry(kinds.DISCARDING, self.call_id, self.recording_id, body)

    def certificate(self, noted: Mapping[str, object], *, at: datetime, wiped: bool, owner: str) -> Entry:
        """`noted` is the body of its intent, which knows what the bytes were that are gone by now.

        `wiped`: the bytes of the key are gone from the database's files too; `owner` is the run or the node.
        """
        told = self.intent().body
        if "rules" not in noted and "rule_id" in noted:
            # An intent of an older version names one rule.
            noted = {**noted, "rules": [noted["rule_id"]] if noted["rule_id"] else []}
        body = {
            **{name: noted.get(name, told[name]) for name in told},
            "policy_id": self.policy_id,
            "policy_version": self.policy_version,
            "clocks": list(self.clocks),
            "destroyed_at": stamp(at),
            "key_destroyed": True,
            "key_wiped": wiped,
            "file_deleted": True,
            "owner": owner,
        }
        return Entry(CERTIFICATE, self.call_id, self.recording_id, body)

    def end(self) -> Entry:
        return Entry(kinds.DISCARDED, self.call_id, self.recording_id, self._why())

    def _why(self) -> dict[str, object]:
        return {
            "rule_id": self.rules[0] if self.rules else "",
            "rules": list(self.rules),
            "reason": self.reason,
            "from_state": self.from_state,
        }
