"""Destroying recordings: key first, then the bytes, then the certificate. Safe to be killed at any point."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from ivr.domain.evidence.events.destruction import Certificate, Discarded, Discarding
from ivr.domain.recording.state import RECORDING, UNFINISHED, RecordingEvent, RecordingState
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.ports.vault import RecordingRow
from ivr.services.vault.destruction_evidence import Destruction
from ivr.services.vault.vault_ports import VaultPorts


@dataclass(frozen=True)
class Destroyer:
    """The one order in which recordings are destroyed, one or many; each step may be repeated.

    Intent and key in one transaction, then the bytes, then what is left of the key, then certificate and state in one
    transaction: until they stand, the recording is to be destroyed still. `owner` is the run or the node, `ends` the
    event that ends the state.

    `delete` removes bytes and returns the ids of those that are there still; `ours` says, in the transaction of the
    certificates, whose certificate is for us to write.
    """

    ports: VaultPorts
    owner: str
    ends: RecordingEvent
    reason: str
    delete: Callable[[Sequence[str]], Collection[str]]
    ours: Callable[[Sequence[str]], Collection[str]] = tuple

    def destroy(self, batches: Iterable[Callable[[], Sequence[Destruction]]]) -> list[str]:
        """Each batch says, in the transaction that takes the keys, what must go. Returns what was certified."""
        shredded = [self._shred(choose) for choose in batches]
        gone = [self._delete(doomed) for doomed in shredded]
        # Whether the keys' bytes are gone from the database's files too; if not, recovery and clerk go on trying.
        wiped = not any(gone) or self.ports.catalogue.wipe_destroyed_keys()
        return [one for doomed in gone for one in self._certify(doomed, wiped)]

    def _shred(self, choose: Callable[[], Sequence[Destruction]]) -> Sequence[Destruction]:
        with self.ports.catalogue.together():
            doomed = choose()
            begun = self.ports.audit.first_of(_ids(doomed), Discarding.kind)
            self.ports.audit.append_all([one.intent() for one in doomed if one.recording_id not in begun])
            self.ports.catalogue.destroy_keys(_ids(doomed))
        return doomed

    def _delete(self, doomed: Sequence[Destruction]) -> list[Destruction]:
        left = self.delete(_ids(doomed)) if doomed else ()
        return [one for one in doomed if one.recording_id not in left]

    def _certify(self, doomed: Sequence[Destruction], wiped: bool) -> list[str]:
        audit, catalogue, now = self.ports.audit, self.ports.catalogue, self.ports.clock.now()
        with catalogue.together():
            ours = self.ours(_ids(doomed))
            mine = [one for one in doomed if one.recording_id in ours]
            noted, certified, ended = (
                audit.first_of(_ids(mine), event.kind) for event in (Discarding, Certificate, Discarded)
            )
            moved = catalogue.move_all(_ids(mine), self.ends, reason=self.reason, at=now)
            # What was moved before is certified; what cannot be moved is to be destroyed still.
            others = catalogue.states([one for one in _ids(mine) if one not in moved])
            over = {*moved, *(one for one, state in others.items() if state in RECORDING.final)}
            mine = [one for one in mine if one.recording_id in over]
            certificates = [
                one.certificate(noted.get(one.recording_id), at=now, wiped=wiped, owner=self.owner)
                for one in mine
                if one.recording_id not in certified
            ]
            ends = [one.end() for one in mine if one.recording_id in moved and one.recording_id not in ended]
            audit.append_all(certificates + ends)
        return _ids(mine)


def _ids(doomed: Sequence[Destruction]) -> list[str]:
    return [one.recording_id for one in doomed]


def claim_of(recording_id: str) -> str:
    """What to claim from the catalogue while a recording is recovered, uploaded or destroyed."""
    return f"recording {recording_id}"


def destroy(ports: VaultPorts, recording_id: str, *, rule_id: str, reason: str) -> RecordingState:
    """Destroy one recording and return the state it ends in (DISCARDED, or PURGED when it had been sealed).

    Repeating it is harmless: each step looks whether it was done. Of two at once, the second waits and finds it done.
    Key and file go even when the evidence cannot be read or written; the error is raised afterwards and recovery
    writes what is missing. Raises ComplianceError (RET-002), and destroys nothing, when a legal hold keeps audio that
    had been stored for good; what was never sealed is due at once, and no hold can have named it before (RET-003).
    """
    with ports.catalogue.claim(claim_of(recording_id)):
        return destroy_claimed(ports, recording_id, rule_id=rule_id, reason=reason)


def destroy_claimed(ports: VaultPorts, recording_id: str, *, rule_id: str, reason: str) -> RecordingState:
    """`destroy` for who holds the recording's claim already."""
    row: RecordingRow | None = None

    def choose() -> list[Destruction]:
        assert row is not None
        _refuse_if_held(ports, recording_id, row)
        return [doomed]

    def delete(_: Sequence[str]) -> tuple[()]:
        ports.store.delete(recording_id)
        return ()

    try:
        row = ports.catalogue.get(recording_id)
        doomed = _doomed(ports, row, rule_id, reason[:200])
        discards = RECORDING.allows(row.state, RecordingEvent.DISCARD)
        ends = RecordingEvent.DISCARD if discards else RecordingEvent.PURGE
        Destroyer(ports, ports.node_id, ends, doomed.reason, delete).destroy([choose])
        state = ports.catalogue.get(recording_id).state
        return state if state in RECORDING.final else RECORDING.after(state, ends, where=f"recording {recording_id}")
    except Exception as error:
        if row is None and isinstance(error, ArchiveError):
            # There is no such recording.
            raise
        # Without the intent; a hold still forbids it.
        with ports.catalogue.together():
            # Read again: once the key is gone, a hold that comes now keeps nothing and hides no error.
            _refuse_if_held(ports, recording_id, row and ports.catalogue.get(recording_id))
            ports.catalogue.destroy_keys([recording_id])
        ports.store.delete(recording_id)
        raise


def _doomed(ports: VaultPorts, row: RecordingRow, rule_id: str, reason: str) -> Destruction:
    return Destruction(
        recording_id=row.tag.recording_id,
        call_id=row.tag.call_id,
        rules=(rule_id,) if rule_id else (),
        reason=reason,
        from_state=row.state.value,
        # What was sealed needs no reading again: in a bucket it would be a download.
        sha256=row.sealed.sha256 if row.sealed else ports.store.digest(row.tag.recording_id),
        policy_id=row.tag.policy_id,
        policy_version=row.tag.policy_version,
        due_at=row.deadline,
        purposes=(row.tag.retention,),
    )


def _refuse_if_held(ports: VaultPorts, recording_id: str, row: RecordingRow | None) -> None:
    if row is not None and not (row.has_key and row.sealed is not None and row.state not in UNFINISHED):
        return
    holds = ports.catalogue.holds_on(recording_id)
    if holds:
        cases = ", ".join(sorted(f"'{hold.case}' (hold {hold.id})" for hold in holds))
        raise ComplianceError(
            f"a legal hold forbids its destruction (RET-002): case {cases}",
            rules=("RET-002",),
            where=f"recording {recording_id}",
            remedy="have the hold released first: 'ivr hold release'",
        )
