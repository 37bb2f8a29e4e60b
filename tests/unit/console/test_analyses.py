"""The pages of analyses: a form that loses nothing, hostile fields, who sees what, and the agent's word."""

from __future__ import annotations

import re
from html import unescape

import pytest
from httpx2 import Response

from ivr.console.analyses import DRAFTS
from ivr.domain.access import Role
from ivr.domain.quality.analysis import Analysis
from ivr.domain.quality.answers import LONGEST_NOTE, LONGEST_TEXT
from ivr.services.ports.quality import AnalysisQuery
from tests.quality_rig import BEST, SHIPPED, SOPHIE
from tests.unit.console.rig import OURS, ConsoleRig, words_of
from tests.unit.console.test_player import record, told
from tests.unit.console.test_recordings import choose


@pytest.fixture
def anne(house: ConsoleRig) -> ConsoleRig:
    """A quality analyst who has chosen quality, with a recording and a grid."""
    record(house, "rec-1")
    house.quality.grids.add(SOPHIE, SHIPPED, file="hotline.toml")
    house.sign_in("anne")
    choose(house)
    return house


def begun(rig: ConsoleRig, name: str = "rec-1") -> str:
    """Begin, as a person does, and return the address of the draft."""
    assert 'value="hotline"' in rig.get(f"/enregistrements/{name}/evaluer").text
    answer = rig.post(f"/enregistrements/{name}/evaluer", form_token=rig.form_token(), grid="hotline")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def sent(rig: ConsoleRig, draft: str, **form: str) -> Response:
    revision = re.search(r'name="revision" value="(\d+)"', rig.get(draft).text)
    given = {"form_token": rig.form_token(), "revision": revision[1] if revision else "1", **form}
    return rig.post(DRAFTS + draft.removeprefix("/analyses/"), **given)


def scored(rig: ConsoleRig, **changes: str) -> str:
    """An analysis of rec-1 that counts for luc; return its address."""
    draft = begun(rig)
    answer = sent(rig, draft, do="finish", agent="luc", **{**BEST, **changes})
    assert answer.status_code == 303, words_of(answer)
    return draft


def only(rig: ConsoleRig) -> Analysis:
    (found,) = rig.quality.results.book.find(AnalysisQuery())
    return found


def switch(rig: ConsoleRig, login: str, role: Role | None = None, *, purpose: bool = True) -> None:
    if role is not None:
        rig.make_account(login, role)
    rig.sign_in(login)
    if purpose:
        choose(rig)


def test_from_a_recording_to_its_score_by_the_pages(anne: ConsoleRig) -> None:
    assert 'href="/enregistrements/rec-1/evaluer"' in anne.get("/enregistrements/rec-1").text
    draft = begun(anne)
    page = anne.get(draft)
    assert "Le conseiller se présente et nomme la mutuelle" in words_of(page)
    assert page.text.count("<fieldset") == 10
    assert begun(anne) == draft
    assert (
        sent(anne, draft, do="finish", agent="luc", **{"n.suite": "vite dit", "t.suite": "2:05", **BEST}).status_code
        == 303
    )
    result = words_of(anne.get(draft))
    for said in ("100,0 %", "hotline 1", "anne", "vite dit", "2:05", "terminée", "sans objet", "Au seuil de 75 %"):
        assert said in result
    assert "100,0 % (atteint)" in words_of(anne.get("/analyses"))
    kinds = anne.told()
    assert kinds.index("analysis.begun") < kinds.index("analysis.scored")


def test_without_a_purpose_there_is_no_form_and_no_list(house: ConsoleRig) -> None:
    house.sign_in("anne")
    for path in ("/analyses", "/analyses/x", "/enregistrements/rec-1/evaluer", "/tirages", "/calibrations", "/grilles"):
        assert house.get(path).headers["location"] == "/finalite", path


