"""One leg of a call as call control sees it: its state, who is on it, and how to speak to them."""

from __future__ import annotations

import asyncio
import math

from ivr.domain.audio.frame import FRAME_MS
from ivr.domain.call.dtmf_presses import DtmfPresses
from ivr.domain.call.leg import LEG, LegEvent, LegState
from ivr.domain.call.party import PartyRole
from ivr.services.call.prompt_queue import PromptFile, PromptQueue
from ivr.services.ports.telephony import LegDisconnected, Line


class CallLeg:
    """Follows one SIP session. `up` is set when media flows, `gone` when the session is over."""

    def __init__(self, leg_id: str, role: PartyRole, line: Line, prompt_file: PromptFile, state: LegState) -> None:
        self.id = leg_id
        self.role = role
        self.state = state
        self.prompt_queue = PromptQueue(line, leg_id, prompt_file)
        self.up = asyncio.Event()
        self.gone = asyncio.Event()
        self.end: LegDisconnected | None = None
        self.held = False
        self.sip_call_id = ""
        self.answered_at: float | None = None
        #: Whether DTMF digits may come as tones in its audio only: no telephone-event was agreed.
        self.plays_dtmf = False
        self.presses = DtmfPresses()

    def move(self, event: LegEvent) -> None:
        self.state = LEG.after(self.state, event, where=f"leg {self.id}")

    def progress(self) -> None:
        if LEG.allows(self.state, LegEvent.PROGRESS):
            self.move(LegEvent.PROGRESS)

    def confirmed(self, sip_call_id: str, at: float, *, telephone_event: bool = True) -> None:
        """The dialog stands since `at` (monotonic seconds), where the leg's media time begins.

        `telephone_event` False: its DTMF comes as tones only (RFC 4733). Raises TransitionError when it stood before.
        """
        self.move(LegEvent.ANSWER)
        self.move(LegEvent.CONFIRM)
        self.plays_dtmf = not telephone_event
        self.sip_call_id = sip_call_id
        self.answered_at = at
        self.up.set()

    def disconnected(self, event: LegDisconnected) -> None:
        self.move(LegEvent.DISCONNECT)
        self.end = event
        self.prompt_queue.leg_gone(event.at)
        self.gone.set()

    def media_ms_at(self, at: float) -> int:
        """Return which millisecond of this leg's media the monotonic time `at` is, rounded up to a whole frame."""
        if self.answered_at is None:
            return 0
        return max(0, math.ceil((at - self.answered_at) * 1000 / FRAME_MS - 1e-6)) * FRAME_MS

    async def up_or_gone(self) -> bool:
        """Wait until the leg is confirmed (True) or over (False)."""
        waits = [asyncio.create_task(self.up.wait()), asyncio.create_task(self.gone.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return self.up.is_set() and not self.gone.is_set()
