"""What is wrong is said with its place and its remedy, ends with the right code, and harms nothing that was stored."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr_demo.softphone_process import SoftphoneProcess
from tests.integration.house import Done, House, Serving, run
from tests.integration.sounds import noise, write_wav

#: What fits on the full disk, and a call that needs more: A-law in stereo takes 16,000 bytes a second.
_FITS = 512 * 1024
_SECONDS = 40.0


def refused(house: House, *arguments: str, code: int, said: list[str], **env: str) -> str:
    """Run a command that must be refused in one sentence with a remedy, and no traceback; a node in its process."""
    ivr: Callable[..., Done] = house.ivr_process if arguments[0] == "serve" else house.ivr
    done = ivr(*arguments, **env)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "→" in done.stderr, f"no remedy in: {done.stderr}"
    for word in said:
        assert word in done.stderr
    assert processes_of(house) == []
    assert list(house.temp_dir.glob("ivr-*")) == []
    return done.stderr


def processes_of(house: House) -> list[str]:
    """The processes that run with this house's folders."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and str(house.folder).encode() in (entry / "cmdline").read_bytes():
                found.append(entry.name)
        except OSError:
            continue
    return found


# ---- the configuration: exit 2


def test_an_unknown_program_is_named_with_the_nearest_one(house: House) -> None:
    refused(
        house, "call", "sip:x@127.0.0.1", "--program", "prospection", code=2, said=["prospection", "« prospecting »"]
    )
    refused(house, "listen", "x.wav", "--program", "hotline", code=2, said=["hotline-quality"])


def test_an_unknown_key_in_the_file_is_named_with_the_nearest_one(house: House) -> None:
    file = house.config_dir / "ivr.toml"
    file.write_text(file.read_text("utf-8").replace("\ncodecs =", "\ncodec =", 1), "utf-8")
    refused(house, "serve", code=2, said=[str(file), "sip.codec", "« codecs »"])


def test_an_unknown_key_in_the_environment_is_named_with_the_nearest_one(house: House) -> None:
    refused(house, "serve", code=2, said=["IVR_SIP__PROT", "« port »"], IVR_SIP__PROT="5060")


def test_a_value_that_cannot_be_names_the_variable_that_holds_it(house: House) -> None:
    refused(house, "serve", code=2, said=["IVR_SIP__PORT"], IVR_SIP__PORT="99999")


def test_a_prompt_that_a_program_names_and_nobody_wrote_is_named(house: House) -> None:
    file = house.config_dir / "programs" / "hotline-quality.toml"
    file.write_text(file.read_text("utf-8").replace('menu = "hotline-menu"', 'menu = "hotline-menue"'), "utf-8")
    refused(house, "serve", code=2, said=[str(file), "hotline-menue", "« hotline-menu »"])


def test_a_config_folder_that_is_not_there_is_named(house: House) -> None:
    refused(house, "doctor", code=2, said=["/no/such/folder", "IVR_CONFIG"], IVR_CONFIG="/no/such/folder")


# ---- the machine: exit 3


def test_a_prompt_without_sound_is_named_before_any_call_is_taken(house: House) -> None:
    for file in (house.data_dir / "prompts" / "synthetic").glob("doubt-v*"):
        file.unlink()
    refused(house, "serve", code=3, said=["le message « doubt » n'a pas de son", "ivr init"])


def test_a_key_file_that_others_may_read_is_refused(house: House) -> None:
    kek = house.data_dir / "keys" / "kek"
    kek.chmod(0o644)
    refused(house, "serve", code=3, said=[str(kek), "chmod 600"])
    refused(house, "recordings", "list", code=3, said=[str(kek), "chmod 600"])


def test_a_file_that_is_no_key_is_refused(house: House) -> None:
    kek = house.data_dir / "keys" / "kek"
    kek.write_text("not a key\n")
    refused(house, "recordings", "list", code=3, said=[str(kek)])


def test_another_nodes_key_opens_nothing_and_the_right_one_still_does(house: House, tmp_path: Path) -> None:
    recording_id = run(a_call(house, tmp_path))
    house.must_be_whole()
    kek, right = house.data_dir / "keys" / "kek", tmp_path / "right"
    kek.rename(right)
    assert house.ivr("init").returncode in (0, 3)
    if kek.exists():
        done = house.ivr("recordings", "verify")
        assert done.returncode == 1
        assert recording_id in done.stdout
        assert house.ivr("recordings", "export", recording_id, str(tmp_path / "a.wav"), "--reason", "x").returncode == 1
        kek.unlink()
    shutil.copy2(right, kek)
    house.must_be_whole()


