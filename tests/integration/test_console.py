"""The console as people meet it: its own process, and a real browser that keeps to its policy."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from ivr.bootstrap.accounts import open_accounts
from ivr.bootstrap.archive import Archive, open_archive
from ivr.bootstrap.node import console_child
from ivr.bootstrap.quality import shelve_shipped
from ivr.bootstrap.retention import open_retention
from ivr.domain.access import Role
from ivr.domain.evidence.event import AuditEvent
from ivr.settings import Settings, load_settings
from ivr.storage.catalogue import SqlCatalogue
from tests.databases import fresh_url
from tests.fakes.vault import a_tag
from tests.integration.browser import AT, DECODED, PASSWORD, Person, chromium, type_in, until_true
from tests.integration.house import REPOSITORY, run, until
from tests.quality_rig import BEST


class Console:
    """`python -m ivr.console` on a database of its own, alive for the tests of this file."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("IVR_")},
            "IVR_CONFIG": str(REPOSITORY / "config"),
            "IVR_NODE__DATA_DIR": str(folder / "var"),
            "IVR_DATABASE__URL": fresh_url("sqlite", folder),
            "IVR_CONSOLE__PORT": "0",
            **more,
        }
        self.settings: Settings = load_settings(REPOSITORY / "config", self.env)
        self.said: list[dict[str, object]] = []
        self.first_role = Role.QUALITY_ANALYST
        open_archive(self.settings, create=True).close()
        self.child = console_child(self.settings, env=self.env, on_event=self.said.append)

    def link(self) -> str:
        """As `ivr serve` prints it, for a role that may list recordings and listen."""
        with self.archive() as archive:
            token = open_accounts(self.settings, archive).invitations.first(self.first_role)
        return f"{self.child.uri}/invitation?jeton={token}"

    @contextmanager
    def archive(self) -> Iterator[Archive]:
        archive = open_archive(self.settings)
        try:
            yield archive
        finally:
            archive.close()

    def events(self) -> Sequence[AuditEvent]:
        with self.archive() as archive:
            return archive.audit.events()

    def keep(self, name: str, pcm: bytes) -> None:
        """Seal a recording of the quality team's."""
        with self.archive() as archive:
            now = archive.vault.ports.clock.now()
            tag = a_tag(name, retention="quality_audio", opened_at=now, rule_ids=("REC-007",))
            begun = archive.vault.begin(tag, deadline=now + timedelta(days=180))
            begun.write(pcm)
            begun.seal(
                consent={"caller": {"state": "NOTIFIED", "moves": [{"state": "NOTIFIED", "offset_ms": 0}]}},
                gaps=[{"start_ms": 8_000, "end_ms": 9_000, "cause": "hold"}],
                masks=[{"channel": "caller", "start_ms": 6_000, "end_ms": 7_000, "kind": "card"}],
            )


def _enter(console: Console, person: Person, *, looked_at: bool) -> None:
    """Make the first account and sign in, by keyboard alone: the cursor stands in the first field."""
    page = person.page
    page.goto(console.link())
    assert page.url == f"{console.child.uri}/invitation"
    person.secret = (page.text_content("#key") or "").replace(" ", "")
    if looked_at:
        person.accessible()
    type_in(person, "anne", PASSWORD, PASSWORD)
    page.wait_for_url("**/connexion?fin=done")
    if looked_at:
        person.accessible()
    type_in(person, "anne", PASSWORD)
    page.wait_for_url(f"{console.child.uri}/")


def _choose(console: Console, page: Page) -> None:
    page.goto(f"{console.child.uri}/enregistrements")
    assert page.url.endswith("/finalite")
    page.check("#purpose-quality_audio")
    page.fill("#reason", "écoute du mois")
    page.keyboard.press("Enter")
    page.wait_for_url("**/enregistrements")


def _walk(console: Console) -> None:
    with console.archive() as archive:
        for name in ("rec-1", "rec-2"):
            SqlCatalogue(archive.database).add(a_tag(name, retention="quality_audio"), b"wrapped", "kek-1")
    with chromium() as browser:
        person = Person(browser)
        page = person.page
        _enter(console, person, looked_at=True)
        assert "Bonjour anne." in page.inner_text("main")
        person.accessible()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
        page.emulate_media(color_scheme="dark")
        person.accessible()
        page.set_viewport_size({"width": 768, "height": 1024})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto(f"{console.child.uri}/finalite")
        person.accessible()
        _choose(console, page)
        assert page.locator("tbody tr").count() == 2
        person.accessible()
        page.goto(f"{console.child.uri}/compte")
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


