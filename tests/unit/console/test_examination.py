"""The doctor on a page: one at a time, its answer as the command prints it, and of a failure its kind alone."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from ivr.console.examination import Checked, Doctor, Examination
from tests.fakes.vault import TickingClock

ANSWER = json.dumps(
    {
        "ok": False,
        "checks": [
            {"name": "horloge", "ok": True, "detail": "juste", "remedy": ""},
            {"name": "clé maîtresse", "ok": False, "detail": "absente", "remedy": "lancez `ivr init`"},
        ],
        "warnings": ["attention"],
    }
)


def ended(examination: Examination) -> None:
    for thread in threading.enumerate():
        if thread.name == "doctor":
            thread.join(30)


def test_its_answer_is_kept_with_its_time() -> None:
    examination = Examination(lambda: ANSWER, TickingClock())
    assert examination.state.at is None
    examination.begin()
    ended(examination)
    state = examination.state
    assert state.checks == [
        Checked("horloge", True, "juste", ""), Checked("clé maîtresse", False, "absente", "lancez `ivr init`"),
    ]  # fmt: skip
    assert (state.warnings, state.fault, state.since) == (["attention"], "", None)
    assert state.at is not None


def test_one_runs_at_a_time_and_the_last_answer_stays_meanwhile() -> None:
    go, asked = threading.Event(), []

    def command() -> str:
        asked.append(1)
        if len(asked) > 1:
            assert go.wait(30)
        return ANSWER

    examination = Examination(command, TickingClock())
    examination.begin()
    ended(examination)
    for _ in range(3):
        examination.begin()
    assert examination.state.since is not None
    assert len(examination.state.checks) == 2
    go.set()
    ended(examination)
    assert len(asked) == 2
    found = examination.state
    assert found.since is None


@pytest.mark.parametrize("answer", ["", "no json: +33612345678", "[1]", '{"checks": [{"name": "x"}]}', '{"checks": 3}'])
def test_an_answer_that_is_none_is_told_by_its_kind_alone(answer: str) -> None:
    examination = Examination(lambda: answer, TickingClock())
    examination.begin()
    ended(examination)
    assert examination.state.fault
    assert "33612345678" not in str(examination.state)
    assert examination.state.since is None


def test_the_commands_own_fault_is_told() -> None:
    examination = Examination(lambda: '{"ok": false, "error": "config/ivr.toml : absent"}', TickingClock())
    examination.begin()
    ended(examination)
    assert examination.state.fault == "config/ivr.toml : absent"


def test_a_doctor_that_does_not_run_is_ended_without_ado(tmp_path: Path) -> None:
    Doctor(tmp_path).end()
