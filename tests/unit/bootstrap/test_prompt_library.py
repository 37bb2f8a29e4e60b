"""A recorded voice is played for the words it was recorded for, and for no others."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.bootstrap.prompt_check import stale_voices
from ivr.bootstrap.prompt_library import PromptLibrary, sound_name
from ivr.cli.script_check import lint
from ivr.domain.program.program import Prompt
from ivr.errors import HostError
from ivr.settings import Settings, default_config_dir, load_settings

CONFIG = default_config_dir({})
NOTICE = "hotline-disclosure"


def installed(folder: Path, **env: str) -> Settings:
    """An installation whose synthetic sounds are bytes that name them: what is played is what counts here."""
    settings = load_settings(CONFIG, {"IVR_NODE__DATA_DIR": str(folder), **env})
    synthetic = folder / "prompts" / "synthetic"
    synthetic.mkdir(parents=True, exist_ok=True)
    for spoken in settings.spoken():
        (synthetic / sound_name(spoken.prompt)).write_bytes(b"synthetic")
    return settings


def notice(settings: Settings) -> Prompt:
    return next(spoken.prompt for spoken in settings.spoken() if spoken.prompt.id == NOTICE)


def record(settings: Settings, prompt: Prompt) -> Path:
    path = PromptLibrary(settings).recorded_file(prompt)
    path.write_bytes(b"recorded")
    return path


def test_a_recorded_voice_is_played_instead_of_the_synthetic_one(tmp_path: Path) -> None:
    settings = installed(tmp_path)
    path = record(settings, notice(settings))
    library = PromptLibrary(settings)
    assert library.file(notice(settings)) == path
    assert library.sha256(notice(settings)) == hashlib.sha256(b"recorded").hexdigest()
    assert library.recorded_count == 1
    assert library.stale() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda prompt: replace(prompt, text=prompt.text.replace("Bonjour", "Bonsoir")),
        lambda prompt: replace(prompt, version="2"),
    ],
    ids=["words", "version"],
)
def test_a_recorded_voice_does_not_outlive_its_words_or_their_version(tmp_path: Path, change) -> None:  # type: ignore[no-untyped-def]
    before = installed(tmp_path)
    old = record(before, notice(before))
    after = replace(before, prompts={**before.prompts, NOTICE: change(before.prompts[NOTICE])})
    library = PromptLibrary(after)
    with pytest.raises(HostError, match=sound_name(notice(after))):
        library.file(notice(after))
    (voice,) = library.stale()
    assert (voice.path, voice.prompt_id) == (old, NOTICE)
    assert sound_name(notice(after)) in voice.remedy


def test_another_name_of_the_house_or_another_key_are_other_words(tmp_path: Path) -> None:
    old = record(installed(tmp_path), notice(installed(tmp_path)))
    renamed = installed(tmp_path, IVR_CONTROLLER__NAME="la Mutuelle des Tests")
    library = PromptLibrary(renamed)
    assert library.file(notice(renamed)).read_bytes() == b"synthetic"
    assert [voice.path for voice in library.stale()] == [old]


def test_a_file_named_by_the_id_alone_is_bound_to_no_words_and_not_played(tmp_path: Path) -> None:
    settings = installed(tmp_path)
    bare = tmp_path / "prompts" / f"{NOTICE}.wav"
    bare.write_bytes(b"recorded")
    library = PromptLibrary(settings)
    assert library.file(notice(settings)).read_bytes() == b"synthetic"
    assert [voice.path for voice in library.stale()] == [bare]


def test_lint_tells_of_a_stale_voice_when_the_prompts_of_the_installation_are_checked(tmp_path: Path) -> None:
    settings = installed(tmp_path)
    bare = tmp_path / "prompts" / f"{NOTICE}.wav"
    bare.write_bytes(b"recorded")
    (finding,) = stale_voices(settings)
    assert (finding.file, finding.rule, finding.kind) == (str(bare), "REC-002", "stale_voice")
    env = {"IVR_CONFIG": str(CONFIG), "IVR_NODE__DATA_DIR": str(tmp_path)}
    told = CliRunner().invoke(lint, [str(CONFIG)], env=env)
    assert told.exit_code == 1
    assert bare.name in told.output.replace("\n", "")
    elsewhere = tmp_path / "script.txt"
    elsewhere.write_text("Merci de votre appel.", "utf-8")
    assert CliRunner().invoke(lint, [str(elsewhere)], env=env).exit_code == 0


def test_every_program_has_a_sound_of_its_own_key(tmp_path: Path) -> None:
    settings = installed(tmp_path)
    hotline = replace(settings.programs["hotline-quality"], objection_key="*")
    changed = replace(settings, programs={**settings.programs, "starred": replace(hotline, name="starred")})
    names = {sound_name(spoken.prompt) for spoken in changed.spoken() if spoken.prompt.id == NOTICE}
    assert len(names) == 2
    with pytest.raises(HostError, match=NOTICE):
        PromptLibrary(changed).check()
