"""The register of breaches: hours, what is owed, and forms that no browser sends."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.domain.access import Role
from tests.unit.console.rig import NOW, ConsoleRig, words_of
from tests.unit.test_redaction_everywhere import NIR

PARIS = ZoneInfo("Europe/Paris")


def at(hours: float = 0) -> str:
    return (NOW.astimezone(PARIS) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


@pytest.fixture
def dora(house: ConsoleRig) -> ConsoleRig:
    house.make_account("dora", Role.DPO)
    house.sign_in("dora")
    assert house.get("/violations").headers["location"] == "/finalite"
    house.post("/finalite", form_token=house.form_token(), purpose="", reason="incident 4")
    return house


def record(rig: ConsoleRig, **given: str) -> str:
    form = {
        "aware_at": at(2),
        "confidentiality": "yes",
        "persons": "40",
        "nature": f"ordinateur perdu ; NIR {NIR}",
        **given,
    }
    answer = rig.post("/violations", form_token=rig.form_token(), **form)
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["location"]


def act(rig: ConsoleRig, page: str, name: str, **given: str) -> int:
    return rig.post(page, form_token=rig.form_token(), act=name, **given).status_code


def test_a_breach_is_recorded_assessed_told_and_closed_and_only_its_file_says_what_happened(dora: ConsoleRig) -> None:
    page = record(dora)
    shown = dora.get(page)
    assert "ordinateur perdu" in words_of(shown)
    assert NIR not in shown.text
    assert "70 heures" in words_of(shown) or "69 heures" in words_of(shown)
    assert act(dora, page, "close") == 422
    assert act(dora, page, "assess", risk="high", exemption="") == 303
    assert act(dora, page, "close") == 422
    assert act(dora, page, "tell_authority", at=at()) == 303
    assert act(dora, page, "tell_persons", at=at()) == 303
    assert act(dora, page, "describe", nature="ordinateur perdu, chiffré", delay="") == 303
    assert act(dora, page, "close") == 303
    assert "close" in words_of(dora.get("/violations"))
    assert [kind for kind in dora.told() if kind.startswith("breach.")] == [
        "breach.recorded", "breach.assessed", "breach.authority_told", "breach.persons_told", "breach.described",
        "breach.closed",
    ]  # fmt: skip
    assert all("ordinateur" not in str(event.body) for event in dora.archive.audit.events())


def test_what_is_late_is_said_on_the_list_and_the_page(dora: ConsoleRig) -> None:
    page = record(dora, aware_at=at(80))
    assert "en retard" in words_of(dora.get("/violations"))
    assert "les raisons du retard" in words_of(dora.get(page))


def test_the_letter_to_the_persons_leaves_their_name_to_be_written(dora: ConsoleRig) -> None:
    page = record(dora, measures="changement des clés")
    letter = words_of(dora.get(f"{page}/lettre"))
    assert "changement des clés" in letter
    assert "[à compléter]" in letter
    assert dora.archive.audit.events()[-1].body["letter"] == "breach"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("confidentiality", "no"),
        ("aware_at", "hier"),
        ("aware_at", "2099-01-01T00:00"),
        ("aware_at", "0001-01-01T00:00"),
        ("persons", "-1"),
        ("persons", "beaucoup"),
        ("persons", "1" * 12),
        ("nature", "x" * 10_001),
    ],
)
def test_what_is_typed_wrongly_is_not_recorded(dora: ConsoleRig, key: str, value: str) -> None:
    form = {"aware_at": at(2), "confidentiality": "yes", "persons": "40", "nature": "vol", key: value}
    assert dora.post("/violations", form_token=dora.form_token(), **form).status_code == 422
    assert "breach.recorded" not in dora.told()


def test_a_step_that_is_none_changes_nothing(dora: ConsoleRig) -> None:
    page = record(dora)
    for form in (
        {"act": "forget"},
        {"act": "assess", "risk": "tiny"},
        {"act": "assess", "risk": "risk", "exemption": "removed"},
        {"act": "assess", "risk": "high", "exemption": "none"},
        {"act": "tell_authority", "at": at(3)},
        {"act": "tell_authority", "at": ""},
        {"act": "tell_persons", "at": at()},
        {},
    ):
        assert dora.post(page, form_token=dora.form_token(), **form).status_code == 422, form
    assert [kind for kind in dora.told() if kind.startswith("breach.")] == ["breach.recorded"]
    assert dora.get("/violations/case-0").status_code == 404
    assert dora.get(page.replace("/violations/", "/demandes/")).status_code == 404


def test_a_role_without_the_right_sees_no_register(house: ConsoleRig) -> None:
    house.sign_in("anne")
    token = house.form_token()
    house.post("/finalite", form_token=token, purpose="quality_audio", reason="revue")
    assert 'href="/violations"' not in house.get("/").text
    assert house.get("/violations").status_code == 403
    assert house.post("/violations", form_token=token, aware_at=at(1), integrity="yes").status_code == 403
    assert house.told()[-2:] == ["access.denied"] * 2
