"""`ivr keys`, `ivr recordings verify` and `upload`, and the vault in `ivr doctor`: the commands on real adapters."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from ivr.bootstrap.archive import Archive, open_archive
from ivr.bootstrap.installation import examine
from ivr.cli.root import main
from ivr.domain.recording.state import RecordingState
from ivr.services.ports.spool import Duty, Pending
from ivr.settings import load_settings
from tests.databases import KINDS, fresh_url
from tests.fakes.vault import START, a_tag
from tests.servers import TOKEN, bao, seaweed

CONFIG = Path(__file__).parents[2] / "config"
SECOND = np.random.default_rng(5).integers(-8000, 8000, 16000).astype("<i2").tobytes()


class Shop:
    """A configuration of its own, its archive, and the command line on it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **env: str) -> None:
        self.folder = folder
        self.config = Path(shutil.copytree(CONFIG, folder / "config"))
        self.env = {"IVR_CONFIG": str(self.config), **env}
        for name, value in self.env.items():
            monkeypatch.setenv(name, value)
        self.archive(create=True).close()

    def archive(self, *, create: bool = False) -> Archive:
        return open_archive(load_settings(self.config, self.env), create=create)

    def record(self, *names: str) -> None:
        archive = self.archive()
        for name in names:
            recording = archive.vault.begin(a_tag(name, codec="alaw"))
            recording.write(SECOND)
            recording.seal(consent={})
        archive.close()

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    def json(self, *words: str) -> dict[str, object]:
        return dict(json.loads(self.run(*words, "--json").stdout.splitlines()[-1]))

    def checks(self) -> dict[str, tuple[bool, str]]:
        found = examine(load_settings(self.config, self.env))
        return {check.name: (check.ok, f"{check.detail} {check.remedy}") for check in found}

    def files(self) -> list[Path]:
        return sorted(self.folder.rglob("*.ivr"))


def test_the_master_key_is_rotated_shown_and_kept_for_backups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(tmp_path, monkeypatch)
    shop.record("rec-1", "rec-2")
    before = shop.json("keys", "show")
    assert before["keys"] == 2
    done = shop.json("keys", "rotate")
    assert (done["ok"], done["rewrapped"]) == (True, 2)
    assert done["kek_id"] != before["kek_id"]
    shown = shop.json("keys", "show")
    assert [one["kek_id"] for one in shown["retired"]] == [before["kek_id"]]  # type: ignore[attr-defined]
    assert shop.json("keys", "prune")["removed"] == []
    monkeypatch.setenv("IVR_KEYS__BACKUP_DAYS", "0")
    assert "détruite" in shop.run("keys", "prune").stdout
    assert shop.json("recordings", "verify", "--all") == {"ok": True, "checked": 2, "findings": []}


def test_an_interrupted_verification_is_resumed_with_what_it_had_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(tmp_path, monkeypatch)
    shop.record("rec-1", "rec-2", "rec-3")
    (gone,) = (path for path in shop.files() if path.name == "rec-1.ivr")
    gone.unlink()
    place = load_settings(shop.config, shop.env).node.data_dir / "verify.place"
    found = {"recording_id": "rec-1", "fault": "f", "remedy": "r"}
    place.write_text(json.dumps({"after": "rec-2", "checked": 2, "findings": [found]}))
    resumed = shop.json("recordings", "verify", "--all", "--resume")
    assert (resumed["ok"], resumed["checked"]) == (False, 3)
    assert resumed["findings"] == [found]
    assert not place.exists()
    whole = shop.run("recordings", "verify", "--all")
    assert whole.exit_code == 1
    assert "rec-1" in whole.stdout
    place.write_text("not json")
    spoilt = shop.run("recordings", "verify", "--all", "--resume")
    assert spoilt.exit_code == 3
    assert "--resume" in spoilt.output


