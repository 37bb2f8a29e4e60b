"""The commands of the vault that move deadlines, hold, destroy, search and hand out: one table of what they answer."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ivr.bootstrap.retention import open_retention
from ivr.bootstrap.runtime import SystemClock
from ivr.cli.root import main
from ivr.domain.consent.bar import KnownBy
from ivr.domain.evidence.events.base import Unread
from ivr.domain.evidence.events.objection import Barred
from ivr.domain.retention.decision import deadline
from ivr.services.consent.barring import bar
from ivr.services.ports.vault import RecordingTag
from tests.contract.test_call_details import a_leg
from tests.contract.test_call_log import a_call
from tests.integration.house import REPOSITORY, House
from tests.integration.sounds import noise

NOW = datetime.now(UTC)
TODAY = f"{NOW:%Y-%m-%d}"
CALLED = NOW - timedelta(days=2)
LATER = f"{NOW + timedelta(days=250):%Y-%m-%d}"


def record(house: House, recording_id: str, *, program: str = "hotline-quality", at: datetime = CALLED) -> None:
    """Seal a second of noise, as a line does: tag and deadline are the programme's."""
    settings, archive = house.settings(), house.archive()
    made = settings.programs[program]
    tag = RecordingTag(
        recording_id=recording_id,
        call_id=f"call-of-{recording_id}",
        program=made.name,
        activities=made.activities,
        policy_id=settings.profile.id,
        policy_version=settings.profile.version,
        rule_ids=made.rule_ids,
        retention=made.retention,
        codec="opus",
        channels=("caller", "heard_by_caller"),
        rate_hz=8000,
        opened_at=at,
        node_id=settings.node.id,
    )
    due = deadline(made.retention, at, settings.retention, settings.profile)
    try:
        archive.audit.append(Unread("disclosure.played", {"prompt": "hotline-disclosure"}), call_id=tag.call_id)
        begun = archive.vault.begin(tag, deadline=due)
        begun.write(noise(2.0, seed=3).astype("<i2").tobytes())
        begun.seal(consent={"caller": {"state": "NOTIFIED"}})
    finally:
        archive.close()


@pytest.fixture(scope="module")
def stocked(installed: House) -> Iterator[House]:
    """A house with two quality recordings, a sale, and one that has been due for months."""
    with tempfile.TemporaryDirectory(prefix="ivr-test-") as folder:
        shutil.copytree(installed.folder, folder, dirs_exist_ok=True)
        house = House(Path(folder), installed.model_dir)
        for recording_id in ("one", "two"):
            record(house, recording_id)
        record(house, "sale", program="prospecting")
        record(house, "old", at=NOW - timedelta(days=400))
        yield house


