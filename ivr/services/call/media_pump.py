"""Moves a call's audio: from the legs to the ear, and behind the cleared mark to the recording.

What the media brought is told to its listener, who reacts; which voice counts for what on a channel stands here.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.frame import FRAME_MS
from ivr.domain.call.party import PartyRole
from ivr.domain.hearing.verdict import Label
from ivr.domain.recording.dtmf_masks import PlayedDtmf
from ivr.domain.recording.release_buffer import StereoFrame
from ivr.services.call.context import CHANNEL_OF, LiveCall
from ivr.services.call.leg import CallLeg
from ivr.services.hearing.channel_listener import ChannelListener, JudgedPiece
from ivr.services.ports.hearing import DtmfReader
from ivr.services.ports.telephony import LegAudio

#: Five frames at a time: late enough to be cheap, early enough not to be felt.
TICK_S = 0.1


class MediaListener(Protocol):
    """Who acts on what a call's media brought."""

    def judged(self, judged: JudgedPiece) -> None:
        """A verdict of the ear, already taken into account by the cleared mark."""

    def speech_began(self, role: PartyRole, onset_ms: int) -> None:
        """A party begins to speak; what they say is judged later."""

    def dtmf_played(self, leg: CallLeg, dtmf: PlayedDtmf) -> None:
        """A DTMF digit was read in the audio of a leg whose telephone tells it no other way."""

    def deafened(self) -> None:
        """Speech went by unheard for good; told once."""

    def fault(self, error: BaseException) -> None:
        """Our own code failed."""


class MediaPump:
    """One per call. All times are milliseconds of the caller's media; the agent's are shifted onto them."""

    def __init__(self, call: LiveCall, listener: MediaListener) -> None:
        self._call = call
        self._listener = listener
        self._readers: dict[str, DtmfReader] = {}
        self._failed = False
        self._deaf = False
        self._agent_offset_ms: int | None = None

    async def run(self) -> None:
        while True:
            self.pump()
            await asyncio.sleep(TICK_S)

    def listen_to(self, role: PartyRole) -> None:
        """Begin to hear a party from now on."""
        call = self._call
        channel = CHANNEL_OF[role]
        begin_ms = call.media_ms
        caller = role is PartyRole.CALLER
        listener = ChannelListener(
            call.id,
            channel,
            ear=call.deps.ear,
            detector=call.deps.new_detector(),
            clock=call.deps.clock,
            settings=call.deps.listening,
            # An agent who says what callers say when they refuse contact speaks of something else.
            objecting=call.objecting if caller else call.objecting & {Label.OBJECTION_RECORDING},
            doubted=call.doubted if caller else frozenset(),
            context=lambda start_ms: call.listen_context(channel, start_ms),
            acts=caller,
            on_judged=self._judged,
            on_unheard=lambda piece, why: call.publish(
                "hearing.unheard", channel=piece.channel.value, start_ms=piece.start_ms, why=why
            ),
            on_speech=lambda onset_ms: self._listener.speech_began(role, onset_ms),
            begin_ms=begin_ms,
        )
        call.hearing.add(channel, listener)

    def lose_agent(self) -> None:
        """An agent who was called is gone before the caller could hear them: the next one is heard from the start."""
        self.pump()
        self._call.hearing.remove(Channel.AGENT)
        self._call.b_leg = None
        self._agent_offset_ms = None

    def pump(self) -> None:
        """Take what has arrived, listen to it, hold it, and release what is cleared.

        A pump that fails has no second try: what it would let through has not been heard.
        """
        if self._failed:
            return
        try:
            self._pump()
        except Exception as error:
            self._failed = True
            self._listener.fault(error)

    def _pump(self) -> None:
        call = self._call
        while (audio := call.deps.line.drain(call.a_leg.id)) is not None:
            self._pump_caller(audio)
        if call.b_leg is not None:
            while (audio := call.deps.line.drain(call.b_leg.id)) is not None:
                self._pump_agent(audio)
        if call.hearing.deaf and not self._deaf:
            self._deaf = True
            self._listener.deafened()
        call.capture.write()

    def _pump_caller(self, audio: LegAudio) -> None:
        call = self._call
        at_ms = audio.first_frame * FRAME_MS
        if audio.lost_before:
            call.capture.lost(at_ms - audio.lost_before * FRAME_MS, at_ms)
            call.publish("media.overflow", frames=audio.lost_before)
        call.media_ms = at_ms + len(audio.spoken) * FRAME_MS
        listener = call.hearing.get(Channel.CALLER)
        if listener is not None:
            listener.feed(at_ms, audio.spoken)
        # An agent whom nobody listens to is not stored unheard: the caller alone is.
        deaf_to_agent = call.b_leg is not None and not call.program.listen_to_agent
        call.capture.push(
            StereoFrame(at_ms + i * FRAME_MS, spoken, bytes(len(sent)) if deaf_to_agent else sent)
            for i, (spoken, sent) in enumerate(zip(audio.spoken, audio.sent, strict=True))
        )
        self._read_dtmf(call.a_leg, at_ms, audio)

    def _pump_agent(self, audio: LegAudio) -> None:
        at_ms = audio.first_frame * FRAME_MS
        if self._agent_offset_ms is None:
            # Both legs run on the same conference clock and were drained up to the same tick of it: one offset,
            # taken once, holds for the call.
            self._agent_offset_ms = self._call.media_ms - at_ms - len(audio.spoken) * FRAME_MS
        at_ms += self._agent_offset_ms
        listener = self._call.hearing.get(Channel.AGENT)
        if listener is not None:
            late = max(0, (listener.hearing.frontier_ms - at_ms) // FRAME_MS)
            listener.feed(at_ms + late * FRAME_MS, audio.spoken[late:])
        if self._call.b_leg is not None:
            self._read_dtmf(self._call.b_leg, at_ms, audio)

    def _read_dtmf(self, leg: CallLeg, at_ms: int, audio: LegAudio) -> None:
        """DTMF that a telephone can only play acts like any; what it was agreed to tell is not read in its audio."""
        if not leg.plays_dtmf:
            self._readers.pop(leg.id, None)
            return
        reader = self._readers.get(leg.id)
        if reader is None:
            reader = self._readers[leg.id] = self._call.deps.new_dtmf_reader()
        for dtmf in reader.feed(at_ms, audio.spoken):
            self._listener.dtmf_played(leg, dtmf)

    def _judged(self, judged: JudgedPiece) -> None:
        try:
            self._listener.judged(judged)
        except Exception as error:
            self._listener.fault(error)
