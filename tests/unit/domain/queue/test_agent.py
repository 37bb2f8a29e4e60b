"""What agents are, and what becomes of them by calls, pauses and time."""

from __future__ import annotations

import pytest

from ivr.domain.queue.agent import ABSENT, AGENT, Agent, AgentEvent, AgentState
from ivr.errors import TransitionError
from tests.queue_rig import NOW, at


def ready() -> Agent:
    return Agent.new("marie", NOW).resumed(at(1))


def test_somebody_new_is_absent_and_takes_no_call() -> None:
    agent = Agent.new("marie", NOW)
    assert (agent.state, agent.pause) == (AgentState.PAUSED, ABSENT)
    with pytest.raises(TransitionError, match="agent in PAUSED cannot take RING"):
        agent.ring("call", NOW)


def test_an_agent_has_one_call_at_a_time() -> None:
    ringing = ready().ring("one", at(2))
    for busy in (ringing, ringing.answer(at(3))):
        with pytest.raises(TransitionError):
            busy.ring("two", at(4))


def test_wrap_up_ends_by_itself_or_before_its_time_by_the_agent() -> None:
    wrapping = ready().ring("call", at(2)).answer(at(3)).end(at(60), 20)
    assert (wrapping.state, wrapping.until, wrapping.place_id) == (AgentState.WRAP_UP, at(80), "")
    assert wrapping.lapsed(at(79)) == wrapping
    later = wrapping.lapsed(at(200))
    assert (later.state, later.since, later.idle_since) == (AgentState.READY, at(80), at(80))
    assert wrapping.resumed(at(65)).idle_since == at(65)


def test_without_wrap_up_an_agent_is_ready_as_the_call_ends() -> None:
    assert ready().ring("call", at(2)).answer(at(3)).end(at(60), 0).state is AgentState.READY


def test_who_did_not_answer_is_left_alone_and_then_is_what_they_were_behind_the_others() -> None:
    missed = ready().ring("call", at(2)).no_answer(at(22), 60)
    assert (missed.state, missed.until) == (AgentState.UNREACHABLE, at(82))
    back = missed.lapsed(at(82))
    assert (back.state, back.idle_since) == (AgentState.READY, at(82))
    assert missed.resumed(at(30)).state is AgentState.READY


def test_a_caller_who_hangs_up_while_it_rings_costs_the_agent_nothing() -> None:
    back = ready().ring("call", at(2)).withdraw(at(5))
    assert (back.state, back.idle_since, back.place_id) == (AgentState.READY, at(1), "")


@pytest.mark.parametrize("end", [lambda a: a.withdraw(at(9)), lambda a: a.answer(at(4)).end(at(9), 0)])
def test_a_pause_asked_for_during_a_call_begins_after_it(end: object) -> None:
    asked = ready().ring("call", at(2)).paused_as("lunch", at(3))
    assert (asked.state, asked.next_pause) == (AgentState.RINGING, "lunch")
    paused = end(asked)  # type: ignore[operator]
    assert (paused.state, paused.pause, paused.next_pause) == (AgentState.PAUSED, "lunch", "")


def test_a_pause_waits_for_wrap_up_to_end_and_may_be_taken_back() -> None:
    asked = ready().ring("call", at(2)).answer(at(3)).paused_as("lunch", at(4))
    assert asked.resumed(at(5)).next_pause == ""
    wrapping = asked.end(at(60), 20)
    assert wrapping.state is AgentState.WRAP_UP
    assert (wrapping.lapsed(at(80)).state, wrapping.lapsed(at(80)).pause) == (AgentState.PAUSED, "lunch")
    assert wrapping.paused_as("training", at(61)).pause == "training"


def test_no_event_leads_out_of_the_table() -> None:
    states = {state for state, _ in AGENT.table}
    assert states == set(AgentState)
    assert {event for _, event in AGENT.table} == set(AgentEvent)
