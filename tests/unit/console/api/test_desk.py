"""The DPO's desk at the API: requests, breaches, holds, the register; and an administrator's accounts."""

from __future__ import annotations

import io
import zipfile

import pytest

from ivr.console.letters import packed
from ivr.domain.access import Action, Role
from tests.unit.console.api.rig import Program, kind_of, program
from tests.unit.console.rig import ConsoleRig
from tests.unit.console.test_player import record, told

PERSON = {"name": "Odile Tessier", "address": "3 rue des Lilas\n35000 Rennes", "phone": "0612345678"}
ASKS = {"right": "erasure", "channel": "letter", "received_on": "2026-11-20", **PERSON}


@pytest.fixture
def dora(rig: ConsoleRig) -> Program:
    return program(rig, "dora", Role.DPO, purpose="")


def test_a_request_goes_from_receipt_to_answer_with_its_letters(dora: Program) -> None:
    made = dora.post("/requests", ASKS)
    assert made.status_code == 201
    sheet = made.json()
    case, place = sheet["request"], f"/requests/{sheet['request']['id']}"
    assert (case["state"], case["received_on"], sheet["letters"]) == ("RECEIVED", "2026-11-20", ["received"])
    assert "Odile" not in dora.get("/requests").text
    assert dora.post(f"{place}/steps", {"step": "answer", "outcome": "granted"}).status_code == 409
    for step in (
        {"step": "identify", "check": "member_space", "note": "vu"},
        {"step": "extend", "reason": "complex", "why": "beaucoup d'appels"},
        {"step": "answer", "outcome": "nothing_found", "found": "rien", "kept": ""},
    ):
        answer = dora.post(f"{place}/steps", step)
        assert answer.status_code == 200, answer.text
    letter = dora.get(f"{place}/letters/erasure")
    assert letter.headers["content-type"].startswith("text/plain")
    assert "Odile Tessier" in letter.text
    assert case["reference"] in letter.text
    absent = dora.get("/requests/case-none")
    assert (absent.status_code, absent.text) == (404, dora.get(f"{place}/letters/refusal").text)
    told_of = str([event.body for event in dora.rig.archive.audit.events()])
    assert "Odile" not in told_of
    assert "0612345678" not in told_of


def test_what_is_found_is_acted_upon_by_rule(dora: Program) -> None:
    record(dora.rig, "rec-1")
    place = f"/requests/{dora.post('/requests', ASKS).json()['request']['id']}"
    found = dora.get(f"{place}/findings")
    assert found.status_code == 200, found.text
    assert found.json()["recordings"] == []
    # Nothing of the person bears this recording: it is none of theirs, as one that is not there.
    for name in ("rec-1", "rec-none"):
        assert dora.post(f"{place}/acts", {"act": "erase", "recording_id": name}).status_code == 404
        assert dora.post(f"{place}/copies", {"recording_id": name, "person": "caller"}).status_code == 404
    assert dora.post(f"{place}/acts", {"act": "bar"}).status_code == 403
    dora.post(f"{place}/steps", {"step": "identify", "check": "no_doubt"})
    barred = dora.post(f"{place}/acts", {"act": "bar"})
    assert barred.json()["acts"][0][0] == "bar"
    assert dora.post(f"{place}/acts", {"act": "freeze"}).status_code == 403


@pytest.mark.parametrize(
    "given",
    [
        {"received_on": "0001-01-01"},
        {"received_on": "2026-12-24"},
        {"received_on": "2026-02-30"},
        {"name": ""},
        {"name": "a\x00b"},
        {"note": "x" * 2001},
        {"name": "1 85 05 78 006 084 91"},
        {"right": "all"},
        {"nir": "1"},
    ],
)
def test_a_request_that_cannot_be_kept_opens_no_file(dora: Program, given: dict[str, str]) -> None:
    answer = dora.post("/requests", {**ASKS, **given})
    assert answer.status_code in (403, 422), answer.text
    kind_of(answer)
    assert dora.get("/requests").json()["requests"] == []


