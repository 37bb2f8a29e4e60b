"""Whose words a script holds, and what only leads to them: turns, lists, tables, quotes, headings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.services.lint.rig import lines, lint


def test_what_stands_beside_a_prohibition_in_a_table_is_no_ask(tmp_path: Path) -> None:
    assert (
        lint(tmp_path, "| À proscrire | « Donnez-moi votre IBAN » |\n| À dire | « Déposez votre IBAN en ligne » |")
        == []
    )
    assert lines(lint(tmp_path, "| À dire | « Donnez-moi votre IBAN » |\n| Accueil | Votre RIB ? |")) == [1, 2]


def test_a_choice_in_quotes_is_not_what_the_agent_says(tmp_path: Path) -> None:
    assert lint(tmp_path, "Si vous l'avez perdu, dites « mot de passe oublié ».") == []
    assert lines(lint(tmp_path, "L'agent demande : « Votre mot de passe actuel ? »")) == [1]


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
