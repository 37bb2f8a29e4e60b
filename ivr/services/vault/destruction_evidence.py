"""What every destruction writes, whoever destroys: the intent before it, certificate and end after it. No content.

The intent stands in the transaction that destroys the key, certificate and end in the one that moves the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.base import Absent, known
from ivr.domain.evidence.events.destruction import Certificate, Discarded, Discarding
from ivr.services.ports.evidence import Entry


@dataclass(frozen=True)
class Destruction:
    """One destruction: what goes, and why. `rules` come by weight, the deciding one first; `purposes` are tags.

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
    purposes: Sequence[str]

    def intent(self) -> Entry:
        """Return what is written before the key goes: from then on the recording is to be destroyed."""
        return self._entry(
            Discarding(
                rule_id=self._rule,
                rules=tuple(self.rules),
                reason=self.reason,
                from_state=self.from_state,
                sha256=self.sha256,
                due_at=self.due_at,
            )
        )

    def certificate(self, intent: AuditEvent | None, *, at: datetime, wiped: bool, owner: str) -> Entry:
        """`intent` is its event, if one stands, which knows what the bytes were that are gone by now.

        `wiped`: the bytes of the key are gone from the database's files too; `owner` is the run or the node.
        """
        facts = intent.facts if intent is not None else None
        noted = facts if isinstance(facts, Discarding) else Discarding.read({})
        rule_id, rules = known(noted.rule_id, self._rule), noted.rules
        if isinstance(rules, Absent):
            # An intent of an older version names one rule.
            rules = tuple(self.rules) if isinstance(noted.rule_id, Absent) else (rule_id,) if rule_id else ()
        return self._entry(
            Certificate(
                rule_id=rule_id,
                rules=rules,
                reason=known(noted.reason, self.reason),
                from_state=known(noted.from_state, self.from_state),
                sha256=known(noted.sha256, self.sha256),
                due_at=known(noted.due_at, self.due_at),
                policy_id=self.policy_id,
                policy_version=self.policy_version,
                clocks=tuple(self.purposes),
                destroyed_at=at,
                key_destroyed=True,
                key_wiped=wiped,
                file_deleted=True,
                owner=owner,
            )
        )

    def end(self) -> Entry:
        return self._entry(
            Discarded(rule_id=self._rule, rules=tuple(self.rules), reason=self.reason, from_state=self.from_state)
        )

    @property
    def _rule(self) -> str:
        return self.rules[0] if self.rules else ""

    def _entry(self, event: Discarding | Certificate | Discarded) -> Entry:
        return Entry(event, self.call_id, self.recording_id)
