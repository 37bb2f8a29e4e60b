"""Signed checkpoints, and the export that is checked offline by a program that does not know us."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.domain.evidence.events.base import Unread
from ivr.errors import HostError
from ivr.recording.secret_file import Secret
from ivr.recording.signer import Ed25519Signer
from ivr.services.evidence.export import export_evidence, read_witness
from ivr.services.vault.destruction_evidence import Destruction
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from tests.databases import KINDS, fresh_url
from tests.fakes.vault import START, TickingClock

VERIFIER = Path(__file__).resolve().parents[3] / "tools" / "verify_audit.py"
SIGNER = Ed25519Signer(Secret("evidence-one", bytes(range(32))))
OTHER = Ed25519Signer(Secret("evidence-two", bytes(32)))


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    database = Database.open(fresh_url(request.param, tmp_path))
    yield database
    database.close()


def a_chain(database: Database, *, node: str = "node-1", signer: Ed25519Signer = SIGNER, every: int = 4) -> SqlAuditLog:
    return SqlAuditLog(database, node_id=node, clock=TickingClock(), signer=signer, checkpoint_every=every)


def fill(audit: SqlAuditLog, events: int) -> None:
    for number in range(events):
        audit.append(Unread("kind", {"number": number, "é": "ü"}), call_id=f"call-{number}")


def tamper(database: Database, *statements: str) -> None:
    with database.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_every_so_many_events_the_head_is_signed_and_on_demand_once(database: Database) -> None:
    audit = a_chain(database)
    assert audit.checkpoint() is None
    fill(audit, 9)
    with audit.snapshot() as seen:
        assert [one.seq for one in seen.checkpoints] == [4, 8]
    assert (last := audit.checkpoint()) is not None
    assert last.seq == 9
    assert audit.checkpoint() is None
    assert audit.verify() == []


def _rechained(database: Database, first: int) -> None:
    """What a clever intruder does: change an event, and recompute every digest from there to the head."""
    audit = a_chain(database)
    events = audit.events()
    tamper(database, f"DELETE FROM audit_events WHERE seq >= {first}")
    head = events[first - 2]
    tamper(database, f"UPDATE audit_heads SET seq = {head.seq}, digest = '{head.digest}'")
    forger = SqlAuditLog(database, node_id="node-1", clock=TickingClock(), checkpoint_every=1_000_000)
    for event in events[first - 1 :]:
        forger.append(Unread(event.kind, event.body), call_id="somebody else")


def test_a_chain_that_was_recomputed_as_a_whole_is_found_by_its_checkpoints(database: Database) -> None:
    audit = a_chain(database)
    fill(audit, 9)
    _rechained(database, 6)
    assert a_chain(database, signer=SIGNER).verify() == [
        fault for fault in audit.verify() if fault.startswith("node node-1, event 8: is not the one of the checkpoint")
    ]
    assert len(audit.verify()) == 1


def test_a_long_chain_whose_checkpoints_were_removed_says_so(database: Database) -> None:
    audit = a_chain(database)
    fill(audit, 9)
    _rechained(database, 6)
    tamper(database, "DELETE FROM audit_checkpoints")
    (fault,) = audit.verify()
    assert fault.startswith("node node-1, event 9: no signed checkpoint since event 0")


def test_what_no_witness_outside_bears_out_is_told(database: Database, tmp_path: Path) -> None:
    audit = a_chain(database)
    fill(audit, 5)
    before = audit.witness()
    assert (before.unsigned, before.exported_at, before.unexported) == (1, None, 5)
    assert audit.count() == 5
    export_evidence(tmp_path / "export", chain=audit, signer=SIGNER, clock=TickingClock(), actor="auditor")
    after = audit.witness()
    assert (after.unsigned, after.unexported) == (0, 0)
    assert after.exported_at is not None
    clock = TickingClock(after.exported_at)
    later = SqlAuditLog(database, node_id="node-1", clock=clock, signer=SIGNER, checkpoint_every=100)
    fill(later, 3)
    assert (later.witness().unsigned, later.witness().unexported) == (3, 3)


def test_a_chain_rewritten_with_its_heads_and_checkpoints_is_found_by_an_export_kept_elsewhere(
    database: Database, tmp_path: Path
) -> None:
    audit = a_chain(database, every=100)
    fill(audit, 8)
    export_evidence(tmp_path / "export", chain=audit, signer=SIGNER, clock=TickingClock(), actor="auditor")
    _rechained(database, 6)
    tamper(database, "DELETE FROM audit_checkpoints")
    assert audit.verify() == []
    points, keys = read_witness(tmp_path / "export")
    (fault,) = audit.verify(points, keys)
    assert fault.startswith("node node-1, event 9: is not the one of the checkpoint signed at")
    tamper(database, "DELETE FROM audit_events", "DELETE FROM audit_heads", "DELETE FROM evidence_keys")
    (fault,) = audit.verify(points, keys)
    assert fault.startswith("node node-1, event 1: the chain ends at 0")
    # Somebody who changes the export instead is found by the signatures in it.
    forged = [replace(point, digest="0" * 64) for point in points]
    assert any("wrong signature" in fault for fault in audit.verify(forged, keys))


@pytest.mark.parametrize("spoilt", ["checkpoints.jsonl", "manifest.json"])
def test_an_export_that_is_none_is_no_witness(tmp_path: Path, spoilt: str) -> None:
    database = Database.open(fresh_url("sqlite", tmp_path))
    audit = a_chain(database)
    fill(audit, 2)
    folder = tmp_path / "export"
    export_evidence(folder, chain=audit, signer=SIGNER, clock=TickingClock(), actor="auditor")
    for content in ("[1]\n", "", None):
        (folder / spoilt).unlink(missing_ok=True)
        if content is not None:
            (folder / spoilt).write_text(content)
        with pytest.raises(HostError) as told:
            read_witness(folder)
        assert told.value.remedy
    database.close()


def test_a_tail_that_was_cut_together_with_its_head_is_found(database: Database) -> None:
    audit = a_chain(database)
    fill(audit, 9)
    sixth = audit.events()[5]
    tamper(
        database,
        "DELETE FROM audit_events WHERE seq > 6",
        f"UPDATE audit_heads SET seq = 6, digest = '{sixth.digest}'",
    )
    (fault,) = audit.verify()
    assert fault.startswith("node node-1, event 7: the chain ends at 6, a signed checkpoint")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_checkpoints SET digest = previous_digest WHERE seq = 4".replace("previous_digest", "key_id"),
        "UPDATE audit_checkpoints SET signature = 'zz' WHERE seq = 4",
        "UPDATE audit_checkpoints SET key_id = 'ed25519-000000000000' WHERE seq = 4",
        "UPDATE audit_checkpoints SET node_id = 'node-2' WHERE seq = 4",
    ],
)
def test_a_checkpoint_that_was_changed_is_found(statement: str, database: Database) -> None:
    audit = a_chain(database)
    fill(audit, 5)
    tamper(database, statement)
    assert any("event 4" in fault or "node-2" in fault for fault in audit.verify())


def test_a_key_that_was_exchanged_in_the_database_is_found(database: Database) -> None:
    one, two = a_chain(database), a_chain(database, node="node-2", signer=OTHER)
    fill(one, 4)
    fill(two, 4)
    assert one.verify() == two.verify() == []
    with database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE evidence_keys SET key_id = 'x' WHERE key_id = '{OTHER.key_id}'")
    assert any("names a key that nobody has" in fault for fault in one.verify())


def test_a_recording_is_certified_once_by_whichever_node_comes_first(database: Database) -> None:
    one, two = a_chain(database), a_chain(database, node="node-2", signer=OTHER)
    first = one.append(Unread("certificate.destruction", {"sha256": "ab"}), recording_id="rec-1")
    assert two.append(Unread("certificate.destruction", {"sha256": "cd"}), recording_id="rec-1") == first
    assert one.append(Unread("certificate.destruction", {"sha256": "ef"}), recording_id="rec-1") == first
    assert [event.kind for event in two.events()] == ["certificate.destruction"]
    assert two.append(Unread("next", {})).seq == 1
    assert one.verify() == []


def test_a_row_that_points_at_another_event_suppresses_no_certificate(database: Database) -> None:
    audit = a_chain(database)
    audit.append(Unread("recording.started", {}), recording_id="rec-1")
    tamper(database, "INSERT INTO certificates (recording_id, node_id, seq) VALUES ('rec-1', 'node-1', 1)")
    made = audit.append(Unread("certificate.destruction", {"sha256": "ab"}), recording_id="rec-1")
    assert (made.kind, made.seq) == ("certificate.destruction", 2)
    assert audit.append(Unread("certificate.destruction", {"sha256": "cd"}), recording_id="rec-1") == made
    assert audit.verify() == []


def test_a_chain_signed_anew_with_a_key_that_was_put_into_the_database_is_found(database: Database) -> None:
    audit = a_chain(database, every=100)
    fill(audit, 3)
    audit.append(Unread("certificate.destruction", {"sha256": "ab"}), recording_id="rec-1")
    audit.checkpoint()
    tables = ("audit_events", "audit_heads", "audit_checkpoints", "evidence_keys", "certificates")
    tamper(database, *(f"DELETE FROM {table}" for table in tables))
    forger = a_chain(database, signer=OTHER)
    fill(forger, 2)
    forger.append(Unread("certificate.destruction", {"sha256": "cd"}), recording_id="rec-1")
    forger.checkpoint()
    # Under whichever node's name the key stands there.
    for node in ("node-1", "node-9"):
        tamper(database, f"UPDATE evidence_keys SET node_id = '{node}'")
        certificate, checkpoint = audit.verify()
        assert certificate == "node node-1, event 3: the certificate of rec-1 bears no valid signature"
        assert f"was signed by another key than this node's: {OTHER.key_id}" in checkpoint
    # Nor does a key sign for any node but its own.
    with audit.snapshot() as seen:
        assert seen.key_nodes == {SIGNER.key_id: "node-1", OTHER.key_id: "node-9"}
    tamper(database, "UPDATE evidence_keys SET node_id = 'node-1'")
    with audit.snapshot() as seen:
        assert list(seen.keys) == [SIGNER.key_id]


# ---- offline


def verified(folder: Path, *keys: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), str(folder), *(word for key in keys for word in ("--key", str(key)))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Path, Path]:
    """An export of two nodes' chains with a certificate, and the public key as it was handed over beside it."""
    database = Database.open(fresh_url("sqlite", tmp_path))
    one, two = a_chain(database), a_chain(database, node="node-2", signer=OTHER)
    fill(one, 6)
    fill(two, 3)
    two.checkpoint()
    one.append(Unread("certificate.destruction", {"sha256": "ab", "rule_id": "REC-007"}), recording_id="rec-1")
    folder, key = tmp_path / "export", tmp_path / "key.pem"
    manifest = export_evidence(folder, chain=one, signer=SIGNER, clock=TickingClock(), actor="auditor")
    assert manifest["events"] == 11
    key.write_bytes(SIGNER.public_pem)
    database.close()
    return folder, key


