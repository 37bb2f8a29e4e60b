"""The pages of accounts: an administrator invites and closes, everybody changes their own password."""

from __future__ import annotations

import re
from html import unescape

import pytest

from ivr.domain.access import Role
from tests.unit.console.rig import PASSWORD, URL, ConsoleRig, words_of

NEW = "trois vaches sous le noyer"


def test_an_administrator_invites_with_a_link_that_is_shown_once_and_makes_the_account(house: ConsoleRig) -> None:
    house.sign_in("admin")
    token = house.form_token()
    made = house.post("/comptes/invitation", form_token=token, login="Bruno", role="dpo", reason="arrivée")
    assert made.status_code == 200
    link = re.search(r"<code>(https://[^<]+)</code>", made.text)
    assert link
    assert link[1].startswith(f"{URL}/invitation?jeton=")
    assert made.headers["cache-control"] == "no-store"
    assert link[1] not in house.get("/comptes").text
    visitor = house.new_browser()
    assert visitor.get(link[1]).headers["location"] == "/invitation"
    assert "délégué à la protection des données" in words_of(visitor.get("/invitation"))
    event = next(event for event in reversed(house.archive.audit.events()) if event.kind == "account.invited")
    assert (event.body["actor"], event.body["login"]) == ("admin", "bruno")


def test_whoever_looks_at_the_accounts_stands_in_the_evidence(house: ConsoleRig) -> None:
    house.sign_in("admin")
    assert house.get("/comptes").status_code == 200
    event = house.archive.audit.events()[-1]
    assert (event.kind, event.body) == (
        "account.listed", {"actor": "admin", "role": "administrator", "reason": "Comptes"},
    )  # fmt: skip


def test_an_administrator_closes_an_account_and_its_session_is_over(house: ConsoleRig) -> None:
    house.sign_in("anne")
    anne = house.browser
    house.browser = house.new_browser()
    house.sign_in("admin")
    done = house.post("/comptes/fermeture", form_token=house.form_token(), login="anne", reason="départ")
    assert done.headers["location"] == "/comptes"
    assert "anne analyste qualité fermé" in words_of(house.get("/comptes"))
    house.browser = anne
    assert house.get("/").headers["location"] == "/connexion"
    event = next(event for event in house.archive.audit.events() if event.kind == "account.closed")
    assert event.body == {"actor": "admin", "login": "anne", "reason": "départ"}


def test_an_invitation_that_is_out_is_listed_and_withdrawn_and_its_link_makes_nothing(house: ConsoleRig) -> None:
    house.sign_in("admin")
    token = house.form_token()
    made = house.post("/comptes/invitation", form_token=token, login="bruno", role="dpo", reason="arrivée")
    link = re.search(r"<code>(https://[^<]+)</code>", made.text)
    assert link
    page = house.get("/comptes")
    assert "Invitations en cours : 1" in words_of(page)
    assert "bruno délégué à la protection des données admin" in words_of(page)
    assert 'action="/comptes/invitation/retrait"' in page.text
    done = house.post("/comptes/invitation/retrait", form_token=token, login="bruno", reason="erreur")
    assert done.headers["location"] == "/comptes"
    assert "bruno" not in house.get("/comptes").text
    visitor = house.new_browser()
    visitor.get(link[1])
    assert "délégué" not in words_of(visitor.get("/invitation"))
    event = next(event for event in reversed(house.archive.audit.events()) if event.kind.endswith("withdrawn"))
    assert event.body == {"actor": "admin", "login": "bruno", "reason": "erreur"}


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("/comptes/invitation/retrait", {"login": "anne", "reason": "x"}, "pas d'invitation"),
        ("/comptes/invitation/retrait", {"login": "admin", "reason": "x"}, "son propre compte"),
        ("/comptes/invitation/retrait", {"login": "anne", "reason": ""}, "donnez un motif"),
        ("/comptes/invitation", {"login": "an ne", "role": "dpo", "reason": "x"}, "Un identifiant a de 1 à 63"),
        ("/comptes/invitation", {"login": "bruno", "role": "king", "reason": "x"}, "Choisissez un rôle"),
        ("/comptes/invitation", {"login": "bruno", "role": "dpo", "reason": " "}, "donnez un motif"),
        ("/comptes/invitation", {"login": "admin", "role": "dpo", "reason": "x"}, "son propre compte"),
        ("/comptes/fermeture", {"login": "admin", "reason": "x"}, "son propre compte"),
        ("/comptes/fermeture", {"login": "nobody", "reason": "x"}, "ni compte ouvert ni invitation"),
        ("/comptes/fermeture", {"login": "anne", "reason": ""}, "donnez un motif"),
    ],
)
def test_what_cannot_be_done_with_an_account_is_told_and_not_done(
    house: ConsoleRig, path: str, form: dict[str, str], said: str
) -> None:
    house.sign_in("admin")
    token, before = house.form_token(), house.told()
    answer = house.post(path, form_token=token, **form)
    assert answer.status_code == 422
    assert said in words_of(answer)
    assert house.told() == [*before, "account.listed"]
    # Changing the language leads to a page that there is.
    assert 'name="back" value="/comptes"' in answer.text


def test_who_is_no_administrator_sees_and_does_nothing_with_accounts_and_each_try_is_evidence(
    house: ConsoleRig,
) -> None:
    house.sign_in("anne")
    token = house.form_token()
    answers = [
        house.get("/comptes"),
        house.post("/comptes/invitation", form_token=token, login="eve", role="dpo", reason="x"),
        house.post("/comptes/invitation", form_token=token, login="eve", role="", reason=""),
        house.post("/comptes/fermeture", form_token=token, login="admin", reason="x"),
        house.post("/comptes/invitation/retrait", form_token=token, login="admin", reason="x"),
    ]
    assert [one.status_code for one in answers] == [403] * 5
    assert all("admin" not in one.text for one in answers)
    assert house.told()[-5:] == ["access.denied"] * 5
    assert "/comptes" not in house.get("/").text
    assert [one.login for one in house.accounts.book.all()] == ["admin", "anne"]


