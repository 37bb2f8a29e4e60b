"""Signing in through a real identity provider, in a real browser: the console and it are two sites to that."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import Browser, Page, Route
from sqlalchemy import update

from ivr.bootstrap.identity_provider import RETURN_PATH, provider_state
from ivr.storage.tables import accounts
from tests.integration.browser import PASSWORD, Person, chromium
from tests.integration.house import run
from tests.integration.real_provider import CLIENT, SECRET, RealProvider, real_provider, sign_in_there
from tests.integration.test_console import Console, serving
from tests.ports import free_port

BUTTON = "#provider button"
#: Whatever is not on this machine.
_ELSEWHERE = re.compile(r"https?://(?!localhost:|127\.0\.0\.1:)")
#: What the browser says of answers that refuse, and of the provider's own pages.
_EXPECTED = ("status of 4", "status of 503", "[DOM] Input elements", "net::ERR_FAILED")


def test_an_identity_is_linked_lets_in_alone_and_is_unlinked(tmp_path: Path) -> None:
    async def walk() -> None:
        port = free_port()
        url = f"http://localhost:{port}"
        secret = tmp_path / "client-secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o600)
        with real_provider(url + RETURN_PATH) as provider:
            settings = {
                "IVR_CONSOLE__PORT": str(port),
                "IVR_CONSOLE__PUBLIC_URL": url,
                "IVR_CONSOLE__OIDC__ISSUER": provider.issuer,
                "IVR_CONSOLE__OIDC__CLIENT_ID": CLIENT,
                "IVR_CONSOLE__OIDC__CLIENT_SECRET_FILE": str(secret),
                "IVR_CONSOLE__OIDC__LABEL": "votre compte de la maison",
            }
            async with serving(tmp_path, **settings) as console:
                said = await asyncio.to_thread(provider_state, console.settings)
                assert said.startswith(f"{provider.issuer} répond, ses métadonnées conviennent, 1 clés")
                await asyncio.to_thread(_walk, console, provider)
                told = [(event.kind, event.body) for event in console.events()]
        assert [kind for kind, _ in told if kind.startswith("account.identity")] == [
            "account.identity_linked", "account.identity_unlinked",
        ]  # fmt: skip
        began = [body["factors"] for kind, body in told if kind == "session.began"]
        assert began == [["password", "totp"], ["oidc"], ["oidc"], *[["password", "totp"]] * 2]
        # An identity that nobody linked, an answer used twice and one of another browser try no account.
        assert not [body for kind, body in told if kind == "session.denied"]

    run(walk(), limit_s=240.0)


def _walk(console: Console, provider: RealProvider) -> None:
    with chromium() as browser:
        person = _person(browser)
        page = person.page
        _first_account(console, person)
        _link(console, person, provider)
        answer = _sign_in(console, person)
        _sign_out(page)
        _replayed(page, answer)
        _foreign(console, browser, page, provider)
        _without_script(console, browser)
        _unlink(console, person)
        _refused(console, page)
        _away(console, person, provider)
        assert [one for one in person.complaints if not any(known in one for known in _EXPECTED)] == []


def _person(browser: Browser) -> Person:
    """Somebody whose browser asks this machine alone: the provider's pages would have a font from elsewhere."""
    person = Person(browser)
    person.context.route(_ELSEWHERE, lambda route: route.abort())
    return person


def _first_account(console: Console, person: Person) -> None:
    page = person.page
    page.goto(console.link())
    person.secret = (page.text_content("#key") or "").replace(" ", "")
    for field, value in (("login", "anne"), ("password", PASSWORD), ("again", PASSWORD), ("code", person.code())):
        page.fill(f"#{field}", value)
    page.click("main button")
    page.wait_for_url("**/connexion?fin=done")
    person.accessible()
    _by_password(console, person)


def _by_password(console: Console, person: Person) -> None:
    page = person.page
    for field, value in (("login", "anne"), ("password", PASSWORD), ("code", person.code())):
        page.fill(f"#{field}", value)
    page.click("text=Se connecter >> nth=0")
    page.wait_for_url(f"{console.child.uri}/")


def _half_a_minute_later(console: Console, person: Person) -> None:
    """As if time went by: no code was used yet."""
    with console.archive() as archive, archive.database.writing() as connection:
        connection.execute(update(accounts).values(used_step=-1))
    person.step = 0


def _link(console: Console, person: Person, provider: RealProvider) -> None:
    page = person.page
    _half_a_minute_later(console, person)
    page.goto(f"{console.child.uri}/compte")
    page.fill("#identity-current", PASSWORD)
    page.fill("#identity-code", person.code())
    page.click("#identities form.fields button")
    page.wait_for_url(f"{provider.issuer}/**")
    sign_in_there(page, "anne.martin")
    page.wait_for_url("**/compte/identites/liaison")
    assert f"Lier « anne.martin@maison », de {provider.issuer}, à votre compte anne ?" in page.inner_text("main")
    person.accessible()
    page.click("#link")
    page.wait_for_selector(".notice")
    assert "L'identité est liée" in page.inner_text(".notice")
    assert "anne.martin@maison" in page.inner_text("#identities")
    person.accessible()
    page.emulate_media(color_scheme="dark")
    person.accessible()
    _sign_out(page)


