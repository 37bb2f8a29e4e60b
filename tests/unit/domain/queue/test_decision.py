"""Who is given to whom, and why."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.queue.agent import Agent, AgentState
from ivr.domain.queue.decision import Match, decide_next, why_it_waits
from ivr.domain.queue.floor import Floor
from ivr.domain.queue.place import Place
from ivr.domain.queue.queue import need_at
from tests.queue_rig import LEA, MARIE, NOW, PAUL, PLAN, at, floor, place


def decide(places: list[Place], on: Floor, seconds: float = 1.0) -> tuple[Match, ...]:
    return decide_next(places, on.agents.values(), PLAN.queues, PLAN.agents, at(seconds))


def waits(places: list[Place], found: tuple[Match, ...], seconds: float = 1.0) -> dict[str, str]:
    return dict(why_it_waits(places, found, PLAN.queues, PLAN.agents, at(seconds)))


def pairs(found: tuple[Match, ...]) -> list[tuple[str, str]]:
    return [(match.place_id, match.agent_id) for match in found]


def test_the_longest_idle_who_has_the_skills_takes_the_first_call() -> None:
    found = decide([place("b", joined_s=0.5), place("a")], floor(PAUL, MARIE))
    assert pairs(found) == [("a", PAUL), ("b", MARIE)]
    assert found[0].reasons == (
        "It is the first of those that agents of the queue health can take now.",
        "The agent has been idle longest of 2 who are ready and have its skills.",
    )


def test_a_call_that_nobody_ready_can_serve_does_not_stop_those_behind_it() -> None:
    places = [place("a", "provident"), place("b")]
    found = decide(places, floor(MARIE))
    assert pairs(found) == [("b", MARIE)]
    assert waits(places, found) == {"a": "No agent who has its skills is ready."}


def test_an_agent_in_any_other_state_is_passed_by() -> None:
    for state in set(AgentState) - {AgentState.READY}:
        on = floor(MARIE, PAUL)
        on.agents[MARIE] = replace(on.agents[MARIE], state=state)
        assert pairs(decide([place("a")], on)) == [("a", PAUL)]


def test_after_its_step_a_call_takes_anybody_who_works() -> None:
    assert pairs(decide([place("a")], floor(LEA), 119)) == []
    assert pairs(decide([place("a")], floor(LEA), 120)) == [("a", LEA)]


def test_whoever_has_waited_as_long_as_allowed_is_given_to_nobody() -> None:
    found = decide([place("a")], floor(MARIE), 900)
    assert pairs(found) == []
    assert waits([place("a")], found, 900) == {"a": "It has waited as long as its queue allows."}


def test_priority_goes_first() -> None:
    found = decide([place("a"), place("b", "provident", 60, priority=1)], floor(PAUL), 61)
    assert pairs(found) == [("b", PAUL)]


def test_skills_that_nobody_has_and_agents_of_no_plan_are_told() -> None:
    on = floor(MARIE)
    stranger = Agent.new("stranger", NOW).resumed(NOW)
    known = {MARIE: PLAN.agents[MARIE]}
    places = [place("a", "provident")]
    found = decide_next(places, [*on.agents.values(), stranger], PLAN.queues, known, at(1))
    assert found == ()
    assert why_it_waits(places, found, PLAN.queues, known, at(1)) == {"a": "No agent has its skills."}


_places = st.lists(
    st.builds(
        lambda n, queue, joined, priority: place(f"c{n}", queue, joined, priority=priority),
        st.integers(0, 50),
        st.sampled_from(["health", "provident", "all", "gone"]),
        st.integers(-1000, 0),
        st.integers(0, 3),
    ),
    unique_by=lambda one: one.id,
    max_size=12,
)


@given(places=_places, ready=st.sets(st.sampled_from([MARIE, PAUL, LEA])), seconds=st.integers(0, 1000))
def test_nobody_is_given_twice_passed_over_or_left_beside_an_idle_agent(
    places: list[Place], ready: set[str], seconds: int
) -> None:
    on = floor(*sorted(ready))
    found = decide(places, on, seconds)
    given_to = dict(pairs(found))
    assert len(set(given_to.values())) == len(given_to)
    left = waits(places, found, seconds)
    assert given_to.keys() | left.keys() == {one.id for one in places}
    assert not given_to.keys() & left.keys()
    need = {one.id: need_at(one.queue, one.joined_at, PLAN.queues, at(seconds)) for one in places}
    rank = {one.id: one.rank for one in places}
    skills = {agent_id: PLAN.agents[agent_id].skills for agent_id in ready}
    for call_id, agent_id in given_to.items():
        assert need[call_id].skills <= skills[agent_id]
    for call_id in left:
        if need[call_id].over:
            continue
        for agent_id in ready:
            if need[call_id].skills <= skills[agent_id]:
                taken = next(call for call, agent in given_to.items() if agent == agent_id)
                assert rank[taken] < rank[call_id]


@given(places=_places, data=st.data())
def test_the_order_in_which_it_is_asked_changes_nothing(places: list[Place], data: st.DataObject) -> None:
    on = floor(MARIE, PAUL, LEA)
    mixed = data.draw(st.permutations(places))
    assert pairs(decide(places, on)) == pairs(decide(mixed, on))
