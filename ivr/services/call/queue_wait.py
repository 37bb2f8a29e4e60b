"""A caller waits in a queue: music, where they stand, and the agents who are called for them, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from ivr.domain.queue.announcement import ENDED, FULL, announced, announcement_due
from ivr.domain.queue.place import PlaceState
from ivr.domain.queue.queue import AgentProfile
from ivr.services.call.announcer import Announcer
from ivr.services.call.context import LiveCall
from ivr.services.call.leg import CallLeg
from ivr.services.queue.desk import QueueDesk, Ticket

_LOOKS_S: Final = 1.0
#: A line that has no room for the agent's leg is asked again after this.
_NO_ROOM_S: Final = 2.0
#: Calls a SIP URI; returns its leg once the agent has answered and was told, None when that did not come about.
Ring = Callable[[str], Awaitable[CallLeg | None]]


class QueueWait:
    """One per wait. Whatever ends it, `leave` must follow: nobody stays in a queue whose call is over."""

    def __init__(self, call: LiveCall, announcer: Announcer, desk: QueueDesk, queue: str) -> None:
        self._call = call
        self._announcer = announcer
        self._desk = desk
        self._queue = queue
        self._asked = False
        self._announcing: asyncio.Task[None] | None = None
        #: What the caller is told who was not given to anybody.
        self.why_not = ""

    async def for_agent(self, ring: Ring) -> CallLeg | None:
        """Wait until an agent has answered, and return their leg; None when nobody will, and `why_not` says why."""
        call = self._call
        self._asked = True
        try:
            ticket = await self._desk.join(call.id, self._queue, wrap_up_s=call.program.wrap_up_s)
        except Exception as error:
            call.publish("queue.failed", what=type(error).__name__)
            self.why_not = call.program.prompts.agent_unavailable
            return None
        if ticket is None:
            call.publish("queue.full", queue=self._queue)
            self.why_not = FULL
            return None
        call.publish("queue.joined", queue=self._queue)
        self._announcing = asyncio.create_task(self._announce(ticket), name=f"announcements of {call.id}")
        while (agent := await ticket.given()) is not None:
            leg = await self._called(ticket, agent, ring)
            if leg is not None:
                self._silence()
                return leg
        call.publish("queue.over", queue=self._queue)
        self.why_not = ENDED
        return None

    async def _called(self, ticket: Ticket, agent: AgentProfile, ring: Ring) -> CallLeg | None:
        """Call the agent at each of their addresses in turn. The book's answer is not waited for by the two."""
        call = self._call
        for uri in agent.uris:
            if not self._room():
                call.publish("queue.no_room", agent=agent.id)
                await asyncio.sleep(_NO_ROOM_S)
                self._desk.give_back(ticket)
                return None
            leg = await ring(uri)
            if leg is not None:
                call.agent = agent.id
                self._desk.answered(ticket)
                return leg
            # The slot of the leg that is gone is kept for the next one.
            call.agent_leg_id = call.deps.new_id()
            call.deps.line.reserve(call.agent_leg_id)
        call.publish("agent.unanswered", agent=agent.id)
        await self._desk.unanswered(ticket)
        return None

    def _room(self) -> bool:
        """Whether the line has room for an agent's leg: the first was kept from the start, each other is asked for."""
        call = self._call
        if not call.agent_leg_id:
            call.agent_leg_id = call.deps.new_id()
        return call.deps.line.reserve(call.agent_leg_id)

    def leave(self) -> None:
        """The call waits and talks no more. At once for this line; the book is told until it knows."""
        self._silence()
        if self._asked:
            self._asked = False
            talked = self._desk.forget(self._call.id)
            self._call.writes.add("leave the queue", lambda: self._desk.leave(self._call.id, talked=talked))

    def _silence(self) -> None:
        """An announcement gives way to the agent at once, wherever it is."""
        if self._announcing is not None and not self._announcing.done():
            self._announcing.cancel()

    async def _announce(self, ticket: Ticket) -> None:
        queue = self._desk.plan.queues[self._queue]
        last_s: float | None = None
        began = self._call.deps.clock.monotonic()
        while True:
            await asyncio.sleep(_LOOKS_S)
            waited_s = self._call.deps.clock.monotonic() - began
            if ticket.standing is None or ticket.place.state is not PlaceState.WAITING:
                continue
            if not announcement_due(queue, waited_s, last_s):
                continue
            last_s = waited_s
            try:
                for prompt_id in announced(ticket.standing):
                    await self._announcer.interject(prompt_id, urgent=False)
            except Exception as error:
                # Whoever waits is served without being told where they stand.
                self._call.publish("queue.unannounced", what=type(error).__name__)
                return
