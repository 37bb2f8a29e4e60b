"""Notes at moments of a recording on both databases: who writes and reads them, and that they go with its key."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, select, text

from ivr.domain.quality.place_note import MOST, PlaceNote
from ivr.errors import ArchiveError, ComplianceError
from ivr.recording.sealer import RecordingNoteSealer
from ivr.storage.data_keys import destroy, erase
from ivr.storage.database import Database
from ivr.storage.tables import recording_notes
from tests.databases import KINDS, fresh_url
from tests.quality_rig import ANNE, BEST, LUC, PAUL, SOPHIE, QualityRig, asks

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


def test_whoever_is_to_score_blind_sees_their_own_notes_alone_until_they_have_scored(rig: QualityRig) -> None:
    note = written(rig)
    session = rig.calibrations.open(asks(SOPHIE), "rec-1", rig.grid, ("anne", "paul"))
    assert rig.notes.of(asks(PAUL), "rec-1") == [], "named, not begun"
    draft = rig.calibrations.take_part(asks(PAUL), session.id)
    assert rig.notes.of(asks(PAUL), "rec-1") == []
    rig.grading.drop(asks(PAUL), draft.id)
    assert rig.notes.of(asks(PAUL), "rec-1") == [], "a draft that is dropped opens no eyes"
    assert rig.notes.of(asks(ANNE), "rec-1") == [note]
    assert rig.notes.of(asks(SOPHIE), "rec-1") == [note], "who is not named is not blind"
    again = rig.calibrations.take_part(asks(PAUL), session.id)
    rig.grading.finish(asks(PAUL), again.id, again.revision, BEST)
    assert rig.notes.of(asks(PAUL), "rec-1") == [note]


def test_a_calibration_that_is_closed_leaves_nobody_blind(rig: QualityRig) -> None:
    note = written(rig)
    session = rig.calibrations.open(asks(SOPHIE), "rec-1", rig.grid, ("anne", "paul"))
    assert rig.notes.of(asks(PAUL), "rec-1") == []
    rig.calibrations.close(asks(SOPHIE), session.id)
    assert rig.notes.of(asks(PAUL), "rec-1") == [note]


def test_no_note_outlives_its_recording_whoever_writes_it_while_that_goes(tmp_path: Path) -> None:
    rig = QualityRig(fresh_url("postgresql", tmp_path))
    rig.call("rec-1")
    sealing = threading.Event()
    told: list[BaseException] = []

    class Slow(RecordingNoteSealer):
        """Its writer has the key in hand, and goes on once the recording is being erased."""

        def seal(self, plain: bytes, bound: bytes) -> bytes:
            sealing.set()
            assert keyless.wait(10)
            return super().seal(plain, bound)

    def write() -> None:
        try:
            replace(rig.notes, sealer=Slow).write(asks(ANNE), "rec-1", 3, TEXT)
        except ArchiveError as error:
            told.append(error)

    keyless, writer = threading.Event(), threading.Thread(target=write)
    writer.start()
    try:
        assert sealing.wait(10)
        with rig.database.writing() as connection:
            erase(connection, ["rec-1"])
            keyless.set()
            wait_for_lock(rig.database)
    finally:
        keyless.set()
        writer.join(20)
    assert not writer.is_alive()
    assert stored(rig) == []
    assert "the recording is gone" in str(told)
    assert rig.told("recording.noted") == []
    rig.close()


def test_a_note_that_is_being_written_goes_with_the_recording_that_waits_for_it(tmp_path: Path) -> None:
    rig = QualityRig(fresh_url("postgresql", tmp_path))
    rig.call("rec-1")
    killer = threading.Thread(target=destroy, args=(rig.database, ["rec-1"]))

    @event.listens_for(rig.database.engine, "after_cursor_execute")
    def locked(_: object, __: object, statement: str, *___: object) -> None:
        if "FOR UPDATE" in statement and "recording_keys" in statement and killer.ident is None:
            killer.start()
            wait_for_lock(rig.database)

    try:
        assert written(rig)
    finally:
        if killer.ident:
            killer.join(20)
    assert not killer.is_alive()
    assert stored(rig) == []
    rig.close()


def wait_for_lock(database: Database) -> None:
    """Until somebody waits for a row that another transaction holds."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with database.engine.connect() as connection:
            if connection.execute(waiting).scalar_one():
                return
    raise AssertionError("nobody waits")
