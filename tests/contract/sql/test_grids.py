"""The shelf of grids on both databases: what a version said it says for ever."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.domain.access import AccessRequest, Action
from ivr.errors import ArchiveError, ComplianceError
from tests.databases import KINDS, fresh_url
from tests.quality_rig import ANNE, SHIPPED, SOPHIE, QualityRig

NEXT = SHIPPED.replace('version = "1"', 'version = "2"').replace("pass_mark = 75", "pass_mark = 80")


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[QualityRig]:
    rig = QualityRig(fresh_url(request.param, tmp_path))
    yield rig
    rig.close()


def test_a_version_is_given_out_as_it_was_written_and_the_last_imported_is_offered(rig: QualityRig) -> None:
    rig.grids.import_(AccessRequest(SOPHIE, Action.SUPERVISE, reason="x"), NEXT, file="next.toml")
    assert rig.grids.shelved("hotline", "1").text == SHIPPED
    assert [(one.name, one.pass_mark) for one in rig.grids.latest()] == [("hotline 2", 80)]
    assert rig.grids.get("hotline", "1").pass_mark == 75
    assert rig.grids.latest("prospecting") == []
    assert [one["grid_version"] for one in rig.told("grid.imported")] == ["1", "2"]


def test_a_version_never_changes_and_the_same_again_is_nothing(rig: QualityRig) -> None:
    rig.grids.add(SOPHIE, SHIPPED, file="again.toml")
    with pytest.raises(ArchiveError, match="there already"):
        rig.grids.add(SOPHIE, SHIPPED + "\n# another\n", file="other.toml")
    assert len(rig.told("grid.imported")) == 1


def test_a_grid_that_has_bank_data_noted_is_refused_with_the_rule(rig: QualityRig) -> None:
    guilty = NEXT.replace("Point à travailler avec le conseiller", "IBAN communiqué")
    with pytest.raises(ComplianceError, match="bancaires") as refused:
        rig.grids.add(SOPHIE, guilty, file="g.toml")
    assert refused.value.rules == ("REC-018",)
    assert [one.name for one in rig.grids.latest()] == ["hotline 1"]


def test_who_does_not_supervise_imports_nothing(rig: QualityRig) -> None:
    with pytest.raises(ComplianceError, match="'supervise'"):
        rig.grids.import_(AccessRequest(ANNE, Action.SUPERVISE, reason="x"), NEXT, file="next.toml")
    assert len(rig.told("access.denied")) == 1


def test_a_grid_that_there_is_not_is_told(rig: QualityRig) -> None:
    with pytest.raises(ArchiveError, match="no such grid"):
        rig.grids.get("hotline", "9")
