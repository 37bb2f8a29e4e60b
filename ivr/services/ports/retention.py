"""Ports of retention: what is due, what moves its deadlines, what holds it, and the steps of its destruction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.domain.evidence.events.recording import BusinessNoted
from ivr.domain.retention.artefact import Artefact, BusinessEvent
from ivr.domain.retention.business_event import EventEffect
from ivr.domain.retention.legal_hold import HoldState, LegalHold
from ivr.errors import ArchiveError
from ivr.services.ports.evidence import Entry

#: Where a page ends: the next one begins behind this deadline and id.
Place = tuple[datetime, str]


@dataclass(frozen=True)
class Stored:
    """A recording as retention sees it: its purposes, what happened to it, what holds it. No content.

    `deadline` is what the catalogue says; `sha256` of the container (None: never sealed). `fault` says which of this
    cannot be read: then nothing may be decided, nor opened.
    """

    artefact: Artefact
    events: tuple[BusinessEvent, ...]
    holds: tuple[LegalHold, ...]
    call_id: str
    policy_id: str
    policy_version: str
    rule_ids: tuple[str, ...]
    deadline: datetime | None
    sha256: str | None
    fault: str = ""
    state: str = ""

    @property
    def recording_id(self) -> str:
        return self.artefact.id

    @property
    def place(self) -> Place:
        assert self.deadline is not None
        return self.deadline, self.artefact.id

    def must_be_readable(self) -> None:
        """Raise ArchiveError when a part of it cannot be read."""
        if self.fault:
            raise ArchiveError(
                self.fault,
                where=f"recording {self.recording_id}",
                remedy="restore that row from a backup of the database; 'ivr audit verify' tells what it was",
            )


class RetentionLedger(Protocol):
    """Reads in pages, writes in transactions. Every step of a destruction may be repeated."""

    def due(self, at: datetime, *, limit: int, after: Place | None = None) -> list[Stored]:
        """Recordings that hold audio and whose deadline is not later than `at`, by deadline, then id.

        Those whose deadline cannot be read come too, each with its `fault`.
        """
        ...

    def kept(self, *, limit: int, after: str = "") -> list[Stored]:
        """Every recording that holds audio, by id: for a policy that has changed."""
        ...

    def stored(self, recording_ids: Sequence[str]) -> list[Stored]:
        """Those of these recordings that have a row, in any state."""
        ...

    def note_event(
        self, recording_id: str, apply: Callable[[Stored], EventEffect], noted: BusinessNoted
    ) -> EventEffect:
        """Store event, deadlines and evidence in one transaction. Raises ArchiveError for an unknown id."""
        ...

    def reschedule(self, decided: Sequence[tuple[Artefact, datetime]]) -> None:
        """Fix the deadlines of artefacts as they were decided, each due as a whole at the time beside it."""

    def claim(self, recording_ids: Sequence[str], *, owner: str, now: datetime, until: datetime) -> set[str]:
        """Take what nobody else is destroying; return what is ours until `until`."""
        ...

    def release(self, owner: str, recording_ids: Sequence[str] | None = None) -> None:
        """Give back what `owner` had claimed, or these of it."""

    def locked(self, recording_ids: Sequence[str]) -> list[Stored]:
        """Those of these that hold audio: inside `together` neither they nor the holds on them change any more."""
        ...

    def restrict(self, recording_id: str, case_id: str, *, at: datetime) -> None:
        """Note that a recording's processing is restricted by this case, or no more where it is empty (GDP-004).

        Whoever asks writes the evidence in the same transaction.
        """

    def fact(self, name: str, value: str | None = None) -> str:
        """A fact about the database, after noting `value` if one is given; empty when there is none."""
        ...


class HoldRegister(Protocol):
    def add(self, hold: LegalHold, entry: Entry) -> None:
        """Raises ArchiveError for a duplicate id or items that do not exist."""

    def change(
        self, hold_id: str, change: Callable[[LegalHold], LegalHold], entry: Callable[[LegalHold], Entry]
    ) -> LegalHold:
        """Apply `change` while nobody else changes it or destroys anything. Raises ArchiveError for an unknown id."""
        ...

    def get(self, hold_id: str) -> LegalHold: ...

    def all(self, states: Sequence[HoldState] = ()) -> list[LegalHold]:
        """Newest first."""
        ...