class Terminal:
    """Runs commands in this process, as a person types them."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house = house
        monkeypatch.setenv("IVR_CONFIG", str(house.config_dir))

    def run(self, line: str) -> Result:
        words = [word.replace("~", " ").replace("{}", str(self.house.folder)) for word in line.split()]
        done = CliRunner().invoke(main, words)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def told(self, line: str, *, code: int = 0) -> list[dict[str, Any]]:
        done = self.run(f"{line} --json")
        assert done.exit_code == code, done.output
        return [json.loads(one) for one in done.stdout.splitlines()]

    def kinds(self) -> list[str]:
        return [json.loads(line)["kind"] for line in self.run("audit export").stdout.splitlines()]


@pytest.fixture
def terminal(stocked: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    with tempfile.TemporaryDirectory(prefix="ivr-test-") as folder:
        shutil.copytree(stocked.folder, folder, dirs_exist_ok=True)
        yield Terminal(House(Path(folder), stocked.model_dir), monkeypatch)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        # ---- list and its pages
        ("recordings list", 0, "sale"),
        ("recordings list --program prospecting", 0, "sale"),
        ("recordings list --program nothing", 0, "Aucun"),
        (f"recordings list --since {TODAY}", 0, "Aucun"),
        ("recordings list --state DISCARDED", 0, "Aucun"),
        ("recordings list --due-before tomorrow", 2, "2027-06-01"),
        ("recordings list --after nobody", 1, "nobody"),
        ("recordings list --role agent", 1, "conseiller"),
        # ---- show, verify, upload: what opens no content passes the gate too
        ("recordings show one --role operator", 0, "SEALED"),
        ("recordings show one --role agent", 1, "conseiller"),
        ("recordings show nobody", 1, "nobody"),
        ("recordings verify --role auditor", 0, "4 enregistrements"),
        ("recordings verify one --role operator", 0, "1 enregistrements"),
        ("recordings verify --role quality_analyst", 1, "analyste"),
        ("recordings verify one --role trainer", 1, "formateur"),
        ("recordings upload --role operator", 0, "Rien"),
        ("recordings upload --role agent", 1, "conseiller"),
        # ---- who may not be called again
        ("do-not-call list", 0, "Aucune inscription"),
        ("do-not-call list --role agent", 1, "conseiller"),
        ("do-not-call lift abcdef0 --reason x --role dpo", 1, "aucune inscription"),
        ("do-not-call lift abcdef0 --reason x --role operator", 1, "exploitant"),
        ("do-not-call lift abcdef0", 2, "--reason"),
        # ---- evidence
        ("audit verify", 0, "sans témoin hors de ce nœud depuis l'origine"),
        ("audit verify --against {}/nothing", 3, "export"),
        # ---- retention
        (f"retention plan --at {LATER}", 0, "REC-007"),
        ("retention plan --at 2027-13-01", 2, "--at"),
        ("retention plan --at 2020-01-01", 0, "Rien"),
        ("retention plan --role agent", 1, "list"),
        ("retention run", 0, "1 détruits"),
        # ---- business events
        ("recordings event sale offer --reference O-1", 0, "Enregistrement"),
        ("recordings event sale refusal", 0, "Détruit aussitôt"),
        ("recordings event one complaint-opened", 0, "Une réclamation"),
        ("recordings event one complaint-closed", 1, "complaint-opened"),
        ("recordings event one divorce", 2, "divorce"),
        ("recordings event nobody offer", 1, "nobody"),
        ("recordings event sale offer --at 2019-01-01", 1, "précède"),
        ("recordings event sale offer --at 2999-01-01", 1, "futur"),
        ("recordings event sale offer --role quality_analyst", 1, "event"),
        # ---- holds
        ("hold list", 0, "Aucun gel"),
        ("hold request one --case C-1 --owner me --basis whim", 1, "17.3.e"),
        ("hold request nobody --case C-1 --owner me --basis 18.1.c", 1, "nobody"),
        ("hold request one --case C-1 --owner me --basis 18.1.c --review 2199-01-01", 1, "revue"),
        ("hold request one --case C-1 --owner me --basis 18.1.c --role quality_analyst", 1, "hold"),
        ("hold approve nothing", 1, "nothing"),
        ("hold release nothing --reason x", 1, "nothing"),
        # ---- copies
        ("recordings export one {}/a.wav --reason review", 0, "Copié"),
        ("recordings export one {}/a.wav --reason review --role operator", 1, "exploitant"),
        ("recordings export one {}/a.wav --reason review --role quality_analyst", 1, "export"),
        ("recordings export sale {}/a.wav --reason review", 1, "fermé"),
        ("recordings export sale {}/a.wav --reason x --for subject", 1, "référence"),
        ("recordings export sale {}/a.wav --reason x --for subject --reference D-7", 0, "Copié"),
        ("recordings export sale {}/a.wav --reason x --for authority --role compliance_officer", 1, "autorité"),
        ("recordings export one two {}/a --reason x", 1, "nombre"),
        ("recordings export nobody {}/a.wav --reason x", 1, "nobody"),
        ("recordings export {}/a.wav --reason x", 2, "enregistrement"),
        ("recordings export {}/a --reason x --program prospecting", 2, "authority"),
        ("recordings export old {}/a.wav --reason x", 1, "à détruire"),
        # ---- before its time
        ("recordings discard one --rule REC-005 --reason x --role trainer", 1, "formateur"),
        ("recordings discard one --rule REC-005 --reason x", 0, "PURGED"),
    ],
)  # fmt: skip
def test_each_command_answers_as_it_should(line: str, code: int, said: str, terminal: Terminal) -> None:
    done = terminal.run(line)
    assert done.exit_code == code, done.output
    assert said in done.output
    assert terminal.told("audit verify")[0]["ok"] is True
    denied = terminal.kinds().count("access.denied")
    assert denied == ((code == 1 and "REC-016" in done.output) or "RET-004" in done.output or "GDP-003" in done.output)


def test_the_plan_gives_one_object_per_line_with_verdict_and_reasons(terminal: Terminal) -> None:
    (old,) = terminal.told("retention plan")
    assert (old["id"], old["verdict"]) == ("old", "DESTROY")
    assert "REC-007" in old["reasons"]
    assert old["purposes"][0]["tag"] == "quality_audio"
    planned = terminal.told(f"retention plan --at {LATER}")
    assert {one["id"]: one["verdict"] for one in planned} == dict.fromkeys(("old", "one", "two", "sale"), "DESTROY")
    assert terminal.told("recordings show old")[0]["state"] == "SEALED"


def test_a_run_destroys_what_is_due_and_certifies_it(terminal: Terminal) -> None:
    (done,) = terminal.told("retention run")
    assert (done["ok"], done["destroyed"]) == (True, ["old"])
    shown = terminal.told("recordings show old")[0]
    assert (shown["state"], shown["key"]) == ("PURGED", "destroyed")
    certificates = [event for event in shown["events"] if event["kind"] == "certificate.destruction"]
    assert len(certificates) == 1
    assert len(certificates[0]["body"]["signature"]) == 128
    assert list(terminal.house.store_dir.glob("??/??/old*")) == []
    assert terminal.told("retention run")[0]["destroyed"] == []
    terminal.house.must_be_whole()


def report(house: House, *call_ids: str, at: datetime) -> None:
    """Report calls, each with one leg."""
    archive = house.archive()
    try:
        for call_id in call_ids:
            recording_id = call_id.removeprefix("call-of-") if call_id.startswith("call-of-") else None
            row = replace(a_call(1), call_id=call_id, recording_id=recording_id, started_at=at, ended_at=at)
            archive.call_log.add(row, legs=[a_leg(row, "1")])
    finally:
        archive.close()


def reported(house: House) -> list[str]:
    archive = house.archive()
    try:
        return [row.call_id for row in archive.call_log.find()]
    finally:
        archive.close()


def test_reports_of_calls_are_planned_and_destroyed_with_their_legs_by_the_same_commands(terminal: Terminal) -> None:
    began = NOW - timedelta(days=400)
    report(terminal.house, "long ago", "call-of-old", at=began)
    report(terminal.house, "lately", at=CALLED)
    ask = "hold request old --case Litige~12 --owner juriste --basis 17.3.e~legal~claims --actor anne"
    hold_id = terminal.told(ask)[0]["id"]
    for actor in ("bruno", "chloe"):
        terminal.told(f"hold approve {hold_id} --actor {actor}")
    *_, planned = terminal.told("retention plan")
    assert (planned["document"], planned["verdict"], planned["count"]) == ("call_report", "DESTROY", 1)
    assert (planned["kept"], planned["held_by"], planned["reasons"]) == (1, [hold_id], ["RET-001"])
    assert planned["earliest"] == planned["latest"]
    said = terminal.run("retention plan").output
    assert "relevés" in said
    assert "1 à détruire, 2 à garder." in said
    (done,) = terminal.told("retention run")
    assert done["ok"] is True
    assert (done["reports"]["count"], done["reports"]["legs"], done["reports"]["kept"]) == (1, 1, 1)
    assert f"1 relevés d'appel gardés : gels {hold_id}." in terminal.run("retention run").output
    # It is kept, and shown to nobody.
    assert reported(terminal.house) == ["lately", "call-of-old"]
    assert [one["call_id"] for one in terminal.told("calls legs --reason contrôle")] == ["lately"]
    terminal.told(f"hold release {hold_id} --reason jugement --actor anne")
    assert "1 relevés d'appel détruits, avec 1 branches." in terminal.run("retention run").output
    assert reported(terminal.house) == ["lately"]
    assert terminal.kinds().count("reports.destroyed") == 2
    assert terminal.told("audit verify")[0]["ok"] is True


def test_an_event_moves_the_deadline_and_a_refusal_destroys_at_once(terminal: Terminal) -> None:
    (offer,) = terminal.told("recordings event sale signature --reference C-9 --actor sales")
    assert [move["tag"] for move in offer["moves"]] == ["sales_audio"]
    shown = terminal.told("recordings show sale")[0]
    assert datetime.fromisoformat(shown["deadline"]) > NOW + timedelta(days=700)
    assert "business.event" in [event["kind"] for event in shown["events"]]
    (again,) = terminal.told(
        f"recordings event sale signature --reference C-9 --at {offer['moves'][0]['after'][:10]}", code=1
    )
    assert "futur" in again["error"]
    record(terminal.house, "sale-2", program="prospecting")
    (refused,) = terminal.told("recordings event sale-2 refusal")
    assert refused["verdict"] == "DESTROY"
    assert refused["run"]["destroyed"] == ["sale-2"]
    terminal.told("recordings event sale-2 signature", code=1)


def test_a_hold_needs_two_others_keeps_what_it_lists_and_lets_go_when_released(terminal: Terminal) -> None:
    record(terminal.house, "old-2", at=NOW - timedelta(days=400))
    ask = "hold request old --case Litige~12 --owner juriste --basis 17.3.e~legal~claims --actor anne"
    (hold,) = terminal.told(ask)
    hold_id = hold["id"]
    assert hold["state"] == "REQUESTED"
    assert "approuver" in str(terminal.told(f"hold approve {hold_id} --actor anne", code=1))
    assert terminal.told(f"hold approve {hold_id} --actor bruno")[0]["state"] == "REQUESTED"
    assert terminal.told(f"hold approve {hold_id} --actor bruno", code=1)
    assert terminal.told(f"hold approve {hold_id} --actor chloe --role legal")[0]["state"] == "ACTIVE"
    assert [one["id"] for one in terminal.told("hold list --state ACTIVE")] == [hold_id]
    (done,) = terminal.told("retention run")
    assert done["destroyed"] == ["old-2"]
    assert [(one["id"], one["verdict"], one["held_by"]) for one in done["kept"]] == [("old", "KEEP", [hold_id])]
    # A hold keeps; it opens nothing.
    terminal.told("recordings export old {}/a.wav --reason x", code=1)
    assert terminal.told(f"hold release {hold_id} --reason jugement --actor anne")[0]["state"] == "RELEASED"
    assert terminal.told("retention run")[0]["destroyed"] == ["old"]
    kinds = terminal.kinds()
    assert [kind for kind in kinds if kind.startswith("hold.")] == [
        "hold.requested", "hold.approved", "hold.approved", "hold.released",
    ]  # fmt: skip


def test_bars_are_listed_without_a_number_and_only_an_unproven_one_is_lifted(terminal: Terminal) -> None:
    archive = terminal.house.archive()
    try:
        ports, register = archive.vault.ports, archive.do_not_call
        for number, known in ((1, KnownBy.DIALLED), (2, KnownBy.CLAIMED)):
            entry = register.entry_of(f"tel:061234567{number}", scope="sales")
            barred = Barred(entry=entry, scope="sales", rule="CAN-012", known_by=known.value)
            bar(ports, register, barred, call_id=f"call-{number}", recording_id="")
    finally:
        archive.close()
    claimed, dialled = terminal.told("do-not-call list")
    assert [(one["known_by"], one["verified"], one["liftable"]) for one in (claimed, dialled)] == [
        ("claimed", False, True),
        ("dialled", True, False),
    ]
    assert {"entry", "scope", "added_at", "refreshed_at", "program", "call_id", "rule_id"} <= set(claimed)
    assert terminal.told("do-not-call list --unverified") == [claimed]
    assert "61234567" not in terminal.run("do-not-call list").output + str(claimed)
    (refused,) = terminal.told(f"do-not-call lift {dialled['entry'][:12]} --reason usurpé --role dpo", code=1)
    assert "consentement" in refused["error"]
    (lifted,) = terminal.told(f"do-not-call lift {claimed['entry'][:12]} --reason usurpé --role dpo --actor anne")
    assert (lifted["ok"], lifted["entry"]) == (True, claimed["entry"])
    assert terminal.told("do-not-call list") == [dialled]
    assert [kind for kind in terminal.kinds() if kind.startswith("do_not_call")] == [
        "do_not_call.added",
        "do_not_call.added",
        "do_not_call.lifted",
    ]
    assert terminal.run("audit verify").exit_code == 0


def test_pages_of_a_search_follow_one_another_without_hole_or_repetition(terminal: Terminal) -> None:
    for number in range(7):
        record(terminal.house, f"page-{number}", at=CALLED + timedelta(hours=number // 2))
    whole = [one["id"] for one in terminal.told("recordings list")]
    assert len(whole) == len(set(whole)) == 11
    paged: list[str] = []
    while page := terminal.told(f"recordings list --limit 3 {f'--after {paged[-1]}' if paged else ''}"):
        paged += [one["id"] for one in page]
    assert paged == whole
    due = [one["id"] for one in terminal.told(f"recordings list --due-before {LATER} --program hotline-quality")]
    assert due[0] == "old"
    first, *_ = terminal.told(f"recordings list --due-before {LATER} --limit 4")
    assert first["id"] == "old"


def test_a_copy_has_a_signed_manifest_with_hashes_policy_events_and_chain(terminal: Terminal) -> None:
    house = terminal.house
    before = {path: path.read_bytes() for path in house.store_dir.rglob("*.ivr")}
    (manifest,) = terminal.told("recordings export one {}/a.wav --reason évaluation --actor dpo")
    copy = house.folder / "a.wav"
    assert manifest["copy_sha256"] == hashlib.sha256(copy.read_bytes()).hexdigest()
    with wave.open(str(copy)) as file:
        assert file.getnchannels() == 2
    text = (house.folder / "a.wav.json").read_bytes()
    signature = bytes.fromhex((house.folder / "a.wav.json.sig").read_text())
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(manifest["public_key"])).verify(signature, text)
    assert json.loads(text) == manifest
    assert (manifest["audience"], manifest["role"], manifest["exported_by"]) == ("internal", "dpo", "dpo")
    assert manifest["policy_id"]
    kinds = [event["kind"] for event in manifest["chain"]["events"]]
    assert kinds == ["disclosure.played", "recording.started", "recording.sealed", "recording.exported"]
    assert manifest["chain"]["checkpoint"]["key_id"] == manifest["key_id"]
    assert {path: path.read_bytes() for path in house.store_dir.rglob("*.ivr")} == before
    assert all(path.stat().st_mode & 0o077 == 0 for path in house.folder.glob("a.wav*"))
    terminal.told("recordings export one {}/a.wav --reason évaluation --actor dpo")
    mine = house.folder / "mine.wav"
    mine.write_bytes(b"mine")
    terminal.told("recordings export one {}/mine.wav --reason évaluation --actor dpo", code=3)
    assert mine.read_bytes() == b"mine"


def test_an_authority_is_handed_a_folder_of_what_its_query_finds(terminal: Terminal) -> None:
    record(terminal.house, "sale-2", program="prospecting")
    ask = (
        "recordings export {}/acpr --program prospecting --for authority --authority ACPR --reference A-88"
        " --verified-by juriste --reason contrôle --role compliance_officer --actor conformité"
    )
    terminal.told(ask, code=1)
    (index,) = terminal.told(f"{ask} --approved-by dpo")
    folder = terminal.house.folder / "acpr"
    assert {one["recording_id"] for one in index["recordings"]} == {"sale", "sale-2"}
    for one in index["recordings"]:
        assert hashlib.sha256((folder / one["file"]).read_bytes()).hexdigest() == one["copy_sha256"]
    assert (folder / "index.json.sig").is_file()
    assert (index["authority"], index["reference"], index["approved_by"]) == ("ACPR", "A-88", "dpo")
    kinds = terminal.kinds()
    assert (kinds.count("recording.exported"), kinds.count("access.denied")) == (2, 1)


def test_a_vcon_holds_the_audio_the_parties_and_their_lawful_basis_and_no_words(terminal: Terminal) -> None:
    terminal.told("recordings export one {}/a.vcon --reason portabilité")
    vcon = json.loads((terminal.house.folder / "a.vcon").read_text())
    (dialog,) = vcon["dialog"]
    assert [party["role"] for party in vcon["parties"]] == ["customer", "ivr"]
    assert (dialog["type"], dialog["mediatype"], dialog["encoding"]) == ("recording", "audio/ogg", "base64url")
    assert dialog["parties"] == [0, [1]]
    audio = base64.urlsafe_b64decode(dialog["body"] + "=" * (-len(dialog["body"]) % 4))
    assert audio.startswith(b"OggS")
    digest = base64.urlsafe_b64encode(hashlib.sha512(audio).digest()).rstrip(b"=").decode()
    assert dialog["content_hash"] == f"sha512-{digest}"
    (basis,) = vcon["attachments"]
    assert (basis["type"], basis["encoding"], basis["party"], basis["dialog"]) == ("lawful_basis", "json", 0, 0)
    assert basis["body"]["lawful_basis"] == "legitimate_interests"
    assert basis["body"]["expiration"]
    assert {grant["purpose"] for grant in basis["body"]["purpose_grants"]} >= {"recording"}
    assert all(grant["granted"] is True for grant in basis["body"]["purpose_grants"])
    assert basis["body"]["proof_mechanisms"][0]["proof_data"]["kind"] == "disclosure.played"
    assert vcon["extensions"] == ["CC", "lawful_basis"]
    assert "text" not in {key for event in basis["body"]["proof_mechanisms"] for key in event["proof_data"]}


def test_the_evidence_is_exported_signed_and_found_whole_by_the_verifier(terminal: Terminal) -> None:
    terminal.told("retention run")
    (manifest,) = terminal.told("audit export {}/evidence")
    folder = terminal.house.folder / "evidence"
    key = terminal.house.folder / "key.pem"
    shutil.copyfile(folder / "public-key.pem", key)
    verifier = str(REPOSITORY / "tools" / "verify_audit.py")
    done = subprocess.run(
        [sys.executable, "-I", verifier, str(folder), "--key", str(key)],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, f"whole: {manifest['events']} events\n")


def test_retention_is_built_on_the_settings(stocked: House) -> None:
    archive = stocked.archive()
    try:
        retention = open_retention(stocked.settings(), archive)
        assert [item.stored.recording_id for item in retention.run.plan()] == ["old"]
    finally:
        archive.close()


def test_a_clock_that_the_evidence_speaks_against_destroys_nothing_until_somebody_says_why(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    ten_years = datetime.now(UTC) + timedelta(days=3650)
    monkeypatch.setattr(SystemClock, "now", lambda self: ten_years)
    refused = terminal.run("retention run")
    assert refused.exit_code == 1
    assert "sans aucune preuve" in refused.stderr
    (told,) = terminal.told("doctor", code=1)
    assert [check["ok"] for check in told["checks"] if check["name"] == "horloge"] == [False]
    assert terminal.run("keys prune").exit_code == 1
    assert {row["state"] for row in terminal.told("recordings list")} == {"SEALED"}
    (done,) = terminal.told("retention run --clock-reason horloge~vérifiée --actor ana")
    assert len(done["destroyed"]) == 4
    assert "clock.accepted" in terminal.kinds()