def test_a_whole_export_is_found_whole_offline(exported: tuple[Path, Path], tmp_path: Path) -> None:
    folder, key = exported
    code, said = verified(folder, key)
    assert (code, said.splitlines()[0]) == (0, "whole: 11 events")
    # A key that nobody brought beside the export is told.
    assert f"node node-2: signed by {OTHER.key_id}, which only the exporter's database names" in said
    other = tmp_path / "other.pem"
    other.write_bytes(OTHER.public_pem)
    assert verified(folder, key, other) == (0, "whole: 11 events\n")
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())


def test_certificates_of_older_versions_and_of_this_one_are_checked_offline(tmp_path: Path) -> None:
    database = Database.open(fresh_url("sqlite", tmp_path))
    unsigned = SqlAuditLog(database, node_id="node-1", clock=TickingClock(), checkpoint_every=1_000)
    unsigned.append(Unread("certificate.destruction", {"sha256": "aa", "rule_id": "REC-007"}), recording_id="unsigned")
    audit = a_chain(database, every=1_000)
    in_a_call = {"sha256": "bb", "rule_id": "OBJ-003", "reason": "objection", "key_destroyed": True, "key_wiped": True}
    audit.append(Unread("certificate.destruction", in_a_call), recording_id="in-a-call")
    by_run = {
        "rule_id": "REC-007",
        "rules": ["REC-007"],
        "reason": "retention",
        "derived_deleted": True,
        "owner": "n/1",
    }
    audit.append(Unread("certificate.destruction", by_run), recording_id="by-run")
    doomed = Destruction(
        "now", "call-1", ("REC-007",), "retention", "SEALED", "cc", "fr-2026", "1", START, ("quality_audio",)
    )
    entry = doomed.certificate(None, at=START, wiped=True, owner="node-1")
    audit.append(entry.event, call_id=entry.call_id, recording_id=entry.recording_id)
    assert audit.verify() == []
    folder, key = tmp_path / "export", tmp_path / "key.pem"
    export_evidence(folder, chain=audit, signer=SIGNER, clock=TickingClock(), actor="auditor")
    key.write_bytes(SIGNER.public_pem)
    database.close()
    assert verified(folder, key) == (0, "whole: 5 events\n")
    for shape in ("in-a-call", "by-run", "now"):
        text = (folder / "events.jsonl").read_text("utf-8")
        line = next(one for one in text.splitlines() if f'"recording_id":"{shape}"' in one)
        at = line.index('"signature\\":\\"') + 20
        forged = line[:at] + ("0" if line[at] != "0" else "1") + line[at + 1 :]
        (folder / "events.jsonl").write_text(text.replace(line, forged), "utf-8")
        assert f"the certificate of {shape} bears no valid signature" in verified(folder, key)[1]
        (folder / "events.jsonl").write_text(text, "utf-8")


