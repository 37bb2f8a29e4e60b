"""Notes at moments of a recording on both databases: who writes and reads them, and that they go with its key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from ivr.domain.quality.place_note import MOST, PlaceNote
from ivr.errors import ArchiveError, ComplianceError
from ivr.storage.tables import recording_notes
from tests.databases import KINDS, fresh_url
from tests.quality_rig import ANNE, LUC, PAUL, SOPHIE, QualityRig, asks

TEXT = "annonce dite trop vite"


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[QualityRig]:
    rig = QualityRig(fresh_url(request.param, tmp_path))
    rig.call("rec-1")
    yield rig
    rig.close()


def written(rig: QualityRig, at_ms: int = 0, text: str = TEXT) -> PlaceNote:
    note = rig.notes.write(asks(ANNE), "rec-1", at_ms, text)
    assert isinstance(note, PlaceNote), note
    return note


def stored(rig: QualityRig) -> list[bytes]:
    with rig.database.reading() as connection:
        return [bytes(row.sealed) for row in connection.execute(select(recording_notes))]


def test_a_note_is_read_by_who_listens_in_order_of_time_with_its_author(rig: QualityRig) -> None:
    later, first = written(rig, 8), written(rig, 3)
    assert rig.notes.of(asks(PAUL), "rec-1") == [first, later]
    assert (first.author, first.text) == ("anne", TEXT)
    (noted, _) = rig.told("recording.noted")
    assert noted == {
        "actor": "anne", "role": "quality_analyst", "purpose": "quality_audio", "reason": "revue 12",
        "note_id": later.id, "at_ms": 8,
    }  # fmt: skip


def test_the_database_has_no_word_of_a_note(rig: QualityRig) -> None:
    written(rig)
    assert all(TEXT.encode() not in one for one in stored(rig))


def test_what_may_not_be_written_is_refused_and_nothing_is_kept(rig: QualityRig) -> None:
    for typed, said in (("tél. 06 12 34 56 78", "number"), ("« je vous ai dit non »", "quotes"), (" ", "empty")):
        assert said in str(rig.notes.write(asks(ANNE), "rec-1", 0, typed))
    assert "no such moment" in str(rig.notes.write(asks(ANNE), "rec-1", 3_600_000, TEXT))
    assert stored(rig) == []
    assert rig.told("recording.noted") == []


def test_an_agent_neither_reads_nor_writes_notes_and_the_denial_is_evidence(rig: QualityRig) -> None:
    written(rig)
    with pytest.raises(ComplianceError):
        rig.notes.write(asks(LUC), "rec-1", 0, TEXT)
    with pytest.raises(ComplianceError):
        rig.notes.of(asks(LUC), "rec-1")
    assert len(rig.told("access.denied")) == 2


def test_an_author_removes_their_own_note_alone(rig: QualityRig) -> None:
    note = written(rig)
    with pytest.raises(ArchiveError):
        rig.notes.remove(asks(PAUL), "rec-1", note.id)
    rig.notes.remove(asks(ANNE), "rec-1", note.id)
    with pytest.raises(ArchiveError):
        rig.notes.remove(asks(ANNE), "rec-1", note.id)
    assert rig.notes.of(asks(ANNE), "rec-1") == []
    assert rig.told("recording.note_removed") == [{"actor": "anne", "role": "quality_analyst", "note_id": note.id}]


def test_notes_go_with_the_key_of_the_recording_and_none_is_written_after_it(rig: QualityRig) -> None:
    written(rig)
    rig.vault.discard_stored("rec-1", rule_id="REC-005", reason="objection")
    assert stored(rig) == []
    with pytest.raises((ArchiveError, ComplianceError)):
        rig.notes.write(asks(ANNE), "rec-1", 0, TEXT)
    assert stored(rig) == []


def test_a_recording_has_so_many_notes_and_no_more(rig: QualityRig) -> None:
    for _ in range(MOST):
        written(rig)
    assert "at most" in str(rig.notes.write(asks(ANNE), "rec-1", 0, TEXT))
    assert len(stored(rig)) == MOST


def test_whoever_is_to_score_blind_sees_their_own_notes_alone_until_they_have(rig: QualityRig) -> None:
    written(rig)
    session = rig.calibrations.open(asks(SOPHIE), "rec-1", rig.grid, ("anne", "paul"))
    draft = rig.calibrations.take_part(asks(PAUL), session.id)
    assert rig.notes.of(asks(PAUL), "rec-1") == []
    rig.grading.drop(asks(PAUL), draft.id)
    assert len(rig.notes.of(asks(PAUL), "rec-1")) == 1
