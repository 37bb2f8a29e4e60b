"""The page of calls: each leg with its end and its quality, for whom, and as a file."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest

from ivr.console.calls import file_of
from ivr.domain.access import Action, Role
from ivr.services.search.call_details import DetailFile
from ivr.storage.call_log import SqlCallLog
from tests.contract.test_call_details import a_leg
from tests.contract.test_call_log import a_call
from tests.unit.console.api.rig import account
from tests.unit.console.rig import ConsoleRig, words_of
from tests.unit.console.test_player import told


def calls(house: ConsoleRig, count: int = 2) -> None:
    """One with caller and agent, the others of lines that died."""
    log = SqlCallLog(house.archive.database)
    whole = replace(a_call(1), direction="inbound", queue_wait_ms=12_400, agent="anne", program="<b>hotline</b>")
    log.add(whole, legs=[a_leg(whole, "1"), a_leg(whole, "2", after_s=9, role="agent")])
    for number in range(2, count + 1):
        log.add(replace(a_call(number, answered=False), disposition="LINE_FAILED", direction="inbound"))


@pytest.fixture
def oscar(house: ConsoleRig) -> ConsoleRig:
    """An operator who has said why."""
    calls(house)
    account(house, "oscar", Role.OPERATOR)
    house.sign_in("oscar")
    house.post("/finalite", form_token=house.form_token(), purpose="", reason="qualité des lignes")
    return house


def test_each_leg_is_shown_with_its_end_and_its_quality_and_that_it_was_is_evidence(oscar: ConsoleRig) -> None:
    page = oscar.get("/appels")
    assert page.status_code == 200
    text = words_of(page)
    for shown in (
        "Appels affichés : 2",
        "appelant",
        "conseiller",
        "…78",
        "12,4 s",
        "0,2 %",
        "2,5 ms",
        "4,36",
        "panne de la ligne",
    ):
        assert shown in text, shown
    assert "Aucune branche" in text
    assert "<b>hotline" not in page.text
    assert "sip:caller@127.0.0.1" not in page.text
    (event,) = told(oscar, "calls.listed")
    assert (event["actor"], event["count"], event["filters"]) == ("oscar", 2, [])


def test_filters_narrow_it_and_what_is_none_is_told(oscar: ConsoleRig) -> None:
    token = oscar.form_token()
    found = oscar.post("/appels", form_token=token, disposition="LINE_FAILED")
    assert "Appels affichés : 1" in words_of(found)
    wrong = oscar.post("/appels", form_token=token, since="hier")
    assert wrong.status_code == 422
    assert oscar.post("/appels/fichier", form_token=token, since="hier").status_code == 422


def test_the_file_has_a_row_for_each_leg(oscar: ConsoleRig) -> None:
    file = oscar.post("/appels/fichier", form_token=oscar.form_token())
    assert file.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [(row["call_id"], row["role"]) for row in rows] == [
        ("call-2", ""),
        ("call-1", "caller"),
        ("call-1", "agent"),
    ]
    assert told(oscar, "calls.listed")[-1]["sha256"]


def test_whoever_was_called_is_no_caller_and_no_leg_lasts_less_than_nothing(oscar: ConsoleRig) -> None:
    call = replace(a_call(7), direction="outbound")
    leg = replace(a_leg(call, "1"), ended_at=call.started_at - timedelta(hours=2))
    SqlCallLog(oscar.archive.database).add(call, legs=[leg])
    row = words_of(oscar.post("/appels", form_token=oscar.form_token(), since="2000-01-01")).partition("sortant")[2]
    shown = row.partition("call-7")[0]
    assert "appelé …78 0:00" in shown
    assert "appelant" not in shown


def test_a_file_that_was_cut_says_so_by_its_name() -> None:
    for whole, name in ((True, "appels.csv"), (False, "appels-incomplet.csv")):
        answer = file_of(DetailFile(b"", 1, 1, whole))
        assert f'filename="{name}"' in answer.headers["content-disposition"]
        assert answer.headers["ivr-whole"] == ("yes" if whole else "no")


def test_pages_follow_each_other(house: ConsoleRig) -> None:
    calls(house, 60)
    account(house, "oscar", Role.OPERATOR)
    house.sign_in("oscar")
    house.post("/finalite", form_token=house.form_token(), purpose="", reason="qualité des lignes")
    first = house.get("/appels")
    place = first.text.partition('name="after" value="')[2].partition('"')[0]
    second = house.post("/appels", form_token=house.form_token(), after=place)
    assert "call-1<" in second.text
    assert "call-60<" not in second.text
    assert 'name="after"' not in second.text
    assert house.post("/appels", form_token=house.form_token(), after="x" + place).status_code == 422


def test_a_reason_is_asked_for_first_and_whoever_has_no_right_is_denied(house: ConsoleRig) -> None:
    house.sign_in("anne")
    assert "/appels" not in house.get("/").text
    for answer in (house.get("/appels"), house.post("/appels/fichier", form_token=house.form_token())):
        assert answer.status_code == 403
    account(house, "oscar", Role.OPERATOR)
    house.sign_in("oscar")
    asked_why = house.get("/appels").headers["location"]
    assert asked_why == "/finalite?retour=/appels"
    assert house.post("/appels/fichier", form_token=house.form_token()).headers["location"] == asked_why
    back = house.get(asked_why).text.partition('name="retour" value="')[2].partition('"')[0]
    given = {"form_token": house.form_token(), "purpose": "", "reason": "panne"}
    assert house.post("/finalite", **given, retour=back).headers["location"] == "/appels"
    assert house.post("/finalite", **given, retour="//elsewhere.invalid").headers["location"] == "/enregistrements"
    denied = told(house, "access.denied")
    assert [(event["actor"], event["action"]) for event in denied] == [("anne", Action.CALLS.value)] * 2


def test_the_page_acts_for_call_reports_whatever_purpose_was_chosen_and_says_so(oscar: ConsoleRig) -> None:
    oscar.post("/finalite", form_token=oscar.form_token(), purpose="sales_audio", reason="bilan")
    text = words_of(oscar.get("/appels"))
    assert "Finalité : Relevé d'appel (CDR), journaux techniques (bilan)" in text
    assert "vente" not in text
    (event,) = told(oscar, "calls.listed")
    assert (event["purpose"], event["reason"]) == ("call_report", "bilan")
