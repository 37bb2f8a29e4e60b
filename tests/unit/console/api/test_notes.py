"""Notes at moments of a recording at the API: written, read, removed, and refused as on the page."""

from __future__ import annotations

import pytest

from ivr.domain.access import Action, Role
from tests.unit.console.api.rig import Program, kind_of, program
from tests.unit.console.rig import ConsoleRig
from tests.unit.console.test_player import record, told

NOTES = "/recordings/rec-1/notes"
NOTE = {"at_ms": 5_000, "text": "annonce trop vite"}


@pytest.fixture
def anne(rig: ConsoleRig) -> Program:
    record(rig, "rec-1")
    record(rig, "rec-sale", retention="sales_audio")
    return program(rig, "anne", Role.QUALITY_ANALYST)


def test_a_note_is_there_for_who_may_listen_until_its_author_removes_it(anne: Program) -> None:
    made = anne.post(NOTES, NOTE)
    assert made.status_code == 201, made.text
    note = made.json()
    assert (note["at_ms"], note["text"], note["author"]) == (5_000, "annonce trop vite", "anne")
    paul = program(anne.rig, "paul", Role.TRAINER)
    assert paul.get(NOTES).json()["notes"] == [note]
    # Who read them, and of which recording, stands in the evidence.
    shown = told(anne.rig, "recordings.listed")[-1]
    assert (shown["actor"], shown["filters"]) == ("paul", ["recording"])
    assert paul.asks("DELETE", f"{NOTES}/{note['id']}").status_code == 404
    assert anne.asks("DELETE", f"{NOTES}/{note['id']}").status_code == 204
    assert anne.asks("DELETE", f"{NOTES}/{note['id']}").status_code == 404
    assert anne.get(NOTES).json() == {"notes": []}
    kinds = [kind for kind in anne.rig.told() if "note" in kind]
    assert kinds == ["recording.noted", "recording.note_removed"]
    assert "annonce" not in str([event.body for event in anne.rig.archive.audit.events()])


@pytest.mark.parametrize(
    "given",
    [
        {"text": "appeler le 06 12 34 56 78"},
        {"text": "« je vous ai dit non »"},
        {"text": ""},
        {"text": "x" * 201},
        {"at_ms": 300_000},
        {"at_ms": -1},
        {"at_ms": "0:05"},
        {"author": "paul"},
    ],
)
def test_what_may_not_be_noted_is_refused_and_not_repeated(anne: Program, given: dict[str, object]) -> None:
    answer = anne.post(NOTES, {**NOTE, **given})
    assert (answer.status_code, kind_of(answer)) == (422, "invalid")
    assert "06 12" not in answer.text
    assert "recording.noted" not in anne.rig.told()


def test_of_a_recording_that_is_closed_there_are_no_notes_and_it_answers_as_none(anne: Program) -> None:
    for method, path, body in (("GET", "notes", None), ("POST", "notes", NOTE), ("DELETE", "notes/n-1", None)):
        closed, absent = (anne.asks(method, f"/recordings/{name}/{path}", body) for name in ("rec-sale", "rec-none"))
        assert (closed.status_code, closed.text) == (404, absent.text)


def test_each_needs_its_rights(anne: Program) -> None:
    anne.post(NOTES, NOTE)
    listens = program(anne.rig, "anne", Role.QUALITY_ANALYST, Action.LIST, Action.LISTEN)
    assert len(listens.get(NOTES).json()["notes"]) == 1
    assert listens.post(NOTES, NOTE).status_code == 403
    lists = program(anne.rig, "anne", Role.QUALITY_ANALYST, Action.LIST)
    assert lists.get(NOTES).status_code == 403
    sales = program(anne.rig, "anne", Role.QUALITY_ANALYST, purpose="sales_audio")
    assert sales.get(NOTES).status_code in (403, 404)
