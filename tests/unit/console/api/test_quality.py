"""The quality team at the API: grids, drafts and results, disputes, samples, calibration."""

from __future__ import annotations

import pytest

from ivr.domain.access import Role
from tests.quality_rig import BEST, SHIPPED
from tests.unit.console.api.rig import Program, kind_of, program
from tests.unit.console.rig import ConsoleRig
from tests.unit.console.test_player import record, told

ANSWERS = {name.removeprefix("a."): {"value": value} for name, value in BEST.items()}


@pytest.fixture
def sophie(rig: ConsoleRig) -> Program:
    """A program of a supervisor, one recording, and the shipped grid on the shelf."""
    record(rig, "rec-1")
    sophie = program(rig, "sophie", Role.SUPERVISOR)
    made = sophie.post("/grids", {"toml": SHIPPED})
    assert made.status_code == 201, made.text
    return sophie


def test_from_a_grid_to_a_score_a_dispute_and_a_second_review(sophie: Program) -> None:
    rig = sophie.rig
    grid = sophie.get("/grids").json()["grids"][0]
    toml = sophie.get(f"/grids/{grid['grid_id']}/{grid['version']}")
    assert (toml.text, toml.headers["content-type"]) == (SHIPPED, "application/toml")
    anne, luc = program(rig, "anne", Role.QUALITY_ANALYST), program(rig, "luc", Role.AGENT)
    draft = anne.post("/recordings/rec-1/analyses", {"grid": grid["grid_id"]}).json()
    place = f"/analyses/{draft['id']}"
    for other in (sophie, luc):
        assert other.get(place).text == other.get("/analyses/none").text
    saved = anne.asks(
        "PUT", f"{place}/draft", {"revision": draft["revision"], "agent": "luc", "answers": {"suite": {"value": "?"}}}
    ).json()
    assert saved["remarks"]["suite"]
    assert len(saved["missing"]) == len(ANSWERS)
    stale = anne.asks("PUT", f"{place}/draft", {"revision": draft["revision"], "answers": ANSWERS})
    assert (stale.status_code, kind_of(stale)) == (409, "conflict")
    scored = anne.asks(
        "PUT", f"{place}/draft",
        {"revision": saved["analysis"]["revision"], "answers": ANSWERS, "agent": "luc", "finish": True},
    ).json()  # fmt: skip
    assert (scored["analysis"]["state"], scored["analysis"]["tenths"]) == ("SCORED", 1000)
    assert [one["id"] for one in anne.get("/analyses/lists/mine").json()["analyses"]] == [draft["id"]]
    assert [one["id"] for one in luc.get("/analyses/lists/own").json()["analyses"]] == [draft["id"]]
    assert luc.post(f"{place}/dispute", {"why": "j'ai salué"}).json()["state"] == "DISPUTED"
    assert sophie.get("/analyses/lists/team").json()["analyses"][0]["state"] == "DISPUTED"
    again = sophie.post(f"{place}/second-review")
    assert again.status_code == 201
    assert again.json()["form"] == "second"
    assert sophie.asks("DELETE", f"/analyses/{again.json()['id']}/draft").status_code == 204
    assert sophie.post(f"{place}/uphold", {"why": "écouté deux fois"}).json()["state"] == "UPHELD"
    assert sophie.post(f"{place}/coached").status_code == 204
    assert told(rig, "analysis.scored")[-1]["actor"] == "anne"
    assert kind_of(luc.get("/analyses/lists/team")) == "denied"


def test_a_grid_that_has_noted_what_may_not_be_is_refused_with_its_rule(sophie: Program) -> None:
    bad = SHIPPED.replace("Point à travailler avec le conseiller", "NIR de l'adhérent", 1)
    answer = sophie.post("/grids", {"toml": bad})
    assert answer.status_code == 403, answer.text
    assert answer.json()["rules"]
    assert kind_of(sophie.post("/grids", {"toml": "["})) == "invalid"


def test_calls_are_drawn_and_several_score_one_blind(sophie: Program) -> None:
    grid = sophie.get("/grids").json()["grids"][0]["grid_id"]
    drawn = sophie.post("/samples", {"month": "2026-11", "per_agent": 2})
    assert drawn.status_code == 201, drawn.text
    assert sophie.get("/samples").json()["samples"][0]["seed"] == drawn.json()["seed"]
    for wrong in ({"month": "2026-13", "per_agent": 2}, {"month": "2026-11", "per_agent": 0}):
        assert kind_of(sophie.post("/samples", wrong)) == "invalid"
    opening = {"recording_id": "rec-1", "grid": grid, "reviewers": ["anne", "sophie"]}
    made = sophie.post("/calibrations", opening).json()
    place = f"/calibrations/{made['id']}"
    anne, paul = program(sophie.rig, "anne", Role.QUALITY_ANALYST), program(sophie.rig, "paul", Role.TRAINER)
    part = anne.post(f"{place}/part").json()
    assert part["form"] == "calibration"
    assert paul.get(place).text == paul.get("/calibrations/none").text
    assert anne.get(place).json()["spread"] is None
    anne.asks("PUT", f"/analyses/{part['id']}/draft", {"revision": 1, "answers": ANSWERS, "finish": True})
    assert sophie.post(f"{place}/close").status_code == 204
    assert anne.get(place).json()["spread"]["tenths"] == {"anne": 1000}
    assert [one["id"] for one in anne.get("/calibrations").json()["calibrations"]] == [made["id"]]
    for name in ("rec-none", "rec-sale"):
        assert sophie.post("/calibrations", {**opening, "recording_id": name}).status_code == 404
