"""The drawings in docs/diagrams are those of the live state tables."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from ivr.domain.call.leg import LEG
from ivr.domain.call.state import CALL
from ivr.domain.consent.state import CONSENT
from ivr.domain.quality.analysis import ANALYSIS
from ivr.domain.recording.capture_state import CAPTURE
from ivr.domain.recording.state import RECORDING
from ivr.domain.retention.legal_hold import LEGAL_HOLD
from ivr.domain.rights.breach import BREACH
from ivr.domain.rights.request import RIGHTS_REQUEST

DOCS = Path(__file__).resolve().parents[2] / "docs"
GENERATOR = runpy.run_path(str(DOCS / "make_state_diagrams.py"), run_name="make_state_diagrams")


def test_the_committed_drawings_are_those_of_the_tables() -> None:
    drawn = GENERATOR["pages"]()
    committed = {path.name: path.read_text("utf-8") for path in (DOCS / "diagrams").glob("*.md")}
    assert committed == drawn, "run: .venv/bin/python docs/make_state_diagrams.py"


MACHINES = [LEG, CALL, CONSENT, CAPTURE, RECORDING, LEGAL_HOLD, RIGHTS_REQUEST, BREACH, ANALYSIS]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_move_of_a_table_stands_in_its_drawing(machine) -> None:  # type: ignore[no-untyped-def]
    page = GENERATOR["pages"]()[f"{machine.name}.md"]
    drawn = {
        (before.strip(), event, after.strip())
        for line in page.splitlines()
        if "-->" in line and ":" in line
        for ends, _, events in [line.partition(":")]
        for before, _, after in [ends.partition("-->")]
        for event in events.strip().split(", ")
    }
    assert drawn == {(state.name, event.name, after.name) for (state, event), after in machine.table.items()}
