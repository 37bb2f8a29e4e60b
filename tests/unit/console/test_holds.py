"""Holds on a page: two others approve, nobody is offered what the rule forbids, and a forged form is refused by it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ivr.domain.access import Role
from tests.unit.console.rig import NOW, ConsoleRig, words_of
from tests.unit.console.test_recordings import keep
from tests.unit.test_redaction_everywhere import NIR

ASKED = {"act": "request", "case": "litige 12", "owner": "service juridique", "basis": "17.3.e legal claims"}
REVIEW = (NOW + timedelta(days=60)).date().isoformat()


@pytest.fixture
def office(house: ConsoleRig) -> ConsoleRig:
    """DPO, jurist and compliance officer have accounts; two recordings are there."""
    keep(house, 2)
    for login, role in (("dora", Role.DPO), ("lea", Role.LEGAL), ("omar", Role.COMPLIANCE_OFFICER)):
        house.make_account(login, role)
    enter(house, "dora")
    return house


def enter(rig: ConsoleRig, login: str, purpose: str = "") -> None:
    rig.browser = rig.new_browser()
    rig.sign_in(login)
    assert rig.post("/finalite", form_token=rig.form_token(), purpose=purpose, reason="litige").status_code == 303


def ask(rig: ConsoleRig, **given: str) -> int:
    form = {**ASKED, "items": "rec-quality_audio-000", "review": REVIEW, **given}
    return rig.post("/gels", form_token=rig.form_token(), **form).status_code


def hold_id(rig: ConsoleRig) -> str:
    found = re.search(r'name="hold_id" value="(\w+)"|<code>(\w+)</code>', rig.get("/gels").text)
    assert found
    return found[1] or found[2]


def step(rig: ConsoleRig, act: str, **given: str) -> int:
    return rig.post("/gels", form_token=rig.form_token(), act=act, hold_id=hold_id(rig), **given).status_code


def test_a_hold_is_asked_for_approved_by_two_others_and_released(office: ConsoleRig) -> None:
    assert ask(office) == 303
    page = office.get("/gels")
    assert "demandé" in words_of(page)
    assert 'value="approve"' not in page.text
    assert step(office, "approve") == 422  # a form that the page does not offer
    for login in ("lea", "omar"):
        enter(office, login, "quality_audio" if login == "lea" else "")
        assert step(office, "approve") == 303
        assert 'value="approve"' not in office.get("/gels").text
    assert "actif" in words_of(office.get("/gels"))
    assert step(office, "renew", review=REVIEW) == 303
    enter(office, "dora")
    assert 'value="renew"' not in office.get("/gels").text
    assert step(office, "release") == 422
    assert step(office, "release", reason=f"clos, {NIR}") == 303
    assert [kind for kind in office.told() if kind.startswith("hold.")] == [
        "hold.requested", "hold.approved", "hold.approved", "hold.renewed", "hold.released",
    ]  # fmt: skip
    assert NIR not in str([event.body for event in office.archive.audit.events()])
    assert "case.shown" in office.told()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("items", ""),
        ("items", "rec-none"),
        ("items", "x" * 101),
        ("basis", "because"),
        ("case", " "),
        ("owner", ""),
        ("review", "demain"),
        ("review", "2020-01-01"),
        ("review", "2099-01-01"),
        ("review", "0001-01-01"),
        ("review", "9999-12-31"),
        ("act", "delete"),
    ],
)
def test_what_is_typed_wrongly_asks_for_nothing(office: ConsoleRig, key: str, value: str) -> None:
    assert ask(office, **{key: value}) == 422
    assert "hold.requested" not in office.told()


def test_a_role_without_the_rights_sees_no_holds(office: ConsoleRig) -> None:
    ask(office)
    enter(office, "anne", "quality_audio")
    assert 'href="/gels"' not in office.get("/").text
    assert office.get("/gels").status_code == 403
    assert office.post("/gels", form_token=office.form_token(), act="approve", hold_id="x").status_code == 403
    assert office.told()[-1] == "access.denied"
