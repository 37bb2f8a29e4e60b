"""Samples: calls of a month that were drawn by lot, and one more draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from ivr.console.api.caller import Asked
from ivr.console.api.fields import Given, Line, Shown, Told
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.console.supervision import sampling_rule
from ivr.domain.access import Action
from ivr.french import french
from ivr.services.ports.quality import Sample


class ShareOut(Shown):
    """What was drawn for one agent of so many calls, and why not more. `drawn` are recording ids, as the lot fell."""

    agent: str
    calls: int
    fitting: int
    drawn: list[str]
    detail: str


class SampleOut(Shown):
    """`seed`, rule and list of calls give the same lot again."""

    id: str
    since: Told
    until: Told
    per_agent: int
    min_ms: int
    program: str
    seed: str
    drawn_at: Told
    drawn_by: str
    shares: list[ShareOut]


class SampleList(Shown):
    samples: list[SampleOut]


class DrawIn(Given):
    """`month` as 2026-11; `min_s` seconds at least; `program` left out: of any."""

    month: Line
    per_agent: Annotated[int, Field(ge=0, le=99_999)]
    min_s: Annotated[int, Field(ge=0, le=99_999)] = 0
    program: Line = ""


@dataclass(frozen=True)
class SamplesApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        draw = (Action.SUPERVISE, Action.LIST)
        return (
            ApiRoute("GET", "/samples", self.list_samples, (Action.GRADE,), SampleList),
            ApiRoute("POST", "/samples", self.draw_sample, draw, SampleOut, 201),
        )

    def list_samples(self, asked: Asked) -> SampleList:
        """List the samples that were drawn, the last first."""
        found = self.services.quality.sampling.latest(asked.request())
        return SampleList(samples=[_sample(one) for one in found])

    def draw_sample(self, asked: Asked, given: DrawIn) -> SampleOut:
        """Draw calls of a month, so many of each agent, by lot."""
        settings = self.services.settings
        rule = sampling_rule(settings, given.month, per_agent=given.per_agent, min_s=given.min_s, program=given.program)
        return _sample(self.services.quality.sampling.draw(asked.request(), rule))


def _sample(one: Sample) -> SampleOut:
    rule = one.rule
    return SampleOut(
        id=one.id,
        since=rule.since,
        until=rule.until,
        per_agent=rule.per_agent,
        min_ms=rule.min_ms,
        program=rule.program,
        seed=one.seed,
        drawn_at=one.drawn_at,
        drawn_by=one.drawn_by,
        shares=[
            ShareOut(agent=it.agent, calls=it.calls, fitting=it.fitting, drawn=list(it.drawn), detail=french(it.detail))
            for it in one.shares
        ],
    )
