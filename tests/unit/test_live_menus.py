"""A program of the shipped house names a menu: what settings refuse, what is spoken, and what `ivr lint` finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.bootstrap.menu_check import menu_findings
from ivr.bootstrap.prompt_check import refuse_unlawful_prompts
from ivr.bootstrap.prompt_library import PromptLibrary, sound_name
from ivr.errors import EXIT_USAGE, ConfigurationError
from ivr.french import french
from ivr.settings import load_settings
from tests.fakes.shipped import copied_config

PROGRAM, MENU = "programs/hotline-quality.toml", "menus/hotline.toml"
NAMES = ("remboursements", "cartes", "cotisations", "contrats", "hospitalisation", "english")
QUEUES = '[agents.marie]\nuris = ["sip:marie@127.0.0.1:5070"]\n' + "".join(f"[queues.{name}]\n" for name in NAMES)
CLOSED = '[nodes.ferme]\nkind = "hang_up"\nprompt = "menu-goodbye"\n'


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped house with its menu in use, as docs/menus.md tells how."""
    folder = copied_config(tmp_path / "config")
    edit(folder / PROGRAM, 'agent_uri = ""', 'menu = "hotline"\nagent_uri = "sip:conseil@127.0.0.1:5070"')
    (folder / "queues.toml").write_text(QUEUES, "utf-8")
    text = (folder / MENU).read_text("utf-8")
    head, _, rest = text.partition("[nodes.ferme]")
    rest = rest[rest.index("[nodes.remboursements]") :]
    kept = rest.partition("[nodes.rappel]")[0]
    (folder / MENU).write_text(head + CLOSED + kept, "utf-8")
    return folder


def test_a_house_that_is_set_up_as_the_manual_says_loads_and_may_be_said(config: Path) -> None:
    settings = load_settings(config, {})
    assert settings.program("hotline-quality").menu == "hotline"
    said = {one.prompt.id for one in settings.spoken()}
    assert {"menu-welcome", "menu-contract", "menu-no-answer", "menu-emergency", "queue-full"} <= said
    refuse_unlawful_prompts(settings)
    assert menu_findings(load_settings(config, {}, menus=False), [config]) == []


def test_every_way_a_menu_says_a_prompt_has_a_sound_of_its_own(config: Path) -> None:
    settings = load_settings(config, {})
    names = {sound_name(one.prompt) for one in settings.spoken() if one.prompt.id == "menu-not-understood"}
    assert len(names) == 3, "in French, in English, and in both"
    assert (
        PromptLibrary(settings).count > PromptLibrary(load_settings(copied_config(config.parent / "plain"), {})).count
    )


def test_a_menu_that_no_program_names_is_neither_said_nor_held_against_queues(tmp_path: Path) -> None:
    settings = load_settings(copied_config(tmp_path / "config"), {})
    assert settings.menus
    assert not [one for one in settings.spoken() if one.moment.startswith("menu.")]


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "remedy"),
    [
        (PROGRAM, 'menu = "hotline"\n', 'menu = "hotlin"\n', "menu", "did you mean 'hotline'?"),
        (PROGRAM, 'agent_uri = "sip:conseil@127.0.0.1:5070"', 'agent_uri = ""', "menu", "Write queue or agent_uri"),
        (MENU, 'programs = ["hotline-quality"]', "programs = []", "programs", "hotline-quality"),
        (MENU, 'queue = "cartes"', 'queue = "carte"', "nodes.tiers-payant.queue", "did you mean 'cartes'?"),
        (MENU, 'kind = "hang_up"', 'kind = "voicemail"', "nodes.ferme.kind", 'kind = "hang_up"'),
        (MENU, 'kind = "hang_up"', 'kind = "callback"', "nodes.ferme.kind", 'kind = "hang_up"'),
    ],
)
def test_what_calls_cannot_play_is_refused_and_found(
    config: Path, file: str, old: str, new: str, key: str, remedy: str
) -> None:
    edit(config / file, old, new)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(config, {})
    assert (caught.value.file, caught.value.key) == (str(config / file), key)
    assert remedy in caught.value.remedy
    assert caught.value.exit_code == EXIT_USAGE
    assert french(caught.value.what) != caught.value.what
    (finding,) = menu_findings(load_settings(config, {}, menus=False), [config])
    assert finding.file == str(config / file)
    assert finding.rule == "MENU"
    lines = (config / file).read_text("utf-8").splitlines()
    assert lines[finding.line - 1].startswith(key.rpartition(".")[2])


def test_a_folder_of_another_house_is_held_against_its_own_queues(config: Path, tmp_path: Path) -> None:
    installed = load_settings(copied_config(tmp_path / "installed"), {}, menus=False)
    assert menu_findings(installed, [config]) == []
    (config / "queues.toml").write_text("", "utf-8")
    assert {one.kind for one in menu_findings(installed, [config])} == {"no_queue"}