def test_everybody_changes_their_password_and_signs_in_with_the_new_one(house: ConsoleRig) -> None:
    house.sign_in("anne")
    token = house.form_token()
    code = house.code("anne")
    answer = house.post("/compte/mot-de-passe", form_token=token, current=PASSWORD, password=NEW, again=NEW, code=code)
    assert answer.status_code == 200
    assert "Votre mot de passe est changé" in words_of(answer)
    assert NEW not in answer.text
    house.browser = house.new_browser()
    assert house.sign_in("anne").status_code == 401
    assert house.sign_in("anne", NEW).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "again", "code", "said"),
    [
        ("no", NEW, NEW, "", "Mot de passe actuel ou code inexact"),
        (PASSWORD, NEW, NEW, "000000", "Mot de passe actuel ou code inexact"),
        (PASSWORD, NEW, NEW + "x", "", "Les deux mots de passe diffèrent"),
        (PASSWORD, "court", "court", "", "au moins 12 caractères"),
    ],
)
def test_a_password_is_not_changed_without_proof_nor_to_a_weak_one(
    house: ConsoleRig, current: str, new: str, again: str, code: str, said: str
) -> None:
    house.sign_in("anne")
    token = house.form_token()
    form = {"current": current, "password": new, "again": again, "code": code or house.code("anne")}
    answer = house.post("/compte/mot-de-passe", form_token=token, **form)
    assert answer.status_code == 422
    assert said in words_of(answer)
    assert "account.password_changed" not in house.told()


def test_other_sessions_are_shown_and_ended_but_not_this_one(house: ConsoleRig) -> None:
    house.sign_in("anne")
    other, house.browser = house.browser, house.new_browser()
    house.sign_in("anne")
    page = house.get("/compte")
    assert page.text.count('<th scope="row">') == 2
    assert house.post("/compte/sessions", form_token=house.form_token()).headers["location"] == "/compte"
    assert house.get("/compte").text.count('<th scope="row">') == 1
    house.browser = other
    assert house.get("/compte").headers["location"] == "/connexion"


def make_token(house: ConsoleRig, login: str = "anne", **form: str) -> str:
    given = {"name": "nuit", "right_list": "yes", "days": "7", "current": PASSWORD, "code": house.code(login), **form}
    return house.post("/compte/jetons", form_token=house.form_token("/compte"), **given).text


def test_the_tables_of_an_account_scroll_by_themselves_and_the_many_rights_of_a_token_wrap(house: ConsoleRig) -> None:
    house.make_account("dora", Role.DPO)
    house.sign_in("dora")
    rights = {f"right_{action.value}": "yes" for action in house.settings.access.actions[Role.DPO]}
    make_token(house, login="dora", **rights)
    page = house.get("/compte").text
    cell = re.search(r'<td class="wrapped">([^<]*)</td>', page)
    assert cell
    assert cell[1].count(", ") == len(rights) - 1
    regions = re.findall(r'<div class="scroll" role="region" aria-labelledby="([a-z]+)" tabindex="0">\n<table>', page)
    assert len(regions) == page.count("<table>") == 2
    assert all(f'id="{one}"' in page for one in regions)
    assert "td.wrapped { min-width: 14rem; white-space: normal; }" in house.get("/static/console.css").text


def test_a_token_is_made_with_both_factors_shown_once_and_withdrawn(house: ConsoleRig) -> None:
    house.sign_in("anne")
    made = make_token(house, right_listen="yes", right_accounts="no")
    token = re.search(r'<code id="token">(ivr_[A-Za-z0-9_-]{43})</code>', made)
    assert token
    page = house.get("/compte").text
    assert token[1] not in page
    assert "nuit" in page
    assert "voir la liste des enregistrements, écouter" in page
    found = house.pages.account.tokens.resume(token[1])
    assert found is not None
    assert {one.value for one in found.scopes} == {"list", "listen"}
    other, house.browser = house.browser, house.new_browser()
    house.sign_in("admin")
    assert house.post("/compte/jetons/retrait", form_token=house.form_token(), token_id=found.id).status_code == 404
    house.browser = other
    done = house.post("/compte/jetons/retrait", form_token=house.form_token(), token_id=found.id)
    assert done.headers["location"] == "/compte"
    assert house.pages.account.tokens.resume(token[1]) is None
    assert house.told()[-1] == "token.ended"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"current": "no"}, "Mot de passe actuel ou code inexact. Aucun jeton"),
        ({"code": "000000"}, "Mot de passe actuel ou code inexact. Aucun jeton"),
        ({"right_accounts": "yes"}, "aucun droit que son porteur n'a pas"),
        ({"right_list": ""}, "au moins un droit"),
        ({"days": "91"}, "de 1 à 90 jours"),
        ({"days": "²"}, "de 1 à 90 jours"),
        ({"name": "<script>" * 9}, "de 1 à 60 caractères"),
    ],
)
def test_no_token_is_made_without_proof_nor_beyond_ones_rights(
    house: ConsoleRig, form: dict[str, str], said: str
) -> None:
    house.sign_in("anne")
    page = make_token(house, **form)
    assert said in unescape(page)
    assert "<script>" not in page
    assert "token.made" not in house.told()
