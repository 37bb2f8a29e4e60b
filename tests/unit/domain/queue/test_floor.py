"""Every act on the queues, and what is left of calls, agents and lines that go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.queue_simulation import Simulation
from ivr.domain.queue.agent import AgentState
from ivr.domain.queue.announcement import Standing
from ivr.domain.queue.floor import LOST_S, Floor
from ivr.domain.queue.place import PlaceState
from ivr.domain.queue.waiting_time import Handling
from tests.queue_rig import LEA, MARIE, NOW, PAUL, PLAN, at, floor, place


def connected(on: Floor, name: str = "a", wrap_up_s: float = 10.0) -> None:
    assert on.join(replace(place(name), wrap_up_s=wrap_up_s), NOW)
    assert [match.place_id for match in on.claim([name], at(1))] == [name]
    assert on.answered(name, at(5))


@pytest.mark.parametrize(("seed", "calls"), [(1, 250), (2, 250)])
def test_of_a_day_of_calls_none_is_lost_doubled_or_starved(seed: int, calls: int) -> None:
    """With hang-ups, agents who do not answer, pauses, lines that die and a book that is away."""
    day = Simulation(calls=calls, agents=8, seed=seed, gap_s=11).run()
    assert day.outcomes.total() == calls
    assert {"served", "hung up", "line died"} <= day.outcomes.keys()
    assert day.most_waiting > 5


def test_only_calls_that_are_asked_for_are_claimed_and_only_when_it_is_their_turn() -> None:
    on = floor(MARIE)
    on.join(place("first"), NOW)
    on.join(place("second", joined_s=1, owner="line-1"), NOW)
    assert on.claim(["second"], at(2)) == ()
    assert [match.agent_id for match in on.claim(["first"], at(2))] == [MARIE]
    assert on.claim(["second"], at(2)) == ()


def test_a_queue_takes_as_many_as_it_may_and_who_has_a_place_keeps_it() -> None:
    on = floor()
    assert all(on.join(place(name), NOW) for name in "abc")
    assert not on.join(place("d"), NOW)
    assert on.join(place("a"), at(1))
    assert not on.join(place("e", "gone"), NOW)
    # Who was moved on makes room.
    on.places["a"] = place("a", joined_s=-400)
    assert on.join(place("d"), NOW)


def test_an_agent_who_does_not_answer_is_left_alone_and_the_call_goes_to_the_next() -> None:
    on = floor(MARIE, PAUL)
    on.join(place("a"), NOW)
    on.claim(["a"], at(1))
    assert on.unanswered("a", at(21))
    assert on.agents[MARIE].state is AgentState.UNREACHABLE
    assert on.places["a"].joined_at == NOW
    assert [match.agent_id for match in on.claim(["a"], at(22))] == [PAUL]
    assert not on.unanswered("b", at(23))


def test_a_caller_who_hangs_up_leaves_no_ghost() -> None:
    on = floor(MARIE)
    on.join(place("a"), NOW)
    on.claim(["a"], at(1))
    assert on.end("a", at(2), talked=False)
    assert on.agents[MARIE].state is AgentState.READY
    assert not on.places
    assert not on.end("a", at(2), talked=False)


def test_after_the_talk_the_agent_wraps_up_and_it_is_measured() -> None:
    on = floor(MARIE)
    connected(on)
    on.end("a", at(65), talked=True)
    assert (on.agents[MARIE].state, on.agents[MARIE].until) == (AgentState.WRAP_UP, at(75))
    assert (on.handling["health"].mean_s, on.handling["health"].calls) == (70, 1)


def test_a_talk_that_the_book_was_never_told_of_is_one_all_the_same() -> None:
    on = floor(MARIE)
    on.join(replace(place("a"), wrap_up_s=10), NOW)
    on.claim(["a"], at(1))
    on.end("a", at(65), talked=True)
    assert on.agents[MARIE].state is AgentState.WRAP_UP


@pytest.mark.parametrize("answered", [False, True])
def test_what_a_line_that_died_has_left_goes_with_its_lease_and_its_agent_is_left_alone(answered: bool) -> None:
    on = floor(MARIE)
    on.join(place("a"), NOW)
    on.claim(["a"], at(1))
    if answered:
        on.answered("a", at(2))
    on.pass_time(at(29))
    assert on.places
    on.pass_time(at(30))
    assert not on.places
    assert on.agents[MARIE].state is (AgentState.WRAP_UP if answered else AgentState.UNREACHABLE)
    on.pass_time(at(30 + LOST_S))
    assert on.agents[MARIE].state is AgentState.READY


def test_a_line_keeps_what_it_names_and_loses_what_it_does_not() -> None:
    on = floor()
    for name, owner in (("a", "line-0"), ("b", "line-0"), ("c", "line-1")):
        on.join(place(name, owner=owner), NOW)
    on.keep("line-0", [place("a")], at(20))
    assert on.places.keys() == {"a", "c"}
    on.pass_time(at(40))
    assert on.places.keys() == {"a"}


def test_what_was_taken_for_a_ghost_has_its_place_again() -> None:
    on = floor(MARIE)
    connected(on)
    talking = on.places["a"]
    on.join(place("b", joined_s=3), at(3))
    on.pass_time(at(100))
    assert not on.places
    on.keep("line-0", [talking, place("b", joined_s=3)], at(100))
    assert (on.places["a"].state, on.agents[MARIE].state) == (PlaceState.CONNECTED, AgentState.TALKING)
    assert on.places["b"].joined_at == at(3)


def test_of_an_agent_who_has_another_call_by_now_the_old_one_stands_nowhere() -> None:
    on = floor(MARIE)
    connected(on)
    talking = on.places["a"]
    on.pass_time(at(100))
    on.pass_time(at(200))
    on.join(place("b", joined_s=200), at(200))
    on.claim(["b"], at(201))
    on.keep("line-0", [talking, on.places["b"]], at(202))
    assert on.places.keys() == {"b"}
    assert on.agents[MARIE].place_id == "b"


def test_what_the_line_knows_better_is_put_right() -> None:
    on = floor(MARIE, PAUL)
    on.join(place("a"), NOW)
    on.join(place("b"), NOW)
    on.claim(["a", "b"], at(1))
    on.keep("line-0", [on.places["a"].answer(), place("b")], at(2))
    assert on.places["a"].state is PlaceState.CONNECTED
    assert on.places["b"].state is PlaceState.WAITING
    assert sorted(agent.state.name for agent in on.agents.values()) == ["PAUSED", "READY", "TALKING"]


def test_where_each_stands_and_how_long_it_may_take() -> None:
    on = floor(MARIE, PAUL, LEA)
    on.handling["health"] = Handling("health", 60.0, 3)
    for name, joined in (("a", 0.0), ("b", 1.0)):
        on.join(place(name, joined_s=joined), at(2))
    on.join(place("c", "provident", joined_s=1), at(2))
    assert on.standings(at(2)) == {"a": Standing(1, 30.0), "b": Standing(2, 60.0), "c": Standing(1)}
    assert on.standings(at(900))["a"].over


def test_pausing_and_coming_back_are_kept() -> None:
    on = floor(MARIE)
    assert on.pause(MARIE, "lunch", at(1)).pause == "lunch"
    assert on.claim(["a"], at(2)) == ()
    assert on.resume(MARIE, at(3)).state is AgentState.READY
    assert on.agents[MARIE].idle_since == at(3)


def test_an_agent_who_is_configured_no_more_is_given_nothing() -> None:
    on = floor(MARIE)
    on.plan = replace(PLAN, agents={PAUL: PLAN.agents[PAUL]})
    on.join(place("a"), NOW)
    assert on.claim(["a"], at(1)) == ()
    assert on.standings(at(1)) == {"a": Standing(1)}
