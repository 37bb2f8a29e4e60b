"""Callers wait in a queue for an agent: what they hear, what is stored, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from ivr.domain.queue.agent import AgentState
from ivr.services.queue.desk import QueueDesk
from tests.fakes.exchange import Exchange, play
from tests.fakes.line import answers, busy, no_answer
from tests.fakes.queue import FakeQueueBook
from tests.fakes.runtime import InlineExecutor
from tests.queue_rig import MARIE, PAUL, PLAN

MARIE_AT, MARIE_MOBILE = PLAN.agents[MARIE].uris
(PAUL_AT,) = PLAN.agents[PAUL].uris
QUEUED: dict[str, object] = {"queue": "health", "wrap_up_s": 10.0}


class House(Exchange):
    """An exchange with queues."""

    def __post_init__(self) -> None:
        super().__post_init__()
        clock = self.deps.clock
        self.book = FakeQueueBook(PLAN, clock.now())
        self.desk = QueueDesk(self.book, PLAN, owner="line-0", clock=clock, executor=InlineExecutor(), feed=self.feed)
        object.__setattr__(self.deps, "queues", self.desk)
        self.line.parties |= {MARIE_AT: answers(2), PAUL_AT: answers(2)}
        self._queueing = asyncio.create_task(self.desk.run())

    async def close(self) -> None:
        await super().close()
        self._queueing.cancel()
        await asyncio.gather(self._queueing, return_exceptions=True)

    def ready(self, agent_id: str = MARIE) -> None:
        self.book.resume(agent_id, self.deps.clock.now())

    def state(self, agent_id: str = MARIE) -> AgentState:
        return self.book.floor(self.deps.clock.now()).agents[agent_id].state

    def places(self) -> list[str]:
        return list(self.book.floor(self.deps.clock.now()).places)

    @property
    def called(self) -> list[object]:
        return [command[2] for command in self.commands("place")]


def scene(folder: Path, acts: Callable[[House], Coroutine[Any, Any, None]], **made: Any) -> None:
    play(folder, acts, changes=QUEUED, kind=House, limit_s=1800, **made)


def test_a_caller_waits_is_given_an_agent_and_only_the_conversation_is_stored(tmp_path: Path) -> None:
    async def acts(x: House) -> None:
        x.ring((4000, 5000), (22_000, 23_000))
        await x.until("queue.joined")
        assert x.call.waiting_for_agent
        await x.media(12_000)
        assert x.written == []
        x.ready()
        leg = await x.agent_speaks((6000, 8000))
        await x.until("agent.bridged")
        bridged_ms = x.call.media_ms
        await x.media(30_000)
        assert x.state() is AgentState.TALKING
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (row.agent, row.ended_by, row.recording_state) == (MARIE, "caller", "SEALED")
        assert bridged_ms <= min(x.written) <= bridged_ms + 120
        assert x.recording.gaps == []
        assert x.places() == []
        assert x.state() is AgentState.WRAP_UP
        assert x.line.free_legs == x.line.capacity
        assert x.commands("bridge") == [("bridge", "a", leg)]

    scene(tmp_path, acts)


def test_capture_waits_for_the_agent_as_on_hold(tmp_path: Path) -> None:
    async def acts(x: House) -> None:
        x.ring((4000, 5000))
        await x.until("queue.joined")
        await x.media(20_000)
        assert [item["verdict"] for item in x.feed.of("policy.capture")][-1] == "PAUSE"
        assert x.feed.of("policy.capture")[-1]["rules"][0] == "REC-023"  # type: ignore[index]
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "WITHHELD"
        assert x.written == []

    scene(tmp_path, acts)


def test_an_agent_who_does_not_answer_is_unreachable_and_the_next_has_the_call(tmp_path: Path) -> None:
    async def acts(x: House) -> None:
        x.line.parties |= {MARIE_AT: no_answer(), MARIE_MOBILE: busy()}
        x.ready()
        x.ring((60_000, 61_000))
        await x.until("agent.unanswered")
        assert x.state() is AgentState.UNREACHABLE
        assert x.places() == [x.call.id]
        assert x.called == [MARIE_AT, MARIE_MOBILE]
        x.ready(PAUL)
        await x.until("agent.bridged")
        assert x.called[-1] == PAUL_AT
        assert x.call.agent == PAUL
        await x.media(70_000)
        b_leg = x.call.b_leg
        assert b_leg is not None
        x.line.peer_hangs_up(b_leg.id)
        row = await x.over()
        assert (row.agent, row.ended_by) == (PAUL, "agent")
        assert x.said[-1] == "goodbye"
        assert x.state(PAUL) is AgentState.WRAP_UP
        assert x.line.free_legs == x.line.capacity

    scene(tmp_path, acts)


def test_an_agent_who_hangs_up_during_their_notice_is_heard_by_nobody_and_the_next_one_is(tmp_path: Path) -> None:
    async def acts(x: House) -> None:
        x.ready()
        x.ring((30_000, 31_000))
        first = await x.agent_speaks((0, 4000))
        await x.until("leg.confirmed", party="agent")
        await asyncio.sleep(1)
        x.line.parties[MARIE_MOBILE] = busy()
        x.line.peer_hangs_up(first)
        await x.until("agent.unanswered")
        x.ready(PAUL)
        await x.until("agent.bridged")
        second = x.call.b_leg
        assert second is not None
        assert second.id != first
        assert [item["party"] for item in x.feed.of("disclosure.completed")] == ["caller", "agent"]
        bridged_ms = x.call.media_ms
        await x.media(40_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "SEALED"
        assert min(x.written) >= bridged_ms

    scene(tmp_path, acts)


def test_an_announcement_never_holds_the_bridge_up(tmp_path: Path) -> None:
    """The sentence that tells the place lasts a minute; the agent answers while it is being said."""

    async def acts(x: House) -> None:
        x.ring()
        await x.until("prompt.started", prompt="queue-place-1")
        x.ready()
        began = asyncio.get_running_loop().time()
        await x.until("agent.bridged")
        # Half a second until the line sees it, two of ringing, two of the agent's notice.
        assert asyncio.get_running_loop().time() - began <= 0.5 + 2 + 2 + 0.1
        assert x.call.a_leg.prompt_queue.speaking is None
        x.line.peer_hangs_up("a")
        await x.over()

    scene(tmp_path, acts, durations_ms={"queue-place-1": 60_000})


def test_callers_hear_where_they_stand_now_and_then(tmp_path: Path) -> None:
    async def acts(x: House) -> None:
        x.ring()
        await x.until("queue.joined")
        await asyncio.sleep(150)
        assert x.said.count("queue-place-1") == 3
        x.line.peer_hangs_up("a")
        await x.over()

    scene(tmp_path, acts)


@pytest.mark.parametrize("during", ["music", "announcement"])
def test_an_objection_acts_while_waiting_and_the_wait_goes_on(tmp_path: Path, during: str) -> None:
    async def acts(x: House) -> None:
        x.ring((40_000, 41_000))
        await x.until("queue.joined")
        if during == "announcement":
            await x.until("prompt.started", prompt="queue-place-1")
        x.line.press("a", "9")
        await x.until("objection")
        assert x.call.capture.stopped
        x.ready()
        await x.until("agent.bridged")
        await x.media(50_000)
        x.line.peer_hangs_up("a")
        await x.over()
        assert x.written == []
        assert "objection-noted" in x.said

    scene(tmp_path, acts)


def test_a_caller_who_hangs_up_while_the_agent_rings_leaves_no_ghost(tmp_path: Path) -> None:
    async def acts(x: House) -> None:
        x.line.parties[MARIE_AT] = answers(15)
        x.ready()
        x.ring()
        await x.until("agent.calling")
        assert x.state() is AgentState.RINGING
        await asyncio.sleep(1)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.ended_by == "caller"
        assert x.places() == []
        assert x.state() is AgentState.READY
        assert x.line.free_legs == x.line.capacity

    scene(tmp_path, acts)


def test_two_callers_and_one_agent_who_serves_one_after_the_other(tmp_path: Path) -> None:
    async def acts(x: House) -> None:
        x.ready()
        x.ring(leg="a")
        await x.until("queue.joined")
        x.ring(leg="b")
        await x.until("queue.joined", 2)
        await x.until("agent.bridged")
        await asyncio.sleep(20)
        assert len(x.commands("bridge")) == 1
        x.line.peer_hangs_up("a")
        await x.until("call.reported")
        ended = asyncio.get_running_loop().time()
        await x.until("agent.bridged", 2)
        assert asyncio.get_running_loop().time() - ended >= 10, "wrap-up is the agent's own"
        x.line.peer_hangs_up("b")
        await x.over(2)
        assert x.places() == []

    scene(tmp_path, acts)


def test_whoever_waits_too_long_is_told_and_let_go(tmp_path: Path) -> None:
    async def acts(x: House) -> None:
        x.ring()
        await x.until("queue.over")
        row = await x.over()
        assert x.said[-1] == "queue-ended"
        assert (row.ended_by, x.places()) == ("engine", [])

    play(tmp_path, acts, changes={"queue": "short"}, kind=House)


def test_a_full_queue_is_told_politely(tmp_path: Path) -> None:
    async def acts(x: House) -> None:
        for name in ("x", "y", "z"):
            assert await x.desk.join(name, "health", wrap_up_s=0)
        x.ring()
        await x.over()
        assert x.said[-1] == "queue-full"
        assert len(x.places()) == 3

    scene(tmp_path, acts)


def test_without_its_book_a_caller_hears_that_nobody_can_be_reached(tmp_path: Path) -> None:
    async def acts(x: House) -> None:
        x.book.away = True
        x.ring()
        await x.until("queue.failed")
        x.book.away = False
        row = await x.over()
        assert x.said[-1] == "agent-unavailable"
        assert row.disposition == "ANSWERED"

    scene(tmp_path, acts)


def test_a_line_without_queues_says_goodbye_and_stores_nothing(tmp_path: Path) -> None:
    async def acts(x: Exchange) -> None:
        x.ring((3000, 4000))
        await x.over()
        assert x.said[-1] == "goodbye"
        assert x.written == []

    play(tmp_path, acts, changes=QUEUED)


def test_a_line_without_room_for_the_agent_keeps_the_place_until_there_is(tmp_path: Path) -> None:
    async def acts(x: House) -> None:
        x.line.parties |= {MARIE_AT: busy(), MARIE_MOBILE: busy()}
        x.ready()
        x.ring()
        await x.until("agent.calling")
        x.line._capacity = 1
        await x.until("queue.no_room")
        assert x.places() == [x.call.id]
        x.line._capacity = 4
        x.line.parties[MARIE_AT] = answers(1)
        await x.until("agent.bridged")
        x.line.peer_hangs_up("a")
        await x.over()

    scene(tmp_path, acts)


def test_announcements_that_have_no_sound_do_not_keep_anybody_from_being_served(tmp_path: Path) -> None:
    async def acts(x: House) -> None:
        whole = x.prompt_file

        def file(prompt: Any) -> Path:
            if prompt.id.startswith("queue-"):
                raise FileNotFoundError
            return whole(prompt)

        object.__setattr__(x.deps, "prompt_file", file)
        x.ring()
        await x.until("queue.unannounced")
        x.ready()
        await x.until("agent.bridged")
        x.line.peer_hangs_up("a")
        await x.over()

    scene(tmp_path, acts)
