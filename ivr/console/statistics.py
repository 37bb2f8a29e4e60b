"""Figures over many calls: pictures, the tables beside them, and both as one CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from fastapi import Response

from ivr.console.attachment import attachment
from ivr.console.charts import bars
from ivr.console.visit import Visit
from ivr.domain.access import AccessRequest, Action
from ivr.domain.statistics.figure import LEAST, Figure
from ivr.domain.statistics.period import Period, latest, parse_period
from ivr.errors import ConfigurationError
from ivr.services.ports.runtime import Clock
from ivr.services.statistics.statistics import LAST_MINUTE, SCORE_BANDS, Figures, Statistics
from ivr.settings import Settings

COLUMNS = ("figure", "program", "quality", "count")


@dataclass(frozen=True)
class Shown:
    """A figure as the page shows it: `rows` are a program and its counts, `pictures` one for each program."""

    name: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]
    pictures: list[str]


@dataclass(frozen=True)
class StatisticsPages:
    """`families` are the names of what agents may not ask for, by their id."""

    settings: Settings
    statistics: Statistics
    clock: Clock
    families: Mapping[str, str]

    def page(self, visit: Visit) -> Response:
        """Without a purpose there are no figures: it is chosen first."""
        if not visit.signed_in.reason:
            return visit.go("/finalite")
        try:
            found, fault = self._found(visit, self._period(visit)), ""
        except ConfigurationError as error:
            found, fault = None, f"{visit.words.told(error.what)} : {visit.words.told(error.remedy)}"
        period = found.period if found else latest(self.today)
        return visit.page(
            "statistics",
            status=422 if fault else 200,
            path="/statistiques",
            fault=fault,
            first=visit.form.get("first", "") or period.first.text,
            last=visit.form.get("last", "") or period.last.text,
            figures=[self._shown(visit, one) for one in found.figures] if found else [],
            false_doubts=sorted(found.false_doubts.items()) if found else [],
            reports_from=found.reports_from.text if found and found.reports_from else "",
            least=LEAST,
        )

    def file(self, visit: Visit) -> Response:
        """All figures as CSV (RFC 4180, UTF-8); what is hidden is `<5` there too, and what is no whole is told."""
        if not visit.signed_in.reason:
            return visit.go("/finalite")
        return file_of(self._found(visit, self._period(visit)))

    def _period(self, visit: Visit) -> Period:
        return parse_period(visit.form.get("first", ""), visit.form.get("last", ""), today=self.today)

    @property
    def today(self) -> date:
        """In the house's time zone."""
        return self.clock.now().astimezone(ZoneInfo(self.settings.profile.timezone)).date()

    def _found(self, visit: Visit, period: Period) -> Figures:
        session = visit.signed_in
        request = AccessRequest(session.account.actor, Action.LIST, purpose=session.purpose, reason=session.reason)
        return self.statistics.show(request, period)

    def _shown(self, visit: Visit, figure: Figure) -> Shown:
        label = self._labels(visit, figure.name)
        qualities = figure.qualities
        rows = [
            (program, [_cell(figure.cells, program, quality) for quality in qualities]) for program in figure.programs
        ]
        pictures = [
            bars(program, [(label(quality), figure.cells.get((program, quality)) or 0) for quality in qualities])
            for program in figure.programs
        ]
        return Shown(figure.name, [label(quality) for quality in qualities], rows, pictures)

    def _labels(self, visit: Visit, figure: str) -> Callable[[str], str]:
        words = visit.words
        return {
            "endings": lambda quality: words.of("disposition", quality.lower()),
            "objections": lambda quality: words(
                "statistics.later" if int(quality) == LAST_MINUTE else "statistics.minute", minute=int(quality)
            ),
            "doubts": lambda quality: words(f"statistics.{quality}"),
            "masks": lambda quality: words.of("mask", quality),
            "gaps": lambda quality: words.of("gap", quality),
            "scores": lambda quality: words("statistics.band", least=quality, most=_most(int(quality))),
            "asked": lambda quality: self.families.get(quality, quality),
        }.get(figure, str)


def _most(least: int) -> int:
    """The highest score of the band that begins there, in whole per cent."""
    return next((begin - 1 for begin in SCORE_BANDS if begin > least), 100)


def file_of(found: Figures) -> Response:
    """Return all figures as CSV (RFC 4180, UTF-8); a last row `reports_from` names the month where it must."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for figure in found.figures:
        writer.writerows((figure.name, *cell, _count(count)) for cell, count in sorted(figure.cells.items()))
    if found.reports_from is not None:
        writer.writerow(("reports_from", "", found.reports_from.text, ""))
    name = f"statistiques-{found.period.first.text}-{found.period.last.text}.csv"
    headers = attachment(name)
    return Response(text.getvalue(), media_type="text/csv", headers=headers)


def _cell(cells: Mapping[tuple[str, str], int | None], program: str, quality: str) -> str:
    return _count(cells.get((program, quality), 0))


def _count(count: int | None) -> str:
    return f"<{LEAST}" if count is None else str(count)
