"""The lot: so many of each agent, nobody's choice, and the same for whoever draws it again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.quality.sampling import Candidate, SamplingRule, draw, month

SINCE, UNTIL = month(2026, 11, "Europe/Paris")
RULE = SamplingRule(2, SINCE, UNTIL, min_ms=60_000)


def call(name: str, agent: str = "luc", **changes: object) -> Candidate:
    found = Candidate(name, agent, SINCE + timedelta(days=3), 90_000, "hotline-quality")
    return replace(found, **changes)  # type: ignore[arg-type]


def test_a_month_is_the_zones_not_utcs() -> None:
    assert datetime(2026, 10, 31, 23, 0, tzinfo=UTC) == SINCE
    assert month(2026, 12, "Europe/Paris")[1] == datetime(2026, 12, 31, 23, 0, tzinfo=UTC)


def test_so_many_of_each_agent_are_drawn_and_the_reason_is_told() -> None:
    calls = [call(f"rec-{n}") for n in range(5)] + [call("one", "zoe")]
    luc, zoe = draw(calls, RULE, "seed")
    assert (luc.agent, luc.calls, luc.fitting, len(luc.drawn)) == ("luc", 5, 5, 2)
    assert zoe.drawn == ("one",)
    assert luc.detail == "2 drawn by lot out of 5 that fit the rule, of 5 recordings of the month."


def test_what_is_too_short_analysed_elsewhere_or_nobodys_is_not_drawn() -> None:
    calls = [
        call("short", duration_ms=59_999),
        call("done", analysed=True),
        call("before", at=SINCE - timedelta(seconds=1)),
        call("after", at=UNTIL),
        call("nobody", ""),
        call("fits"),
    ]
    (luc,) = draw(calls, RULE, "seed")
    assert (luc.calls, luc.fitting, luc.drawn) == (3, 1, ("fits",))
    assert draw(calls, replace(RULE, program="prospecting"), "seed") == ()


@given(st.permutations([f"rec-{n}" for n in range(8)]), st.text(max_size=10))
def test_the_order_of_the_list_changes_nothing_and_another_seed_may(names: list[str], seed: str) -> None:
    assert draw(map(call, names), RULE, seed) == draw(map(call, sorted(names)), RULE, seed)


def test_no_call_is_drawn_more_often_than_another() -> None:
    calls = [call(f"rec-{n}") for n in range(10)]
    drawn = Counter(name for seed in range(2000) for name in draw(calls, RULE, str(seed))[0].drawn)
    assert all(abs(count - 400) < 80 for count in drawn.values())
