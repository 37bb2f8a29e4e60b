"""What a program says, with its own key, in the order of its moments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ivr.domain.program.program import Prompt, spoken_prompts, with_objection_key
from ivr.settings import load_settings

SETTINGS = load_settings(Path(__file__).parents[4] / "config", {})
HOTLINE = SETTINGS.programs["hotline-quality"]


@pytest.mark.parametrize(
    ("key", "french", "english"), [("9", "9", "9"), ("*", "étoile", "star"), ("#", "dièse", "hash")]
)
def test_the_key_is_said_as_people_call_it(key: str, french: str, english: str) -> None:
    assert with_objection_key("la touche {objection_key}", key) == f"la touche {french}"
    said = Prompt("p", "1", "la touche {objection_key}", english="press {objection_key}").with_key(key)
    assert (said.text, said.english) == (f"la touche {french}", f"press {english}")


def test_a_prompt_that_names_no_key_is_the_same_for_every_program() -> None:
    prompt = Prompt("p", "1", "Merci.")
    assert prompt.with_key("*") is prompt


def test_everything_that_is_said_is_listed_once_for_each_moment_with_the_programs_key() -> None:
    program = replace(HOTLINE, objection_key="#")
    said = spoken_prompts(program, SETTINGS.prompts)
    moments = [one.moment for one in said]
    assert moments[0] == "disclosure"
    assert len(moments) == len(set(moments))
    assert "dièse" in said[0].prompt.text
    assert all(one.program is program for one in said)


def test_a_moment_at_which_nothing_is_said_is_left_out() -> None:
    silent = replace(HOTLINE, prompts=replace(HOTLINE.prompts, menu="", goodbye="no-such-prompt"), identity=None)
    assert not {"menu", "goodbye"} & {one.moment for one in spoken_prompts(silent, SETTINGS.prompts)}
