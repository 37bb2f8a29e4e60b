"""One recording being made: written, paused, sealed, destroyed, or saved as far as it can be proven."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from ivr.domain.evidence.events.recording import Damaged, Paused, Resumed, Sealed
from ivr.domain.recording.state import RECORDING, UNFINISHED, RecordingEvent, RecordingState
from ivr.errors import ComplianceError, HostError, IvrError
from ivr.services.vault.destruction import destroy
from ivr.services.vault.recovery import keep_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ivr.domain.evidence.events.base import Event
    from ivr.services.ports.vault import RecordingTag, RecordingWriter, SealedFile
    from ivr.services.vault.vault_ports import VaultPorts

_LONGEST_REASON = 200


class OpenRecording:
    """One recording being made. Not safe for threads: one at a time, in order."""

    def __init__(
        self, ports: VaultPorts, tag: RecordingTag, writer: RecordingWriter, deadline: datetime | None
    ) -> None:
        self._ports = ports
        self._writer = writer
        #: As known at the beginning; once it is sealed, as the evidence says it.
        self.deadline = deadline
        self._sealed: SealedFile | None = None
        self.tag = tag
        self._state = RECORDING.after(RecordingState.WITHHELD, RecordingEvent.START)

    @property
    def state(self) -> RecordingState:
        """What the row said last, CAPTURING to begin with. Every act asks the row; this serves while it is away."""
        return self._state

    @property
    def recording_id(self) -> str:
        return self.tag.recording_id

    def __repr__(self) -> str:
        return f"OpenRecording({self.recording_id!r}, {self.state.value})"

    def write(self, pcm: bytes) -> None:
        """Append interleaved PCM16. Raises ArchiveError or HostError: call `fail` then."""
        self._writer.write(pcm)

    def pause(self, reason: str) -> None:
        """Note that capture pauses (doubt). What may be written is for the cleared mark to say, not for this."""
        with self._moving(RecordingEvent.PAUSE, reason, lambda: Paused(reason)):
            pass

    def resume(self, reason: str = "") -> None:
        with self._moving(RecordingEvent.RESUME, reason, lambda: Resumed(reason)):
            pass

    def seal(
        self,
        *,
        consent: Mapping[str, object],
        gaps: Sequence[Mapping[str, object]] = (),
        masks: Sequence[Mapping[str, object]] = (),
        reason: str = "",
    ) -> SealedFile:
        """Make the recording whole and return what it is. Raises ArchiveError or HostError: try again, or call `fail`.
        Repeating it is harmless.

        `gaps` and `masks` are `Gap` and `Mask` as mappings (times in milliseconds of the call's media).
        """
        if self._sealed is not None and self.state is RecordingState.SEALED:
            return self._sealed
        if self._sealed is None:
            if self.state is not RecordingState.SEALING:
                with self._moving(RecordingEvent.CLOSE, reason):
                    self._describe(None, consent, gaps, masks, self.deadline)
            self._sealed = self._writer.seal()
        sealed = self._sealed

        def evidence() -> Sealed:
            # An event of the business during the call may have fixed another deadline.
            self.deadline = self._ports.catalogue.get(self.recording_id).deadline
            return Sealed(**asdict(sealed), gaps=len(gaps), masks=len(masks), reason=reason, deadline=self.deadline)

        with self._moving(RecordingEvent.SEAL, reason, evidence):
            self._describe(sealed, consent, gaps, masks, self.deadline)
        return sealed

    def discard(self, rule_id: str, reason: str) -> None:
        """Destroy key, file and all, and leave a certificate. Repeating it is harmless."""
        self._writer.close()
        try:
            self._state = destroy(self._ports, self.recording_id, rule_id=rule_id, reason=reason)
        except ComplianceError:
            raise
        except Exception:
            if self.state in UNFINISHED:
                # With the database away the key stays for now: then at least no byte is left that it could open.
                with suppress(IvrError):
                    self._ports.store.delete(self.recording_id)
            raise

    def fail(
        self,
        reason: str,
        *,
        consent: Mapping[str, object] | None = None,
        gaps: Sequence[Mapping[str, object]] | None = None,
        masks: Sequence[Mapping[str, object]] | None = None,
    ) -> RecordingState:
        """Keep the verified prefix after the store failed; DAMAGED, or DISCARDED after an objection or when empty.

        When the prefix cannot be kept yet (the disk is still full), the half-written file stays for `recover` and the
        recording is DAMAGED without audio until then. What is not given stays as `seal` had noted it.
        """
        self._writer.close()
        reason = reason[:_LONGEST_REASON]
        row = self._ports.catalogue.get(self.recording_id)
        self._describe(
            row.sealed,
            row.consent if consent is None else consent,
            row.gaps if gaps is None else gaps,
            row.masks if masks is None else masks,
            row.deadline or self.deadline,
        )
        try:
            done = keep_prefix(self._ports, self.recording_id, how=reason, cause="store")
        except HostError as full:
            damaged = Damaged(reason=reason, kept_for_recovery=True, error=str(full.what)[:200])
            with self._moving(RecordingEvent.FAIL, reason, lambda: damaged):
                pass
        else:
            self._state = done.state or self.state
        return self.state

    @contextmanager
    def _moving(
        self, event: RecordingEvent, reason: str, evidence: Callable[[], Event] | None = None
    ) -> Iterator[None]:
        """Do what the block does, move the row and append the evidence, all or nothing.

        When the row stands where this event leads from the state last known, a first try whose answer was lost did it:
        it is not done again. Raises TransitionError for an event that the table does not have.
        """
        ports, recording_id = self._ports, self.recording_id
        with ports.catalogue.together():
            yield
            now = ports.catalogue.get(recording_id).state
            known = self._state
            done = now is not known and RECORDING.allows(known, event) and RECORDING.after(known, event) is now
            if not done:
                now = ports.catalogue.move(recording_id, event, reason=reason, at=ports.clock.now())
                if evidence is not None:
                    ports.audit.append(evidence(), call_id=self.tag.call_id, recording_id=recording_id)
        self._state = now

    def _describe(
        self,
        sealed: SealedFile | None,
        consent: Mapping[str, object],
        gaps: Sequence[Mapping[str, object]],
        masks: Sequence[Mapping[str, object]],
        deadline: datetime | None,
    ) -> None:
        self._ports.catalogue.describe(
            self.recording_id,
            sealed=sealed,
            deadline=deadline,
            closed_at=self._ports.clock.now(),
            consent=consent,
            gaps=gaps,
            masks=masks,
        )
