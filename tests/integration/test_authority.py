"""An authority is answered, as people do it: two persons, an export that is checked offline, an account that ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import update

from ivr.bootstrap.accounts import open_accounts
from ivr.domain.access import Actor, Role
from ivr.storage.tables import accounts
from tests.fakes.vault import a_tag
from tests.integration.browser import DECODED, PASSWORD, Person, act, admit, chromium, type_in, until_true
from tests.integration.house import REPOSITORY, run
from tests.integration.sounds import noise
from tests.integration.test_console import Console, serving

_TEAM = {"ines": Role.COMPLIANCE_OFFICER, "karim": Role.DPO, "anne": Role.QUALITY_ANALYST}


def _sell(console: Console, *names: str) -> None:
    """Put sales into the vault, which is closed to the house."""
    with console.archive() as archive:
        now = archive.vault.ports.clock.now()
        for number, name in enumerate(names):
            tag = a_tag(name, call_id=f"call-{name}", retention="sales_audio", opened_at=now, rule_ids=("REC-007",))
            begun = archive.vault.begin(tag, deadline=now + timedelta(days=700))
            begun.write(noise(4.0, number).tobytes())
            begun.seal(consent={}, gaps=[], masks=[])


def _links(console: Console) -> Mapping[str, str]:
    with console.archive() as archive:
        invitations = open_accounts(console.settings, archive).invitations
        admin = Actor("admin", Role.ADMINISTRATOR)
        return {
            login: f"{console.child.uri}/invitation?jeton={invitations.invite(login, role, admin)}"
            for login, role in _TEAM.items()
        }


def _says_why(console: Console, page: Page, purpose: str) -> None:
    page.goto(f"{console.child.uri}/finalite")
    page.check(purpose)
    page.fill("#reason", "courrier ACPR du 30")
    page.keyboard.press("Enter")
    page.wait_for_url("**/enregistrements")


def _asks(console: Console, ines: Person) -> str:
    page = ines.page
    _says_why(console, page, "#purpose-all")
    page.goto(f"{console.child.uri}/autorites")
    ines.accessible()
    page.select_option("#authority", "ACPR")
    page.fill("#asked-reference", "ACPR-2026-88")
    page.fill("#legal-basis", "CMF L612-24")
    page.fill("#official", "Zoé Contrôle")
    page.fill("#items", "sale-1\nsale-2")
    with page.expect_navigation():
        page.click("text=Ouvrir le dossier")
    assert "/autorites/case-" in page.url, page.inner_text("main")
    page.select_option("#how", "called_back")
    act(page, "check")
    ines.accessible()
    assert page.locator("#approve").count() == 0
    return page.url


def hands_out(ines: Person, url: str, folder: Path) -> None:
    """Download what was approved, and unpack it in `folder`."""
    page = ines.page
    page.goto(url)
    ines.accessible()
    page.select_option("#form", "wav")
    with page.expect_download() as downloading:
        page.click("form:has(input[name=act][value=hand_out]) button")
    packed = folder.with_suffix(".zip")
    downloading.value.save_as(packed)
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    """The verifier as the authority runs it: alone, in a place where ivr is not."""
    command = [sys.executable, "-I", str(folder / "verify_audit.py"), ".", "--key", "public-key.pem"]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)


def _is_checked(folder: Path) -> None:
    assert (folder / "verify_audit.py").read_bytes() == (REPOSITORY / "tools/verify_audit.py").read_bytes()
    assert {path.name for path in folder.glob("*.wav")} == {"sale-1.wav", "sale-2.wav"}
    found = verified(folder)
    assert (found.returncode, found.stderr) == (0, ""), found.stdout
    assert found.stdout.startswith("whole: 2 recordings, ")
    sound = folder / "sale-2.wav"
    whole = bytearray(sound.read_bytes())
    whole[len(whole) // 2] ^= 1
    sound.write_bytes(whole)
    changed = verified(folder)
    assert (changed.returncode, changed.stdout) == (1, "sale-2.wav: was changed after the export\n")


def _is_receipted(ines: Person) -> None:
    page = ines.page
    page.reload()
    page.click("text=Procès-verbal de remise")
    ines.accessible()
    receipt = page.inner_text("article")
    assert "ACPR-2026-88" in receipt
    assert "sale-2" in receipt
    page.go_back()
    act(page, "receipt")
    assert "reçu signé" in page.inner_text("main")
    assert ines.complaints == []


def _opens_an_account(ines: Person) -> tuple[str, str]:
    page = ines.page
    page.fill("#holder", "Zoé Contrôle")
    act(page, "admit")
    ines.accessible()
    link = page.text_content("section.notice code") or ""
    login = page.text_content("table tbody th") or ""
    assert login.startswith("autorite-")
    return login, link


def _looks(console: Console, zoe: Person) -> None:
    page = zoe.page
    page.click("text=Éléments de votre demande")
    zoe.accessible()
    assert page.locator("tbody tr").count() == 2
    page.click("tbody tr:first-child th a")
    page.wait_for_url("**/autorite/sale-1")
    zoe.accessible()
    until_true(page, "document.querySelector('audio').readyState >= 1")
    lanes = page.evaluate(DECODED, page.evaluate("document.querySelector('audio').src"))
    assert min(lane["loudest"] for lane in lanes) > 0.01
    assert zoe.complaints == []
    for path in ("/autorite/sale-3", "/enregistrements/sale-1", "/autorites", "/demandes", "/comptes"):
        answer = page.goto(console.child.uri + path)
        assert answer is not None
        assert answer.status in (403, 404) or page.url.endswith("/finalite"), path
        assert "sale-3" not in page.inner_text("main")


def _is_over(console: Console, zoe: Person, login: str) -> None:
    with console.archive() as archive, archive.database.writing() as connection:
        ended = update(accounts).where(accounts.c.login == login).values(expires_at=datetime.now(UTC))
        connection.execute(ended)
    page = zoe.page
    page.goto(f"{console.child.uri}/autorite")
    assert page.url.endswith("/connexion?fin=over")
    assert "Votre accès a pris fin" in page.inner_text("main")
    type_in(zoe, login, PASSWORD)
    page.wait_for_url("**/connexion")
    assert page.locator("[role=alert]").count() == 1


def _walk(console: Console, folder: Path) -> str:
    links = _links(console)
    with chromium() as browser:
        ines = admit(browser, console.child.uri, "ines", links["ines"])
        url = _asks(console, ines)
        karim = admit(browser, console.child.uri, "karim", links["karim"])
        _says_why(console, karim.page, "#purpose-all")
        karim.page.goto(url)
        act(karim.page, "approve")
        karim.accessible()
        assert karim.page.locator("#hand_out").count() == 0
        hands_out(ines, url, folder)
        _is_checked(folder)
        _is_receipted(ines)
        login, link = _opens_an_account(ines)
        zoe = admit(browser, console.child.uri, login, link)
        _looks(console, zoe)
        _is_over(console, zoe, login)
        anne = admit(browser, console.child.uri, "anne", links["anne"])
        _says_why(console, anne.page, "#purpose-quality_audio")
        for path in ("/enregistrements/sale-1", url.removeprefix(console.child.uri)):
            answer = anne.page.goto(console.child.uri + path)
            assert answer is not None
            assert answer.status in (403, 404)
        return login


def test_an_authority_is_answered_and_checks_it_offline_and_its_account_ends(tmp_path: Path) -> None:
    async def walk() -> None:
        async with serving(tmp_path) as console:
            _sell(console, "sale-1", "sale-2", "sale-3")
            login = await asyncio.to_thread(_walk, console, tmp_path / "remise")
            events = console.events()
            steps = [event.kind for event in events if event.kind.startswith("authority.")]
            assert steps == [
                "authority.received", "authority.checked", "authority.approved", "authority.handed_out",
                "authority.receipted", "authority.admitted",
            ]  # fmt: skip
            heard = [event for event in events if event.kind == "recording.listened"]
            assert [(event.body["actor"], event.recording_id) for event in heard] == [(login, "sale-1")]
            denied = [(event.body["actor"], event.recording_id) for event in events if event.kind == "access.denied"]
            assert (login, "sale-3") in denied
            assert ("anne", "sale-1") in denied
            # Of what was handed out in the clear nothing lies on a disk of ours.
            kept = [path for path in (tmp_path / "var").rglob("*") if path.is_file()]
            assert kept
            assert not [path for path in kept if b"RIFF" in path.read_bytes()]

    run(walk(), limit_s=240.0)
