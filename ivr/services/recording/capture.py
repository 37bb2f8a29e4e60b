"""Captures one call: what the release buffer releases goes into an open recording; consent and policy say when.

What must be immediate is synchronous and touches memory only (`follow`, `objected`, `stop`); what touches the vault is
awaited afterwards, in order, away from the event loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple, TypedDict

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.frame import BYTES_PER_MS
from ivr.domain.audio.spans import Gap, GapCause, Mask
from ivr.domain.consent.policy import Decision, ObjectionOutcome, Permission
from ivr.domain.recording.capture_state import CAPTURE, DOOMED, WRITABLE, CaptureEvent, CaptureState
from ivr.domain.recording.release_buffer import Cleared, ReleaseBuffer, ReleaseSettings, Silence, StereoFrame
from ivr.domain.recording.state import RECORDING, REPORTABLE, RecordingState
from ivr.domain.redaction.redactor import REDACTOR
from ivr.errors import IvrError
from ivr.services.ports.runtime import LiveFeed, SerialExecutor
from ivr.services.ports.vault import RecordingTag
from ivr.services.recording.dtmf_watch import DtmfWatch
from ivr.services.vault.vault import OpenRecording, Vault

#: Why a capture was cut: what follows an objection is nobody's business, not even as a gap.
OBJECTION = "objection"


#: What remains to be done in the vault, after all that was asked for before it: its name, and the write.
VaultStep = tuple[str, Callable[[], Awaitable[object]]]


class Doom(NamedTuple):
    """Why a recording may only be destroyed."""

    rule_id: str
    reason: str


@dataclass(frozen=True)
class Closing:
    """What is written beside a recording when it is closed; `until_ms` is how far the call's media had come."""

    consent: Mapping[str, object]
    masks: Sequence[Mask]
    reason: str
    until_ms: int


