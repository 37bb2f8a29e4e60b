"""The vault: opens, fills, seals, destroys, shows and hands out recordings. Every act leaves evidence."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from ivr.domain.recording import RecordingEvent, RecordingState
from ivr.errors import ArchiveError, HostError, IvrError
from ivr.services import holdings as said
from ivr.services.destruction import destroy
from ivr.services.holdings import Holdings
from ivr.services.inspection import Finding, inspect
from ivr.services.recovery import Recovery, keep_prefix, recover

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ivr.services.ports import (
        AuditLog,
        Catalogue,
        Clock,
        KeyRing,
        RecordingRow,
        RecordingStore,
        RecordingTag,
        RecordingWriter,
        SealedFile,
    )


_LONGEST_REASON = 200


class Vault:
    """Use cases over recordings. Blocking: a line calls it through its Desk.

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
        self._held = Holdings(keys, store, catalogue, audit, clock, node_id)

    def begin(self, tag: RecordingTag, *, deadline: datetime | None = None) -> OpenRecording:
        """Open a recording: key and row first, then evidence, then the file.

        `deadline` is the latest day it may be kept as far as is known now; `seal` replaces it. Raises ArchiveError or
        HostError; then nothing is left that could be read.
        """
        held = self._held
        data_key, wrapped = held.keys.new_data_key(tag.recording_id)
        held.catalogue.add(tag, wrapped, held.keys.kek_id, deadline=deadline)
        try:
            held.audit.append(
                said.STARTED,
                call_id=tag.call_id,
                recording_id=tag.recording_id,
                body={
                    "program": tag.program,
                    "purposes": list(tag.purposes),
                    "policy_id": tag.policy_id,
                    "policy_version": tag.policy_version,
                    "rule_ids": list(tag.rule_ids),
                    "retention": tag.retention,
                    "codec": tag.codec,
                    "kek_id": held.keys.kek_id,
                },
            )
            writer = held.store.open(
                tag.recording_id, data_key, codec=tag.codec, rate_hz=tag.rate_hz, channels=len(tag.channels)
            )
        except IvrError:
            # What could not be opened must not stay behind as if it were being captured.
            with suppress(IvrError):
                destroy(held, tag.recording_id, rule_id="", reason="could not be opened")
            raise
        return OpenRecording(held, tag, writer, data_key, deadline)

    def recover(self) -> list[Recovery]:
        """Finish or undo what a crash of this node left behind; see `ivr.services.recovery`."""
        return recover(self._held)

    def verify(self, recording_ids: Sequence[str] | None = None) -> list[Finding]:
        """Read every byte of the named recordings, or of all; empty when all is as it was sealed."""
        return inspect(self._held, recording_ids)

    def show(self, recording_id: str) -> RecordingRow:
        return self._held.catalogue.get(recording_id)

    def listing(
        self, *, call_id: str | None = None, states: Sequence[RecordingState] = (), limit: int = 1000
    ) -> list[RecordingRow]:
        """Newest first."""
        return self._held.catalogue.find(call_id=call_id, states=states, limit=limit)

    def pcm(self, recording_id: str, *, reason: str, actor: str) -> tuple[bytes, int, int]:
        """Return (interleaved PCM16, rate in Hz, channels) and note the access before anything is handed out.

        Raises ArchiveError when the recording is not SEALED or DAMAGED, was changed, or its key is gone.
        """
        held = self._held
        row = held.catalogue.get(recording_id)
        if row.state not in (RecordingState.SEALED, RecordingState.DAMAGED) or row.sealed is None:
            raise ArchiveError(
                f"a recording in state {row.state.value} cannot be listened to",
                where=f"recording {recording_id}",
                remedy="only SEALED and DAMAGED recordings hold audio",
            )
        if not reason.strip() or not actor.strip():
            raise ArchiveError(
                "an access needs an actor and a reason",
                where=f"recording {recording_id}",
                remedy="say who listens and why (--reason)",
            )
        data_key = held.keys.unwrap(recording_id, held.catalogue.wrapped_key(recording_id))
        held.store.verify(recording_id, data_key, row.sealed)
        pcm, rate_hz, channels = held.store.decode(recording_id, data_key)
        held.audit.append(
            said.EXPORTED,
            call_id=row.tag.call_id,
            recording_id=recording_id,
            body={
                "actor": actor,
                "reason": reason,
                "sha256": row.sealed.sha256,
                "copy_sha256": hashlib.sha256(pcm).hexdigest(),
            },
        )
        return pcm, rate_hz, channels

    def discard_stored(self, recording_id: str, *, rule_id: str, reason: str) -> RecordingState:
        """Destroy a recording that is no longer being written. Repeating it is harmless."""
        if self._held.store.busy(recording_id):
            raise ArchiveError(
                "the recording is still being written",
                where=f"recording {recording_id}",
                remedy="end the call first, or object in the call",
            )
        return destroy(self._held, recording_id, rule_id=rule_id, reason=reason)


