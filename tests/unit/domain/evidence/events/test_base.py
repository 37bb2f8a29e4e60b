"""Each kind of event is a class: what it writes it reads, and nothing that stands in a chain stops a reader."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from types import NoneType
from typing import get_args, get_type_hints

import pytest

from ivr.domain.evidence import events
from ivr.domain.evidence.chain import canonical, check_body
from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.base import ABSENT, Absent, Event, Unread, kinds, known, read_event
from ivr.domain.evidence.events.house import KekRemoved, LossAccepted, WitnessedHead
from ivr.domain.evidence.events.objection import Barred, Objection
from ivr.domain.evidence.events.recording import BusinessNoted, Rescheduled, Sealed

AT = datetime(2026, 11, 21, 9, 0, 0, 250_000, tzinfo=UTC)
EVERY = sorted(kinds().items())
ODD: tuple[object, ...] = (
    None,
    True,
    -1,
    10**20,
    0.5,
    "",
    "2026-11-21",
    [],
    ["a"],
    [1],
    {},
    {"a": 1},
    {"a": "2026-11-21T09:00:00"},
)


def a(kind: str) -> Event:
    """An event of this kind with every field told."""
    cls = kinds()[kind]
    return cls(**{name: _sample(hint) for name, hint in get_type_hints(cls).items() if name in _names(cls)})


def _names(cls: type[Event]) -> set[str]:
    return {one.name for one in fields(cls)}  # type: ignore[arg-type]


def _sample(hint: object) -> object:
    one = next((arm for arm in get_args(hint) if arm not in (Absent, NoneType)), hint)
    if str(hint).startswith("tuple"):
        return ("REC-001", "OBJ-002")
    if "Mapping" in str(hint):
        return {"quality_audio": AT}
    return {str: "x", int: 7, float: 0.5, bool: True, datetime: AT, WitnessedHead: WitnessedHead(3, "ab", AT)}.get(
        one,
        ("REC-001",),  # type: ignore[call-overload]
    )


@pytest.mark.parametrize(("kind", "cls"), EVERY)
def test_what_a_class_writes_it_reads_again_in_the_same_bytes(kind: str, cls: type[Event]) -> None:
    written = canonical(a(kind).body())
    read = read_event(kind, json.loads(written))
    assert type(read) is cls
    assert canonical(read.body()) == written
    assert read == a(kind)


@pytest.mark.parametrize(("kind", "cls"), EVERY)
def test_no_kind_has_a_field_that_could_hold_content(kind: str, cls: type[Event]) -> None:
    check_body(a(kind).body())
    assert a(kind).body().get("v", 1) == cls.version


@pytest.mark.parametrize(("kind", "cls"), EVERY)
def test_whatever_stands_under_a_kind_it_is_read(kind: str, cls: type[Event]) -> None:
    whole = a(kind).body()
    for name in whole:
        for odd in ODD:
            read = read_event(kind, {**whole, name: odd})
            assert type(read) is cls
            assert read_event(kind, json.loads(canonical(read.body()))) == read
        lacking = read_event(kind, {key: value for key, value in whole.items() if key != name})
        assert {**whole, **lacking.body()}.keys() == whole.keys()
    assert type(read_event(kind, {})) is cls
    assert type(read_event(kind, {"other": 1})) is cls


def test_every_class_names_one_kind_and_is_found_by_it() -> None:
    modules = {cls.__module__ for _, cls in EVERY}
    assert modules == {module.__name__ for module in events.MODULES}
    assert all(cls.kind == kind and cls.version >= 1 for kind, cls in EVERY)
    with pytest.raises(TypeError, match="two classes"):
        type("Again", (Event,), {}, kind="objection")


def test_an_event_of_an_unknown_kind_stays_as_it_is() -> None:
    event = read_event("something.new", {"a": [1]})
    assert event == Unread("something.new", {"a": [1]})
    assert event.body() == {"a": [1]}
    assert event.redacted(lambda value, key: "-") == Unread("something.new", {"a": "-"})


def test_early_endings_of_an_objection_are_objections() -> None:
    assert isinstance(read_event("objection.voice", {}), Objection)
    assert isinstance(read_event("objections", {}), Unread)


def test_what_a_body_does_not_tell_is_untold_where_that_matters_and_blank_elsewhere() -> None:
    read = Objection.read({"rules": "REC-001", "discards": "no"})
    assert (read.rules, read.discards, read.score, read.acted_at) == ((), ABSENT, 0.0, ABSENT)
    assert not ABSENT
    assert (known(ABSENT, 3), known(2, 3)) == (3, 2)
    assert LossAccepted.read({"witnessed": {"seq": 3}}).witnessed is None
    assert Rescheduled.read({"clocks": {"quality_audio": "soon"}}).clocks is ABSENT
    assert Barred.read({"entry": "ab", "rule": "CAN-005"}).body() == {"entry": "ab", "rule": "CAN-005"}


def test_times_are_spelled_as_version_1_spelled_them() -> None:
    paris = AT.astimezone(timezone(timedelta(hours=1)))
    noted = BusinessNoted(event="contract_end", event_at=paris, actor="ana", reference="")
    assert noted.body()["event_at"] == "2026-11-21T09:00:00.250000Z"
    assert "deadline" not in noted.body()
    assert KekRemoved(kek_id="kek-1", retired_at=AT).body()["retired_at"] == "2026-11-21T09:00:00.250000+00:00"
    sealed = a("recording.sealed")
    assert isinstance(sealed, Sealed)
    assert replace(sealed, deadline=None).body()["deadline"] is None
    assert "deadline" not in replace(sealed, deadline=ABSENT).body()


def test_a_later_version_is_told_in_the_body_and_given_to_the_reader() -> None:
    seen = []

    class Later(Objection):
        version = 2

        @classmethod
        def read(cls, body: object, version: int = 1) -> Later:
            seen.append(version)
            return super().read(body, version)  # type: ignore[arg-type]

    later = Later.read(a("objection").body())
    assert later.body()["v"] == 2
    read = read_event("objection", later.body())
    assert (read, later.redacted(lambda value, key: value)) == (a("objection"), later)
    assert seen == [1, 2]


def test_a_link_tells_its_facts() -> None:
    link = AuditEvent("node-1", 1, AT, "hearing.deaf", "call-1", "", {"mark_ms": 40}, "", "")
    assert link.facts == read_event("hearing.deaf", {"mark_ms": 40})
