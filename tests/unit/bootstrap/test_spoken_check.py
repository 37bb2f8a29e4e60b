"""A node refuses to start with a prompt that asks for what may never be asked (promise 4)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ivr.bootstrap.spoken_check import refuse_forbidden_prompts
from ivr.errors import ConfigurationError
from ivr.settings import Settings, default_config_dir, load_settings


def with_menu(folder: Path, words: str) -> Settings:
    config = folder / "config"
    shutil.copytree(default_config_dir({}), config)
    service = config / "prompts" / "service.toml"
    before, _, after = service.read_text("utf-8").partition(
        "Je vous écoute. Dites-nous la raison de votre appel, puis raccrochez."
    )
    assert after, "the shipped menu has changed: name its words here"
    service.write_text(before + words + after, "utf-8")
    return load_settings(config, {**os.environ, "IVR_CONFIG": str(config)})


def test_the_shipped_prompts_may_be_said() -> None:
    refuse_forbidden_prompts(load_settings(default_config_dir({}), {}))


@pytest.mark.parametrize(
    "words",
    [
        "Donnez-moi votre numéro de sécurité sociale.",
        "Tapez les seize chiffres de votre carte bancaire suivis de dièse.",
        "Quel est votre mot de passe ?",
    ],
)
def test_a_forbidden_question_keeps_the_node_from_starting(tmp_path: Path, words: str) -> None:
    with pytest.raises(ConfigurationError, match="hotline-menu") as refused:
        refuse_forbidden_prompts(with_menu(tmp_path, words))
    assert refused.value.exit_code == 2
    assert refused.value.remedy


def test_a_warning_about_such_questions_may_be_said(tmp_path: Path) -> None:
    refuse_forbidden_prompts(with_menu(tmp_path, "Nous ne vous demanderons jamais votre RIB par téléphone."))
