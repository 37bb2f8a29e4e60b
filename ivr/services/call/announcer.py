"""What is said to the parties of one call, each prompt noted as it begins and as it ends."""

from __future__ import annotations

from ivr.domain.program.program import Prompt
from ivr.services.call.context import LiveCall
from ivr.services.call.leg import CallLeg
from ivr.services.ports.telephony import PromptEnded


class Announcer:
    """One per call: everything that any party of it hears from the engine is asked for here."""

    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._interruptible = False
        self._barged_in = False

    async def say(self, leg: CallLeg, prompt: Prompt, *, urgent: bool = False) -> PromptEnded:
        """Say a prompt to a leg and return how it ended; see `PromptQueue.say`."""
        call = self._call
        ended = await leg.prompt_queue.say(
            prompt, urgent=urgent, started=lambda: call.publish("prompt.started", prompt=prompt.id)
        )
        if leg is call.a_leg:
            call.prompt_ended(prompt, ended)
        call.publish("prompt.ended", prompt=prompt.id, completed=ended.completed, heard_ms=ended.heard_ms)
        return ended

    async def interject(self, prompt_id: str, *, urgent: bool = True) -> PromptEnded | None:
        """Say something to the caller in the middle of whatever is going on; None when there is nothing to say."""
        return await self.say(self._call.a_leg, self._call.prompt(prompt_id), urgent=urgent) if prompt_id else None

    async def menu(self) -> bool:
        """Say the menu; False when it was cut short by anything but the caller, who may barge in."""
        self._interruptible, self._barged_in = True, False
        ended = await self.interject(self._call.program.prompts.menu, urgent=False)
        self._interruptible = False
        return ended is None or ended.completed or self._barged_in

    def barge_in(self) -> None:
        """The caller speaks or presses a DTMF digit: a menu that allows it falls silent. The disclosure never does."""
        queue, program = self._call.a_leg.prompt_queue, self._call.program
        prompt = queue.speaking
        if self._interruptible and program.barge_in and prompt is not None and prompt.id == program.prompts.menu:
            self._barged_in = True
            queue.interrupt()
