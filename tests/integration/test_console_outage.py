"""The database away for a while: each kind of page says so in French and goes on; what was typed is still there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from ivr.bootstrap.accounts import open_accounts
from ivr.domain.access import Actor, Role
from tests.integration.browser import PASSWORD, Person, chromium, until_true
from tests.integration.house import run
from tests.integration.test_console import Console, serving
from tests.servers import Postgres, new_postgres

pytestmark = [pytest.mark.integration]

AWAY = "La base de données ne répond pas"
_SOUND = (9000 * np.sin(np.arange(2 * 60 * 8000) / 3)).astype("<i2").tobytes()


def _signed_in(console: Console, person: Person, login: str, link: str) -> Page:
    page = person.page
    page.goto(link)
    person.secret = (page.text_content("#key") or "").replace(" ", "")
    _fill(person, login=login, password=PASSWORD, again=PASSWORD)
    page.wait_for_url("**/connexion?fin=done")
    _fill(person, login=login, password=PASSWORD)
    page.wait_for_url(f"{console.child.uri}/")
    return page


def _fill(person: Person, **fields: str) -> None:
    for name, text in {**fields, "code": person.code()}.items():
        # The login of whoever was invited by name is written already.
        if person.page.is_editable(f"#{name}"):
            person.page.fill(f"#{name}", text)
    person.page.keyboard.press("Enter")


def _operators_link(console: Console) -> str:
    with console.archive() as archive:
        invitations = open_accounts(console.settings, archive).invitations
        token = invitations.invite("oscar", Role.OPERATOR, Actor("anne", Role.ADMINISTRATOR))
    return f"{console.child.uri}/invitation?jeton={token}"


def _away(page: Page, url: str) -> None:
    answer = page.goto(url)
    assert answer is not None
    assert answer.status == 503, url
    assert AWAY in page.inner_text("main")


def _outage(console: Console, postgres: Postgres) -> None:
    console.keep("rec-1", _SOUND)
    url = console.child.uri
    with chromium() as browser:
        dpo, operator = Person(browser), Person(browser)
        form = _signed_in(console, dpo, "anne", console.link())
        form.goto(f"{url}/finalite")
        form.check("#purpose-quality_audio")
        form.fill("#reason", "demande D-12")
        form.keyboard.press("Enter")
        form.wait_for_url("**/enregistrements")
        player = dpo.context.new_page()
        player.goto(f"{url}/enregistrements/rec-1")
        player.keyboard.press("k")
        until_true(player, "document.querySelector('audio').currentTime > 0.2")
        live = _signed_in(console, operator, "oscar", _operators_link(console))
        live.goto(f"{url}/exploitation")
        until_true(live, "document.getElementById('live').textContent === 'En direct.'")
        form.goto(f"{url}/demandes")
        form.select_option("#asked-right", "access")
        form.select_option("#channel", "letter")
        form.fill("#name", "Éléonore d'Être <dite> « L »")
        form.fill("#address", "3 rue Haute\n35000 Rennes")

        postgres.server.stop()
        until_true(live, f"document.getElementById('away').textContent.startsWith('{AWAY}')")
        form.click("section button[type=submit]")
        form.wait_for_load_state()
        assert AWAY in form.inner_text("main")
        dpo.accessible()
        other = dpo.context.new_page()
        for path in ("/enregistrements", "/enregistrements/rec-1", "/statistiques", "/compte"):
            _away(other, url + path)
        form.click("#again")
        form.wait_for_load_state()
        assert AWAY in form.inner_text("main")

        postgres.server.start()
        until_true(live, "document.getElementById('away').textContent === ''")
        form.click("#again")
        form.wait_for_url("**/demandes/case-*")
        assert "Éléonore d'Être <dite> « L »" in form.inner_text("main")
        assert "3 rue Haute\n35000 Rennes" in form.inner_text("main")
        # The player went on with what it had, and goes on listening.
        at = player.evaluate("document.querySelector('audio').currentTime")
        until_true(player, f"document.querySelector('audio').currentTime > {at} + 0.5")
        assert player.get_attribute("audio", "src")
        assert [one for one in operator.complaints if "503" not in one] == []


def test_a_database_that_is_away_is_told_on_every_page_and_nothing_typed_is_lost(tmp_path: Path) -> None:
    postgres = new_postgres()
    more = {"IVR_DATABASE__URL": postgres.create("ivr", "template0")}

    async def walk() -> None:
        async with serving(tmp_path, **more) as console:
            console.first_role = Role.DPO
            await asyncio.to_thread(_outage, console, postgres)

    run(walk(), limit_s=300.0)
