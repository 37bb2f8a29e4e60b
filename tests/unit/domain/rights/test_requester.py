"""What is typed of a person who asks: checked, shown nowhere."""

from __future__ import annotations

import pytest

from ivr.domain.redaction.redactor import REDACTOR
from ivr.domain.rights.requester import Requester, read_requester, with_note
from ivr.errors import ConfigurationError
from tests.unit.test_redaction_everywhere import CARD, IBAN, NIR


def read(**given: str) -> Requester:
    return read_requester(given, redactor=REDACTOR)


def test_a_person_is_read_and_shown_nowhere() -> None:
    found = read(
        name=" Éléonore Dupont ", address="1 rue du Port\r\n44000 Nantes", phone="06 12 34 56 78", member="12 345"
    )
    assert found == Requester("Éléonore Dupont", "1 rue du Port\n44000 Nantes", "06 12 34 56 78", "12345")
    assert "Dupont" not in repr(found)
    assert "06" not in repr(found)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("name", "Anne\x07"),
        ("name", "Anne\nMartin"),
        ("name", f"Anne {NIR}"),
        ("address", f"1 rue du Port {IBAN}"),
        ("address", "x" * 501),
        ("phone", "drop table"),
        ("phone", CARD),
        ("member", "12a"),
        ("member", NIR),
        ("member", NIR[:13]),
        ("member", CARD),
    ],
)
def test_what_is_never_asked_and_what_is_no_value_is_refused_without_quoting_it(key: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(**{"name": "Anne", key: value})
    assert caught.value.key == key
    assert not value or value not in str(caught.value)


def test_a_note_keeps_no_number_that_is_not_kept() -> None:
    noted = with_note(read(name="Anne"), f"rappelle lundi, NIR {NIR}", by="dora", redactor=REDACTOR)
    assert noted.notes == ("dora: rappelle lundi, NIR <nir>",)
    assert with_note(noted, "  ", by="dora", redactor=REDACTOR) == noted
    with pytest.raises(ConfigurationError):
        with_note(noted, "x" * 2001, by="dora", redactor=REDACTOR)
