"""Figures over many calls, small ones hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Response

from ivr.console.api.caller import Asked, Asking
from ivr.console.api.fields import Shown
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.console.statistics import file_of
from ivr.domain.access import Action
from ivr.domain.statistics.period import parse_period
from ivr.services.statistics.statistics import Figures

_SCOPES = (Action.LIST,)
_Month = Annotated[str, Query(description="As 2026-11; left out: that of the last twelve months.", max_length=10)]


class CountOut(Shown):
    """`count` None: fewer than five, or what would tell such a count."""

    program: str
    quality: str
    count: int | None


class FigureOut(Shown):
    name: str
    counts: list[CountOut]


class StatisticsOut(Shown):
    """`false_doubts`: by program, in per cent, the doubts that the caller dispelled. `reports_from`: before this month
    what is counted by reports of calls counts only those that are left; None: the whole period is as it was."""

    first: str
    last: str
    reports_from: str | None
    figures: list[FigureOut]
    false_doubts: dict[str, int | None]


@dataclass(frozen=True)
class StatisticsApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        return (
            ApiRoute("GET", "/statistics", self.read_statistics, _SCOPES, StatisticsOut),
            ApiRoute("GET", "/statistics.csv", self.export_statistics, _SCOPES, media="text/csv"),
        )

    def read_statistics(self, asked: Asked, first: _Month = "", last: _Month = "") -> StatisticsOut:
        """Count calls, objections, doubts, masks, gaps and deadlines of whole months, for the purpose."""
        found = self._found(asked, first, last)
        return StatisticsOut(
            first=found.period.first.text,
            last=found.period.last.text,
            reports_from=found.reports_from.text if found.reports_from else None,
            figures=[
                FigureOut(
                    name=one.name,
                    counts=[
                        CountOut(program=program, quality=quality, count=count)
                        for (program, quality), count in sorted(one.cells.items())
                    ],
                )
                for one in found.figures
            ],
            false_doubts=dict(found.false_doubts),
        )

    def export_statistics(self, asked: Asked, first: _Month = "", last: _Month = "") -> Response:
        """Write the same as CSV; what is hidden is `<5`."""
        return file_of(self._found(asked, first, last))

    def _found(self, asked: Asking, first: str, last: str) -> Figures:
        pages = self.services.statistics
        return pages.statistics.show(asked.request(), parse_period(first, last, today=pages.today))
