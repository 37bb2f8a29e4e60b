"""`ivr lint` on scripts: finds each forbidden question at its line, whoever laid the script out, and no mention."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.bootstrap.prompt_check import refuse_unlawful_prompts
from ivr.cli.script_check import lint as lint_command
from ivr.domain.call.party import Direction
from ivr.domain.program.program import Prompt, SpokenPrompt
from ivr.services.lint.lint import Finding, lint_paths, lint_spoken
from ivr.settings import load_settings
from ivr.settings.phrases import load_phrases

CONFIG = Path(__file__).parents[4] / "config"
SETTINGS = load_settings(CONFIG, {})
PHRASES = load_phrases(CONFIG / "phrases")


def lint(folder: Path, text: str, *, name: str = "script.md", direction: Direction | None = None) -> list[Finding]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return lint_paths([path], direction, profile=SETTINGS.profile, phrases=PHRASES)


def lines(findings: list[Finding]) -> list[int]:
    return [finding.line for finding in findings]


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


def test_what_stands_beside_a_prohibition_in_a_table_is_no_ask(tmp_path: Path) -> None:
    assert (
        lint(tmp_path, "| À proscrire | « Donnez-moi votre IBAN » |\n| À dire | « Déposez votre IBAN en ligne » |")
        == []
    )
    assert lines(lint(tmp_path, "| À dire | « Donnez-moi votre IBAN » |\n| Accueil | Votre RIB ? |")) == [1, 2]


def test_a_choice_in_quotes_is_not_what_the_agent_says(tmp_path: Path) -> None:
    assert lint(tmp_path, "Si vous l'avez perdu, dites « mot de passe oublié ».") == []
    assert lines(lint(tmp_path, "L'agent demande : « Votre mot de passe actuel ? »")) == [1]


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


def test_what_the_client_says_is_not_our_ask(tmp_path: Path) -> None:
    text = """Agent : Bonjour, que puis-je faire pour vous ?
Client : Vous voulez mon RIB ? Donnez-moi votre adresse, et quel est votre IBAN ?
je peux vous le dicter, votre numéro de compte ?
Agent : Non, nous ne le prenons pas par téléphone.
"""
    assert lint(tmp_path, text) == []


def test_an_answer_between_two_questions_does_not_hide_the_second(tmp_path: Path) -> None:
    text = "Agent : Vous avez votre carte Vitale ?\nClient : Oui.\nAgent : Vous pouvez me lire le numéro ?\n"
    assert lines(lint(tmp_path, text)) == [1, 3]


@pytest.mark.parametrize(
    "text",
    [
        "Pouvez-vous me donner votre numéro\nde sécurité sociale ?",
        "Pour retrouver votre dossier, pouvez-vous\nme lire votre IBAN ?",
        "- Pouvez-vous me donner votre\n  mot de passe ?",
    ],
)
def test_a_question_over_two_lines_is_one_finding_at_its_first_line(tmp_path: Path, text: str) -> None:
    assert lines(lint(tmp_path, text)) == [1]


def test_a_list_is_read_with_what_introduces_it(tmp_path: Path) -> None:
    text = """Ne demandez jamais :
- le RIB
- le numéro de la carte bancaire

Demandez au client :
- son nom
- le RIB
- le numéro de la carte bancaire
"""
    assert lines(lint(tmp_path, text)) == [7, 8]


def test_what_stands_under_a_warning_heading_is_an_example(tmp_path: Path) -> None:
    text = """## À ne jamais dire
- « Quel est votre NIR ? »
- Votre mot de passe ?

## Accueil
- Votre mot de passe ?
"""
    assert lines(lint(tmp_path, text)) == [6]


def test_headings_and_tables_are_read(tmp_path: Path) -> None:
    text = """# RIB et coordonnées bancaires

| Étape | Phrase |
|-------|--------|
| 1 | Le RIB se dépose dans l'espace adhérent. |
| 2 | Donnez-moi les seize chiffres de la carte. |
"""
    assert lines(lint(tmp_path, text)) == [6]


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


@pytest.mark.parametrize(
    ("count", "found"), [(13, 1), (15, 1), (16, 1), (27, 1), (3, 1), (12, 1), (1, 0), (5, 0), (10, 0)]
)
def test_a_menu_may_not_wait_for_as_many_keys_as_a_forbidden_number_has(tmp_path: Path, count: int, found: int) -> None:
    findings = lint(tmp_path, f"[menu.entree]\nmax_digits = {count}\n", name="menu.toml")
    assert [(f.line, f.rule, f.kind) for f in findings] == [(2, "ASK-004", "forbidden_dtmf")] * found


def test_a_tree_is_checked_whole(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.md").write_text("Votre RIB ?", encoding="utf-8")
    (tmp_path / "two.txt").write_text("Votre NIR ?", encoding="utf-8")
    findings = lint_paths([tmp_path], profile=SETTINGS.profile, phrases=PHRASES)
    assert [Path(f.file).name for f in findings] == ["one.md", "two.txt"]


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
