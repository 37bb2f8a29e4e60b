"""Forbidden asks are told from mentions, by direction, with and without punctuation (RULEBOOK ASK)."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.domain.asks.detector import FORBIDDEN_DTMF, FORBIDDEN_QUESTION, AskDetector
from ivr.domain.asks.grammar import forbidden_key_count
from ivr.domain.call.party import Direction
from ivr.errors import ConfigurationError
from ivr.settings.phrases import load_phrases

ROOT = Path(__file__).parents[4]
DATA = ROOT / "tests" / "data" / "guard"
DETECTOR = AskDetector(load_phrases(ROOT / "config" / "phrases"))


def rows(name: str) -> list[dict[str, str | None]]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def found(row: dict[str, str | None]) -> bool:
    direction = row["direction"]
    return bool(DETECTOR.asks(str(row["text"]), Direction(direction) if direction else None))


@pytest.mark.parametrize("name", ["asks_dev", "asks_last_round"])
def test_known_asks_are_found_and_known_mentions_left_alone(name: str) -> None:
    asks = [row for row in rows(name) if row["asks"]]
    mentions = [row for row in rows(name) if not row["asks"]]
    missed = [row["text"] for row in asks if not found(row)]
    wrong = [row["text"] for row in mentions if found(row)]
    assert len(missed) <= 0.01 * len(asks), missed
    assert len(wrong) <= 0.02 * len(mentions), wrong


def test_the_family_asked_for_is_named() -> None:
    for row in rows("asks_dev"):
        if row["asks"]:
            asks = DETECTOR.asks(str(row["text"]), Direction(row["direction"]) if row["direction"] else None)
            assert not asks or row["asks"] in {family for ask in asks for family in ask.families}, row["text"]


@pytest.mark.parametrize(
    "text",
    [
        "Votre date de naissance, s'il vous plaît ?",
        "Quel est votre numéro d'adhérent ?",
        "Quelle est votre mutuelle actuelle ?",
        "Avez-vous des problèmes de santé ?",
        "Quelle est votre adresse mail ?",
    ],
)
def test_what_is_forbidden_outbound_only_may_be_asked_inbound(text: str) -> None:
    assert DETECTOR.asks(text, Direction.INBOUND) == ()
    assert DETECTOR.asks(text, None) == ()
    (ask,) = DETECTOR.asks(text, Direction.OUTBOUND)
    assert (ask.rule, ask.kind) == ("ASK-001", FORBIDDEN_QUESTION)


@pytest.mark.parametrize("direction", [None, *Direction])
def test_bank_data_and_secrets_are_forbidden_in_every_direction(direction: Direction | None) -> None:
    for text in (
        "Dictez-moi votre IBAN.",
        "Quel est votre NIR ?",
        "Votre mot de passe ?",
        "Et le cryptogramme au dos ?",
    ):
        (ask,) = DETECTOR.asks(text, direction)
        assert ask.rule == "ASK-002"


def test_an_identity_that_is_only_confirmed_is_no_ask() -> None:
    assert DETECTOR.asks("Votre adresse est toujours 12 rue des Lilas ?", Direction.OUTBOUND) == ()
    assert DETECTOR.asks("Je parle bien à Madame Martin ?", Direction.OUTBOUND) == ()


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("Nous ne vous demanderons jamais votre RIB.", True),
        ("N'hésitez pas à me donner votre RIB.", False),
        ("Vous n'auriez pas votre RIB sous la main ?", False),
        ("Je n'ai pas votre RIB, vous me le dictez ?", False),
        ("Je n'ai pas besoin de votre RIB.", True),
        ("Il ne me manque plus que votre RIB.", False),
        ("Vous n'avez pas à me donner votre RIB.", True),
        ("Ne quittez pas, donnez-moi votre RIB.", False),
    ],
)
def test_a_negation_counts_only_where_it_denies(text: str, negated: bool) -> None:
    assert (DETECTOR.asks(text, None) == ()) is negated


def test_two_sentences_that_ask_for_one_thing_are_one_ask() -> None:
    text = "Vous avez votre carte Vitale sous les yeux ? Vous pouvez me lire le numéro ?"
    (ask,) = DETECTOR.asks(text, None)
    assert text[ask.start : ask.end] == text


def test_asks_apart_are_told_apart_with_their_places() -> None:
    text = "Quel est votre NIR ? Merci beaucoup. Et votre RIB ?"
    asks = DETECTOR.asks(text, None)
    assert [text[ask.start : ask.end] for ask in asks] == ["Quel est votre NIR ?", "Et votre RIB ?"]


@pytest.mark.parametrize(
    ("text", "forbidden"),
    [
        ("Tapez votre numéro de sécurité sociale suivi de dièse.", True),
        ("Composez les seize chiffres de votre carte.", True),
        ("Saisissez les 13 chiffres.", True),
        ("Saisissez les 3 chiffres puis dièse.", True),
        ("Saisissez les 27 caractères de votre compte sur le clavier.", True),
        ("Saisissez votre code postal à cinq chiffres.", False),
        ("Composez votre numéro d'adhérent à huit chiffres suivi de dièse.", False),
        ("Tapez 1 pour vos remboursements, 2 pour votre contrat.", False),
        ("Ne tapez jamais votre numéro de carte sur le clavier.", False),
    ],
)
def test_keys_may_not_collect_what_may_not_be_asked(text: str, forbidden: bool) -> None:
    assert {(ask.rule, ask.kind) for ask in DETECTOR.asks(text, Direction.INBOUND)} == (
        {("ASK-004", FORBIDDEN_DTMF)} if forbidden else set()
    )


def test_only_short_key_entries_are_free() -> None:
    assert [count for count in range(1, 30) if not forbidden_key_count(count)] == [1, 2, 4, 5, 6, 7, 8, 9, 10]


def test_most_asks_are_found_in_speech_without_punctuation() -> None:
    asks = [row for row in rows("asks_dev") if row["asks"]]
    bare = [{**row, "text": re.sub(r"[.,?!;:…]", " ", str(row["text"])).lower()} for row in asks]
    assert sum(found(row) for row in bare) >= 0.93 * len(bare)


def test_text_without_words_asks_nothing() -> None:
    for text in ("", " ", "?!…", "«»", "123"):
        assert DETECTOR.asks(text, Direction.OUTBOUND) == ()


def test_a_misspelt_key_of_the_phrase_bank_is_named(tmp_path: Path) -> None:
    text = (ROOT / "config" / "phrases" / "asks.toml").read_text(encoding="utf-8")
    (tmp_path / "asks.toml").write_text(text.replace("[acts]", "[acts]\nplaese = []", 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"acts\.plaese.*please"):
        load_phrases(tmp_path)


def bank_with(folder: Path, old: str, new: str) -> Path:
    """A folder of phrases as shipped, but for one text in asks.toml."""
    shutil.copytree(ROOT / "config" / "phrases", folder, dirs_exist_ok=True)
    text = (folder / "asks.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "asks.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


SALARY = """[families.salary]
forbidden = "outbound"
name = "le salaire"
values = ["salaires?"]
holders = ["(?:fiches?|bulletins?) de paie"]
direct = []
suggestion = "Ne demandez pas le salaire."
"""


def test_a_kind_of_data_more_is_a_table_more(tmp_path: Path) -> None:
    detector = AskDetector(load_phrases(bank_with(tmp_path, "[families.bank]", SALARY + "\n[families.bank]")))
    (ask,) = detector.asks("Pouvez-vous me donner votre salaire ?", Direction.OUTBOUND)
    assert (ask.families, ask.rule) == (("salary",), "ASK-001")
    assert detector.asks("Pouvez-vous me donner votre salaire ?", Direction.INBOUND) == ()
    assert DETECTOR.asks("Pouvez-vous me donner votre salaire ?", Direction.OUTBOUND) == ()


def test_a_kind_that_may_be_confirmed_is_asked_for_by_an_act_only(tmp_path: Path) -> None:
    ours = SALARY.replace("holders", "confirmable = true\nholders")
    detector = AskDetector(load_phrases(bank_with(tmp_path, "[families.bank]", ours + "\n[families.bank]")))
    assert detector.asks("C'est toujours le même salaire ?", Direction.OUTBOUND) == ()
    assert detector.asks("Donnez-moi votre salaire.", Direction.OUTBOUND)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("nirr", r"families\.nirr.*did you mean 'nir'"),
        ("salary", r"families\.nir'.*this key is missing"),
        ("N-I-R", r"families\.N-I-R.*pattern"),
    ],
)
def test_what_the_law_names_stands_in_the_phrase_bank_under_its_name(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load_phrases(bank_with(tmp_path, "[families.nir]", f"[families.{written}]"))


@pytest.mark.parametrize(("pattern", "why"), [("(oups", "not a regular expression"), ("{oups} x", "no macro")])
def test_a_bad_pattern_of_the_phrase_bank_is_named(tmp_path: Path, pattern: str, why: str) -> None:
    text = (ROOT / "config" / "phrases" / "asks.toml").read_text(encoding="utf-8")
    (tmp_path / "asks.toml").write_text(text.replace('    "nir",', f'    "{pattern}",', 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"families\.nir\.values.*{why}"):
        load_phrases(tmp_path)


def test_the_second_reader_finds_what_the_grammar_has_no_wording_for() -> None:
    bank = load_phrases(ROOT / "config" / "phrases")
    alone = AskDetector(replace(bank, learnt=None))
    asks = [row for row in rows("asks_dev") if row["asks"] and row["direction"] is None]
    missed = [row for row in asks if not alone.asks(str(row["text"]), None)]
    assert missed, "without it, the grammar would know everything"
    assert sum(found(row) for row in missed) >= 0.4 * len(missed)


def test_the_second_reader_is_silent_where_nothing_forbidden_is_spoken_of() -> None:
    assert DETECTOR.shown("dites moi tout , je vous ecoute", None) is None
    assert DETECTOR.asks("Dites-moi tout, je vous écoute.", Direction.OUTBOUND) == ()


def test_weights_that_cannot_be_read_are_named_with_the_mend(tmp_path: Path) -> None:
    text = (ROOT / "config" / "phrases" / "asks.toml").read_text(encoding="utf-8")
    (tmp_path / "asks.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"asks_weights\.json.*guard_train"):
        load_phrases(tmp_path)


def test_a_choice_in_a_menu_is_no_ask() -> None:
    for text in (
        "Pour un changement de RIB, tapez 2.",
        "Pour une question sur votre carte Vitale, dites « carte Vitale ».",
    ):
        assert DETECTOR.asks(text, Direction.INBOUND) == ()


def test_an_invitation_to_speak_asks_for_what_was_just_spoken_of() -> None:
    assert DETECTOR.asks("Vous avez reçu le code ? Allez-y.", None)
    assert not DETECTOR.asks("Vous avez reçu le devis ? Allez-y.", None)
