"""The flow of a call, in order: the disclosure first, then a menu, a queue or an agent, then goodbye."""

from __future__ import annotations

import asyncio

from ivr.domain.call.leg import LegState
from ivr.domain.call.party import Direction, PartyRole
from ivr.domain.menu.menu import NodeKind
from ivr.errors import ConfigurationError
from ivr.services.call.announcer import Announcer
from ivr.services.call.context import LiveCall
from ivr.services.call.ending import Ending
from ivr.services.call.identification import Identification
from ivr.services.call.leg import CallLeg
from ivr.services.call.media_pump import MediaPump
from ivr.services.call.menu_visit import MenuVisit, Way
from ivr.services.call.objections import Objections
from ivr.services.call.queue_wait import QueueWait

_DISCLOSURE_TRIES = 3
_MENU_TRIES = 3


class CallFlow:
    """One per call. `run` takes the caller from the disclosure to goodbye; `Ending` cuts it short after the former."""

    def __init__(
        self,
        call: LiveCall,
        announcer: Announcer,
        ending: Ending,
        pump: MediaPump,
        objections: Objections,
        identification: Identification,
        menu: MenuVisit,
    ) -> None:
        self._call = call
        self._announcer = announcer
        self._ending = ending
        self._pump = pump
        self._objections = objections
        self._identification = identification
        self._visit = menu

    async def run(self) -> None:
        """Return when the call is being ended. When our own code fails the caller is not left in silence."""
        try:
            await self._follow()
        except Exception as error:
            self._ending.fault(error)
            if not self._ending.begun:
                self._ending.end(self._call.program.prompts.goodbye)

    async def _follow(self) -> None:
        call = self._call
        if not await self._disclose():
            return
        # Before, a closing sentence only interrupts what is said: how much of the disclosure was heard is evidence.
        self._ending.supersedes(asyncio.current_task())
        await self._objections.answered()
        await self._identification.run()
        if call.program.menu:
            await self._led(await self._visit.run())
            return
        if call.program.queue:
            await self._queued(call.program.queue)
            return
        if call.program.agent_uri:
            await self._with_agent()
            return
        await self._menu()
        await self._until_quiet()
        await self._farewell(call.program.prompts.goodbye)

    async def _disclose(self) -> bool:
        """Play the disclosure until it was heard to its end; False when it cannot be, and the call is over.

        When the caller objects meanwhile there is nothing left to disclose.
        """
        call, ending = self._call, self._ending
        prompt = call.prompt(call.program.prompts.disclosure)
        for _ in range(_DISCLOSURE_TRIES):
            ended = await self._announcer.say(call.a_leg, prompt)
            if ended.completed and not ending.begun and not call.capture.stopped:
                call.disclosed(PartyRole.CALLER, prompt, ended)
                self._objections.caller_informed()
                return True
            call.note_played(PartyRole.CALLER, prompt, ended)
            if ending.begun or call.capture.stopped:
                return not ending.begun
            if call.a_leg.gone.is_set():
                return False
        call.publish("disclosure.failed", prompt=prompt.id)
        ending.bye()
        return False

    async def _menu(self) -> None:
        """Say the menu to its end, or until the caller barges in; whatever else cut it short, it is said again."""
        for _ in range(_MENU_TRIES):
            if await self._announcer.menu():
                return
            await self._objections.answered()

    async def _led(self, way: Way | None) -> None:
        """Follow the way out of a menu. What leads to no queue of this line leads to the program's own agents."""
        call = self._call
        if way is None:
            return
        if way.kind is NodeKind.HANG_UP:
            await self._farewell("" if way.parted else call.program.prompts.goodbye)
        elif way.kind is NodeKind.QUEUE and self._has_queue(way.queue):
            await self._queued(way.queue)
        elif call.program.queue:
            await self._queued(call.program.queue)
        elif call.program.agent_uri:
            await self._with_agent()
        else:
            call.publish("agent.unavailable", sip_status=0)
            await self._farewell(call.program.prompts.agent_unavailable)

    def _has_queue(self, queue: str) -> bool:
        desk = self._call.deps.queues
        found = desk is not None and queue in desk.plan.queues
        if not found:
            self._call.publish("queue.failed", what="no such queue", queue=queue)
        return found

    async def _with_agent(self) -> None:
        call = self._call
        prompts = call.program.prompts
        call.queue()
        self._play_wait()
        b_leg = self._call_agent(call.program.agent_uri)
        connected = await b_leg.up_or_gone() and await self._inform_agent(b_leg)
        if not connected or b_leg.gone.is_set():
            call.a_leg.prompt_queue.stop_background()
            call.leave_queue()
            call.publish("agent.unavailable", sip_status=b_leg.end.sip_status if b_leg.end else 0)
            await self._farewell(prompts.agent_unavailable)
            return
        await self._talk(b_leg)
        await self._farewell(prompts.goodbye)

    async def _queued(self, queue: str) -> None:
        """Wait in a queue for an agent; whatever ends it, no place is left behind."""
        call, desk = self._call, self._call.deps.queues
        if desk is None:
            raise ConfigurationError("there is no queue here", key="queue", value=queue, remedy="see docs/queues.md")
        wait = QueueWait(call, self._announcer, desk, queue)
        try:
            call.queue()
            self._play_wait()
            b_leg = await wait.for_agent(self._ring)
            if b_leg is None:
                call.leave_queue()
                call.a_leg.prompt_queue.stop_background()
                await self._farewell(wait.why_not)
                return
            await self._talk(b_leg)
            wait.leave()
            await self._farewell(call.program.prompts.goodbye)
        finally:
            wait.leave()

    async def _ring(self, uri: str) -> CallLeg | None:
        """Call an agent; None when they do not answer, and nothing is left of their leg."""
        b_leg = self._call_agent(uri)
        if await b_leg.up_or_gone() and await self._inform_agent(b_leg) and not b_leg.gone.is_set():
            return b_leg
        self._call.deps.line.hangup(b_leg.id)
        await b_leg.gone.wait()
        self._pump.lose_agent()
        return None

    def _play_wait(self) -> None:
        call = self._call
        if call.program.prompts.wait_for_agent:
            call.a_leg.prompt_queue.start_background(call.prompt(call.program.prompts.wait_for_agent))

    async def _talk(self, b_leg: CallLeg) -> None:
        """Caller and agent talk until the agent has gone."""
        self._call.a_leg.prompt_queue.stop_background()
        self._bridge(b_leg)
        await b_leg.gone.wait()
        self._call.end_by("agent")
        self._ending.part()

    def _call_agent(self, uri: str) -> CallLeg:
        call = self._call
        leg_id = call.agent_leg_id or call.deps.new_id()
        leg = CallLeg(leg_id, PartyRole.AGENT, call.deps.line, call.deps.prompt_file, LegState.CALLING)
        call.b_leg = leg
        call.legs.began(leg.id, leg.role, Direction.OUTBOUND, uri, call.deps.clock.now())
        call.publish("agent.calling")
        call.deps.line.place(leg.id, uri, ring_timeout_s=call.program.agent_ring_timeout_s)
        return leg

    async def _inform_agent(self, leg: CallLeg) -> bool:
        """Tell the agent that the call is recorded (REC-014), before the caller can be heard."""
        call = self._call
        if call.program.listen_to_agent:
            self._pump.listen_to(PartyRole.AGENT)
        if call.capture.stopped:
            return not leg.gone.is_set()
        prompt = call.prompt(call.program.prompts.agent_disclosure)
        ended = await leg.prompt_queue.say(prompt)
        if ended.completed:
            call.disclosed(PartyRole.AGENT, prompt, ended)
        return ended.completed

    def _bridge(self, b_leg: CallLeg) -> None:
        """Let caller and agent hear each other from now on."""
        call = self._call
        call.deps.line.bridge(call.a_leg.id, b_leg.id)
        call.bridged = True
        call.leave_queue()
        call.waiting_for_agent = False
        call.publish("agent.bridged")
        call.reconsider()

    async def _until_quiet(self) -> None:
        """Stay with the caller until nothing has been said for a while; a held call is not a quiet one."""
        call = self._call
        quiet_since_ms = call.media_ms
        while call.media_ms - quiet_since_ms < call.deps.quiet_timeout_s * 1000:
            await asyncio.sleep(1.0)
            busy = call.a_leg.held or call.a_leg.prompt_queue.speaking is not None
            last_ms = call.media_ms if busy else max(call.hearing.last_speech_ms, call.last_prompt_end_ms)
            quiet_since_ms = max(quiet_since_ms, last_ms)

    async def _farewell(self, prompt_id: str) -> None:
        await self._announcer.interject(prompt_id, urgent=False)
        self._ending.bye()
