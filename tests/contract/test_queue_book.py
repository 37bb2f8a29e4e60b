"""QueueBook: the fake, SQLite and PostgreSQL; of two lines that ask at once each agent and each call is given once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from ivr.domain.queue.agent import AgentState
from ivr.domain.queue.announcement import Standing
from ivr.domain.queue.floor import Plan
from ivr.domain.queue.place import LEASE, Place, PlaceState
from ivr.domain.queue.queue import AgentProfile, Queue
from ivr.services.ports.queue import QueueBook
from ivr.storage.database import Database
from ivr.storage.queues import SqlQueueBook
from tests.databases import KINDS
from tests.fakes.queue import FakeQueueBook
from tests.queue_rig import MARIE, NOW, PAUL, PLAN, at, place

Open = Callable[[str], Database]


@pytest.fixture(params=["fake", *KINDS])
def book(request: pytest.FixtureRequest, open_database: Open) -> QueueBook:
    if request.param == "fake":
        return FakeQueueBook(PLAN, NOW)
    return SqlQueueBook(open_database(request.param), PLAN)


def waits(book: QueueBook, *names: str, seconds: float = 0.0) -> list[Place]:
    places = [place(name, joined_s=seconds) for name in names]
    assert all(book.join(one, at(seconds)) for one in places)
    return places


def test_a_call_is_given_to_an_agent_who_answers_talks_and_wraps_up(book: QueueBook) -> None:
    book.resume(MARIE, NOW)
    one = replace(place("a"), wrap_up_s=20)
    assert book.join(one, NOW)
    turn = book.turn("line-0", [one], at(1), renew=False)
    assert turn.claims == {"a": MARIE}
    ringing = book.floor(at(2))
    assert (ringing.places["a"].state, ringing.agents[MARIE].state) == (PlaceState.CLAIMED, AgentState.RINGING)
    talking = one.claim(MARIE).answer()
    assert book.turn("line-0", [talking], at(3), renew=True).claims == {}
    kept = book.floor(at(3))
    assert (kept.places["a"].state, kept.agents[MARIE].state) == (PlaceState.CONNECTED, AgentState.TALKING)
    assert kept.places["a"].lease_until == at(3) + LEASE
    book.turn("line-0", [talking], at(32), renew=True)
    assert book.leave("a", at(60), talked=True)
    ended = book.floor(at(61))
    assert ended.places == {}
    assert (ended.agents[MARIE].state, ended.agents[MARIE].until) == (AgentState.WRAP_UP, at(80))
    assert ended.handling["health"].mean_s == 77
    assert book.floor(at(80)).agents[MARIE].state is AgentState.READY
    assert not book.leave("a", at(61), talked=True)


def test_who_did_not_answer_is_unreachable_and_the_call_keeps_its_place(book: QueueBook) -> None:
    book.resume(MARIE, NOW)
    (one,) = waits(book, "a")
    book.turn("line-0", [one], at(1), renew=False)
    assert book.unanswered("a", at(21))
    assert not book.unanswered("a", at(21))
    found = book.floor(at(22))
    assert found.places["a"] == replace(one, lease_until=NOW + LEASE)
    assert found.agents[MARIE].state is AgentState.UNREACHABLE
    book.resume(PAUL, at(22))
    assert book.turn("line-0", [one], at(23), renew=False).claims == {"a": PAUL}


def test_where_calls_stand_is_told_to_their_line(book: QueueBook) -> None:
    first, second = waits(book, "a", "b")
    other = place("c", joined_s=1, owner="line-1")
    book.join(other, at(1))
    assert book.turn("line-0", [first, second], at(2), renew=False).standings == {"a": Standing(1), "b": Standing(2)}
    assert book.turn("line-1", [other], at(2), renew=True).standings == {"c": Standing(3)}
    assert not book.join(place("d"), at(2))


def test_a_line_that_dies_leaves_nothing_and_what_it_forgets_goes_at_its_turn(book: QueueBook) -> None:
    book.resume(MARIE, NOW)
    first, second = waits(book, "a", "b")
    book.turn("line-0", [first, second], at(1), renew=False)
    assert book.turn("line-0", [second], at(2), renew=True).claims == {"b": MARIE}
    assert book.floor(at(3)).places.keys() == {"b"}
    assert book.floor(at(3)).agents[MARIE].place_id == "b"
    assert book.floor(at(2) + LEASE).places == {}


def test_a_pause_during_a_call_waits_for_its_end(book: QueueBook) -> None:
    assert book.resume(MARIE, NOW).state is AgentState.READY
    (one,) = waits(book, "a")
    book.turn("line-0", [one], at(1), renew=False)
    assert book.pause(MARIE, "lunch", at(2)).next_pause == "lunch"
    book.leave("a", at(3), talked=False)
    agent = book.floor(at(4)).agents[MARIE]
    assert (agent.state, agent.pause, agent.place_id) == (AgentState.PAUSED, "lunch", "")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_survives_whoever_wrote_it(kind: str, open_database: Open) -> None:
    database = open_database(kind)
    first = SqlQueueBook(database, PLAN)
    first.resume(MARIE, NOW)
    (one,) = waits(first, "a")
    first.turn("line-0", [one], at(1), renew=True)
    before, after = first.floor(at(2)), SqlQueueBook(database, PLAN).floor(at(2))
    assert (before.places, before.agents, before.handling) == (after.places, after.agents, after.handling)


@pytest.mark.parametrize("kind", KINDS)
def test_an_act_that_fails_changes_nothing(kind: str, open_database: Open) -> None:
    book = SqlQueueBook(open_database(kind), PLAN)
    waits(book, "a")
    with pytest.raises(KeyError):
        book.pause("nobody", "lunch", at(1))
    assert book.floor(at(1)).places.keys() == {"a"}


@pytest.mark.parametrize("kind", KINDS)
def test_of_lines_that_ask_at_once_no_two_get_the_same_call_or_the_same_agent(kind: str, open_database: Open) -> None:
    """Four lines with five calls each ask for ten agents until all are given, each from its own thread."""
    agents = {f"agent-{n}": AgentProfile(f"agent-{n}", frozenset(), ()) for n in range(10)}
    plan = Plan({"all": Queue("all")}, agents)
    database = open_database(kind)
    book = SqlQueueBook(database, plan)
    for agent_id in agents:
        book.resume(agent_id, NOW)
    lines = {f"line-{n}": [place(f"call-{n}-{m}", "all", m / 10, f"line-{n}") for m in range(5)] for n in range(4)}
    for places in lines.values():
        for one in places:
            assert book.join(one, at(1))

    def claims(owner: str) -> list[tuple[str, str]]:
        mine, places = SqlQueueBook(database, plan), list(lines[owner])
        found: list[tuple[str, str]] = []
        for second in range(6):
            turn = mine.turn(owner, places, at(2 + second), renew=second % 2 == 0)
            found += turn.claims.items()
            places = [one.claim(turn.claims[one.id]) if one.id in turn.claims else one for one in places]
        return found

    with ThreadPoolExecutor(4) as threads:
        given_to = [pair for found in threads.map(claims, lines) for pair in found]
    assert Counter(call for call, _ in given_to).most_common(1)[0][1] == 1
    assert sorted(agent for _, agent in given_to) == sorted(agents)
    # By rank: the first two or three of each line.
    assert {call for call, _ in given_to} <= {f"call-{n}-{m}" for n in range(4) for m in range(3)}
    kept = book.floor(at(9))
    assert {one.id: one.agent_id for one in kept.places.values() if one.agent_id} == dict(given_to)
