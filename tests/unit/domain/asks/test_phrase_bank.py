"""Wordings match whole words, macros stand for what they name, and a bad pattern is named."""

from __future__ import annotations

import re

import pytest

from ivr.domain.asks.phrase_bank import Family, wording
from ivr.domain.call.party import Direction

NEVER = re.compile("(?!)")
MACROS = {"votre": "(?:votre|vos)", "rib": "{votre} (?:rib|iban)", "a": "{b}", "b": "{a}"}


@pytest.mark.parametrize(
    ("patterns", "text", "found"),
    [
        (["rib"], "votre rib ?", "rib"),
        (["rib"], "tribu", None),
        (["rib"], "ribambelle", None),
        (["rib"], "crib", None),
        (["iban", "rib"], "le rib", "rib"),
        (["{rib}"], "dites vos iban", "vos iban"),
        (["{rib}"], "dites le rib", None),
        (["donnez "], "donnez moi", "donnez "),
        (["donnez"], "donnezmoi", None),
        (["a b"], "a , b", None),
        ([], "rib", None),
        ([], "", None),
    ],
)
def test_a_wording_matches_whole_words(patterns: list[str], text: str, found: str | None) -> None:
    match = wording(patterns, MACROS).search(text)
    assert (match[0] if match else None) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("donnez moi le rib", True),
        ("donnez , moi le rib", True),
        ("donnez moi : le , rib", True),
        ("donnez moi ; le rib", False),
        ("donnez , , moi le rib", False),
        ("donnezmoi le rib", False),
    ],
)
def test_a_comma_or_colon_between_words_does_not_matter_where_that_is_said(text: str, found: bool) -> None:
    assert bool(wording(["donnez moi le rib"], {}, over_commas=True).search(text)) is found


def test_what_may_be_there_or_not_and_classes_keep_their_spaces() -> None:
    over = wording(["le ?rib[ ,]oui"], {}, over_commas=True)
    assert over.search("lerib oui")
    assert over.search("le rib,oui")
    assert not over.search("le , rib oui")
    assert not over.search("le rib , oui")


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(oups", r"the pattern '\(oups' is not a regular expression"),
        ("{oups} x", r"there is no macro \{oups\}; known: a, b, rib, votre"),
        ("{a}", "names itself"),
    ],
)
def test_a_bad_pattern_is_named(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        wording(["rib", pattern], MACROS)


def test_macros_may_stand_seven_deep() -> None:
    deep = {f"m{'x' * n}": f"{{m{'x' * (n + 1)}}}" for n in range(6)} | {"mxxxxxx": "rib"}
    assert wording(["{m}"], deep).search("rib")


def test_what_is_always_forbidden_is_another_rule_than_what_is_forbidden_outbound() -> None:
    def family(always: bool) -> Family:
        return Family("x", "X", always, NEVER, NEVER, NEVER, "")

    assert [family(True).rule, family(False).rule] == ["ASK-002", "ASK-001"]
    directions = [Direction.OUTBOUND, Direction.INBOUND, None]
    assert [family(True).forbidden(one) for one in directions] == [True, True, True]
    assert [family(False).forbidden(one) for one in directions] == [True, False, False]
