"""The authorities' desk at the API: two persons, an export that is checked offline, no way round the page's rules."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ivr.domain.access import Action, Actor, Role
from ivr.errors import ArchiveError
from ivr.services.vault.vault import Vault
from tests.unit.console.api.rig import Program, kind_of, program
from tests.unit.console.rig import NOW, ConsoleRig
from tests.unit.console.test_authorities import verified
from tests.unit.console.test_player import record, told
from tests.unit.test_redaction_everywhere import NIR

ASKED = {
    "authority": "ACPR", "asked_reference": "ACPR-2026-88", "basis": "CMF L612-24", "official": "Zoé Contrôle",
    "received_at": (NOW - timedelta(hours=2)).isoformat(), "items": ["sale-1", "sale-2"],
}  # fmt: skip
UNTIL = (NOW + timedelta(days=3)).date().isoformat()


@pytest.fixture
def ines(rig: ConsoleRig) -> Program:
    """The compliance officer's program; three sales are there."""
    for name in ("sale-1", "sale-2", "sale-3"):
        record(rig, name, retention="sales_audio")
    return program(rig, "ines", Role.COMPLIANCE_OFFICER, purpose="")


@pytest.fixture
def karim(ines: Program) -> Program:
    return program(ines.rig, "karim", Role.DPO, purpose="")


def step(by: Program, place: str, name: str, **given: Any) -> Any:
    """Take a step that answers the list as it is now."""
    seen = by.get(place).json()["items_sha256"] if name in ("check", "approve") else None
    return by.post(f"{place}/steps", {"step": name, **({"seen": seen} if seen else {}), **given})


def taken_in(ines: Program, **given: Any) -> str:
    made = ines.post("/requisitions", {**ASKED, **given})
    assert made.status_code == 201, made.text
    return f"/requisitions/{made.json()['requisition']['id']}"


def approved(ines: Program, karim: Program) -> str:
    place = taken_in(ines)
    assert step(ines, place, "check", how="called_back").status_code == 200
    assert step(karim, place, "approve").json()["requisition"]["state"] == "APPROVED"
    return place


def kinds(by: Program) -> list[str]:
    return [kind for kind in by.rig.told() if kind.startswith(("authority.", "recording.exported"))]


