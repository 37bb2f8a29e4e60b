"""The guided tour itself, on prompts that are soon said."""

from __future__ import annotations

import json

import pytest

from tests.integration.house import House

pytestmark = [pytest.mark.sip, pytest.mark.ear]


def test_the_guided_tour_plays_four_calls_that_end_as_they_should(house: House) -> None:
    done = house.ivr_process("demo", "--json", timeout_s=540)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    told = json.loads(done.stdout)
    assert told["ok"] is True
    calls = {call["name"]: call for call in told["calls"]}
    assert [call["ok"] for call in told["calls"]] == [True] * 4
    assert [call["program"] for call in told["calls"]] == ["hotline-quality"] * 2 + ["prospecting"] * 2
    assert {call["disposition"] for call in told["calls"]} == {"ANSWERED"}
    states = [call["recording"]["state"] for call in told["calls"]]
    assert states == ["SEALED", "DISCARDED", "DISCARDED", "DISCARDED"]
    kept = calls["membre"]["recording"]
    assert (kept["verified"], kept["key"], kept["file"]) == (True, "present", "present")
    assert kept["deadline"]
    for name in ("membre-conseiller", "prospect-voix", "prospect-touche"):
        # How long it takes is measured by `make bench`; here, that it was measured.
        assert isinstance(calls[name]["latency_ms"]["objection_to_action"], int | float)
        assert "certificate.destruction" in calls[name]["evidence"]
    assert calls["prospect-voix"]["do_not_call"]
    assert calls["prospect-touche"]["do_not_call"]
    assert list(house.temp_dir.glob("ivr-*")) == []
    house.must_be_whole()
    listed = [json.loads(line) for line in house.ivr("recordings", "list", "--json").stdout.splitlines()]
    assert sorted(item["state"] for item in listed) == ["DISCARDED", "DISCARDED", "DISCARDED", "SEALED"]
