"""How a call ends: politely, at a limit, or because our own code failed."""

from __future__ import annotations

import asyncio

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.spans import GapCause
from ivr.domain.call.state import CallState
from ivr.services.call.announcer import Announcer
from ivr.services.call.background import cancelled
from ivr.services.call.context import LiveCall
from ivr.services.call.media_pump import MediaPump

#: A closing sentence that has not ended by then is not waited for any more.
_CLOSING_TIMEOUT_S = 30.0


class Ending:
    """One per call. Whatever ends it comes here; `begun` from the moment a closing sentence was asked for."""

    def __init__(self, call: LiveCall, announcer: Announcer, pump: MediaPump) -> None:
        self._call = call
        self._announcer = announcer
        self._pump = pump
        self._superseded: asyncio.Task[None] | None = None
        self._closer: asyncio.Task[None] | None = None

    @property
    def begun(self) -> bool:
        return self._closer is not None

    def supersedes(self, flow: asyncio.Task[None] | None) -> None:
        """From now on `end` takes the place of this task: it is cancelled first."""
        self._superseded = flow

    def end(self, prompt_id: str) -> None:
        """End the call politely: one closing sentence to the caller, then BYE on every leg (REC-006).

        An end that is asked for while another is under way takes its place: its sentence is the one that is said.
        """
        before = self._closer
        self._closer = asyncio.create_task(self._close(prompt_id, before), name=f"end of {self._call.id}")

    def hang_up(self, reason: str) -> None:
        """End the call politely because the node stops, a limit was reached, or our own code failed."""
        call = self._call
        call.end_by(reason)
        if call.state is not CallState.ACTIVE:
            call.deps.line.hangup(call.a_leg.id)
        elif not self.begun:
            self.end(call.program.prompts.goodbye)

    def fault(self, error: BaseException) -> None:
        """Our own code failed: nothing more is stored, and a caller who is alone with us is let go.

        Two people who speak with each other are not cut off because of us. The text of the error may hold anything;
        only its kind is noted.
        """
        call = self._call
        call.publish("call.fault", what=type(error).__name__)
        call.capture.stop(GapCause.FAULT)
        if not call.bridged and not call.a_leg.gone.is_set():
            self.hang_up("fault")

    def part(self) -> None:
        """The agent and the caller no longer hear each other, and the agent is let go.

        What the agent said until now is heard to its end.
        """
        call = self._call
        call.a_leg.prompt_queue.stop_background()
        if call.b_leg is None:
            return
        if call.bridged:
            call.deps.line.unbridge(call.a_leg.id, call.b_leg.id)
            call.bridged = False
            self._pump.pump()
            call.hearing.finish(Channel.AGENT)
            call.reconsider()
        if not call.b_leg.gone.is_set():
            call.deps.line.hangup(call.b_leg.id)

    def bye(self) -> None:
        """End every leg at once."""
        self._call.end_by("engine")
        self.part()
        self._call.deps.line.hangup(self._call.a_leg.id)

    async def stop(self) -> None:
        """Fall silent at once, without ending the call."""
        await cancelled(self._closer)

    async def _close(self, prompt_id: str, before: asyncio.Task[None] | None) -> None:
        await cancelled(before)
        await cancelled(self._superseded)
        try:
            self.part()
            async with asyncio.timeout(_CLOSING_TIMEOUT_S):
                await self._announcer.interject(prompt_id)
        except Exception as error:
            self.fault(error)
        self.bye()
