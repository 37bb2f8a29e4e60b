"""What is said on a call, in order: the disclosure first, then the menu or an agent, then goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr.domain.call import PartyRole
from ivr.domain.leg import LegState
from ivr.domain.program import Prompt
from ivr.services.call_leg import CallLeg
from ivr.services.live_call import LiveCall
from ivr.services.ports import PromptEnded

_DISCLOSURE_TRIES = 3


class Script:
    """One per call. `run` plays it from the moment the caller is connected; `close` ends it early."""

    def __init__(
        self, call: LiveCall, *, listen_to: Callable[[PartyRole], None], agent_left: Callable[[], None]
    ) -> None:
        self._call = call
        self._listen_to = listen_to
        self._agent_left = agent_left
        self._main: asyncio.Task[None] | None = None
        self._quiet_since_ms = 0

    def start(self) -> None:
        self._main = asyncio.create_task(self._run(), name=f"script of {self._call.id}")

    async def stop(self) -> None:
        if self._main is not None:
            self._main.cancel()
            await asyncio.gather(self._main, return_exceptions=True)

    async def interject(self, prompt_id: str, *, urgent: bool = True) -> PromptEnded | None:
        """Say something to the caller in the middle of whatever is going on."""
        return await self._say(self._call.a_leg, self._call.prompt(prompt_id), urgent=urgent) if prompt_id else None

    async def close(self, closing: Prompt | None) -> None:
        """End the call politely: one closing sentence to the caller, then BYE on every leg (REC-006)."""
        call = self._call
        await self.stop()
        self._part()
        if closing is not None:
            await self._say(call.a_leg, closing, urgent=True)
        call.ended_by = call.ended_by or "engine"
        self._hang_up()

    # ---- the script itself

    async def _run(self) -> None:
        call = self._call
        prompts = call.program.prompts
        if not await self._disclose():
            return
        if call.program.agent_uri:
            await self._with_agent()
            return
        if prompts.menu:
            await self.interject(prompts.menu, urgent=False)
        await self._until_quiet()
        await self._farewell(prompts.goodbye)

    async def _disclose(self) -> bool:
        """Play the disclosure until it was heard to its end; False when the caller objected meanwhile."""
        call = self._call
        prompt = call.prompt(call.program.prompts.disclosure)
        for _ in range(_DISCLOSURE_TRIES):
            ended = await self._say(call.a_leg, prompt)
            if call.capture.stopped:
                call.note_played(PartyRole.CALLER, prompt, ended)
                return True
            if ended.completed:
                call.disclosed(PartyRole.CALLER, prompt, ended)
                return True
            call.note_played(PartyRole.CALLER, prompt, ended)
        call.ended_by = "engine"
        self._hang_up()
        return False

    async def _with_agent(self) -> None:
        call = self._call
        prompts = call.program.prompts
        call.waiting_for_agent = True
        call.reconsider()
        if prompts.wait_for_agent:
            call.a_leg.speaker.start_background(call.prompt(prompts.wait_for_agent))
        b_leg = self._call_agent()
        connected = await b_leg.up_or_gone() and await self._tell_agent(b_leg)
        call.a_leg.speaker.stop_background()
        call.waiting_for_agent = False
        if not connected:
            call.publish("agent.unavailable", sip_status=b_leg.end.sip_status if b_leg.end else 0)
            await self._farewell(prompts.agent_unavailable)
            return
        call.deps.line.bridge(call.a_leg.id, b_leg.id)
        call.bridged = True
        call.publish("agent.bridged")
        call.reconsider()
        await b_leg.gone.wait()
        call.ended_by = call.ended_by or "agent"
        self._part()
        await self._farewell(prompts.goodbye)

    def _call_agent(self) -> CallLeg:
        call = self._call
        leg = CallLeg(call.deps.new_id(), PartyRole.AGENT, call.deps.line, call.deps.prompt_file, LegState.CALLING)
        call.b_leg = leg
        call.publish("agent.calling")
        call.deps.line.place(leg.id, call.program.agent_uri, ring_timeout_s=call.program.agent_ring_timeout_s)
        return leg

    async def _tell_agent(self, leg: CallLeg) -> bool:
        """Tell the agent that the call is recorded (REC-014), before the caller can be heard."""
        call = self._call
        if call.program.listen_to_agent:
            self._listen_to(PartyRole.AGENT)
        if call.capture.stopped:
            return not leg.gone.is_set()
        prompt = call.prompt(call.program.prompts.agent_disclosure)
        ended = await leg.speaker.say(prompt)
        if ended.completed:
            call.disclosed(PartyRole.AGENT, prompt, ended)
        return ended.completed

    async def _until_quiet(self) -> None:
        """Stay with the caller until nothing has been said for a while."""
        call = self._call
        quiet_s = call.deps.quiet_timeout_s
        while True:
            await asyncio.sleep(1.0)
            if call.media_ms - max(call.hearing.last_speech_ms, call.last_prompt_end_ms) > quiet_s * 1000:
                return

    async def _farewell(self, prompt_id: str) -> None:
        call = self._call
        if prompt_id:
            await self.interject(prompt_id, urgent=False)
        call.ended_by = call.ended_by or "engine"
        self._hang_up()

    async def _say(self, leg: CallLeg, prompt: Prompt, *, urgent: bool = False) -> PromptEnded:
        call = self._call
        call.publish("prompt.started", prompt=prompt.id)
        ended = await leg.speaker.say(prompt, urgent=urgent)
        call.last_prompt_end_ms = call.media_ms
        call.publish("prompt.ended", prompt=prompt.id, completed=ended.completed, heard_ms=ended.heard_ms)
        return ended

    # ---- legs

    def _part(self) -> None:
        """The agent and the caller no longer hear each other."""
        call = self._call
        call.a_leg.speaker.stop_background()
        if call.bridged and call.b_leg is not None:
            call.deps.line.unbridge(call.a_leg.id, call.b_leg.id)
            call.bridged = False
            self._agent_left()
            call.reconsider()
        if call.b_leg is not None and not call.b_leg.gone.is_set():
            call.deps.line.hangup(call.b_leg.id)

    def _hang_up(self) -> None:
        self._part()
        self._call.deps.line.hangup(self._call.a_leg.id)
