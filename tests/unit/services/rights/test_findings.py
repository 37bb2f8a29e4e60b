"""What concerns a person is found by their number and no other; each act keeps to its rule and leaves its evidence."""

from __future__ import annotations

import io
import wave
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.domain.rights.acts import Act
from ivr.domain.rights.third_voice import VoiceGround
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.export.lane_silence import with_silence
from tests.unit.services.rights.rig import DESK, DeskRig
from tests.unit.test_redaction_everywhere import clean


@pytest.fixture
def rig(tmp_path: Path) -> DeskRig:
    rig = DeskRig(tmp_path)
    rig.called("mine")
    rig.called("other", party="sip:+33687654321@carrier.example")
    return rig


def test_all_that_bears_the_number_is_found_under_any_spelling_and_nothing_of_others(rig: DeskRig) -> None:
    rig.called("", party="tel:+33612345678")
    case_id = rig.identified()
    found = rig.findings.find(DESK, case_id)
    assert [one.item.recording_id for one in found.recordings] == ["mine"]
    assert [row.call_id for row in found.reports] == ["call-of-"]
    assert (found.bars, found.member, found.whole) == ((), False, True)
    assert found.recordings[0].proofs > 0
    assert found.recordings[0].analyses == 0
    assert rig.told()[-1][0] == "rights.searched"
    assert rig.told()[-1][1]["recordings"] == 1
    clean(str(rig.told()))


def test_whoever_may_not_finds_nothing(rig: DeskRig) -> None:
    case_id = rig.identified()
    with pytest.raises(ComplianceError, match="no right 'rights'"):
        rig.findings.find(AccessRequest(Actor("eve", Role.AUDITOR), Action.RIGHTS, reason="r"), case_id)


def test_an_erasure_destroys_and_its_certificate_stands_in_the_file(rig: DeskRig) -> None:
    case_id = rig.identified()
    place = rig.acting.erase(DESK, case_id, "mine")
    assert rig.state("mine") == ("PURGED", False, False)
    assert rig.certificates("mine")[0]["rules"] == ["GDP-002"]
    opened = rig.requests.show(DESK, case_id)
    assert [(act[0], act[1], act[3]) for act in opened.acts] == [("erase", "mine", place)]
    node, seq = place.split("/")
    events = [event for event in rig.audit.events() if (event.node_id, str(event.seq)) == (node, seq)]
    assert events[0].kind == "certificate.destruction"
    assert rig.findings.find(DESK, case_id).recordings == ()


