"""The register of processing (article 30), made of the configuration: a page to print, and the same as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from fastapi import Response

from ivr.console.attachment import attachment
from ivr.console.visit import Visit
from ivr.console.words import Words
from ivr.domain.access import AccessRequest, Action, Actor
from ivr.domain.rights.processing import Processing, register_of
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.export.access_gate import Gate
from ivr.settings import Settings

COLUMNS = ("purpose", "basis", "categories", "recipients", "transfers", "retention", "security", "note")


@dataclass(frozen=True)
class ProcessingPages:
    """Configuration names nobody: whoever answers persons, or verifies, reads it without a purpose."""

    settings: Settings
    gate: Gate

    def register(self, visit: Visit) -> Response:
        rows = self._rows(visit)
        controller = self.settings.controller
        gap = visit.words("requests.by_hand")
        return visit.page(
            "processing",
            rows=[dict(zip(COLUMNS, row, strict=True)) for row in rows],
            controller=controller.name,
            address=controller.address or gap,
            dpo=controller.dpo or gap,
            profile=f"{self.settings.profile.id}, {self.settings.profile.version}",
        )

    def file(self, visit: Visit) -> Response:
        return file_of(visit.words, self._rows(visit))

    def _rows(self, visit: Visit) -> list[list[str]]:
        return rows_of(self.settings, self.gate, visit.words, visit.signed_in.account.actor)


def rows_of(settings: Settings, gate: Gate, words: Words, actor: Actor) -> list[list[str]]:
    """Return the register in words, for who has one of the rights that show it.

    Raises ArchiveError for another, after a denial was noted.
    """
    if not gate.may(actor, Action.VERIFY):
        try:
            gate.must_have(AccessRequest(actor, Action.RIGHTS))
        except ComplianceError as error:
            raise ArchiveError("there is no such page", where="/registre", remedy="ask for the right") from error
    access = settings.access
    entries = register_of(
        settings.retention,
        programs={name: program.retention for name, program in settings.programs.items()},
        titles={role.value: title for role, title in access.titles.items()},
        closed=access.closed_tags if not access.internal_access else (),
    )
    return [_row(settings, words, entry) for entry in entries]


def file_of(words: Words, rows: Iterable[list[str]]) -> Response:
    """Return the register as CSV, with the mark by which spreadsheets know UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([words(f"processing.{column}") for column in COLUMNS])
    writer.writerows(rows)
    headers = attachment("registre-article-30.csv")
    return Response("\ufeff" + out.getvalue(), headers=headers, media_type="text/csv")


def _row(settings: Settings, words: Words, entry: Processing) -> list[str]:
    purpose = entry.purpose
    if entry.programs:
        purpose += " (" + words("processing.programs", programs=", ".join(entry.programs)) + ")"
    kept = [f"{words.told(str(one.keep))}, {one.start} ({', '.join(one.rules)})" for one in entry.kept]
    if entry.reviewed:
        kept.append(words("processing.reviewed"))
    recipients = words("processing.closed") if entry.closed else ", ".join(entry.recipients)
    return [
        purpose,
        f"{entry.basis.value} : {words(f'basis.{entry.basis.name.lower()}')}",
        words("processing.recorded") if entry.programs else words("processing.unrecorded"),
        recipients or words("processing.nobody"),
        _transfers(settings, words),
        " ; ".join(kept),
        words("processing.security_text" if entry.programs else "processing.security_text_kept"),
        entry.note,
    ]


def _transfers(settings: Settings, words: Words) -> str:
    store = settings.store
    return (
        words("processing.local")
        if store.kind == "local"
        else words("processing.bucket", place=store.endpoint or store.region)
    )
