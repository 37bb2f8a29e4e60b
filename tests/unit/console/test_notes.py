"""Notes at moments of a recording on its page: written, refused with what was typed, removed, drawn."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from tests.unit.console.rig import ConsoleRig, words_of
from tests.unit.console.test_player import record
from tests.unit.console.test_recordings import choose

NOTES = "/enregistrements/rec-1/notes"


@pytest.fixture
def anne(house: ConsoleRig) -> ConsoleRig:
    """A quality analyst who has chosen quality, with a recording of it and one that is closed to the house."""
    record(house, "rec-1")
    record(house, "rec-sale", retention="sales_audio")
    house.sign_in("anne")
    choose(house)
    return house


def test_a_note_stands_on_the_page_and_on_its_picture_until_its_author_removes_it(anne: ConsoleRig) -> None:
    token = anne.form_token()
    written = anne.post(NOTES, form_token=token, at="0:05", text="annonce <b>trop</b> vite")
    assert written.headers["location"] == "/enregistrements/rec-1"
    page = anne.get("/enregistrements/rec-1").text
    assert "annonce &lt;b&gt;trop&lt;/b&gt; vite" in page
    drawn = re.search(r'id="notes"[^>]*data-marks="([^"]*)"', page)
    assert drawn
    assert [(one["kind"], one["start_ms"], one["letter"]) for one in json.loads(unescape(drawn[1]))] == [
        ("note", 5_000, "N")
    ]
    note = re.search(r'name="note" value="([^"]+)"', page)
    assert note
    gone = anne.post(f"{NOTES}/retrait", form_token=token, note=note[1], quiet="1")
    assert gone.status_code == 200
    assert "<html" not in gone.text
    assert "annonce" not in words_of(gone)
    assert anne.told().count("recording.noted") == 1
    assert anne.told()[-1] == "recording.note_removed"


@pytest.mark.parametrize(
    ("at", "text", "said"),
    [
        ("0:05", "appeler le 06 12 34 56 78", "REC-018"),
        ("0:05", "« je vous ai dit non »", "REC-018"),
        ("5:00", "dit vite", "pas ce moment"),
        ("five", "dit vite", "pas ce moment"),
        ("0:05", "x" * 201, "au plus 200"),
        ("0:05", "", "vide"),
    ],
)
def test_what_may_not_be_noted_is_told_and_stays_in_its_field(anne: ConsoleRig, at: str, text: str, said: str) -> None:
    token = anne.form_token()
    for quiet in ("1", ""):
        answer = anne.post(NOTES, form_token=token, at=at, text=text, quiet=quiet)
        assert answer.status_code == 422
        assert said in words_of(answer)
        assert f'value="{text}"' in answer.text
        assert ("<html" in answer.text) == (not quiet)
    assert "recording.noted" not in anne.told()


def test_notes_of_a_recording_that_is_closed_are_none(anne: ConsoleRig) -> None:
    answer = anne.post("/enregistrements/rec-sale/notes", form_token=anne.form_token(), at="0:01", text="dit vite")
    nowhere = anne.post("/enregistrements/rec-none/notes", form_token=anne.form_token(), at="0:01", text="dit vite")
    assert (answer.status_code, nowhere.status_code) == (404, 404)
    assert words_of(answer) == words_of(nowhere)
    assert "recording.noted" not in anne.told()
