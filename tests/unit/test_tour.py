"""The tour does what the programs of the house say, not what the shipped ones do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.settings import default_config_dir, load_settings
from ivr_demo.tour import refusal_by_dtmf

PROSPECTING = load_settings(default_config_dir({}), {}).programs["prospecting"]


@pytest.mark.parametrize(("key", "said"), [("9", "9"), ("8", "8"), ("*", "étoile")])
def test_the_prospect_presses_the_key_of_the_program_and_the_title_names_it(key: str, said: str) -> None:
    call = refusal_by_dtmf(replace(PROSPECTING, objection_key=key))
    assert (call.dtmf, call.program) == (key, "prospecting")
    assert call.title.endswith(f"par la touche {said}")
