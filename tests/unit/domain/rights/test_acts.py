"""What may be done with a recording at a person's request: erasure yields to a hold, a law and a contract."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.retention.schedule import LawfulBasis
from ivr.domain.rights.acts import Act, Item, decide_act
from tests.retention_rig import settings

TABLE = settings().retention


def item(*tags: str, readable: bool = True, restricted: bool = False, held_by: tuple[str, ...] = ()) -> Item:
    return Item("rec-1", readable, restricted, held_by, tuple(TABLE.schedule(tag) for tag in tags))


@pytest.mark.parametrize(
    ("tags", "allowed", "rule"),
    [
        (("quality_audio",), True, "GDP-002"),
        (("sales_audio",), False, "ASS-B-02"),
        (("contract_proof",), False, "REC-009"),
        (("quality_audio", "sales_audio"), False, "GDP-002"),
        ((), True, "GDP-002"),
    ],
)
def test_what_the_law_or_a_contract_keeps_is_not_erased(tags: tuple[str, ...], allowed: bool, rule: str) -> None:
    decision = decide_act(Act.ERASE, item(*tags))
    assert decision.allowed is allowed
    assert rule in decision.reasons


def test_a_hold_keeps_what_nothing_else_does() -> None:
    decision = decide_act(Act.ERASE, item("quality_audio", held_by=("hold-1",)))
    assert (decision.allowed, decision.reasons) == (False, ("RET-002", "GDP-002"))
    assert "hold-1" in decision.detail


@given(st.booleans(), st.booleans(), st.sampled_from(list(Act)), st.sampled_from(sorted(TABLE.schedules)))
def test_nothing_is_done_with_what_is_gone_and_each_answer_has_its_rules(
    readable: bool, restricted: bool, act: Act, tag: str
) -> None:
    decision = decide_act(act, item(tag, readable=readable, restricted=restricted))
    assert decision.reasons
    assert decision.detail
    if not readable and act is not Act.UNRESTRICT:
        assert not decision.allowed
    if act is Act.ERASE and TABLE.schedule(tag).basis is LawfulBasis.LEGAL_OBLIGATION:
        assert not decision.allowed
    if act is Act.COPY and readable:
        assert decision.allowed
    if act in (Act.RESTRICT, Act.UNRESTRICT) and readable:
        assert decision.allowed is (restricted is (act is Act.UNRESTRICT))
