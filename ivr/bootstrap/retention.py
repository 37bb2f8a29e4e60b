"""Builds retention, business events and holds on an open archive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ivr.bootstrap.archive import Archive
from ivr.bootstrap.runtime import new_id
from ivr.domain.access import CALL_REPORT
from ivr.domain.retention.decision import deadline
from ivr.services.evidence.clock_guard import ClockGuard
from ivr.services.export.access_gate import Gate
from ivr.services.listening.listening import ListeningRoom
from ivr.services.retention.business_events import BusinessEvents
from ivr.services.retention.call_reports import ReportExpiry
from ivr.services.retention.legal_holds import Holds
from ivr.services.retention.run import RetentionRun, run_owner
from ivr.services.search.call_details import CallDetailListing
from ivr.services.search.listing import Listing
from ivr.services.search.sheet import Sheets
from ivr.services.statistics.statistics import Statistics
from ivr.settings import Settings
from ivr.storage.call_counts import SqlCallCounts
from ivr.storage.call_details import SqlCallDetails
from ivr.storage.evidence_times import SqlEvidenceTimes
from ivr.storage.legal_holds import SqlHolds
from ivr.storage.recording_search import SqlRecordingSearch
from ivr.storage.report_ledger import SqlReportLedger
from ivr.storage.retention_ledger import SqlRetentionLedger
from ivr.storage.saved_searches import SqlSavedSearches


@dataclass(frozen=True)
class Retention:
    """The services that move, hold and end the deadlines of what an archive keeps."""

    ledger: SqlRetentionLedger
    run: RetentionRun
    reports: ReportExpiry
    events: BusinessEvents
    holds: Holds
    gate: Gate
    clock: ClockGuard
    search: SqlRecordingSearch
    listing: Listing
    sheets: Sheets
    statistics: Statistics
    listening: ListeningRoom
    details: CallDetailListing


def open_retention(settings: Settings, archive: Archive) -> Retention:
    clock = archive.clock
    ledger = SqlRetentionLedger(archive.database, archive.audit)
    guard = ClockGuard(
        SqlEvidenceTimes(archive.database, settings.node.id),
        ledger,
        archive.audit,
        clock,
        node_id=settings.node.id,
        bounds=settings.clock.bounds,
    )
    owner = run_owner(settings.node.id, new_id)
    run = RetentionRun(
        ledger,
        archive.vault.ports,
        table=settings.retention,
        profile=settings.profile,
        owner=owner,
        clock_guard=guard,
    )
    reports = ReportExpiry(
        SqlReportLedger(archive.database, archive.audit), clock, settings.retention, settings.profile, owner, guard
    )
    events = BusinessEvents(
        ledger, clock, table=settings.retention, profile=settings.profile, retention=run, redactor=archive.redactor
    )
    holds = Holds(SqlHolds(archive.database, archive.audit), clock, profile=settings.profile, new_id=new_id)
    gate = Gate(
        ledger,
        archive.audit,
        clock,
        policy=settings.access,
        table=settings.retention,
        profile=settings.profile,
    )

    def report_due(at: datetime) -> datetime:
        """Until when the report of a call that began then is kept."""
        return deadline(CALL_REPORT, at, settings.retention, settings.profile)

    search = SqlRecordingSearch(archive.database, archive.persons)
    saved = SqlSavedSearches(archive.database)
    listing = Listing(gate, search, saved, archive.audit, clock, redactor=archive.redactor)
    sheets = Sheets(gate, archive.vault.ports.catalogue, archive.audit)
    statistics = Statistics(
        gate,
        SqlCallCounts(archive.database),
        archive.audit,
        clock,
        zone=ZoneInfo(settings.profile.timezone),
        purposes={name: program.retention for name, program in settings.programs.items()},
        report_due=report_due,
    )
    listening = ListeningRoom(gate, archive.vault.ports, new_id=new_id)
    details = CallDetailListing(gate, SqlCallDetails(archive.database), archive.audit, clock, report_due)
    return Retention(
        ledger, run, reports, events, holds, gate, guard, search, listing, sheets, statistics, listening, details
    )
