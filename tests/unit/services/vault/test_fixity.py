"""What a verification finds, and what it never blames."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.evidence.events.base import Unread
from ivr.errors import ArchiveError, HostError
from ivr.recording.store import LocalStore
from ivr.services.vault.fixity import leftovers
from tests.fakes.vault import (
    START,
    FakeKeyRing,
    a_tag,
)
from tests.unit.services.vault.rig import CONSENT, PCM, Rig, begun


def test_verify_names_a_row_without_file_a_changed_file_and_an_unknown_id(rig: Rig) -> None:
    for name in ("rec-1", "rec-2", "rec-3"):
        begun(rig, name).seal(consent=CONSENT)
    rig.store.delete("rec-1")
    rig.store.files["rec-2"].pcm[0] ^= 1
    assert {discrepancy.recording_id for discrepancy in rig.vault().verify()} == {"rec-1", "rec-2"}
    assert [discrepancy.recording_id for discrepancy in rig.vault().verify(["rec-3", "nobody"])] == ["nobody"]


def sealed_some(rig: Rig, count: int) -> None:
    for number in range(count):
        begun(rig, f"rec-{number}").seal(consent=CONSENT)


def test_a_verification_goes_on_where_it_was_interrupted(rig: Rig) -> None:
    sealed_some(rig, 7)
    del rig.store.files["rec-1"], rig.store.files["rec-5"]
    first = []
    for item in rig.vault().verify_all():
        first.append(item)
        if len(first) == 3:
            break
    rest = list(rig.vault().verify_all(after=first[-1].recording_id))
    assert [item.recording_id for item in first + rest] == [f"rec-{number}" for number in range(7)]
    found = [discrepancy.recording_id for item in first + rest for discrepancy in item.discrepancies]
    assert found == ["rec-1", "rec-5"]


def test_a_verification_reads_no_faster_than_asked(rig: Rig) -> None:
    sealed_some(rig, 5)
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        rig.clock.at += timedelta(seconds=seconds)

    size = rig.catalogue.get("rec-0").sealed
    assert size is not None
    before = rig.clock.at
    list(rig.vault().verify_all(bytes_per_s=size.size_bytes / 10, pause=pause))
    assert (rig.clock.at - before).total_seconds() == pytest.approx(50, abs=1)
    assert len(waited) == 5


def test_a_key_server_that_is_away_ends_the_verification_instead_of_blaming_every_recording(rig: Rig) -> None:
    sealed_some(rig, 2)

    def away(recording_id: str, wrapped: bytes) -> bytearray:
        raise HostError("OpenBao does not answer")

    rig.keys.unwrap = away  # type: ignore[method-assign]
    with pytest.raises(HostError, match="does not answer"):
        list(rig.vault().verify_all())


def test_what_a_crash_left_is_told_until_it_is_settled(rig: Rig) -> None:
    begun(rig)
    assert leftovers(rig.vault().ports) == []
    rig.store.crash()
    (told,) = leftovers(rig.vault().ports)
    assert (told.recording_id, told.fault) == ("rec-1", "left in CAPTURING")
    rig.vault().recover()
    assert leftovers(rig.vault().ports) == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("wrong key", "kek-other"),
        ("missing key", "its key is missing, and no evidence tells"),
        ("half destroyed", "its destruction was begun"),
        ("changed byte", "changed"),
        ("truncated file", "cut"),
        ("row without file", "missing"),
        ("file without row", "file without a row"),
    ],
)
def test_bad_input_is_named_with_its_remedy_and_harms_nothing_else(
    spoil: str, said: str, rig: Rig, tmp_path: Path
) -> None:
    store = LocalStore(tmp_path / "vault")
    rig.store = store  # type: ignore[assignment]
    for name in ("rec-1", "rec-2"):
        recording = rig.vault().begin(a_tag(name, codec="alaw"), deadline=START)
        recording.write(PCM)
        recording.seal(consent=CONSENT)
    path = store.path("rec-1")
    if spoil == "wrong key":
        _, rig.catalogue.keys["rec-1"] = FakeKeyRing("kek-other").new_data_key("rec-1")
    elif spoil == "missing key":
        del rig.catalogue.keys["rec-1"]
    elif spoil == "half destroyed":
        rig.audit.append(Unread("recording.discarding", {"rule_id": "REC-007"}), recording_id="rec-1")
        del rig.catalogue.keys["rec-1"]
    elif spoil == "changed byte":
        content = bytearray(path.read_bytes())
        content[200] ^= 1
        path.write_bytes(content)
    elif spoil == "truncated file":
        path.write_bytes(path.read_bytes()[:-100])
    elif spoil == "row without file":
        path.unlink()
    else:
        del rig.catalogue.rows["rec-1"]
    (found,) = rig.vault().verify()
    assert found.recording_id == "rec-1"
    assert said in f"{found.fault} {found.remedy}"
    assert found.remedy
    if spoil != "file without row":
        with pytest.raises(ArchiveError):
            rig.vault().copy("rec-1", "wav", reason="test", actor="tester")
    assert rig.vault().copy("rec-2", "wav", reason="test", actor="tester")[1]
