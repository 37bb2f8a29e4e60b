"""One person has one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import ComplianceError
from ivr.storage.person import person_of


@pytest.mark.parametrize(
    ("uri", "person"),
    [
        ("sip:+33612345678@gw1", "+33612345678"),
        ("tel:0612345678", "+33612345678"),
        ("0612345678", "+33612345678"),
        ("06.12.34.56.78", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("sips:0612345678@10.0.0.1:5061;transport=tls", "+33612345678"),
        ("sip:0612345678;cpc=ordinary@gw;user=phone", "+33612345678"),
        ("sip:%2B33612345678@gw", "+33612345678"),
        ('"Jean" <sip:0612345678@gw>;tag=1', "+33612345678"),
        ("tel:+41-44-668-18-00", "+41446681800"),
        ("tel:0446681800;phone-context=+41", "+41446681800"),
        ("TEL:0612345678", "+33612345678"),
        ("sip:Alice@Example.ORG:5070;transport=udp", "alice@example.org"),
        ("sip:alice:pass@example.org", "alice@example.org"),
        ("sip:1001@pbx.local", "1001@pbx.local"),
        ("sip:bob@[2001:db8::1]", "bob@[2001:db8::1]"),
        ("sip:prospect@127.0.0.1:5099", "prospect@127.0.0.1"),
    ],
)
def test_a_uri_means_this_person(uri: str, person: str) -> None:
    assert person_of(uri) == person


@given(st.integers(100_000_000, 999_999_999).filter(lambda n: str(n)[0] in "123456789"))
def test_national_and_international_spelling_of_a_number_are_one_person(number: int) -> None:
    same = {person_of(f"tel:0{number}"), person_of(f"sip:+33{number}@a"), person_of(f"0033{number}")}
    assert same == {f"+33{number}"}


@given(st.text(max_size=60))
def test_any_text_is_a_person_or_is_refused(text: str) -> None:
    try:
        person = person_of(text)
    except ComplianceError:
        return
    assert person == person.strip()
    assert person


@pytest.mark.parametrize("uri", ["", "  ", "sip:", "<sip:@>", "tel:"])
def test_nobody_is_refused(uri: str) -> None:
    with pytest.raises(ComplianceError):
        person_of(uri)
