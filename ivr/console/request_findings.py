"""What was found of whoever asks, as the page of a request and its letters show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.console.words import Words
from ivr.domain.profile import Profile
from ivr.domain.rights.acts import Act, ActDecision
from ivr.services.rights.findings import Found, FoundRecording

#: Letters are French, whoever prints them.
FRENCH = Words("fr")


@dataclass(frozen=True)
class Row:
    """A recording that was found. `may` are the acts that are allowed, `why` says what forbids its erasure."""

    recording_id: str
    opened: str
    program: str
    state: str
    purposes: str
    deadline: str
    proofs: int
    analyses: int
    channels: tuple[str, ...]
    may: frozenset[str]
    why: str


def rows_of(found: Found, words: Words, profile: Profile) -> list[Row]:
    return [_row(one, words, profile) for one in found.recordings]


def found_lines(found: Found, profile: Profile) -> str:
    """What a letter says was found, one line for each thing."""
    lines = []
    for row in rows_of(found, FRENCH, profile):
        line = FRENCH("found.recording", opened=row.opened, purposes=row.purposes, deadline=row.deadline)
        line += FRENCH("found.analyses", count=row.analyses) if row.analyses else ""
        lines.append(line + (FRENCH("found.proofs", count=row.proofs) if row.proofs else ""))
    if found.reports:
        lines.append(FRENCH("found.reports", count=len(found.reports)))
    if found.bars:
        lines.append(FRENCH("found.bars", since=_day(found.bars[0].added_at, profile)))
    if found.member:
        lines.append(FRENCH("found.member"))
    return _listed(lines)


def kept_lines(found: Found, profile: Profile) -> str:
    """What a letter says is kept, and by which rule."""
    lines = []
    for one in found.recordings:
        decision = one.acts[Act.ERASE]
        if not decision.allowed:
            opened = _day(one.row.tag.opened_at, profile)
            lines.append(FRENCH("found.kept", opened=opened, why=_told(decision, FRENCH)))
    if found.reports or found.recordings:
        lines.append(FRENCH("found.reports_kept"))
        lines.append(FRENCH("found.proofs_kept"))
    if any(one.analyses for one in found.recordings):
        lines.append(FRENCH("found.analyses_kept"))
    if found.bars:
        lines.append(FRENCH("found.bars_kept"))
    return _listed(lines)


def certificate_lines(acts: Sequence[Sequence[str]]) -> str:
    """What a letter says was erased: the day of each call, and where its certificate stands in the evidence."""
    erased = [act for act in acts if act[0] == Act.ERASE.value and act[3]]
    return _listed([FRENCH("found.erased", opened=opened, certificate=how) for _, _, opened, how in erased])


def _row(one: FoundRecording, words: Words, profile: Profile) -> Row:
    erasing = one.acts[Act.ERASE]
    return Row(
        one.item.recording_id,
        _day(one.row.tag.opened_at, profile),
        one.row.tag.program,
        words("found.restricted") if one.item.restricted else words(f"state.{one.row.state.value.lower()}"),
        " ; ".join(schedule.title for schedule in one.item.schedules),
        _day(one.retention.due_at, profile),
        one.proofs,
        one.analyses,
        tuple(one.row.tag.channels),
        frozenset(act.value for act, decision in one.acts.items() if decision.allowed),
        "" if erasing.allowed else _told(erasing, words),
    )


def _told(decision: ActDecision, words: Words) -> str:
    return f"{words.told(decision.detail)} ({', '.join(decision.reasons)})"


def _day(at: datetime, profile: Profile) -> str:
    return profile.day_of(at).isoformat()


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
