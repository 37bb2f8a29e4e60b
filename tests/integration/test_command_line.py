"""The commands as people and scripts use them: exit codes and output, on a node with one real recording."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from ivr.bootstrap.archive import open_archive
from ivr.bootstrap.retention import open_retention
from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.recording.opus import OpusCodec
from ivr.services.ports.vault import RecordingTag
from ivr.services.vault.vault import OpenRecording
from tests.dtmf_sounds import pcm, typed
from tests.integration.house import REPOSITORY, House
from tests.integration.sounds import noise, speech, write_wav

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def record(house: House, recording_id: str, seconds: float = 2.0) -> None:
    """Seal a recording of noise, as a line does."""
    archive = house.archive()
    try:
        stereo = np.stack([noise(seconds, seed=31), noise(seconds, seed=32)], axis=1)
        begun: OpenRecording = archive.vault.begin(a_tag(house, recording_id))
        begun.write(stereo.astype("<i2").tobytes())
        begun.seal(consent={"caller": {"state": "NOTIFIED"}})
    finally:
        archive.close()


def a_tag(house: House, recording_id: str) -> RecordingTag:
    settings = house.settings()
    program = settings.programs["hotline-quality"]
    return RecordingTag(
        recording_id=recording_id,
        call_id=f"call-of-{recording_id}",
        program=program.name,
        activities=program.activities,
        policy_id=settings.profile.id,
        policy_version=settings.profile.version,
        rule_ids=program.rule_ids,
        retention=program.retention,
        codec="opus",
        channels=("caller", "heard_by_caller"),
        rate_hz=8000,
        opened_at=NOON,
        node_id=settings.node.id,
    )


@pytest.fixture(scope="module")
def kept(installed: House) -> Iterator[House]:
    """A house with two sealed recordings, `first` and `second`; tests that change it copy it."""
    with tempfile.TemporaryDirectory(prefix="ivr-test-") as folder:
        shutil.copytree(installed.folder, folder, dirs_exist_ok=True)
        house = House(Path(folder), installed.model_dir)
        for recording_id in ("first", "second"):
            record(house, recording_id)
        yield house


@pytest.fixture
def changed(kept: House, tmp_path: Path) -> House:
    shutil.copytree(kept.folder, tmp_path, dirs_exist_ok=True)
    return House(tmp_path, kept.model_dir)


def database_file(house: House) -> Path:
    file = Path(house.settings().database.url.removeprefix("sqlite:///"))
    assert file.is_file()
    return file


# ---- the vault


def test_a_recording_is_played_from_the_vault_and_no_file_holds_its_sound(changed: House) -> None:
    archive = open_archive(changed.settings())
    try:
        room = open_retention(changed.settings(), archive).listening
        asked = AccessRequest(Actor("ana", Role.QUALITY_ANALYST), Action.LISTEN, reason="évaluation")
        listening = room.open(asked, "first")
        played = listening.piece().body
        assert OpusCodec().decode(played).duration_ms == 2000
        held = [path for path in changed.folder.rglob("*") if path.is_file() and b"OpusHead" in path.read_bytes()]
        assert held == []
        listening.close()
        kinds = [event.kind for event in archive.audit.events(recording_id="first")]
    finally:
        archive.close()
    assert kinds[-2:] == ["recording.listening", "recording.listened"]


def test_recordings_are_listed_shown_and_verified(kept: House) -> None:
    listed = [json.loads(line) for line in kept.ivr("recordings", "list", "--json").stdout.splitlines()]
    assert sorted(item["id"] for item in listed) == ["first", "second"]
    assert {item["state"] for item in listed} == {"SEALED"}
    assert kept.ivr("recordings", "list", "--json", "--state", "DISCARDED").stdout == ""
    shown = kept.ivr_json("recordings", "show", "first")
    assert (shown["program"], shown["retention"], shown["key"]) == ("hotline-quality", "quality_audio", "present")
    assert shown["file"]["duration_ms"] == 2000
    assert [event["kind"] for event in shown["events"]] == ["recording.started", "recording.sealed"]
    assert kept.ivr_json("recordings", "verify") == {"ok": True, "checked": 2, "findings": []}
    assert kept.ivr_json("recordings", "verify", "first")["checked"] == 1
    none = kept.ivr("recordings", "list", "--phone", "0612345678", "--reason", "demande 7", "--role", "dpo")
    assert "Un appel d'avant le" in none.stdout
    assert kept.ivr("recordings", "list", "--phone", "0612345678", "--role", "dpo").returncode == 1
    for filters in (("--agent", "ana"), ("--disposition", "NO_ANSWER"), ("--doubts", "oui"), ("--doubts", "non")):
        refused = kept.ivr("recordings", "list", *filters)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "motif" in refused.stderr.lower()
        assert kept.ivr("recordings", "list", *filters, "--reason", "réclamation 8").returncode == 0
    path = kept.folder / "list.csv"
    filed = kept.ivr_json("recordings", "list", "--csv", str(path), "--gaps", "non", "--reason", "contrôle")
    assert (filed["rows"], filed["whole"]) == (2, True)
    assert [line.split(",")[0] for line in path.read_text().splitlines()[1:]] == ["second", "first"]
    for words in (("recordings", "list"), ("recordings", "show", "first"), ("recordings", "verify")):
        done = kept.ivr(*words)
        assert (done.returncode, done.stderr) == (0, "")
        assert "first" in done.stdout or "2 enregistrements" in done.stdout


def test_a_recording_that_does_not_exist_is_said_to_be_unknown(kept: House) -> None:
    done = kept.ivr("recordings", "show", "frist")
    assert done.returncode == 1
    assert "frist" in done.stderr
    assert kept.ivr("recordings", "verify", "frist").returncode == 1


def test_an_export_is_a_playable_copy_with_a_manifest_and_stands_in_the_evidence(changed: House) -> None:
    copy = changed.folder / "copy.wav"
    manifest = changed.ivr_json("recordings", "export", "first", str(copy), "--reason", "plainte 12", "--actor", "dpo")
    assert json.loads((changed.folder / "copy.wav.json").read_text()) == manifest
    assert copy.stat().st_mode & 0o077 == 0
    with wave.open(str(copy)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        assert abs(file.getnframes() - 16000) <= 160
    events = changed.ivr_json("recordings", "show", "first")["events"]
    access = [event["body"] for event in events if event["kind"] == "recording.exported"]
    assert [(body["actor"], body["reason"]) for body in access] == [("dpo", "plainte 12")]
    changed.must_be_whole()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("export", "first", "{}/a.mp3", "--reason", "x"), 1, ".wav, .opus ou .vcon"),
        (("export", "first", "{}/a.wav"), 2, "--reason"),
        (("export", "first", "{}/a.wav", "--reason", " "), 1, "reason"),
        (("export", "first", "{}/no/such/folder/a.wav", "--reason", "x"), 3, "autre chemin"),
        (("discard", "first", "--rule", "REC-05", "--reason", "x"), 2, "REC-0"),
        (("show",), 2, "RECORDING_ID"),
        (("list", "--state", "SEALD"), 2, "SEALED"),
        (("burn",), 2, "burn"),
    ],
)
def test_a_wrong_use_of_the_vault_says_what_is_wrong_and_changes_nothing(
    arguments: tuple[str, ...], code: int, said: str, kept: House
) -> None:
    done = kept.ivr("recordings", *(word.replace("{}", str(kept.folder)) for word in arguments))
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert kept.ivr_json("recordings", "verify")["ok"] is True


def test_a_discarded_recording_leaves_a_certificate_and_nothing_else(changed: House) -> None:
    done = changed.ivr_json("recordings", "discard", "first", "--rule", "REC-005", "--reason", "opposition écrite")
    assert done == {"ok": True, "id": "first", "state": "PURGED"}
    shown = changed.ivr_json("recordings", "show", "first")
    assert (shown["state"], shown["key"]) == ("PURGED", "destroyed")
    assert "certificate.destruction" in [event["kind"] for event in shown["events"]]
    assert list(changed.store_dir.glob("??/??/first*")) == []
    assert changed.ivr("recordings", "export", "first", str(changed.folder / "a.wav"), "--reason", "x").returncode == 1
    changed.must_be_whole()


def test_what_a_legal_hold_keeps_no_hand_destroys(changed: House) -> None:
    asked = ("--case", "litige 17", "--owner", "dpo", "--basis", "17.3.e legal claims", "--actor", "ana")
    hold = changed.ivr_json("hold", "request", "first", *asked)
    for person in ("bob", "cleo"):
        changed.ivr_json("hold", "approve", str(hold["id"]), "--actor", person)
    done = changed.ivr("recordings", "discard", "first", "--rule", "REC-005", "--reason", "opposition écrite")
    assert (done.returncode, done.stdout) == (1, "")
    assert all(word in done.stderr for word in ("RET-002", "litige 17", "ivr hold release"))
    shown = changed.ivr_json("recordings", "show", "first")
    assert (shown["state"], shown["key"], shown["events"][-1]["kind"]) == (
        "SEALED",
        "present",
        "recording.discard_refused",
    )
    changed.must_be_whole()


@pytest.mark.parametrize("place", ["first byte", "middle", "last byte", "one byte less"])
def test_one_changed_byte_of_a_stored_file_is_found_and_its_recording_named(place: str, changed: House) -> None:
    (file,) = changed.store_dir.glob("??/??/second.ivr")
    content = bytearray(file.read_bytes())
    if place == "one byte less":
        content.pop()
    else:
        content[{"first byte": 0, "middle": len(content) // 2, "last byte": -1}[place]] ^= 1
    file.write_bytes(content)
    found = changed.ivr_json("recordings", "verify", expect=1)
    assert found["ok"] is False
    assert [finding["recording_id"] for finding in found["findings"]] == ["second"]
    done = changed.ivr("recordings", "verify")
    assert done.returncode == 1
    assert "second" in done.stdout
    assert changed.ivr("recordings", "export", "second", str(changed.folder / "a.wav"), "--reason", "x").returncode == 1
    assert changed.ivr_json("recordings", "verify", "first")["ok"] is True


# ---- the evidence


def test_the_chain_of_evidence_is_verified_and_exported(kept: House, tmp_path: Path) -> None:
    checked = kept.ivr_json("audit", "verify")
    assert checked["ok"] is True
    exported = [json.loads(line) for line in kept.ivr("audit", "export").stdout.splitlines()]
    assert len(exported) == checked["events"] >= 4
    assert [event["seq"] for event in exported] == list(range(1, len(exported) + 1))
    file = tmp_path / "audit.jsonl"
    assert kept.ivr_json("audit", "export", str(file))["events"] == len(exported)
    assert [json.loads(line) for line in file.read_text("utf-8").splitlines()] == exported
    done = kept.ivr("audit", "export", str(tmp_path / "no" / "such" / "folder"))
    assert (done.returncode, "autre chemin" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_events SET body = replace(body, 'quality', 'qualitz') WHERE seq = 3",
        "UPDATE audit_events SET kind = 'recording.stopped' WHERE seq = 3",
        "DELETE FROM audit_events WHERE seq = 3",
    ],
)
def test_one_changed_byte_of_the_chain_is_found_and_node_and_number_named(change: str, changed: House) -> None:
    with sqlite3.connect(database_file(changed)) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        assert database.execute(change).rowcount == 1
    database.close()
    broken = changed.ivr_json("audit", "verify", expect=1)["broken"]
    assert "node-1" in broken[0]
    assert "3" in broken[0]
    done = changed.ivr("audit", "verify")
    assert done.returncode == 1
    assert "node-1" in done.stdout


# ---- what is said


def test_our_own_prompts_pass_the_lint_and_a_disclosure_that_lacks_an_element_does_not(
    kept: House, tmp_path: Path
) -> None:
    assert kept.ivr("lint", str(REPOSITORY / "config" / "prompts")).returncode == 0
    file = tmp_path / "prompts.toml"
    file.write_text(
        '[prompts.hello]\nkind = "disclosure"\ndirection = "inbound"\nversion = "1"\n'
        'text = "Bonjour, cet appel est enregistré."\n',
        "utf-8",
    )
    done = kept.ivr("lint", str(file), "--json")
    assert done.returncode == 1
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert set(findings[0]) == {"file", "line", "rule", "kind", "words", "reason", "suggestion"}
    assert {finding["file"] for finding in findings} == {str(file)}
    assert {"REC-002"} <= {finding["rule"] for finding in findings}
    assert kept.ivr("lint", str(tmp_path / "missing.txt")).returncode == 2
    assert kept.ivr("lint").returncode == 2


# ---- what is heard


def test_judge_gives_one_object_per_line_in_order(kept: House) -> None:
    lines = ["je refuse l'enregistrement", "", "bonjour madame", "mon numéro est 1 85 05 78 006 084 36"]
    done = kept.ivr("judge", "--json", text="\n".join(lines) + "\n")
    assert done.returncode == 0
    judged = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["text"] for one in judged] == lines
    assert [set(one) for one in judged] == [{"text", "label", "band", "score", "evidence", "sensitive"}] * 4
    assert (judged[0]["label"], judged[0]["band"]) == ("objection_recording", "act")
    assert [one["evidence"] for one in judged] == ["explicit", None, None, None]
    assert (judged[1]["label"], judged[1]["band"]) == ("none", "clear")
    assert "je refuse" in kept.ivr("judge", text=lines[0]).stdout


def test_judge_reads_objects_and_names_the_line_that_is_none(kept: House) -> None:
    good = json.dumps({"text": "oui", "last_prompt": "Souhaitez-vous que cet appel ne soit pas enregistré ?"})
    done = kept.ivr("judge", "--json", "--jsonl", text=f"{good}\n\n{good}\n")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2)
    assert json.loads(done.stdout.splitlines()[0])["label"] == "objection_recording"
    for garbage in ("not json", "[1, 2]", '{"last_prompt": ""}', "null", '"text"', '{"text": '):
        done = kept.ivr("judge", "--jsonl", text=f"{good}\n{garbage}\n")
        assert done.returncode == 2
        assert "ligne 2" in done.stderr
        assert "Traceback" not in done.stderr


def test_judge_bears_bytes_that_are_not_text(kept: House) -> None:
    done = kept.ivr(
        "judge", "--json", text=b"\xff\xfe\x00\nje refuse l'enregistrement\xe9\n\n" + b"a" * 100_000 + b"\n"
    )
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 4


@pytest.mark.ear
def test_listen_tells_utterances_and_the_cleared_mark_of_every_file(kept: House, tmp_path: Path) -> None:
    objection = write_wav(tmp_path / "objection.wav", speech("Je m'oppose à l'enregistrement de cet appel."))
    silence = write_wav(tmp_path / "silence.wav", np.zeros(16000, np.int16))
    keys = write_wav(tmp_path / "keys.wav", pcm(np.concatenate([np.zeros(16000), typed("1850775"), np.zeros(8000)])))
    done = kept.ivr("listen", str(objection), str(silence), str(keys), "--program", "hotline-quality", "--json")
    assert done.returncode == 0, done.stderr
    first, second, third = [json.loads(line) for line in done.stdout.splitlines()]
    assert first["file"] == str(objection)
    assert {"channel", "start_ms", "end_ms", "text", "label", "band", "score", "verdict_ms"} <= set(
        first["utterances"][0]
    )
    assert [one["label"] for one in first["utterances"]][-1] == "objection_recording"
    assert (second["duration_ms"], second["utterances"]) == (2000, [])
    assert second["cleared"][-1][1] >= 1500
    assert second["masked"] == []
    (mask,) = [one for one in third["masked"] if one["kind"] == "keys"]
    assert mask["start_ms"] <= 2000
    assert mask["end_ms"] >= 2000 + 7 * 160 - 80
    # The mark never passes the onset of an objection.
    onset = min(one["start_ms"] for one in first["utterances"] if one["label"] == "objection_recording")
    assert all(mark <= onset for _, mark in first["cleared"])


def test_listen_names_the_file_that_holds_no_audio_and_why(kept: House, tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"")
    no_frames = write_wav(tmp_path / "no-frames.wav", np.zeros(0, np.int16))
    text = tmp_path / "text.wav"
    text.write_text("bonjour")
    for file in (empty, no_frames, text, tmp_path / "missing.wav"):
        done = kept.ivr("listen", str(file))
        assert done.returncode == 1
        assert file.name in done.stderr
        assert "Traceback" not in done.stderr


# ---- the installation


def test_init_is_idempotent_and_doctor_then_finds_nothing(changed: House) -> None:
    kek = (changed.data_dir / "keys" / "kek").read_bytes()
    assert changed.ivr_json("init")["made"] == []
    assert "Rien à faire" in changed.ivr("init").stdout
    assert (changed.data_dir / "keys" / "kek").read_bytes() == kek
    report = changed.ivr_json("doctor")
    assert report["ok"] is True
    assert all(check["ok"] for check in report["checks"])
    assert any("4000 octets" in check["detail"] and "Kamailio" in check["detail"] for check in report["checks"])
    changed.must_be_whole()


def test_doctor_names_what_is_missing_and_what_to_do(changed: House) -> None:
    shutil.rmtree(changed.data_dir / "prompts")
    database_file(changed).unlink()
    report = changed.ivr_json("doctor", expect=1, IVR_EAR__MODEL_DIR=str(changed.folder / "nowhere"))
    bad = [check for check in report["checks"] if not check["ok"]]
    assert len(bad) >= 3
    assert all(check["remedy"] for check in bad)
    assert "nowhere" in json.dumps(bad)


# ---- the command itself


@pytest.mark.parametrize(
    "arguments", [("srve",), ("listen",), ("serve", "--port", "5060"), ("call", "sip:x@127.0.0.1"), ("judge", "--jsn")]
)
def test_a_wrong_command_line_is_usage(arguments: tuple[str, ...], kept: House) -> None:
    done = kept.ivr(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(kept: House) -> None:
    lines = "bonjour madame\n" * 20_000
    with subprocess.Popen(
        [sys.executable, "-m", "ivr", "judge", "--json"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=kept.env, text=True,
    ) as judge:  # fmt: skip
        assert judge.stdin is not None
        assert judge.stdout is not None
        assert judge.stderr is not None
        judge.stdin.write(lines[:3000])
        judge.stdin.flush()
        assert json.loads(judge.stdout.readline())["label"] == "none"
        judge.stdout.close()
        try:
            judge.stdin.write(lines)
            judge.stdin.close()
        except BrokenPipeError:
            pass
        complaints = judge.stderr.read()
        assert (judge.wait(60), complaints) == (0, "")


def test_a_grid_is_written_out_as_it_was_imported_and_over_no_file(kept: House, tmp_path: Path) -> None:
    copy = tmp_path / "hotline.toml"
    assert kept.ivr("grids", "export", "hotline", str(copy)).returncode == 0
    assert copy.read_bytes() == (REPOSITORY / "config" / "grids" / "hotline.toml").read_bytes()
    again = kept.ivr("grids", "export", "hotline", str(copy))
    assert again.returncode == 3
    assert "ne peut pas être écrite" in again.stderr
