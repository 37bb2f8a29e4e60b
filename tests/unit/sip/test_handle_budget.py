"""How fast sockets may be taken."""

from __future__ import annotations

from ivr.sip.handle_budget import RECOVERY_S, HandleBudget


def test_sockets_are_taken_no_faster_than_they_come_back() -> None:
    budget = HandleBudget(4)
    assert budget.take(2, 0)
    assert budget.take(2, RECOVERY_S / 2)
    assert not budget.take(1, RECOVERY_S - 0.01)
    assert budget.take(2, RECOVERY_S)
    assert not budget.take(1, RECOVERY_S * 1.4)
    assert budget.take(2, RECOVERY_S * 1.5)


def test_one_source_leaves_a_quarter_of_the_sockets_to_others() -> None:
    budget = HandleBudget(8)
    assert [budget.take(2, 0, "a") for _ in range(4)] == [True] * 3 + [False]
    assert budget.take(2, 0, "b")
    assert not budget.take(2, 0, "c"), "all is spent"
    assert budget.take(2, RECOVERY_S, "a")
    unshared = HandleBudget(8)
    assert [unshared.take(2, 0) for _ in range(5)] == [True] * 4 + [False], "ourselves and edges"
