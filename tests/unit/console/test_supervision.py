"""The supervisor's pages: the team, second reviews, samples, coaching, calibration, and the shelf of grids."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from ivr.domain.access import Role
from ivr.services.ports.evidence import CallRow
from ivr.services.ports.quality import AnalysisQuery
from tests.quality_rig import BEST, SHIPPED
from tests.unit.console.rig import ConsoleRig, words_of
from tests.unit.console.test_analyses import anne, begun, scored, sent, switch
from tests.unit.console.test_player import record, told

__all__ = ["anne"]


def report(rig: ConsoleRig, name: str, agent: str = "luc") -> None:
    at = rig.archive.vault.ports.catalogue.get(name).tag.opened_at
    row = CallRow(
        f"call-{name}", "hotline-quality", "inbound", "sip:x@example.org", at, at, at, "ANSWERED", 200, 16, "caller",
        name, "SEALED", {}, "node-1", agent,
    )  # fmt: skip
    rig.archive.call_log.add(row)


@pytest.fixture
def sophie(anne: ConsoleRig) -> ConsoleRig:
    """A supervisor, after an analyst has scored a call of luc's below the mark."""
    scored(anne, **{"a.exactitude": "fausse"})
    switch(anne, "sophie", Role.SUPERVISOR)
    return anne


def address(rig: ConsoleRig) -> str:
    (found,) = rig.quality.results.book.find(AnalysisQuery(counts=True))
    return f"/analyses/{found.id}"


def test_the_team_is_seen_by_who_supervises_alone(sophie: ConsoleRig) -> None:
    page = sophie.get("/equipe")
    assert address(sophie) in page.text
    assert "luc" in words_of(page)
    switch(sophie, "anne")
    for path in ("/equipe", "/accompagnement"):
        assert sophie.get(path).status_code == 403
    assert told(sophie, "access.denied")


def test_a_second_review_takes_the_place_of_the_first(sophie: ConsoleRig) -> None:
    first = address(sophie)
    assert "Évaluer de nouveau" in words_of(sophie.get(first))
    answer = sophie.post(f"{first}/decision", form_token=sophie.form_token(), do="second")
    second = answer.headers["location"]
    assert sent(sophie, second, do="finish", agent="luc", **BEST).status_code == 303
    assert address(sophie) == second
    assert "remplacée" in words_of(sophie.get(first))
    assert first in sophie.get(second).text


def test_a_dispute_is_upheld_with_an_answer_that_the_agent_reads(sophie: ConsoleRig) -> None:
    result = address(sophie)
    switch(sophie, "luc", Role.AGENT, purpose=False)
    sophie.post(f"{result}/contestation", form_token=sophie.form_token(), why="La réponse était juste.")
    switch(sophie, "sophie")
    page = sophie.get(result)
    assert "La réponse était juste." in words_of(page)
    assert sophie.post(f"{result}/decision", form_token=sophie.form_token(), do="uphold", why="").status_code == 422
    answer = sophie.post(f"{result}/decision", form_token=sophie.form_token(), do="uphold", why="Le taux est faux.")
    assert answer.headers["location"] == result
    sophie.sign_in("luc")
    assert "Le taux est faux." in words_of(sophie.get(result))


def test_calls_below_the_mark_are_to_be_talked_about_until_they_were(sophie: ConsoleRig) -> None:
    result = address(sophie)
    page = sophie.get("/accompagnement")
    assert result in page.text
    sophie.post(result.replace("/analyses/", "/accompagnement/"), form_token=sophie.form_token())
    assert result not in sophie.get("/accompagnement").text
    assert len(told(sophie, "analysis.coached")) == 1


def test_a_month_is_drawn_by_lot_and_explained(sophie: ConsoleRig) -> None:
    for number in range(4):
        record(sophie, f"more-{number}")
        report(sophie, f"more-{number}")
    month = sophie.archive.vault.ports.clock.now().astimezone(ZoneInfo("Europe/Paris")).strftime("%Y-%m")
    form = {"form_token": sophie.form_token(), "month": month, "per_agent": "2", "min_s": "10"}
    assert sophie.post("/tirages", **form).headers["location"] == "/tirages"
    page = sophie.get("/tirages")
    assert "2 tirés au sort parmi 4 qui répondent à la règle, sur 4 enregistrements du mois." in words_of(page)
    assert len(set(re.findall(r'href="/enregistrements/(more-\d)"', page.text))) == 2
    assert told(sophie, "sample.drawn")[0]["seed"] in page.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"month": "hier"},
        {"month": "2999-01"},
        {"per_agent": "0"},
        {"per_agent": "²"},
        {"min_s": "-1"},
        {"program": "x"},
    ],
)
def test_a_rule_that_is_none_is_told_and_draws_nothing(sophie: ConsoleRig, wrong: dict[str, str]) -> None:
    form = {"form_token": sophie.form_token(), "month": "2026-11", "per_agent": "2", "min_s": "10", **wrong}
    page = sophie.post("/tirages", **form)
    assert page.status_code in (422,)
    assert 'role="alert"' in page.text
    assert told(sophie, "sample.drawn") == []


