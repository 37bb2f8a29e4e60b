"""Searches in the catalogue, on both databases: what each filter finds, pages that lose nothing, and their indexes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from ivr.domain.call.leg import Disposition
from ivr.domain.evidence.events.objection import AgentInDoubt
from ivr.domain.evidence.events.quality import AnalysisBegun
from ivr.domain.quality.analysis import Analysis, AnalysisForm, AnalysisState, Call
from ivr.domain.recording.state import RecordingEvent, RecordingState
from ivr.domain.search.query import RecordingQuery
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.ports.evidence import CallRow, Entry
from ivr.services.ports.vault import SealedFile
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.call_log import SqlCallLog
from ivr.storage.catalogue import SqlCatalogue
from ivr.storage.data_keys import SqlKeyTable
from ivr.storage.database import Database
from ivr.storage.person_index import SqlPersonIndex
from ivr.storage.quality_analyses import SqlAnalyses
from ivr.storage.recording_search import SqlRecordingSearch, scans
from ivr.storage.tables import recording_persons, recording_purposes, recordings
from tests.databases import KINDS
from tests.fakes.vault import START, FakeKeyRing, TickingClock, a_tag
from tests.retention_rig import SIGNER

LONG = SealedFile("ab" * 32, 1234, 7_200_000)
PHONE = "+33612345678"


class Place:
    """A catalogue with its calls' reports."""

    def __init__(self, database: Database, *, begun: bool = True) -> None:
        self.database = database
        self.keys = FakeKeyRing()
        self.clock = TickingClock(START)
        self.catalogue = SqlCatalogue(database)
        self.audit = SqlAuditLog(database, node_id="node-1", clock=self.clock, signer=SIGNER)
        self.persons = SqlPersonIndex(database, self.keys, clock=self.clock)
        if begun:
            self.persons.begin()
        self.calls = SqlCallLog(database, persons=self.persons)

    def record(
        self,
        recording_id: str,
        *,
        minute: int = 0,
        sealed: SealedFile | None = None,
        gaps: int = 0,
        masks: int = 0,
        doubts: int = 0,
        program: str = "hotline-quality",
        retention: str = "quality_audio",
        due_days: int = 180,
    ) -> None:
        opened_at = START + timedelta(minutes=minute)
        tag = a_tag(
            recording_id, call_id=f"call-{recording_id}", program=program, retention=retention, opened_at=opened_at
        )
        self.catalogue.add(tag, b"wrapped", "kek-1")
        self.catalogue.describe(
            recording_id,
            sealed=sealed or SealedFile("ab" * 32, 1234, 60_000),
            deadline=opened_at + timedelta(days=due_days),
            closed_at=opened_at,
            consent={},
            gaps=[{"start_ms": 0, "end_ms": 9, "cause": "unheard"}] * gaps,
            masks=[{"channel": "caller", "start_ms": 0, "end_ms": 9, "kind": "card"}] * masks,
        )
        for event in (RecordingEvent.CLOSE, RecordingEvent.SEAL):
            self.catalogue.move(recording_id, event)
        for _ in range(doubts):
            self.audit.append(AgentInDoubt(score=0.5), call_id=f"call-{recording_id}", recording_id=recording_id)

    def report(self, recording_id: str, *, members: str = "", **changes: Any) -> None:
        row = CallRow(
            call_id=f"call-{recording_id}",
            program="hotline-quality",
            direction="inbound",
            party=f"sip:{PHONE}@carrier.invalid",
            started_at=START,
            answered_at=START,
            ended_at=START,
            disposition="ANSWERED",
            sip_status=200,
            hangup_cause=16,
            ended_by="caller",
            recording_id=recording_id,
            recording_state="SEALED",
            consent={},
            node_id="node-1",
            agent="alice",
        )
        tag = self.persons.member()(members) if members else None
        self.calls.add(replace(row, **changes), members=[tag] if tag else [])

    def score(self, recording_id: str, tenths: int, *, grid: str = "hotline", counts: bool = True) -> None:
        """An analysis of the call that was finished."""
        with self.database.reading() as connection:
            begun = connection.execute(
                select(recordings.c.opened_at).where(recordings.c.recording_id == recording_id)
            ).scalar_one()
        call = Call(recording_id, "call", "hotline-quality", begun, "luc")
        analysis = Analysis(
            f"{grid}-{recording_id}-{counts}", AnalysisForm.REVIEW, call, grid, "1", "anne", begun,
            begun + timedelta(days=365), state=AnalysisState.SCORED, tenths=tenths, counts=counts,
        )  # fmt: skip
        noted = AnalysisBegun(
            actor="anne", role="quality_analyst", analysis_id=analysis.id, form="review", grid=grid, grid_version="1",
            purpose="", reason="x",
        )  # fmt: skip
        SqlAnalyses(self.database, self.audit).begin(analysis, Entry(noted))

    def search(self, scanned: int = 20_000) -> SqlRecordingSearch:
        return SqlRecordingSearch(self.database, self.persons, scanned=scanned)

    def found(self, **asked: Any) -> list[str]:
        return [row.tag.recording_id for row in self.search().page(RecordingQuery(**asked)).rows]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> Place:
    return Place(open_database(request.param))


