"""The pages, as a browser meets them: making an account, signing in, purpose, signing out."""

from __future__ import annotations

import re
from html import unescape

import pytest
from fastapi.testclient import TestClient

from ivr.console.app import For, build, routes
from ivr.console.guard import Origin
from ivr.console.visit import DEVICE_COOKIE, LINK_COOKIE, SESSION_COOKIE
from ivr.domain.access import Actor, Role
from ivr.errors import HostError
from tests.unit.console.rig import OURS, PASSWORD, URL, ConsoleRig, words_of

ANNE = "anne"


def test_the_first_link_makes_an_account_and_the_account_lets_in(rig: ConsoleRig) -> None:
    rig.make_account("admin", Role.ADMINISTRATOR)
    assert rig.sign_in("admin").headers["location"] == "/"
    home = rig.get("/")
    assert home.status_code == 200
    assert "Bonjour admin." in words_of(home)
    assert "administrateur" in words_of(home)
    assert rig.told() == ["account.invited", "account.made", "session.began"]


def test_a_link_leaves_the_address_at_once_and_is_good_once(house: ConsoleRig) -> None:
    token = house.accounts.invitations.invite("bruno", Role.DPO, Actor("admin", Role.ADMINISTRATOR))
    answer = house.get(f"/invitation?jeton={token}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/invitation")
    assert token not in answer.headers["location"] + answer.text
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{LINK_COOKIE}={token}")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "délégué à la protection des données" in words_of(house.get("/invitation"))
    assert token not in house.get("/invitation").text


@pytest.mark.parametrize("token", ["", "x", "'; drop table accounts --"])
def test_a_link_that_stands_for_nothing_is_told_so(rig: ConsoleRig, token: str) -> None:
    rig.get(f"/invitation?jeton={token}")
    page = rig.get("/invitation")
    assert page.status_code == 403
    assert "Ce lien n'est pas valable" in words_of(page)


@pytest.mark.parametrize(
    "token", ["%E2%82%AC", "%00", "a%0d%0aset-cookie:%20x=y", "a" * 44, "%ff", "é" * 43, "a" * 42 + "%0a"]
)
def test_what_can_be_no_token_is_told_as_a_bad_link_and_reaches_no_cookie(house: ConsoleRig, token: str) -> None:
    good = house.accounts.invitations.invite("bruno", Role.DPO, Actor("admin", Role.ADMINISTRATOR))
    house.get(f"/invitation?jeton={good}")
    answer = house.get(f"/invitation?jeton={token}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/invitation")
    assert answer.headers["set-cookie"].startswith(f'{LINK_COOKIE}="";')
    page = house.get("/invitation")
    assert page.status_code == 403
    assert "Ce lien n'est pas valable" in words_of(page)


@pytest.mark.parametrize("path", ["/connexion?fin=", "/connexion?error=", "/nulle-part?fin="])
@pytest.mark.parametrize("value", ["%E2%82%AC", "%0d%0ax:y", "%00", "%ff", "x" * 3000])
def test_what_an_address_says_is_no_fault_of_ours(rig: ConsoleRig, path: str, value: str) -> None:
    answer = rig.get(path + value)
    assert answer.status_code in (200, 404)
    assert "x" not in answer.headers


def test_where_a_form_leads_back_to_may_hold_any_character(rig: ConsoleRig) -> None:
    answer = rig.post("/langue", language="en", back="/é€\r\nx: y")
    assert (answer.status_code, answer.headers["location"]) == (303, "/%C3%A9%E2%82%AC%0D%0Ax:%20y")


def test_a_fault_in_the_account_form_is_told_and_keeps_what_was_typed_but_no_password(rig: ConsoleRig) -> None:
    token = rig.accounts.invitations.first(Role.ADMINISTRATOR)
    rig.get(f"/invitation?jeton={token}")
    page = rig.post("/invitation", login='ad"min<b>', password=PASSWORD, again=PASSWORD, code="000000")
    assert page.status_code == 422
    assert "Un identifiant a de 1 à 63 lettres" in words_of(page)
    assert 'value="ad&#34;min&lt;b&gt;"' in page.text
    assert PASSWORD not in page.text


