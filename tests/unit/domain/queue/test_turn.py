"""A line's turn: what it is given, and what it learns."""

from __future__ import annotations

from ivr.domain.queue.announcement import Standing
from ivr.domain.queue.turn import has_a_turn, look, take_turn
from tests.queue_rig import MARIE, NOW, at, floor, place


def test_a_line_looks_without_changing_anything_and_takes_what_is_its_own() -> None:
    on = floor(MARIE)
    mine, theirs = place("b", joined_s=1), place("a", owner="line-1")
    for one in (mine, theirs):
        on.join(one, at(1))
    assert not has_a_turn(on, [mine], at(2))
    assert look(on, [mine], at(2)).standings == {"b": Standing(2)}
    assert has_a_turn(on, [theirs], at(2))
    turn = take_turn(on, "line-1", [theirs], at(2), renew=False)
    assert (turn.claims, turn.standings) == ({"a": MARIE}, {})
    assert look(on, [mine], at(3)).standings == {"b": Standing(1)}


def test_with_a_turn_that_renews_a_line_keeps_its_calls() -> None:
    on = floor()
    on.join(place("a"), NOW)
    take_turn(on, "line-0", [place("a")], at(20), renew=False)
    assert on.places["a"].lease_until == at(30)
    take_turn(on, "line-0", [place("a")], at(20), renew=True)
    assert on.places["a"].lease_until == at(50)