class OpenRecording:
    """One recording being made. Not safe for threads: one at a time, in order."""

    def __init__(
        self, held: Holdings, tag: RecordingTag, writer: RecordingWriter, data_key: bytes, deadline: datetime | None
    ) -> None:
        self._held = held
        self._writer = writer
        self._data_key = data_key
        self._deadline = deadline
        self.tag = tag
        self.state = RecordingState.CAPTURING

    @property
    def recording_id(self) -> str:
        return self.tag.recording_id

    def __repr__(self) -> str:
        return f"OpenRecording({self.recording_id!r}, {self.state.value})"

    def write(self, pcm: bytes) -> None:
        """Append interleaved PCM16. Raises ArchiveError or HostError: call `fail` then."""
        self._writer.write(pcm)

    def hold(self, reason: str) -> None:
        """Note that capture pauses (doubt). What may be written is for the cleared mark to say, not for this."""
        self._move(RecordingEvent.HOLD, reason)
        self._say(said.HELD, {"reason": reason})

    def resume(self, reason: str = "") -> None:
        self._move(RecordingEvent.RESUME, reason)
        self._say(said.RESUMED, {"reason": reason})

    def seal(
        self,
        *,
        consent: Mapping[str, object],
        gaps: Sequence[Mapping[str, object]] = (),
        masks: Sequence[Mapping[str, object]] = (),
        deadline: datetime | None = None,
        reason: str = "",
    ) -> SealedFile:
        """Make the recording whole and return what it is. Raises ArchiveError or HostError: call `fail` then.

        `gaps` and `masks` are `Gap` and `Mask` as mappings (times in milliseconds of the call's media).
        """
        deadline = deadline or self._deadline
        self._settle(None, consent, gaps, masks, deadline)
        self._move(RecordingEvent.CLOSE, reason)
        sealed = self._writer.seal()
        self._settle(sealed, consent, gaps, masks, deadline)
        self._move(RecordingEvent.SEAL, reason)
        self._data_key = b""
        self._say(
            said.SEALED,
            {
                **asdict(sealed),
                "deadline": deadline.isoformat() if deadline else None,
                "gaps": len(gaps),
                "masks": len(masks),
                "reason": reason,
            },
        )
        return sealed

    def discard(self, rule_id: str, reason: str) -> None:
        """Destroy key, file and all, and leave a certificate. Repeating it is harmless."""
        self._data_key = b""
        self._writer.close()
        self.state = destroy(self._held, self.recording_id, rule_id=rule_id, reason=reason)

    def fail(
        self,
        reason: str,
        *,
        consent: Mapping[str, object] | None = None,
        gaps: Sequence[Mapping[str, object]] = (),
        masks: Sequence[Mapping[str, object]] = (),
        deadline: datetime | None = None,
    ) -> RecordingState:
        """Keep the verified prefix after the store failed; DAMAGED, or DISCARDED after an objection or when empty.

        When the prefix cannot be kept yet (the disk is still full), the half-written file stays for `recover` and the
        recording is DAMAGED without audio until then.
        """
        self._data_key = b""
        self._writer.close()
        reason = reason[:_LONGEST_REASON]
        row = self._held.catalogue.get(self.recording_id)
        self._settle(row.sealed, consent or {}, gaps, masks, deadline or self._deadline)
        try:
            done = keep_prefix(self._held, self.recording_id, how=reason, cause="store")
        except HostError as full:
            self._move(RecordingEvent.FAIL, reason)
            self._say(said.DAMAGED, {"reason": reason, "kept_for_recovery": True, "error": str(full.what)[:200]})
            return self.state
        self.state = done.state or self.state
        return self.state

    def _move(self, event: RecordingEvent, reason: str) -> None:
        self.state = self._held.catalogue.move(self.recording_id, event.value, reason=reason, at=self._held.clock.now())

    def _settle(
        self,
        sealed: SealedFile | None,
        consent: Mapping[str, object],
        gaps: Sequence[Mapping[str, object]],
        masks: Sequence[Mapping[str, object]],
        deadline: datetime | None,
    ) -> None:
        self._held.catalogue.settle(
            self.recording_id,
            sealed=sealed,
            deadline=deadline,
            closed_at=self._held.clock.now(),
            consent=consent,
            gaps=gaps,
            masks=masks,
        )

    def _say(self, kind: str, body: Mapping[str, object]) -> None:
        self._held.audit.append(kind, call_id=self.tag.call_id, recording_id=self.recording_id, body=body)