def test_whoever_has_not_signed_in_is_sent_to_sign_in(rig: ConsoleRig) -> None:
    for route in routes(rig.pages):
        if route.who is For.SIGNED_IN:
            answer = rig.get(route.path) if route.method == "GET" else rig.post(route.path, form_token="x")
            assert (answer.status_code, answer.headers["location"]) == (303, "/connexion"), route.path


def test_only_these_pages_are_open_to_all(rig: ConsoleRig) -> None:
    assert {(one.method, one.path) for one in routes(rig.pages) if one.who is For.ALL} == {
        ("GET", "/connexion"), ("POST", "/connexion"), ("GET", "/invitation"), ("POST", "/invitation"),
        ("POST", "/langue"), ("POST", "/connexion/cle/demande"), ("POST", "/connexion/cle"),
        ("POST", "/connexion/fournisseur"), ("GET", "/connexion/fournisseur/retour"),
    }  # fmt: skip


def test_wrong_password_wrong_code_and_no_such_login_read_alike(house: ConsoleRig) -> None:
    answers = [
        house.sign_in(ANNE, password="no"),
        house.sign_in(ANNE, code="000000"),
        house.sign_in("nobody", code="000000"),
    ]
    assert {one.status_code for one in answers} == {401}
    assert {words_of(one) for one in answers} == {words_of(answers[0])}
    assert "Identifiant, mot de passe ou code inexact." in words_of(answers[0])
    assert all(SESSION_COOKIE not in one.headers.get("set-cookie", "") for one in answers)


def test_whoever_guesses_is_slowed_and_told_for_how_long(house: ConsoleRig) -> None:
    for _ in range(5):
        page = house.sign_in(ANNE, code="000000")
    assert page.status_code == 429
    assert 1 <= int(page.headers["retry-after"]) <= 2
    assert "Trop d'essais" in words_of(page)


def test_the_cookies_are_read_by_no_script_and_sent_by_no_other_site(house: ConsoleRig) -> None:
    answer = house.sign_in(ANNE)
    cookies = {one.split("=")[0]: set(one.split("; ")[1:]) for one in answer.headers.get_list("set-cookie")}
    assert cookies[SESSION_COOKIE] == {"HttpOnly", "Secure", "SameSite=strict", "Path=/"}
    assert cookies[DEVICE_COOKIE] == {"HttpOnly", "Secure", "SameSite=strict", "Path=/", "Max-Age=31536000"}


def test_signing_in_gives_a_new_session_whatever_cookie_was_there(house: ConsoleRig) -> None:
    house.browser.cookies.set(SESSION_COOKIE, "chosen-by-somebody-else", domain="console.test")
    house.sign_in(ANNE)
    assert "chosen-by-somebody-else" not in [one.value for one in house.browser.cookies.jar][-1:]
    first = house.browser.cookies.get(SESSION_COOKIE, domain="console.test", path="/")
    assert first != "chosen-by-somebody-else"


@pytest.mark.parametrize("again", [ANNE, "admin"])
def test_signing_in_again_ends_the_session_that_the_browser_had(house: ConsoleRig, again: str) -> None:
    house.sign_in(ANNE)
    kept = house.browser.cookies.get(SESSION_COOKIE)
    assert house.sign_in(ANNE, "wrong password").status_code == 401
    assert house.get("/").status_code == 200
    assert house.sign_in(again).status_code == 303
    ended = [event.body for event in house.archive.audit.events() if event.kind == "session.ended"]
    assert [(one["actor"], one["why"]) for one in ended] == [(ANNE, "asked")]
    assert house.get("/").status_code == 200
    thief = house.new_browser()
    thief.cookies.set(SESSION_COOKIE, kept or "", domain="console.test")
    assert thief.get("/").headers["location"] == "/connexion"


