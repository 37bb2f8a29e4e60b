"""Samples on both databases: drawn by lot among what is kept, and told so that anybody can draw them again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.domain.quality.sampling import SamplingRule, draw, month
from ivr.errors import ComplianceError, ConfigurationError
from tests.databases import KINDS, fresh_url
from tests.quality_rig import ANNE, SOPHIE, QualityRig, asks
from tests.retention_rig import CALLED

RULE = SamplingRule(2, *month(2026, 11, "Europe/Paris"))


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[QualityRig]:
    rig = QualityRig(fresh_url(request.param, tmp_path))
    for number in range(4):
        rig.call(f"rec-{number}")
    rig.call("zoe-1", agent="zoe")
    rig.call("nobody", agent="")
    rig.call("sale", tag="sales_audio")
    rig.call("before", at=CALLED.replace(month=10))
    rig.later(1)
    yield rig
    rig.close()


def test_so_many_of_each_agent_are_drawn_among_what_is_kept_for_the_purpose(rig: QualityRig) -> None:
    rig.scored(ANNE, "rec-0")
    rig.vault.discard_stored("rec-1", rule_id="REC-005", reason="objection")
    sample = rig.sampling.draw(asks(SOPHIE), RULE)
    luc, zoe = sample.shares
    assert (luc.agent, luc.calls, luc.fitting, set(luc.drawn)) == ("luc", 3, 2, {"rec-2", "rec-3"})
    assert zoe.drawn == ("zoe-1",)
    assert list(rig.sampling.latest(asks(ANNE))) == [sample]
    (listed,) = rig.told("analyses.listed")
    assert (listed["actor"], listed["what"], listed["count"]) == ("anne", "samples", 1)


def test_what_is_restricted_at_a_persons_request_is_not_drawn(rig: QualityRig) -> None:
    rig.ledger.restrict("zoe-1", "case-1", at=rig.clock.now())
    assert [one.agent for one in rig.sampling.draw(asks(SOPHIE), RULE).shares] == ["luc"]


def test_who_has_the_seed_draws_the_same_again(rig: QualityRig) -> None:
    sample = rig.sampling.draw(asks(SOPHIE), RULE)
    (told,) = rig.told("sample.drawn")
    assert (told["seed"], told["per_agent"], told["drawn"], told["agents"]) == (sample.seed, 2, 3, 2)
    again = draw(rig.samples.candidates(RULE, ["quality_audio"]), RULE, str(told["seed"]))
    assert again == sample.shares


def test_a_rule_that_is_none_and_a_month_to_come_are_refused(rig: QualityRig) -> None:
    for rule in (replace(RULE, per_agent=0), replace(RULE, per_agent=21)):
        with pytest.raises(ConfigurationError, match="no sample"):
            rig.sampling.draw(asks(SOPHIE), rule)
    since, until = month(2027, 1, "Europe/Paris")
    with pytest.raises(ConfigurationError, match="not begun"):
        rig.sampling.draw(asks(SOPHIE), replace(RULE, since=since, until=until))


def test_only_who_supervises_draws_and_only_of_what_is_open_to_them(rig: QualityRig) -> None:
    with pytest.raises(ComplianceError, match="'supervise'"):
        rig.sampling.draw(asks(ANNE), RULE)
    with pytest.raises(ComplianceError, match="closed to the house"):
        rig.sampling.draw(asks(SOPHIE, purpose="sales_audio"), RULE)
    assert rig.told("sample.drawn") == []
