"""A menu on virtual time: what the caller does in, the way and the prompts out."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.menu.menu import KEYS, Menu
from ivr.domain.program.notice import spoken_seconds
from ivr.services.menu.simulation import CallerAct, Simulated, Simulation, Step
from tests.unit.domain.menu.rig import MONDAY, OBJECTION_KEY, PROMPTS, small_menu

SAID_MS = round(spoken_seconds(PROMPTS["top-prompt"].text) * 1000)


def run(
    *acts: CallerAct, menu: Menu | None = None, at: datetime = MONDAY, emergency: bool = False, objecting: str = ""
) -> tuple[list[Step], Simulated]:
    simulation = Simulation(
        menu or small_menu(),
        PROMPTS,
        acts,
        at,
        frozenset({OBJECTION_KEY}),
        {},
        emergency,
        objects=lambda words, prompt: words == objecting,
    )
    steps = list(simulation.steps())
    assert simulation.result is not None
    return steps, simulation.result


def shown(steps: list[Step]) -> list[tuple[int, str, str, str]]:
    return [(step.at_ms, step.do, step.prompt or step.queue or step.kind, step.why) for step in steps]


def test_a_key_is_followed_to_its_queue() -> None:
    steps, result = run(CallerAct(500, key="1"))
    leaving = round(spoken_seconds(PROMPTS["refunds-prompt"].text) * 1000)
    assert shown(steps) == [
        (0, "say", "top-prompt", "entered"),
        (500, "silence", "top-prompt", "barge_in"),
        (500, "say", "refunds-prompt", "key"),
        (500 + leaving, "go", "refunds", "key"),
    ]
    assert result == Simulated("small", ("top", "refunds"), "refunds", "queue", "refunds", "key", 500 + leaving, 0)


def test_words_take_as_long_as_they_take_to_say() -> None:
    words = "un remboursement"
    steps, _ = run(CallerAct(500, words=words))
    silenced, heard = steps[1], steps[2]
    assert (silenced.do, silenced.at_ms) == ("silence", 500)
    assert heard.at_ms == 500 + round(spoken_seconds(words) * 1000)


def test_nobody_who_is_silent_stays() -> None:
    steps, result = run()
    assert [step.why for step in steps if step.do == "say"] == [
        "entered", "no_answer", "no_answer", "no_answer", "no_answer", "retries",
    ]  # fmt: skip
    assert steps[1].at_ms == SAID_MS + 6_000
    assert (result.kind, result.why) == ("agent", "retries")


def test_who_hangs_up_is_led_nowhere() -> None:
    steps, result = run(CallerAct(700, hangup=True), CallerAct(800, key="1"))
    assert shown(steps)[1:] == [(700, "silence", "top-prompt", "caller_gone")]
    assert (result.kind, result.node, result.why, result.duration_ms) == ("", "top", "caller_gone", 700)


def test_an_objection_is_the_calls_and_the_question_is_said_again() -> None:
    steps, result = run(CallerAct(500, words="je refuse"), CallerAct(30_000, key=OBJECTION_KEY), objecting="je refuse")
    assert [step.why for step in steps if step.do == "object"] == ["words", "objection_key"]
    assert steps[3].why == "resumed"
    assert result.objections == 2


def test_the_text_is_what_the_caller_hears() -> None:
    steps, _ = run(emergency=True)
    assert [step.text for step in steps[:2]] == ["Voici emergency-prompt.", "Voici top-prompt."]


def test_acts_are_played_in_the_order_of_their_times() -> None:
    _, result = run(CallerAct(9_000, key="1"), CallerAct(200, key="2"))
    assert result.path == ("top", "contract", "leave")


def test_the_hours_are_those_of_the_moment() -> None:
    paris = ZoneInfo("Europe/Paris")
    # The last Sunday of October, and the Monday after it: hours go by the wall clock.
    _, shut = run(at=datetime(2027, 10, 31, 10, tzinfo=paris))
    _, early = run(at=datetime(2027, 11, 1, 8, 29, tzinfo=paris))
    _, in_time = run(at=datetime(2027, 11, 1, 8, 29, tzinfo=paris) + timedelta(minutes=1))
    assert (shut.path[0], early.path[0], in_time.path[0]) == ("shut", "shut", "top")


ACTS = st.one_of(
    st.builds(CallerAct, st.integers(0, 60_000), key=st.sampled_from(KEYS)),
    st.builds(CallerAct, st.integers(0, 60_000), words=st.sampled_from(["un remboursement", "mon contrat", "euh"])),
    st.builds(CallerAct, st.integers(0, 60_000), hangup=st.just(True)),
)


@given(st.lists(ACTS, max_size=12), st.booleans())
def test_every_run_ends_in_time_and_time_never_runs_backwards(acts: list[CallerAct], emergency: bool) -> None:
    steps, result = run(*acts, emergency=emergency)
    times = [step.at_ms for step in steps]
    assert times == sorted(times)
    assert bool(result.kind) != (result.why == "caller_gone")
    assert result.duration_ms <= 300_000
    assert sum(step.do == "go" for step in steps) == (1 if result.kind else 0)
