"""The release buffer holds frames in memory and releases them to storage only behind the cleared mark.

Nothing is ever taken before `start` (promise 2), nothing is released past the mark (promise 1) nor from a cut
on (promise 3), and masked spans come out as silence (promise 4). What is dropped is noted as a gap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ivr.domain.audio.frame import FRAME_MS
from ivr.domain.audio.spans import Gap, GapCause, Mask

#: At most so much silence comes out of one `release`: a long hold must not keep the caller's loop busy at its end.
SLICE_MS = 1000


@dataclass(frozen=True)
class StereoFrame:
    """20 ms of both sides: `left` is the caller, `right` everything the caller hears; PCM16 mono each."""

    at_ms: int
    left: bytes
    right: bytes


@dataclass(frozen=True)
class Silence:
    """A stretch to be written as silence on both sides so that offsets in the file stay true."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Cleared:
    """What is known to be harmless: everything up to `until_ms`, once `masks` are silent.

    `final`: no later verdict can reach back any more.
    """

    until_ms: int
    masks: tuple[Mask, ...] = ()
    final: bool = False


@dataclass(frozen=True)
class ReleaseSettings:
    """Milliseconds. Frames wait at most `max_hold_ms` for a verdict; `lookback_ms` is how far behind the mark
    the release stays, since an objection or forbidden data reaches back by a short pre-roll."""

    max_hold_ms: int = 45_000
    lookback_ms: int = 3000


class ReleaseBuffer:
    """One per call. `push` takes frames in order; `release` returns what may be written by what `cleared` says."""

    def __init__(self, settings: ReleaseSettings, cleared: Callable[[], Cleared]) -> None:
        self._settings = settings
        self._cleared = cleared
        self._waiting: deque[StereoFrame] = deque()
        self._gaps: list[Gap] = []
        self._pause_cause: str | None = None
        self._resume_ms: int | None = None
        self._running = False
        self._next_ms = 0
        self._seen_ms = 0
        self.start_ms: int | None = None
        self.cut_ms: int | None = None

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return tuple(self._gaps)

    @property
    def waiting_ms(self) -> int:
        return len(self._waiting) * FRAME_MS

    def start(self, at_ms: int) -> None:
        """Begin to take frames from `at_ms` on, where the disclosure was heard to its end, or again after a pause."""
        if self.start_ms is None:
            self.start_ms = at_ms
            self._next_ms = at_ms
        self._running = True
        self._resume_ms = at_ms

    def pause(self, cause: str) -> None:
        """Stop taking frames until `start`; the time that passes becomes a gap with this cause."""
        self._pause_cause = self._pause_cause or cause
        self._resume_ms = None

    def push(self, frame: StereoFrame) -> None:
        """Take one frame, or drop it when the release buffer is not running, paused, cut, or before the start."""
        if not self._running or self.start_ms is None or frame.at_ms < self.start_ms:
            return
        if self.cut_ms is not None and frame.at_ms + FRAME_MS > self.cut_ms:
            return
        self._seen_ms = frame.at_ms + FRAME_MS
        if self._resume_ms is not None and frame.at_ms >= self._resume_ms:
            self._pause_cause = None
        if self._pause_cause is not None:
            self._note_gap(frame.at_ms, frame.at_ms + FRAME_MS, self._pause_cause)
            return
        self._waiting.append(frame)
        while self.waiting_ms > self._settings.max_hold_ms:
            old = self._waiting.popleft()
            self._note_gap(old.at_ms, old.at_ms + FRAME_MS, GapCause.UNHEARD)

    def lost(self, start_ms: int, end_ms: int, cause: str) -> None:
        """Note frames that never arrived (a queue overflowed, the network lost them)."""
        if self._running and self.start_ms is not None and end_ms > self.start_ms:
            self._note_gap(max(start_ms, self.start_ms), end_ms, cause)

    def drop_waiting(self, from_ms: int, cause: str) -> None:
        """Forget the frames still in memory from `from_ms` on, without ending the release buffer."""
        while self._waiting and self._waiting[-1].at_ms + FRAME_MS > from_ms:
            old = self._waiting.pop()
            self._note_gap(old.at_ms, old.at_ms + FRAME_MS, cause)

    def drop_span(self, start_ms: int, end_ms: int, cause: str) -> None:
        """Forget the frames in memory that reach into [start, end); those around them stay."""
        kept: deque[StereoFrame] = deque()
        for frame in self._waiting:
            if frame.at_ms < end_ms and frame.at_ms + FRAME_MS > start_ms:
                self._note_gap(frame.at_ms, frame.at_ms + FRAME_MS, cause)
            else:
                kept.append(frame)
        self._waiting = kept

    def cut(self, at_ms: int) -> None:
        """Forget everything from `at_ms` on, for good."""
        self.cut_ms = at_ms if self.cut_ms is None else min(self.cut_ms, at_ms)
        while self._waiting and self._waiting[-1].at_ms + FRAME_MS > self.cut_ms:
            self._waiting.pop()

    def discard(self) -> None:
        """Forget everything still in memory and take nothing more."""
        self._waiting.clear()
        self._running = False

    def release(self) -> list[StereoFrame | Silence]:
        """Return, in order, what may be written now.

        A gap comes out as silence while it lasts, never more than SLICE_MS of it at once. What is finally cleared comes
        out up to the mark itself, and all there is.
        """
        cleared = self._cleared()
        limit = cleared.until_ms if cleared.final else cleared.until_ms - self._settings.lookback_ms
        if self.cut_ms is not None:
            limit = min(limit, self.cut_ms)
        out: list[StereoFrame | Silence] = []
        room_ms = limit if cleared.final else SLICE_MS
        while self._waiting and self._waiting[0].at_ms + FRAME_MS <= limit:
            missing_ms = self._waiting[0].at_ms - self._next_ms
            if missing_ms > 0:
                out += self._silence(min(missing_ms, room_ms))
                room_ms -= min(missing_ms, room_ms)
                if self._waiting[0].at_ms > self._next_ms:
                    return out
            frame = self._waiting.popleft()
            out.append(_masked(frame, cleared.masks))
            self._next_ms = frame.at_ms + FRAME_MS
        if self._running and self._pause_cause is not None and not self._waiting:
            out += self._silence(min(min(limit, self._seen_ms) - self._next_ms, room_ms) // FRAME_MS * FRAME_MS)
        return out

    def _silence(self, long_ms: int) -> list[StereoFrame | Silence]:
        if long_ms <= 0:
            return []
        silence = Silence(self._next_ms, self._next_ms + long_ms)
        self._next_ms = silence.end_ms
        return [silence]

    def _note_gap(self, start_ms: int, end_ms: int, cause: str) -> None:
        for index, gap in enumerate(self._gaps):
            if gap.cause == cause and gap.start_ms <= end_ms and start_ms <= gap.end_ms:
                self._gaps[index] = Gap(min(gap.start_ms, start_ms), max(gap.end_ms, end_ms), cause)
                return
        self._gaps.append(Gap(start_ms, end_ms, cause))


def _masked(frame: StereoFrame, masks: tuple[Mask, ...]) -> StereoFrame:
    left, right = frame.left, frame.right
    for mask in masks:
        if mask.start_ms < frame.at_ms + FRAME_MS and frame.at_ms < mask.end_ms:
            if mask.channel == "caller":
                left = bytes(len(left))
            else:
                right = bytes(len(right))
    return StereoFrame(frame.at_ms, left, right)
