"""Draws the calls of a month that are to be analysed, and keeps how: by lot, within a rule, in the evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ivr.domain.access import AccessRequest, Action
from ivr.domain.evidence.events.quality import SampleDrawn
from ivr.domain.quality.sampling import MOST_PER_AGENT, SamplingRule, draw
from ivr.errors import ConfigurationError
from ivr.services.export.access_gate import Gate
from ivr.services.ports.evidence import Entry
from ivr.services.ports.quality import Sample, SampleBook
from ivr.services.ports.runtime import Clock


@dataclass(frozen=True)
class Sampling:
    """`random` gives so many bytes: the seed, which nobody chooses. `due`: when a month's sample ends;
    `note` writes down that a list was shown."""

    gate: Gate
    samples: SampleBook
    clock: Clock
    new_id: Callable[[], str]
    random: Callable[[int], bytes]
    due: Callable[[datetime], datetime]
    note: Callable[[AccessRequest, str, int], None]

    def draw(self, request: AccessRequest, rule: SamplingRule) -> Sample:
        """Draw among the recordings of the purpose that `request` names, and keep what came out.

        Raises ConfigurationError for a rule that nobody may draw by, ComplianceError after noting a denial.
        """
        self._check(request)
        if not 1 <= rule.per_agent <= MOST_PER_AGENT:
            raise ConfigurationError(
                "so many calls of an agent are no sample", key="per_agent", remedy=f"give 1 to {MOST_PER_AGENT}"
            )
        now = self.clock.now()
        if rule.since > now:
            raise ConfigurationError("that month has not begun", key="month", remedy="give an earlier one")
        seed = self.random(16).hex()
        shares = draw(self.samples.candidates(rule, [request.purpose]), rule, seed)
        drawn = [name for share in shares for name in share.drawn]
        sample = Sample(
            self.new_id(), rule, seed, now, request.actor.id, shares,
            self.due(rule.since),
        )  # fmt: skip
        event = SampleDrawn(
            actor=request.actor.id,
            role=request.actor.role.value,
            sample_id=sample.id,
            since=rule.since,
            until=rule.until,
            per_agent=rule.per_agent,
            min_ms=rule.min_ms,
            program=rule.program,
            seed=seed,
            agents=len(shares),
            drawn=len(drawn),
            sha256=hashlib.sha256("\n".join(drawn).encode()).hexdigest(),
        )
        self.samples.put(sample, Entry(event))
        return sample

    def latest(self, request: AccessRequest) -> Sequence[Sample]:
        """Samples that were drawn, the last first; for who supervises, and for reviewers, who find their work there."""
        self.gate.check(replace(request, action=Action.GRADE))
        found = self.samples.latest()
        self.note(request, "samples", len(found))
        return found

    def _check(self, request: AccessRequest) -> None:
        self.gate.check_listing(replace(request, action=Action.LIST))
        self.gate.check(replace(request, action=Action.SUPERVISE))
