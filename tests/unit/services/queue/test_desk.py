"""The queues as one line sees them, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from ivr.domain.queue.agent import AgentState
from ivr.domain.queue.announcement import Standing
from ivr.domain.queue.place import LEASE, PlaceState
from ivr.errors import HostError
from ivr.services.queue.desk import RENEW, QueueDesk, Ticket
from tests.fakes.queue import FakeQueueBook
from tests.fakes.runtime import InlineExecutor, ListFeed
from tests.fakes.vault import TickingClock
from tests.fakes.virtual_time import run_virtual
from tests.queue_rig import MARIE, PAUL, PLAN


class House:
    """A book, and desks of lines that look into it."""

    def __init__(self) -> None:
        self.clock = TickingClock(on_loop=True)
        self.book = FakeQueueBook(PLAN, self.clock.now())
        self.feed = ListFeed()
        self.serving: list[asyncio.Task[None]] = []

    def desk(self, owner: str = "line-0") -> QueueDesk:
        desk = QueueDesk(self.book, PLAN, owner=owner, clock=self.clock, executor=InlineExecutor(), feed=self.feed)
        self.serving.append(asyncio.create_task(desk.run()))
        return desk

    def ready(self, agent_id: str = MARIE) -> None:
        self.book.resume(agent_id, self.clock.now())

    def state(self, agent_id: str = MARIE) -> AgentState:
        return self.book.floor(self.clock.now()).agents[agent_id].state

    async def waits(self, desk: QueueDesk, name: str, queue: str = "health", wrap_up_s: float = 0.0) -> Ticket:
        ticket = await desk.join(name, queue, wrap_up_s=wrap_up_s)
        assert ticket is not None
        return ticket


def play(scene: Callable[[House], Awaitable[None]]) -> None:
    async def whole() -> None:
        house = House()
        try:
            await scene(house)
        finally:
            for task in house.serving:
                task.cancel()
            await asyncio.gather(*house.serving, return_exceptions=True)

    run_virtual(whole(), limit_s=7200)


def test_an_agent_who_becomes_free_is_given_within_a_poll_whatever_line_waits() -> None:
    async def scene(house: House) -> None:
        desk, other = house.desk(), house.desk("line-1")
        first, second = await house.waits(desk, "a"), await house.waits(other, "b")
        await asyncio.sleep(5)
        assert second.standing == Standing(2)
        house.ready()
        began = asyncio.get_running_loop().time()
        agent = await first.given()
        assert agent == PLAN.agents[MARIE]
        assert asyncio.get_running_loop().time() - began <= 0.5
        assert second.agent is None

    play(scene)


def test_who_did_not_answer_is_unreachable_and_the_next_agent_is_given() -> None:
    async def scene(house: House) -> None:
        desk = house.desk()
        house.ready()
        ticket = await house.waits(desk, "a")
        await ticket.given()
        joined = ticket.place.joined_at
        await desk.unanswered(ticket)
        assert (house.state(), ticket.agent) == (AgentState.UNREACHABLE, None)
        house.ready(PAUL)
        agent = await ticket.given()
        assert agent is not None
        assert agent.id == PAUL
        assert ticket.place.joined_at == joined

    play(scene)


def test_what_talks_is_renewed_and_ends_with_wrap_up() -> None:
    async def scene(house: House) -> None:
        desk = house.desk()
        house.ready()
        ticket = await house.waits(desk, "a", wrap_up_s=30)
        await ticket.given()
        desk.answered(ticket)
        await asyncio.sleep(10 * LEASE.total_seconds())
        assert house.state() is AgentState.TALKING
        assert desk.forget("a")
        await desk.leave("a", talked=True)
        assert house.state() is AgentState.WRAP_UP

    play(scene)


def test_a_call_that_ends_in_the_moment_it_is_given_sets_its_agent_free() -> None:
    async def scene(house: House) -> None:
        desk = house.desk()
        house.ready()
        await house.waits(desk, "a")
        other = await house.waits(desk, "b", "provident")
        assert not desk.forget("a")
        await desk.turn()
        await desk.leave("a", talked=False)
        await asyncio.sleep(1)
        assert house.state() is AgentState.READY
        assert house.book.floor(house.clock.now()).places.keys() == {other.place.id}

    play(scene)


def test_an_agent_who_could_not_be_called_is_ready_for_others() -> None:
    async def scene(house: House) -> None:
        desk = house.desk()
        house.ready()
        ticket = await house.waits(desk, "a")
        await ticket.given()
        desk.give_back(ticket)
        assert await ticket.given() == PLAN.agents[MARIE]
        assert house.state() is AgentState.RINGING

    play(scene)


def test_a_full_queue_and_a_book_that_is_away_let_nobody_in() -> None:
    async def scene(house: House) -> None:
        desk = house.desk()
        for name in "abc":
            await house.waits(desk, name)
        assert await desk.join("d", "health", wrap_up_s=0) is None
        house.book.away = True
        with pytest.raises(HostError):
            await desk.join("e", "provident", wrap_up_s=0)

    play(scene)


def test_while_the_book_is_away_callers_wait_and_keep_their_place() -> None:
    async def scene(house: House) -> None:
        desk = house.desk()
        house.ready()
        talking, waiting = await house.waits(desk, "a"), await house.waits(desk, "b")
        await talking.given()
        house.book.away = True
        desk.answered(talking)
        await asyncio.sleep(100)
        assert [item["what"] for item in house.feed.of("queue.failed")] == ["HostError"]
        house.book.away = False
        await asyncio.sleep(1)
        floor = house.book.floor(house.clock.now())
        assert floor.places["a"].state is PlaceState.CONNECTED
        assert floor.places["b"].joined_at == waiting.place.joined_at
        assert house.state() is AgentState.TALKING

    play(scene)


def test_a_wait_ends_where_its_queue_says_with_the_book_or_without() -> None:
    async def scene(house: House) -> None:
        desk = house.desk()
        ticket = await house.waits(desk, "a")
        began = asyncio.get_running_loop().time()
        assert await ticket.given() is None
        assert asyncio.get_running_loop().time() - began == pytest.approx(900, abs=1)
        other = await house.waits(desk, "b")
        house.book.away = True
        assert await other.given() is None

    play(scene)


def test_a_turn_that_fails_for_a_fault_of_ours_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(house: House) -> None:
        desk = house.desk()
        ticket = await house.waits(desk, "a")
        whole, failing = desk.turn, [True]

        async def turn() -> None:
            if failing.pop():
                failing.append(False)
                raise ValueError("06 12 34 56 78")
            failing.append(False)
            await whole()

        monkeypatch.setattr(desk, "turn", turn)
        house.ready()
        assert await ticket.given() == PLAN.agents[MARIE]
        assert house.feed.events == [{"kind": "queue.failed", "call_id": "", "what": "ValueError"}]

    play(scene)


def test_a_line_that_has_no_call_asks_nothing() -> None:
    async def scene(house: House) -> None:
        house.desk()
        await asyncio.sleep(60)
        assert house.feed.events == []
        assert RENEW < LEASE

    play(scene)
