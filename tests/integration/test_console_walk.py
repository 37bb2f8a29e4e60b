"""The console from the first account to an authority, in one go: `ivr serve`, a real call, the people of a house."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from ivr.bootstrap.accounts import open_accounts
from ivr.domain.access import Role
from ivr_demo.softphone_process import SoftphoneProcess
from tests.fakes.vault import a_tag
from tests.integration.browser import AT, DECODED, Person, act, admit, chromium, until_true
from tests.integration.house import House, Serving, run
from tests.integration.sounds import noise, speech, write_wav
from tests.integration.test_authority import hands_out, verified
from tests.quality_rig import BEST

pytestmark = [pytest.mark.integration, pytest.mark.sip, pytest.mark.ear]

_MEMBER = "+33639980001"
_SALES = "rec-sales"
_TEAM = {
    "anne": Role.QUALITY_ANALYST, "paul": Role.TRAINER, "sophie": Role.SUPERVISOR, "karim": Role.DPO,
    "chloe": Role.COMPLIANCE_OFFICER,
}  # fmt: skip


def _sell(house: House) -> None:
    """Put a recording of a sale into the vault, which is closed to a quality team."""
    archive = house.archive()
    try:
        now = archive.vault.ports.clock.now()
        tag = a_tag(_SALES, retention="sales_audio", opened_at=now, rule_ids=("REC-007",))
        begun = archive.vault.begin(tag, deadline=now + timedelta(days=700))
        begun.write(noise(4.0, 1).tobytes())
        begun.seal(consent={}, gaps=[], masks=[])
    finally:
        archive.close()


def _connect(house: House, agent_uri: str) -> None:
    program = house.config_dir / "programs" / "hotline-quality.toml"
    text = program.read_text("utf-8")
    assert 'agent_uri = ""' in text
    program.write_text(text.replace('agent_uri = ""', f'agent_uri = "{agent_uri}"'), "utf-8")


async def _converse(serving: Serving, member: SoftphoneProcess, agent: SoftphoneProcess, folder: Path) -> str:
    """A member is told, speaks with an agent and hangs up; returns the recording's id."""
    asked = write_wav(folder / "asked.wav", speech("Bonjour, je voudrais changer mon adresse, s'il vous plaît."))
    answered = write_wav(folder / "answered.wav", speech("Bien sûr, je m'en occupe tout de suite."))
    await member.call(serving.uri)
    await serving.until("agent.bridged")
    for phone, said in ((member, asked), (agent, answered)):
        await phone.speak(said)
        await phone.expect("spoke", id=said.stem)
        await serving.until_sentence() if phone is member else None
    await member.hangup()
    report = await serving.until("call.reported")
    assert report["recording_id"], report
    return str(report["recording_id"])


class _House:
    """The people of a house at their browsers, one window each."""

    def __init__(self, house: House, url: str, browser: Browser) -> None:
        self.house, self.url, self._browser = house, url, browser
        self.people: dict[str, Person] = {}

    def admit(self, login: str, link: str, purpose: str = "#purpose-quality_audio") -> Page:
        """Make an account from its link, sign in and, where anything is to be seen, say why."""
        person = self.people[login] = admit(self._browser, self.url, login, link)
        page = person.page
        page.goto(f"{self.url}/finalite")
        found = [one for one in (purpose, "#purpose-all") if page.locator(one).count()]
        if found:
            page.check(found[0])
        if page.locator("#reason").count():
            page.fill("#reason", "revue de novembre")
            page.keyboard.press("Enter")
            page.wait_for_url(re.compile("/(enregistrements|demandes|autorites)?$"))
        return page

    def page(self, login: str) -> Page:
        return self.people[login].page

    def invite(self, login: str, role: Role) -> str:
        """The administrator makes a link on the page of accounts; it is shown once."""
        page = self.page("admin")
        page.goto(f"{self.url}/comptes")
        page.fill("#login", login)
        page.select_option("#role", role.value)
        page.fill("#reason", "arrivée")
        page.click("form[action='/comptes/invitation'] button")
        page.wait_for_url("**/comptes/invitation")
        found = re.search(r"https?://\S+/invitation\?jeton=[\w-]+", page.inner_text("main"))
        assert found, page.inner_text("main")
        return found[0]


def _search_and_play(walk: _House, recording_id: str) -> None:
    page = walk.page("anne")
    page.goto(f"{walk.url}/enregistrements")
    page.select_option("#program", "hotline-quality")
    page.fill("#phone", "06 39 98 00 01")
    with page.expect_navigation():
        page.click("form.filters button")
    assert page.locator("tbody tr").count() == 1
    page.click("tbody th a")
    page.wait_for_url(f"**/enregistrements/{recording_id}")
    until_true(page, "document.querySelector('audio').readyState >= 1")
    page.keyboard.press("Space")
    until_true(page, f"{AT} > 1.0")
    page.keyboard.press("k")
    caller, agent = page.evaluate(DECODED, page.evaluate("document.querySelector('audio').src"))
    assert min(caller["loudest"], agent["loudest"]) > 0.05, (caller, agent)
    assert abs(caller["hz"] - agent["hz"]) > 1.0, (caller, agent)


def _fill(page: Page, **changes: str) -> None:
    page.wait_for_url("**/analyses/*")
    page.fill("#agent", "luc")
    for field, value in {**BEST, **changes}.items():
        page.check(f"[name='{field}'][value='{value}']")
    page.click("text=Terminer et noter")