@asynccontextmanager
async def serving(folder: Path, **more: str) -> AsyncIterator[Console]:
    console = Console(folder, **more)
    watcher = asyncio.create_task(console.child.keep_alive())
    try:
        await console.child.ready(60.0)
        yield console
    finally:
        await console.child.end()
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
    assert not console.child.killed


def test_a_browser_makes_the_first_account_signs_in_and_out(tmp_path: Path) -> None:
    async def walk() -> None:
        async with serving(tmp_path) as console:
            await asyncio.to_thread(_walk, console)
            assert [event.kind for event in console.events()] == [
                "account.invited", "account.made", "session.began", "session.purpose", "recordings.listed",
                "session.ended",
            ]  # fmt: skip
            await _dies_and_comes_back(console)

    run(walk(), limit_s=120.0)


async def _dies_and_comes_back(console: Console) -> None:
    first = console.child.pid
    assert first is not None
    assert resource.prlimit(first, resource.RLIMIT_CORE) == (0, 0)
    os.kill(first, signal.SIGKILL)
    await until(lambda: console.child.pid not in (None, first), "the console is started again")


def test_a_recording_is_played_and_what_was_heard_stands_in_the_evidence(tmp_path: Path) -> None:
    async def walk() -> None:
        async with serving(tmp_path) as console:
            console.keep("rec-1", _tones(30.0))
            await asyncio.to_thread(_listen, console)
            listened = [event for event in console.events() if event.kind == "recording.listened"]
            assert [(event.body["actor"], event.body["ended"]) for event in listened] == [
                ("anne", "closed"), ("anne", "denied"),
            ]  # fmt: skip
            first, second = (int(str(event.body["heard_ms"])) for event in listened)
            # What was played: some seconds, and not the half minute that the browser fetched ahead.
            assert 1_000 <= first <= 15_000, listened
            assert 0 < second <= 15_000, listened

    run(walk(), limit_s=180.0)


def _tones(seconds: float) -> bytes:
    """Caller 440 Hz, agent 250 Hz; nobody from 20 to 24 s."""
    at = np.arange(int(seconds * 8000)) / 8000
    both = np.stack([9000 * np.sin(2 * np.pi * 440 * at), 9000 * np.sin(2 * np.pi * 250 * at)], 1)
    both[20 * 8000 : 24 * 8000] = 0
    return both.astype("<i2").tobytes()


#: How much of each lane's height is drawn at a second of the recording.
_HIGH = """(at) => {
  const canvas = document.querySelector("canvas");
  const style = getComputedStyle(canvas);
  const ground = style.getPropertyValue("--accent").trim();
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = ground;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  const from = Math.floor((at / 30) * canvas.width), half = Math.floor(canvas.height / 2) + 9;
  return [[0, half], [half, canvas.height]].map(([top, bottom]) => {
    const { data } = canvas.getContext("2d").getImageData(from, top, 4, bottom - top);
    const rows = new Set();
    for (let at = 0; at < data.length; at += 4) {
      const near = Math.abs(data[at] - red) + Math.abs(data[at + 1] - green) + Math.abs(data[at + 2] - blue) < 30;
      if (near && data[at + 3] > 200) rows.add(Math.floor(at / 16));
    }
    return rows.size / (bottom - top);
  });
}"""


