"""`ivr lint` on menus: each fault at its line, and what a menu has said is read as its programs say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.bootstrap.menu_check import menu_findings
from ivr.french import french
from ivr.services.lint.lint import Finding, lint_paths
from ivr.settings import load_settings
from tests.fakes.shipped import copied_config
from tests.unit.services.lint.rig import PHRASES, SETTINGS

MENU = Path("menus") / "hotline.toml"
PROMPTS = Path("prompts") / "menu.toml"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return copied_config(tmp_path / "config")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def line_with(path: Path, words: str) -> int:
    lines = path.read_text("utf-8").splitlines()
    return next(at for at, line in enumerate(lines, start=1) if words in line)


def lint(config: Path) -> list[Finding]:
    """All that `ivr lint` says of a folder's menus and of what they have said."""
    settings = load_settings(config, {}, menus=False)
    paths = [config / "menus", config / PROMPTS]
    said = lint_paths(paths, profile=settings.profile, phrases=PHRASES, controller=settings.controller.name)
    return said + menu_findings(settings, paths)


def test_what_is_shipped_has_no_finding(config: Path) -> None:
    assert lint(config) == []


@pytest.mark.parametrize(
    ("old", "new", "rule", "kind", "at"),
    [
        ("[nodes.au-revoir]", '[nodes.lost]\nkind = "agent"\n[nodes.au-revoir]', "MENU", "unreachable", "[nodes.lost]"),
        ('to = "cotisations"', 'to = "cotisation"', "MENU", "dead_end", '"cotisation"'),
        ('fallback = "au-revoir"', 'fallback = "ferme"', "MENU", "dead_end", 'fallback = "ferme"'),
        ('prompt = "menu-contract"', 'prompt = "menu-contrat"', "MENU", "missing_prompt", '"menu-contrat"'),
        ('prompt = "menu-emergency"', 'prompt = "menu-urgence"', "MENU", "missing_prompt", '"menu-urgence"'),
        ('key = "4", to', 'key = "2", to', "MENU", "key_twice", 'key = "2"'),
        ('key = "4", to', 'key = "9", to', "REC-004", "objection_key", 'key = "9"'),
        ('programs = ["hotline-quality"]', 'programs = ["hotline"]', "MENU", "no_program", '"hotline"'),
        ('kind = "callback"', 'kind = "calback"', "MENU", "wrong_menu", '"calback"'),
        ('public_holidays = "FR"', 'public_holidays = "67"', "MENU", "wrong_menu", '"67"'),
        ("timeout_s = 6.0", "timeout = 6.0", "MENU", "wrong_menu", "timeout = 6.0"),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_line(config: Path, old: str, new: str, rule: str, kind: str, at: str) -> None:
    edit(config / MENU, old, new)
    (finding,) = [one for one in lint(config) if one.kind != "unreachable" or kind == "unreachable"]
    assert (finding.rule, finding.kind) == (rule, kind)
    assert finding.file == str(config / MENU)
    assert finding.line == line_with(config / MENU, at)
    assert french(finding.reason) != finding.reason


def test_all_faults_are_told_and_not_only_the_first(config: Path) -> None:
    edit(config / MENU, 'key = "4", to', 'key = "9", to')
    edit(config / MENU, 'prompt = "menu-contract"', 'prompt = "nothing"')
    assert {one.kind for one in lint(config)} == {"objection_key", "missing_prompt"}


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ("Tapez les treize chiffres de votre numéro de sécurité sociale.", "ASK-002"),
        ("Tapez les quinze chiffres qui figurent sur votre carte Vitale.", "ASK-002"),
        ("Tapez les seize chiffres de votre carte bancaire.", "ASK-002"),
        ("Tapez les vingt-sept caractères de votre IBAN.", "ASK-002"),
        ("Tapez les treize chiffres, puis dièse.", "ASK-004"),
        ("Quel est votre numéro de sécurité sociale ?", "ASK-002"),
    ],
)
def test_a_menu_that_has_a_forbidden_number_asked_for_is_told(config: Path, asked: str, rule: str) -> None:
    edit(config / PROMPTS, "Nous notons votre demande de rappel.", asked)
    findings = lint(config)
    assert {(one.file, one.line) for one in findings} == {(str(config / PROMPTS), line_with(config / PROMPTS, asked))}
    assert {"ASK-002", "ASK-004"} >= {one.rule for one in findings} >= {rule} or rule == "ASK-002"


@pytest.mark.parametrize("digits", [3, 13, 15, 16, 27])
def test_a_node_that_collects_so_many_keys_is_told(config: Path, digits: int) -> None:
    edit(config / MENU, "[nodes.rappel]", f"[nodes.rappel]\ndigits = {digits}")
    assert ("ASK-004", line_with(config / MENU, "digits =")) in {(one.rule, one.line) for one in lint(config)}


def test_what_callers_say_is_no_question_of_ours(config: Path) -> None:
    edit(config / MENU, '"un remboursement", ', '"vous voulez mon numéro de sécurité sociale ?", "un remboursement", ')
    assert lint(config) == []


def test_a_prompt_of_a_menu_is_read_as_the_program_that_it_serves(config: Path) -> None:
    """A birth date may be asked of who calls us, and of nobody whom we call."""
    edit(config / PROMPTS, "Nous notons votre demande de rappel.", "Quelle est votre date de naissance ?")
    assert lint(config) == []
    edit(config / MENU, 'programs = ["hotline-quality"]', 'programs = ["prospecting"]')
    assert [one.rule for one in lint(config)] == ["ASK-001"]


def test_a_prompt_names_the_key_of_the_program_that_says_it(config: Path) -> None:
    words = "Pour refuser l'enregistrement, appuyez sur la touche 8."
    edit(config / PROMPTS, "Nous notons votre demande de rappel.", words)
    assert [one.kind for one in lint(config)] == ["wrong_objection_key"]


def test_a_menu_of_another_house_is_held_against_what_lies_beside_it(config: Path) -> None:
    edit(config / PROMPTS, "[prompts.menu-goodbye]", "[prompts.adieu]")
    edit(config / MENU, 'prompt = "menu-goodbye"', 'prompt = "adieu"')
    assert menu_findings(SETTINGS, [config / MENU]) == []


def test_one_without_prompts_beside_it_is_held_against_those_of_this_installation(config: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone" / "hotline.toml"
    alone.parent.mkdir()
    alone.write_text((config / MENU).read_text("utf-8"), "utf-8")
    assert menu_findings(SETTINGS, [alone]) == []
