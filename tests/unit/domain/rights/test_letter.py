"""Letters: checked when they are read, filled without reading what is filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ivr.domain.rights.letter import FORMS, Letter, letters_of, read_letter
from ivr.domain.rights.request import (
    Channel,
    ExtensionReason,
    Outcome,
    RefusalGround,
    RequestState,
    Right,
    RightsRequest,
)
from ivr.errors import ConfigurationError
from ivr.settings.letters import load_letters
from tests.retention_rig import settings

GOOD = "{controller} à {name} ({reference}) : reçu le {received}, réponse le {due}. {{signe}}"


def read(body: str, name: str = "received") -> Letter:
    return read_letter(name, body, file="received.txt")


def test_a_letter_is_filled_and_what_is_filled_in_is_read_no_more() -> None:
    values = dict.fromkeys(FORMS["received"].may, "") | {"controller": "M", "name": "{due} {{x}}", "due": "D"}
    assert read(GOOD).filled(values) == "M à {due} {{x}} () : reçu le , réponse le D. {signe}"


@pytest.mark.parametrize(
    ("body", "key", "line"),
    [
        (GOOD + "\n\n{nir}", "nir", 3),
        (GOOD + "\n{Name}", "Name", 2),
        (GOOD + "\n{", "", 2),
        (GOOD + "}", "", 1),
        (GOOD.replace("{due}", ""), "due", 0),
        (GOOD.replace("{name}", "{name.__class__}"), "name.__class__", 1),
        ("", "controller", 0),
    ],
)
def test_a_fault_names_file_place_and_line(body: str, key: str, line: int) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(body)
    assert (caught.value.file, caught.value.key, caught.value.line) == ("received.txt", key, line)


def test_a_file_that_is_no_letter_is_told_by_the_nearest_name() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'erasure'"):
        read(GOOD, "erasur")


def test_every_letter_is_shipped_asks_for_nothing_forbidden_and_says_where_to_complain() -> None:
    shipped = settings().letters
    assert set(shipped) == set(FORMS)
    for letter in shipped.values():
        # What an authority signs is no answer to a person.
        assert "CNIL" in letter.body or letter.name == "authority_receipt"
        assert letter.filled(dict.fromkeys(FORMS[letter.name].may, "…"))


def test_without_the_folder_there_are_no_letters_and_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    assert load_letters(tmp_path / "letters") == {}
    (tmp_path / "received.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"received\.txt"):
        load_letters(tmp_path)


def test_the_letters_of_a_request_follow_its_state() -> None:
    day = date(2026, 11, 30)
    request = RightsRequest("case-1", "D1", Right.ERASURE, Channel.LETTER, day)
    assert letters_of(request) == ("received",)
    assert letters_of(replace(request, state=RequestState.IDENTITY_ASKED)) == ("received", "identity")
    longer = replace(request, extended_on=day, extension=ExtensionReason.MANY)
    assert letters_of(longer) == ("received", "extension")
    assert letters_of(replace(longer, ground=RefusalGround.EXCESSIVE))[-1] == "refusal"
    assert letters_of(replace(longer, outcome=Outcome.PARTLY))[-1] == "erasure"
    for right in Right:
        assert right.value in FORMS
