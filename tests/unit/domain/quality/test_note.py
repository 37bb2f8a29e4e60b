"""What a reviewer writes freely is kept without numbers of persons and without words of the call."""

from __future__ import annotations

import pytest

from ivr.domain.quality.note import Note, clean_note


def clean(text: str, longest: int = 500) -> Note:
    return clean_note(text, longest=longest)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("NIR 1 85 07 75 116 001 57 donné", "<nir>"),
        ("carte 4970 1012 3456 7893", "<card>"),
        ("IBAN FR76 3000 6000 0112 3456 7890 189", "<iban>"),
        ("rappeler au 06 12 34 56 78", "<phone>"),
    ],
)
def test_a_number_of_a_person_becomes_its_kind(typed: str, kept: str) -> None:
    note = clean(typed)
    assert kept in note.text
    assert note.numbers
    assert not any(digits in note.text.replace(" ", "") for digits in ("185077", "497010", "300060", "0612345"))


@pytest.mark.parametrize(
    "quote", ["« je vous ai déjà appelés »", '"je ne veux pas"', "“non merci monsieur”", "« et là il"]
)
def test_a_quotation_is_taken_out(quote: str) -> None:
    note = clean(f"Il dit {quote}")
    assert note == Note("Il dit […]", quotes=True)


def test_a_word_or_two_between_marks_name_a_thing() -> None:
    assert clean("Met « en attente » sans le dire").text == "Met « en attente » sans le dire"


def test_characters_that_nobody_types_go_and_lines_stay() -> None:
    assert clean("un\u202e\x07\u200bdeux\r\n\r\n\r\n\r\ntrois  \t quatre ").text == "undeux\n\ntrois quatre"


def test_what_is_too_long_is_cut_and_said() -> None:
    note = clean("mot " * 1000, longest=20)
    assert (note.text, note.longer) == ("mot mot mot mot mot", True)


def test_what_was_cleaned_is_clean() -> None:
    once = clean("Dit « un deux trois » puis 06 12 34 56 78 <b>").text
    assert clean(once).text == once
