"""The authority's desk over a real database: who may, what is handed out, and what each step tells."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import av
import pytest

from ivr.domain.access import Actor, Role
from ivr.domain.authority.requisition import CheckedBy, RefusalGround, RequisitionState
from ivr.errors import ComplianceError, ConfigurationError, TransitionError
from ivr.services.authority.requisition_file import ROOM
from tests.unit.services.authority.rig import DPO, OFFICER, AuthorityRig, digest
from tests.unit.test_redaction_everywhere import NIR, clean


@pytest.fixture
def rig(tmp_path: Path) -> AuthorityRig:
    return AuthorityRig(tmp_path)


def kinds(rig: AuthorityRig) -> list[str]:
    return [kind for kind, _ in rig.told() if kind.startswith("authority.")]


def test_a_request_goes_from_receipt_to_the_signed_receipt_and_each_step_is_evidence(rig: AuthorityRig) -> None:
    case_id = rig.approved(note=f"NIR {NIR} dans la lettre")
    index = rig.handed(case_id)["index.json"]
    done = rig.desk.receipt(OFFICER, case_id, rig.clock.at.date())
    assert done.requisition.state is RequisitionState.RECEIPTED
    assert done.requisition.index_sha256 == digest(index)
    assert (done.official["official"], done.official["contact"]) == ("Zoé Contrôle", "01 49 95 40 00")
    assert done.notes == ["ines: NIR <nir> dans la lettre"]
    assert kinds(rig) == [
        "authority.received", "authority.checked", "authority.approved", "authority.handed_out", "authority.receipted",
    ]  # fmt: skip
    told = [body for kind, body in rig.told() if kind.startswith("authority.")]
    assert {body["asked_reference"] for body in told} == {"ACPR-2026-88"}
    assert [body["actor"] for body in told] == ["ines", "ines", "karim", "ines", "ines"]
    assert "Zoé" not in str(rig.told())
    clean(str(rig.told()))


def test_exactly_what_is_listed_is_handed_out_signed_with_its_proof(rig: AuthorityRig) -> None:
    files = rig.handed(rig.approved())
    assert set(files) == {
        "LISEZ-MOI.txt", "verify_audit.py", "public-key.pem", "index.json", "index.json.sig",
        *(f"sale-{number}.wav{end}" for number in (1, 2) for end in ("", ".json", ".json.sig")),
    }  # fmt: skip
    index = json.loads(files["index.json"])
    assert [one["recording_id"] for one in index["recordings"]] == ["sale-1", "sale-2"]
    assert (index["authority"], index["verified_by"], index["approved_by"]) == ("ACPR", "ines", "karim")
    assert [one["copy_sha256"] for one in index["recordings"]] == [digest(files[f"sale-{n}.wav"]) for n in (1, 2)]
    for name in ("sale-1", "sale-2"):
        with av.open(io.BytesIO(files[f"{name}.wav"]), "r") as copy:
            said = copy.metadata
        manifest = json.loads(files[f"{name}.wav.json"])
        assert said == {
            "title": name,
            "artist": "ines",
            "date": manifest["exported_at"],
            "comment": "Copie pour une autorité (ACPR), demande ACPR-2026-88",
        }
    exported = [body for kind, body in rig.told() if kind == "recording.exported"]
    assert [(body["audience"], body["reference"]) for body in exported] == [("authority", "ACPR-2026-88")] * 2


def test_whoever_checked_it_does_not_approve_it_and_whoever_approved_it_does_not_hand_it_out(rig: AuthorityRig) -> None:
    case_id = rig.asked()
    rig.check(DPO, case_id, CheckedBy.OFFICIAL_MAIL)
    with pytest.raises(ComplianceError, match="does not approve"):
        rig.approve(DPO, case_id)
    rig.approve(OFFICER, case_id)
    with pytest.raises(ComplianceError, match="must not be the person who exports"):
        rig.files(OFFICER, case_id)
    with pytest.raises(ComplianceError, match="handed out by"):
        rig.files(DPO, case_id)
    other = replace(OFFICER, actor=Actor("omar", Role.COMPLIANCE_OFFICER))
    assert dict(rig.files(other, case_id))["index.json"]
    assert [body["action"] for kind, body in rig.told() if kind == "access.denied"] == ["export", "export"]


def test_nothing_is_opened_before_it_is_approved_nor_when_one_item_is_denied(rig: AuthorityRig) -> None:
    case_id = rig.asked()
    for _ in range(2):
        with pytest.raises(TransitionError):
            rig.files(OFFICER, case_id)
        rig.check(OFFICER, case_id, CheckedBy.ON_SITE) if _ == 0 else None
    rig.approve(DPO, case_id)
    rig.vault.discard_stored("sale-2", rule_id="REC-005", reason="objection")
    with pytest.raises(ComplianceError, match="destroyed"):
        rig.files(OFFICER, case_id)
    assert "recording.exported" not in [kind for kind, _ in rig.told()]


def test_an_export_that_breaks_off_is_not_told_as_handed_out(rig: AuthorityRig) -> None:
    case_id = rig.approved()
    files = rig.files(OFFICER, case_id)
    for _ in range(4):
        next(files)
    rig.vault.discard_stored("sale-2", rule_id="REC-005", reason="objection")
    with pytest.raises(ComplianceError, match="destroyed"):
        list(files)
    assert "authority.handed_out" not in kinds(rig)
    assert [kind for kind, _ in rig.told()].count("recording.exported") == 1
    assert rig.desk.show(OFFICER, case_id).requisition.state is RequisitionState.APPROVED


def test_the_signed_list_is_given_away_once_the_handing_out_is_evidence(rig: AuthorityRig) -> None:
    case_id = rig.approved()
    for name, body in rig.files(OFFICER, case_id):
        assert ("authority.handed_out" in kinds(rig)) is (name == "index.json"), name
        if name == "index.json":
            assert rig.told()[-1][1]["how"] == digest(body)
            break


def test_whoever_is_signed_out_meanwhile_is_sent_nothing_more(rig: AuthorityRig) -> None:
    case_id, there = rig.approved(), [True]
    files = rig.files(OFFICER, case_id, lambda: there[0])
    for _ in range(4):
        next(files)
    there[0] = False
    with pytest.raises(ComplianceError, match="no longer signed in"):
        next(files)
    assert [kind for kind, _ in rig.told()].count("recording.exported") == 1
    assert "authority.handed_out" not in kinds(rig)


def test_what_another_list_was_approved_for_meanwhile_is_not_noted_as_handed_out(rig: AuthorityRig) -> None:
    case_id = rig.approved()
    files = rig.files(OFFICER, case_id)
    next(files)
    rig.desk.amend(OFFICER, case_id, "sale-1")
    rig.check(OFFICER, case_id, CheckedBy.ON_SITE)
    rig.approve(DPO, case_id)
    with pytest.raises(ConfigurationError, match="in the meantime"):
        list(files)
    assert "authority.handed_out" not in kinds(rig)


def test_an_approved_list_of_which_something_went_is_corrected_and_approved_anew_or_refused(rig: AuthorityRig) -> None:
    case_id, other = rig.approved(), rig.approved()
    rig.vault.discard_stored("sale-2", rule_id="GDP-005", reason="effacement")
    amended = rig.desk.amend(OFFICER, case_id, "sale-1").requisition
    assert (amended.state, amended.checked_by, amended.approved_by) == (RequisitionState.RECEIVED, "", "")
    rig.check(OFFICER, case_id, CheckedBy.ON_SITE)
    rig.approve(DPO, case_id)
    assert "sale-1.wav" in rig.handed(case_id)
    refused = rig.desk.refuse(OFFICER, other, RefusalGround.NOTHING_KEPT, "effacé").requisition
    assert refused.state is RequisitionState.REFUSED


def test_a_list_that_names_what_is_not_there_is_corrected_before_it_is_checked(rig: AuthorityRig) -> None:
    case_id = rig.asked(items="sale-1 nothing")
    assert rig.desk.show(OFFICER, case_id).found == {"sale-1"}
    with pytest.raises(ConfigurationError, match="not there"):
        rig.check(OFFICER, case_id, CheckedBy.CALLED_BACK)
    rig.desk.amend(OFFICER, case_id, "sale-1")
    rig.check(OFFICER, case_id, CheckedBy.CALLED_BACK)
    with pytest.raises(TransitionError):
        rig.desk.amend(OFFICER, case_id, "sale-1 sale-3")


@pytest.mark.parametrize("role", [one for one in Role if one not in (Role.DPO, Role.LEGAL, Role.COMPLIANCE_OFFICER)])
def test_whoever_may_not_sees_and_does_nothing_and_each_try_is_evidence(rig: AuthorityRig, role: Role) -> None:
    case_id = rig.approved()
    eve = replace(OFFICER, actor=Actor("eve", role))
    acts = (
        lambda: rig.desk.listing(eve),
        lambda: rig.desk.show(eve, case_id),
        lambda: rig.desk.note(eve, case_id, "x"),
        lambda: rig.desk.amend(eve, case_id, "sale-3"),
        lambda: rig.viewers.admit(eve, case_id, "Eve", rig.clock.at + timedelta(days=1)),
        lambda: rig.viewers.dismiss(eve, case_id, "autorite-1"),
        lambda: rig.files(eve, case_id),
    )
    for act in acts:
        with pytest.raises(ComplianceError, match="no right"):
            act()
    assert [kind for kind, _ in rig.told()].count("access.denied") == len(acts)


def test_legal_keeps_requests_and_approves_none(rig: AuthorityRig) -> None:
    case_id = rig.asked()
    rig.check(OFFICER, case_id, CheckedBy.CALLED_BACK)
    with pytest.raises(ComplianceError, match="no right 'agree'"):
        rig.approve(replace(OFFICER, actor=Actor("lea", Role.LEGAL)), case_id)


def test_a_refusal_is_reasoned_and_final(rig: AuthorityRig) -> None:
    case_id = rig.asked()
    with pytest.raises(ConfigurationError, match="reasoned"):
        rig.desk.refuse(OFFICER, case_id, RefusalGround.NO_BASIS, " ")
    rig.desk.refuse(OFFICER, case_id, RefusalGround.NO_BASIS, "texte inconnu")
    with pytest.raises(TransitionError):
        rig.check(OFFICER, case_id, CheckedBy.CALLED_BACK)
    assert rig.told()[-1][1]["how"] == "no_basis"


def test_a_hold_is_asked_for_on_what_is_listed(rig: AuthorityRig) -> None:
    hold = rig.desk.freeze(OFFICER, rig.asked())
    assert (set(hold.items), hold.basis) == ({"sale-1", "sale-2"}, "authority request")


def test_no_hold_is_asked_for_once_nothing_is_owed(rig: AuthorityRig) -> None:
    case_id = rig.asked()
    rig.desk.refuse(OFFICER, case_id, RefusalGround.NO_BASIS, "texte inconnu")
    with pytest.raises(ConfigurationError, match="nothing is owed"):
        rig.desk.freeze(OFFICER, case_id)
    assert kinds(rig)[-1] == "authority.refused"
    assert not [kind for kind, _ in rig.told() if kind.startswith("hold.")]


def test_nothing_of_the_official_stands_in_the_row_and_what_is_most_urgent_stands_first(rig: AuthorityRig) -> None:
    first, second = rig.asked(), rig.approved()
    rig.desk.refuse(OFFICER, first, RefusalGround.TOO_WIDE, "tout")
    assert [one.id for one, _ in rig.desk.listing(OFFICER)] == [second, first]
    case, content = rig.book.get(second, ROOM)
    assert "Zoé" not in str(case)
    assert content["official"] == "Zoé Contrôle"
    assert case.keep_until is not None
    assert case.keep_until.year == 2031


@pytest.mark.parametrize(
    "given",
    [
        {"official": " "},
        {"official": "x" * 201},
        {"note": "x" * 2001},
        {"items": ""},
        {"basis": ""},
        {"authority": "x"},
    ],
)
def test_what_is_typed_wrongly_opens_no_file(rig: AuthorityRig, given: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        rig.asked(**given)
    assert kinds(rig) == []


def test_who_checks_or_approves_answers_the_list_that_they_were_shown(rig: AuthorityRig) -> None:
    case_id = rig.asked()
    seen = rig.seen(case_id)
    rig.desk.amend(DPO, case_id, "sale-1 sale-2 sale-3")
    for stale in (seen, ""):
        with pytest.raises(ConfigurationError, match="in the meantime"):
            rig.desk.check(OFFICER, case_id, CheckedBy.CALLED_BACK, stale)
    rig.check(OFFICER, case_id, CheckedBy.CALLED_BACK)
    with pytest.raises(ConfigurationError, match="in the meantime"):
        rig.desk.approve(DPO, case_id, seen)
    assert rig.desk.show(DPO, case_id).requisition.state is RequisitionState.CHECKED
    assert kinds(rig)[1:] == ["authority.amended", "authority.checked"]
