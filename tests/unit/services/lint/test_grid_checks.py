"""A grid that has a reviewer note what an analysis may not hold is refused with the rule; one that judges is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli.script_check import lint as lint_command
from ivr.services.lint.lint import Finding, lint_grid
from tests.unit.services.lint.test_lint import CONFIG, PHRASES, SETTINGS, lint


def grid_of(text: str, help_: str = "", kind: str = "text") -> str:
    return (
        'id = "g"\nversion = "1"\ntitle = "Grille"\npass_mark = 50\n[[sections]]\nid = "s"\ntitle = "Section"\n'
        f'[[sections.questions]]\nid = "q"\nkind = "{kind}"\ntext = {json.dumps(text, ensure_ascii=False)}\n'
        f"help = {json.dumps(help_, ensure_ascii=False)}\n"
    )


def found(text: str, help_: str = "") -> list[Finding]:
    return lint_grid(grid_of(text, help_), file="g.toml", profile=SETTINGS.profile, phrases=PHRASES)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Notez le numéro de sécurité sociale", "REC-018"),
        ("NIR de l'adhérent", "REC-018"),
        ("IBAN communiqué", "REC-018"),
        ("Relevez le numéro de la carte bancaire", "REC-018"),
        ("Indiquer le diagnostic évoqué", "REC-018"),
        ("De quelle maladie souffre l'adhérent ?", "REC-018"),
        ("Quel est le motif médical de l'appel ?", "REC-018"),
        ("État de santé de l'appelant", "REC-018"),
        ("Motif de l'hospitalisation", "REC-018"),
        ("Recopiez les propos du client", "REC-018"),
        ("Verbatim marquant", "REC-018"),
        ("Mot de passe de l'espace adhérent", "ASK-002"),
    ],
)
def test_a_grid_that_has_it_noted_is_refused_with_the_rule(text: str, rule: str) -> None:
    assert [(one.rule, one.line) for one in found(text)] == [(rule, 11)]
    assert [one.rule for one in found("La réponse est exacte", text)] == [rule]


@pytest.mark.parametrize(
    "text",
    [
        "Le conseiller a-t-il demandé le RIB ?",
        "Le conseiller demande le numéro de sécurité sociale",
        "Le conseiller n'a demandé ni NIR ni coordonnées bancaires",
        "Le RIB a été demandé",
        "Notez si le conseiller a demandé le RIB",
        "Ne notez jamais de NIR ni de RIB.",
        "Ne citez pas les propos du client",
        "Noter la qualité du traitement de la demande",
        "Le traitement de la demande est rapide",
        "L'identité est vérifiée par la date de naissance",
    ],
)
def test_a_grid_may_ask_whether_the_agent_did_right_with_it(text: str) -> None:
    assert found(text) == []


def test_the_command_says_of_a_grid_that_could_not_be_imported_what_is_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "g.toml"
    path.write_text(grid_of("La réponse est exacte", kind="yes_on"), "utf-8")
    result = CliRunner().invoke(lint_command, [str(path), "--json"], env={"IVR_CONFIG": str(CONFIG)})
    said = json.loads(result.stdout)
    assert (result.exit_code, said["kind"], said["words"]) == (1, "wrong_grid", "sections.0.questions.0.kind")


def test_the_command_reads_a_grid_as_a_grid_and_what_is_shipped_has_no_fault(tmp_path: Path) -> None:
    assert lint(CONFIG / "grids") == []
    path = tmp_path / "g.toml"
    path.write_text(grid_of("Notez l'IBAN du client", kind="yes_no"), "utf-8")
    (fault,) = lint(path)
    assert (fault.rule, fault.kind, fault.line, fault.words) == (
        "REC-018", "forbidden_note", 11, "Notez l'IBAN du client",
    )  # fmt: skip