def _listen(console: Console) -> None:
    with chromium() as browser:
        person = Person(browser)
        page = person.page
        _enter(console, person, looked_at=False)
        _choose(console, page)
        page.click("tbody th a")
        page.wait_for_url("**/enregistrements/rec-1")
        until_true(page, "document.querySelector('audio').readyState >= 1")
        person.accessible()
        page.emulate_media(color_scheme="dark")
        person.accessible()
        page.set_viewport_size({"width": 768, "height": 1024})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert abs(page.evaluate("document.querySelector('audio').duration") - 30) < 0.2
        _play(page)
        _keys(page)
        _waves(page)
        sound = page.evaluate("document.querySelector('audio').src")
        caller, agent = page.evaluate(DECODED, sound)
        assert abs(caller["hz"] - 440) < 20
        assert abs(agent["hz"] - 250) < 20
        assert min(caller["loudest"], agent["loudest"]) > 0.1
        # Leaving the page ends the listening.
        page.goto(f"{console.child.uri}/enregistrements")
        # That this test looks at the picture is told there too.
        assert [one for one in person.complaints if not one.startswith("Canvas2D")] == []
        person.complaints.clear()
        _stops_when_destroyed(console, page)
        assert all("410 (Gone)" in complaint for complaint in person.complaints), person.complaints


def _play(page: Page) -> None:
    page.keyboard.press("Space")
    until_true(page, f"{AT} > 1.5")
    page.keyboard.press("k")
    until_true(page, "document.querySelector('audio').paused")


def _keys(page: Page) -> None:
    page.evaluate(f"{AT} = 12")
    for key, at in (("ArrowRight", 17), ("l", 27), ("l", 30), ("j", 20), ("ArrowLeft", 15)):
        page.keyboard.press(key)
        assert abs(page.evaluate(AT) - at) < 0.2, key
    page.click("button[data-at='8000']")
    assert abs(page.evaluate(AT) - 8) < 0.1
    page.keyboard.press("]")
    assert page.evaluate("document.querySelector('audio').playbackRate") == 1.25
    page.keyboard.press("m")
    assert page.locator("[data-lane='0'][aria-pressed='true']").count() == 1
    page.keyboard.press("m")
    assert page.locator("[data-lane='1'][aria-pressed='true']").count() == 1
    page.keyboard.press("m")
    assert page.locator("[aria-pressed='true']").count() == 0
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    page.focus("#speed")
    page.keyboard.press("l")
    assert abs(page.evaluate(AT) - 8) < 0.1


def _waves(page: Page) -> None:
    """Both lanes are drawn, and silent where nobody speaks; a click seeks, and so does the next speech."""
    until_true(page, "!document.getElementById('waves').hidden && !document.getElementById('next-speech').disabled")
    loud, silent = (page.evaluate(_HIGH, at) for at in (15, 22))
    assert min(loud) > 0.3, loud
    assert max(silent) < 0.2, silent
    width = page.evaluate("document.querySelector('canvas').clientWidth")
    page.click("canvas", position={"x": width / 3, "y": 60})
    assert abs(page.evaluate(AT) - 10) < 0.5
    page.click("#next-speech")
    until_true(page, f"Math.abs({AT} - 24) < 0.2")
    page.keyboard.press("n")
    until_true(page, "document.getElementById('said').textContent === 'Plus de parole après.'")


def _stops_when_destroyed(console: Console, page: Page) -> None:
    page.goto(f"{console.child.uri}/enregistrements/rec-1")
    assert page.input_value("#speed") == "1.25"
    until_true(page, "document.querySelector('audio').readyState >= 1")
    page.keyboard.press("Space")
    until_true(page, f"{AT} > 0.5")
    with console.archive() as archive:
        archive.vault.discard_stored("rec-1", rule_id="REC-005", reason="objection")
    page.wait_for_selector("#said.fault")
    assert "L'enregistrement est détruit." in page.inner_text("#said")
    assert not page.evaluate("document.querySelector('audio').hasAttribute('src')")
    page.reload()
    assert "ne s'écoute pas" in page.inner_text("#why")


def test_a_call_is_scored_and_a_draft_outlives_its_session(tmp_path: Path) -> None:
    async def walk() -> None:
        async with serving(tmp_path) as console:
            console.first_role = Role.SUPERVISOR
            console.keep("rec-1", _tones(3.0))
            with console.archive() as archive:
                shelve_shipped(console.settings, archive, open_retention(console.settings, archive))
            await asyncio.to_thread(_grade, console)
            kinds = [event.kind for event in console.events()]
            assert kinds.index("analysis.begun") < kinds.index("recording.noted") < kinds.index("analysis.scored")
            # The page that scores plays: each time it is opened somebody begins to listen.
            assert kinds.count("recording.listening") == kinds.count("recording.listened") > 0

    run(walk(), limit_s=120.0)


