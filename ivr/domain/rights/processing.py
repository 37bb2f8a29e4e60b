"""The register of processing of article 30, made of the configuration: one entry for each purpose (GDP-005). Pure.

What the policy files say is what the engine does, so the register cannot say anything else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ivr.domain.retention.schedule import AtEnd, Duration, LawfulBasis, RetentionTable, Schedule

#: Schedules of what the engine itself keeps, beside the recordings of its programmes.
KEPT_HERE = (
    "quality_grid",
    "consent_events_quality",
    "consent_events_sales",
    "objection_memory",
    "do_not_contact",
    "call_report",
    "destruction_certificate",
    "access_log",
    "dsar_file",
    "breach_register",
)


@dataclass(frozen=True)
class Kept:
    """How long, from what on, by which rules."""

    keep: Duration
    start: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Processing:
    """One entry: a purpose, its basis, who receives it, how long it is kept. `programs` are those that record for it.

    `recipients` are titles of roles; none where only an authority or the person has it (`closed`).
    """

    tag: str
    purpose: str
    basis: LawfulBasis
    programs: tuple[str, ...]
    recipients: tuple[str, ...]
    closed: bool
    kept: tuple[Kept, ...]
    reviewed: bool
    note: str


def register_of(
    table: RetentionTable, *, programs: Mapping[str, str], titles: Mapping[str, str], closed: Collection[str]
) -> tuple[Processing, ...]:
    """Return an entry for each purpose of a programme (`programs`: name to tag), then for what is kept here."""
    recorded = dict.fromkeys(programs.values())
    tags = [*recorded, *(tag for tag in KEPT_HERE if tag in table.schedules and tag not in recorded)]
    return tuple(_entry(table.schedule(tag), programs, titles, tag in closed) for tag in tags)


def _entry(schedule: Schedule, programs: Mapping[str, str], titles: Mapping[str, str], closed: bool) -> Processing:
    return Processing(
        schedule.tag,
        schedule.title,
        schedule.basis,
        tuple(sorted(name for name, tag in programs.items() if tag == schedule.tag)),
        () if closed else tuple(titles.get(role, role) for role in schedule.access),
        closed,
        tuple(Kept(period.keep, period.start, period.rules) for period in schedule.periods),
        schedule.at_end is AtEnd.REVIEW,
        " ".join(part for part in (schedule.note, schedule.conflict) if part),
    )
