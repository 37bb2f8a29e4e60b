"""The line: one SIP endpoint as the call control sees it (the `Line` port), by pjsua2."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from ivr.errors import HostError
from ivr.services.ports.telephony import LegAudio, LegDisconnected, LineEvent
from ivr.sip.leg_audio_queue import LegAudioQueue
from ivr.sip.settings import SipSettings
from ivr.sip.switchboard import Switchboard

_PAST_THE_END = 1 << 62


def _random_leg_id() -> str:
    return uuid.uuid4().hex


class PjsuaLine:
    """Implements `Line` with pjsua2. One per process; made by `await PjsuaLine.open(settings)`.

    All methods belong to the event loop it was opened on. Commands cross to the endpoint's thread by queue, events
    come back by `call_soon_threadsafe`, in order.

    - More incoming calls than `capacity` get 503 with Retry-After. A leg placed beyond it: 503, Q.850 cause 34.
    - A prompt that cannot be played (missing, empty, not PCM16) never leaves a party in silence unnoticed: it is a
      PromptEnded with `completed=False, heard_ms=0` at once. `load_prompt` tells why, and can be asked beforehand.
    - A prompt for a leg that is not up yet starts when it is; one for a party that holds us waits for it.
    - What a leg said last can still be drained after its LegDisconnected.
    """

    def __init__(self, settings: SipSettings, *, new_leg_id: Callable[[], str] = _random_leg_id) -> None:
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[LineEvent | HostError] = asyncio.Queue()
        self._audio_queues: dict[str, LegAudioQueue] = {}
        self._ended: OrderedDict[str, LegAudioQueue] = OrderedDict()
        self._board = Switchboard(settings, self._emit, self._publish, self._registered, self._stopped, new_leg_id)
        self._thread = self._board.thread
        self._registrar_answered = asyncio.Event()
        self._registration_status = 0
        self._closed = False

    @classmethod
    async def open(cls, settings: SipSettings, *, new_leg_id: Callable[[], str] = _random_leg_id) -> PjsuaLine:
        """Open the ports and start to listen. Raises HostError naming address, port and remedy."""
        line = cls(settings, new_leg_id=new_leg_id)
        await asyncio.to_thread(line._thread.start)
        return line

    @property
    def uri(self) -> str:
        settings = self._settings
        return f"sip:{settings.user}@{self._thread.host}:{self._thread.port}" + (
            "" if settings.udp else ";transport=tcp"
        )

    @property
    def port(self) -> int:
        """The SIP port, the same for UDP and TCP."""
        return self._thread.port

    @property
    def capacity(self) -> int:
        return self._board.slots.capacity

    @property
    def free_legs(self) -> int:
        """How many legs may still come or be placed; reserved ones are not free.

        The slot of a leg that we ended comes back when the far end has confirmed it, at most 32 s later.
        """
        return self._board.slots.free

    async def registered(self) -> int:
        """Wait for the registrar's first answer and return the last SIP status it gave (200: we are registered)."""
        await self._registrar_answered.wait()
        return self._registration_status

    def reserve(self, leg_id: str) -> bool:
        """Keep a slot for the leg that will be placed under this id; False when the line is full."""
        return self._board.slots.reserve(leg_id)

    def release(self, leg_id: str) -> None:
        """Give up a reservation that was not used."""
        self._board.slots.give_back_reserved(leg_id)

    async def next_event(self) -> LineEvent:
        """Return what happens next. Raises HostError when the endpoint has died; the process must be restarted."""
        event = await self._events.get()
        if isinstance(event, HostError):
            raise event
        return event

    def answer(self, leg_id: str) -> None:
        self._thread.post(lambda: self._board.answer(leg_id))

    def reject(self, leg_id: str, sip_status: int) -> None:
        self._thread.post(lambda: self._board.reject(leg_id, sip_status))

    def place(self, leg_id: str, uri: str, *, ring_timeout_s: float) -> None:
        self._thread.post(lambda: self._board.place(leg_id, uri, ring_timeout_s))

    def hangup(self, leg_id: str) -> None:
        self._thread.post(lambda: self._board.hangup(leg_id))

    def play(self, leg_id: str, play_id: str, prompt: Path, *, loop: bool = False) -> None:
        self._thread.post(lambda: self._board.play(leg_id, play_id, prompt, loop))

    def stop_playing(self, leg_id: str) -> None:
        self._thread.post(lambda: self._board.stop_playing(leg_id))

    def bridge(self, a_leg: str, b_leg: str) -> None:
        self._thread.post(lambda: self._board.bridge(a_leg, b_leg))

    def unbridge(self, a_leg: str, b_leg: str) -> None:
        self._thread.post(lambda: self._board.unbridge(a_leg, b_leg))

    def send_digits(self, leg_id: str, digits: str, *, via: str = "rfc4733") -> None:
        """Press DTMF digits towards the party, as RFC 4733 events or by INFO (`via` "info")."""
        self._thread.post(lambda: self._board.send_digits(leg_id, digits, via))

    def set_hold(self, leg_id: str, *, held: bool) -> None:
        """Put the party on hold or take it back (re-INVITE)."""
        self._thread.post(lambda: self._board.set_hold(leg_id, held))

    def drain(self, leg_id: str) -> LegAudio | None:
        queue = self._audio_queues.get(leg_id)
        if queue is not None:
            metronome = self._thread.metronome
            return queue.drain(metronome.tick) if metronome is not None else None
        queue = self._ended.get(leg_id)
        audio = queue.drain(_PAST_THE_END) if queue is not None else None
        if audio is None:
            self._ended.pop(leg_id, None)
        return audio

    async def close(self) -> None:
        """End every leg, unregister, and give the ports back. Events of the ends can still be read."""
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._thread.stop)

    # ------------------------------------------------------------ from the endpoint's thread

    def _publish(self, leg_id: str, audio_queue: LegAudioQueue) -> None:
        self._to_loop(lambda: self._audio_queues.__setitem__(leg_id, audio_queue))

    def _registered(self, status: int) -> None:
        self._to_loop(lambda: self._note_registration(status))

    def _stopped(self) -> None:
        if not self._closed:
            failure = HostError(
                "the SIP endpoint has stopped by itself", remedy="restart the line's process; see its log"
            )
            self._to_loop(lambda: self._events.put_nowait(failure))

    def _note_registration(self, status: int) -> None:
        self._registration_status = status
        self._registrar_answered.set()

    def _emit(self, event: LineEvent) -> None:
        self._to_loop(lambda: self._arrive(event))

    def _to_loop(self, work: Callable[[], None]) -> None:
        # A loop that was closed before the line has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work)

    def _arrive(self, event: LineEvent) -> None:
        if isinstance(event, LegDisconnected):
            queue = self._audio_queues.pop(event.leg_id, None)
            if queue is not None:
                self._ended[event.leg_id] = queue
                while len(self._ended) > 2 * max(1, self.capacity):
                    self._ended.popitem(last=False)
        self._events.put_nowait(event)
