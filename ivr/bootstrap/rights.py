"""Builds the DPO's desk on an open archive."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.bootstrap.archive import Archive
from ivr.bootstrap.retention import Retention
from ivr.bootstrap.runtime import SystemClock, new_id
from ivr.recording.sealer import CaseSealer
from ivr.services.rights import requests
from ivr.services.rights.ended_cases import EndedCases
from ivr.services.rights.requests import Requests
from ivr.settings import Settings
from ivr.storage.cases import SqlCases


@dataclass(frozen=True)
class Rights:
    """The services of the desk."""

    requests: Requests
    ended: EndedCases


def open_rights(settings: Settings, archive: Archive, retention: Retention) -> Rights:
    clock = SystemClock()
    book = SqlCases(archive.database, archive.audit, archive.keys, sealer=CaseSealer)
    return Rights(
        Requests(
            book,
            retention.gate,
            archive.audit,
            clock,
            profile=settings.profile,
            table=settings.retention,
            redactor=archive.redactor,
            new_id=new_id,
        ),
        EndedCases(book, clock, retention.clock, settings.retention, schedules={requests.ROOM: requests.SCHEDULE}),
    )
