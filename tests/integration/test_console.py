"""The console as people meet it: its own process, and a real browser that keeps to its policy."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from pyotp import TOTP

from ivr.bootstrap.accounts import open_accounts
from ivr.bootstrap.archive import open_archive
from ivr.bootstrap.node import console_child
from ivr.domain.access import Role
from ivr.settings import Settings, load_settings
from ivr.storage.catalogue import SqlCatalogue
from tests.databases import fresh_url
from tests.fakes.vault import a_tag
from tests.integration.house import REPOSITORY, run, until

CHROMIUM = "/usr/bin/chromium"
#: Rules of WCAG 2.0 to 2.2, A and AA.
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PASSWORD = "quatre chevaux dans la prairie"


class Console:
    """`python -m ivr.console` on a database of its own, alive for the tests of this file."""

    def __init__(self, folder: Path) -> None:
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("IVR_")},
            "IVR_CONFIG": str(REPOSITORY / "config"),
            "IVR_NODE__DATA_DIR": str(folder / "var"),
            "IVR_DATABASE__URL": fresh_url("sqlite", folder),
            "IVR_CONSOLE__PORT": "0",
        }
        self.settings: Settings = load_settings(REPOSITORY / "config", self.env)
        self.events: list[dict[str, object]] = []
        open_archive(self.settings, create=True).close()
        self.child = console_child(self.settings, env=self.env, on_event=self.events.append)

    def link(self) -> str:
        """As `ivr serve` prints it, for a role that may list recordings; two of them are there."""
        archive = open_archive(self.settings)
        try:
            for name in ("rec-1", "rec-2"):
                SqlCatalogue(archive.database).add(a_tag(name, retention="quality_audio"), b"wrapped", "kek-1")
            token = open_accounts(self.settings, archive).invitations.first(Role.QUALITY_ANALYST)
            return f"{self.child.uri}/invitation?jeton={token}"
        finally:
            archive.close()

    def told(self) -> list[str]:
        archive = open_archive(self.settings)
        try:
            return [event.kind for event in archive.audit.events()]
        finally:
            archive.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """No sandbox, since tests run as root in containers; and it calls nobody."""
    quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=quiet)
        yield browser
        browser.close()


class Person:
    """A browser window, and whatever in it was not as it should be."""

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context(locale="fr-FR", viewport={"width": 1280, "height": 800})
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.step = 0
        self.secret = ""

    def code(self) -> str:
        self.step = max(self.step, int(time.time()) // 30 - 1) + 1
        return str(TOTP(self.secret).generate_otp(self.step))

    def accessible(self) -> None:
        found = Axe().run(self.page, options=_RULES)
        assert found.violations_count == 0, found.generate_report()


def _walk(console: Console) -> None:
    with chromium() as browser:
        person = Person(browser)
        page = person.page
        page.goto(console.link())
        assert page.url == f"{console.child.uri}/invitation"
        person.accessible()
        person.secret = (page.text_content("#key") or "").replace(" ", "")
        # By keyboard alone: the cursor stands in the first field.
        for typed in ("anne", PASSWORD, PASSWORD, person.code()):
            page.keyboard.type(typed)
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/connexion?fin=done")
        person.accessible()
        for typed in ("anne", PASSWORD, person.code()):
            page.keyboard.type(typed)
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{console.child.uri}/")
        assert "Bonjour anne." in page.inner_text("main")
        person.accessible()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
        page.emulate_media(color_scheme="dark")
        person.accessible()
        page.set_viewport_size({"width": 768, "height": 1024})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto(f"{console.child.uri}/enregistrements")
        assert page.url.endswith("/finalite")
        person.accessible()
        page.check("#purpose-quality_audio")
        page.fill("#reason", "écoute du mois")
        page.keyboard.press("Enter")
        page.wait_for_url("**/enregistrements")
        assert page.locator("tbody tr").count() == 2
        person.accessible()
        page.goto(f"{console.child.uri}/finalite")
        page.click("text=English")
        page.wait_for_url("**/finalite")
        assert page.get_attribute("html", "lang") == "en"
        _nothing_is_left_open(person)
        page.click("text=Sign out")
        page.wait_for_url("**/connexion?fin=asked")
        page.goto(f"{console.child.uri}/")
        assert page.url.endswith("/connexion")
        assert person.complaints == []


def _nothing_is_left_open(person: Person) -> None:
    """The browser itself keeps cookies from scripts, and runs no code that stands in a page."""
    page = person.page
    assert page.evaluate("document.cookie") == ""
    assert {cookie["name"] for cookie in person.context.cookies() if cookie["httpOnly"] and cookie["secure"]} == {
        "__Host-session", "__Host-device", "language",
    }  # fmt: skip
    before = len(person.complaints)
    inline = "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)"
    page.evaluate(f"() => {{ {inline}; }}")
    assert page.evaluate("window.ran") is None
    assert re.search("Content Security Policy", " ".join(person.complaints[before:]))
    del person.complaints[before:]


def test_a_browser_makes_the_first_account_signs_in_and_out(tmp_path: Path) -> None:
    async def walk() -> None:
        console = Console(tmp_path)
        watcher = asyncio.create_task(console.child.keep_alive())
        try:
            await console.child.ready(60.0)
            await asyncio.to_thread(_walk, console)
            assert console.told() == [
                "account.invited", "account.made", "session.began", "session.purpose", "recordings.listed",
                "session.ended",
            ]  # fmt: skip
            await _dies_and_comes_back(console)
        finally:
            await console.child.end()
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        assert not console.child.killed

    run(walk(), limit_s=120.0)


async def _dies_and_comes_back(console: Console) -> None:
    first = console.child.pid
    assert first is not None
    assert resource.prlimit(first, resource.RLIMIT_CORE) == (0, 0)
    os.kill(first, signal.SIGKILL)
    await until(lambda: console.child.pid not in (None, first), "the console is started again")


@pytest.mark.parametrize("bind", ["127.0.0.1"])
def test_a_console_whose_address_is_taken_says_so(tmp_path: Path, bind: str) -> None:
    async def taken() -> None:
        server = await asyncio.start_server(lambda *_: None, bind, 0)
        async with server:
            console = Console(tmp_path)
            env = {**console.env, "IVR_CONSOLE__PORT": str(server.sockets[0].getsockname()[1])}
            child = console_child(console.settings, env=env, on_event=console.events.append)
            watcher = asyncio.create_task(child.keep_alive())
            with pytest.raises(Exception, match="cannot listen there"):
                await child.ready(60.0)
            await watcher

    run(taken())
