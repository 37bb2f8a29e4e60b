"""The conference ports of a line. Their callbacks run on the media clock's thread and only copy.

Order within one tick of the clock: the bridge first asks every source for its frame, in order of slots (the
metronome's is the lowest), then hands every sink its frame. Ports are made once and used again by later legs: a
port that is removed may still be called for a tick, so none is removed before the clock has stopped.
"""

from __future__ import annotations

import ctypes
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pjsua2 as pj

from ivr.sip.leg_audio_queue import LegAudioQueue
from ivr.sip.prompt_frames import PromptFrames

_POINTERS = ctypes.POINTER(ctypes.c_void_p)
_AUDIO = pj.PJMEDIA_FRAME_TYPE_AUDIO


def port_format(rate_hz: int) -> pj.MediaFormatAudio:
    """Return 20 ms PCM16 mono at `rate_hz`."""
    form = pj.MediaFormatAudio()
    form.init(pj.PJMEDIA_FORMAT_PCM, rate_hz, 1, 20_000, 16)
    return form


def _address(vector: pj.ByteVector) -> int | None:
    # A std::vector begins with its begin pointer; reading through it costs 1 us, bytes(vector) 150.
    address: int | None = ctypes.cast(int(vector.this), _POINTERS)[0]
    return address


def destroy_port(port: pj.AudioMediaPort) -> None:
    """Delete the library's half of a port now, whoever still refers to ours; the media clock must have stopped."""
    pj.AudioMediaPort.__swig_destroy__(port)


class Metronome(pj.AudioMediaPort):  # type: ignore[misc]  # the binding has no types
    """Numbers the ticks of the clock, and is the silence that every leg is sent so that its RTP never stops."""

    def __init__(self, rate_hz: int) -> None:
        super().__init__()
        self.tick = 0
        self._size = rate_hz // 50 * 2
        self._silence = pj.ByteVector(bytes(self._size))
        self._keeps_state = False

    def onFrameRequested(self, frame: pj.MediaFrame) -> None:  # noqa: N802 - the binding's name
        self.tick += 1
        frame.type = _AUDIO
        frame.buf = self._silence
        frame.size = self._size
        if not self._keeps_state:
            # One reference more keeps this thread's Python state between callbacks; otherwise each of them
            # makes and destroys one.
            self._keeps_state = True
            ctypes.pythonapi.PyGILState_Ensure()


@dataclass
class Playback:
    """A prompt on its way to a party. `sent` counts frames handed to the bridge."""

    play_id: str
    prompt: PromptFrames
    loop: bool
    sent: int = 0
    ended_at: float = 0.0
    reported: bool = False
    _pcm: Sequence[bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._pcm = self.prompt.frames

    @property
    def completed(self) -> bool:
        return not self.loop and self.sent >= len(self._pcm)

    def next(self) -> bytes | None:
        """Return the next frame, None after the last."""
        count = len(self._pcm)
        if self.sent >= count and not self.loop:
            return None
        pcm = self._pcm[self.sent % count]
        self.sent += 1
        return pcm


class LegPort(pj.AudioMediaPort):  # type: ignore[misc]
    """The engine's end of one leg: ear on what the party says, source of its prompts.

    `audio_queue` and `hearers` (audio queues of the legs bridged to this one) are replaced whole by the endpoint's
    thread.
    """

    def __init__(self, metronome: Metronome, rate_hz: int, finished: Callable[[], None]) -> None:
        super().__init__()
        self.audio_queue: LegAudioQueue | None = None
        self.hearers: tuple[LegAudioQueue, ...] = ()
        self.playback: Playback | None = None
        self.done: deque[Playback] = deque()
        self._metronome = metronome
        self._finished = finished
        self._silence = bytes(rate_hz // 50 * 2)
        self._size = len(self._silence)
        self._vector = pj.ByteVector(self._silence)
        self._vector_at = _address(self._vector) or 0

    def onFrameReceived(self, frame: pj.MediaFrame) -> None:  # noqa: N802
        queue = self.audio_queue
        if queue is None:
            return
        at = _address(frame.buf) if frame.size == self._size else None
        pcm = ctypes.string_at(at, self._size) if at else self._silence
        tick = self._metronome.tick
        queue.say(tick, pcm)
        for hearer in self.hearers:
            hearer.send(tick, pcm)

    def onFrameRequested(self, frame: pj.MediaFrame) -> None:  # noqa: N802
        playback = self.playback
        if playback is None:
            return
        pcm = playback.next()
        if pcm is not None:
            ctypes.memmove(self._vector_at, pcm, self._size)
            frame.type = _AUDIO
            frame.buf = self._vector
            frame.size = self._size
            if self.audio_queue is not None:
                self.audio_queue.send(self._metronome.tick, pcm)
        if playback.completed and not playback.ended_at:
            playback.ended_at = time.monotonic()
            self.done.append(playback)
            self._finished()
