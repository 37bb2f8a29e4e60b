"""A Line in memory, driven by the running loop's clock: with a virtual-time loop no test waits for real."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ivr.domain.audio.frame import FRAME_MS
from ivr.domain.call.dtmf_presses import Way
from ivr.errors import ConfigurationError
from ivr.services.ports.telephony import (
    DigitPressed,
    DtmfAgreed,
    IncomingCall,
    LegAudio,
    LegConfirmed,
    LegDisconnected,
    LegHeld,
    LegProgress,
    LineEvent,
    PromptEnded,
)
from ivr.sip.cause import cause_of_status
from ivr.sip.leg_audio_queue import mix
from ivr.sip.prompt_frames import PromptFrames, heard_ms, load_prompt

FRAME_S = FRAME_MS / 1000
SILENCE = bytes(320)
_SLACK = 1e-6


@dataclass(frozen=True)
class Behaviour:
    """What a dialled party does `after_s` seconds: `sip_status` 200 answers, 0 rings for ever, else refuses."""

    sip_status: int
    after_s: float = 0.0
    rings: bool = True


def answers(after_s: float = 0.0) -> Behaviour:
    return Behaviour(200, after_s)


def busy() -> Behaviour:
    return Behaviour(486, rings=False)


def declines(after_s: float = 0.0) -> Behaviour:
    return Behaviour(603, after_s)


def no_answer() -> Behaviour:
    return Behaviour(0)


def unreachable() -> Behaviour:
    return Behaviour(503, rings=False)


@dataclass
class _Playing:
    play_id: str
    prompt: PromptFrames
    loop: bool
    sent: int = 0
    timer: asyncio.TimerHandle | None = None


@dataclass
class _Stretch:
    """Frames without a hole between them."""

    first_frame: int
    lost_before: int
    spoken: list[bytes] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)


@dataclass
class _Leg:
    sip_call_id: str
    confirmed: bool = False
    to_say: deque[bytes] = field(default_factory=deque)
    playing: _Playing | None = None
    stretches: deque[_Stretch] = field(default_factory=deque)
    frames: int = 0
    """How many frames the leg's media has lasted, lost ones included."""
    lost: int = 0
    to_lose: int = 0
    peers: set[str] = field(default_factory=set)
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class FakeLine:
    """Implements `Line`. Tests push events and audio; `commands` notes every command as a tuple.

    Parties that may be dialled are scripted in `parties` (uri -> Behaviour); an unscripted one is unreachable.
    Times are those of the running loop.
    """

    def __init__(self, capacity: int = 4, *, queue_frames: int = 3000, uri: str = "sip:ivr@fake.invalid") -> None:
        self._capacity = capacity
        self._uri = uri
        self._queue_frames = queue_frames
        self._events: asyncio.Queue[LineEvent] = asyncio.Queue()
        self._legs: dict[str, _Leg] = {}
        self._ended: dict[str, _Leg] = {}
        self._reserved: set[str] = set()
        self._tick = 0
        self._origin: float | None = None
        self.commands: list[tuple[object, ...]] = []
        self.parties: dict[str, Behaviour] = {}
        self.closed = False
        #: What is said to have been agreed on legs that come up from now on.
        self.telephone_event = True

    # ------------------------------------------------------------ what a test does

    def feed(self, event: LineEvent) -> None:
        """Let something happen: the fake's own state follows the event, then the event is queued."""
        self._advance()
        match event:
            case IncomingCall():
                self._legs[event.leg_id] = _Leg(event.sip_call_id)
            case LegConfirmed():
                self._confirm(event.leg_id, event)
                return
            case LegDisconnected():
                self._disconnect(event.leg_id, event)
                return
            case _:
                pass
        self._events.put_nowait(event)

    def incoming(
        self,
        leg_id: str,
        *,
        from_uri: str = "sip:+33100000001@carrier.invalid",
        to_uri: str = "sip:ivr@fake.invalid",
        asserted_uri: str = "",
    ) -> None:
        self.feed(IncomingCall(leg_id, f"{leg_id}@fake", from_uri, to_uri, self._now(), asserted_uri))

    def press(self, leg_id: str, digits: str, way: Way = Way.EVENT) -> None:
        for digit in digits:
            self.feed(DigitPressed(leg_id, digit, self._now(), way))

    def agree_keys(self, leg_id: str, *, telephone_event: bool) -> None:
        self.feed(DtmfAgreed(leg_id, telephone_event, self._now()))

    def hold(self, leg_id: str, *, held: bool = True) -> None:
        self.feed(LegHeld(leg_id, held, self._now()))

    def peer_hangs_up(self, leg_id: str, *, sip_status: int = 200) -> None:
        """BYE when the leg is up, CANCEL when it is not."""
        leg = self._legs[leg_id]
        up = leg.confirmed
        status = sip_status if up else 487
        self.feed(LegDisconnected(leg_id, status, cause_of_status(status), True, up, self._now()))

    def speak(self, leg_id: str, frames: Iterable[bytes]) -> None:
        """The party says these 20 ms frames (320 bytes each) from the next frame on, after what is queued already."""
        self._advance()
        self._legs[leg_id].to_say.extend(frames)

    def lose(self, leg_id: str, frames: int) -> None:
        """The next `frames` frames of the leg are dropped, as if its queue were full."""
        self._advance()
        self._legs[leg_id].to_lose += frames

    # ------------------------------------------------------------ Line

    @property
    def uri(self) -> str:
        return self._uri

    @property
    def capacity(self) -> int:
        return self._capacity

    @property
    def free_legs(self) -> int:
        return self._capacity - len(self._legs) - len(self._reserved)

    def reserve(self, leg_id: str) -> bool:
        self._note("reserve", leg_id)
        if leg_id not in self._reserved and self.free_legs < 1:
            return False
        self._reserved.add(leg_id)
        return True

    def release(self, leg_id: str) -> None:
        self._note("release", leg_id)
        self._reserved.discard(leg_id)

    async def next_event(self) -> LineEvent:
        return await self._events.get()

    def answer(self, leg_id: str) -> None:
        self._note("answer", leg_id)
        leg = self._legs.get(leg_id)
        if leg is not None and not leg.confirmed:
            self._soon(leg_id, 0.0, lambda: self._confirm(leg_id))

    def reject(self, leg_id: str, sip_status: int) -> None:
        self._note("reject", leg_id, sip_status)
        leg = self._legs.get(leg_id)
        if leg is not None and not leg.confirmed:
            self._soon(leg_id, 0.0, lambda: self._end(leg_id, sip_status, by_peer=False))

    def place(self, leg_id: str, uri: str, *, ring_timeout_s: float) -> None:
        self._note("place", leg_id, uri, ring_timeout_s)
        if leg_id not in self._reserved and self.free_legs < 1:
            over = LegDisconnected(leg_id, 503, 34, False, False, self._now())
            asyncio.get_running_loop().call_soon(self._events.put_nowait, over)
            return
        self._reserved.discard(leg_id)
        self._legs[leg_id] = _Leg(f"{leg_id}@fake")
        party = self.parties.get(uri, unreachable())
        if party.rings:
            self._soon(leg_id, 0.0, lambda: self._events.put_nowait(LegProgress(leg_id, 180, self._now())))
        if party.sip_status == 200:
            self._soon(leg_id, party.after_s, lambda: self._confirm(leg_id))
        elif party.sip_status:
            self._soon(leg_id, party.after_s, lambda: self._end(leg_id, party.sip_status, by_peer=True))
        self._soon(leg_id, ring_timeout_s, lambda: self._ring_timeout(leg_id))

    def hangup(self, leg_id: str) -> None:
        self._note("hangup", leg_id)
        if leg_id in self._legs:
            up = self._legs[leg_id].confirmed
            self._soon(leg_id, 0.0, lambda: self._end(leg_id, 200 if up else 487, by_peer=False))

    def play(self, leg_id: str, play_id: str, prompt: Path, *, loop: bool = False) -> None:
        self._note("play", leg_id, play_id, prompt, loop)
        leg = self._legs.get(leg_id)
        if leg is None:
            return
        self._advance()
        self._stop(leg_id)
        try:
            leg.playing = _Playing(play_id, load_prompt(prompt, 8000), loop)
        except ConfigurationError:
            self._events.put_nowait(PromptEnded(leg_id, play_id, False, 0, self._now()))
            return
        if leg.confirmed:
            self._watch(leg_id, leg.playing)

    def stop_playing(self, leg_id: str) -> None:
        self._note("stop_playing", leg_id)
        self._advance()
        self._stop(leg_id)

    def bridge(self, a_leg: str, b_leg: str) -> None:
        self._note("bridge", a_leg, b_leg)
        self._advance()
        if a_leg in self._legs and b_leg in self._legs:
            self._legs[a_leg].peers.add(b_leg)
            self._legs[b_leg].peers.add(a_leg)

    def unbridge(self, a_leg: str, b_leg: str) -> None:
        self._note("unbridge", a_leg, b_leg)
        self._advance()
        for one, other in ((a_leg, b_leg), (b_leg, a_leg)):
            if one in self._legs:
                self._legs[one].peers.discard(other)

    def drain(self, leg_id: str) -> LegAudio | None:
        self._advance()
        leg = self._legs.get(leg_id) or self._ended.get(leg_id)
        if leg is None or not leg.stretches:
            self._ended.pop(leg_id, None)
            return None
        part = leg.stretches.popleft()
        return LegAudio(part.first_frame, part.spoken, part.sent, 8000, part.lost_before)

    async def close(self) -> None:
        self._note("close")
        for leg_id in tuple(self._legs):
            self._end(leg_id, 200 if self._legs[leg_id].confirmed else 487, by_peer=False)
        self.closed = True

    # ------------------------------------------------------------ how it works

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _note(self, *command: object) -> None:
        self.commands.append(command)

    def _soon(self, leg_id: str, after_s: float, work: Callable[[], None]) -> None:
        """Do something with a leg later, unless it is gone by then."""
        self._legs[leg_id].timers.append(asyncio.get_running_loop().call_later(after_s, work))

    def _confirm(self, leg_id: str, event: LegConfirmed | None = None) -> None:
        leg = self._legs.setdefault(leg_id, _Leg(f"{leg_id}@fake"))
        if leg.confirmed:
            return
        self._advance()
        leg.confirmed = True
        up = LegConfirmed(leg_id, leg.sip_call_id, "PCMA/8000", self._now(), telephone_event=self.telephone_event)
        self._events.put_nowait(event or up)
        if leg.playing is not None:
            self._watch(leg_id, leg.playing)

    def _ring_timeout(self, leg_id: str) -> None:
        if not self._legs[leg_id].confirmed:
            self._end(leg_id, 408, by_peer=False)

    def _end(self, leg_id: str, sip_status: int, *, by_peer: bool) -> None:
        up = self._legs[leg_id].confirmed
        event = LegDisconnected(leg_id, sip_status, cause_of_status(sip_status), by_peer, up, self._now())
        self._disconnect(leg_id, event)

    def _disconnect(self, leg_id: str, event: LegDisconnected) -> None:
        self._advance()
        self._stop(leg_id)
        leg = self._legs.pop(leg_id, None)
        if leg is not None:
            self._ended[leg_id] = leg
            for timer in leg.timers:
                timer.cancel()
            for peer in leg.peers:
                self._legs[peer].peers.discard(leg_id)
        self._events.put_nowait(event)

    def _watch(self, leg_id: str, playing: _Playing) -> None:
        """Wake up when the last frame of the prompt has been sent, so that its end is not noticed late."""
        if not playing.loop and self._origin is not None:
            end = self._origin + (self._tick + len(playing.prompt.frames)) * FRAME_S
            playing.timer = asyncio.get_running_loop().call_at(end, self._advance)

    def _stop(self, leg_id: str, *, completed: bool = False) -> None:
        leg = self._legs.get(leg_id)
        if leg is None or leg.playing is None:
            return
        playing, leg.playing = leg.playing, None
        if playing.timer is not None:
            playing.timer.cancel()
        sent_ms = heard_ms(playing.prompt, playing.sent)
        self._events.put_nowait(PromptEnded(leg_id, playing.play_id, completed, sent_ms, self._now()))

    def _advance(self) -> None:
        """Let the media clock tick up to now."""
        if self._origin is None:
            self._origin = self._now()
        due = math.floor((self._now() - self._origin) / FRAME_S + _SLACK)
        while self._tick < due:
            self._tick += 1
            up = {leg_id: leg for leg_id, leg in self._legs.items() if leg.confirmed}
            said = {leg_id: leg.to_say.popleft() if leg.to_say else SILENCE for leg_id, leg in up.items()}
            for leg_id, leg in up.items():
                sources = [said[peer] for peer in sorted(leg.peers) if peer in said]
                sources += self._prompt_frame(leg_id, leg)
                self._deliver(leg, said[leg_id], mix(sources, SILENCE))

    def _prompt_frame(self, leg_id: str, leg: _Leg) -> list[bytes]:
        playing = leg.playing
        if playing is None:
            return []
        frames = playing.prompt.frames
        frame = frames[playing.sent % len(frames)]
        playing.sent += 1
        if playing.sent == len(frames) and not playing.loop:
            self._stop(leg_id, completed=True)
        return [frame]

    def _deliver(self, leg: _Leg, spoken: bytes, heard: bytes) -> None:
        at = leg.frames
        leg.frames += 1
        waiting = sum(len(part.spoken) for part in leg.stretches)
        if leg.to_lose or waiting >= self._queue_frames:
            leg.to_lose = max(0, leg.to_lose - 1)
            leg.lost += 1
            return
        if leg.lost or not leg.stretches:
            leg.stretches.append(_Stretch(at, leg.lost))
            leg.lost = 0
        leg.stretches[-1].spoken.append(spoken)
        leg.stretches[-1].sent.append(heard)