def _grade(walk: _House, recording_id: str) -> None:
    """What is told wrongly costs the pass: the call is to be talked about."""
    page = walk.page("anne")
    page.goto(f"{walk.url}/enregistrements/{recording_id}/evaluer")
    page.check("#grid-hotline")
    page.click("text=Commencer")
    _fill(page, **{"a.exactitude": "fausse"})
    page.wait_for_selector("#outcome")


def _calibrate(walk: _House, recording_id: str) -> None:
    """Two score the same call without seeing each other's answers; then the spread is shown."""
    page = walk.page("sophie")
    page.goto(f"{walk.url}/enregistrements/{recording_id}/evaluer")
    page.fill("#reviewers", "anne, paul")
    page.click("section[aria-labelledby='calibrate'] button")
    page.wait_for_url("**/calibrations/*")
    session = page.url
    for login, level in (("anne", "5"), ("paul", "2")):
        blind = walk.page(login)
        blind.goto(session)
        blind.click("input[name='do'][value='take'] + button")
        _fill(blind, **{"a.courtoisie": level})
        blind.goto(session)
        assert "%" not in blind.inner_text("main")
    page.goto(session)
    page.click("input[name='do'][value='close'] + button")
    page.wait_for_selector("#spread")
    assert re.search(r"courtois du début à la fin\s+5\s+2\s+non", page.inner_text("main"))


def _coach(walk: _House) -> None:
    page = walk.page("sophie")
    page.goto(f"{walk.url}/accompagnement")
    assert "luc" in page.inner_text("tbody")
    page.click("tbody form button")
    page.wait_for_load_state()
    assert page.locator("tbody tr").count() == 0


def _request_to_letter(walk: _House, recording_id: str) -> None:
    page = walk.page("karim")
    page.goto(f"{walk.url}/demandes")
    page.select_option("#asked-right", "access")
    page.select_option("#channel", "letter")
    page.fill("#name", "Zoé Martin")
    page.fill("#phone", "06 39 98 00 01")
    page.click("form[action='/demandes'] button")
    page.wait_for_url("**/demandes/case-*")
    case = page.url
    act(page, "identify", check="called_back")
    act(page, "search")
    assert recording_id in page.inner_text("main")
    act(page, "answer", outcome="granted")
    page.click("a[href$='/lettres/access']")
    page.wait_for_url(f"{case}/lettres/access")
    assert "Zoé Martin" in page.inner_text("main")


def _authority(walk: _House, folder: Path) -> None:
    """One opens and checks what an authority asks for, another approves; the export is checked where ivr is not."""
    page = walk.page("chloe")
    page.goto(f"{walk.url}/autorites")
    page.select_option("#authority", "ACPR")
    for field, text in (
        ("asked-reference", "ACPR-2026-88"), ("legal-basis", "CMF L612-24"), ("official", "Zoé Contrôle"),
        ("items", _SALES),
    ):  # fmt: skip
        page.fill(f"#{field}", text)
    with page.expect_navigation():
        page.click("text=Ouvrir le dossier")
    file = page.url
    act(page, "check", how="called_back")
    walk.page("karim").goto(file)
    act(walk.page("karim"), "approve")
    hands_out(walk.people["chloe"], file, folder)
    found = verified(folder)
    assert (found.returncode, found.stderr) == (0, ""), found.stdout
    assert found.stdout.startswith("whole: 1 recordings, ")


def _is_denied_the_sales_vault(walk: _House) -> None:
    page = walk.page("anne")
    page.goto(f"{walk.url}/finalite")
    assert page.locator("#purpose-sales_audio").count() == 0
    answer = page.goto(f"{walk.url}/enregistrements/{_SALES}")
    assert answer is not None
    assert answer.status == 404
    walk.people["anne"].complaints.clear()
    exported = walk.house.folder / "evidence.jsonl"
    assert walk.house.ivr("audit", "export", str(exported), "--actor", "aude").returncode == 0
    denied = [
        one for one in map(json.loads, exported.read_text("utf-8").splitlines()) if one.get("kind") == "access.denied"
    ]
    assert [one["body"]["actor"] for one in denied] == ["anne"], denied


def _walk(house: House, url: str, recording_id: str, folder: Path) -> None:
    archive = house.archive()
    try:
        token = open_accounts(house.settings(), archive).invitations.first(Role.ADMINISTRATOR)
    finally:
        archive.close()
    with chromium() as browser:
        walk = _House(house, url, browser)
        walk.admit("admin", f"{url}/invitation?jeton={token}")
        for login, role in _TEAM.items():
            walk.admit(login, walk.invite(login, role))
        _search_and_play(walk, recording_id)
        _grade(walk, recording_id)
        _calibrate(walk, recording_id)
        _coach(walk)
        _request_to_letter(walk, recording_id)
        _authority(walk, folder / "remise")
        _is_denied_the_sales_vault(walk)
        assert {login: person.complaints for login, person in walk.people.items() if person.complaints} == {}


def test_from_the_first_account_to_the_authority(house: House, tmp_path: Path) -> None:
    async def walked() -> None:
        async with (
            SoftphoneProcess("--auto-answer", "--user", "conseil") as agent,
            SoftphoneProcess("--user", _MEMBER) as member,
        ):
            _connect(house, agent.uri)
            async with Serving(house, IVR_CONSOLE__ENABLED="true", IVR_CONSOLE__PORT="0") as serving:
                url = str(serving.all("console.ready")[-1]["uri"])
                recording_id = await _converse(serving, member, agent, tmp_path)
                await asyncio.to_thread(_walk, house, url, recording_id, tmp_path)

    _sell(house)
    run(walked(), limit_s=400.0)
    house.must_be_whole()
