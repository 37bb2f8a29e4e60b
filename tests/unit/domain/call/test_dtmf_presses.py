"""A press counts once, however many ways tell it, and two presses stay two."""

from __future__ import annotations

import random

from ivr.domain.call.dtmf_presses import DtmfPresses, Way


def counted(*told: tuple[str, Way, float]) -> str:
    presses = DtmfPresses()
    new = [presses.is_new(digit, way, at) for digit, way, at in told]
    assert set(new) <= {True, False}
    return "".join(digit for (digit, _, _), is_new in zip(told, new, strict=True) if is_new)


def test_a_press_told_twice_is_one_whichever_way_comes_first() -> None:
    assert counted(("9", Way.EVENT, 1.0), ("9", Way.INFO, 1.3)) == "9"
    assert counted(("9", Way.INFO, 1.0), ("9", Way.EVENT, 1.1)) == "9"
    assert counted(("9", Way.TONE, 1.0), ("9", Way.INFO, 2.0), ("9", Way.EVENT, 2.1)) == "9"


def test_two_presses_told_twice_are_two_in_any_order() -> None:
    event, info = Way.EVENT, Way.INFO
    assert counted(("9", event, 1.0), ("9", event, 1.2), ("9", info, 1.3), ("9", info, 1.5)) == "99"
    assert counted(("9", event, 1.0), ("9", info, 1.1), ("9", event, 1.2), ("9", info, 1.3)) == "99"
    assert counted(("1", event, 1.0), ("9", event, 1.2), ("1", info, 1.3), ("9", info, 1.5)) == "19"


def test_presses_by_one_way_alone_all_count() -> None:
    assert counted(*[("9", Way.EVENT, 0.1 * number) for number in range(9)]) == "9" * 9


def test_what_comes_much_later_by_another_way_is_a_press_of_its_own() -> None:
    assert counted(("9", Way.EVENT, 1.0), ("9", Way.INFO, 6.0)) == "99"


def test_a_way_that_loses_presses_makes_none_more() -> None:
    chance = random.Random(5)
    for _ in range(200):
        digits = "".join(chance.choice("19*") for _ in range(12))
        told = []
        for number, digit in enumerate(digits):
            at = number * 0.4
            told.append((digit, Way.EVENT, at))
            if chance.random() < 0.7:
                told.append((digit, Way.INFO, at + chance.uniform(0.0, 0.3)))
        assert counted(*sorted(told, key=lambda one: one[2])) == digits


def test_a_press_shows_its_digit_to_nobody() -> None:
    presses = DtmfPresses()
    presses.is_new("*", Way.EVENT, 1.0)
    assert "*" not in repr(presses._recent)


def test_a_way_tells_each_press_once_and_what_it_tells_again_is_another_press() -> None:
    event, info, tone = Way.EVENT, Way.INFO, Way.TONE
    assert counted(("9", event, 1.0), ("9", info, 1.1), ("9", info, 1.2)) == "99"
    assert counted(("9", event, 1.0), ("9", info, 1.1), ("9", tone, 1.2), ("9", tone, 1.3)) == "99"
    assert counted(("9", event, 1.0), ("8", info, 1.1)) == "98"


def test_the_other_way_has_four_seconds() -> None:
    assert counted(("9", Way.EVENT, 1.0), ("9", Way.INFO, 5.0)) == "9"
    assert counted(("9", Way.EVENT, 1.0), ("9", Way.INFO, 5.1)) == "99"
    presses = DtmfPresses(window_s=1.0)
    answers = [
        presses.is_new("9", Way.EVENT, 1.0),
        presses.is_new("9", Way.INFO, 2.0),
        presses.is_new("9", Way.TONE, 2.1),
    ]
    assert answers == [True, False, True]
    assert DtmfPresses().is_new("9", Way.EVENT, 1.0) is True