def test_doctor_tells_leftovers_and_an_unfinished_rotation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Shop(tmp_path, monkeypatch)
    shop.record("rec-1")
    assert all(shop.checks()[name][0] for name in ("clé maîtresse", "restes d'un arrêt brutal", "clés détruites"))
    archive = shop.archive()
    archive.vault.begin(a_tag("left", codec="alaw"))._writer.close()
    archive.keys.rotate()
    archive.close()
    checks = shop.checks()
    assert not checks["restes d'un arrêt brutal"][0]
    assert "left" in checks["restes d'un arrêt brutal"][1]
    assert not checks["clé maîtresse"][0]
    assert "ivr keys rotate" in checks["clé maîtresse"][1]
    (load_settings(shop.config, shop.env).keys.kek_file).chmod(0o644)
    assert "chmod 600" in shop.checks()["clé maîtresse"][1]


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_objection_left_is_told_by_doctor_and_written_once_by_the_next_start(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(tmp_path, monkeypatch, IVR_DATABASE__URL=fresh_url(kind, tmp_path))
    ended = shop.archive()
    recording = ended.vault.begin(a_tag("refused", call_id="call-1", codec="alaw"))
    recording.write(SECOND)
    entry = ended.do_not_call.entry_of("tel:+33612345678", scope="sales")
    about: dict[Duty, dict[str, object]] = {
        Duty.OBJECTION: {"label": "objection_recording", "discards": True, "rules": ["REC-006"]},
        Duty.BAR: {"entry": entry, "rule": "CAN-005", "scope": "sales"},
        Duty.DESTROY: {"rule_id": "REC-006", "reason": "objection"},
    }
    for duty, body in about.items():
        ended.spool.keep(Pending(duty, "call-1", "refused", START, body))
    assert shop.checks()["objections en attente"] == (True, "aucune ")
    recording._writer.close()
    ended.close()
    well, said = shop.checks()["objections en attente"]
    assert not well
    assert "3 actes" in said
    assert "ivr serve" in said
    for settled in (3, 0):
        archive = shop.archive()
        caught_up, recovered, _ = archive.settle_left()
        assert [one.done for one in caught_up] == [True] * settled
        assert recovered == []
        assert archive.do_not_call.bars("tel:0612345678", scope="sales") == entry
        kinds = [event.kind for event in archive.audit.events(call_id="call-1")]
        assert [kinds.count(kind) for kind in ("objection", "do_not_call.added", "certificate.destruction")] == [1] * 3
        assert kinds.index("objection") < kinds.index("certificate.destruction")
        assert archive.vault.show("refused").state is RecordingState.DISCARDED
        archive.close()
    assert shop.files() == []
    assert shop.checks()["objections en attente"][0]
    assert shop.json("audit", "verify")["broken"] == []


def test_a_node_on_openbao_and_s3_records_uploads_and_verifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = seaweed().bucket(f"node-{os.getpid()}", tmp_path)
    shop = Shop(
        tmp_path,
        monkeypatch,
        IVR_KEYS__PROVIDER="openbao",
        IVR_KEYS__OPENBAO__URL=bao().url,
        IVR_KEYS__OPENBAO__KEY=f"node-{os.getpid()}",
        IVR_KEYS__OPENBAO__TOKEN_FILE=str(bao().token_file(tmp_path)),
        IVR_STORE__KIND="s3",
        IVR_STORE__BUCKET=bucket.bucket,
        IVR_STORE__ENDPOINT=bucket.endpoint,
        IVR_STORE__REGION=bucket.region,
        IVR_STORE__CREDENTIALS_FILE=str(bucket.credentials_file),
        IVR_STORE__TIMEOUT_S="5",
    )
    shop.record("rec-1")
    assert "1 en attente" in shop.checks()["stockage des enregistrements"][1]
    assert shop.json("recordings", "upload")["done"] is True
    assert shop.files() == []
    assert shop.json("recordings", "verify", "--all")["ok"] is True
    assert str(shop.json("keys", "rotate")["kek_id"]).endswith(":v2")
    assert shop.json("recordings", "verify", "--all")["ok"] is True
    monkeypatch.setenv("IVR_STORE__ENDPOINT", "http://127.0.0.1:1")
    shop.env["IVR_STORE__ENDPOINT"] = "http://127.0.0.1:1"
    shop.env["IVR_KEYS__OPENBAO__URL"] = "http://127.0.0.1:1"
    checks = shop.checks()
    assert "ne répond pas" in checks["stockage des enregistrements"][1]
    assert "OpenBao ne répond pas" in checks["clé maîtresse"][1]
    assert TOKEN not in str(checks)