def _grade(console: Console) -> None:
    with chromium() as browser:
        person = Person(browser)
        page = person.page
        _enter(console, person, looked_at=False)
        _choose(console, page)
        page.goto(f"{console.child.uri}/enregistrements/rec-1/evaluer")
        person.accessible()
        page.check("#grid-hotline")
        page.click("text=Commencer")
        page.wait_for_url("**/analyses/*")
        person.accessible()
        page.emulate_media(color_scheme="dark")
        person.accessible()
        page.set_viewport_size({"width": 768, "height": 1024})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        _scored_while_listening(person)
        _goes_on_after_its_session(person)
        for field, value in BEST.items():
            page.check(f"[name='{field}'][value='{value}']")
        page.click("text=Terminer et noter")
        page.wait_for_selector("#outcome")
        assert "100,0 %" in page.inner_text("main")
        assert "dit vite, puis répété" in page.inner_text("main")
        person.accessible()
        for path in ("/analyses", "/equipe", "/accompagnement", "/tirages", "/calibrations", "/grilles"):
            page.goto(f"{console.child.uri}{path}")
            person.accessible()
        assert person.complaints == []


def _scored_while_listening(person: Person) -> None:
    """The player stands beside the questions: one key writes its moment to an answer, another begins a note there."""
    page = person.page
    until_true(page, "document.querySelector('#player audio').readyState >= 1")
    page.evaluate(f"{AT} = 2.1")
    page.focus("[name='a.suite'][value='yes']")
    page.keyboard.press("t")
    assert page.input_value("#t-suite") == "0:02"
    page.evaluate(f"{AT} = 1")
    page.click("[data-here='t-courtoisie']")
    assert page.input_value("#t-courtoisie") == "0:01"
    page.focus("[name='a.suite'][value='yes']")
    page.keyboard.press("r")
    page.keyboard.type("rappeler au 06 12 34 56 78")
    page.keyboard.press("Enter")
    page.wait_for_selector("#note-fault")
    assert "REC-018" in page.inner_text("#note-fault")
    assert page.input_value("#note-text") == "rappeler au 06 12 34 56 78"
    assert all("422" in complaint for complaint in person.complaints), person.complaints
    person.complaints.clear()
    page.fill("#note-text", "annonce dite trop vite")
    page.keyboard.press("Enter")
    page.wait_for_selector("#notes tbody tr")
    assert "annonce dite trop vite" in page.inner_text("#notes")
    assert "anne" in page.inner_text("#notes tbody")
    person.accessible()
    page.evaluate(f"{AT} = 0")
    page.click("#notes button[data-at='1000']")
    assert abs(page.evaluate(AT) - 1) < 0.1
    page.click("#notes tbody form button")
    page.wait_for_selector("#notes tbody", state="detached")


def _goes_on_after_its_session(person: Person) -> None:
    """What is typed is saved by itself; without a session it stays in the page until there is one again."""
    page, saved = person.page, "document.getElementById('saved')"
    page.fill("#n-suite", "dit vite")
    until_true(page, f"{saved}.textContent.startsWith('Enregistré à')")
    cookies = person.context.cookies()
    person.context.clear_cookies()
    page.fill("#n-suite", "dit vite, puis répété")
    until_true(page, f"{saved}.classList.contains('fault')")
    assert "Votre session est terminée" in page.inner_text("#saved")
    person.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.fill("#t-suite", "0:02")
    until_true(page, f"!{saved}.classList.contains('fault')")
    page.reload()
    assert page.input_value("#n-suite") == "dit vite, puis répété"
    assert page.input_value("#t-suite") == "0:02"


@pytest.mark.parametrize("bind", ["127.0.0.1"])
def test_a_console_whose_address_is_taken_says_so(tmp_path: Path, bind: str) -> None:
    async def taken() -> None:
        server = await asyncio.start_server(lambda *_: None, bind, 0)
        async with server:
            console = Console(tmp_path)
            env = {**console.env, "IVR_CONSOLE__PORT": str(server.sockets[0].getsockname()[1])}
            child = console_child(console.settings, env=env, on_event=console.said.append)
            watcher = asyncio.create_task(child.keep_alive())
            with pytest.raises(Exception, match="cannot listen there"):
                await child.ready(60.0)
            await watcher

    run(taken())
