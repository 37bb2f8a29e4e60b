"""What an authority's account sees: its own request's items, each look in the evidence, and nothing beside."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.domain.access import Actor, Audience, Role
from ivr.domain.authority.requisition import RefusalGround
from ivr.errors import ArchiveError, ComplianceError
from tests.unit.services.authority.rig import OFFICER, AuthorityRig


@pytest.fixture
def rig(tmp_path: Path) -> AuthorityRig:
    return AuthorityRig(tmp_path)


def test_it_sees_exactly_what_its_request_lists(rig: AuthorityRig) -> None:
    account = rig.viewer(rig.approved())
    requisition, rows = rig.viewing.items(account)
    assert [row.tag.recording_id for row in rows] == list(requisition.items) == ["sale-1", "sale-2"]
    kind, body = rig.told()[-1]
    assert (kind, body["actor"], body["room"], body["count"]) == ("case.shown", "autorite-1", "authority", 2)
    request, sheet = rig.viewing.sheet(account, "sale-1")
    assert (request.audience, sheet.row.tag.recording_id) == (Audience.AUTHORITY, "sale-1")
    assert rig.told()[-1][0] == "recordings.listed"
    assert rig.gate.check(request, ["sale-1"]).allowed


@pytest.mark.parametrize("other", ["sale-3", "nothing"])
def test_what_is_not_listed_looks_like_what_is_not_there_and_the_try_is_evidence(rig: AuthorityRig, other: str) -> None:
    account = rig.viewer(rig.approved())
    with pytest.raises(ArchiveError, match="no such recording"):
        rig.viewing.sheet(account, other)
    assert rig.told()[-1][0] == "access.denied"
    request, _ = rig.viewing.sheet(account, "sale-1")
    with pytest.raises((ComplianceError, ArchiveError)):
        rig.gate.check(request, [other])


def test_before_it_is_approved_and_after_a_refusal_there_is_nothing(rig: AuthorityRig) -> None:
    case_id = rig.asked()
    with pytest.raises(ArchiveError):
        rig.viewing.items(rig.viewer(case_id))
    rig.desk.refuse(OFFICER, case_id, RefusalGround.TOO_WIDE, "tout")
    with pytest.raises(ArchiveError):
        rig.viewing.items(rig.viewer(case_id))


def test_an_account_of_no_request_sees_none(rig: AuthorityRig) -> None:
    rig.approved()
    for case in ("", "case-0"):
        with pytest.raises((ArchiveError, ComplianceError)):
            rig.viewing.items(rig.viewer("", case=case))


def test_nobody_of_the_house_looks_in_its_place(rig: AuthorityRig) -> None:
    account = rig.viewer(rig.approved())
    request, _ = rig.viewing.sheet(account, "sale-1")
    for role in (Role.QUALITY_ANALYST, Role.COMPLIANCE_OFFICER, Role.DPO):
        with pytest.raises(ComplianceError):
            rig.gate.check(
                type(request)(Actor("anne", role), request.action, "", "x", request.audience, "", request.authority),
                ["sale-1"],
            )
