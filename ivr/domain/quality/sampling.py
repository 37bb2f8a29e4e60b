"""Which calls of a month are analysed: so many of each agent, by lot within a rule; the lot can be drawn again.

Pure: each call's place in the lot is the SHA-256 of the seed and its id. Whoever has seed, rule and list of calls finds
the same calls, and nobody chose them. A sample is no systematic analysis (REC-008).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from ivr.domain.text.told import Told

MOST_PER_AGENT: Final = 20


@dataclass(frozen=True)
class SamplingRule:
    """So many calls of each agent in the calendar month `since` (its first day) to `until`, at least `min_ms` long.

    `program` empty: of any program.
    """

    per_agent: int
    since: datetime
    until: datetime
    min_ms: int = 0
    program: str = ""


@dataclass(frozen=True)
class Candidate:
    """A recording that could be drawn. `analysed`: somebody has begun or scored an analysis of it."""

    recording_id: str
    agent: str
    at: datetime
    duration_ms: int
    program: str
    analysed: bool = False


@dataclass(frozen=True)
class AgentShare:
    """What was drawn for one agent, and why not more. `drawn` are recording ids, in the order of the lot."""

    agent: str
    calls: int
    fitting: int
    drawn: tuple[str, ...]
    detail: Told


def month(year: int, number: int, tz: str) -> tuple[datetime, datetime]:
    """Return the UTC times between which a calendar month of the zone lies."""
    zone = ZoneInfo(tz)
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    first, last = datetime(year, number, 1, tzinfo=zone), datetime(*following, 1, tzinfo=zone)
    return first.astimezone(UTC), last.astimezone(UTC)


def draw(candidates: Iterable[Candidate], rule: SamplingRule, seed: str) -> tuple[AgentShare, ...]:
    """Draw by lot; one share for each agent with a call in the month, by name. Calls without an agent are nobody's."""
    calls: dict[str, list[Candidate]] = defaultdict(list)
    for one in candidates:
        if one.agent and rule.since <= one.at < rule.until and rule.program in ("", one.program):
            calls[one.agent].append(one)
    return tuple(_share(agent, found, rule, seed) for agent, found in sorted(calls.items()))


def _share(agent: str, calls: Sequence[Candidate], rule: SamplingRule, seed: str) -> AgentShare:
    fitting = [one for one in calls if one.duration_ms >= rule.min_ms and not one.analysed]
    ordered = sorted(fitting, key=lambda one: _lot(seed, one.recording_id))
    drawn = tuple(one.recording_id for one in ordered[: rule.per_agent])
    detail = Told(
        f"{len(drawn)} drawn by lot out of {len(fitting)} that fit the rule, of {len(calls)} recordings of the month."
    )
    return AgentShare(agent, len(calls), len(fitting), drawn, detail)


def _lot(seed: str, recording_id: str) -> str:
    return sha256(f"{seed} {recording_id}".encode()).hexdigest()
