"""The list of recordings: after a purpose, for who may see it, in pages, and each in the evidence."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta

import pytest

from ivr.domain.access import Role
from ivr.domain.search.query import FILTERS, SCORES
from ivr.storage.catalogue import SqlCatalogue
from tests.fakes.vault import START, a_tag
from tests.unit.console.rig import ConsoleRig, words_of


def keep(rig: ConsoleRig, count: int, **tag: object) -> None:
    catalogue = SqlCatalogue(rig.archive.database)
    for number in range(count):
        name = f"rec-{tag.get('retention', 'quality_audio')}-{number:03}"
        opened = START + timedelta(minutes=number)
        catalogue.add(a_tag(name, opened_at=opened, **tag), b"wrapped", "kek-1", deadline=opened + timedelta(days=180))


def choose(rig: ConsoleRig, purpose: str = "quality_audio") -> None:
    answer = rig.post("/finalite", form_token=rig.form_token(), purpose=purpose, reason="revue 12")
    assert answer.status_code == 303


def ids(page: str) -> list[str]:
    return re.findall(r"<code>(rec-[^<]+)</code>", page)


@pytest.fixture
def anne(house: ConsoleRig) -> ConsoleRig:
    """A quality analyst, signed in, with two recordings of hers and one that is closed to the house."""
    keep(house, 2, retention="quality_audio")
    keep(house, 1, retention="sales_audio")
    house.sign_in("anne")
    return house


def test_without_a_purpose_there_is_no_list(anne: ConsoleRig) -> None:
    assert anne.get("/enregistrements").headers["location"] == "/finalite"
    assert anne.post("/enregistrements", form_token=anne.form_token()).headers["location"] == "/finalite"
    assert "recordings.listed" not in anne.told()


def test_a_list_holds_what_the_purpose_opens_and_stands_in_the_evidence(anne: ConsoleRig) -> None:
    choose(anne)
    page = anne.get("/enregistrements")
    assert ids(page.text) == ["rec-quality_audio-001", "rec-quality_audio-000"]
    assert "2 enregistrements" in words_of(page)
    told = anne.archive.audit.events()[-1]
    assert (told.kind, told.body["actor"], told.body["purpose"], told.body["reason"], told.body["count"]) == (
        "recordings.listed", "anne", "quality_audio", "revue 12", 2,
    )  # fmt: skip


def test_a_role_without_the_right_is_refused_and_the_denial_is_evidence(house: ConsoleRig) -> None:
    house.sign_in("admin")
    session = house.accounts.sessions.resume(str(house.browser.cookies.get("__Host-session")))
    house.accounts.sessions.choose_purpose(session, "quality_audio", "x")  # type: ignore[arg-type]
    page = house.get("/enregistrements")
    assert page.status_code == 403
    assert "n'a pas le droit" in words_of(page)
    assert house.told()[-1] == "access.denied"
    assert 'href="/enregistrements"' not in house.get("/").text


def test_pages_follow_each_other_and_keep_the_filters(house: ConsoleRig) -> None:
    keep(house, 120, retention="quality_audio")
    house.sign_in("anne")
    choose(house)
    token = house.form_token()
    found: list[str] = []
    after = ""
    for _ in range(3):
        page = house.post("/enregistrements", form_token=token, state="CAPTURING", after=after)
        found += ids(page.text)
        place = re.search(r'name="after" value="([^"]+)"', page.text)
        after = place[1] if place else ""
        assert 'value="CAPTURING" selected' in page.text
    assert after == ""
    assert len(found) == len(set(found)) == 120
    assert ids(house.post("/enregistrements", form_token=token, state="SEALED").text) == []


def test_a_filter_that_is_none_is_told_and_lists_nothing(anne: ConsoleRig) -> None:
    choose(anne)
    before = anne.told().count("recordings.listed")
    page = anne.post("/enregistrements", form_token=anne.form_token(), since="hier", state="<b>")
    assert page.status_code == 422
    assert "<b>" not in page.text.replace("<body>", "")
    assert ids(page.text) == []
    assert anne.told().count("recordings.listed") == before


def test_a_number_that_is_searched_stands_in_no_page_and_in_no_evidence(anne: ConsoleRig) -> None:
    choose(anne)
    page = anne.post("/enregistrements", form_token=anne.form_token(), phone="0612345678")
    assert page.status_code == 200
    assert "Aucun enregistrement ne répond" in words_of(page)
    assert "612345678" not in page.text
    assert all("612345678" not in str(event.body) for event in anne.archive.audit.events())


def test_who_answers_persons_may_see_all_and_says_why(house: ConsoleRig) -> None:
    keep(house, 1, retention="sales_audio")
    house.make_account("dora", Role.DPO)
    house.sign_in("dora")
    choose(house, "")
    assert ids(house.get("/enregistrements").text) == ["rec-sales_audio-000"]


def test_what_narrows_the_list_is_on_the_page_as_on_the_command_line(house: ConsoleRig) -> None:
    keep(house, 2, retention="quality_audio")
    house.make_account("sophie", Role.SUPERVISOR)
    house.sign_in("sophie")
    choose(house)
    page = house.get("/enregistrements").text
    assert [name for name in FILTERS if f'name="{name}"' not in page] == ["purpose"]
    assert ids(house.post("/enregistrements", form_token=house.form_token(), **{"min-score": "50"}).text) == []
    house.make_account("dora", Role.DPO)
    house.sign_in("dora")
    choose(house, "")
    page = house.get("/enregistrements").text
    assert {name for name in FILTERS if f'name="{name}"' not in page} == SCORES
    denied = house.post("/enregistrements", form_token=house.form_token(), **{"min-score": "50"})
    assert denied.status_code == 403
    token = house.form_token()
    assert len(ids(house.post("/enregistrements", form_token=token, purpose="quality_audio").text)) == 2
    assert ids(house.post("/enregistrements", form_token=token, purpose="sales_audio").text) == []
    assert ids(house.post("/enregistrements", form_token=token, agent="personne").text) == []
    due = house.post("/enregistrements", form_token=token, **{"due-before": "2100-01-01", "disposition": "BUSY"})
    assert 'value="2100-01-01"' in due.text
    assert 'value="BUSY" selected' in due.text
    wrong = house.post("/enregistrements", form_token=token, **{"min-length": "2:00", "max-length": "1:00"})
    assert wrong.status_code == 422
    assert "la plus grande durée est inférieure à la plus petite" in words_of(wrong)


def test_a_session_for_one_purpose_does_not_ask_for_another(anne: ConsoleRig) -> None:
    choose(anne)
    assert 'name="purpose"' not in anne.get("/enregistrements").text
    other = anne.post("/enregistrements", form_token=anne.form_token(), purpose="sales_audio")
    assert other.status_code == 422
    assert ids(other.text) == []


def test_the_list_comes_as_a_file_whose_digest_stands_in_the_evidence(anne: ConsoleRig) -> None:
    choose(anne)
    file = anne.post("/enregistrements/fichier", form_token=anne.form_token(), program="hotline")
    assert file.headers["content-type"].startswith("text/csv")
    assert "enregistrements.csv" in file.headers["content-disposition"]
    assert file.headers["cache-control"] == "no-store"
    told = anne.archive.audit.events()[-1]
    assert (told.kind, told.body["sha256"]) == ("recordings.listed", hashlib.sha256(file.content).hexdigest())
    assert anne.post("/enregistrements/fichier", form_token=anne.form_token(), since="hier").status_code == 422


def test_a_search_is_kept_opened_and_kept_no_longer(anne: ConsoleRig) -> None:
    choose(anne)
    token = anne.form_token()
    kept = anne.post(
        "/enregistrements/recherches", form_token=token, name="à <b>revoir</b>", state="SEALED", gaps="yes"
    )
    assert kept.headers["location"] == "/enregistrements"
    page = anne.get("/enregistrements").text
    assert "<option>à &lt;b&gt;revoir&lt;/b&gt;</option>" in page
    opened = anne.post("/enregistrements", form_token=token, kept="à <b>revoir</b>")
    assert 'value="SEALED" selected' in opened.text
    anne.post("/enregistrements/recherches", form_token=token, kept="à <b>revoir</b>", forget="yes")
    assert "kept-searches" not in anne.get("/enregistrements").text


def test_no_search_by_a_number_is_kept_and_none_without_a_name(anne: ConsoleRig) -> None:
    choose(anne)
    token = anne.form_token()
    number = anne.post("/enregistrements/recherches", form_token=token, name="lui", phone="0612345678")
    assert number.status_code == 422
    assert "une recherche par un numéro n'est pas gardée" in words_of(number)
    assert "612345678" not in number.text
    assert anne.post("/enregistrements/recherches", form_token=token, name=" ").status_code == 422
    assert "kept-searches" not in anne.get("/enregistrements").text
