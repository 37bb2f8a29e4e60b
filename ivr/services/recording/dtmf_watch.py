"""Watches both sides of a call for DTMF, so that no recording holds a tone: what it finds is written as silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.spans import Mask
from ivr.domain.recording.dtmf_masks import DtmfMasks, DtmfReach
from ivr.domain.recording.release_buffer import StereoFrame
from ivr.services.ports.hearing import ToneDetector


class ChannelDtmf:
    """One channel: its detector, and what it has found."""

    def __init__(self, channel: Channel, detector: ToneDetector, reach: DtmfReach) -> None:
        self._detector = detector
        self._reach = reach
        self._found = DtmfMasks(channel, reach)

    @property
    def masks(self) -> tuple[Mask, ...]:
        return self._found.masks

    @property
    def clear_ms(self) -> int | None:
        """Where what may be the beginning of a tone begins, guard included; None when there is none."""
        open_ms = self._detector.open_ms
        return None if open_ms is None else open_ms - self._reach.before_tone_ms

    def feed(self, at_ms: int, frames: Sequence[bytes]) -> None:
        """Take 20 ms frames (PCM16 mono 8 kHz) in order."""
        for tone in self._detector.feed(at_ms, frames, keen=self._found.keen(at_ms)):
            self._found.add(tone)

    def pressed(self, at_ms: int) -> None:
        self._found.pressed(at_ms)

    def finish(self) -> None:
        """No more frames follow these: what may be the beginning of a tone counts as one."""
        for tone in self._detector.finish():
            self._found.add(tone)


class DtmfWatch:
    """One per call: both sides of what its recording would hold."""

    def __init__(self, new_detector: Callable[[], ToneDetector], reach: DtmfReach | None = None) -> None:
        self._sides = {channel: ChannelDtmf(channel, new_detector(), reach or DtmfReach()) for channel in Channel}

    @property
    def masks(self) -> tuple[Mask, ...]:
        return tuple(mask for side in self._sides.values() for mask in side.masks)

    def clear_until(self, mark_ms: int) -> int:
        """Return `mark_ms`, or the earlier time from which a tone may have begun that is not certain yet."""
        return min([mark_ms, *(side.clear_ms for side in self._sides.values() if side.clear_ms is not None)])

    def pressed(self, channel: Channel, at_ms: int) -> None:
        """The line reported a DTMF digit at this time of the call's media."""
        self._sides[channel].pressed(at_ms)

    def push(self, frames: Sequence[StereoFrame]) -> None:
        """Take consecutive frames, before any of them can be released."""
        if frames:
            self._sides[Channel.CALLER].feed(frames[0].at_ms, [frame.left for frame in frames])
            self._sides[Channel.AGENT].feed(frames[0].at_ms, [frame.right for frame in frames])

    def finish(self) -> None:
        for side in self._sides.values():
            side.finish()
