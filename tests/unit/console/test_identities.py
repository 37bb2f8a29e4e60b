"""The pages of linked identities: a person leaves for the provider, comes back, links, signs in and unlinks."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest

from ivr.bootstrap.identity_provider import RETURN_PATH
from ivr.console.visit import PROVIDER_COOKIE, SESSION_COOKIE
from ivr.domain.access import Role
from tests.fakes.identity_provider import ISSUER, SECRET, SoftProvider
from tests.fakes.vault import TickingClock
from tests.unit.console.rig import NOW, PASSWORD, URL, ConsoleRig, words_of


class Joined(ConsoleRig):
    """A house that has an identity provider."""

    @property
    def soft(self) -> SoftProvider:
        assert self.provider
        return self.provider

    def way(self, answer: httpx2.Response) -> str:
        """Where a page in between leads, by itself and by its link alike."""
        (by_itself,) = re.findall(r'<meta http-equiv="refresh" content="0; url=([^"]*)">', answer.text)
        (by_hand,) = re.findall(r'<a href="([^"]*)" id="go"', answer.text)
        assert by_itself == by_hand
        return unescape(by_itself)

    def leave(self) -> httpx2.Response:
        return self.post("/connexion/fournisseur", asked="1")

    def come_back(self, url: str, **changed: str) -> httpx2.Response:
        return self.get(f"{RETURN_PATH}?{urlencode({**self.soft.authorize(url), **changed})}")

    def enter(self) -> httpx2.Response:
        return self.come_back(self.way(self.leave()))

    def ask_to_link(self, code: str = "", current: str = PASSWORD) -> httpx2.Response:
        form = {"current": current, "form_token": self.form_token("/compte")}
        return self.post("/compte/identites", code=code or self.code("anne"), **form)

    def link(self) -> None:
        self.sign_in("anne")
        self.come_back(self.way(self.ask_to_link()))
        made = self.post("/compte/identites/liaison", form_token=self.form_token("/compte/identites/liaison"))
        assert "L'identité est liée" in words_of(made)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Joined]:
    clock = TickingClock(NOW)
    soft = SoftProvider(lambda: clock.now().timestamp(), claims={"preferred_username": "anne.martin", "amr": ["pwd"]})
    joined = Joined(tmp_path, clock=clock, provider=soft)
    joined.make_account("admin", Role.ADMINISTRATOR)
    joined.make_account("anne", Role.QUALITY_ANALYST)
    yield joined
    joined.close()


def test_without_a_provider_there_is_no_button_and_no_page(rig: ConsoleRig) -> None:
    assert "fournisseur" not in rig.get("/connexion").text
    assert rig.post("/connexion/fournisseur", asked="1").status_code == 404
    assert rig.get(f"{RETURN_PATH}?state=x&code=y").status_code == 404


def test_a_person_leaves_by_a_page_in_between_and_a_cookie_that_comes_back_from_elsewhere(house: Joined) -> None:
    assert "Se connecter avec votre compte de la maison" in words_of(house.get("/connexion"))
    answer = house.leave()
    assert answer.status_code == 200
    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie.startswith(f"{PROVIDER_COOKIE}=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=600"} <= set(cookie.split("; "))
    url = house.way(answer)
    assert url.startswith(f"{ISSUER}/authorize?")
    assert f"redirect_uri={URL}{RETURN_PATH}".replace(":", "%3A").replace("/", "%2F") in url
    assert cookie.split("=")[1].split(";")[0] not in url
    assert "<script" not in answer.text


def test_an_identity_is_linked_shown_signs_in_and_is_unlinked(house: Joined) -> None:
    house.sign_in("anne")
    back = house.come_back(house.way(house.ask_to_link()))
    assert house.way(back) == "/compte/identites/liaison"
    page = house.get("/compte/identites/liaison")
    assert f"Lier « anne.martin », de {ISSUER}, à votre compte anne ?" in words_of(page)
    made = house.post("/compte/identites/liaison", form_token=house.form_token("/compte/identites/liaison"))
    assert "L'identité est liée" in words_of(made)
    assert "anne.martin" in words_of(made)
    assert house.told()[-1] == "account.identity_linked"

    house.browser = house.new_browser()
    entered = house.enter()
    assert (entered.status_code, house.way(entered)) == (200, "/")
    cookies = entered.headers.get_list("set-cookie")
    (session,) = [one for one in cookies if one.startswith(SESSION_COOKIE)]
    assert {"HttpOnly", "Secure", "SameSite=strict"} <= set(session.split("; "))
    assert any(one.startswith(f'{PROVIDER_COOKIE}=""') for one in cookies)
    assert "Bonjour anne." in words_of(house.get("/"))
    assert "Dernière connexion" in words_of(house.get("/compte"))

    found = re.search(r'name="identity" value="([0-9a-f]{64})"', house.get("/compte").text)
    assert found
    gone = house.post("/compte/identites/retrait", identity=found[1], form_token=house.form_token())
    assert "L'identité est déliée" in words_of(gone)
    assert found[1] not in gone.text
    again = house.post("/compte/identites/retrait", identity=found[1], form_token=house.form_token())
    assert "n'est pas ou plus liée" in words_of(again)
    house.browser = house.new_browser()
    refused = house.enter()
    assert refused.status_code == 401
    assert SESSION_COOKIE not in str(refused.headers.get_list("set-cookie"))


def test_whether_an_account_exists_is_not_told(house: Joined) -> None:
    house.link()
    house.browser = house.new_browser()
    with house.archive.database.writing() as connection:
        connection.exec_driver_sql("UPDATE accounts SET expires_at = '2026-01-01 00:00:00' WHERE login = 'anne'")
    over = house.enter()
    house.browser = house.new_browser()
    house.soft.subject, house.soft.claims = "sub-2", {"preferred_username": "anne"}
    unknown = house.enter()
    assert over.status_code == unknown.status_code == 401
    assert words_of(over) == words_of(unknown)
    assert "Cette identité n'ouvre pas de session ici." in words_of(unknown)


def test_replayed_and_foreign_answers_open_nothing_and_leave_a_sign_in_under_way_alone(house: Joined) -> None:
    house.link()
    house.browser = house.new_browser()
    url = house.way(house.leave())
    sent, kept = house.soft.authorize(url), str(house.browser.cookies.get(PROVIDER_COOKIE))
    # Login CSRF: the answer of an attacker's own sign-in, in this browser.
    attacker = house.new_browser()
    mine, house.browser = house.browser, attacker
    theirs = house.soft.authorize(house.way(house.leave()))
    house.browser = mine
    for foreign in (theirs, {**sent, "state": theirs["state"]}, {**sent, "state": ""}, {}):
        answer = house.get(f"{RETURN_PATH}?{urlencode(foreign)}")
        assert answer.status_code == 400
        assert "Cette réponse a déjà servi" in words_of(answer)
        assert answer.headers.get_list("set-cookie") == []
    entered = house.get(f"{RETURN_PATH}?{urlencode(sent)}")
    assert house.way(entered) == "/"
    house.browser = house.new_browser()
    house.browser.cookies.set(PROVIDER_COOKIE, kept)
    assert house.get(f"{RETURN_PATH}?{urlencode(sent)}").status_code == 400


@pytest.mark.parametrize("twice", ["state", "code", "iss"])
def test_what_comes_twice_is_no_answer(house: Joined, twice: str) -> None:
    house.link()
    sent = house.soft.authorize(house.way(house.leave()))
    query = urlencode([*sent.items(), (twice, sent[twice])])
    assert house.get(f"{RETURN_PATH}?{query}").status_code == 400


def test_nothing_of_what_the_address_says_is_shown_or_followed(house: Joined) -> None:
    hostile = "<script>alert(1)</script>\r\nset-cookie: a=b"
    url = house.way(house.leave())
    sent = house.soft.authorize(url)
    declined = {"state": sent["state"], "iss": ISSUER, "error": hostile, "error_description": hostile, "next": "//evil"}
    answer = house.get(f"{RETURN_PATH}?{urlencode(declined)}")
    assert answer.status_code == 401
    assert "n'a pas confirmé la connexion" in words_of(answer)
    assert "alert(1)" not in answer.text
    assert "evil" not in answer.text
    assert "a=b" not in str(answer.headers)


def test_what_is_not_believed_is_told_to_whoever_runs_the_node_and_to_nobody_else(
    house: Joined, caplog: pytest.LogCaptureFixture
) -> None:
    house.soft.claims = {"aud": "another", "iat": 1}
    with caplog.at_level(logging.WARNING):
        answer = house.enter()
    assert answer.status_code == 401
    assert "ne prouve pas qui vous êtes" in words_of(answer)
    assert "another" not in answer.text
    assert "for another client; without the time of its making" in caplog.text
    for secret in (SECRET, "sub-1", "code-0"):
        assert secret not in caplog.text


def test_a_provider_that_is_away_says_so_beside_the_other_ways_in(
    house: Joined, caplog: pytest.LogCaptureFixture
) -> None:
    house.soft.instead["openid-configuration"] = lambda _: httpx2.Response(503)
    answer = house.leave()
    assert answer.status_code == 503
    assert "Le fournisseur d'identité ne répond pas" in words_of(answer)
    assert 'name="password"' in answer.text
    assert house.sign_in("anne").headers["location"] == "/"
    asked = house.ask_to_link()
    assert "Le fournisseur d'identité ne répond pas" in words_of(asked)
    house.soft.instead.clear()
    url = house.way(house.leave())
    house.soft.instead["/token"] = lambda _: httpx2.Response(502)
    answer = house.come_back(url)
    assert answer.status_code == 503
    assert any(one.startswith(f'{PROVIDER_COOKIE}=""') for one in answer.headers.get_list("set-cookie"))
    assert "status 502" in caplog.text


def test_linking_asks_for_both_factors_and_is_the_sessions_own(house: Joined) -> None:
    house.sign_in("anne")
    wrong = house.ask_to_link(code="000000")
    assert wrong.status_code == 422
    assert "Aucune identité n'est liée." in words_of(wrong)
    assert "Mot de passe actuel ou code inexact." in words_of(house.ask_to_link(current="no"))
    assert house.post("/compte/identites", current=PASSWORD, code="1", form_token="0").status_code == 403
    nothing = house.get("/compte/identites/liaison")
    assert "Aucune identité n'attend d'être liée" in words_of(nothing)
    late = house.post("/compte/identites/liaison", form_token=house.form_token())
    assert "recommencez" in words_of(late)
    # What anne's session has proven is proposed to that session, and to nobody else's.
    house.come_back(house.way(house.ask_to_link()))
    anne, house.browser = house.browser, house.new_browser()
    house.sign_in("admin")
    assert "Aucune identité n'attend d'être liée" in words_of(house.get("/compte/identites/liaison"))
    house.browser = anne
    assert "anne.martin" in words_of(house.get("/compte/identites/liaison"))


def test_a_name_from_the_provider_is_escaped(house: Joined) -> None:
    house.soft.claims = {"preferred_username": '<b>"anne"</b>'}
    house.link()
    page = house.get("/compte").text
    assert "<b>" not in page
    assert "&lt;b&gt;" in page


def test_an_address_of_the_provider_cannot_leave_its_place_in_the_page(house: Joined) -> None:
    house.soft.published = {"authorization_endpoint": f"{ISSUER}/authorize?x=%22\"'><script>;url=//evil"}
    page = house.leave().text
    assert "<script>" not in page
    assert urlsplit(house.way(house.leave())).netloc == urlsplit(ISSUER).netloc


def test_a_session_by_a_provider_ends_as_any_other(house: Joined) -> None:
    house.link()
    house.browser = house.new_browser()
    house.enter()
    house.post("/deconnexion", form_token=house.form_token())
    assert house.get("/").headers["location"] == "/connexion"
    assert house.told()[-1] == "session.ended"
