"""The KEK is replaced while recordings stay readable: on both databases, killed anywhere, with calls going on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from ivr.errors import ArchiveError
from ivr.recording.kek_files import KekFiles
from ivr.recording.openbao import OpenBaoKeyRing
from ivr.recording.store import LocalStore
from ivr.services.ports.keys import RotatingKeyRing
from ivr.services.vault.key_rotation import Rewrapping, remove_retired, retired_keks, rotate
from ivr.services.vault.vault import Vault
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.data_keys import SqlKeyTable
from ivr.storage.database import Database
from tests.databases import KINDS, fresh_url
from tests.fakes.tripwire import Killed, Tripwire
from tests.fakes.vault import FakeAuditLog, TickingClock, a_tag
from tests.servers import bao

SECOND = np.random.default_rng(5).integers(-8000, 8000, 16000).astype("<i2").tobytes()
COUNT = 12


@dataclass
class House:
    database: Database
    ring: RotatingKeyRing
    folder: Path
    audit: FakeAuditLog = field(default_factory=FakeAuditLog)

    def __post_init__(self) -> None:
        self.table = SqlKeyTable(self.database)
        self.catalogue = SqlCatalogue(self.database)
        self.store = LocalStore(self.folder / "vault")

    def vault(self) -> Vault:
        return Vault(
            keys=self.ring, store=self.store, catalogue=self.catalogue, audit=self.audit, clock=TickingClock(),
            node_id="node-1",
        )  # fmt: skip

    def record(self, name: str) -> None:
        recording = self.vault().begin(a_tag(name, codec="alaw"))
        recording.write(SECOND)
        recording.seal(consent={})

    def rotate(self, wire: Tripwire | None = None, batch: int = 5) -> Rewrapping:
        wire = wire or Tripwire(None)
        *_, last = rotate(wire.wrap(self.ring), wire.wrap(self.table), wire.wrap(self.audit), batch=batch)
        return last


@pytest.fixture(params=[*KINDS, "openbao"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    kind = "sqlite" if request.param == "openbao" else request.param
    ring: RotatingKeyRing = KekFiles(tmp_path / "kek", tmp_path / "old", create=True)
    if request.param == "openbao":
        ring = OpenBaoKeyRing(
            bao().url, mount="transit", key=f"k{tmp_path.name}", token_file=bao().token_file(tmp_path)
        )
        ring.create()
    database = Database.open(fresh_url(kind, tmp_path))
    made = House(database, ring, tmp_path)
    for number in range(COUNT):
        made.record(f"rec-{number}")
    yield made
    ring.close()
    database.close()


def files(house: House) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (house.folder / "vault").rglob("*.ivr")}


def test_every_key_is_wrapped_again_and_no_audio_is_touched(house: House) -> None:
    before, audio = house.ring.kek_id, files(house)
    done = house.rotate()
    assert (done.done, done.left, done.faults) == (COUNT, 0, ())
    assert house.table.per_kek() == {house.ring.kek_id: COUNT}
    assert house.ring.kek_id != before
    assert files(house) == audio
    assert house.vault().verify() == []
    assert house.audit.kinds()[-2:] == ["kek.rotated", "kek.rewrapped"]


def test_a_rotation_killed_at_any_step_is_finished_by_the_next_one(house: House) -> None:
    before, at = house.ring.kek_id, 0
    while True:
        at += 3
        wire = Tripwire(at)
        try:
            # The tripwire dies between the steps of one rotation; the next call must go on with the same one.
            wire._die = _die
            house.rotate(wire)
        except Killed:
            assert house.vault().verify() == []
            house.rotate()
            assert set(house.table.per_kek()) == {house.ring.kek_id}
            continue
        break
    assert house.vault().verify() == []
    assert before not in house.table.per_kek()


def _die() -> None:
    raise Killed


def test_an_interrupted_rotation_makes_no_second_kek(house: House) -> None:
    steps = rotate(house.ring, house.table, house.audit, batch=5)
    assert next(steps).left == COUNT - 5
    steps.close()  # type: ignore[attr-defined]
    meant = house.ring.kek_id
    assert house.rotate().done == COUNT - 5
    assert house.ring.kek_id == meant
    assert len(house.ring.retired()) == 1


def test_what_is_recorded_or_destroyed_meanwhile_is_right_afterwards(house: House) -> None:
    steps = rotate(house.ring, house.table, house.audit, batch=4)
    next(steps)
    house.record("new")
    house.vault().discard_stored("rec-9", rule_id="RET-001", reason="due")
    list(steps)
    assert house.table.per_kek() == {house.ring.kek_id: COUNT}
    assert not house.catalogue.get("rec-9").has_key
    assert house.vault().verify() == []


def test_a_key_destroyed_between_reading_and_writing_does_not_come_back(house: House) -> None:
    rows = house.table.under_others("another", after="", limit=100)
    house.catalogue.destroy_keys(["rec-3"])
    changes = [(row, house.ring.wrap(row.recording_id, bytes(32))) for row in rows]
    assert house.table.rewrap(changes, house.ring.kek_id) == COUNT - 1
    assert not house.catalogue.get("rec-3").has_key


def test_a_key_that_does_not_unwrap_is_named_and_harms_no_other(house: House) -> None:
    (row,) = [row for row in house.table.under_others("x", after="", limit=100) if row.recording_id == "rec-4"]
    house.table.rewrap([(row, row.wrapped[:-4] + b"AAA=")], row.kek_id)
    done = house.rotate()
    assert (done.done, done.left) == (COUNT - 1, 1)
    assert "rec-4" in done.faults[0]
    assert len(house.vault().verify()) == 1


def test_an_old_kek_goes_when_no_key_and_no_backup_needs_it(house: House) -> None:
    before = house.ring.kek_id
    house.rotate()
    (old,) = retired_keks(house.ring, house.table, backup_days=35)
    assert (old.kek_id, old.keys, old.removable_at - old.retired_at) == (before, 0, timedelta(days=35))
    soon, later = (TickingClock(old.removable_at + timedelta(days=days)) for days in (-1, 1))
    assert remove_retired(house.ring, house.table, house.audit, clock=soon, backup_days=35) == []
    assert remove_retired(house.ring, house.table, house.audit, clock=later, backup_days=35) == [old]
    assert house.ring.retired() == {}
    assert house.vault().verify() == []
    assert house.audit.kinds()[-1] == "kek.removed"


def test_a_kek_that_keys_still_need_is_never_removed(house: House) -> None:
    steps = rotate(house.ring, house.table, house.audit, batch=5)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    (old,) = retired_keks(house.ring, house.table, backup_days=0)
    later = TickingClock(old.removable_at + timedelta(days=9))
    assert remove_retired(house.ring, house.table, house.audit, clock=later, backup_days=0) == []
    assert house.vault().verify() == []


def test_a_backup_from_before_is_noise_once_the_old_kek_is_gone(house: House) -> None:
    """Why rotation bounds what backups of the database still hold (ADR 11)."""
    backup = {row.recording_id: row.wrapped for row in house.table.under_others("x", after="", limit=100)}
    old_kek = house.ring.kek_id
    house.catalogue.destroy_keys(["rec-1"])
    house.ring.unwrap("rec-1", backup["rec-1"])
    house.rotate()
    house.ring.remove(old_kek)
    with pytest.raises(ArchiveError, match="rec-1"):
        house.ring.unwrap("rec-1", backup["rec-1"])