def test_a_breach_is_recorded_assessed_told_and_closed(dora: Program) -> None:
    made = dora.post(
        "/breaches",
        {"aware_at": "2026-11-29T10:00:00+01:00", "losses": ["confidentiality"], "persons": 3, "nature": "courriel"},
    )
    assert made.status_code == 201, made.text
    breach = made.json()["breach"]
    place = f"/breaches/{breach['id']}"
    assert (breach["due_at"], breach["authority"]["owed"]) == ("2026-12-02T09:00:00+00:00", "owed")
    assert dora.post(f"{place}/steps", {"step": "close"}).status_code == 409
    at = "2026-11-30T08:00:00Z"
    for step in (
        {"step": "assess", "risk": "high"},
        {"step": "describe", "consequences": "usurpation", "measures": "rappel"},
        {"step": "tell_authority", "at": at},
        {"step": "tell_persons", "at": at},
        {"step": "close"},
    ):
        answer = dora.post(f"{place}/steps", step)
        assert answer.status_code == 200, (step, answer.text)
    assert dora.get(place).json()["breach"]["state"] == "CLOSED"
    assert "usurpation" in dora.get(f"{place}/letter").text
    assert len(dora.get("/breaches").json()["breaches"]) == 1
    for wrong in ({"step": "tell_authority", "at": "9999-12-31T23:59:59-14:00"}, {"step": "dance"}, {}):
        assert dora.post(f"{place}/steps", wrong).status_code == 422


def test_a_hold_needs_two_others(dora: Program) -> None:
    rig = dora.rig
    record(rig, "rec-1")
    hold = {"case": "L-1", "owner": "juridique", "basis": "litigation", "items": ["rec-1"], "review_on": "2027-01-15"}
    bases = dora.post("/holds", {**hold, "basis": "no such basis"})
    assert (bases.status_code, bases.json()["rules"]) == (403, ["RET-002"])
    basis = rig.settings.profile.names("RET-002", "bases")[0]
    made = dora.post("/holds", {**hold, "basis": basis}).json()
    place = f"/holds/{made['id']}/steps"
    assert dora.post(place, {"step": "approve"}).status_code == 403
    for login, role in (("lea", Role.LEGAL), ("colin", Role.COMPLIANCE_OFFICER)):
        done = program(rig, login, role, purpose="").post(place, {"step": "approve"})
    assert (done.json()["state"], len(done.json()["approvals"])) == ("ACTIVE", 2)
    assert dora.post(place, {"step": "reject", "reason": "x"}).status_code == 409
    assert dora.post(place, {"step": "release", "reason": "clos"}).json()["state"] == "RELEASED"
    assert dora.post("/holds/none/steps", {"step": "approve"}).status_code == 404
    assert [one["id"] for one in dora.get("/holds").json()["holds"]] == [made["id"]]


def test_the_register_of_processing_is_for_who_answers_persons_or_verifies(dora: Program) -> None:
    register = dora.get("/processing").json()
    assert len(register["entries"]) > 5
    assert register["entries"][0]["basis"]
    assert dora.get("/processing.csv").content.startswith(b"\xef\xbb\xbf")
    assert program(dora.rig, "anne", Role.QUALITY_ANALYST).get("/processing").status_code == 404
    assert program(dora.rig, "dora", Role.DPO, Action.LIST).get("/processing").status_code == 404


def test_an_administrator_invites_lists_and_closes(rig: ConsoleRig) -> None:
    admin = program(rig, "admin", Role.ADMINISTRATOR)
    anne = program(rig, "anne", Role.QUALITY_ANALYST)
    made = admin.post("/accounts/invitations", {"login": "Bruno", "role": "dpo"})
    assert made.status_code == 201
    link = made.json()["link"]
    out = admin.get("/accounts").json()["invitations"]
    assert [(one["login"], one["role"], one["invited_by"]) for one in out] == [("bruno", "dpo", "admin")]
    visitor = rig.new_browser()
    assert visitor.get(link).headers["location"] == "/invitation"
    assert [one["login"] for one in admin.get("/accounts").json()["accounts"]] == ["admin", "anne"]
    assert admin.post("/accounts/invitations", {"login": "no spaces", "role": "dpo"}).status_code == 422
    assert admin.post("/accounts/close", {"login": "admin"}).status_code == 403
    assert admin.post("/accounts/close", {"login": "nobody"}).status_code == 404
    assert admin.post("/accounts/close", {"login": "anne"}).status_code == 204
    assert anne.get("/account").status_code == 401
    assert told(rig, "account.closed")[-1] == {"actor": "admin", "login": "anne", "reason": "revue 12"}


def test_a_copy_is_one_archive_made_in_memory() -> None:
    with zipfile.ZipFile(io.BytesIO(packed({"a.txt": b"x", "b": b""}))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"a.txt": b"x", "b": b""}