def test_a_node_without_its_speech_model_does_not_start(house: House) -> None:
    nowhere = str(house.folder / "nowhere")
    refused(house, "serve", code=3, said=[nowhere, "ivr init"], IVR_EAR__MODEL_DIR=nowhere)


def test_a_node_that_was_never_installed_says_so(house: House) -> None:
    shutil.rmtree(house.data_dir)
    refused(house, "serve", code=3, said=[str(house.data_dir)])
    refused(house, "recordings", "list", code=3, said=[str(house.data_dir)])


@pytest.mark.parametrize("key", ["NODE__DATA_DIR", "RECORDING__STORE_DIR"])
def test_a_file_in_the_place_of_a_folder_is_named(key: str, house: House) -> None:
    file = house.folder / "file"
    file.write_text("")
    refused(house, "init", code=3, said=[str(file)], **{f"IVR_{key}": str(file / "inside")})


def test_a_file_in_the_place_of_the_prompts_is_named(house: House) -> None:
    shutil.rmtree(house.data_dir / "prompts")
    (house.data_dir / "prompts").write_text("")
    refused(house, "init", code=3, said=[str(house.data_dir / "prompts")])


def test_a_database_that_is_none_is_named_and_left_alone(house: House) -> None:
    file = house.data_dir / "ivr.sqlite3"
    file.write_bytes(b"this is no database " * 500)
    for stray in house.data_dir.glob("ivr.sqlite3-*"):
        stray.unlink()
    refused(house, "recordings", "list", code=3, said=["ivr.sqlite3"])
    assert file.read_bytes().startswith(b"this is no database")


@pytest.mark.sip
@pytest.mark.ear
def test_a_sip_port_that_is_taken_is_named_and_nothing_stays_behind(house: House) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        refused(house, "serve", code=3, said=[f"127.0.0.1:{port}", "sip.port"], IVR_SIP__PORT=str(port))


def test_a_registrars_password_that_cannot_be_read_is_named(house: House) -> None:
    missing = str(house.folder / "password")
    house.extra |= {
        "IVR_SIP__REGISTRAR__URI": "sip:127.0.0.1",
        "IVR_SIP__REGISTRAR__USERNAME": "ivr",
        "IVR_SIP__REGISTRAR__PASSWORD_FILE": missing,
    }
    refused(house, "serve", code=3, said=[missing, "password_file"])


def test_a_temporary_folder_too_deep_for_a_socket_is_named(house: House) -> None:
    deep = house.folder / ("d" * 100)
    deep.mkdir()
    refused(house, "serve", code=3, said=[str(deep), "TMPDIR"], TMPDIR=str(deep))
    assert list(deep.iterdir()) == []


# ---- a disk that is full


async def a_call(house: House, tmp_path: Path, *, seconds: float = 1.5, state: str = "SEALED", **env: str) -> str:
    """One call with a noisy caller; returns the recording's id."""
    wav = write_wav(tmp_path / f"noise-{seconds:g}.wav", noise(seconds, seed=41))
    async with Serving(house, **env) as serving, SoftphoneProcess("--codecs", "PCMA") as phone:
        await phone.call(serving.uri)
        await serving.until("recording.state", state="CAPTURING")
        await phone.speak(wav)
        await phone.expect("spoke")
        await phone.hangup()
        report = await serving.until("call.reported", recording_state=state)
        assert report["disposition"] == "ANSWERED"
        return str(report["recording_id"])


@pytest.mark.sip
@pytest.mark.ear
def test_on_a_full_disk_the_call_goes_on_and_what_fitted_is_kept_and_whole(house: House, tmp_path: Path) -> None:
    house.extra["IVR_RECORDING__CODEC"] = "alaw"
    before = run(a_call(house, tmp_path))
    # No recording may grow beyond this in the line's process; the database is far smaller.
    limited = house.folder / "limited"
    limited.mkdir()
    (limited / "sitecustomize.py").write_text(
        "import resource, sys\n"
        "if any('line_process' in word for word in sys.orig_argv):\n"
        f"    resource.setrlimit(resource.RLIMIT_FSIZE, ({_FITS}, {_FITS}))\n"
    )
    path = os.pathsep.join([str(limited), *filter(None, [os.environ.get("PYTHONPATH", "")])])
    damaged = run(a_call(house, tmp_path, seconds=_SECONDS, state="DAMAGED", PYTHONPATH=path))
    house.must_be_whole()
    shown = house.ivr_json("recordings", "show", damaged)
    assert shown["state"] == "DAMAGED"
    assert house.ivr_json("recordings", "show", before)["state"] == "SEALED"
