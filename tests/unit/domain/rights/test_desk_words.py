"""What a desk types: its bounds, what is told of a fault, and that no number of a person stays in it."""

from __future__ import annotations

import pytest

from ivr.domain.redaction.redactor import REDACTOR
from ivr.domain.rights.desk_words import kept_line, noted, plain
from ivr.errors import ConfigurationError
from tests.unit.test_redaction_everywhere import NIR


def test_what_stands_around_it_and_the_line_ends_of_a_form_are_left_out() -> None:
    assert plain("note", " a\r\nb \n", longest=3, several_lines=True) == "a\nb"


@pytest.mark.parametrize("typed", ["x" * 4, "a\0b", "a\x1bb", "a\nb"])
def test_what_is_too_long_or_nobody_types_is_refused_by_its_key_and_quoted_nowhere(typed: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        plain("holder", typed, longest=3)
    assert caught.value.key == "holder"
    assert typed not in str(caught.value)


def test_a_line_is_kept_on_one_line_without_numbers_but_a_telephones_where_it_may_stay() -> None:
    typed = f" Zoé\n 06 12 34 56 78 {NIR}"
    assert NIR not in kept_line("official", typed, redactor=REDACTOR)
    assert "06 12" not in kept_line("official", typed, redactor=REDACTOR)
    assert kept_line("contact", typed, redactor=REDACTOR, keep_phones=True).startswith("Zoé 06 12 34 56 78")


def test_a_note_comes_on_top_with_who_wrote_it_and_an_empty_one_does_not() -> None:
    assert noted(["ines: vu"], " ", by="karim", redactor=REDACTOR) == ("ines: vu",)
    notes = noted(["ines: vu"], f"rappelé {NIR}", by="karim", redactor=REDACTOR)
    assert notes[0] == "ines: vu"
    assert notes[1].startswith("karim: rappelé <")
    with pytest.raises(ConfigurationError):
        noted([], "x" * 2_001, by="karim", redactor=REDACTOR)