def test_what_was_saved_is_there_after_the_session_ended_in_the_middle(anne: ConsoleRig) -> None:
    draft = begun(anne)
    answer = sent(anne, draft, do="save", quiet="1", **{"a.courtoisie": "4", "n.courtoisie": "calme"})
    assert answer.json()["revision"] == 2
    assert "Questions sans réponse : 8" in answer.json()["told"]
    token = anne.form_token()
    anne.accounts.sessions.sign_out(anne.accounts.sessions.resume(str(anne.browser.cookies.get("__Host-session"))))  # type: ignore[arg-type]
    lost = anne.post(DRAFTS + draft.removeprefix("/analyses/"), form_token=token, revision="2", **{"a.suite": "yes"})
    assert lost.headers["location"] == "/connexion"
    anne.sign_in("anne")
    choose(anne)
    page = anne.get(draft).text
    assert 'id="a-courtoisie-4" value="4" checked' in page
    assert ">calme</textarea>" in page


def test_of_two_tabs_the_second_is_told_and_loses_nothing(anne: ConsoleRig) -> None:
    draft = begun(anne)
    sent(anne, draft, **{"n.suite": "de l'une"})
    token, place = anne.form_token(), DRAFTS + draft.removeprefix("/analyses/")
    typed = {"form_token": token, "revision": "1", "n.suite": "de l'autre"}
    assert anne.post(place, quiet="1", **typed).status_code == 409
    page = anne.post(place, **typed)
    assert page.status_code == 409
    assert "enregistré ailleurs depuis que cette page est ouverte" in words_of(page)
    # The language is switched, and the session renewed, where the draft is asked for.
    assert f'name="back" value="{draft}"' in page.text
    assert f'data-page="{draft}"' in page.text
    assert "de l'autre" in unescape(page.text)
    assert only(anne).answers["suite"].note == "de l'une"
    # The page that was answered holds the revision of now: saved once more, it is kept.
    revision = re.search(r'name="revision" value="(\d+)"', page.text)
    assert revision
    assert anne.post(place, **{**typed, "revision": revision[1]}).status_code == 303
    assert only(anne).answers["suite"].note == "de l'autre"


def test_an_unfinished_form_says_what_is_missing_and_is_saved(anne: ConsoleRig) -> None:
    draft = begun(anne)
    page = sent(anne, draft, do="finish", **{"a.suite": "yes"})
    assert page.status_code == 422
    assert "Questions sans réponse : 8" in words_of(page)
    assert page.text.count("Répondez à cette question.") == 8
    assert only(anne).answers["suite"].value == "yes"


def test_what_may_not_be_kept_is_taken_out_told_and_stands_nowhere(anne: ConsoleRig) -> None:
    draft = begun(anne)
    typed = {"n.suite": "rappeler 06 12 34 56 78, carte 4970 1012 3456 7893, « je suis très malade »"}
    page = sent(anne, draft, do="finish", agent="luc", **{**BEST, **typed})
    assert page.status_code == 422
    text = words_of(page)
    assert "Un numéro qui ne se conserve pas a été retiré" in text
    assert "une analyse ne cite pas" in text
    for part in ("12 34 56", "4970", "malade"):
        assert part not in page.text
        assert part not in str(only(anne))
    assert (
        sent(anne, draft, do="finish", agent="luc", **{**BEST, "n.suite": only(anne).answers["suite"].note}).status_code
        == 303
    )


@pytest.mark.parametrize(
    "hostile",
    [
        {"a.presentation": "<script>alert(1)</script>", "n.suite": "<img src=x onerror=alert(1)>"},
        {"a.courtoisie": "99999999999999999999", "t.suite": "' OR 1=1 --"},
        {"n.suite": "x" * 100_000, "a.conseil": "é" * 15_000},
        {"revision": "-1"},
        {"revision": "9" * 40},
        {"agent": "../../etc/passwd"},
        {"agent": "a" * 5000},
        {f"a.unknown{n}": "yes" for n in range(150)},
        {"do": "drop"},
        {"do": "<b>"},
        {"n.suite": "\u202e\u0007" * 200},
    ],
    ids=[
        "markup",
        "numbers",
        "huge",
        "negative",
        "long revision",
        "path",
        "long agent",
        "fields",
        "drop",
        "do",
        "signs",
    ],
)
def test_a_hostile_form_breaks_nothing_and_keeps_within_bounds(anne: ConsoleRig, hostile: dict[str, str]) -> None:
    draft = begun(anne)
    page = sent(anne, draft, **hostile)
    assert page.status_code in (200, 303, 409)
    assert "<img src=x" not in page.text
    assert "alert(1)</script>" not in page.text
    kept = only(anne)
    assert kept.call.agent == ""
    assert all(len(one.note) <= LONGEST_NOTE and len(one.value) <= LONGEST_TEXT for one in kept.answers.values())
    assert "<img src=x" not in anne.get(draft).text