def test_signing_out_ends_the_session_for_whoever_kept_the_cookie_too(house: ConsoleRig) -> None:
    house.sign_in(ANNE)
    kept = house.browser.cookies.get(SESSION_COOKIE)
    answer = house.post("/deconnexion", form_token=house.form_token())
    assert answer.headers["location"] == "/connexion?fin=asked"
    assert "Vous êtes déconnecté." in words_of(house.get("/connexion?fin=asked"))
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    house.browser.cookies.set(SESSION_COOKIE, str(kept))
    assert house.get("/").status_code == 303
    assert house.told()[-1] == "session.ended"


def test_signing_out_clears_the_browser_behind_a_proxy_that_ends_tls_and_not_on_plain_http(house: ConsoleRig) -> None:
    house.sign_in(ANNE)
    kept, token = house.browser.cookies.get(SESSION_COOKIE), house.form_token()
    # What the proxy passes on comes over http, with the console's own host.
    behind = TestClient(house.app, base_url=URL.replace("https:", "http:"), follow_redirects=False)
    cookie = {"cookie": f"{SESSION_COOKIE}={kept}"}
    answer = behind.post("/deconnexion", data={"form_token": token}, headers={**OURS, **cookie})
    assert answer.status_code == 303
    assert answer.headers["clear-site-data"] == '"cache", "storage"'

    plain = Origin("http://console.test")
    app = build(house.pages, origin=lambda: plain, monotonic=lambda: house.seconds)
    house.sign_in(ANNE)
    cookie = {"cookie": f"{SESSION_COOKIE}={house.browser.cookies.get(SESSION_COOKIE)}", "origin": plain.url}
    alone = TestClient(app, base_url=plain.url, follow_redirects=False)
    answer = alone.post("/deconnexion", data={"form_token": house.form_token()}, headers={**OURS, **cookie})
    assert answer.status_code == 303
    assert "clear-site-data" not in answer.headers


def test_a_form_without_the_sessions_token_changes_nothing(house: ConsoleRig) -> None:
    house.sign_in(ANNE)
    token = house.form_token()
    for wrong in ("", "0", token[:-1] + ("0" if token[-1] != "0" else "1"), "é"):
        assert house.post("/deconnexion", form_token=wrong).status_code == 403
    assert house.get("/").status_code == 200


def test_a_form_token_is_good_in_its_own_session_only(house: ConsoleRig) -> None:
    house.sign_in("admin")
    other = house.form_token()
    house.browser = house.new_browser()
    house.sign_in(ANNE)
    assert house.post("/deconnexion", form_token=other).status_code == 403


def test_a_purpose_is_chosen_among_those_open_to_the_role(house: ConsoleRig) -> None:
    house.sign_in(ANNE)
    page = house.get("/finalite")
    offered = set(re.findall(r'name="purpose" id="[^"]+" value="([^"]+)"', page.text))
    assert "quality_audio" in offered
    assert "sales_audio" not in offered
    token = house.form_token()
    answer = house.post("/finalite", form_token=token, purpose="quality_audio", reason="écoute du mois")
    assert answer.headers["location"] == "/enregistrements"
    assert "Enregistrement qualité (écoute du mois)" in words_of(house.get("/"))
    assert house.archive.audit.events()[-1].body == {
        "actor": ANNE, "role": "quality_analyst", "purpose": "quality_audio", "reason": "écoute du mois",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("purpose", "reason"),
    [("sales_audio", "x"), ("", "x"), ("quality_audio", " "), ("nothing", "x"), ("quality_audio", "x" * 201)],
)
def test_a_purpose_that_is_closed_or_has_no_reason_is_refused(house: ConsoleRig, purpose: str, reason: str) -> None:
    house.sign_in(ANNE)
    page = house.post("/finalite", form_token=house.form_token(), purpose=purpose, reason=reason)
    assert page.status_code == 422
    assert "session.purpose" not in house.told()


