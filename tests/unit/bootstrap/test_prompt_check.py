"""A node refuses to start with a notice that lacks an element, a wrong key, or a forbidden question (promises 2, 4)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from ivr.bootstrap.installation import examine
from ivr.bootstrap.line_process import serve
from ivr.bootstrap.node import Node
from ivr.bootstrap.prompt_check import refuse_unlawful_prompts
from ivr.domain.redaction.redactor import LearningRedactor
from ivr.errors import ConfigurationError
from ivr.french import french
from ivr.settings import Settings, default_config_dir, load_settings
from tests.fakes.shipped import copied_config

SHIPPED = load_settings(default_config_dir({}), {})
MENU = "Je vous écoute. Dites-nous la raison de votre appel, puis raccrochez."


class House:
    """A copy of the shipped configuration, in which words can be changed."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config"
        copied_config(self.config)

    def edit(self, file: str, old: str, new: str) -> House:
        path = self.config / file
        text = path.read_text("utf-8")
        assert old in text, f"the shipped words have changed: {old}"
        path.write_text(text.replace(old, new, 1), "utf-8")
        return self

    def say(self, prompt_id: str, words: str) -> House:
        """Replace a prompt's text."""
        for path in (self.config / "prompts").iterdir():
            before, header, after = path.read_text("utf-8").partition(f"[prompts.{prompt_id}]\n")
            if header:
                table, _, rest = after.partition("\n[")
                kept = table[: table.index("text =")]
                path.write_text(f'{before}{header}{kept}text = """{words}"""\n' + (rest and f"\n[{rest}"), "utf-8")
        return self

    @property
    def settings(self) -> Settings:
        env = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
        return load_settings(self.config, {**env, "IVR_NODE__DATA_DIR": str(self.config.parent / "var")})


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def refused(settings: Settings) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as found:
        refuse_unlawful_prompts(settings)
    assert found.value.exit_code == 2
    assert found.value.remedy
    return found.value


def test_the_shipped_prompts_may_be_said() -> None:
    refuse_unlawful_prompts(SHIPPED)


@pytest.mark.parametrize(
    "words",
    [
        "Donnez-moi votre numéro de sécurité sociale.",
        "Tapez les seize chiffres de votre carte bancaire suivis de dièse.",
        "Quel est votre mot de passe ?",
    ],
)
def test_a_forbidden_question_keeps_the_node_from_starting(house: House, words: str) -> None:
    error = refused(house.edit("prompts/service.toml", MENU, words).settings)
    assert "hotline-menu" in error.where


def test_a_warning_about_such_questions_may_be_said(house: House) -> None:
    house.edit("prompts/service.toml", MENU, "Nous ne vous demanderons jamais votre RIB par téléphone.")
    refuse_unlawful_prompts(house.settings)


def test_a_notice_that_only_greets_keeps_the_node_from_starting(house: House) -> None:
    error = refused(house.say("hotline-disclosure", "Bonjour, merci de patienter.").settings)
    assert error.file == str(house.config / "prompts" / "disclosures.toml")
    assert error.key == "prompts.hotline-disclosure.text"
    assert "[REC-002]" in error.what
    assert "recording_exists" in error.what
    assert "Cet appel peut être enregistré" in error.remedy
    assert "6 en tout" in error.remedy


@pytest.mark.parametrize(
    ("old", "new", "element", "rule"),
    [
        ("vous parlez à l'assistant automatique de {controller}", "ici {controller}", "ai_assistant", "AIA-003"),
        (", pour améliorer la qualité de nos réponses", "", "purpose", "REC-002"),
        (" : dites-le simplement, ou appuyez sur la touche {objection_key}", "", "right_to_object_and_how", "REC-002"),
        ("pour une offre commerciale de complémentaire santé", "pour vous parler", "commercial_purpose", "REC-003"),
    ],
)
def test_each_missing_element_is_named_with_its_rule(house: House, old: str, new: str, element: str, rule: str) -> None:
    path = house.config / "prompts" / "disclosures.toml"
    # Nobody's claim is believed, and nothing depends on it.
    path.write_text("\n".join(x for x in path.read_text("utf-8").splitlines() if "elements =" not in x and x != "]" and
                              not x.strip().startswith('"')), "utf-8")  # fmt: skip
    error = refused(house.edit("prompts/disclosures.toml", old, new).settings)
    assert f"({element})" in error.what
    assert f"[{rule}]" in error.what


def test_a_notice_that_takes_too_long_keeps_the_node_from_starting(house: House) -> None:
    error = refused(house.edit("prompts/disclosures.toml", "Bonjour,", "Bonjour à vous, " * 20).settings)
    assert "20 au plus" in french(error.what)


@pytest.mark.parametrize("announced", ["la touche 9", "le neuf"])
def test_a_notice_that_announces_another_key_keeps_the_node_from_starting(house: House, announced: str) -> None:
    house.edit("programs/hotline-quality.toml", 'objection_key = "9"', 'objection_key = "8"')
    house.edit("prompts/disclosures.toml", "la touche {objection_key}", announced)
    error = refused(house.settings)
    assert error.key == "prompts.hotline-disclosure.text"
    assert "[REC-004]" in error.what
    assert "touche 9" in french(error.what)
    assert "{objection_key}" in error.remedy


def test_each_program_says_its_own_key(house: House) -> None:
    house.edit("programs/hotline-quality.toml", 'objection_key = "9"', 'objection_key = "*"')
    settings = house.settings
    refuse_unlawful_prompts(settings)
    said = {(one.program.name, one.moment): one.prompt.text for one in settings.spoken()}
    assert "la touche étoile" in said["hotline-quality", "disclosure"]
    assert "la touche 9" in said["prospecting", "disclosure"]
    assert not any("{" in text for text in said.values())


def test_the_node_and_each_line_check_before_anything_else(house: House) -> None:
    settings = house.say("hotline-disclosure", "Bonjour, merci de patienter.").settings
    with pytest.raises(ConfigurationError, match="REC-002"):
        asyncio.run(Node(settings, lambda event: None).start())
    with pytest.raises(ConfigurationError, match="REC-002"):
        asyncio.run(serve(settings, [], 0, feed=None, redactor=LearningRedactor()))  # type: ignore[arg-type]
    assert not settings.node.data_dir.exists()


def test_the_doctor_tells_of_an_unlawful_notice(house: House) -> None:
    checks = {check.name: check for check in examine(house.say("hotline-disclosure", "Bonjour.").settings)}
    assert not checks["annonces et messages"].ok
    assert "REC-002" in checks["annonces et messages"].detail
