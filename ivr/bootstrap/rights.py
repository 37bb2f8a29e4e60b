"""Builds the DPO's desk on an open archive."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.bootstrap.archive import Archive
from ivr.bootstrap.retention import Retention
from ivr.bootstrap.runtime import new_id
from ivr.recording.sealer import CaseSealer
from ivr.services.authority import requisition_file
from ivr.services.export.exporter import Exporter
from ivr.services.rights import requests
from ivr.services.rights.acting import Acting
from ivr.services.rights.breaches import Breaches
from ivr.services.rights.ended_cases import EndedCases
from ivr.services.rights.findings import Findings
from ivr.services.rights.hold_desk import HoldDesk
from ivr.services.rights.requests import Requests
from ivr.settings import Settings
from ivr.storage.cases import SqlCases
from ivr.storage.quality_analyses import SqlAnalyses

#: By which schedule the files of each room end.
_SCHEDULES = {requests.ROOM: requests.SCHEDULE, requisition_file.ROOM: requisition_file.SCHEDULE}


@dataclass(frozen=True)
class Rights:
    """The services of the desk."""

    requests: Requests
    findings: Findings
    acting: Acting
    hold_desk: HoldDesk
    breaches: Breaches
    ended: EndedCases


def open_rights(settings: Settings, archive: Archive, retention: Retention) -> Rights:
    clock, gate, table, profile = archive.clock, retention.gate, settings.retention, settings.profile
    audit, redactor = archive.audit, archive.redactor
    book = SqlCases(archive.database, audit, archive.keys, sealer=CaseSealer)
    findings = Findings(
        book,
        gate,
        retention.search,
        retention.ledger,
        archive.call_log,
        archive.do_not_call,
        archive.members,
        audit,
        SqlAnalyses(archive.database, audit),
        clock,
        profile,
        table,
    )
    acting = Acting(
        book,
        findings,
        archive.vault,
        Exporter(archive.vault, audit, archive.signer, clock, gate, table, redactor),
        retention.ledger,
        archive.do_not_call,
        retention.holds,
        sorted({program.do_not_call_scope for program in settings.programs.values()}),
    )
    return Rights(
        Requests(book, gate, audit, clock, profile=profile, table=table, redactor=redactor, new_id=new_id),
        findings,
        acting,
        HoldDesk(gate, retention.holds, audit, redactor),
        Breaches(book, gate, audit, clock, profile, redactor, new_id),
        EndedCases(book, clock, retention.clock, table, schedules=_SCHEDULES),
    )
