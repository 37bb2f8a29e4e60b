"""One person has one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.numbers.phone_number import OVERSEAS, canonical
from ivr.errors import ComplianceError
from ivr.storage.person import person_of, spellings_of

PREFIXES = [prefix for prefixes in OVERSEAS.values() for prefix in prefixes]


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
        ("0692 12 34 56", "+262692123456"),
        ("+33 692 12 34 56", "+262692123456"),
        ("0033692123456", "+262692123456"),
        ("00262692123456", "+262692123456"),
        ("+262 (0)692 12 34 56", "+262692123456"),
        ("+262 0692 12 34 56", "+262692123456"),
        ("sip:262692123456@gw;user=phone", "+262692123456"),
        ("262 692 12 34 56", "+262692123456"),
        ("tel:0692123456;phone-context=+33", "+262692123456"),
        ("tel:0692123456;phone-context=+590", "+262692123456"),
        ("0639 12 34 56", "+262639123456"),
        ("0690 12 34 56", "+590690123456"),
        ("0694 12 34 56", "+594694123456"),
        ("0696 12 34 56", "+596696123456"),
        ("0590 27 12 34", "+590590271234"),
        ("0594 30 12 34", "+594594301234"),
        ("0596 50 12 34", "+596596501234"),
        ("0262 20 12 34", "+262262201234"),
        ("0269 60 12 34", "+262269601234"),
        ("0508 41 12 34", "+508411234"),
        ("+508 41 12 34", "+508411234"),
        ("00508411234", "+508411234"),
        ("0687 12 34 56", "+33687123456"),
        ("+687 25 12 34", "+687251234"),
        ("00689 40 12 34 56", "+68940123456"),
        ("sip:33612345678@gw", "+33612345678"),
        ("sip:330612345678@gw", "+33612345678"),
        ("33 (0)6 12 34 56 78", "+33612345678"),
        ("262(0)692123456", "+262692123456"),
        ("0692/12/34/56", "+262692123456"),
        ("0692\u202f12\u202f34\u202f56", "+262692123456"),
        ("0692\u201112\u201134\u201156", "+262692123456"),
        ("0692 \u2013 12 34 56", "+262692123456"),
        ("\u202a+262 692 12 34 56\u202c", "+262692123456"),
        ("\uff0b262692123456", "+262692123456"),
        ("sip:41446681800@gw", "+41446681800"),
        ("sip:1234567890@pbx", "1234567890@pbx"),
        ("sip:Alice@Example.ORG:5070;transport=udp", "alice@example.org"),
        ("sip:alice:pass@example.org", "alice@example.org"),
        ("sip:1001@pbx.local", "1001@pbx.local"),
        ("sip:bob@[2001:db8::1]", "bob@[2001:db8::1]"),
        ("sip:prospect@127.0.0.1:5099", "prospect@127.0.0.1"),
    ],
)
def test_a_uri_means_this_person(uri: str, person: str) -> None:
    assert person_of(uri) == person


def written(digits: str, code: str) -> list[str]:
    """How nine digits of the French plan are dialled, stored and sent."""
    pairs = " ".join((f"0{digits}")[at : at + 2] for at in range(0, 10, 2))
    return [
        f"tel:0{digits}",
        pairs,
        pairs.replace(" ", "."),
        f"sip:+{code}{digits}@a",
        f"sip:{code}{digits}@a;user=phone",
        f"sip:%2B{code}{digits}@a",
        f"00{code}{digits}",
        f"+{code}(0){digits}",
        f"<sip:0{digits}@10.0.0.1:5080>",
        f"+33 {digits}",
        f"0033 {digits}",
    ]


@given(st.integers(100_000_000, 999_999_999).filter(lambda n: not str(n).startswith("508")))
def test_national_and_international_spelling_of_a_number_are_one_person(number: int) -> None:
    same = {person_of(f"tel:0{number}"), person_of(f"sip:+33{number}@a"), person_of(f"0033{number}")}
    assert same == {canonical(f"+33{number}")}


@given(st.sampled_from(PREFIXES), st.text("0123456789", min_size=6, max_size=6))
def test_an_overseas_number_is_one_person_in_every_spelling(prefix: str, tail: str) -> None:
    digits = (prefix + tail)[:9]
    person = canonical(f"+33{digits}")
    code = person.removeprefix("+").removesuffix(digits)
    assert {uri: person_of(uri) for uri in written(digits, code)} == dict.fromkeys(written(digits, code), person)


@given(st.sampled_from(PREFIXES), st.text("0123456789", min_size=6, max_size=6))
def test_a_person_is_asked_for_under_every_spelling_that_older_versions_made(prefix: str, tail: str) -> None:
    """A national number was taken for a mainland one, an international one as it stood, a bare one with its host."""
    digits = (prefix + tail)[:9]
    code = canonical(f"+33{digits}").removeprefix("+").removesuffix(digits)
    for uri in written(digits, code):
        asked = spellings_of(uri)
        assert asked[0] == person_of(uri)
        assert {f"+33{digits}", f"+{code}{digits}"} <= set(asked)
    assert f"{code}{digits}@a" in spellings_of(f"sip:0{digits}@A:5060")


@pytest.mark.parametrize(
    ("uri", "older"),
    [
        ("sip:2620692123456@gw", {"2620692123456@gw", "+2620692123456"}),
        ("0692\u202f12\u202f34\u202f56", {"0692\u202f12\u202f34\u202f56", "+33692123456"}),
    ],
)
def test_a_person_is_asked_for_as_older_versions_misread_them(uri: str, older: set[str]) -> None:
    assert older <= set(spellings_of(uri))


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
