"""Figures over whole months, for who may list recordings: counts alone, small ones hidden, each look is evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from ivr.domain.access import AccessRequest
from ivr.domain.evidence.events.call import AgentAsked, Masked
from ivr.domain.evidence.events.house import StatisticsShown
from ivr.domain.evidence.events.objection import Dispelled, Hesitation, Objection
from ivr.domain.statistics.figure import Cell, Figure, figure, share
from ivr.domain.statistics.period import Month, Period, month_of
from ivr.services.export.access_gate import Gate
from ivr.services.ports.runtime import Clock
from ivr.services.ports.signing import EvidenceChain
from ivr.services.ports.statistics import CallCounts

#: From this minute of a call on, minutes are one.
LAST_MINUTE = 10
RAISED, DISPELLED = "raised", "dispelled"
#: Where each band of scores begins, in per cent; the last one ends at 100.
SCORE_BANDS = (0, 50, 70, 85)
_AHEAD_MONTHS = 12
_MINUTE_MS = 60_000
_Qualities = Callable[[Mapping[str, object]], Iterable[str]]


@dataclass(frozen=True)
class Figures:
    """What a page shows. `false_doubts` is by program, in per cent: questions that the caller answered with no.

    `reports_from`: the first month of which all reports of calls are to be kept still. What is counted by them counts
    what is left of them before it; None: the whole period is as it was.
    """

    period: Period
    figures: tuple[Figure, ...]
    false_doubts: Mapping[str, int | None]
    reports_from: Month | None = None


class Statistics:
    def __init__(
        self,
        gate: Gate,
        counts: CallCounts,
        chain: EvidenceChain,
        clock: Clock,
        *,
        zone: tzinfo,
        purposes: Mapping[str, str],
        report_due: Callable[[datetime], datetime],
    ) -> None:
        """`purposes` is the retention tag of each program: with a purpose, only its programs are counted.

        `report_due` says until when the report of a call that began then is kept.
        """
        self._gate = gate
        self._counts = counts
        self._chain = chain
        self._clock = clock
        self._zone = zone
        self._purposes = purposes
        self._report_due = report_due

    def show(self, request: AccessRequest, period: Period) -> Figures:
        """Count, and note that it was shown. Raises ComplianceError after noting a denial."""
        self._gate.check_listing(request)
        shown = self._figures(request.purpose, period)
        actor = request.actor
        event = StatisticsShown(
            actor=actor.id,
            role=actor.role.value,
            purpose=request.purpose,
            reason=request.reason,
            first=period.first.text,
            last=period.last.text,
        )
        self._chain.append(event)
        return shown

    def _figures(self, purpose: str, period: Period) -> Figures:
        def mine(counts: Mapping[Cell, int]) -> Mapping[Cell, int]:
            return {cell: count for cell, count in counts.items() if self._is_of(purpose, cell[0])}

        doubts = figure("doubts", mine(self._doubts(period)))
        figures = (
            figure("calls", mine(self._calls(period))),
            figure("endings", mine(self._counts.calls(*period.bounds(self._zone)))),
            figure("objections", mine(self._each(Objection.kind, period, _minute))),
            doubts,
            figure("masks", mine(self._each(Masked.kind, period, lambda body: [str(body.get("kind", ""))]))),
            figure("asked", mine(self._each(AgentAsked.kind, period, _families))),
            figure("gaps", mine(self._counts.gaps(*period.bounds(self._zone)))),
            figure("scores", mine(self._scores(period))),
            # A month of deadlines is a month of calls, some time later.
            figure("deadlines", mine(self._deadlines())),
        )
        cells = doubts.cells
        rates = {one: share(cells.get((one, DISPELLED), 0), cells.get((one, RAISED))) for one in doubts.programs}
        return Figures(period, figures, rates, self._reports_from(period))

    def _reports_from(self, period: Period) -> Month | None:
        now = self._clock.now()
        whole = (month for month in period.months() if self._report_due(month.begins(self._zone)) > now)
        first = next(whole, Month(period.last.index + 1))
        return first if first != period.first else None

    def _is_of(self, purpose: str, program: str) -> bool:
        return not purpose or self._purposes.get(program) == purpose

    def _calls(self, period: Period) -> Mapping[Cell, int]:
        found: Counter[Cell] = Counter()
        for month in period.months():
            for (program, _), count in self._counts.calls(*Period(month, month).bounds(self._zone)).items():
                found[program, month.text] += count
        return found

    def _scores(self, period: Period) -> Mapping[Cell, int]:
        """By the band of the score; never by agent: who may see one's results is another question."""
        scores = self._counts.scores(*period.bounds(self._zone))
        return Counter((program, str(_band(tenths))) for program, tenths in scores)

    def _doubts(self, period: Period) -> Mapping[Cell, int]:
        raised = self._each(Hesitation.kind, period, lambda _: [RAISED])
        return Counter(raised) + Counter(self._each(Dispelled.kind, period, lambda _: [DISPELLED]))

    def _each(self, kind: str, period: Period, qualities: _Qualities) -> Mapping[Cell, int]:
        return Counter(
            (program, quality)
            for program, body in self._counts.events(kind, *period.bounds(self._zone))
            for quality in qualities(body)
        )

    def _deadlines(self) -> Mapping[Cell, int]:
        """By month from this one on."""
        first = month_of(self._clock.now().astimezone(self._zone).date())
        months = Period(first, Month(first.index + _AHEAD_MONTHS - 1)).months()
        return {
            (program, month.text): count
            for month in months
            for program, count in self._counts.deadlines(*Period(month, month).bounds(self._zone)).items()
        }


def _minute(body: Mapping[str, object]) -> Iterable[str]:
    """In which minute of the call it was said or pressed."""
    offset_ms = body.get("offset_ms")
    return [str(min(int(offset_ms) // _MINUTE_MS, LAST_MINUTE))] if isinstance(offset_ms, int) else []


def _band(tenths: int) -> int:
    """Where the band of a score begins."""
    return max(begin for begin in SCORE_BANDS if tenths >= begin * 10)


def _families(body: Mapping[str, object]) -> Iterable[str]:
    found = body.get("families", ())
    return map(str, found) if isinstance(found, list | tuple) else []