class Capture:
    """The recording of one call, or its absence."""

    def __init__(
        self,
        *,
        call_id: str,
        vault: Vault,
        executor: SerialExecutor,
        feed: LiveFeed,
        release: ReleaseSettings,
        cleared: Callable[[], Cleared],
        dtmf: DtmfWatch,
        new_tag: Callable[[], RecordingTag],
        deadline: datetime | None = None,
    ) -> None:
        self._call_id = call_id
        self._vault = vault
        self._executor = executor
        self._feed = feed
        self._new_tag = new_tag
        self._read_cleared = cleared
        self._buffer = ReleaseBuffer(release, self._cleared)
        self._dtmf = dtmf
        self._open: OpenRecording | None = None
        self._deadline = deadline
        self._capture_state = CaptureState.FOLLOWING
        #: Why frames were cut off first, and what failed last; "" when nothing did.
        self._cause = self._fault = ""
        #: Why it was doomed first; None while it is not.
        self._doom: Doom | None = None

    @property
    def stopped(self) -> bool:
        """True when no new frame is taken any more."""
        return self._capture_state is not CaptureState.FOLLOWING

    @property
    def doomed(self) -> bool:
        """True when nothing of it may be kept."""
        return self._capture_state in DOOMED

    @property
    def recording_id(self) -> str:
        """Empty until the recording exists."""
        return "" if self._open is None else self._open.recording_id

    @property
    def state(self) -> RecordingState:
        return RecordingState.WITHHELD if self._open is None else self._open.state

    @property
    def reportable(self) -> bool:
        """True when nothing remains to be done before its call is reported."""
        return self.state in REPORTABLE

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What was not stored, in order of time; gaps of one cause that touch are one."""
        merged: list[Gap] = []
        for gap in sorted(self._buffer.gaps, key=lambda gap: (gap.cause, gap.start_ms)):
            last = merged[-1] if merged else None
            if last is not None and last.cause == gap.cause and gap.start_ms <= last.end_ms:
                merged[-1] = Gap(last.start_ms, max(last.end_ms, gap.end_ms), gap.cause)
            else:
                merged.append(gap)
        return tuple(sorted(merged, key=lambda gap: (gap.start_ms, gap.end_ms)))

    # ---- at once, in memory

    def follow(self, decision: Decision, from_ms: int) -> VaultStep | None:
        """Do at once what policy has decided, and return what remains to be done in the vault.

        When it allows, frames are taken from `from_ms` on (the disclosure ended there), or again after a pause.
        """
        if self.stopped:
            return None
        if decision.allowed:
            self._buffer.start(from_ms)
            return "resume recording", self._resume
        if decision.permission is Permission.PAUSE:
            self._buffer.pause(decision.cause)
            return "pause recording", lambda: self._pause(decision.cause)
        if self._buffer.start_ms is not None:
            self.stop(decision.cause)
        return None

    def objected(self, outcome: ObjectionOutcome, onset_ms: int) -> Doom | None:
        """Nothing from the onset of an objection on will ever be stored; where it destroys, nothing at all.

        Returns why what was captured may only be destroyed, or None when it may be kept.
        """
        self._cut(onset_ms, OBJECTION)
        return self.must_vanish(outcome.rule, OBJECTION) if outcome.discard_captured else self._doom

    def stop(self, cause: str) -> None:
        """Nothing will ever be stored of what is not cleared by now."""
        self._cut(self._read_cleared().until_ms, cause)

    def fail(self, error: Exception) -> None:
        """Nothing more is stored; what was written is DAMAGED, if it can be proven at all."""
        if not self._fault and self.state not in _OVER:
            self._give_up(error)

    def must_vanish(self, rule_id: str, reason: str) -> Doom:
        """What was captured may not be kept: nothing more is written, and `keep` destroys. The first why counts."""
        self._move(CaptureEvent.DOOM)
        self._doom = self._doom or Doom(rule_id, reason)
        self._buffer.discard()
        return self._doom

    def lost(self, start_ms: int, end_ms: int) -> None:
        """The queue of the line overflowed; of what was to be stored nothing more is missing once it has ended."""
        until_ms = self._buffer.cut_ms if self.stopped else end_ms
        if until_ms is not None and start_ms < min(end_ms, until_ms):
            self._buffer.lost(start_ms, min(end_ms, until_ms), GapCause.OVERFLOW)

    def drop(self, start_ms: int, end_ms: int | None, cause: str) -> None:
        """Forget what is in memory of [start, end), or all from `start_ms` on: it will never be stored."""
        if end_ms is None:
            self._buffer.drop_waiting(start_ms, cause)
        else:
            self._buffer.drop_span(start_ms, end_ms, cause)

    def dtmf_pressed(self, channel: Channel, at_ms: int) -> None:
        """The line reported a key at `at_ms`: what is heard of it is written as silence."""
        self._dtmf.pressed(channel, at_ms)

    def push(self, frames: Iterable[StereoFrame]) -> None:
        """Take consecutive frames; DTMF in them is known before any of them can be released."""
        if self.stopped:
            self._dtmf.finish()
            return
        taken = list(frames)
        self._dtmf.push(taken)
        for frame in taken:
            self._buffer.push(frame)

    def write(self) -> None:
        """Write what the release buffer releases. A store that fails ends the capture, never the call.

        Until the recording is open the frames stay in the release buffer, which is bounded.
        """
        if self._open is None or self._capture_state not in WRITABLE:
            return
        pcm = b"".join(_interleaved(item) for item in self._buffer.release())
        if not pcm:
            return
        try:
            self._open.write(pcm)
        except Exception as error:
            self._give_up(error)

    # ---- in the vault, in order

    async def _open_once(self) -> None:
        """Create the recording: its row and wrapped key exist before its first byte does."""
        if self._open is not None or self.stopped:
            return
        tag = self._new_tag()
        try:
            self._open = await self._executor.run(lambda: self._vault.begin(tag, deadline=self._deadline))
        except Exception as error:
            self._give_up(error)
            return
        self._publish_state()

    async def _pause(self, reason: str) -> None:
        recording = self._open
        if recording is not None and recording.state is RecordingState.CAPTURING:
            await self._executor.run(lambda: recording.pause(reason))
            self._publish_state(reason=reason)

    async def _resume(self) -> None:
        await self._open_once()
        recording = self._open
        if recording is not None and recording.state is RecordingState.PAUSED and not self.stopped:
            await self._executor.run(recording.resume)
            self._publish_state()

    async def keep(self, closing: Closing) -> None:
        """Seal what was captured; a store that fails leaves a damaged recording whose verified part is kept.

        What is still in memory has not been cleared: it is forgotten, and the gap says why.
        """
        if self.doomed:
            await self.destroy()
            return
        self._move(CaptureEvent.END)
        self.write()
        self._end_buffer(closing.until_ms)
        recording = self._open
        if recording is None or recording.state in _OVER:
            return
        if self._capture_state in WRITABLE:
            try:
                await self._executor.run(lambda: recording.seal(reason=closing.reason, **self._beside(closing)))
            except Exception as error:
                self._give_up(error)
            else:
                self._publish_state(deadline=recording.deadline)
                return
        await self._executor.run(lambda: recording.fail(self._fault, **self._beside(closing)))
        self._publish_state(reason=self._fault)

    async def destroy(self) -> None:
        """Destroy what `must_vanish`: the key first, then the file; a certificate without content remains.

        One that was sealed or damaged before is destroyed too. Raises ComplianceError when a hold forbids it.
        """
        recording = self._open
        if self._doom is None or recording is None or recording.state in RECORDING.final:
            return
        rule_id, reason = self._doom
        await self._executor.run(lambda: recording.discard(rule_id, reason))
        self._publish_state(reason=reason, rule=rule_id)

    async def wipe(self) -> None:
        """Delete the bytes of what must vanish without asking the database, which is away; never raises.

        The key, the certificate and the state are `destroy`'s, once it succeeds; recovery finds nothing to keep.
        """
        recording_id = self.recording_id
        if self._capture_state is not CaptureState.DOOMED or not recording_id or self.state in _OVER:
            return
        try:
            await self._executor.run(lambda: self._vault.delete_bytes(recording_id))
        except Exception as error:
            self._give_up(error)
            return
        self._move(CaptureEvent.WIPE)
        self._feed.publish("recording.wiped", call_id=self._call_id, recording_id=recording_id)

    def _cleared(self) -> Cleared:
        """What was heard to be harmless, with DTMF as silence and nothing from where a tone may begin."""
        cleared = self._read_cleared()
        if cleared.final:
            self._dtmf.finish()
        return Cleared(self._dtmf.clear_until(cleared.until_ms), (*cleared.masks, *self._dtmf.masks), cleared.final)

    def _cut(self, at_ms: int, cause: str) -> None:
        """No new frame is taken, and none from `at_ms` on is kept; the first cause is the one noted."""
        self._move(CaptureEvent.END)
        self._cause = self._cause or cause
        self._buffer.cut(at_ms)

    def _end_buffer(self, until_ms: int) -> None:
        self._buffer.drop_waiting(0, self._cause or GapCause.UNHEARD)
        if self._buffer.cut_ms is not None and self._cause != OBJECTION:
            self._buffer.lost(self._buffer.cut_ms, until_ms, self._cause)
        self._buffer.discard()

    def _beside(self, closing: Closing) -> _Beside:
        return {
            "consent": closing.consent,
            "gaps": [asdict(gap) for gap in self.gaps],
            "masks": [asdict(mask) for mask in (*closing.masks, *self._dtmf.masks)],
        }

    def _give_up(self, error: Exception) -> None:
        self._move(CaptureEvent.FAIL)
        self._buffer.discard()
        self._fault = _without_content(error)
        self._feed.publish("recording.fault", call_id=self._call_id, what=self._fault)

    def _move(self, event: CaptureEvent) -> None:
        self._capture_state = CAPTURE.after(self._capture_state, event)

    def _publish_state(self, **fields: object) -> None:
        fields["state"] = self.state.value
        self._feed.publish("recording.state", call_id=self._call_id, recording_id=self.recording_id, **fields)


class _Beside(TypedDict):
    consent: Mapping[str, object]
    gaps: list[dict[str, object]]
    masks: list[dict[str, object]]


_OVER = REPORTABLE - {RecordingState.WITHHELD}


def _without_content(error: Exception) -> str:
    # The text of a foreign exception may hold anything; its kind does not.
    return REDACTOR.text(str(error)) if isinstance(error, IvrError) else type(error).__name__


def _interleaved(item: StereoFrame | Silence) -> bytes:
    if isinstance(item, Silence):
        return bytes((item.end_ms - item.start_ms) * _STEREO_BYTES_PER_MS)
    out = bytearray(len(item.left) * 2)
    out[0::4], out[1::4] = item.left[0::2], item.left[1::2]
    out[2::4], out[3::4] = item.right[0::2], item.right[1::2]
    return bytes(out)


_STEREO_BYTES_PER_MS = 2 * BYTES_PER_MS
