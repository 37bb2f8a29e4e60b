"""The queues as one line sees them: its calls, whose turn it is, and where the others stand.

All lines of all nodes look into the same book. What one of them cannot write while the book is away, it writes at its
next turn, from what it knows of its calls; what a line that died has left lapses with its lease.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from ivr.domain.queue.announcement import Standing
from ivr.domain.queue.floor import Plan
from ivr.domain.queue.place import Place, PlaceState
from ivr.domain.queue.queue import AgentProfile, need_at
from ivr.domain.queue.turn import Turn
from ivr.services.event_wait import is_set_within
from ivr.services.ports.queue import QueueBook
from ivr.services.ports.runtime import Clock, LiveFeed, SerialExecutor

T = TypeVar("T")
#: How soon a line sees that an agent has become free elsewhere.
POLL_S: Final = 0.5
#: How often it renews what it has, in the book; a third of what the lease gives it.
RENEW: Final = timedelta(seconds=10)


@dataclass(eq=False)
class Ticket:
    """One call of this line that stands in the book, who was given to it, and where it stood last."""

    place: Place
    agent: AgentProfile | None = None
    standing: Standing | None = None
    over: bool = False

    def __post_init__(self) -> None:
        self._news = asyncio.Event()

    async def given(self) -> AgentProfile | None:
        """Wait for the agent whose turn it is; None once the call has waited as long as it may."""
        while self.agent is None and not self.over:
            self._news.clear()
            await self._news.wait()
        return self.agent

    def tell(self) -> None:
        self._news.set()


class QueueDesk:
    """One per line. `run` serves until cancelled."""

    def __init__(
        self,
        book: QueueBook,
        plan: Plan,
        *,
        owner: str,
        clock: Clock,
        executor: SerialExecutor,
        feed: LiveFeed,
        poll_s: float = POLL_S,
    ) -> None:
        self.plan = plan
        self._book = book
        self._owner = owner
        self._clock = clock
        self._executor = executor
        self._feed = feed
        self._poll_s = poll_s
        self._tickets: dict[str, Ticket] = {}
        self._hurry = asyncio.Event()
        # Between what is asked of the book and what is noted of the answer nothing else is asked.
        self._turn = asyncio.Lock()
        self._renewed_at = clock.now() - RENEW
        self._away = False
        #: The book does not know yet what has become of one of the calls.
        self._owes = False

    async def run(self) -> None:
        while True:
            await self._hurry.wait()
            while self._tickets:
                self._hurry.clear()
                await self._turn_safely()
                await is_set_within(self._hurry, self._pause_s())
            self._hurry.clear()

    def _pause_s(self) -> float:
        """Until the next turn: soon while somebody waits, else when what talks must be renewed."""
        waits = any(ticket.place.state is PlaceState.WAITING for ticket in self._tickets.values())
        return self._poll_s if waits else RENEW.total_seconds()

    async def turn(self) -> None:
        """Ask whose turn it is. While the book is away callers go on waiting, for as long as their queue allows."""
        async with self._turn:
            now = self._clock.now()
            places = [ticket.place for ticket in self._tickets.values()]
            renew = self._owes or now - self._renewed_at >= RENEW
            self._owes = False
            try:
                seen = await self._ask(lambda: self._book.turn(self._owner, places, now, renew=renew))
            except Exception as error:
                self._failed(error)
                self._owes = True
                self._wait_over(places)
                return
            self._away = False
            if renew:
                self._renewed_at = now
            self._note(seen)

    async def _turn_safely(self) -> None:
        """Whatever fails in one turn, the next one comes: nobody waits because of a fault of ours."""
        try:
            await self.turn()
        except Exception as error:
            self._failed(error)
            self._owes = True

    async def join(self, place_id: str, queue: str, *, wrap_up_s: float) -> Ticket | None:
        """Let a call wait; None when its queue is full. Raises HostError when the book cannot be asked."""
        async with self._turn:
            now = self._clock.now()
            priority = self.plan.queues[queue].priority
            place = Place(place_id, queue, now, self._owner, now, priority=priority, wrap_up_s=wrap_up_s)
            if not await self._ask(lambda: self._book.join(place, now)):
                return None
            ticket = self._tickets[place_id] = Ticket(place)
        self._hurry.set()
        return ticket

    def answered(self, ticket: Ticket) -> None:
        """The agent has answered. Nobody waits for the book to learn it, which it does at the next turn."""
        ticket.place = ticket.place.answer()
        self._renew_soon()

    async def unanswered(self, ticket: Ticket) -> None:
        """The agent did not answer; the call keeps its place, and waits for another."""
        async with self._turn:
            try:
                await self._ask(lambda: self._book.unanswered(ticket.place.id, self._clock.now()))
            except Exception as error:
                self._failed(error)
            self.give_back(ticket)

    def give_back(self, ticket: Ticket) -> None:
        """The agent could not be called, which is no fault of theirs: the next turn frees them."""
        ticket.place, ticket.agent = ticket.place.back(), None
        self._renew_soon()

    def forget(self, place_id: str) -> bool:
        """The call is nobody's any more, from this moment on; `leave` tells the book. Whether the two have talked."""
        ticket = self._tickets.pop(place_id, None)
        return ticket is not None and ticket.place.state is PlaceState.CONNECTED

    async def leave(self, place_id: str, *, talked: bool) -> None:
        """Tell the book that the call waits or talks no more. Raises HostError when it is away: the lease ends it."""
        async with self._turn:
            await self._ask(lambda: self._book.leave(place_id, self._clock.now(), talked=talked))
        self._hurry.set()

    def _renew_soon(self) -> None:
        self._owes = True
        self._hurry.set()

    def _failed(self, error: Exception) -> None:
        """Told once, until the book answers again. A foreign exception's text may hold anything; its kind does not."""
        if not self._away:
            self._feed.publish("queue.failed", what=type(error).__name__)
        self._away = True

    async def _ask(self, act: Callable[[], T]) -> T:
        return await self._executor.run(act)

    def _note(self, seen: Turn) -> None:
        for place_id, agent_id in seen.claims.items():
            ticket = self._tickets.get(place_id)
            # Who has left meanwhile is missing at the next turn, which frees the agent.
            if ticket is None:
                self._renew_soon()
            else:
                ticket.place = ticket.place.claim(agent_id)
                ticket.agent = self.plan.agents[agent_id]
                ticket.tell()
        for place_id, standing in seen.standings.items():
            if (ticket := self._tickets.get(place_id)) is not None:
                ticket.standing = standing
                ticket.over = ticket.over or standing.over
                if ticket.over:
                    ticket.tell()

    def _wait_over(self, places: list[Place]) -> None:
        now = self._clock.now()
        for place in places:
            ticket = self._tickets.get(place.id)
            if ticket is not None and need_at(place.queue, place.joined_at, self.plan.queues, now).over:
                ticket.over = True
                ticket.tell()
