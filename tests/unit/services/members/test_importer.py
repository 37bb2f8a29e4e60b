"""The list of members: only what may be asked, and errors that name the place and never the value."""

from __future__ import annotations

import pytest

from ivr.domain.identity.member import MemberRecord
from ivr.errors import ConfigurationError
from ivr.services.members.importer import read_members
from ivr.storage.person import person_of


def read(text: str) -> list[MemberRecord]:
    return list(read_members(text.splitlines(keepends=True), file="liste.csv", person_of=person_of))


def test_both_separators_and_both_dates_are_read() -> None:
    wanted = MemberRecord("0047382", ("Petit", "Roux"), "Anne", "1985-03-12", "01000", ("+33612345678",))
    head = "member_number;last_name;first_name;birth_date;postal_code;phones"
    assert read(f"\ufeff{head}\n0047382;Petit|Roux;Anne;12/03/1985;01000;0612345678\n\n") == [wanted]
    with_commas = f"{head.replace(';', ',')}\n0047382,Petit | Roux,Anne,1985-03-12,01000,+33612345678\n"
    assert read(with_commas) == [wanted]
    assert read("member_number\n1234\n") == [MemberRecord("1234")]


@pytest.mark.parametrize(
    ("text", "key", "rule"),
    [
        ("member_number;nir\n1234;285037511604207\n", "nir", "ASK-002"),
        ("member_number;iban\n1234;FR76\n", "iban", "ASK-002"),
        ("member_number;email\n1234;a@b\n", "email", "ASK-006"),
        ("member_number;last_nam\n1234;Petit\n", "last_nam", "ASK-006"),
        ("last_name\nPetit\n", "line 1", "member_number"),
        ("", "line 1", "member_number"),
        ("member_number\n285037511604207\n", "line 2, column member_number", "ASK-004"),
        ("member_number;birth_date\n1234;1985-31-12\n", "line 2, column birth_date", "date"),
        ("member_number;postal_code\n1234;\n5678;7501\n", "line 3, column postal_code", "five"),
        ("member_number;phones\n9876;07 98 44 56 70\n", "line 2, column phones", "telephone"),
        ("member_number;last_name\n1234\n", "line 2", "cells"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_its_place(text: str, key: str, rule: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert (caught.value.file, caught.value.key) == ("liste.csv", key)
    assert rule in str(caught.value)
    cells = [cell for line in text.splitlines()[1:] for cell in line.split(";") if len(cell) > 3]
    assert [cell for cell in cells if cell in str(caught.value) or cell == caught.value.value] == []


def test_a_record_shows_nothing_of_itself() -> None:
    assert (
        repr(MemberRecord("0047382", ("Petit",), "Anne", "1985-03-12", "01000", ("+33612345678",))) == "MemberRecord()"
    )
