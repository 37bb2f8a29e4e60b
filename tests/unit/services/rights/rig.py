"""The desk's services on a SQLite file."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.domain.redaction.redactor import REDACTOR
from ivr.domain.rights.request import Channel, Right, RightsRequest
from ivr.recording.sealer import CaseSealer
from ivr.services.evidence.clock_guard import ClockGuard
from ivr.services.export.access_gate import Gate
from ivr.services.rights import requests
from ivr.services.rights.ended_cases import EndedCases
from ivr.services.rights.requests import Requests
from ivr.storage.cases import SqlCases
from ivr.storage.evidence_times import SqlEvidenceTimes
from tests.databases import fresh_url
from tests.fakes.vault import FakeKeyRing
from tests.retention_rig import RetentionRig, settings

RECEIVED = date(2026, 11, 30)
DESK = AccessRequest(Actor("dora", Role.DPO), Action.RIGHTS, reason="courrier 12")
PERSON = {"name": "Éléonore Dupont-Léger", "address": "1 rue du Port", "phone": "06 12 34 56 78", "member": ""}


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
        self.ended = EndedCases(self.book, self.clock, guard, self.table, schedules={requests.ROOM: requests.SCHEDULE})

    def take_in(self, on: date = RECEIVED, right: Right = Right.ERASURE, **given: str) -> RightsRequest:
        return self.requests.take_in(DESK, right, Channel.LETTER, on, {**PERSON, **given})

    def told(self) -> list[tuple[str, dict[str, object]]]:
        return [(event.kind, dict(event.body)) for event in self.audit.events()]

    def keep_until(self, case_id: str) -> date:
        case, _ = self.book.get(case_id, requests.ROOM)
        assert case.keep_until is not None
        return case.keep_until.astimezone(ZoneInfo("Europe/Paris")).date()
