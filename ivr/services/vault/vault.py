"""The vault: opens, fills, seals, destroys, shows and hands out recordings. Every act leaves evidence."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from ivr.domain.evidence.events.destruction import DiscardRefused
from ivr.domain.evidence.events.recording import Exported, Started
from ivr.domain.recording.state import KEPT, RecordingState
from ivr.domain.secret_bytes import clear
from ivr.errors import ArchiveError, ComplianceError, IvrError
from ivr.services.vault.data_key import unlocked
from ivr.services.vault.destruction import destroy
from ivr.services.vault.fixity import Checked, Discrepancy, inspect, inspect_all
from ivr.services.vault.open_recording import OpenRecording
from ivr.services.vault.recovery import Recovery, recover
from ivr.services.vault.vault_ports import VaultPorts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ivr.services.ports.evidence import AuditLog
    from ivr.services.ports.keys import KeyRing
    from ivr.services.ports.runtime import Clock
    from ivr.services.ports.vault import Catalogue, RecordingRow, RecordingStore, RecordingTag


__all__ = ["OpenRecording", "Vault"]


class Vault:
    """Use cases over recordings. Blocking: a line calls it through its SerialExecutor.

    Every method is safe to be killed at any point: `recover` then finishes or undoes what was begun.
    """

    def __init__(
        self,
        *,
        keys: KeyRing,
        store: RecordingStore,
        catalogue: Catalogue,
        audit: AuditLog,
        clock: Clock,
        node_id: str,
    ) -> None:
        self._ports = VaultPorts(keys, store, catalogue, audit, clock, node_id)

    def begin(self, tag: RecordingTag, *, deadline: datetime | None = None) -> OpenRecording:
        """Open a recording: its name first, then key and row, then evidence, then the file.

        The name is locked before the row exists, so that a recovery of this node at this moment sees it is being
        written. `deadline` is the latest day it may be kept as far as is known now; an event may move it. Raises
        ArchiveError or HostError; then nothing is left that could be read.
        """
        ports = self._ports
        reserved = ports.store.reserve(tag.recording_id)
        try:
            data_key, wrapped = ports.keys.new_data_key(tag.recording_id)
            kek_id = ports.keys.kek_of(wrapped)
            ports.catalogue.add(tag, wrapped, kek_id, deadline=deadline)
        except IvrError:
            with suppress(IvrError):
                reserved.abort()
            raise
        try:
            started = Started(
                program=tag.program,
                purposes=tuple(tag.activities),
                policy_id=tag.policy_id,
                policy_version=tag.policy_version,
                rule_ids=tuple(tag.rule_ids),
                retention=tag.retention,
                codec=tag.codec,
                kek_id=kek_id,
            )
            ports.audit.append(started, call_id=tag.call_id, recording_id=tag.recording_id)
            writer = reserved.open(data_key, codec=tag.codec, rate_hz=tag.rate_hz, channels=len(tag.channels))
        except IvrError:
            # What could not be opened must not stay behind as if it were being captured.
            with suppress(IvrError):
                reserved.abort()
            with suppress(IvrError):
                destroy(ports, tag.recording_id, rule_id="", reason="could not be opened")
            raise
        finally:
            clear(data_key)
        return OpenRecording(ports, tag, writer, deadline)

    def recover(self) -> list[Recovery]:
        """Finish or undo what a crash of this node left behind; see `ivr.services.vault.recovery`."""
        return recover(self._ports)

    def verify(self, recording_ids: Sequence[str] | None = None) -> list[Discrepancy]:
        """Read every byte of the named recordings, or of all; empty when all is as it was sealed."""
        return inspect(self._ports, recording_ids)

    def verify_all(
        self, *, after: str = "", bytes_per_s: float = 0.0, pause: Callable[[float], None] | None = None
    ) -> Iterator[Checked]:
        """Like `verify` of all, item by item, resumable and no faster than asked; see `fixity.inspect_all`."""
        return inspect_all(self._ports, after=after, bytes_per_s=bytes_per_s, pause=pause)

    @property
    def ports(self) -> VaultPorts:
        """The ports, for services beside the vault (uploads)."""
        return self._ports

    def show(self, recording_id: str) -> RecordingRow:
        return self._ports.catalogue.get(recording_id)

    def copy(
        self,
        recording_id: str,
        form: str,
        *,
        reason: str,
        actor: str,
        more: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
        treat: Callable[[bytes], bytes] | None = None,
    ) -> tuple[RecordingRow, bytes]:
        """Return row and playable bytes (`form` "wav" or "opus"), after noting the access; `more` is noted with it.
        `metadata` is written into the copy (`RecordingStore.copy`).

        `treat` is what is done to the copy before it is noted and handed over, such as silencing a lane.

        Raises ArchiveError when there is no audio to hear, it was changed, its key is gone, or no reason is given. The
        caller has asked the gate (`ivr.services.export.exporter`). The bytes are in the clear: they are the caller's to
        guard.
        """
        row = self._readable(recording_id, reason=reason, actor=actor)
        with unlocked(self._ports, recording_id) as data_key:
            self._verified(row, data_key)
            copy = self._ports.store.copy(recording_id, data_key, form, metadata)
        copy = treat(copy) if treat else copy
        sha256 = hashlib.sha256(copy).hexdigest()
        original = row.sealed.sha256 if row.sealed else None
        exported = Exported(
            actor=actor, reason=reason, form=form, copy_sha256=sha256, original_sha256=original, **(more or {})
        )
        self._ports.audit.append(exported, call_id=row.tag.call_id, recording_id=recording_id)
        return row, copy

    def delete_bytes(self, recording_id: str) -> None:
        """Delete the bytes of what is to be destroyed without the database, which may be away; its key is yet to go."""
        self._ports.store.delete(recording_id)

    def discard_stored(self, recording_id: str, *, rule_id: str, reason: str) -> RecordingState:
        """Destroy a recording that is no longer being written. Repeating it is harmless.

        Raises ComplianceError, and notes that it was asked, when a legal hold keeps it (RET-002).
        """
        if self._ports.store.busy(recording_id):
            raise ArchiveError(
                "the recording is still being written",
                where=f"recording {recording_id}",
                remedy="end the call first, or object in the call",
            )
        try:
            return destroy(self._ports, recording_id, rule_id=rule_id, reason=reason)
        except ComplianceError as refusal:
            if "RET-002" not in refusal.rules:
                raise
            refused = DiscardRefused(
                rules=tuple(refusal.rules), asked_rule_id=rule_id, reason=reason[:200], why=refusal.what[:200]
            )
            row = self._ports.catalogue.get(recording_id)
            self._ports.audit.append(refused, call_id=row.tag.call_id, recording_id=recording_id)
            raise

    def _readable(self, recording_id: str, *, reason: str, actor: str) -> RecordingRow:
        row = self._ports.catalogue.get(recording_id)
        where = f"recording {recording_id}"
        if not reason.strip() or not actor.strip():
            raise ArchiveError(
                "an access needs an actor and a reason", where=where, remedy="say who listens and why (--reason)"
            )
        if row.state not in KEPT or row.sealed is None:
            raise ArchiveError(
                f"a recording in state {row.state.value} cannot be listened to",
                where=where,
                remedy="only SEALED and DAMAGED recordings hold audio",
            )
        return row

    def _verified(self, row: RecordingRow, data_key: bytearray) -> None:
        if row.sealed is not None:
            self._ports.store.verify(row.tag.recording_id, data_key, row.sealed)
