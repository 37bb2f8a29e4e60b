"""The pages of requests: who sees them, taking one in, its steps, its letters, and forms that no browser sends."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ivr.domain.access import Role
from ivr.domain.rights.request import IdentityCheck, Right
from tests.unit.console.rig import NOW, ConsoleRig, words_of
from tests.unit.test_redaction_everywhere import IBAN, NIR

ASKED = {"right": "erasure", "channel": "letter", "name": "Zoé <b>Martin</b>", "phone": "06 12 34 56 78"}


@pytest.fixture
def dora(house: ConsoleRig) -> ConsoleRig:
    """The DPO, signed in, who has said why."""
    house.make_account("dora", Role.DPO)
    house.sign_in("dora")
    answer = house.post("/finalite", form_token=house.form_token(), purpose="", reason="courrier 12")
    assert answer.status_code == 303
    return house


def take_in(rig: ConsoleRig, **given: str) -> str:
    form = {"received_on": NOW.date().isoformat(), **ASKED, **given}
    answer = rig.post("/demandes", form_token=rig.form_token(), **form)
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["location"]


def act(rig: ConsoleRig, page: str, name: str, **given: str) -> int:
    return rig.post(page, form_token=rig.form_token(), act=name, **given).status_code


def test_without_a_reason_every_page_asks_for_one_first(house: ConsoleRig) -> None:
    house.make_account("dora", Role.DPO)
    house.sign_in("dora")
    token = house.form_token()
    for path in ("/demandes", "/demandes/case-1", "/demandes/case-1/lettres/received"):
        assert house.get(path).headers["location"] == "/finalite"
    for path in ("/demandes", "/demandes/case-1"):
        assert house.post(path, form_token=token).headers["location"] == "/finalite"


def test_a_role_without_the_right_has_no_link_no_page_and_a_denial_in_the_evidence(house: ConsoleRig) -> None:
    house.sign_in("anne")
    token = house.form_token()
    house.post("/finalite", form_token=token, purpose="quality_audio", reason="revue")
    assert 'href="/demandes"' not in house.get("/").text
    assert house.get("/demandes").status_code == 403
    assert house.post("/demandes", form_token=token, received_on="2026-11-30", **ASKED).status_code == 403
    assert house.post("/demandes/case-1", form_token=token, act="note", note="x").status_code == 403
    assert house.told()[-3:] == ["access.denied"] * 3


def test_a_request_is_taken_in_listed_with_its_days_and_names_nobody_in_list_address_or_evidence(
    dora: ConsoleRig,
) -> None:
    page = take_in(dora)
    listed = dora.get("/demandes")
    assert f'href="{page}"' in listed.text
    assert "effacement" in words_of(listed)
    assert re.search(r"\b(2[89]|3[0-4]) jours", words_of(listed))
    assert "Martin" not in listed.text
    assert "Martin" not in page
    assert all("Martin" not in str(event.body) for event in dora.archive.audit.events())
    shown = dora.get(page)
    assert "Zoé <b>Martin</b>" in words_of(shown) or "Zoé Martin" in words_of(shown)
    assert "<b>Martin" not in shown.text
    assert dora.told()[-2:] == ["case.shown", "case.shown"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("right", "everything"),
        ("right", ""),
        ("channel", "pigeon"),
        ("received_on", "hier"),
        ("received_on", (NOW + timedelta(days=2)).date().isoformat()),
        ("received_on", "0001-01-01"),
        ("name", ""),
        ("name", f"Zoé {NIR}"),
        ("address", IBAN),
        ("phone", "appelle-moi"),
        ("member", NIR),
    ],
)
def test_what_is_typed_wrongly_is_told_kept_on_the_page_and_opens_no_file(
    dora: ConsoleRig, key: str, value: str
) -> None:
    form = {"received_on": NOW.date().isoformat(), **ASKED, key: value}
    answer = dora.post("/demandes", form_token=dora.form_token(), **form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert key == "phone" or 'value="06 12 34 56 78"' in answer.text
    assert "rights.received" not in dora.told()


def test_a_request_goes_from_identity_to_answer_and_its_letters_follow(dora: ConsoleRig) -> None:
    page = take_in(dora)
    assert "Confirmation d'identité" not in words_of(dora.get(page))
    assert act(dora, page, "ask_identity") == 303
    assert "Confirmation d'identité" in words_of(dora.get(page))
    assert act(dora, page, "identify", check="called_back", note=f"il a dicté {NIR}") == 303
    shown = words_of(dora.get(page))
    assert "dora: il a dicté <nir>" in shown or "il a dicté" in shown
    assert NIR not in dora.get(page).text
    assert act(dora, page, "extend", reason="complex", why="40 appels à relire") == 303
    extension = words_of(dora.get(f"{page}/lettres/extension"))
    assert "40 appels à relire" in extension
    assert act(dora, page, "answer", outcome="granted", found="un appel", kept="les preuves (REC-006)") == 303
    letter = words_of(dora.get(f"{page}/lettres/erasure"))
    assert "Zoé" in letter
    assert "les preuves (REC-006)" in letter
    assert "[à compléter]" in letter  # no address of the controller in the settings
    assert dora.archive.audit.events()[-1].body["letter"] == "erasure"
    assert 'name="act" value="answer"' not in dora.get(page).text
    assert act(dora, page, "dispute") == 303


def test_a_step_that_is_not_due_is_told_and_changes_nothing(dora: ConsoleRig) -> None:
    page = take_in(dora)
    answer = dora.post(page, form_token=dora.form_token(), act="answer", outcome="granted")
    assert answer.status_code == 422
    assert "n'est pas possible" in words_of(answer)
    for form in (
        {"act": "delete"},
        {"act": "identify", "check": "nir"},
        {"act": "identify", "check": "iban"},
        {"act": "extend", "reason": "complex", "why": " "},
        {"act": "refuse", "ground": "tired", "why": "x"},
        {"act": "note", "note": "x" * 3000},
        {},
    ):
        assert dora.post(page, form_token=dora.form_token(), **form).status_code == 422, form
    assert [kind for kind in dora.told() if kind.startswith("rights.")] == ["rights.received"]


def test_a_case_or_a_letter_that_is_not_there_is_none(dora: ConsoleRig) -> None:
    page = take_in(dora)
    for path in (
        "/demandes/case-0",
        "/demandes/..%2f..",
        f"{page}/lettres/erasure",
        f"{page}/lettres/breach",
        f"{page}/lettres/..%2Freceived",
    ):
        assert dora.get(path).status_code == 404, path


def test_a_form_of_another_session_changes_nothing(dora: ConsoleRig) -> None:
    page = take_in(dora)
    assert dora.post(page, form_token="0" * 64, act="note", note="x").status_code == 403
    assert "rights.noted" not in dora.told()


def test_the_identity_list_offers_neither_a_social_security_number_nor_bank_data(dora: ConsoleRig) -> None:
    page = dora.get(take_in(dora)).text
    offered = re.search(r'<select id="check".*?</select>', page, re.DOTALL)
    assert offered
    assert set(re.findall(r'value="(\w+)"', offered[0])) == {check.value for check in IdentityCheck}
    assert not re.search(r"sécurité sociale|nir\b|iban|rib\b|carte bancaire|banc", offered[0], re.IGNORECASE)


@pytest.mark.parametrize("right", list(Right))
def test_each_right_has_its_letter_filled_to_the_last_place(dora: ConsoleRig, right: Right) -> None:
    page = take_in(dora, right=right.value)
    act(dora, page, "identify", check="no_doubt")
    act(dora, page, "answer", outcome="partly", found="un appel", kept="rien")
    for name in ("received", right.value):
        answer = dora.get(f"{page}/lettres/{name}")
        assert answer.status_code == 200
        assert not re.search(r"\{\w*\}", answer.text.partition("<article")[2])


def test_in_english_the_pages_are_english_and_the_letters_french(dora: ConsoleRig) -> None:
    page = take_in(dora)
    dora.post("/langue", language="en", back="/")
    assert "Open the file" in words_of(dora.get("/demandes"))
    assert "Nous avons bien reçu" in words_of(dora.get(f"{page}/lettres/received"))


def test_what_is_found_is_shown_with_what_may_be_done_and_an_erasure_reaches_the_letter(dora: ConsoleRig) -> None:
    page = take_in(dora)
    found = dora.post(page, form_token=dora.form_token(), act="search")
    assert found.status_code == 200
    assert "Notez d'abord l'identité" in words_of(found)
    assert act(dora, page, "identify", check="no_doubt") == 303
    for form in (
        {"act": "erase", "recording_id": "rec-1"},
        {"act": "copy", "recording_id": "rec-1", "person": "nobody"},
        {"act": "copy", "recording_id": "rec-1", "person": "caller", "voice": "please"},
    ):
        assert dora.post(page, form_token=dora.form_token(), **form).status_code == 422, form
    assert act(dora, page, "erase", recording_id="rec-1", sure="yes") == 404
    assert act(dora, page, "copy", recording_id="rec-1", person="caller") == 404
    barred = dora.post(page, form_token=dora.form_token(), act="bar")
    assert barred.status_code == 200
    assert "votre inscription sur la liste" in words_of(barred)
    assert act(dora, page, "answer", outcome="nothing_found", found="", kept="") == 303
    assert "Aucun élément." in words_of(dora.get(f"{page}/lettres/erasure"))
