"""One line has one canonical number, whatever country code it came with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.numbers.phone_number import OVERSEAS, PLAN_CODES, canonical, plan_digits, spellings

PREFIXES = sorted((prefix, code) for code, prefixes in OVERSEAS.items() for prefix in prefixes)


@given(st.sampled_from(PREFIXES), st.sampled_from(PLAN_CODES), st.text("0123456789", min_size=9, max_size=9))
def test_an_overseas_line_is_one_number_behind_every_code_of_the_plan(
    place: tuple[str, str], code: str, tail: str
) -> None:
    prefix, own = place
    digits = (prefix + tail)[:9]
    assert canonical(f"+{code}{digits}") == f"+{own}{digits}"
    assert spellings(f"+{code}{digits}") == spellings(f"+{own}{digits}")
    assert f"+{code}{digits}" in spellings(f"+{own}{digits}")


@given(st.sampled_from(PLAN_CODES), st.text("0123456789", min_size=8, max_size=8).map("12345".__add__))
def test_all_spellings_of_a_line_have_the_same_spellings(code: str, text: str) -> None:
    number = f"+{code}{text[4:]}"
    assert {spellings(one) for one in spellings(number)} == {spellings(number)}
    assert spellings(number)[0] == canonical(number) == canonical(canonical(number))


@pytest.mark.parametrize("number", ["+508411234", "+33508411234", "+508508411234", "+262508411234"])
def test_miquelon_has_six_digits_and_its_neighbours_dial_nine(number: str) -> None:
    assert canonical(number) == "+508411234"
    assert {"+508411234", "+33508411234"} <= set(spellings(number))


@pytest.mark.parametrize(
    "number", ["+33687123456", "+33689123456", "+33681123456", "+33612345678", "+33145678901", "+33800123456"]
)
def test_a_mainland_number_stays_also_where_it_looks_like_a_code_of_the_pacific(number: str) -> None:
    assert canonical(number) == number


@pytest.mark.parametrize(
    "number", ["+687251234", "+68940123456", "+681721234", "+41446681800", "+12125550123", "+2626921234567", ""]
)
def test_numbers_of_other_plans_stay_and_have_one_spelling(number: str) -> None:
    assert plan_digits(number) == ""
    assert spellings(number) == (number,)


@pytest.mark.parametrize(
    ("dialled", "own"),
    [
        *((f"0{head}", "590") for head in ("590", "690", "691", "7090")),
        *((f"0{head}", "594") for head in ("594", "694", "70930", "70931", "70932", "70933", "70934")),
        *((f"0{head}", "596") for head in ("596", "696", "697", "7091")),
        *((f"0{head}", "262") for head in ("262", "263", "269", "639", "692", "693", "7092")),
        *((f"0{head}", "262") for head in ("70935", "70936", "70937", "70938", "70939")),
        *((f"0{head}", "33") for head in ("591", "595", "597", "261", "264", "638")),
        *((f"0{head}", "33") for head in ("640", "695", "698", "7094", "7089", "7099", "612", "145", "687")),
        ("0508", "508"),
    ],
)
def test_what_is_dialled_at_home_belongs_to_its_place_behind_any_code(dialled: str, own: str) -> None:
    digits = (dialled[1:] + "123456789")[:9]
    wanted = f"+508{digits}" if own == "508" else f"+{own}{digits}"
    for code in ("33", "590", "594", "596", "262", "508"):
        number = f"+{code}{digits}"
        assert plan_digits(number) == digits
        if own != "508":
            assert canonical(number) == wanted
            assert spellings(number) == (
                wanted,
                *(f"+{one}{digits}" for one in ("33", "590", "594", "596", "262", "508") if one != own),
            )


def test_miquelon_is_spelled_short_first() -> None:
    assert spellings("+508411234") == (
        "+508411234", "+33508411234", "+590508411234", "+594508411234", "+596508411234", "+262508411234",
        "+508508411234",
    )  # fmt: skip


@pytest.mark.parametrize(
    "number",
    ["33612345678", "+3361234567", "+336123456789", "+33a12345678", "+33\u0661\u06623456789", "+50841123",
     "+5084112345",     "+33411234", "+590411234", "+33", "+"],
)  # fmt: skip
def test_what_is_too_short_too_long_or_no_digits_is_no_line_of_the_plan(number: str) -> None:
    assert plan_digits(number) == ""
    assert (canonical(number), spellings(number)) == (number, (number,))
