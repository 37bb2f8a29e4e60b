"""The page of figures: tables beside pictures, months that are chosen, and a file."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.domain.evidence.events.objection import Hesitation
from ivr.services.ports.evidence import CallRow
from ivr.storage.call_log import SqlCallLog
from tests.unit.console.rig import NOW, ConsoleRig, words_of

#: Of the house's time zone: a new month begins there before it does in UTC.
THIS_MONTH = (NOW - timedelta(seconds=1)).astimezone(ZoneInfo("Europe/Paris")).strftime("%Y-%m")


@pytest.fixture
def dpo(house: ConsoleRig) -> ConsoleRig:
    """Somebody with a purpose, and seven calls an hour ago, one of them busy."""
    log = SqlCallLog(house.archive.database)
    at = NOW - timedelta(seconds=1)
    for number in range(7):
        row = CallRow(
            f"call-{number}", "hotline-quality", "inbound", "sip:x@example.org", at, at, at,
            "BUSY" if number == 6 else "ANSWERED", 200, 16, "caller", None, "WITHHELD", {}, "node-1",
        )  # fmt: skip
        log.add(row)
        doubt = Hesitation(party="caller", label="objection_recording", basis="SPOKEN", score=0.5, discards=True)
        house.archive.audit.append(doubt, call_id=row.call_id)
    house.sign_in("anne")
    house.post("/finalite", form_token=house.form_token(), purpose="quality_audio", reason="bilan")
    return house


def test_figures_are_tables_with_pictures_that_hold_no_style_and_no_script(dpo: ConsoleRig) -> None:
    page = dpo.get("/statistiques")
    assert page.status_code == 200
    text = words_of(page)
    assert "Appels par mois" in text
    # One busy call and the next smallest beside it are hidden.
    assert "<5" in text
    assert "hotline-quality 7" in text
    assert page.text.count("<svg") >= 3
    assert not {"<style", "style=", "<script"} & {part for part in ("<style", "style=", "<script") if part in page.text}
    assert dpo.told()[-1] == "statistics.shown"


def test_months_are_chosen_and_what_is_none_is_told(dpo: ConsoleRig) -> None:
    token = dpo.form_token()
    long_ago = dpo.post("/statistiques", form_token=token, first="2020-01", last="2020-02")
    assert "Rien sur cette période." in words_of(long_ago)
    assert "Avant 2020-03, les relevés d'appel sont détruits" in words_of(long_ago)
    assert "relevés d'appel" not in words_of(dpo.get("/statistiques"))
    wrong = dpo.post("/statistiques", form_token=token, first="2020-13", last='"><script>')
    assert wrong.status_code == 422
    assert "2026-11" in words_of(wrong)
    assert "<script>" not in wrong.text
    assert 'name="back" value="/statistiques"' in wrong.text


def test_the_file_holds_what_the_page_shows(dpo: ConsoleRig) -> None:
    file = dpo.post("/statistiques/fichier", form_token=dpo.form_token(), first=THIS_MONTH, last=THIS_MONTH)
    assert file.headers["content-type"].startswith("text/csv")
    assert file.headers["content-disposition"].startswith('attachment; filename="statistiques-')
    rows = list(csv.reader(io.StringIO(file.text)))
    assert rows[0] == ["figure", "program", "quality", "count"]
    assert ["doubts", "hotline-quality", "raised", "7"] in rows
    assert ["endings", "hotline-quality", "BUSY", "<5"] in rows
    assert "reports_from" not in file.text
    assert dpo.told()[-1] == "statistics.shown"
    file = dpo.post("/statistiques/fichier", form_token=dpo.form_token(), first="2020-01", last="2020-02")
    assert list(csv.reader(io.StringIO(file.text)))[-1] == ["reports_from", "", "2020-03", ""]


@pytest.mark.parametrize(
    "form",
    [
        {"first": "x"},
        {"last": "2020-01"},
        {"first": "9999-12", "last": "9999-12"},
        {"first": "0001-01", "last": "0001-01"},
    ],
)
def test_a_file_of_no_period_is_refused(dpo: ConsoleRig, form: dict[str, str]) -> None:
    assert dpo.post("/statistiques/fichier", form_token=dpo.form_token(), **form).status_code == 400


def test_without_a_purpose_it_is_asked_for(house: ConsoleRig) -> None:
    house.sign_in("anne")
    assert house.get("/statistiques").headers["location"] == "/finalite"
    assert house.post("/statistiques/fichier", form_token=house.form_token()).headers["location"] == "/finalite"
