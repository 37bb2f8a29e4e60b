"""Passkeys in a real browser, with a virtual device (WebDriver's, by Chromium's own protocol)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qs

from playwright.sync_api import CDPSession, Page
from sqlalchemy import update

from ivr.storage.tables import accounts
from tests.integration.browser import PASSWORD, Person, chromium
from tests.integration.house import run
from tests.integration.test_console import Console, serving
from tests.ports import free_port

#: What a real device would be: inside the computer, it keeps passkeys and has verified a finger.
_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_added_lets_in_alone_and_is_removed(tmp_path: Path) -> None:
    async def walk() -> None:
        port = free_port()
        url = f"http://localhost:{port}"
        async with serving(tmp_path, IVR_CONSOLE__PORT=str(port), IVR_CONSOLE__PUBLIC_URL=url) as console:
            assert console.child.uri == url
            await asyncio.to_thread(_walk, console)
            told = [(event.kind, event.body) for event in console.events()]
            assert [kind for kind, _ in told if kind.startswith("account.passkey")] == [
                "account.passkey_added", "account.passkey_removed",
            ]  # fmt: skip
            began = [body["factors"] for kind, body in told if kind == "session.began"]
            assert began == [["password", "totp"], *[["passkey", "user_verification"]] * 2]
            denied = [body["why"] for kind, body in told if kind == "session.denied"]
            # The wrong code, the replayed answer, the copy, and what came from elsewhere.
            assert denied == ["wrong", "wrong", "counter", "wrong"]

    run(walk(), limit_s=180.0)


def test_where_browsers_allow_no_passkey_the_page_says_so(tmp_path: Path) -> None:
    async def walk() -> None:
        async with serving(tmp_path) as console:
            await asyncio.to_thread(_nowhere, console)

    run(walk(), limit_s=120.0)


def _walk(console: Console) -> None:
    with chromium() as browser:
        person = Person(browser)
        page = person.page
        device = person.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        authenticator = device.send("WebAuthn.addVirtualAuthenticator", {"options": _DEVICE})["authenticatorId"]
        _first_account(console, person)
        page.goto(f"{console.child.uri}/compte")
        _add(person, code="000000")
        page.wait_for_selector("#passkey-said.fault")
        assert "Aucune clé n'est ajoutée." in page.inner_text("#passkey-said")
        assert _kept(device, authenticator) == 0
        _half_a_minute_later(console, person)
        _add(person, code=person.code())
        page.wait_for_selector(".notice")
        assert "La clé d'accès est ajoutée" in page.inner_text(".notice")
        assert "ordinateur du bureau" in page.inner_text("#passkey")
        assert _kept(device, authenticator) == 1
        person.accessible()
        page.emulate_media(color_scheme="dark")
        person.accessible()
        page.click("text=Se déconnecter")
        page.wait_for_url("**/connexion?fin=asked")
        person.accessible()
        answers: list[str] = []
        page.on("request", lambda sent: answers.append(sent.post_data or "") if sent.url.endswith("/cle") else None)
        _by_passkey(page)
        page.wait_for_url(f"{console.child.uri}/")
        assert "Bonjour anne." in page.inner_text("main")
        page.click("text=Se déconnecter")
        page.wait_for_url("**/connexion?fin=asked")
        _replayed(page, answers[-1])
        _copied(page, device, authenticator)
        _elsewhere(page, device, authenticator)
        _remove(console, person)
        _by_passkey(page)
        page.wait_for_selector("#fault")
        assert "n'a pas ouvert de session" in page.inner_text("#fault")
        assert [one for one in person.complaints if "status of 4" not in one] == []


def _first_account(console: Console, person: Person) -> None:
    page = person.page
    page.goto(console.link())
    person.secret = (page.text_content("#key") or "").replace(" ", "")
    for field, value in (("login", "anne"), ("password", PASSWORD), ("again", PASSWORD), ("code", person.code())):
        page.fill(f"#{field}", value)
    page.click("main button")
    page.wait_for_url("**/connexion?fin=done")
    _by_password(console, person)


def _by_password(console: Console, person: Person) -> None:
    page = person.page
    for field, value in (("login", "anne"), ("password", PASSWORD), ("code", person.code())):
        page.fill(f"#{field}", value)
    page.click("text=Se connecter >> nth=0")
    page.wait_for_url(f"{console.child.uri}/")


def _add(person: Person, *, code: str) -> None:
    page = person.page
    page.fill("#passkey-name", "ordinateur du bureau")
    page.fill("#passkey-current", PASSWORD)
    page.fill("#passkey-code", code)
    page.click("#passkey-ask button")


def _half_a_minute_later(console: Console, person: Person) -> None:
    """As if time went by: no code was used yet."""
    with console.archive() as archive, archive.database.writing() as connection:
        connection.execute(update(accounts).values(used_step=-1))
    person.step = 0


def _by_passkey(page: Page) -> None:
    page.click("#passkey-ask button")


def _kept(device: CDPSession, authenticator: str) -> int:
    return len(device.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"])


def _refused(page: Page, credential: str) -> None:
    """This answer of a device, sent by the page's own form, opens nothing."""
    with page.expect_navigation():
        page.evaluate(
            """(credential) => {
              const form = document.getElementById("passkey-answer");
              form.elements.credential.value = credential;
              form.submit();
            }""",
            credential,
        )
    assert "n'a pas ouvert de session" in page.inner_text("#fault")