def test_each_filter_finds_what_has_it_and_nothing_else(place: Place) -> None:
    place.record("plain")
    place.record("gaps", minute=1, gaps=2)
    place.record("masks", minute=2, masks=1)
    place.record("doubts", minute=3, doubts=1)
    place.record("long", minute=4, sealed=LONG)
    place.record("sale", minute=5, program="prospecting", retention="sales_audio", due_days=1)
    place.record("both", minute=6)
    with place.database.writing() as connection:
        connection.execute(insert(recording_purposes), [{"recording_id": "both", "tag": "sales_audio"}])
    for one in ("plain", "gaps", "masks", "doubts", "long", "sale"):
        place.report(one)
    place.report("both", agent="bob", disposition="LINE_FAILED")
    every = ["both", "sale", "long", "doubts", "masks", "gaps", "plain"]

    def but(*others: str) -> list[str]:
        return [one for one in every if one not in others]

    assert place.found() == every
    assert place.found(gaps=True) == ["gaps"]
    assert place.found(gaps=False) == but("gaps")
    assert place.found(masks=True) == ["masks"]
    assert place.found(masks=False) == but("masks")
    assert place.found(doubts=True) == ["doubts"]
    assert place.found(doubts=False) == but("doubts")
    assert place.found(gaps=True, doubts=True) == []
    assert place.found(min_ms=7_200_000) == ["long"]
    assert place.found(max_ms=7_199_999) == but("long")
    assert place.found(purpose="sales_audio") == ["both", "sale"]
    assert place.found(purpose="quality_audio") == but("sale")
    assert place.found(agent="bob") == ["both"]
    assert place.found(agent="alice", purpose="sales_audio") == ["sale"]
    assert place.found(agent="bo") == []
    assert place.found(dispositions=(Disposition.LINE_FAILED, Disposition.BUSY)) == ["both"]
    assert place.found(dispositions=(Disposition.ANSWERED,)) == but("both")
    assert place.found(program="prospecting") == ["sale"]
    assert place.found(program="prospecting", purpose="quality_audio") == []
    assert place.found(states=(RecordingState.SEALED,), gaps=True) == ["gaps"]
    assert place.found(states=(RecordingState.DAMAGED,), gaps=True) == []
    assert place.found(since=START + timedelta(minutes=5)) == ["both", "sale"]
    assert place.found(until=START + timedelta(minutes=1)) == ["plain"]
    assert place.found(since=START + timedelta(minutes=1), until=START + timedelta(minutes=5), masks=True) == ["masks"]
    assert place.found(due_before=START + timedelta(days=2)) == ["sale"]
    for one, tenths in (("plain", 1000), ("gaps", 0), ("long", 725), ("sale", 500)):
        place.score(one, tenths)
    place.score("gaps", 1000, grid="sales")
    place.score("masks", 725, counts=False)
    assert place.found(min_tenths=725) == ["long", "gaps", "plain"]
    assert place.found(max_tenths=725) == ["sale", "long", "gaps"]
    assert place.found(min_tenths=1, max_tenths=999) == ["sale", "long"]
    assert place.found(min_tenths=0, gaps=True) == ["gaps"]
    assert place.found(min_tenths=725, phone=PHONE) == ["long", "gaps", "plain"]
    assert place.found(min_tenths=500, max_tenths=600, due_before=START + timedelta(days=2)) == ["sale"]
    assert place.found(due_before=START + timedelta(days=200), max_ms=60_000) == ["sale", *but("sale", "long")[::-1]]