def test_a_form_beyond_all_bounds_is_refused_whole(anne: ConsoleRig) -> None:
    draft = begun(anne)
    place = DRAFTS + draft.removeprefix("/analyses/")
    token = anne.form_token()
    assert anne.post(place, form_token=token, revision="1", **{"n.suite": "x" * 300_000}).status_code == 400
    assert anne.post(place, form_token=token, **{f"f{n}": "1" for n in range(300)}).status_code == 400
    assert anne.post(place, form_token="0" * 64, revision="1").status_code == 403
    assert only(anne).revision == 1


def test_a_draft_is_given_up_only_when_it_is_meant(anne: ConsoleRig) -> None:
    draft = begun(anne)
    assert sent(anne, draft, do="drop").headers["location"] == draft
    assert sent(anne, draft, do="drop", sure="1").headers["location"] == "/analyses"
    assert anne.get(draft).status_code == 404
    assert anne.told()[-1] in ("analysis.dropped", "session.purpose") or "analysis.dropped" in anne.told()


def test_anothers_draft_and_what_is_not_there_look_alike(anne: ConsoleRig) -> None:
    draft = begun(anne)
    switch(anne, "paul", Role.TRAINER)
    other, none = anne.get(draft), anne.get("/analyses/nothing")
    assert (other.status_code, none.status_code) == (404, 404)
    assert words_of(other) == words_of(none)
    assert sent(anne, draft, **BEST).status_code == 404
    assert told(anne, "access.denied")


def test_an_agent_sees_own_results_alone_and_disputes_one(anne: ConsoleRig) -> None:
    result = scored(anne)
    switch(anne, "luc", Role.AGENT, purpose=False)
    home = anne.get("/").text
    assert 'href="/mes-resultats"' in home
    assert 'href="/analyses"' not in home
    assert f'href="{result}"' in anne.get("/mes-resultats").text
    page = anne.get(result)
    assert "100,0 %" in words_of(page)
    assert anne.post(f"{result}/contestation", form_token=anne.form_token(), why=" ").status_code == 422
    answer = anne.post(f"{result}/contestation", form_token=anne.form_token(), why="La suite <b>a été</b> dite.")
    assert answer.headers["location"] == result
    page = anne.get(result)
    assert "Contestation" in words_of(page)
    assert "<b>a été</b>" not in page.text
    assert "/contestation" not in page.text
    assert {"analyses.listed", "analysis.shown", "analysis.disputed"} <= set(anne.told())
    for path in ("/analyses", "/equipe", "/tirages", "/calibrations", "/grilles", "/accompagnement"):
        assert anne.get(path).headers.get("location") == "/finalite", path
    switch(anne, "zoe", Role.AGENT, purpose=False)
    assert result not in anne.get("/mes-resultats").text
    assert anne.get(result).status_code == 404


def test_no_page_holds_code_of_its_own_and_nothing_of_a_person_stands_in_an_address(anne: ConsoleRig) -> None:
    draft = begun(anne)
    page = anne.get(draft)
    assert re.findall(r"<script.*", page.text) == [
        f'<script type="module" src="/static/{name}.js"></script>' for name in ("draft", "player")
    ]
    assert " style=" not in page.text
    assert " onclick" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert anne.browser.get("/static/draft.js").headers["content-type"].startswith("text/javascript")
    assert re.fullmatch(r"/analyses/[0-9a-f]+", draft)


def test_a_form_that_another_page_sends_saves_nothing(anne: ConsoleRig) -> None:
    draft = begun(anne)
    place = DRAFTS + draft.removeprefix("/analyses/")
    token = anne.form_token()
    answer = anne.browser.post(
        place, data={"form_token": token, "revision": "1"}, headers={**OURS, "sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert only(anne).revision == 1
