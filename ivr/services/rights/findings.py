"""Everything that concerns whoever asks: recordings, their analyses, reports of calls, bars, the list of members.

What is found is found by the numbers of the case, which stand sealed in it. The evidence tells how much was found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.domain.access import AccessRequest
from ivr.domain.evidence.events.destruction import Certificate
from ivr.domain.evidence.events.rights import RequestSearched
from ivr.domain.profile import Profile
from ivr.domain.recording.state import KEPT
from ivr.domain.retention.decision import PurposeState, RetentionDecision, decide_retention
from ivr.domain.retention.schedule import RetentionTable
from ivr.domain.rights.acts import Act, ActDecision, Item, decide_act
from ivr.domain.search.query import RecordingQuery
from ivr.errors import ComplianceError, HostError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.cases import CaseBook
from ivr.services.ports.evidence import AuditLog, Bar, CallLog, CallRow, DoNotCallRegister
from ivr.services.ports.members import MemberDirectory
from ivr.services.ports.quality import AnalysisBook, AnalysisQuery
from ivr.services.ports.retention import RetentionLedger, Stored
from ivr.services.ports.runtime import Clock
from ivr.services.ports.search import RecordingSearch
from ivr.services.ports.vault import RecordingRow
from ivr.services.rights.request_file import request_of, requester_of
from ivr.services.rights.requests import ROOM

#: Recordings and reports of one person; beyond, the page says that it is not all.
MOST = 1_000


@dataclass(frozen=True)
class FoundRecording:
    """A recording, where it stands, and what may be done with it.

    `proofs` are its call's events of the evidence, `analyses` the grids that were filled in about it.
    """

    row: RecordingRow
    retention: RetentionDecision
    item: Item
    acts: Mapping[Act, ActDecision]
    proofs: int
    certificate: str
    analyses: int


@dataclass(frozen=True)
class Found:
    """`reports` are calls without a recording among these. `member`: whether the list of members has the person; None:
    there is no list. `numbers_since`: earlier recordings are not found by a number. `whole`: nothing was left out."""

    recordings: tuple[FoundRecording, ...]
    reports: tuple[CallRow, ...]
    bars: tuple[Bar, ...]
    member: bool | None
    numbers_since: datetime | None
    whole: bool


@dataclass(frozen=True)
class Findings:
    book: CaseBook
    gate: Gate
    search: RecordingSearch
    ledger: RetentionLedger
    call_log: CallLog
    register: DoNotCallRegister
    members: MemberDirectory
    audit: AuditLog
    analyses: AnalysisBook
    clock: Clock
    profile: Profile
    table: RetentionTable

    def find(self, asked: AccessRequest, case_id: str) -> Found:
        """Return what concerns whoever asks, once it is written down that it was looked for.

        Raises ComplianceError after a denial, ArchiveError for an unknown case.
        """
        self.gate.check(asked)
        case, content = self.book.get(case_id, ROOM)
        who = requester_of(content)
        rows, since, whole = self._recordings(who.phone, who.member)
        known = {row.tag.call_id for row in rows}
        calls = self.call_log.of_person(who.phone, limit=MOST) if who.phone else []
        found = Found(
            recordings=self._judged(rows),
            reports=tuple(call for call in calls if call.call_id not in known),
            bars=self._bars(who.phone),
            member=self._member(who.phone, who.member),
            numbers_since=since,
            whole=whole and len(calls) < MOST,
        )
        event = RequestSearched(
            case_id=case.id,
            reference=request_of(case).reference,
            actor=asked.actor.id[:200],
            role=asked.actor.role.value,
            recordings=len(found.recordings),
            reports=len(found.reports),
            bars=len(found.bars),
        )
        self.audit.append(event)
        return found

    def _recordings(self, phone: str, member: str) -> tuple[list[RecordingRow], datetime | None, bool]:
        found: dict[str, RecordingRow] = {}
        since, whole = None, True
        queries = [RecordingQuery(phone=phone, limit=MOST)] if phone else []
        queries += [RecordingQuery(member=member, limit=MOST)] if member else []
        for query in queries:
            page = self.search.page(query)
            found.update((row.tag.recording_id, row) for row in page.rows)
            since, whole = page.numbers_since, whole and not page.after
        return sorted(found.values(), key=lambda row: row.tag.opened_at, reverse=True), since, whole

    def _judged(self, rows: Sequence[RecordingRow]) -> tuple[FoundRecording, ...]:
        ids = [row.tag.recording_id for row in rows]
        stored = {one.recording_id: one for one in self.ledger.stored(ids)}
        certificates = self.audit.first_of(ids, Certificate.kind)
        judged = []
        for row in rows:
            one = stored[row.tag.recording_id]
            one.must_be_readable()
            retention = decide_retention(
                one.artefact, one.events, one.holds, self.table, self.profile, self.clock.now()
            )
            item = item_of(row, one, retention, self.table)
            certificate = certificates.get(row.tag.recording_id)
            judged.append(
                FoundRecording(
                    row,
                    retention,
                    item,
                    {act: decide_act(act, item) for act in Act},
                    len(self.audit.events(call_id=row.tag.call_id)),
                    f"{certificate.node_id}/{certificate.seq}" if certificate else "",
                    len(self.analyses.find(AnalysisQuery(recording_id=row.tag.recording_id))),
                )
            )
        return tuple(judged)

    def _bars(self, phone: str) -> tuple[Bar, ...]:
        if not phone:
            return ()
        bars = self.register.listing()
        try:
            entries = [self.register.entries_of(phone, scope=scope) for scope in {bar.scope for bar in bars}]
        except ComplianceError:
            return ()
        mine = {entry for some in entries for entry in some}
        return tuple(bar for bar in bars if bar.entry in mine)

    def _member(self, phone: str, member: str) -> bool | None:
        try:
            known = self.members.by_number(member) if member else self.members.by_caller(phone) if phone else ()
        except HostError:
            return None
        return bool(known)


def item_of(row: RecordingRow, stored: Stored, retention: RetentionDecision, table: RetentionTable) -> Item:
    """What a decision about this recording looks at."""
    waiting = [one.tag for one in retention.purposes if one.state is not PurposeState.ENDED]
    return Item(
        recording_id=row.tag.recording_id,
        readable=row.sealed is not None and row.has_key and row.state in KEPT,
        restricted=stored.artefact.restricted,
        held_by=tuple(hold.id for hold in stored.holds if hold.covers(row.tag.recording_id)),
        schedules=tuple(table.schedule(tag) for tag in waiting),
    )
