"""The desk's services on a SQLite file."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.domain.redaction.redactor import REDACTOR
from ivr.domain.rights.request import Channel, IdentityCheck, Right, RightsRequest
from ivr.recording.sealer import CaseSealer
from ivr.services.evidence.clock_guard import ClockGuard
from ivr.services.export.access_gate import Gate
from ivr.services.export.exporter import Exporter
from ivr.services.ports.evidence import CallRow
from ivr.services.rights import requests
from ivr.services.rights.acting import Acting
from ivr.services.rights.ended_cases import EndedCases
from ivr.services.rights.findings import Findings
from ivr.services.rights.requests import Requests
from ivr.storage.call_log import SqlCallLog
from ivr.storage.cases import SqlCases
from ivr.storage.do_not_call import SqlDoNotCall
from ivr.storage.evidence_times import SqlEvidenceTimes
from ivr.storage.person_index import SqlPersonIndex
from ivr.storage.quality_analyses import SqlAnalyses
from ivr.storage.recording_search import SqlRecordingSearch
from tests.databases import fresh_url
from tests.fakes.vault import FakeKeyRing
from tests.retention_rig import SIGNER, RetentionRig, settings

RECEIVED = date(2026, 11, 30)
DESK = AccessRequest(Actor("dora", Role.DPO), Action.RIGHTS, reason="courrier 12")
PERSON = {"name": "Éléonore Dupont-Léger", "address": "1 rue du Port", "phone": "06 12 34 56 78", "member": ""}


class FakeMembers:
    """A list in which nobody is."""

    def by_caller(self, uri: str) -> tuple[()]:
        return ()

    def by_number(self, number: str) -> tuple[()]:
        return ()


class DeskRig(RetentionRig):
    def __init__(self, folder: Path) -> None:
        super().__init__(fresh_url("sqlite", folder))
        self.clock.at = datetime(2026, 11, 30, 10, tzinfo=UTC)
        numbers = itertools.count(1)
        self.book = SqlCases(self.database, self.audit, FakeKeyRing(), sealer=CaseSealer)
        self.gate = Gate(
            self.ledger,
            self.audit,
            self.clock,
            policy=settings().access,
            table=self.table,
            profile=self.profile,
        )
        self.requests = Requests(
            self.book,
            self.gate,
            self.audit,
            self.clock,
            profile=self.profile,
            table=self.table,
            redactor=REDACTOR,
            new_id=lambda: f"{next(numbers):032x}",
        )
        guard = ClockGuard(
            SqlEvidenceTimes(self.database, "node-1"),
            self.ledger,
            self.audit,
            self.clock,
            node_id="node-1",
            bounds=settings().clock.bounds,
        )
        self.register = SqlDoNotCall(self.database, secret=bytes(32), secret_id="do-not-call-1", clock=self.clock)
        self.persons = SqlPersonIndex(self.database, FakeKeyRing(), clock=self.clock)
        self.persons.begin()
        self.call_log = SqlCallLog(self.database, persons=self.persons)
        self.findings = Findings(
            self.book,
            self.gate,
            SqlRecordingSearch(self.database, self.persons),
            self.ledger,
            self.call_log,
            self.register,
            FakeMembers(),
            self.audit,
            SqlAnalyses(self.database, self.audit),
            self.clock,
            self.profile,
            self.table,
        )
        self.acting = Acting(
            self.book,
            self.findings,
            self.vault,
            Exporter(self.vault, self.audit, SIGNER, self.clock, self.gate, self.table),
            self.ledger,
            self.register,
            self.holds,
            ["sales"],
        )
        self.ended = EndedCases(self.book, self.clock, guard, self.table, schedules={requests.ROOM: requests.SCHEDULE})

    def take_in(self, on: date = RECEIVED, right: Right = Right.ERASURE, **given: str) -> RightsRequest:
        return self.requests.take_in(DESK, right, Channel.LETTER, on, {**PERSON, **given})

    def told(self) -> list[tuple[str, dict[str, object]]]:
        return [(event.kind, dict(event.body)) for event in self.audit.events()]

    def keep_until(self, case_id: str) -> date:
        case, _ = self.book.get(case_id, requests.ROOM)
        assert case.keep_until is not None
        return case.keep_until.astimezone(ZoneInfo("Europe/Paris")).date()

    def called(
        self, recording_id: str, *, party: str = "sip:+33612345678@carrier.example", tag: str = "quality_audio"
    ) -> None:
        """A recorded call of this party that was reported; an empty id: one that was not recorded."""
        if recording_id:
            self.record(recording_id, tag=tag, at=self.clock.at)
        at = self.clock.now()
        row = CallRow(
            call_id=f"call-of-{recording_id}",
            program="hotline-quality",
            direction="INBOUND",
            party=party,
            started_at=at,
            answered_at=at,
            ended_at=at,
            disposition="ANSWERED",
            sip_status=200,
            hangup_cause=16,
            ended_by="caller",
            recording_id=recording_id or None,
            recording_state="SEALED",
            consent={},
            node_id="node-1",
        )
        self.call_log.add(row)

    def identified(self, right: Right = Right.ERASURE) -> str:
        made = self.take_in(right=right)
        self.requests.identify(DESK, made.id, IdentityCheck.CALLED_BACK)
        return made.id
