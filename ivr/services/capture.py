"""Captures one call: what the tape releases goes into an open recording; consent and policy say when.

What must be immediate is synchronous and touches memory only (`start`, `pause`, `cut`, `stop`); what touches the
vault is awaited afterwards, in order, away from the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from ivr.domain.recording import Gap, Mask, RecordingState
from ivr.domain.tape import Silence, StereoFrame, Tape, TapeSettings
from ivr.errors import IvrError
from ivr.services.ports import Desk, LiveFeed, RecordingTag
from ivr.services.vault import OpenRecording, Vault


@dataclass(frozen=True)
class Closing:
    """What is written beside a recording when it is closed."""

    consent: Mapping[str, object]
    masks: Sequence[Mask]
    deadline: datetime | None
    reason: str
    rule_ids: tuple[str, ...] = ()


class Capture:
    """The recording of one call, or its absence."""

    def __init__(
        self,
        *,
        call_id: str,
        vault: Vault,
        desk: Desk,
        feed: LiveFeed,
        tape: TapeSettings,
        new_tag: Callable[[], RecordingTag],
    ) -> None:
        self._call_id = call_id
        self._vault = vault
        self._desk = desk
        self._feed = feed
        self._new_tag = new_tag
        self._tape = Tape(tape)
        self._open: OpenRecording | None = None
        self._state = RecordingState.WITHHELD
        self._unwritten = bytearray()
        self._fault: IvrError | None = None
        self.recording_id: str | None = None
        self.stopped = False

    @property
    def state(self) -> RecordingState:
        return self._state

    @property
    def started(self) -> bool:
        """True once the tape has begun to take frames."""
        return self._tape.start_ms is not None

    @property
    def written_until_ms(self) -> int:
        return self._tape.written_until_ms

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return self._tape.gaps

    # ---- at once, in memory

    def start(self, at_ms: int) -> None:
        """Take frames from `at_ms` on (the disclosure ended there), or again after a pause."""
        if not self.stopped:
            self._tape.start(at_ms)

    def pause(self, cause: str) -> None:
        self._tape.pause(cause)

    def cut(self, at_ms: int) -> None:
        """Nothing from `at_ms` on will ever be stored, and no new frame is taken."""
        self.stopped = True
        self._tape.cut(at_ms)

    def lost(self, start_ms: int, end_ms: int) -> None:
        self._tape.lost(start_ms, end_ms, "overflow")

    def push(self, frames: Iterable[StereoFrame]) -> None:
        for frame in frames:
            self._tape.push(frame)

    def release(self, mark_ms: int, masks: Sequence[Mask], *, final: bool = False) -> None:
        """Write what the cleared mark allows. A store that fails ends the capture, never the call."""
        for item in self._tape.release(mark_ms, masks, final=final):
            self._unwritten.extend(_interleaved(item))
        if self._open is None or self._fault is not None or not self._unwritten:
            return
        try:
            self._open.write(bytes(self._unwritten))
        except IvrError as error:
            self._give_up(error)
        finally:
            self._unwritten.clear()

    # ---- in the vault, in order

    async def open(self) -> None:
        """Create the recording: its row and wrapped key exist before its first byte does."""
        if self._open is not None or self._fault is not None or self.stopped:
            return
        tag = self._new_tag()
        try:
            self._open = await self._desk.run(lambda: self._vault.begin(tag))
        except IvrError as error:
            self._give_up(error)
            return
        self.recording_id = tag.recording_id
        self._moved(RecordingState.CAPTURING)

    async def hold(self, reason: str) -> None:
        recording = self._open
        if recording is not None and self._state is RecordingState.CAPTURING:
            await self._desk.run(lambda: recording.hold(reason))
            self._moved(RecordingState.HELD, reason=reason)

    async def resume(self) -> None:
        recording = self._open
        if recording is not None and self._state is RecordingState.HELD and not self.stopped:
            await self._desk.run(recording.resume)
            self._moved(RecordingState.CAPTURING)

    async def keep(self, closing: Closing) -> None:
        """Seal what was captured; a store that fails leaves a damaged recording whose verified part is kept."""
        self._tape.discard()
        recording = self._open
        if recording is None or self._state in _OVER:
            return
        if self._fault is not None:
            await self._fail(recording, self._fault)
            return
        gaps = [asdict(gap) for gap in self._tape.gaps]
        masks = [asdict(mask) for mask in closing.masks]
        try:
            await self._desk.run(
                lambda: recording.seal(
                    consent=closing.consent,
                    gaps=gaps,
                    masks=masks,
                    deadline=closing.deadline,
                    reason=closing.reason,
                )
            )
        except IvrError as error:
            await self._fail(recording, error)
            return
        self._moved(RecordingState.SEALED, deadline=closing.deadline)

    async def destroy(self, rule_id: str, reason: str) -> None:
        """Destroy the key first, then the file; a certificate without content remains."""
        self.stopped = True
        self._tape.discard()
        self._unwritten.clear()
        recording = self._open
        if recording is None or self._state in _OVER:
            return
        await self._desk.run(lambda: recording.discard(rule_id, reason))
        self._moved(RecordingState.DISCARDED, reason=reason, rule=rule_id)

    def _give_up(self, error: IvrError) -> None:
        self._fault = error
        self.stopped = True
        self._tape.discard()
        self._unwritten.clear()
        self._feed.publish("recording.fault", call_id=self._call_id, what=str(error))

    async def _fail(self, recording: OpenRecording, error: IvrError) -> None:
        state = await self._desk.run(lambda: recording.fail(str(error)))
        self._moved(state, reason=str(error))

    def _moved(self, state: RecordingState, **fields: object) -> None:
        self._state = state
        self._feed.publish(
            "recording.state", call_id=self._call_id, recording_id=self.recording_id, state=state.value, **fields
        )


_OVER = frozenset({RecordingState.SEALED, RecordingState.DISCARDED, RecordingState.DAMAGED, RecordingState.PURGED})


def _interleaved(item: StereoFrame | Silence) -> bytes:
    if isinstance(item, Silence):
        return bytes((item.end_ms - item.start_ms) * _STEREO_BYTES_PER_MS)
    out = bytearray(len(item.left) * 2)
    out[0::4], out[1::4] = item.left[0::2], item.left[1::2]
    out[2::4], out[3::4] = item.right[0::2], item.right[1::2]
    return bytes(out)


_STEREO_BYTES_PER_MS = 8 * 2 * 2
