"""The database file of a running node goes away in mid-call; and what every command says of a lost database."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ivr.bootstrap.clerk_process import Clerk
from ivr.bootstrap.node import Node
from ivr.domain.evidence.events.base import Unread
from ivr.errors import HostError
from ivr.french import french
from ivr_demo.softphone_process import SoftphoneProcess
from tests.integration.house import House, Serving, run
from tests.integration.sounds import noise, write_wav
from tests.integration.test_crashes import capturing

pytestmark = [pytest.mark.sip, pytest.mark.ear, pytest.mark.crash]


def database(house: House) -> Path:
    return house.data_dir / "ivr.sqlite3"


def take_away(house: House, to: Path) -> None:
    to.mkdir()
    for file in house.data_dir.glob("ivr.sqlite3*"):
        file.rename(to / file.name)


def written(house: House, events: int = 3) -> None:
    archive = house.archive()
    try:
        for _ in range(events):
            archive.audit.append(Unread("kind", {}))
    finally:
        archive.close()


def count(house: House) -> int:
    archive = house.archive()
    try:
        return archive.audit.count()
    finally:
        archive.close()


def emptied(path: Path) -> None:
    """Take the evidence out of a database, as if it had been made anew; the rest of it stays."""
    with closing(sqlite3.connect(path)) as opened, opened:
        for name in ("audit_checkpoints", "audit_events", "audit_heads", "certificates"):
            opened.execute(f"DELETE FROM {name}")


def refused_to_serve(house: House) -> str:
    async def start() -> str:
        with pytest.raises(HostError) as refused:
            await Node(house.settings(), lambda event: None, env=house.env).start()
        return french(refused.value.what)

    return run(start())


def test_a_database_that_vanishes_in_mid_call_stops_the_capture_and_not_the_call(house: House, tmp_path: Path) -> None:
    house.extra |= {"IVR_RECORDING__CODEC": "alaw", "IVR_NODE__EVIDENCE_CHECK_S": "0.3", "IVR_NODE__SWEEP_EVERY_S": "1"}
    wav = write_wav(tmp_path / "long.wav", noise(20.0, seed=21))

    async def call() -> None:
        async with Serving(house) as serving, SoftphoneProcess("--codecs", "PCMA") as phone:
            await capturing(serving, phone, serving.uri, wav, house)
            take_away(house, tmp_path / "gone")
            told = await serving.until("evidence.lost", process="line-0")
            assert "database file is gone" in told["what"]
            await serving.until("recording.fault")
            await serving.until("evidence.lost", process="clerk")
            assert serving.all("leg.disconnected") == []
            await phone.hangup()
            await serving.until("leg.disconnected", party="caller")

    run(call())
    assert not database(house).exists()
    assert "le fichier de la base a disparu" in refused_to_serve(house)
    for command in (("init",), ("audit", "verify"), ("recordings", "list")):
        done = house.ivr(*command)
        assert (done.returncode, "le fichier de la base a disparu" in done.stderr) == (3, True), (command, done)
    assert house.ivr("doctor").returncode == 1
    assert not database(house).exists()
    # Put back, it is the right one, and what was being recorded is settled.
    for file in (tmp_path / "gone").iterdir():
        file.rename(house.data_dir / file.name)

    async def again() -> None:
        async with Serving(house) as serving:
            await serving.until("clerk.swept")
            assert [item["state"] for item in serving.all("recording.recovered")] == ["DAMAGED"]

    run(again())
    house.must_be_whole()


@pytest.mark.parametrize("kind", ["emptied", "older"])
def test_init_doctor_verify_and_serve_name_a_database_that_is_not_the_one(house: House, kind: str) -> None:
    fresh = house.folder / "fresh.db"
    shutil.copyfile(database(house), fresh)
    if kind == "emptied":
        emptied(fresh)
    written(house)
    shutil.copyfile(fresh, database(house))
    said = "est plus ancienne que ses preuves" if kind == "older" else "est vide"
    assert said in house.ivr("init").stderr
    assert said in refused_to_serve(house)
    checks = house.ivr_json("doctor", expect=1)["checks"]
    assert [said in one["detail"] for one in checks if one["name"] == "chaîne de preuves"] == [True]
    verified = house.ivr_json("audit", "verify", expect=1)
    assert ("is older than its evidence" if kind == "older" else "is empty") in verified["broken"][0]
    # Nothing is destroyed or written on what such a database says.
    done = house.ivr("retention", "run")
    assert done.returncode == 3
    assert said in done.stderr
    archive, told = house.archive(), []
    try:
        Clerk(house.settings(), archive, lambda kind, **fields: told.append(kind)).sweep()
    finally:
        archive.close()
    assert told == ["evidence.lost", "clerk.swept"]


def test_a_lost_database_is_gone_on_without_by_decision_only(house: House, tmp_path: Path) -> None:
    written(house)
    before = count(house)
    take_away(house, tmp_path / "gone")
    assert house.ivr("audit", "accept").returncode == 2
    accepted = house.ivr_json("audit", "accept", "--reason", "disque perdu", "--actor", "ana")
    assert (accepted["seq"], accepted["witnessed"]["seq"], accepted["reason"]) == (1, before, "disque perdu")
    assert house.ivr_json("audit", "verify")["ok"] is True
    assert house.ivr("init").returncode == 0
    assert "rien ne manque" in house.ivr("audit", "accept", "--reason", "encore").stderr
