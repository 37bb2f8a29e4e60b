"""Lists for people: who may see which, what the evidence says of it, files, and searches that are kept."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.domain.search.query import RecordingQuery
from ivr.errors import ComplianceError, ConfigurationError
from ivr.services.export.access_gate import Gate
from ivr.services.search.listing import COLUMNS, Listing
from ivr.storage.person_index import SqlPersonIndex
from ivr.storage.recording_search import SqlRecordingSearch
from ivr.storage.saved_searches import SqlSavedSearches
from tests.databases import fresh_url
from tests.fakes.vault import FakeKeyRing, a_tag
from tests.retention_rig import CALLED, RetentionRig, settings

ZONE = ZoneInfo("Europe/Paris")
QUALITY, SALES = "quality_audio", "sales_audio"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[RetentionRig]:
    rig = RetentionRig(fresh_url("sqlite", tmp_path))
    with rig.database.together():
        for number in range(5):
            rig.record(f"quality-{number}", at=CALLED + timedelta(minutes=number))
        rig.record("sale", tag=SALES)
    yield rig
    rig.close()


def listing(rig: RetentionRig) -> Listing:
    gate = Gate(rig.ledger, rig.audit, rig.clock, policy=settings().access, table=rig.table, profile=rig.profile)
    persons = SqlPersonIndex(rig.database, FakeKeyRing(), clock=rig.clock)
    persons.begin()
    search = SqlRecordingSearch(rig.database, persons)
    return Listing(gate, search, SqlSavedSearches(rig.database), rig.audit, rig.clock)


def ask(role: Role, purpose: str = "", reason: str = "évaluation du mois") -> AccessRequest:
    return AccessRequest(Actor("someone", role), Action.LIST, purpose=purpose, reason=reason)


def kinds(rig: RetentionRig) -> list[str]:
    return [event.kind for event in rig.audit.events() if not event.kind.startswith("recording.")]


@pytest.mark.parametrize(
    ("role", "purpose", "seen"),
    [
        (Role.QUALITY_ANALYST, QUALITY, 5),
        (Role.QUALITY_ANALYST, SALES, None),
        (Role.QUALITY_ANALYST, "", None),
        (Role.TRAINER, "", None),
        (Role.LEGAL, "", None),
        (Role.AGENT, QUALITY, None),
        (Role.DPO, "", 6),
        (Role.DPO, SALES, 1),
        (Role.COMPLIANCE_OFFICER, "", 6),
        (Role.OPERATOR, "", 6),
        (Role.AUDITOR, QUALITY, 5),
    ],
)
def test_each_role_sees_what_it_may_and_every_list_and_denial_is_noted(
    role: Role, purpose: str, seen: int | None, rig: RetentionRig
) -> None:
    if seen is None:
        with pytest.raises(ComplianceError) as refused:
            listing(rig).page(ask(role, purpose), RecordingQuery())
        assert refused.value.rules
        assert kinds(rig) == ["access.denied"]
        return
    page = listing(rig).page(ask(role, purpose), RecordingQuery())
    assert len(page.rows) == seen
    assert {row.tag.retention for row in page.rows} <= ({purpose} if purpose else {QUALITY, SALES})
    assert kinds(rig) == ["recordings.listed"]


def test_the_evidence_says_who_saw_how_many_and_why_and_no_value_of_a_filter(rig: RetentionRig) -> None:
    listing(rig).page(ask(Role.QUALITY_ANALYST, QUALITY), RecordingQuery(phone="0612345678", gaps=False))
    (noted,) = [event for event in rig.audit.events() if event.kind == "recordings.listed"]
    assert noted.body == {
        "actor": "someone",
        "role": "quality_analyst",
        "purpose": QUALITY,
        "reason": "évaluation du mois",
        "filters": ["gaps", "phone", "purpose"],
        "count": 0,
    }


def test_without_a_reason_nothing_is_listed(rig: RetentionRig) -> None:
    for role in (Role.QUALITY_ANALYST, Role.DPO, Role.OPERATOR):
        with pytest.raises(ComplianceError):
            listing(rig).page(ask(role, QUALITY, reason=" "), RecordingQuery())


@pytest.mark.parametrize(("role", "may"), [(Role.SUPERVISOR, True), (Role.QUALITY_ANALYST, False), (Role.DPO, False)])
def test_only_who_supervises_looks_by_score_in_a_page_or_a_file(role: Role, may: bool, rig: RetentionRig) -> None:
    for look in (listing(rig).page, listing(rig).file):
        if may:
            look(ask(role, QUALITY), RecordingQuery(max_tenths=700))
            continue
        with pytest.raises(ComplianceError):
            look(ask(role, QUALITY), RecordingQuery(max_tenths=700))
    assert kinds(rig) == (["recordings.listed"] * 2 if may else ["access.denied"] * 2)
    noted = [event.body for event in rig.audit.events() if event.kind == "recordings.listed"]
    assert all(body["filters"] == ["max-score", "purpose"] for body in noted)


def test_an_unknown_purpose_and_another_one_than_claimed_are_refused(rig: RetentionRig) -> None:
    with pytest.raises(ComplianceError):
        listing(rig).page(ask(Role.QUALITY_ANALYST, "quality"), RecordingQuery())
    with pytest.raises(ConfigurationError):
        listing(rig).page(ask(Role.QUALITY_ANALYST, QUALITY), RecordingQuery(purpose=SALES))


def test_nothing_is_shown_when_it_cannot_be_noted(rig: RetentionRig) -> None:
    class Full:
        def append(self, *_: object, **__: object) -> None:
            raise ComplianceError("the evidence cannot be written")

    found = listing(rig)
    found._chain = Full()  # type: ignore[assignment]
    with pytest.raises(ComplianceError):
        found.page(ask(Role.DPO), RecordingQuery())


def test_a_file_holds_every_page_and_its_digest_is_in_the_evidence(
    rig: RetentionRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.services.search.listing._PAGE", 2)
    file = listing(rig).file(ask(Role.QUALITY_ANALYST, QUALITY), RecordingQuery(after="quality-1"))
    head, *rows = csv.reader(file.content.decode().splitlines())
    assert tuple(head) == COLUMNS
    assert [row[0] for row in rows] == [f"quality-{number}" for number in (4, 3, 2, 1, 0)]
    assert (file.rows, file.whole) == (5, True)
    (noted,) = [event for event in rig.audit.events() if event.kind == "recordings.listed"]
    assert noted.body["sha256"] == hashlib.sha256(file.content).hexdigest()
    assert noted.body["count"] == 5


@pytest.mark.parametrize(("longest", "whole"), [(5, True), (4, False), (2, False)])
def test_a_file_that_is_too_long_says_so(
    longest: int, whole: bool, rig: RetentionRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.services.search.listing._PAGE", 2)
    file = listing(rig).file(ask(Role.QUALITY_ANALYST, QUALITY), RecordingQuery(), longest=longest)
    assert (file.rows, file.whole) == (longest, whole)
    assert len(file.content.splitlines()) == longest + 1


def test_no_cell_of_a_file_is_a_formula(rig: RetentionRig) -> None:
    rig.catalogue.add(
        a_tag("odd", program="=1+1", retention=QUALITY),
        b"wrapped",
        "kek-1",
    )
    file = listing(rig).file(ask(Role.QUALITY_ANALYST, QUALITY), RecordingQuery())
    assert b",'=1+1," in file.content


def save(found: Listing, owner: str, name: str, **filters: str) -> None:
    request = AccessRequest(Actor(owner, Role.QUALITY_ANALYST), Action.LIST, purpose=QUALITY, reason="évaluation")
    found.save(request, name, filters, zone=ZONE, purposes=[QUALITY, SALES])


def test_searches_are_kept_for_their_owner_by_name(rig: RetentionRig) -> None:
    found = listing(rig)
    save(found, "ana", "  Long   calls ", program="hotline", gaps="")
    save(found, "ana", "Doubts", doubts="yes")
    save(found, "bob", "Doubts", doubts="no")
    assert [(one.name, one.filters) for one in found.saved("ana")] == [
        ("Doubts", {"doubts": "yes"}),
        ("Long calls", {"program": "hotline"}),
    ]
    save(found, "ana", "Doubts", gaps="yes")
    assert found.saved("ana")[0].filters == {"gaps": "yes"}
    found.forget("ana", "Doubts")
    found.forget("ana", "Doubts")
    assert [one.name for one in found.saved("ana")] == ["Long calls"]
    assert [one.filters for one in found.saved("bob")] == [{"doubts": "no"}]


@pytest.mark.parametrize(
    ("name", "filters"),
    [
        ("", {"gaps": "yes"}),
        ("x" * 61, {"gaps": "yes"}),
        ("a\x07", {"gaps": "yes"}),
        ("fine", {"gaps": "perhaps"}),
        ("fine", {"phone": "0612345678"}),
        ("fine", {"member": "47382"}),
    ],
)
def test_what_is_no_search_or_holds_a_number_is_not_kept(name: str, filters: dict[str, str], rig: RetentionRig) -> None:
    found = listing(rig)
    with pytest.raises(ConfigurationError):
        save(found, "ana", name, **filters)
    assert found.saved("ana") == []


def test_a_person_keeps_no_more_searches_than_they_can_read(rig: RetentionRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.services.search.listing._MOST_SAVED", 2)
    found = listing(rig)
    for name in ("one", "two", "two"):
        save(found, "ana", name, gaps="yes")
    with pytest.raises(ConfigurationError):
        save(found, "ana", "three", gaps="yes")
    save(found, "bob", "three", gaps="yes")


def test_a_search_by_score_is_kept_by_who_supervises_only_and_another_is_denied(rig: RetentionRig) -> None:
    found = listing(rig)
    with pytest.raises(ComplianceError):
        save(found, "ana", "Bad ones", **{"max-score": "50"})
    # Whether it is a search at all is nothing to tell who may not ask.
    with pytest.raises(ComplianceError):
        save(found, "ana", "Bad ones", **{"max-score": "abc"})
    assert found.saved("ana") == []
    assert kinds(rig) == ["access.denied"] * 2
    head = AccessRequest(Actor("sam", Role.SUPERVISOR), Action.LIST, purpose=QUALITY, reason="évaluation")
    found.save(head, "Bad ones", {"max-score": "50"}, zone=ZONE, purposes=[QUALITY, SALES])
    assert [one.filters for one in found.saved("sam")] == [{"max-score": "50"}]