def _sign_out(page: Page) -> None:
    page.click("text=Se déconnecter")
    page.wait_for_url("**/connexion?fin=asked")


def _sign_in(console: Console, person: Person) -> str:
    """By the button alone, since the person is signed in at the provider; return the address that it came back by."""
    page = person.page
    back: list[str] = []
    page.on("request", lambda sent: back.append(sent.url) if RETURN_PATH in sent.url else None)
    page.click(BUTTON)
    page.wait_for_url(f"{console.child.uri}/")
    assert "Bonjour anne." in page.inner_text("main")
    strict = {one["name"]: one["sameSite"] for one in person.context.cookies(console.child.uri)}
    assert strict["__Host-session"] == "Strict"
    assert "__Host-provider" not in strict
    return back[-1]


def _replayed(page: Page, answer: str) -> None:
    page.goto(answer)
    assert "Cette réponse a déjà servi" in page.inner_text("#fault")
    _nobody(page)


def _nobody(page: Page) -> None:
    """Whoever is here has no session."""
    page.goto(page.url.split("/connexion")[0])
    assert "/connexion" in page.url


def _foreign(console: Console, browser: Browser, page: Page, provider: RealProvider) -> None:
    """Somebody signs in at the provider, keeps what they were sent back with, and has another person open it."""
    attacker = _person(browser)
    caught: list[str] = []
    attacker.page.on("request", lambda sent: caught.append(sent.url) if RETURN_PATH in sent.url else None)
    attacker.page.goto(f"{console.child.uri}/connexion")
    attacker.page.click(BUTTON)
    attacker.page.wait_for_selector("input[name='login']")
    # So that their own browser does not use it up.
    attacker.context.clear_cookies(name="__Host-provider")
    sign_in_there(attacker.page, "mallory")
    attacker.page.wait_for_selector("#fault")
    attacker.context.close()
    # With nothing under way in the other browser, and then with a sign-in of its own.
    _is_stray(page, caught[0])
    page.goto(f"{console.child.uri}/connexion")
    _leave_and_wait(page, provider)
    _is_stray(page, caught[0])


def _is_stray(page: Page, answer: str) -> None:
    page.goto(answer)
    assert "ne répond pas à une demande de ce navigateur" in page.inner_text("#fault")
    _nobody(page)


def _leave_and_wait(page: Page, provider: RealProvider) -> dict[str, str]:
    """Leave for the provider, who is slow to answer; return what the browser was sent there with."""
    asked: list[str] = []

    def hold(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body="<p id='slow'>")

    page.route(f"{provider.issuer}/**", hold)
    page.click(BUTTON)
    page.wait_for_selector("#slow", state="attached")
    page.unroute(f"{provider.issuer}/**")
    return {name: one for name, (one,) in parse_qs(urlsplit(asked[0]).query).items()}


def _without_script(console: Console, browser: Browser) -> None:
    context = browser.new_context(locale="fr-FR", java_script_enabled=False)
    context.route(_ELSEWHERE, lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{console.child.uri}/connexion")
    page.click(BUTTON)
    page.wait_for_selector("input[name='login']")
    sign_in_there(page, "anne.martin")
    page.wait_for_url(f"{console.child.uri}/")
    assert "Bonjour anne." in page.inner_text("main")
    context.close()


def _unlink(console: Console, person: Person) -> None:
    page = person.page
    page.goto(f"{console.child.uri}/connexion")
    _half_a_minute_later(console, person)
    _by_password(console, person)
    page.goto(f"{console.child.uri}/compte")
    page.click("#identities td button")
    page.wait_for_selector(".notice")
    assert "L'identité est déliée" in page.inner_text(".notice")
    assert page.locator("#identities table").count() == 0
    _sign_out(page)


def _refused(console: Console, page: Page) -> None:
    page.click(BUTTON)
    page.wait_for_selector("#fault")
    assert "Cette identité n'ouvre pas de session ici." in page.inner_text("#fault")
    page.goto(f"{console.child.uri}/connexion")


def _away(console: Console, person: Person, provider: RealProvider) -> None:
    """A person has left for the provider, which ends before their code is redeemed: the page says so, and goes on."""
    page = person.page
    sent = _leave_and_wait(page, provider)
    provider.server.stop()
    back = urlencode({"state": sent["state"], "code": "a code", "iss": provider.issuer})
    page.goto(f"{console.child.uri}{RETURN_PATH}?{back}")
    assert "Le fournisseur d'identité ne répond pas" in page.inner_text("#fault")
    person.accessible()
    page.goto(f"{console.child.uri}/connexion")
    _half_a_minute_later(console, person)
    _by_password(console, person)