def test_a_number_finds_its_recordings_however_it_is_written_and_no_other(place: Place) -> None:
    for minute, one in enumerate(("first", "second", "other", "member", "withheld")):
        place.record(one, minute=minute, gaps=one == "second")
    place.report("first")
    place.report("second", party="tel:+33-6-12-34-56-78")
    place.report("other", party="sip:+33698765432@carrier.invalid", members="0047382")
    place.report("member", party="sip:+33698765433@carrier.invalid", members="12")
    place.report("withheld", party="sip:anonymous@anonymous.invalid")
    for number in ("06 12 34 56 78", "+33612345678", "sip:0612345678@elsewhere.invalid"):
        assert place.found(phone=number) == ["second", "first"]
    assert place.found(phone=PHONE, gaps=False) == ["first"]
    assert place.found(phone=PHONE, states=(RecordingState.DAMAGED,)) == []
    assert place.found(phone=PHONE, program="prospecting") == []
    assert place.found(phone=PHONE, agent="bob") == []
    assert place.found(phone=PHONE, since=START + timedelta(minutes=1)) == ["second"]
    assert place.found(phone=PHONE, due_before=START + timedelta(days=400)) == ["first", "second"]
    assert place.found(phone=PHONE, due_before=START) == []
    assert place.found(member="0047382") == ["other"]
    assert place.found(member="47382") == []
    assert place.found(phone="0612345679") == []
    with pytest.raises(ComplianceError):
        place.found(phone="tel:")


def test_the_answer_says_since_when_recordings_bear_numbers(open_database: Callable[[str], Database]) -> None:
    old = Place(open_database("sqlite"), begun=False)
    old.record("old")
    old.report("old")
    page = old.search().page(RecordingQuery(phone=PHONE))
    assert (page.rows, page.by_number, page.numbers_since) == ((), True, None)
    old.persons.begin()
    old.persons.begin()
    page = old.search().page(RecordingQuery(phone=PHONE))
    assert page.rows == ()
    assert page.numbers_since is not None
    assert not old.search().page(RecordingQuery()).by_number


def test_after_the_key_was_renewed_old_and_new_recordings_are_found(place: Place) -> None:
    place.record("old")
    place.report("old", members="7")
    place.clock.now()
    place.persons.renew()
    place.record("new", minute=1)
    place.report("new", members="7")
    with place.database.reading() as connection:
        tags = set(connection.execute(select(recording_persons.c.tag, recording_persons.c.key_id)).all())
    assert len(tags) == 4
    assert len({key_id for _, key_id in tags}) == 2
    assert place.found(phone=PHONE) == ["new", "old"]
    assert place.found(member="7") == ["new", "old"]
    # A process that has just started knows no key yet.
    place.persons = SqlPersonIndex(place.database, place.keys, clock=place.clock)
    assert place.found(phone=PHONE) == ["new", "old"]


def test_the_keys_of_numbers_are_wrapped_anew_with_the_others(place: Place) -> None:
    table = SqlKeyTable(place.database)
    (wrapped,) = table.under_others("kek-new", after="", limit=10)
    assert wrapped.recording_id.startswith("persons-")
    assert table.rewrap([(wrapped, b"anew")], "kek-new") == 1
    assert table.per_kek() == {"kek-new": 1}


def test_no_number_stands_in_the_database_but_in_the_calls_report(place: Place) -> None:
    place.record("one")
    place.report("one", members="0047382")
    with place.database.reading() as connection:
        rows = connection.execute(select(recording_persons)).all()
    assert len(rows) == 2
    assert all(len(row.tag) == 16 for row in rows)
    assert not any(b"612345678" in row.tag or b"47382" in row.tag for row in rows)


@pytest.mark.parametrize("all_at_once", [False, True])
def test_what_is_destroyed_forgets_whose_call_it_was(place: Place, all_at_once: bool) -> None:
    for minute, one in enumerate(("goes", "stays")):
        place.record(one, minute=minute)
        place.report(one, members="7")
    if all_at_once:
        place.catalogue.move_all(["goes"], RecordingEvent.PURGE, reason="due", at=START)
    else:
        place.catalogue.move("goes", RecordingEvent.PURGE)
    assert place.found(phone=PHONE) == place.found(member="7") == ["stays"]
    with place.database.reading() as connection:
        left = connection.execute(select(recording_persons.c.recording_id)).scalars().all()
    assert set(left) == {"stays"}


def test_a_report_that_comes_after_the_destruction_notes_no_number(place: Place) -> None:
    place.record("gone")
    place.catalogue.move("gone", RecordingEvent.PURGE)
    place.report("gone", members="7")
    assert place.found(phone=PHONE) == []
    assert place.found(agent="alice") == ["gone"]


