"""What is said on a call, in order: the disclosure first, then the menu or an agent, then goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ivr.domain.call.leg import LegState
from ivr.domain.call.party import PartyRole
from ivr.domain.program.program import Prompt
from ivr.services.call.context import LiveCall
from ivr.services.call.leg import CallLeg
from ivr.services.ports.telephony import PromptEnded

_DISCLOSURE_TRIES = 3
_MENU_TRIES = 3
#: A closing sentence that has not ended by then is not waited for any more.
_CLOSING_TIMEOUT_S = 30.0


class Script:
    """One per call. `start` plays it from the moment the caller is connected; `end` ends it early and politely."""

    def __init__(
        self,
        call: LiveCall,
        *,
        fault: Callable[[BaseException], None],
        listen_to: Callable[[PartyRole], None],
        agent_left: Callable[[], None],
        caller_told: Callable[[], None],
        doubt_settled: Callable[[], Awaitable[None]],
        identify: Callable[[], Awaitable[None]],
    ) -> None:
        self._call = call
        self._fault = fault
        self._listen_to = listen_to
        self._agent_left = agent_left
        self._caller_told = caller_told
        self._doubt_settled = doubt_settled
        self._identify = identify
        self._main: asyncio.Task[None] | None = None
        self._closer: asyncio.Task[None] | None = None
        self._disclosing = False
        self._interruptible = False
        self._barged_in = False

    @property
    def ending(self) -> bool:
        """True once the call is being ended by `end`."""
        return self._closer is not None

    def start(self) -> None:
        if not self.ending:
            self._main = asyncio.create_task(self._run(), name=f"script of {self._call.id}")

    async def stop(self) -> None:
        """Fall silent at once, without ending the call."""
        await _cancelled(self._main)
        await _cancelled(self._closer)

    async def interject(self, prompt_id: str, *, urgent: bool = True) -> PromptEnded | None:
        """Say something to the caller in the middle of whatever is going on."""
        return await self._say(self._call.a_leg, self._call.prompt(prompt_id), urgent=urgent) if prompt_id else None

    def barge_in(self) -> None:
        """The caller speaks or presses a key: a menu that allows it falls silent. The disclosure never does."""
        speaker, program = self._call.a_leg.speaker, self._call.program
        said = speaker.speaking
        if self._interruptible and program.barge_in and said is not None and said.id == program.prompts.menu:
            self._barged_in = True
            speaker.interrupt()

    def end(self, prompt_id: str) -> None:
        """End the call politely: one closing sentence to the caller, then BYE on every leg (REC-006).

        An end that is asked for while another is under way takes its place: its sentence is the one that is said.
        """
        before = self._closer
        self._closer = asyncio.create_task(self._close(prompt_id, before), name=f"end of {self._call.id}")

    async def _close(self, prompt_id: str, before: asyncio.Task[None] | None) -> None:
        await _cancelled(before)
        if not self._disclosing:
            await _cancelled(self._main)
        try:
            self._part()
            async with asyncio.timeout(_CLOSING_TIMEOUT_S):
                await self.interject(prompt_id)
        except Exception as error:
            self._fault(error)
        self._call.ended_by = self._call.ended_by or "engine"
        self._hang_up()

    # ---- the script itself

    async def _run(self) -> None:
        try:
            await self._play()
        except Exception as error:
            # Our own fault is not the caller's: they are not left in silence.
            self._fault(error)
            if not self.ending:
                self.end(self._call.program.prompts.goodbye)

    async def _play(self) -> None:
        call = self._call
        prompts = call.program.prompts
        # With an agent to come, what is said until then is no conversation to be recorded.
        call.waiting_for_agent = bool(call.program.agent_uri)
        if not await self._disclose():
            return
        await self._doubt_settled()
        await self._identify()
        if call.program.agent_uri:
            await self._with_agent()
            return
        await self._menu()
        await self._until_quiet()
        await self._farewell(prompts.goodbye)

    async def _disclose(self) -> bool:
        """Play the disclosure until it was heard to its end; False when it cannot be, and the call is over.

        When the caller objects meanwhile there is nothing left to disclose.
        """
        call = self._call
        prompt = call.prompt(call.program.prompts.disclosure)
        for _ in range(_DISCLOSURE_TRIES):
            self._disclosing = True
            ended = await self._say(call.a_leg, prompt)
            self._disclosing = False
            if self.ending:
                # The closing sentence has cut it short: how much was heard is evidence all the same.
                call.note_played(PartyRole.CALLER, prompt, ended)
                return False
            if call.capture.stopped or not ended.completed:
                call.note_played(PartyRole.CALLER, prompt, ended)
            if call.capture.stopped:
                return True
            if ended.completed:
                call.disclosed(PartyRole.CALLER, prompt, ended)
                self._caller_told()
                return True
            if call.a_leg.gone.is_set():
                return False
        call.publish("disclosure.failed", prompt=prompt.id)
        call.ended_by = call.ended_by or "engine"
        self._hang_up()
        return False

    async def _menu(self) -> None:
        """Say the menu to its end, or until the caller barges in; whatever else cut it short, it is said again."""
        call = self._call
        for _ in range(_MENU_TRIES):
            self._interruptible, self._barged_in = True, False
            ended = await self.interject(call.program.prompts.menu, urgent=False)
            self._interruptible = False
            if ended is None or ended.completed or self._barged_in:
                return
            await self._doubt_settled()

    async def _with_agent(self) -> None:
        call = self._call
        prompts = call.program.prompts
        if prompts.wait_for_agent:
            call.a_leg.speaker.start_background(call.prompt(prompts.wait_for_agent))
        b_leg = self._call_agent()
        connected = await b_leg.up_or_gone() and await self._tell_agent(b_leg)
        call.a_leg.speaker.stop_background()
        if not connected or b_leg.gone.is_set():
            call.publish("agent.unavailable", sip_status=b_leg.end.sip_status if b_leg.end else 0)
            await self._farewell(prompts.agent_unavailable)
            return
        call.deps.line.bridge(call.a_leg.id, b_leg.id)
        call.bridged = True
        call.waiting_for_agent = False
        call.publish("agent.bridged")
        call.reconsider()
        await b_leg.gone.wait()
        call.ended_by = call.ended_by or "agent"
        self._part()
        await self._farewell(prompts.goodbye)

    def _call_agent(self) -> CallLeg:
        call = self._call
        leg_id = call.agent_leg_id or call.deps.new_id()
        leg = CallLeg(leg_id, PartyRole.AGENT, call.deps.line, call.deps.prompt_file, LegState.CALLING)
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
        """Stay with the caller until nothing has been said for a while; a held call is not a quiet one."""
        call = self._call
        quiet_since_ms = call.media_ms
        while call.media_ms - quiet_since_ms < call.deps.quiet_timeout_s * 1000:
            await asyncio.sleep(1.0)
            busy = call.a_leg.held or call.a_leg.speaker.speaking is not None
            last_ms = call.media_ms if busy else max(call.hearing.last_speech_ms, call.last_prompt_end_ms)
            quiet_since_ms = max(quiet_since_ms, last_ms)

    async def _farewell(self, prompt_id: str) -> None:
        call = self._call
        if prompt_id:
            await self.interject(prompt_id, urgent=False)
        call.ended_by = call.ended_by or "engine"
        self._hang_up()

    async def _say(self, leg: CallLeg, prompt: Prompt, *, urgent: bool = False) -> PromptEnded:
        call = self._call
        ended = await leg.speaker.say(
            prompt, urgent=urgent, started=lambda: call.publish("prompt.started", prompt=prompt.id)
        )
        if leg is call.a_leg:
            call.prompt_ended(prompt, ended)
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


async def _cancelled(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
