"""The pages of the DPO's desk, built on an open archive."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.bootstrap.archive import Archive
from ivr.bootstrap.retention import Retention
from ivr.bootstrap.rights import open_rights
from ivr.console.breaches import BreachPages
from ivr.console.holds import HoldPages
from ivr.console.processing import ProcessingPages
from ivr.console.requests import RequestPages
from ivr.settings import Settings


@dataclass(frozen=True)
class DeskPages:
    requests: RequestPages
    holds: HoldPages
    breaches: BreachPages
    processing: ProcessingPages


def desk_pages(settings: Settings, archive: Archive, retention: Retention) -> DeskPages:
    rights = open_rights(settings, archive, retention)
    return DeskPages(
        RequestPages(settings, rights.requests, rights.findings, rights.acting),
        HoldPages(settings, rights.hold_desk, archive.clock),
        BreachPages(settings, rights.breaches, archive.clock),
        ProcessingPages(settings),
    )
