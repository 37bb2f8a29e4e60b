"""What every DoNotCallRegister keeps to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ivr.domain.consent.bar import KnownBy
from ivr.errors import ArchiveError
from ivr.services.ports.evidence import DoNotCallRegister
from ivr.storage.database import Database
from ivr.storage.do_not_call import SqlDoNotCall
from tests.fakes.vault import FakeDoNotCall, TickingClock


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def register(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> DoNotCallRegister:
    if request.param == "fake":
        return FakeDoNotCall()
    return SqlDoNotCall(open_database(request.param), secret=b"s" * 32, secret_id="dnc-test", clock=TickingClock())


def test_nobody_is_barred_before_they_refused(register: DoNotCallRegister) -> None:
    assert register.bars("tel:+33612345678", scope="sales") is None


@pytest.mark.parametrize(
    "same",
    [
        "tel:0612345678",
        "sip:+33612345678@gw1.example",
        "<sip:0612345678@10.0.0.1:5080>",
        "06 12 34 56 78",
        "+33612345678",
    ],
)
def test_one_number_is_one_person_however_it_is_written(register: DoNotCallRegister, same: str) -> None:
    entry = register.add("sip:+33612345678@gw2", scope="sales", rule_id="OBJ-007", call_id="call-1")
    assert register.bars(same, scope="sales") == entry


def test_a_named_user_is_barred_at_their_host_only(register: DoNotCallRegister) -> None:
    entry = register.add("sip:Alice@example.org:5070", scope="sales", rule_id="OBJ-007", call_id="call-1")
    assert register.bars("sip:alice@example.org", scope="sales") == entry
    assert register.bars("sip:alice@example.net", scope="sales") is None
    assert register.bars("sip:bob@example.org", scope="sales") is None


def test_a_second_refusal_is_the_same_entry(register: DoNotCallRegister) -> None:
    first = register.add("tel:+33612345678", scope="sales", rule_id="OBJ-007", call_id="call-1")
    second = register.add("tel:0612345678", scope="sales", rule_id="OBJ-008", call_id="call-2")
    assert first == second


def test_scopes_are_apart(register: DoNotCallRegister) -> None:
    register.add("tel:+33612345678", scope="sales", rule_id="OBJ-007", call_id="call-1")
    assert register.bars("tel:+33612345678", scope="survey") is None
    assert register.bars("tel:+33612345679", scope="sales") is None


def test_the_entry_does_not_say_who_it_is(register: DoNotCallRegister) -> None:
    entry = register.add("tel:+33612345678", scope="sales", rule_id="OBJ-007", call_id="call-1")
    assert len(entry) == 64
    assert "612345678" not in entry


def test_an_entry_is_put_by_its_id_alone_and_bars_the_person(register: DoNotCallRegister) -> None:
    """What the local disk kept while the database was away knows no number."""
    entry = register.entry_of("tel:+33612345678", scope="sales")
    assert register.bars("tel:0612345678", scope="sales") is None
    for _ in range(2):
        register.put(entry, scope="sales", rule_id="OBJ-007", call_id="call-1")
    assert register.bars("tel:0612345678", scope="sales") == entry
    assert register.add("sip:+33612345678@gw", scope="sales", rule_id="OBJ-007", call_id="call-2") == entry


def test_what_is_known_better_of_a_number_stays(register: DoNotCallRegister) -> None:
    for known, then in [
        (KnownBy.UNKNOWN, KnownBy.UNKNOWN),
        (KnownBy.CLAIMED, KnownBy.CLAIMED),
        (KnownBy.DIALLED, KnownBy.DIALLED),
        (KnownBy.IDENTIFIED, KnownBy.DIALLED),
        (KnownBy.CLAIMED, KnownBy.DIALLED),
    ]:
        register.add("tel:0612345678", scope="sales", rule_id="OBJ-007", call_id="call-1", known_by=known)
        assert [bar.known_by for bar in register.listing()] == [then]


def test_the_last_refusal_is_listed_first(register: DoNotCallRegister) -> None:
    for number, call in ((1, "call-1"), (2, "call-2"), (1, "call-3")):
        uri = f"tel:061234567{number}"
        register.add(uri, scope="sales", rule_id="OBJ-007", call_id=call, known_by=KnownBy.CLAIMED)
    first, second = register.listing()
    assert (first.call_id, second.call_id) == ("call-3", "call-2")
    assert first.added_at < second.added_at < first.refreshed_at


def test_an_entry_is_found_by_the_beginning_of_its_id_when_it_is_the_only_one(register: DoNotCallRegister) -> None:
    for entry in ("abcdef01", "abcdef02", "%_abcdef"):
        register.put(entry, scope="sales", rule_id="OBJ-007", call_id="call-1")
    assert register.find(" ABCDEF01 ").entry == "abcdef01"
    for short in ("abcdef", "abcdef03", "abc", "", "______01"):
        with pytest.raises(ArchiveError):
            register.find(short)


def test_a_person_whose_entry_was_removed_is_not_barred(register: DoNotCallRegister) -> None:
    entry = register.add("tel:0612345678", scope="sales", rule_id="OBJ-007", call_id="call-1")
    for _ in range(2):
        register.remove(entry)
        assert register.bars("tel:0612345678", scope="sales") is None


def test_of_these_entries_it_knows_those_that_are_there(register: DoNotCallRegister) -> None:
    for entry in ("aa", "bb"):
        register.put(entry, scope="sales", rule_id="OBJ-007", call_id="call-1")
    assert register.known(["cc", "bb", "aa"]) == ["bb", "aa"]
    assert register.known([]) == []


def test_an_entry_that_has_moved_bars_under_its_new_id_alone(register: DoNotCallRegister) -> None:
    entry = register.entry_of("tel:+33612345678", scope="sales")
    register.put("old", scope="sales", rule_id="OBJ-007", call_id="call-1")
    register.move("old", entry)
    assert register.bars("tel:0612345678", scope="sales") == entry
    assert register.known(["old", entry]) == [entry]


def test_of_two_entries_of_one_person_one_stays(register: DoNotCallRegister) -> None:
    for entry in ("old", "new"):
        register.put(entry, scope="sales", rule_id="OBJ-007", call_id=f"call-{entry}")
    register.move("old", "new")
    assert register.known(["old", "new"]) == ["new"]
    register.move("old", "new")
    assert register.known(["old", "new"]) == ["new"]


def test_of_two_entries_of_one_person_the_better_knowledge_stays(register: DoNotCallRegister) -> None:
    for entry, known in (("old", KnownBy.DIALLED), ("new", KnownBy.CLAIMED)):
        register.put(entry, scope="sales", rule_id="OBJ-007", call_id=f"call-{entry}", known_by=known)
    register.move("old", "new")
    assert [(bar.entry, bar.known_by) for bar in register.listing()] == [("new", KnownBy.DIALLED)]
