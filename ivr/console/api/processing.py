"""The register of processing (article 30), made of the configuration. It names nobody: no purpose is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Response

from ivr.console.api.caller import Caller
from ivr.console.api.fields import Shown
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.console.processing import COLUMNS, file_of, rows_of
from ivr.console.words import Words
from ivr.domain.account.api_token import ApiToken

_FRENCH = Words("fr")


class ProcessingEntry(Shown):
    """In French, as the register is printed."""

    purpose: str
    basis: str
    categories: str
    recipients: str
    transfers: str
    retention: str
    security: str
    note: str


class ProcessingOut(Shown):
    controller: str
    entries: list[ProcessingEntry]


@dataclass(frozen=True)
class ProcessingApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        return (
            ApiRoute("GET", "/processing", self.read_processing, (), ProcessingOut),
            ApiRoute("GET", "/processing.csv", self.export_processing, (), media="text/csv"),
        )

    def read_processing(self, token: Caller) -> ProcessingOut:
        """Read the register of processing. With `rights` or `verify`."""
        rows = self._rows(token)
        entries = [ProcessingEntry(**dict(zip(COLUMNS, row, strict=True))) for row in rows]
        return ProcessingOut(controller=self.services.settings.controller.name, entries=entries)

    def export_processing(self, token: Caller) -> Response:
        """Write the register of processing as CSV. With `rights` or `verify`."""
        return file_of(_FRENCH, self._rows(token))

    def _rows(self, token: ApiToken) -> list[list[str]]:
        return rows_of(self.services.settings, self.services.gate, _FRENCH, token.actor)
