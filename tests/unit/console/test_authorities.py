"""The authority's desk on its pages: a sealed export that is checked offline, its receipt, and hostile forms."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from ivr.domain.access import Actor, Role
from ivr.errors import ArchiveError
from ivr.services.vault.vault import Vault
from tests.unit.console.rig import NOW, REPOSITORY, ConsoleRig, words_of
from tests.unit.console.test_player import record
from tests.unit.test_redaction_everywhere import NIR

ASKED = {
    "authority": "ACPR",
    "asked_reference": "ACPR-2026-88",
    "basis": "CMF L612-24",
    "official": "Zoé <b>Contrôle</b>",
    "received_at": (NOW - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"),
    "items": "sale-1 sale-2",
}
VERIFIER = REPOSITORY / "tools/verify_audit.py"


def enter(rig: ConsoleRig, login: str) -> None:
    rig.browser = rig.new_browser()
    rig.sign_in(login)
    rig.post("/finalite", form_token=rig.form_token(), purpose="", reason="courrier 88")


@pytest.fixture
def ines(house: ConsoleRig) -> ConsoleRig:
    """The compliance officer, signed in; the DPO has an account; three sales and one quality recording are there."""
    for name in ("sale-1", "sale-2", "sale-3"):
        record(house, name, retention="sales_audio")
    record(house, "quality-1")
    for login, role in (("ines", Role.COMPLIANCE_OFFICER), ("karim", Role.DPO)):
        house.make_account(login, role)
    enter(house, "ines")
    return house


def take_in(rig: ConsoleRig, **given: str) -> str:
    answer = rig.post("/autorites", form_token=rig.form_token(), **{**ASKED, **given})
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["location"]


def act(rig: ConsoleRig, page: str, name: str, **given: str) -> int:
    """Send a form of the page, with the list that it shows now unless `given` says which was seen."""
    seen = re.search(r'name="seen" value="(\w+)"', rig.get(page).text)
    form = {"seen": seen[1], **given} if seen else given
    return rig.post(page, form_token=rig.form_token(), act=name, **form).status_code


def approved(rig: ConsoleRig) -> str:
    page = take_in(rig)
    assert act(rig, page, "check", how="called_back") == 303
    enter(rig, "karim")
    assert act(rig, page, "approve") == 303
    enter(rig, "ines")
    return page


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, (folder / "verify_audit.py", folder, "--key", folder / "public-key.pem"))]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_is_handed_out_is_checked_offline_by_the_verifier_beside_it_and_every_byte_counts(
    ines: ConsoleRig, tmp_path: Path
) -> None:
    page = approved(ines)
    answer = ines.post(page, form_token=ines.form_token(), act="hand_out", form="wav")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["cache-control"] == "no-store"
    folder = tmp_path / "remise"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    assert (folder / "verify_audit.py").read_bytes() == VERIFIER.read_bytes()
    assert {path.name for path in folder.glob("*.wav")} == {"sale-1.wav", "sale-2.wav"}
    found = verified(folder)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith("whole: 2 recordings, ")
    manifest = folder / "sale-1.wav.json"
    whole = manifest.read_bytes()
    manifest.write_bytes(whole.replace(b'"call_id"', b'"call_no"', 1))
    nameless = verified(folder)
    assert (nameless.returncode, nameless.stderr) == (1, "")
    assert "sale-1.wav.json: does not tell the call of its recording" in nameless.stdout
    manifest.write_bytes(whole)
    for path in sorted(folder.glob("*.json*")) + sorted(folder.glob("*.wav")):
        whole = path.read_bytes()
        at = len(whole) // 2
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        changed = verified(folder)
        assert changed.returncode == 1, path.name
        assert path.name.removesuffix(".sig") in changed.stdout
        path.write_bytes(whole)
    (folder / "sale-3.wav").write_bytes(b"RIFF")
    assert "sale-3.wav: is not listed" in verified(folder).stdout
    (folder / "sale-3.wav").unlink()
    (folder / "sale-2.wav").unlink()
    assert "sale-2.wav: is missing" in verified(folder).stdout
    # Nothing in the clear stays on our disk.
    assert not [path for path in (ines.folder / "var").rglob("*") if path.is_file() and b"RIFF" in path.read_bytes()]


def test_an_export_that_breaks_off_tells_nobody_why_has_no_end_and_is_not_noted_as_handed_out(
    ines: ConsoleRig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    page, whole = approved(ines), Vault.copy

    def copy(vault: Vault, recording_id: str, form: str, **more: Any) -> Any:
        if recording_id == "sale-2":
            raise ArchiveError(f"damaged at {NIR}")
        return whole(vault, recording_id, form, **more)

    monkeypatch.setattr(Vault, "copy", copy)
    with pytest.raises((ConnectionAbortedError, ClientDisconnect)) as caught:
        ines.post(page, form_token=ines.form_token(), act="hand_out", form="wav")
    assert NIR not in f"{caught.value!r} {caplog.text}"
    assert "broke off: ArchiveError" in caplog.text
    assert "authority.handed_out" not in ines.told()
    assert "approuvée" in words_of(ines.get(page))


def test_an_export_breaks_off_when_the_account_is_closed_meanwhile(
    ines: ConsoleRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, whole = approved(ines), Vault.copy

    def copy(vault: Vault, recording_id: str, form: str, **more: Any) -> Any:
        ines.accounts.invitations.close("ines", "départ", Actor("admin", Role.ADMINISTRATOR))
        return whole(vault, recording_id, form, **more)

    monkeypatch.setattr(Vault, "copy", copy)
    with pytest.raises((ConnectionAbortedError, ClientDisconnect)):
        ines.post(page, form_token=ines.form_token(), act="hand_out", form="wav")
    assert ines.told().count("recording.exported") == 1
    assert "authority.handed_out" not in ines.told()


def test_the_receipt_tells_what_was_handed_out_and_what_it_is_checked_with(ines: ConsoleRig) -> None:
    page = approved(ines)
    assert ines.get(f"{page}/recu").status_code == 404
    ines.post(page, form_token=ines.form_token(), act="hand_out", form="opus")
    receipt = words_of(ines.get(f"{page}/recu"))
    for told in ("PROCÈS-VERBAL", "ACPR-2026-88", "CMF L612-24", "sale-1", "vérifiés par ines", "approuvée par karim"):
        assert told in receipt
    assert len(re.findall(r"\b[0-9a-f]{64}\b", receipt)) == 2
    assert "sale-3" not in receipt
    assert not re.search(r"\{\w*\}", receipt)
    assert act(ines, page, "receipt", signed_on="2026-12-01") == 422
    assert act(ines, page, "receipt", signed_on=NOW.date().isoformat()) == 303
    assert "reçu signé" in words_of(ines.get("/autorites"))
    assert [kind for kind in ines.told() if kind.startswith("authority.")] == [
        "authority.received", "authority.checked", "authority.approved", "authority.handed_out", "authority.receipted",
    ]  # fmt: skip


def test_each_is_offered_what_the_rules_let_them_do_and_a_forged_form_is_refused(ines: ConsoleRig) -> None:
    page = take_in(ines)
    shown = ines.get(page)
    assert "<b>Contrôle" not in shown.text
    assert act(ines, page, "hand_out", form="wav") == 422
    assert act(ines, page, "admit", holder="Zoé", until=(NOW + timedelta(days=3)).date().isoformat()) == 422
    assert act(ines, page, "check", how="called_back") == 303
    assert 'name="act" value="approve"' not in ines.get(page).text
    assert act(ines, page, "approve") == 422
    enter(ines, "karim")
    assert 'name="act" value="approve"' in ines.get(page).text
    assert act(ines, page, "approve") == 303
    for name in ("hand_out", "admit"):
        assert f'name="act" value="{name}"' not in ines.get(page).text
    until = (NOW + timedelta(days=3)).date().isoformat()
    assert act(ines, page, "admit", holder="Zoé", until=until) == 422
    assert ines.told()[-2:] == ["access.denied", "case.shown"]
    assert act(ines, page, "hand_out", form="wav") == 422
    assert "recording.exported" not in ines.told()


def test_a_list_that_changed_behind_the_page_is_read_again_before_it_is_checked(ines: ConsoleRig) -> None:
    page = take_in(ines)
    seen = re.search(r'name="seen" value="(\w+)"', ines.get(page).text)
    assert seen
    theirs = ines.browser
    enter(ines, "karim")
    assert act(ines, page, "amend", items="sale-1 sale-2 sale-3") == 303
    ines.browser = theirs
    answer = ines.post(page, form_token=ines.form_token(), act="check", how="called_back", seen=seen[1])
    assert answer.status_code == 422
    assert "la demande a changé entre-temps" in words_of(answer)
    assert "sale-3" in words_of(answer)
    assert "authority.checked" not in ines.told()
    assert act(ines, page, "check", how="called_back") == 303


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("authority", "Mairie"),
        ("authority", ""),
        ("asked_reference", " "),
        ("basis", "x" * 300),
        ("received_at", "hier"),
        ("received_at", "0001-01-01T00:00"),
        ("received_at", "2027-01-01T00:00"),
        ("official", ""),
        ("items", "../../etc/passwd"),
        ("items", " "),
        ("note", "x" * 3000),
    ],
)
def test_what_is_typed_wrongly_is_told_kept_on_the_page_and_opens_no_file(
    ines: ConsoleRig, key: str, value: str
) -> None:
    answer = ines.post("/autorites", form_token=ines.form_token(), **{**ASKED, key: value})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "authority.received" not in ines.told()


def test_forms_that_no_browser_sends_change_nothing(ines: ConsoleRig) -> None:
    page = approved(ines)
    for form in (
        {},
        {"act": "delete"},
        {"act": "check", "how": "phone"},
        {"act": "check", "how": "called_back"},
        {"act": "refuse", "ground": "tired", "note": "x"},
        {"act": "hand_out", "form": "exe"},
        {"act": "receipt", "signed_on": "hier"},
        {"act": "note", "note": " "},
        {"act": "amend", "items": "../etc"},
        {"act": "dismiss", "login": "ines"},
        {"act": "admit", "holder": "Zoé", "until": "9999-12-31"},
        {"act": "admit", "holder": "", "until": NOW.date().isoformat()},
    ):
        assert ines.post(page, form_token=ines.form_token(), **form).status_code == 422, form
    assert ines.post(page, form_token="0" * 64, act="note", note="x").status_code == 403
    assert ines.get("/autorites/case-0").status_code == 404
    assert [kind for kind in ines.told() if kind.startswith("authority.")][-1] == "authority.approved"


def test_what_is_written_of_the_official_is_in_no_list_and_no_evidence(ines: ConsoleRig) -> None:
    page = take_in(ines, note=f"il a écrit {NIR}")
    assert NIR not in ines.get(page).text
    assert "Contrôle" not in words_of(ines.get("/autorites")).partition("Nouvelle demande")[0]
    assert all("Contrôle" not in str(event.body) for event in ines.archive.audit.events())


def test_quality_staff_have_no_link_no_page_and_the_denial_is_evidence(ines: ConsoleRig) -> None:
    page = take_in(ines)
    enter(ines, "anne")
    ines.post("/finalite", form_token=ines.form_token(), purpose="quality_audio", reason="revue")
    assert 'href="/autorites"' not in ines.get("/").text
    before = ines.told().count("access.denied")
    for answer in (ines.get("/autorites"), ines.get(page), ines.get(f"{page}/recu")):
        assert answer.status_code == 403
    assert ines.told().count("access.denied") == before + 3


def test_the_sales_vault_is_closed_to_quality_staff_and_each_try_is_evidence(ines: ConsoleRig) -> None:
    enter(ines, "anne")
    before = ines.told().count("access.denied")
    assert "sales_audio" not in ines.get("/finalite").text
    tried = ines.post("/finalite", form_token=ines.form_token(), purpose="sales_audio", reason="curiosité")
    assert tried.status_code == 422
    assert "fermé en interne" in words_of(tried)
    assert (
        ines.post("/finalite", form_token=ines.form_token(), purpose="quality_audio", reason="revue").status_code == 303
    )
    assert ines.get("/enregistrements/sale-1").status_code == 404
    denied = [event for event in ines.archive.audit.events() if event.kind == "access.denied"][before:]
    assert [(event.body["actor"], event.body["role"]) for event in denied] == [("anne", "quality_analyst")] * 2
    assert [event.recording_id for event in denied] == ["", "sale-1"]


def admitted(rig: ConsoleRig, page: str, days: int = 3) -> str:
    """Open an account for the authority as its page does, and make it; return its login."""
    until = (NOW + timedelta(days=days)).date().isoformat()
    answer = rig.post(page, form_token=rig.form_token(), act="admit", holder="Zoé Contrôle", until=until)
    assert answer.status_code == 200, words_of(answer)
    link = re.search(r"<code>(https://[^<]+)</code>", answer.text)
    login = re.search(r"autorite-\w+", answer.text)
    assert link
    assert login
    assert link[1] not in rig.get(page).text
    rig.browser = rig.new_browser()
    rig.enrol(link[1].partition("jeton=")[2], login[0])
    return login[0]


def test_an_account_of_the_authority_sees_and_hears_its_items_and_nothing_else(ines: ConsoleRig) -> None:
    login = admitted(ines, approved(ines))
    ines.sign_in(login)
    home = ines.get("/")
    assert 'href="/autorite"' in home.text
    for path in ("/enregistrements", "/finalite", "/demandes", "/autorites"):
        assert f'href="{path}"' not in home.text
    items = ines.get("/autorite")
    assert set(re.findall(r'href="/autorite/([\w-]+)"', items.text)) == {"sale-1", "sale-2"}
    assert ines.told()[-1] == "case.shown"
    played = ines.get("/autorite/sale-1")
    assert played.status_code == 200
    listening = re.search(r'data-listening="([^"]+)"', played.text)
    assert listening
    assert ines.get(f"{listening[1]}/son", range="bytes=0-1000").status_code == 206
    begun = next(event for event in reversed(ines.archive.audit.events()) if event.kind == "recording.listening")
    assert (begun.body["actor"], begun.body["role"], begun.body["reason"]) == (
        login,
        "authority_viewer",
        "ACPR-2026-88",
    )
    for other in ("sale-3", "quality-1", "nothing"):
        assert ines.get(f"/autorite/{other}").status_code == 404
        assert ines.told()[-1] == "access.denied"
    for path in (
        "/autorites",
        "/demandes",
        "/comptes",
        "/gels",
        "/statistiques",
        "/enregistrements",
        "/enregistrements/sale-1",
    ):
        assert ines.get(path).status_code in (303, 403, 404), path
    assert ines.post("/finalite", form_token=ines.form_token(), purpose="sales_audio", reason="x").status_code == 422
    assert ines.get("/enregistrements/sale-1").headers["location"] == "/finalite"


def test_it_ends_on_its_date_with_its_sessions_and_lets_nobody_in_afterwards(ines: ConsoleRig) -> None:
    login = admitted(ines, approved(ines), days=1)
    ines.sign_in(login)
    assert ines.get("/autorite").status_code == 200
    # The account ends at midnight after its day; the session, short of its own bounds, with it.
    ines.clock.at = NOW.replace(hour=22, minute=50) + timedelta(days=1)
    ines.sign_in(login)
    assert ines.get("/autorite").status_code == 200
    ines.clock.at += timedelta(minutes=11)
    gone = ines.get("/autorite")
    assert gone.headers["location"] == "/connexion?fin=over"
    ended = ines.archive.audit.events()[-1]
    assert (ended.kind, ended.body["actor"], ended.body["why"]) == ("session.ended", login, "over")
    assert "pris fin" in words_of(ines.get("/connexion?fin=over"))
    assert ines.sign_in(login).status_code == 401
    refused = ines.archive.audit.events()[-1]
    assert (refused.kind, refused.body["why"]) == ("session.denied", "over")


def test_ending_it_before_its_time_ends_its_sessions_at_once(ines: ConsoleRig) -> None:
    page = approved(ines)
    login = admitted(ines, page)
    ines.sign_in(login)
    theirs = ines.browser
    enter(ines, "ines")
    assert act(ines, page, "dismiss", login=login) == 303
    assert "terminé" in words_of(ines.get(page))
    ines.browser = theirs
    assert ines.get("/autorite").headers["location"] == "/connexion"
    assert ines.sign_in(login).status_code == 401


def test_nobody_makes_an_authoritys_account_on_the_page_of_accounts(ines: ConsoleRig) -> None:
    enter(ines, "admin")
    assert "authority_viewer" not in ines.get("/comptes").text
    form = {"login": "eve", "role": "authority_viewer", "reason": "x"}
    assert ines.post("/comptes/invitation", form_token=ines.form_token(), **form).status_code == 422
    assert [event.body["login"] for event in ines.archive.audit.events() if event.kind == "account.invited"].count(
        "eve"
    ) == 0
