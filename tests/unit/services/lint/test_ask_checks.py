"""`ivr lint` on scripts: finds each forbidden question at its line, whoever laid the script out, and no mention."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.bootstrap.prompt_check import refuse_unlawful_prompts
from ivr.cli.script_check import lint as lint_command
from ivr.domain.program.program import Prompt, SpokenPrompt
from ivr.services.lint.lint import lint_spoken
from tests.unit.services.lint.rig import CONFIG, PHRASES, SETTINGS, lines, lint

TEN_ASKS = (
    "Pouvez-vous me donner votre numéro de sécurité sociale ?",
    "Vous avez votre carte Vitale sous les yeux ? Vous pouvez me lire le numéro ?",
    "Dictez-moi votre IBAN.",
    "Ça commence par FR76, la suite ?",
    "Les trois petits chiffres derrière, s'il vous plaît.",
    "Vous payez comment ? Je vous écoute pour le numéro.",
    "Quel est votre mot de passe ?",
    "Je vous envoie un code, vous me le répétez.",
    "Tapez les seize chiffres de votre carte suivis de dièse.",
    "Envoyez-moi une photo de la carte.",
)
TEN_MENTIONS = (
    "Nous ne vous demanderons jamais votre RIB par téléphone.",
    "Si quelqu'un vous demande votre code de carte, raccrochez.",
    "Votre RIB est à modifier dans votre espace adhérent.",
    "Nous avons bien reçu votre relevé d'identité bancaire.",
    "Ne me donnez pas votre numéro de carte, je coupe l'enregistrement.",
    "Votre carte Vitale doit être mise à jour en pharmacie.",
    "Avez-vous reçu un appel d'une personne qui demandait votre RIB ?",
    "Je n'ai pas besoin de votre numéro de sécurité sociale.",
    "Si on vous dit « donnez-moi votre code secret », raccrochez.",
    "Le mot de passe se réinitialise sur le site, je ne le connais pas et n'en ai pas besoin.",
)


@pytest.mark.parametrize("name", ["script.md", "script.txt"])
@pytest.mark.parametrize("form", ["{}", "- {}", "Agent : {}", "> {}", "« {} »", "1. {}", "**Conseiller :** {}"])
def test_ten_asks_among_ten_mentions_are_the_ten_found(tmp_path: Path, name: str, form: str) -> None:
    mixed = [line for pair in zip(TEN_MENTIONS, TEN_ASKS, strict=True) for line in pair]
    plain = [line.replace("« ", "").replace(" »", "") if "«" in form else line for line in mixed]
    findings = lint(tmp_path, "\n".join(form.format(line) for line in plain), name=name)
    assert lines(findings) == list(range(2, 21, 2))


def test_a_finding_says_rule_kind_words_reason_and_suggestion(tmp_path: Path) -> None:
    (finding,) = lint(tmp_path, "Bonjour.\nDictez-moi votre IBAN, s'il vous plaît.\n")
    assert (finding.line, finding.rule, finding.kind) == (2, "ASK-002", "forbidden_question")
    assert finding.words == "Dictez-moi votre IBAN, s'il vous plaît."
    assert "coordonnées bancaires" in finding.reason
    assert "espace adhérent" in finding.suggestion


@pytest.mark.parametrize(
    ("count", "found"), [(13, 1), (15, 1), (16, 1), (27, 1), (3, 1), (12, 1), (1, 0), (5, 0), (10, 0)]
)
def test_a_menu_may_not_wait_for_as_many_keys_as_a_forbidden_number_has(tmp_path: Path, count: int, found: int) -> None:
    findings = lint(tmp_path, f"[menu.entree]\nmax_digits = {count}\n", name="menu.toml")
    assert [(f.line, f.rule, f.kind) for f in findings] == [(2, "ASK-004", "forbidden_dtmf")] * found


def said_as_menu(program: str, prompt: Prompt) -> SpokenPrompt:
    return SpokenPrompt(SETTINGS.programs[program], "menu", prompt)


def test_the_node_learns_of_a_forbidden_prompt_before_it_speaks() -> None:
    asking = Prompt("menu", "1", "Quel est votre numéro d'adhérent ?")
    dictating = Prompt("pay", "1", "Dictez-nous votre numéro de carte.")
    spoken = [
        said_as_menu("prospecting", asking),
        said_as_menu("hotline-quality", asking),
        said_as_menu("hotline-quality", dictating),
    ]
    findings = lint_spoken(spoken, profile=SETTINGS.profile, phrases=PHRASES)
    assert [(f.file, f.rule) for f in findings] == [("prompts.menu", "ASK-001"), ("prompts.pay", "ASK-002")]


def test_the_prompts_that_are_shipped_ask_for_nothing_forbidden() -> None:
    spoken = [said_as_menu("hotline-quality", prompt) for prompt in SETTINGS.prompts.values()]
    assert lint_spoken(spoken, profile=SETTINGS.profile, phrases=PHRASES) == []
    refuse_unlawful_prompts(SETTINGS)


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(lint_command, list(arguments), env={"IVR_CONFIG": str(CONFIG)})
    return result.exit_code, result.output


def test_github_annotations_name_file_line_and_rule(tmp_path: Path) -> None:
    path = tmp_path / "script.md"
    path.write_text("Bonjour.\nVotre RIB ?\n", encoding="utf-8")
    code, output = run(str(path), "--format", "github")
    assert code == 1
    assert output.startswith(f"::error file={path},line=2,title=ASK-002 forbidden_question::")
    assert output.count("\n") == 1


def test_a_clean_script_exits_with_zero(tmp_path: Path) -> None:
    path = tmp_path / "script.md"
    path.write_text("Votre RIB est à déposer dans votre espace adhérent.\n", encoding="utf-8")
    assert run(str(path), "--format", "json") == (0, "")
    assert run(str(path), "--json") == (0, "")
