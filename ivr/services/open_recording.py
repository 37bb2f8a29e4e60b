"""One recording being made: written, held, sealed, destroyed, or saved as far as it can be proven."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from ivr.domain.recording import RecordingEvent, RecordingState
from ivr.errors import HostError
from ivr.services import holdings as said
from ivr.services.destruction import destroy
from ivr.services.recovery import keep_prefix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ivr.services.holdings import Holdings
    from ivr.services.ports import RecordingTag, RecordingWriter, SealedFile

_LONGEST_REASON = 200


class OpenRecording:
    """One recording being made. Not safe for threads: one at a time, in order."""

    def __init__(self, held: Holdings, tag: RecordingTag, writer: RecordingWriter, deadline: datetime | None) -> None:
        self._held = held
        self._writer = writer
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
        self._writer.close()
        self.state = destroy(self._held, self.recording_id, rule_id=rule_id, reason=reason)

    def fail(
        self,
        reason: str,
        *,
        consent: Mapping[str, object] | None = None,
        gaps: Sequence[Mapping[str, object]] | None = None,
        masks: Sequence[Mapping[str, object]] | None = None,
        deadline: datetime | None = None,
    ) -> RecordingState:
        """Keep the verified prefix after the store failed; DAMAGED, or DISCARDED after an objection or when empty.

        When the prefix cannot be kept yet (the disk is still full), the half-written file stays for `recover` and the
        recording is DAMAGED without audio until then. What is not given stays as `seal` had noted it.
        """
        self._writer.close()
        reason = reason[:_LONGEST_REASON]
        row = self._held.catalogue.get(self.recording_id)
        self._settle(
            row.sealed,
            row.consent if consent is None else consent,
            row.gaps if gaps is None else gaps,
            row.masks if masks is None else masks,
            deadline or row.deadline or self._deadline,
        )
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
