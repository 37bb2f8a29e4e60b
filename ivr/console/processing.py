"""The register of processing (article 30), made of the configuration: a page to print, and the same as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Response

from ivr.console.visit import Visit
from ivr.domain.access import Action
from ivr.domain.rights.processing import Processing, register_of
from ivr.errors import ArchiveError
from ivr.settings import Settings

_COLUMNS = ("purpose", "basis", "categories", "recipients", "transfers", "retention", "security", "note")


@dataclass(frozen=True)
class ProcessingPages:
    """Configuration names nobody: whoever answers persons, or verifies, reads it without a purpose."""

    settings: Settings

    def register(self, visit: Visit) -> Response:
        entries = self._entries(visit)
        controller = self.settings.controller
        gap = visit.words("requests.by_hand")
        return visit.page(
            "processing",
            rows=[dict(zip(_COLUMNS, self._row(visit, entry), strict=True)) for entry in entries],
            controller=controller.name,
            address=controller.address or gap,
            dpo=controller.dpo or gap,
            profile=f"{self.settings.profile.id}, {self.settings.profile.version}",
        )

    def file(self, visit: Visit) -> Response:
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([visit.words(f"processing.{column}") for column in _COLUMNS])
        writer.writerows(self._row(visit, entry) for entry in self._entries(visit))
        headers = {"content-disposition": 'attachment; filename="registre-article-30.csv"'}
        return Response("\ufeff" + out.getvalue(), headers=headers, media_type="text/csv")

    def _entries(self, visit: Visit) -> Sequence[Processing]:
        if not {Action.RIGHTS.value, Action.VERIFY.value} & visit.rights:
            raise ArchiveError("there is no such page", where="/registre", remedy="ask for the right")
        settings, access = self.settings, self.settings.access
        return register_of(
            settings.retention,
            programs={name: program.retention for name, program in settings.programs.items()},
            titles={role.value: title for role, title in access.titles.items()},
            closed=access.closed_tags if not access.internal_access else (),
        )

    def _row(self, visit: Visit, entry: Processing) -> list[str]:
        words = visit.words
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
            self._transfers(visit),
            " ; ".join(kept),
            words("processing.security_text"),
            entry.note,
        ]

    def _transfers(self, visit: Visit) -> str:
        store = self.settings.store
        if store.kind == "local":
            return visit.words("processing.local")
        return visit.words("processing.bucket", place=store.endpoint or store.region)
