"""What identifies a caller: which answers match, what is asked next, and that no value ever shows (ASK-006)."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.identity.check import (
    Answer,
    Expected,
    IdentityCheck,
    IdentityItem,
    IdentityPlan,
    IdentityStep,
    begin,
    decide,
    digest,
    judge,
    numbers_said,
    readings,
    refusal_of,
)

NAME, BORN = IdentityItem.NAME, IdentityItem.BIRTH_DATE
NUMBER, POSTAL = IdentityItem.MEMBER_NUMBER, IdentityItem.POSTAL_CODE
SALT = bytes(16)


def member(
    number: str = "0047382", *, born: str = "1985-03-12", postal: str = "75011", names: str = "Dupont"
) -> Expected:
    values = {NUMBER: number, BORN: born, POSTAL: postal}
    digests = {item: digest(item, value, SALT) for item, value in values.items() if value}
    return Expected(SALT, digests, tuple(names.split("|")) if names else (), "Jean-Pierre")


def said(*utterances: str) -> Answer:
    return Answer(utterances)


@pytest.mark.parametrize(
    "text",
    [
        "le douze mars mille neuf cent quatre-vingt-cinq",
        "Je suis né le 12 mars 1985.",
        "douze mars quatre-vingt-cinq",
        "12 03 85",
        "12/03/1985",
        "12.03.85",
        "douze zéro trois quatre-vingt-cinq",
        "douze, trois, dix-neuf cent quatre-vingt-cinq",
        "douze du trois quatre-vingt-cinq",
        "le onze, non, le douze mars quatre-vingt-cinq",
        "le 12, euh, mars, euh, 85",
        "12031985",
        "120385",
    ],
)
def test_a_birth_date_is_understood_as_people_say_it(text: str) -> None:
    assert member().matches(BORN, said(text))


@pytest.mark.parametrize(
    ("born", "text"),
    [
        ("1960-04-01", "le premier avril soixante"),
        ("1960-04-01", "le 1er avril 1960"),
        ("1992-08-21", "le vingt et un août nonante-deux"),
        ("1974-11-08", "huit novembre septante-quatre"),
        ("1978-12-31", "trente et un décembre soixante-dix-huit"),
        ("2003-01-03", "trois janvier deux mille trois"),
        ("1944-05-05", "cinq mai quarante-quatre"),
        ("1957-07-07", "zéro sept zéro sept cinquante-sept"),
        ("1952-09-16", "seize zéro neuf dix-neuf cinquante-deux"),
        ("1924-12-24", "vingt-quatre décembre mille neuf cent vingt-quatre"),
        ("1951-11-23", "23 novembre 1950 et 1."),
        ("1985-03-12", "12 mars 1900 85"),
        ("1950-02-28", "le vingt-huit février de l'année cinquante"),
    ],
)
def test_other_birth_dates_are_understood(born: str, text: str) -> None:
    assert member(born=born).matches(BORN, said(text))


@pytest.mark.parametrize(
    "text",
    [
        "le treize mars quatre-vingt-cinq",
        "le douze mai mille neuf cent quatre-vingt-cinq",
        "le douze mars mille neuf cent quatre-vingt-six",
        "en quatre-vingt-cinq",
        "le douze mars",
        "le trente février quatre-vingt-cinq",
        "je ne sais pas",
        "",
    ],
)
def test_another_birth_date_or_half_of_one_does_not_match(text: str) -> None:
    assert not member().matches(BORN, said(text))


@pytest.mark.parametrize(
    "text",
    [
        "0047382",
        "00 47 382",
        "zéro zéro quatre sept trois huit deux",
        "double zéro quatre sept trois huit deux",
        "c'est le zéro zéro quarante-sept trois cent quatre-vingt-deux",
        "zéro, zéro, quarante-sept, euh, trois cent quatre-vingt-deux",
        "alors attendez, zéro zéro quatre sept trois huit deux, voilà",
    ],
)
def test_a_member_number_is_understood_in_digits_and_groups(text: str) -> None:
    assert member().matches(NUMBER, said(text))


def test_a_tens_and_its_unit_that_were_written_apart_are_read_together_too() -> None:
    assert member("9021456").matches(NUMBER, said("90, 20, 1, 45, 6"))
    assert member("902014506").matches(NUMBER, said("90, 20, 1, 450, 6"))
    assert not member("9121456").matches(NUMBER, said("90, 20, 1, 45, 6"))


@pytest.mark.parametrize("text", ["47382", "0047383", "00473820", "mon numéro est dans mon sac", "trois"])
def test_another_member_number_does_not_match(text: str) -> None:
    assert not member().matches(NUMBER, said(text))


@pytest.mark.parametrize(
    ("postal", "text"),
    [
        ("75011", "75011"),
        ("75011", "75 011 Paris"),
        ("75011", "soixante-quinze mille onze"),
        ("75011", "soixante-quinze zéro onze"),
        ("13000", "treize mille"),
        ("01000", "zéro un mille"),
        ("01000", "zéro un zéro zéro zéro"),
        ("69003", "soixante-neuf zéro zéro trois"),
        ("20090", "vingt mille quatre-vingt-dix"),
        ("13008", "Mon code postal est 13.000 8."),
        ("33400", "33,400."),
        ("59650", "cinquante-neuf six cent cinquante"),
    ],
)
def test_a_postal_code_is_understood(postal: str, text: str) -> None:
    assert member(postal=postal).matches(POSTAL, said(text))
    assert not member(postal="75012").matches(POSTAL, said(text))


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("Dupont", "Jean-Pierre Dupont"),
        ("Dupont", "Dupont Jean Pierre"),
        ("Dupont", "je m'appelle Jean-Pierre Dupond"),
        ("DUPONT", "Jean-Pierre, D comme Denis, U, P, O, N, T"),
        ("Dupont", "Jean Pierre, D-U-P-O-N-T"),
        ("Dupont", "jean pierre dé u pé o enne té"),
        ("Lefebvre", "Jean-Pierre Lefèvre"),
        ("Gauthier", "Jean-Pierre Gautier"),
        ("Dupont-Moretti", "Jean-Pierre Moretti Dupont"),
        ("Dupont-Moretti", "Jean-Pierre Dupont Moretti"),
        ("Benali", "Jean-Pierre Ben Ali"),
        ("de La Tour", "Jean-Pierre Delatour"),
        ("Perrin", "Jean-Pierre, P comme Pierre, E, deux R, I, N"),
        ("Kowalski", "Jean-Pierre, K-OW-A-L-S-K-I"),
        ("Durand|Dupont", "Jean-Pierre Dupont"),
        ("Évêque", "jean pierre eveque"),
    ],
)
def test_a_name_is_understood_by_sound_order_and_spelling(names: str, text: str) -> None:
    assert member(names=names).matches(NAME, said(text))


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("Dupont", "Jean-Pierre Durand"),
        ("Dupont", "Dupont"),
        ("Dupont", "Marie Dupont"),
        ("Dupont", "Pierre Dupont"),
        ("Martin", "Jean-Pierre Marin"),
        ("Dupont-Moretti", "Jean-Pierre Dupont"),
        ("Leroux", "Jean-Pierre Roux"),
        ("Dupont", "Jean-Pierre " + " ".join(f"nom{'abcdefghijklmnopqrstuvwxyz'[n]}" for n in range(26)) + " Dupont"),
    ],
)
def test_another_name_or_a_list_of_names_does_not_match(names: str, text: str) -> None:
    assert not member(names=names).matches(NAME, said(text))


def test_keys_count_as_what_they_are() -> None:
    assert member().matches(NUMBER, Answer(dtmf="0047382"))
    assert member().matches(BORN, Answer(dtmf="12031985"))
    assert member().matches(BORN, Answer(dtmf="120385"))
    assert member().matches(POSTAL, Answer(dtmf="75011"))
    assert not member().matches(BORN, Answer(dtmf="1203198"))


def test_an_answer_in_several_breaths_counts_whole_and_a_second_try_in_it_counts_alone() -> None:
    assert member().matches(NUMBER, said("zéro zéro quarante-sept", "trois cent quatre-vingt-deux"))
    assert member().matches(BORN, said("le douze", "mars", "quatre-vingt-cinq"))
    assert member().matches(NUMBER, said("je le cherche", "0047382"))
    assert member().matches(NUMBER, said("0047381", "0047382"))


def test_a_list_of_guesses_is_no_answer() -> None:
    dates = ", ".join(f"le {day} mars 1985" for day in range(1, 29))
    assert len(readings(BORN, said(dates))) <= 2
    codes = ". Ou bien ".join(str(code) for code in range(75001, 75021))
    assert readings(POSTAL, said(codes)) == ()


# ---- the check


def test_the_member_number_is_asked_first_and_finds_the_file() -> None:
    check = begin(IdentityPlan((BORN, NUMBER)))
    assert (decide(check).item, decide(check).again) == (NUMBER, False)
    answer = said("zéro zéro quarante-sept trois cent quatre-vingt-deux")
    assert "0047382" in numbers_said(check, answer)
    check = judge(check, answer, [member()])
    assert decide(check).item is BORN
    assert numbers_said(check, said("0047382")) == ()
    check = judge(check, said("12 mars 1985"))
    decision = decide(check)
    assert (decision.step, decision.why, decision.item) == (IdentityStep.IDENTIFIED, "matched", None)
    assert decision.reasons == ("ASK-006",)
    assert check.tries_left == 3


def test_three_answers_that_do_not_match_end_it_whatever_item_they_were_for() -> None:
    check = judge(begin(IdentityPlan((NUMBER, BORN))), said("0000000"))
    assert (decide(check).item, decide(check).again, check.tries_left) == (NUMBER, True, 2)
    check = judge(check, said("0047382"), [member()])
    assert (decide(check).item, decide(check).again) == (BORN, False)
    for _ in range(2):
        check = judge(check, Answer())
    assert (decide(check).step, decide(check).why) == (IdentityStep.FAILED, "tries")
    assert judge(check, said("12 mars 1985")) == check


def test_all_answers_must_fit_one_member_of_a_household() -> None:
    his = member("0051976", born="1982-07-30")
    check = begin(IdentityPlan((POSTAL, BORN)), [member(), his])
    check = judge(check, said("75011"))
    assert len(check.candidates) == 2
    assert decide(judge(check, said("30 juillet 1982"))).step is IdentityStep.IDENTIFIED
    check = begin(IdentityPlan((NUMBER, BORN)), [member(), his])
    check = judge(check, said("0051976"))
    assert decide(judge(check, said("12 mars 1985"))).again


def test_somebody_who_calls_from_anothers_telephone_is_found_by_number() -> None:
    check = begin(IdentityPlan((NUMBER, BORN)), [member("0051976", born="1982-07-30")])
    check = judge(check, said("0047382"), [member()])
    assert decide(judge(check, said("12 mars 1985"))).step is IdentityStep.IDENTIFIED


def test_nothing_is_asked_that_cannot_be_compared() -> None:
    assert decide(begin(IdentityPlan((POSTAL, BORN)))).why == "unknown"
    assert decide(begin(IdentityPlan((POSTAL, BORN)), [member(born="")])).why == "unknown"
    after = judge(begin(IdentityPlan((NUMBER, NAME))), said("0047382"), [member(names="")])
    assert decide(after).step is IdentityStep.FAILED


@pytest.mark.parametrize(
    ("name", "rule", "instead"),
    [
        ("nir", "ASK-002", "member_number"),
        ("numero_securite_sociale", "ASK-002", "member_number"),
        ("IBAN", "ASK-002", "member_number"),
        ("password", "ASK-002", "birth_date"),
        ("secret-answer", "ASK-002", "birth_date"),
        ("email", "ASK-006", "postal_code"),
        ("birth_dat", "ASK-006", "birth_date"),
        ("date_of_birth", "ASK-006", "birth_date"),
        ("blood_group", "ASK-006", "member_number"),
    ],
)
def test_what_may_not_be_asked_is_named_with_its_rule_and_the_nearest_that_may(
    name: str, rule: str, instead: str
) -> None:
    found, remedy = refusal_of(name)
    assert found == rule
    assert instead in remedy


#: Whatever somebody may think of asking: the rule that forbids it, and what to ask instead.
NEVER_ASKED = {
    ("ASK-002", "member_number"): "nir social_security_number securite_sociale numero_securite_sociale ssn vitale iban"
    " rib bic bank_details bank_account card card_number card_data cvv card_expiry",
    ("ASK-002", "birth_date"): "password pin otp secret secret_answer secret_question mother_maiden_name",
    ("ASK-006", "birth_date"): "medical_info health doctor date_of_birth birthdate age birthplace",
    ("ASK-006", "postal_code"): "email email_on_file phone address city",
    ("ASK-006", "name"): "first_name beneficiary_first_name last_name surname",
    ("ASK-006", "member_number"): "contract_number contract guarantee_name",
}


@pytest.mark.parametrize(
    ("name", "rule", "instead"),
    [(name, *answer) for answer, names in NEVER_ASKED.items() for name in names.split()],
)
def test_each_of_them_is_refused_by_its_rule_however_it_is_spelled(name: str, rule: str, instead: str) -> None:
    for spelled in (name, f" {name.upper()} ", name.replace("_", "-"), name.replace("_", " ")):
        found, remedy = refusal_of(spelled)
        assert found == rule
        assert remedy.startswith(f"ask '{instead}' instead; allowed: ")
    assert remedy.endswith(", ".join(item.value for item in IdentityItem))


# ---- nothing shows

_DIGITS = st.text("0123456789", min_size=4, max_size=10)
#: Letters of which no word of a representation is made.
_NAMES = st.text("qwzkéèôç", min_size=4, max_size=12)


@given(number=_DIGITS, born=st.dates(), postal=st.text("0123456789", min_size=5, max_size=5), last=_NAMES, first=_NAMES)
def test_no_value_ever_shows_whatever_happens(number: str, born: object, postal: str, last: str, first: str) -> None:
    values = {NUMBER: number, BORN: str(born), POSTAL: postal}
    one = Expected(
        b"\x01\x02\x03\x04", {item: digest(item, v, b"\x01\x02\x03\x04") for item, v in values.items()}, (last,), first
    )
    check = begin(IdentityPlan((NUMBER, BORN, POSTAL, NAME)), [one])
    shown = [repr(one), repr(check)]
    for answer in (said(number), Answer(dtmf=number), said(str(born)), said(postal), said(f"{first} {last}")):
        check = judge(check, answer)
        shown += [repr(check), repr(decide(check)), repr(answer), str(answer)]
    told = "".join(shown).casefold()
    assert [value for value in (number, str(born), postal, last, first) if value in told] == []


@given(st.permutations(list(IdentityItem)), st.integers(2, 4), st.integers(1, 3), st.lists(st.booleans(), max_size=12))
def test_a_check_always_ends_and_identifies_only_when_every_item_matched(
    order: list[IdentityItem], count: int, tries: int, right: list[bool]
) -> None:
    plan = IdentityPlan(tuple(order[:count]), tries)
    rights = {NUMBER: "0047382", BORN: "12 mars 1985", POSTAL: "75011", NAME: "Jean-Pierre Dupont"}
    check: IdentityCheck = begin(plan, [member()])
    for n in itertools.count():
        decision = decide(check)
        if decision.item is None:
            break
        good = n < len(right) and right[n]
        check = judge(check, said(rights[decision.item] if good else "non"))
    assert n <= count + tries
    done = set(check.matched) == set(plan.items)
    assert (decision.step is IdentityStep.IDENTIFIED) is done
    assert (check.tries_left > 0) or not done
    assert dataclasses.replace(check).tries_left == check.tries_left


@pytest.mark.parametrize("item", list(IdentityItem))
def test_what_the_file_does_not_hold_is_matched_by_no_answer(item: IdentityItem) -> None:
    said = Answer(("zéro zéro quatre sept trois huit deux", "dupont"))
    assert not member("", born="", postal="", names="").matches(item, said)