def _edit(folder: Path, change: Callable[[list[str]], list[str]], name: str = "events.jsonl") -> None:
    path = folder / name
    path.write_text("".join(change(path.read_text("utf-8").splitlines(keepends=True))), "utf-8")


def _changed(lines: list[str]) -> list[str]:
    return [*lines[:2], lines[2].replace("call-2", "call-9"), *lines[3:]]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_changed, "node node-1, event 3: its content was changed"),
        (lambda lines: [*lines[:2], *lines[3:]], "node node-1, event 4: event 3 before it is missing"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "node node-1, event 1: inserted, or moved from its place"),
        (lambda lines: [*lines[:3], lines[1], *lines[3:]], "node node-1, event 2: inserted, or moved"),
        (lambda lines: lines[:-1], "node node-2, event 3: the chain ends at 2"),
        (lambda lines: [*lines[:3], lines[3][:40] + "\n", *lines[4:]], "events.jsonl, line 4"),
        (lambda lines: [], "node node-1, event 1: the chain ends at 0"),
        (lambda lines: [line.replace("node-2", "node-3") for line in lines], "node node-3"),
    ],
    ids=["changed", "missing", "reordered", "inserted", "truncated", "line cut", "emptied", "renamed"],
)
def test_an_export_that_was_tampered_with_is_found_out_offline_and_the_event_named(
    change: Callable[[list[str]], list[str]], told: str, exported: tuple[Path, Path]
) -> None:
    folder, key = exported
    _edit(folder, change)
    code, said = verified(folder, key)
    assert code == 1
    assert told in said, said
    assert "Traceback" not in said


