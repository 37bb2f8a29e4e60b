"""Accounts of an authority: who opens one, its link and its end, each in the evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.access import Actor, Role
from ivr.domain.authority.requisition import CheckedBy
from ivr.errors import ComplianceError, ConfigurationError
from tests.unit.services.authority.rig import DPO, OFFICER, AuthorityRig
from tests.unit.services.authority.test_desk import kinds


@pytest.fixture
def rig(tmp_path: Path) -> AuthorityRig:
    return AuthorityRig(tmp_path)


def test_an_account_for_the_authority_is_made_by_a_link_of_its_own_and_ended_with_it(rig: AuthorityRig) -> None:
    case_id = rig.approved()
    until = rig.clock.at + timedelta(days=10)
    login, token = rig.viewers.admit(OFFICER, case_id, "Zoé Contrôle", until)
    assert token
    assert (login in rig.desk.show(OFFICER, case_id).holders, login.startswith("autorite-")) == (True, True)
    assert kinds(rig)[-1] == "authority.admitted"
    rig.viewers.dismiss(OFFICER, case_id, login)
    assert rig.desk.show(OFFICER, case_id).requisition.viewers[0].until <= rig.clock.at
    assert [kind for kind, _ in rig.told()][-3:-1] == ["account.closed", "authority.dismissed"]
    with pytest.raises(ConfigurationError, match="must be said"):
        rig.viewers.admit(OFFICER, case_id, " ", until)
    with pytest.raises(ConfigurationError, match="30 days"):
        rig.viewers.admit(OFFICER, case_id, "Zoé", rig.clock.at + timedelta(days=31))


def test_only_who_may_hand_out_opens_an_account_and_is_shown_its_link(rig: AuthorityRig) -> None:
    case_id, until = rig.approved(), rig.clock.at + timedelta(days=1)
    by_officer = rig.asked()
    rig.check(DPO, by_officer, CheckedBy.ON_SITE)
    rig.approve(OFFICER, by_officer)
    legal = replace(OFFICER, actor=Actor("lea", Role.LEGAL))
    for asked, case, said in (
        (DPO, case_id, "handed out by"),
        (legal, case_id, "handed out by"),
        (OFFICER, by_officer, "must not be"),
    ):
        with pytest.raises(ComplianceError, match=said):
            rig.viewers.admit(asked, case, "Zoé", until)
        assert rig.told()[-1][0] == "access.denied"
    assert rig.viewers.admit(OFFICER, case_id, "Zoé", until)[1]
    assert kinds(rig).count("authority.admitted") == 1
