"""The audio queue of a leg: both sides of its audio, by tick of the conference clock, between two threads.

One thread (the media clock's) appends, one (the event loop's) drains; deque's append and popleft are atomic, so
neither ever waits for the other.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from ivr.services.ports.telephony import LegAudio


class LegAudioQueue:
    """Bounded queues of what a leg says and of what it is sent.

    It begins with the first frame that the party says: between the making of a queue and its place on the bridge the
    clock may tick, and a busy machine makes that more than once; nothing was lost then. `limit` is how many frames may
    wait. When nobody drains, new frames are dropped, and the hole in the tick numbers tells how many.
    """

    def __init__(self, *, rate_hz: int, limit: int) -> None:
        self.silence = bytes(rate_hz // 50 * 2)
        self._rate_hz = rate_hz
        self._limit = limit
        self._first_tick: int | None = None
        self._next_tick = 0
        self._last_tick = -1
        self._spoken: deque[tuple[int, bytes]] = deque()
        self._sent: deque[tuple[int, bytes]] = deque()

    def say(self, tick: int, pcm: bytes) -> None:
        """Note what the party said at this tick; a tick that is not new (the clock stands still) is ignored."""
        if self._first_tick is None:
            # Before the frame is there to be drained.
            self._first_tick = self._next_tick = tick
        if tick > self._last_tick:
            self._last_tick = tick
            if len(self._spoken) < self._limit:
                self._spoken.append((tick, pcm))

    def send(self, tick: int, pcm: bytes) -> None:
        """Note what the party was sent at this tick; sources of one tick are mixed when drained."""
        if len(self._sent) < 2 * self._limit:
            self._sent.append((tick, pcm))

    def drain(self, until_tick: int) -> LegAudio | None:
        """Take consecutive frames of the ticks before `until_tick`; None when there are none.

        Stops at a hole: what lies behind it comes with the next drain, which tells the loss.
        """
        spoken: list[bytes] = []
        sent: list[bytes] = []
        first = expected = self._next_tick
        while self._spoken and self._spoken[0][0] < until_tick:
            tick, pcm = self._spoken[0]
            if not spoken:
                first = expected = tick
            elif tick != expected:
                break
            spoken.append(pcm)
            sent.append(self._sent_at(tick))
            expected += 1
            self._spoken.popleft()
        if not spoken:
            return None
        assert self._first_tick is not None
        lost = first - self._next_tick
        self._next_tick = expected
        return LegAudio(first - self._first_tick, spoken, sent, self._rate_hz, lost)

    def _sent_at(self, tick: int) -> bytes:
        sources: list[bytes] = []
        while self._sent and self._sent[0][0] <= tick:
            at, pcm = self._sent.popleft()
            if at == tick:
                sources.append(pcm)
        return mix(sources, self.silence)


def mix(sources: list[bytes], silence: bytes) -> bytes:
    """Add PCM16 frames of equal length, clipped; `silence` when there are none."""
    if not sources:
        return silence
    if len(sources) == 1:
        return sources[0]
    total = np.sum([np.frombuffer(source, dtype="<i2").astype(np.int32) for source in sources], axis=0)
    mixed: bytes = np.clip(total, -32768, 32767).astype("<i2").tobytes()
    return mixed