def test_a_node_that_goes_away_in_the_middle_of_an_erasure_loses_no_certificate(
    rig: DeskRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = rig.identified()

    def gone(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(rig.acting), "_close_erasure", gone)
        with pytest.raises(KeyboardInterrupt):
            rig.acting.erase(DESK, case_id, "mine")
    assert [(act[0], act[3]) for act in rig.requests.show(DESK, case_id).acts] == [("erase", "")]
    rig.acting.finish(DESK, case_id)
    rig.acting.finish(DESK, case_id)
    written = rig.audit.first_of(["mine"], "certificate.destruction")["mine"]
    place = f"{written.node_id}/{written.seq}"
    assert [(act[0], act[3]) for act in rig.requests.show(DESK, case_id).acts] == [("erase", place)]
    assert [body["how"] for kind, body in rig.told() if kind == "rights.acted"] == ["", place]


def test_an_erasure_that_did_not_happen_leaves_nothing_for_the_letter(
    rig: DeskRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = rig.identified()

    def held(*_: object, **__: object) -> None:
        raise ComplianceError("a hold came first", rules=("RET-002",))

    monkeypatch.setattr(type(rig.vault), "discard_stored", held)
    with pytest.raises(ComplianceError, match="hold"):
        rig.acting.erase(DESK, case_id, "mine")
    assert rig.requests.show(DESK, case_id).acts == []
    assert [body["how"] for kind, body in rig.told() if kind == "rights.acted"] == ["", "kept"]


def test_what_a_law_orders_to_keep_or_a_hold_keeps_is_not_erased_and_the_denial_is_evidence(rig: DeskRig) -> None:
    rig.called("sale", tag="sales_audio")
    case_id = rig.identified()
    hold = rig.acting.freeze(DESK, case_id)
    assert hold.items == {"mine", "sale"}
    for person in ("legal-1", "officer-1"):
        rig.holds.approve(hold.id, by=person)
    for recording_id, rule in (("mine", "RET-002"), ("sale", "RET-002")):
        with pytest.raises(ComplianceError) as caught:
            rig.acting.erase(DESK, case_id, recording_id)
        assert rule in caught.value.rules
    rig.holds.release(hold.id, by="dora", reason="clos")
    with pytest.raises(ComplianceError, match="law orders"):
        rig.acting.erase(DESK, case_id, "sale")
    assert rig.state("sale")[1]
    assert [body["action"] for kind, body in rig.told() if kind == "access.denied"] == ["erase"] * 3


def test_nothing_is_done_before_it_is_known_who_asks_nor_with_the_recording_of_another(rig: DeskRig) -> None:
    unknown = rig.take_in()
    with pytest.raises(ComplianceError, match="known who asks"):
        rig.acting.erase(DESK, unknown.id, "mine")
    with pytest.raises(ComplianceError, match="known who asks"):
        rig.acting.bar(DESK, unknown.id)
    case_id = rig.identified()
    for act in (
        lambda: rig.acting.erase(DESK, case_id, "other"),
        lambda: rig.acting.restrict(DESK, case_id, "other"),
        lambda: rig.acting.copy(DESK, case_id, "other", person="caller", ground=None),
    ):
        with pytest.raises(ArchiveError, match="no such recording"):
            act()
    assert rig.state("other")[1]


def test_legal_sees_the_desk_and_hands_out_and_erases_nothing(rig: DeskRig) -> None:
    case_id = rig.identified()
    legal = replace(DESK, actor=Actor("lea", Role.LEGAL))
    assert rig.findings.find(legal, case_id).recordings
    with pytest.raises(ComplianceError, match="no right 'discard'"):
        rig.acting.erase(legal, case_id, "mine")
    with pytest.raises(ComplianceError, match="handed out by"):
        rig.acting.copy(legal, case_id, "mine", person="caller", ground=None)


def test_what_is_restricted_is_closed_to_the_house_until_it_is_lifted(rig: DeskRig) -> None:
    case_id = rig.identified()
    rig.acting.restrict(DESK, case_id, "mine")
    listening = AccessRequest(Actor("anne", Role.QUALITY_ANALYST), Action.LISTEN, "quality_audio", "revue")
    with pytest.raises(ComplianceError, match="restricted"):
        rig.gate.check(listening, ["mine"])
    with pytest.raises(ComplianceError, match="restricted already"):
        rig.acting.restrict(DESK, case_id, "mine")
    rig.acting.restrict(DESK, case_id, "mine", lift=True)
    assert rig.gate.check(listening, ["mine"]).allowed
    assert [act[0] for act in rig.requests.show(DESK, case_id).acts] == ["restrict", "unrestrict"]


def test_a_copy_has_the_persons_voice_alone_unless_a_ground_lets_the_other_stay(rig: DeskRig) -> None:
    case_id = rig.identified()
    files = rig.acting.copy(DESK, case_id, "mine", person="caller", ground=None)
    whole = rig.acting.copy(DESK, case_id, "mine", person="caller", ground=VoiceGround.AGREED)
    assert set(files) == {"mine.wav", "mine.wav.json", "mine.wav.json.sig"}
    alone, both = samples(files["mine.wav"]), samples(whole["mine.wav"])
    assert alone == samples(with_silence(whole["mine.wav"], [1]))
    assert alone != both
    exported = [body for kind, body in rig.told() if kind == "recording.exported"]
    assert [body["audience"] for body in exported] == ["subject", "subject"]
    assert [act[3] for act in rig.requests.show(DESK, case_id).acts] == ["silenced", "agreed"]


def samples(wav: bytes) -> bytes:
    with wave.open(io.BytesIO(wav)) as file:
        return bytes(file.readframes(file.getnframes()))


def test_a_bar_is_found_afterwards_and_set_once(rig: DeskRig) -> None:
    case_id = rig.identified()
    assert rig.acting.bar(DESK, case_id) == 1
    assert rig.acting.bar(DESK, case_id) == 0
    (bar,) = rig.findings.find(DESK, case_id).bars
    assert bar.known_by.verified
    assert not bar.known_by.liftable
    assert rig.register.bars("06 12 34 56 78", scope="sales") == bar.entry


def test_without_a_telephone_number_nobody_is_barred_and_nothing_is_found(rig: DeskRig) -> None:
    made = rig.take_in(phone="")
    found = rig.findings.find(DESK, made.id)
    assert (found.recordings, found.reports, found.bars) == ((), (), ())


def test_each_decision_is_given_with_what_was_found(rig: DeskRig) -> None:
    rig.clock.at += timedelta(days=1)
    found = rig.findings.find(DESK, rig.identified())
    assert {act for act, decision in found.recordings[0].acts.items() if decision.allowed} == {
        Act.COPY,
        Act.ERASE,
        Act.RESTRICT,
    }
