"""What is read for `ivr lint`, at which line, and what is no script."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.domain.call.party import Direction
from ivr.errors import ConfigurationError
from ivr.french import french
from ivr.services.lint.lint import lint_paths
from tests.unit.services.lint.rig import PHRASES, SETTINGS, lines, lint


@pytest.mark.parametrize("header", ["direction: outbound\n", "# Appel sortant\n", "# Campagne de prospection\n"])
def test_a_script_may_say_its_direction(tmp_path: Path, header: str) -> None:
    (finding,) = lint(tmp_path, f"{header}\nAgent : Votre date de naissance, s'il vous plaît ?\n")
    assert (finding.line, finding.rule) == (3, "ASK-001")


def test_the_direction_given_decides_when_the_script_says_none(tmp_path: Path) -> None:
    text = "Votre date de naissance, s'il vous plaît ?"
    assert lint(tmp_path, text) == []
    assert lint(tmp_path, text, direction=Direction.INBOUND) == []
    assert [f.rule for f in lint(tmp_path, text, direction=Direction.OUTBOUND)] == ["ASK-001"]


def test_every_text_of_a_toml_script_is_read_at_its_line(tmp_path: Path) -> None:
    text = '''[accueil]
phrase = "Bonjour, que puis-je pour vous ?"
questions = [
    "Quel est votre nom ?",
    "Quel est votre NIR ?",
]
[suite]
text = """\\
  Merci. \\
  Dictez-moi votre IBAN."""
'''
    assert lines(lint(tmp_path, text, name="script.toml")) == [5, 10]


def test_a_tree_is_checked_whole(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.md").write_text("Votre RIB ?", encoding="utf-8")
    (tmp_path / "two.txt").write_text("Votre NIR ?", encoding="utf-8")
    findings = lint_paths([tmp_path], profile=SETTINGS.profile, phrases=PHRASES)
    assert [Path(f.file).name for f in findings] == ["one.md", "two.txt"]


def test_a_file_too_large_to_be_said_is_named_and_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "script.txt"
    with path.open("wb") as file:
        # All holes: whoever read it to its end would be at it when the test's time is over.
        file.truncate(1_000_000_000_000)
    (finding,) = lint_paths([path], profile=SETTINGS.profile, phrases=PHRASES)
    assert finding.kind == "unreadable_file"
    assert "5 Mo" in french(finding.reason)


def test_a_line_too_long_to_be_said_is_named_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "script.txt"
    path.write_text("Bonjour.\n" + "a" * 20_000, "utf-8")
    (finding,) = lint_paths([path], profile=SETTINGS.profile, phrases=PHRASES)
    assert (finding.line, finding.kind) == (2, "unreadable_file")
    assert "10000" in finding.reason


def test_a_device_is_no_script(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="neither a file nor a folder"):
        lint_paths([Path("/dev/zero")], profile=SETTINGS.profile, phrases=PHRASES)


def test_tables_nested_without_end_are_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "menu.toml"
    path.write_text("a = " + "[" * 9_000 + "]" * 900, "utf-8")
    (finding,) = lint_paths([path], profile=SETTINGS.profile, phrases=PHRASES)
    assert finding.kind == "unreadable_file"


def test_a_key_may_hold_any_sign(tmp_path: Path) -> None:
    path = tmp_path / "menu.toml"
    path.write_text('["a(b"]\n"c[d" = "Votre RIB, s\'il vous plaît ?"\n', "utf-8")
    assert [(f.line, f.rule) for f in lint_paths([path], profile=SETTINGS.profile, phrases=PHRASES)] == [(2, "ASK-002")]


def test_the_same_question_under_two_keys_is_named_at_both_lines(tmp_path: Path) -> None:
    path = tmp_path / "menu.toml"
    question = "Donnez-moi votre numéro de carte bancaire."
    path.write_text(f'[menu]\na = "{question}"\nb = [\n  "Bonjour à tous.",\n  "{question}",\n]\n', "utf-8")
    assert [finding.line for finding in lint_paths([path], profile=SETTINGS.profile, phrases=PHRASES)] == [2, 5]
