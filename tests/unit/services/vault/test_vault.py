"""The vault: what stands before the first byte, and in which way audio leaves it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

import ivr.errors
from ivr.domain.recording.state import RecordingState
from ivr.domain.retention.legal_hold import HoldState, LegalHold
from ivr.errors import ArchiveError, ComplianceError, HostError
from tests.fakes.tripwire import Tripwire
from tests.fakes.vault import START, a_tag
from tests.unit.services.vault.rig import CONSENT, PCM, Rig, begun


def test_name_key_and_row_stand_before_the_first_byte(rig: Rig) -> None:
    wire = Tripwire(None)
    rig.vault(wire).begin(a_tag())
    after = [name.removeprefix("after ") for name in wire.names if name.startswith("after ")]
    assert after == ["reserve", "new_data_key", "kek_of", "add", "append", "open"]


def test_a_recording_that_cannot_be_opened_leaves_nothing_to_read(rig: Rig) -> None:
    rig.store.room = 0
    with pytest.raises(HostError):
        rig.vault().begin(a_tag())
    assert rig.state() is RecordingState.DISCARDED
    assert not rig.catalogue.get("rec-1").has_key


def test_an_access_needs_a_reason_and_is_noted_before_it_is_given(rig: Rig) -> None:
    begun(rig).seal(consent=CONSENT)
    with pytest.raises(ArchiveError, match="reason"):
        rig.vault().copy("rec-1", "wav", reason=" ", actor="dpo")
    row, copy = rig.vault().copy("rec-1", "wav", reason="plainte 12", actor="dpo", more={"format": "wav"})
    assert (row, copy[:4]) == (rig.vault().show("rec-1"), b"RIFF")
    (noted,) = [event.body for event in rig.audit.events(recording_id="rec-1") if event.kind == "recording.exported"]
    assert (noted["actor"], noted["reason"], noted["format"]) == ("dpo", "plainte 12", "wav")
    assert noted["copy_sha256"] == hashlib.sha256(copy).hexdigest()


def test_audio_leaves_the_vault_as_a_copy_for_the_exporter_and_in_no_other_way() -> None:
    """Whoever copies has passed the gate: nothing else in the product asks for the bytes of a copy."""
    root = Path(ivr.errors.__file__).parent
    callers = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"vault\.copy\(|store\.copy\(|\.decode\(recording_id", path.read_text("utf-8"))
    }
    assert callers == {"services/export/exporter.py", "services/vault/vault.py"}


def test_what_is_destroyed_or_still_written_cannot_be_heard(rig: Rig) -> None:
    recording = begun(rig)
    with pytest.raises(ArchiveError, match="CAPTURING"):
        rig.vault().copy("rec-1", "wav", reason="r", actor="a")
    with pytest.raises(ArchiveError, match="written"):
        rig.vault().discard_stored("rec-1", rule_id="RET-001", reason="due")
    recording.seal(consent=CONSENT)
    assert rig.vault().discard_stored("rec-1", rule_id="RET-001", reason="due") is RecordingState.PURGED
    assert rig.vault().discard_stored("rec-1", rule_id="RET-001", reason="due") is RecordingState.PURGED
    assert rig.kinds().count("certificate.destruction") == 1
    with pytest.raises(ArchiveError, match="PURGED"):
        rig.vault().copy("rec-1", "wav", reason="r", actor="a")


def test_a_duplicate_id_is_refused_and_the_first_recording_is_not_harmed(rig: Rig) -> None:
    recording = begun(rig)
    with pytest.raises(ArchiveError, match=r"rec-1|exists"):
        rig.vault().begin(a_tag())
    recording.write(PCM)
    recording.seal(consent=CONSENT)
    with pytest.raises(ArchiveError):
        rig.vault().begin(a_tag())
    assert rig.state() is RecordingState.SEALED
    assert rig.vault().verify() == []


def test_a_duplicate_id_whose_file_lies_elsewhere_is_refused_by_its_row(rig: Rig) -> None:
    begun(rig).seal(consent=CONSENT)
    whole = rig.store.files.pop("rec-1")
    with pytest.raises(ArchiveError):
        rig.vault().begin(a_tag())
    assert list(rig.store.unfinished()) == []
    assert rig.catalogue.get("rec-1").has_key
    rig.store.files["rec-1"] = whole
    assert rig.vault().verify() == []


def test_no_copy_is_made_of_what_was_changed_since_it_was_sealed(rig: Rig) -> None:
    begun(rig).seal(consent=CONSENT)
    rig.store.files["rec-1"].pcm[0] ^= 1
    with pytest.raises(ArchiveError, match="was changed"):
        rig.vault().copy("rec-1", "wav", reason="plainte 12", actor="dpo")
    assert "recording.exported" not in [event.kind for event in rig.audit.events(recording_id="rec-1")]


def test_a_destruction_that_a_hold_forbids_is_noted_in_two_hundred_characters_and_does_nothing(rig: Rig) -> None:
    begun(rig).seal(consent=CONSENT)
    case = "plainte " * 40
    held = LegalHold("hold-1", case, "legal", "litigation", frozenset({"rec-1"}), "ana", START, START)
    rig.catalogue.holds.append(replace(held, state=HoldState.ACTIVE))
    with pytest.raises(ComplianceError, match="RET-002"):
        rig.vault().discard_stored("rec-1", rule_id="GDP-002", reason="demande " * 40)
    refused = rig.audit.events(recording_id="rec-1")[-1].body
    assert refused == {
        "rules": ["RET-002"],
        "asked_rule_id": "GDP-002",
        "reason": ("demande " * 40)[:200],
        "why": f"a legal hold forbids its destruction (RET-002): case '{case}"[:200],
    }
    assert rig.state() is RecordingState.SEALED
    assert rig.catalogue.get("rec-1").has_key
