"""The pages of the DPO's desk, built on its services."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.bootstrap.rights import Rights
from ivr.console.breaches import BreachPages
from ivr.console.holds import HoldPages
from ivr.console.processing import ProcessingPages
from ivr.console.requests import RequestPages
from ivr.services.export.access_gate import Gate
from ivr.services.ports.runtime import Clock
from ivr.settings import Settings


@dataclass(frozen=True)
class DeskPages:
    requests: RequestPages
    holds: HoldPages
    breaches: BreachPages
    processing: ProcessingPages


def desk_pages(settings: Settings, rights: Rights, gate: Gate, clock: Clock) -> DeskPages:
    return DeskPages(
        RequestPages(settings, rights.requests, rights.findings, rights.acting),
        HoldPages(settings, rights.hold_desk, clock),
        BreachPages(settings, rights.breaches, clock),
        ProcessingPages(settings, gate),
    )