def test_a_calibration_is_blind_until_it_is_closed_and_then_shows_the_spread(sophie: ConsoleRig) -> None:
    record(sophie, "rec-cal")
    form = {"form_token": sophie.form_token(), "recording_id": "rec-cal", "grid": "hotline"}
    assert sophie.post("/calibrations", reviewers="anne", **form).status_code == 422
    session = sophie.post("/calibrations", reviewers="anne, sophie", **form).headers["location"]
    for login, level in (("sophie", "5"), ("anne", "2")):
        switch(sophie, login)
        draft = sophie.post(session, form_token=sophie.form_token(), do="take").headers["location"]
        assert sent(sophie, draft, do="finish", **{**BEST, "a.courtoisie": level}).status_code == 303
        assert "%" not in words_of(sophie.get(session))
    switch(sophie, "sophie")
    sophie.post(session, form_token=sophie.form_token(), do="close")
    text = words_of(sophie.get(session))
    assert "Écart entre la plus basse et la plus haute note : 8,3 %" in text
    assert re.search(r"Le conseiller est courtois du début à la fin 2 5 non", text)
    # It is no result: nothing of it counts.
    assert len(sophie.quality.results.book.find(AnalysisQuery(counts=True))) == 1


def test_who_takes_no_part_sees_no_calibration(sophie: ConsoleRig) -> None:
    record(sophie, "rec-cal")
    form = {"form_token": sophie.form_token(), "recording_id": "rec-cal", "grid": "hotline"}
    session = sophie.post("/calibrations", reviewers="sophie boris", **form).headers["location"]
    switch(sophie, "anne")
    assert sophie.get(session).status_code == 404
    assert session not in sophie.get("/calibrations").text
    assert sophie.post(session, form_token=sophie.form_token(), do="take").status_code == 404
    assert sophie.post(session, form_token=sophie.form_token(), do="close").status_code == 403


def test_a_grid_is_exported_changed_and_imported_and_new_analyses_take_it(sophie: ConsoleRig) -> None:
    answer = sophie.get("/grilles/hotline/1")
    assert answer.text == SHIPPED
    assert "attachment" in answer.headers["content-disposition"]
    text = answer.text.replace('version = "1"', 'version = "2"').replace("\n", "\r\n")
    assert sophie.post("/grilles", form_token=sophie.form_token(), toml=text).headers["location"] == "/grilles"
    record(sophie, "rec-2")
    assert "hotline 2" in words_of(sophie.get(begun(sophie, "rec-2")))
    assert "hotline 1" in words_of(sophie.get(address(sophie)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Point à travailler avec le conseiller", "NIR de l'adhérent", "REC-018"),
        ("pass_mark = 75", "pass_mark = <b>", "TOML"),
        ('kind = "scale"', 'kind = "x"', "kind"),
        ("weight = 10", "weight = 11", "existe déjà"),
    ],
)
def test_a_grid_that_is_refused_says_why_and_keeps_what_was_pasted(
    sophie: ConsoleRig, old: str, new: str, said: str
) -> None:
    page = sophie.post("/grilles", form_token=sophie.form_token(), toml=SHIPPED.replace(old, new, 1))
    assert page.status_code == 422
    assert said in words_of(page)
    assert "<b>" not in page.text
    assert "Appel entrant d&#39;un adhérent" in page.text
    assert len(told(sophie, "grid.imported")) == 1


def test_who_does_not_supervise_imports_and_draws_nothing(anne: ConsoleRig) -> None:
    token = anne.form_token()
    for path, form in (
        ("/grilles", {"toml": SHIPPED.replace('version = "1"', 'version = "2"')}),
        ("/tirages", {"month": "2026-11", "per_agent": "1"}),
        ("/calibrations", {"recording_id": "rec-1", "grid": "hotline", "reviewers": "anne paul"}),
    ):
        assert anne.post(path, form_token=token, **form).status_code == 403, path
    assert len(told(anne, "grid.imported")) == 1


def test_grids_are_shown_to_who_scores_alone_and_the_denial_is_evidence(sophie: ConsoleRig) -> None:
    sophie.make_account("olga", Role.OPERATOR)
    sophie.sign_in("olga")
    sophie.post("/finalite", form_token=sophie.form_token(), purpose="", reason="voir")
    for path in ("/grilles", "/grilles/hotline/1", "/enregistrements/rec-1/evaluer"):
        assert sophie.get(path).status_code == 403, path
    assert sophie.told()[-3:] == ["access.denied"] * 3