QUERIES: dict[str, dict[str, Any]] = {
    "all": {},
    "rare": {"gaps": True},
    "not served": {"min_ms": 90_000},
    "states": {"states": (RecordingState.SEALED, RecordingState.PURGED)},
    "program and length": {"program": "prospecting", "max_ms": 90_000},
    "person": {"phone": PHONE},
    "person and gaps": {"phone": PHONE, "gaps": False},
    "score": {"min_tenths": 500},
    "score and length": {"max_tenths": 900, "min_ms": 90_000},
    "person and score": {"phone": PHONE, "min_tenths": 300},
    "due": {"due_before": START + timedelta(days=4000)},
    "due and length": {"due_before": START + timedelta(days=4000), "min_ms": 90_000},
    "nothing": {"purpose": "none", "masks": False},
}


def test_pages_lose_nothing_and_repeat_nothing_however_little_each_looks_at(place: Place) -> None:
    dice = random.Random(5)
    with place.database.together():
        for number in range(16):
            # Several begin in the same minute, and fall due on the same day.
            place.record(
                f"r{number:02}",
                minute=dice.randrange(5),
                gaps=int(dice.random() < 0.3),
                program=dice.choice(["hotline-quality", "prospecting"]),
                sealed=SealedFile("ab" * 32, 1, dice.choice([60_000, 120_000])),
                due_days=dice.randrange(3),
            )
            place.report(f"r{number:02}", party=dice.choice([f"tel:{PHONE}", "tel:+33698765432"]))
            for grid in dice.sample(["hotline", "sales"], dice.randrange(3)):
                place.score(f"r{number:02}", dice.randrange(1001), grid=grid)
            if number % 5 == 0:
                place.catalogue.move(f"r{number:02}", RecordingEvent.PURGE)
    with place.database.together():
        for name, asked in QUERIES.items():
            whole = place.found(**asked, limit=1000)
            assert bool(whole) is (name != "nothing")
            assert len(set(whole)) == len(whole)
            for limit, scanned in ((1, 2), (3, 1), (3, 5), (5, 16), (16, 3), (100, 7)):
                assert list(turned(place, asked, limit, scanned)) == whole, (name, limit, scanned)


def turned(place: Place, asked: dict[str, Any], limit: int, scanned: int) -> Iterator[str]:
    """What a person sees who turns all pages."""
    after = ""
    for _ in range(60):
        page = place.search(scanned).page(RecordingQuery(**asked, limit=limit, after=after))
        assert len(page.rows) <= limit
        yield from (row.tag.recording_id for row in page.rows)
        after = page.after
        if not after:
            return
    raise AssertionError("it does not end")


def test_a_place_that_is_none_is_refused(place: Place) -> None:
    with pytest.raises(ArchiveError, match="nobody"):
        place.found(after="nobody")


INDEXED = {
    "ix_recordings_opened_page": RecordingQuery(min_ms=1),
    "ix_recordings_program_page": RecordingQuery(program="p", states=(RecordingState.SEALED,)),
    "ix_recordings_state_page": RecordingQuery(states=(RecordingState.DAMAGED,)),
    "ix_recordings_agent_page": RecordingQuery(agent="a"),
    "ix_recordings_disposition_page": RecordingQuery(dispositions=(Disposition.BUSY,)),
    "ix_recordings_gap_page": RecordingQuery(gaps=True),
    "ix_recordings_mask_page": RecordingQuery(masks=True),
    "ix_quality_analyses_scored_page": RecordingQuery(min_tenths=500),
    "ix_recordings_doubt_page": RecordingQuery(doubts=True, gaps=True),
}


def test_each_page_is_read_in_the_order_of_its_index(place: Place) -> None:
    for index, asked in INDEXED.items():
        plan = explain(place.database, scans(asked)[0].matching)
        assert index in plan
        # SQLite sorts what a second filter leaves, and never what the index gives.
        assert plan.count("TEMP B-TREE") <= plan.count("SCAN seen"), plan


def test_a_person_is_read_in_the_order_of_the_hashes_index(place: Place) -> None:
    plan = explain(place.database, scans(RecordingQuery(), tags=[b"0123456789abcdef"])[0].matching)
    assert "recording_persons" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def explain(database: Database, query: Any) -> str:
    compiled = query.compile(database.engine, compile_kwargs={"literal_binds": True})
    word = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    with database.reading() as connection:
        if not database.is_sqlite:
            # So few rows as here are read faster as they lie.
            for way in ("seqscan", "bitmapscan", "sort"):
                connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{word} {compiled}".replace("%", "%%")))