def test_a_role_that_opens_nothing_has_no_purpose_to_choose(house: ConsoleRig) -> None:
    house.sign_in("admin")
    assert "Aucune finalité n'est ouverte" in words_of(house.get("/finalite"))


def test_english_is_switched_on_and_kept(house: ConsoleRig) -> None:
    answer = house.post("/langue", language="en", back="/connexion")
    assert answer.headers["location"] == "/connexion"
    page = house.get("/connexion")
    assert '<html lang="en">' in page.text
    assert "Sign in" in words_of(page)
    assert house.post("/langue", language="xx", back="/").headers.get("set-cookie") is None


@pytest.mark.parametrize("back", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "", "x"])
def test_going_back_never_leads_elsewhere(rig: ConsoleRig, back: str) -> None:
    assert rig.post("/langue", language="en", back=back).headers["location"] == "/"


def test_a_page_that_is_not_there_says_so_in_french_and_shows_nothing_of_ours(rig: ConsoleRig) -> None:
    for path in ("/nowhere", "/static/../app.py", "/static/nothing.js", "/docs", "/openapi.json", "/redoc"):
        page = rig.get(path)
        assert page.status_code == 404
        assert "Page introuvable" in words_of(page)
    assert rig.browser.delete("/", headers=OURS).status_code in (400, 404)


def test_a_database_that_is_away_is_told_in_french(house: ConsoleRig, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> object:
        raise HostError("the database does not answer: gone", where="postgresql://ivr@db/ivr")

    monkeypatch.setattr(type(house.accounts.sessions), "resume", away)
    page = house.get("/")
    assert page.status_code == 503
    assert "La base de données ne répond pas." in words_of(page)
    assert "ivr@db" not in page.text


def test_what_was_typed_while_the_database_was_away_is_sent_again_from_the_page(
    house: ConsoleRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> object:
        raise HostError("the database does not answer: gone")

    house.sign_in(ANNE)
    token, typed = house.form_token(), 'écoute "du mois" <b>\nsuite'
    with monkeypatch.context() as patched:
        patched.setattr(type(house.accounts.sessions), "resume", away)
        page = house.post("/finalite", form_token=token, purpose="quality_audio", reason=typed)
    assert page.status_code == 503
    assert "Envoyer de nouveau" in words_of(page)
    assert "<b>" not in page.text
    kept = {
        name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    }
    assert kept["reason"] == typed
    assert house.post("/finalite", **{**kept, "reason": "écoute du mois"}).headers["location"] == "/enregistrements"


def test_no_secret_is_given_back_by_a_page_that_cannot_be_answered(
    house: ConsoleRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> object:
        raise HostError("the database does not answer: gone")

    monkeypatch.setattr(type(house.accounts.book), "find", away)
    monkeypatch.setattr(type(house.accounts.book), "reserve", away)
    page = house.sign_in(ANNE, code="123456")
    assert page.status_code == 503
    assert PASSWORD not in page.text
    assert "Envoyer de nouveau" not in words_of(page)


def test_a_fault_of_ours_shows_no_trace(
    house: ConsoleRig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> object:
        raise RuntimeError("06 12 34 56 78")

    monkeypatch.setattr(type(house.accounts.sessions), "resume", broken)
    page = house.get("/")
    assert page.status_code == 500
    assert "06 12" not in page.text + caplog.text
    assert "RuntimeError" not in page.text
    assert "RuntimeError" in caplog.text


def test_nothing_that_is_typed_is_written_in_a_log(house: ConsoleRig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    house.sign_in(ANNE, password="motdepasse-secret")
    house.post("/connexion", login="login-secret", password="x", code="1")
    assert "secret" not in caplog.text