def _replayed(page: Page, sent: str) -> None:
    """The answer that let in a moment ago, in the same browser, after a challenge of its own."""
    page.evaluate("fetch('/connexion/cle/demande', { method: 'POST', body: new URLSearchParams() }).then((a) => a.ok)")
    (credential,) = parse_qs(sent)["credential"]
    _refused(page, credential)


def _copied(page: Page, device: CDPSession, authenticator: str) -> None:
    """As if somebody had copied the passkey before it was used the last time: the copy counts from there."""
    (mine,) = device.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
    device.send("WebAuthn.removeCredential", {"authenticatorId": authenticator, "credentialId": mine["credentialId"]})
    device.send("WebAuthn.addCredential", {"authenticatorId": authenticator, "credential": {**mine, "signCount": 0}})
    with page.expect_navigation():
        _by_passkey(page)
    assert "n'a pas ouvert de session" in page.inner_text("#fault")
    device.send("WebAuthn.removeCredential", {"authenticatorId": authenticator, "credentialId": mine["credentialId"]})
    device.send("WebAuthn.addCredential", {"authenticatorId": authenticator, "credential": {**mine, "signCount": 50}})


def _elsewhere(page: Page, device: CDPSession, authenticator: str) -> None:
    """A page of another origin that asks the same device for the console's passkey is given none."""
    told = page.evaluate(
        """async () => {
          const answer = await fetch("/connexion/cle/demande", { method: "POST", body: new URLSearchParams() });
          const options = await answer.json();
          options.rpId = "elsewhere.example";
          const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
          return navigator.credentials.get({ publicKey }).then(() => "given", (error) => error.name);
        }"""
    )
    assert told == "SecurityError"
    assert _kept(device, authenticator) == 1
    # And what says that it comes from elsewhere is refused like the others, whoever signed it.
    page.goto(page.url.removesuffix("/cle"))
    answer = page.evaluate(
        """async () => {
          const answer = await fetch("/connexion/cle/demande", { method: "POST", body: new URLSearchParams() });
          const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(await answer.json());
          const told = JSON.parse(JSON.stringify(await navigator.credentials.get({ publicKey })));
          const client = atob(told.response.clientDataJSON.replaceAll("-", "+").replaceAll("_", "/"));
          const moved = client.replace(location.origin, "https://elsewhere.example");
          told.response.clientDataJSON = btoa(moved).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
          return JSON.stringify(told);
        }"""
    )
    assert "elsewhere" not in json.loads(answer)["id"]
    _refused(page, answer)


def _remove(console: Console, person: Person) -> None:
    page = person.page
    page.goto(f"{console.child.uri}/connexion")
    _by_passkey(page)
    page.wait_for_url(f"{console.child.uri}/")
    page.goto(f"{console.child.uri}/compte")
    page.click("#passkey td button")
    page.wait_for_selector(".notice")
    assert "La clé d'accès est retirée" in page.inner_text(".notice")
    assert page.locator("#passkey table").count() == 0
    page.click("text=Se déconnecter")
    page.wait_for_url("**/connexion?fin=asked")


def _nowhere(console: Console) -> None:
    with chromium() as browser:
        person = Person(browser)
        page = person.page
        _first_account(console, person)
        page.goto(f"{console.child.uri}/compte")
        assert "ne marchent qu'à une adresse en https" in page.inner_text("#passkey")
        assert page.locator("#passkey form").count() == 0
        person.accessible()
        page.click("text=Se déconnecter")
        page.wait_for_url("**/connexion?fin=asked")
        assert page.locator("#passkey").count() == 0
        assert person.complaints == []