def test_a_request_goes_from_receipt_to_the_signed_receipt(ines: Program, karim: Program, tmp_path: Path) -> None:
    place = approved(ines, karim)
    assert ines.get(f"{place}/receipt").status_code == 404
    answer = ines.post(f"{place}/exports", {"form": "wav"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["cache-control"] == "no-store"
    folder = tmp_path / "remise"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(folder)
    assert {path.name for path in folder.glob("*.wav")} == {"sale-1.wav", "sale-2.wav"}
    found = verified(folder)
    assert (found.returncode, found.stderr) == (0, "")
    receipt = ines.get(f"{place}/receipt")
    assert receipt.headers["content-type"].startswith("text/plain")
    for said in ("PROCÈS-VERBAL", "ACPR-2026-88", "approuvée par karim", "Zoé Contrôle"):
        assert said in receipt.text
    assert step(ines, place, "receipt", signed_on="2027-01-15").status_code == 422
    done = step(ines, place, "receipt", signed_on=NOW.date().isoformat())
    assert done.json()["requisition"]["state"] == "RECEIPTED"
    (listed,) = ines.get("/requisitions").json()["requisitions"]
    assert (listed["state"], listed["count"], listed["handed_out_by"]) == ("RECEIPTED", 2, "ines")
    assert kinds(ines) == [
        "authority.received", "authority.checked", "authority.approved", "recording.exported", "recording.exported",
        "authority.handed_out", "authority.receipted",
    ]  # fmt: skip
    kept = [path for path in (ines.rig.folder / "var").rglob("*") if path.is_file()]
    assert not [path for path in kept if b"RIFF" in path.read_bytes()]


def test_no_token_goes_round_the_second_person(ines: Program, karim: Program) -> None:
    place = taken_in(ines)
    assert ines.post(f"{place}/exports", {"form": "wav"}).status_code == 409
    assert ines.post(f"{place}/viewers", {"holder": "Zoé", "until": UNTIL}).status_code == 403
    step(ines, place, "check", how="called_back")
    own = step(ines, place, "approve")
    assert (own.status_code, own.json()["rules"]) == (403, ["RET-004"])
    assert step(karim, place, "approve").status_code == 200
    # Whoever approved it hands out nothing, and a lawyer does neither.
    lea = program(ines.rig, "lea", Role.LEGAL, purpose="")
    for by in (karim, lea):
        for path, given in (("exports", {"form": "wav"}), ("viewers", {"holder": "Zoé", "until": UNTIL})):
            assert by.post(f"{place}/{path}", given).status_code == 403
            assert by.rig.told()[-1] == "access.denied"
    assert not {"recording.exported", "authority.handed_out", "authority.admitted"} & set(kinds(ines))


def test_a_token_does_what_its_rights_say_and_no_more(ines: Program, karim: Program) -> None:
    place = approved(ines, karim)
    narrow = program(ines.rig, "ines", Role.COMPLIANCE_OFFICER, Action.AUTHORITY, purpose="")
    assert narrow.get(place).status_code == 200
    for path, given in (
        ("exports", {"form": "wav"}), ("viewers", {"holder": "Zoé", "until": UNTIL}), ("steps", {"step": "freeze"}),
    ):  # fmt: skip
        assert narrow.post(f"{place}/{path}", given).status_code == 403
    other = taken_in(ines)
    step(ines, other, "check", how="letter_answered")
    agrees_not = program(ines.rig, "karim", Role.DPO, Action.AUTHORITY, purpose="")
    assert step(agrees_not, other, "approve").status_code == 403
    lists = program(ines.rig, "karim", Role.DPO, Action.LIST, purpose="")
    assert lists.get("/requisitions").status_code == 403
    denied = [body["action"] for body in told(ines.rig, "access.denied")]
    assert denied == ["export", "export", "hold", "agree", "authority"]


def test_who_checks_or_approves_answers_the_list_that_was_looked_at(ines: Program, karim: Program) -> None:
    place = taken_in(ines)
    seen = ines.get(place).json()["items_sha256"]
    assert step(karim, place, "amend", items=["sale-1", "sale-3"]).status_code == 200
    for stale in (seen, "", "x" * 64):
        answer = ines.post(f"{place}/steps", {"step": "check", "how": "on_site", "seen": stale})
        assert answer.status_code == 422
    assert "authority.checked" not in kinds(ines)
    assert step(ines, place, "check", how="on_site").status_code == 200


def test_an_export_that_breaks_off_has_no_end_and_is_not_noted(
    ines: Program, karim: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place, whole = approved(ines, karim), Vault.copy

    def copy(vault: Vault, recording_id: str, form: str, **more: Any) -> Any:
        if recording_id == "sale-2":
            raise ArchiveError(f"damaged at {NIR}")
        return whole(vault, recording_id, form, **more)

    monkeypatch.setattr(Vault, "copy", copy)
    answer = ines.post(f"{place}/exports", {"form": "wav"})
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(answer.content))
    assert NIR not in caplog.text + answer.text
    assert "broke off: ArchiveError" in caplog.text
    assert "authority.handed_out" not in kinds(ines)


@pytest.mark.parametrize("ends", ["token", "account"])
def test_an_export_breaks_off_when_the_token_or_its_account_ends_meanwhile(
    ines: Program, karim: Program, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    place, whole = approved(ines, karim), Vault.copy

    def copy(vault: Vault, recording_id: str, form: str, **more: Any) -> Any:
        if ends == "token":
            (token,) = ines.rig.pages.account.tokens.of(account)
            ines.rig.pages.account.tokens.withdraw(account, token.id)
        else:
            ines.rig.accounts.invitations.close("ines", "départ", Actor("admin", Role.ADMINISTRATOR))
        return whole(vault, recording_id, form, **more)

    found = ines.rig.accounts.book.find("ines")
    assert found
    account = found[0]
    monkeypatch.setattr(Vault, "copy", copy)
    answer = ines.post(f"{place}/exports", {"form": "opus"})
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(answer.content))
    assert kinds(ines).count("recording.exported") == 1
    assert "authority.handed_out" not in kinds(ines)


def test_an_account_of_the_authority_is_opened_by_a_link_shown_once_and_ended(ines: Program, karim: Program) -> None:
    place = approved(ines, karim)
    made = ines.post(f"{place}/viewers", {"holder": "Zoé Contrôle", "until": UNTIL})
    assert made.status_code == 201, made.text
    login, link = made.json()["login"], made.json()["link"]
    assert ines.rig.new_browser().get(link).headers["location"] == "/invitation"
    sheet = ines.get(place)
    assert [(one["login"], one["holder"]) for one in sheet.json()["viewers"]] == [(login, "Zoé Contrôle")]
    assert link.partition("jeton=")[2] not in sheet.text
    for until in ("2026-11-01", "2027-11-01", "9999-12-31"):
        assert ines.post(f"{place}/viewers", {"holder": "Zoé", "until": until}).status_code == 422
    assert step(ines, place, "dismiss", login="autorite-none").status_code == 422
    assert step(ines, place, "dismiss", login=login).status_code == 200
    assert kinds(ines)[-2:] == ["authority.admitted", "authority.dismissed"]
    told_of = str([event.body for event in ines.rig.archive.audit.events()])
    assert "Zoé" not in told_of


def test_what_is_listed_is_held_and_what_is_refused_is_reasoned(ines: Program, karim: Program) -> None:
    place = taken_in(ines)
    assert step(ines, place, "freeze").status_code == 200
    assert ines.get("/holds").json()["holds"][0]["items"] == ["sale-1", "sale-2"]
    assert step(ines, place, "refuse", ground="too_wide", note=" ").status_code == 422
    refused = step(ines, place, "refuse", ground="too_wide", note=f"trop large {NIR}")
    assert refused.json()["requisition"]["ground"] == "too_wide"
    assert NIR not in refused.text
    assert step(ines, place, "refuse", ground="too_wide", note="encore").status_code == 409
    assert step(karim, place, "note", note="classé").json()["notes"][-1] == "karim: classé"


@pytest.mark.parametrize(
    "given",
    [
        {"authority": "Mairie"},
        {"authority": ""},
        {"asked_reference": " "},
        {"basis": "x" * 300},
        {"received_at": "hier"},
        {"received_at": "2026-11-30T08:00"},
        {"received_at": "2000-01-01T00:00Z"},
        {"received_at": "2027-01-01T00:00Z"},
        {"official": ""},
        {"items": []},
        {"items": ["../../etc/passwd"]},
        {"items": "sale-1"},
        {"note": "x" * 3000},
        {"contact": "a\x00b"},
        {"silent": "perhaps"},
        {"state": "APPROVED"},
    ],
)
def test_a_request_that_cannot_be_kept_opens_no_file(ines: Program, given: dict[str, Any]) -> None:
    answer = ines.post("/requisitions", {**ASKED, **given})
    assert answer.status_code == 422, answer.text
    kind_of(answer)
    assert ines.get("/requisitions").json()["requisitions"] == []


def test_who_has_no_part_in_it_finds_nothing_and_another_desks_file_is_none(ines: Program, karim: Program) -> None:
    place = taken_in(ines)
    anne = program(ines.rig, "anne", Role.QUALITY_ANALYST)
    assert anne.get(place).status_code == 403
    absent = ines.get("/requisitions/case-none")
    request = {"right": "access", "channel": "mail", "received_on": "2026-11-20", "name": "Odile"}
    other = karim.post("/requests", request).json()["request"]["id"]
    for name in (other, place.rpartition("/")[2] + "x"):
        answer = ines.get(f"/requisitions/{name}")
        assert (answer.status_code, answer.text) == (404, absent.text)
    assert karim.get(f"/requests/{place.rpartition('/')[2]}").status_code == 404
    assert ines.asks("GET", place, ivr_reason="").status_code == 422