def test_a_tail_cut_with_its_manifest_made_to_fit_bears_no_signature(exported: tuple[Path, Path]) -> None:
    folder, key = exported
    _edit(folder, lambda lines: lines[:-1])
    _edit(folder, lambda lines: [line for line in lines if "node-2" not in line], "checkpoints.jsonl")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    last = json.loads((folder / "events.jsonl").read_text("utf-8").splitlines()[-1])
    manifest["heads"]["node-2"] = {"seq": last["seq"], "digest": last["digest"]}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    code, said = verified(folder, key)
    assert code == 1
    assert "manifest.json: is not signed by this key" in said


def _signed_anew(folder: Path, change: dict[str, object]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    text = json.dumps({**manifest, **change}).encode()
    (folder / "manifest.json").write_bytes(text)
    (folder / "manifest.sig").write_text(SIGNER.sign(text).hex(), "ascii")


def test_a_key_of_one_node_signs_for_no_other(exported: tuple[Path, Path]) -> None:
    folder, key = exported
    _signed_anew(folder, {"key_nodes": {OTHER.key_id: "node-9"}})
    code, said = verified(folder, key)
    assert code == 1
    assert "node node-2, event 3: the checkpoint" in said
    assert "bears no valid signature" in said


@pytest.mark.parametrize(
    "odd",
    [
        {"files": {"events.jsonl": "x"}},
        {"files": [], "heads": 1},
        {"keys": {"a": 5}},
        {"keys": {"a": "zz"}},
        {"heads": {"node-1": {"seq": "1", "digest": None}}},
        {"key_nodes": {"a": []}},
    ],
)
def test_an_odd_manifest_is_told_and_not_stumbled_over(exported: tuple[Path, Path], odd: dict[str, object]) -> None:
    folder, key = exported
    _signed_anew(folder, odd)
    code, said = verified(folder, key)
    assert code == 1
    assert "manifest.json: is not the manifest" in said
    assert "Traceback" not in said


def test_an_export_that_another_key_signed_is_refused(exported: tuple[Path, Path], tmp_path: Path) -> None:
    folder, _ = exported
    key = tmp_path / "other.pem"
    key.write_bytes(OTHER.public_pem)
    code, said = verified(folder, key)
    assert code == 1
    assert "not signed by this key" in said


def test_a_key_or_folder_that_cannot_be_read_is_said_to_be_so(exported: tuple[Path, Path], tmp_path: Path) -> None:
    folder, key = exported
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("not a key")
    for where, which in ((folder, rubbish), (tmp_path / "nowhere", key), (folder, tmp_path / "nothing.pem")):
        code, said = verified(where, which)
        assert code == 2
        assert "Traceback" not in said


def test_the_verifier_is_one_small_file_that_imports_nothing_of_ours() -> None:
    text = VERIFIER.read_text("utf-8")
    # An auditor reads it before running it.
    assert len(text.splitlines()) < 400
    assert "import ivr" not in text
    assert "from ivr" not in text
