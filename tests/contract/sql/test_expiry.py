"""The clock of analyses: twelve months from the call, whatever the audio, each end in the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.quality.sampling import SamplingRule, month
from ivr.errors import ComplianceError
from tests.databases import KINDS, fresh_url
from tests.quality_rig import ANNE, SOPHIE, QualityRig, asks
from tests.retention_rig import CALLED, GONE

DUE = CALLED.replace(year=CALLED.year + 1)


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[QualityRig]:
    rig = QualityRig(fresh_url(request.param, tmp_path))
    rig.call("rec-1")
    yield rig
    rig.close()


def test_an_analysis_outlives_the_audio_and_is_destroyed_at_its_deadline_with_evidence(rig: QualityRig) -> None:
    done = rig.scored().analysis
    (scored,) = rig.told("analysis.scored")
    rig.clock.at = DUE - timedelta(seconds=1)
    assert rig.run().run().destroyed == ["rec-1"]
    assert rig.state("rec-1") == GONE
    assert rig.expiry.run().destroyed == []
    assert rig.results.show(asks(ANNE), done.id).analysis == done
    rig.clock.at = DUE
    assert [(one.id, decision.due_at) for one, decision in rig.expiry.plan()] == [(done.id, DUE)]
    assert rig.book.get(done.id) == done
    assert rig.expiry.run().destroyed == [done.id]
    assert rig.book.get(done.id) is None
    (told,) = rig.told("quality.destroyed")
    assert (told["document"], told["document_id"], told["sha256"]) == ("analysis", done.id, scored["sha256"])
    assert {"REC-007", "REC-018", "RET-001"} <= set(told["rules"])  # type: ignore[call-overload]
    assert rig.expiry.run().destroyed == []
    assert rig.audit.verify() == []


def test_drafts_samples_and_calibrations_end_too(rig: QualityRig) -> None:
    rig.draft()
    rig.later(1)
    rig.sampling.draw(asks(SOPHIE), SamplingRule(1, *month(2026, 11, "Europe/Paris")))
    rig.calibrations.open(asks(SOPHIE), "rec-1", rig.grid, ["anne", "paul"])
    rig.clock.at = DUE
    assert len(rig.expiry.run().destroyed) == 3
    assert {one["document"] for one in rig.told("quality.destroyed")} == {"analysis", "sample", "calibration"}


def test_many_that_are_due_go_in_pages(rig: QualityRig) -> None:
    for number in range(7):
        rig.call(f"more-{number}")
        rig.draft(ANNE, f"more-{number}")
    rig.clock.at = DUE
    assert len(rig.expiry.run().destroyed) == 7


def test_nothing_goes_by_a_clock_that_cannot_be_right(rig: QualityRig) -> None:
    class Implausible:
        def must_be_plausible(self) -> None:
            raise ComplianceError("the clock jumped")

    draft = rig.draft()
    rig.clock.at = DUE
    wary = type(rig.expiry)(**{**vars(rig.expiry), "clock_guard": Implausible()})
    with pytest.raises(ComplianceError, match="clock"):
        wary.run()
    assert rig.kept(draft.id) == draft
