"""Changing the KEK: every wrapped key is wrapped again, no audio is touched, and the old KEK goes when it may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ivr.domain.evidence.events.house import KekRemoved, KekRewrapped, KekRotated
from ivr.domain.secret_bytes import clear
from ivr.errors import ArchiveError
from ivr.services.ports.keys import KeyTable, RotatingKeyRing, WrappedKey

if TYPE_CHECKING:
    from ivr.services.ports.evidence import AuditLog
    from ivr.services.ports.runtime import Clock

_CLAIM = "rotation of the KEK"


@dataclass(frozen=True)
class Rewrapping:
    """How far a rotation is; `faults` names keys that did not unwrap and stay as they are."""

    kek_id: str
    done: int
    left: int
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class RetiredKek:
    """A KEK that only unwraps; `keys` rows still need it, `removable_at` is when backups stop needing it."""

    kek_id: str
    retired_at: datetime
    keys: int
    removable_at: datetime

    def removable(self, now: datetime) -> bool:
        return self.keys == 0 and now >= self.removable_at


def rotate(keys: RotatingKeyRing, table: KeyTable, audit: AuditLog, *, batch: int = 200) -> Iterator[Rewrapping]:
    """Replace the KEK and wrap every key again; yields the progress after each batch.

    When a rotation was interrupted (some keys are still under another KEK), that one is finished and no new KEK made.
    Calls go on meanwhile: their keys are wrapped by whichever KEK is current.
    """
    with table.claim(_CLAIM):
        before = keys.kek_id
        if not any(kek_id != before for kek_id in table.per_kek()):
            after = keys.rotate()
            audit.append(KekRotated(from_kek=before, to_kek=after))
        yield from _rewrap_all(keys, table, audit, batch)


def retired_keks(keys: RotatingKeyRing, table: KeyTable, *, backup_days: int) -> list[RetiredKek]:
    """Every retired KEK, oldest first. Backups of the database live `backup_days`, and may need it so long."""
    counts = table.per_kek()
    found = [
        RetiredKek(kek_id, at, counts.get(kek_id, 0), at + timedelta(days=backup_days))
        for kek_id, at in keys.retired().items()
    ]
    return sorted(found, key=lambda one: one.retired_at)


def remove_retired(
    keys: RotatingKeyRing, table: KeyTable, audit: AuditLog, *, clock: Clock, backup_days: int
) -> list[RetiredKek]:
    """Destroy the retired KEKs that nothing needs any more, and return them."""
    gone = []
    with table.claim(_CLAIM):
        for one in retired_keks(keys, table, backup_days=backup_days):
            if not one.removable(clock.now()):
                # A KMS removes versions in order only: what is older than one that must stay, goes first or not.
                break
            keys.remove(one.kek_id)
            audit.append(KekRemoved(kek_id=one.kek_id, retired_at=one.retired_at))
            gone.append(one)
    return gone


def _rewrap_all(keys: RotatingKeyRing, table: KeyTable, audit: AuditLog, batch: int) -> Iterator[Rewrapping]:
    kek_id = keys.kek_id
    left = sum(count for other, count in table.per_kek().items() if other != kek_id)
    done, after, faults = 0, "", list[str]()
    while rows := table.under_others(kek_id, after=after, limit=batch):
        changes: list[tuple[WrappedKey, bytes]] = []
        for row in rows:
            try:
                data_key = keys.unwrap(row.recording_id, row.wrapped)
            except ArchiveError as fault:
                faults.append(str(fault))
                continue
            try:
                changes.append((row, keys.wrap(row.recording_id, data_key)))
            finally:
                clear(data_key)
        done += table.rewrap(changes, kek_id)
        after = rows[-1].recording_id
        yield Rewrapping(kek_id, done, max(0, left - done), tuple(faults))
    audit.append(KekRewrapped(kek_id=kek_id, count=done, faults=len(faults)))
    yield Rewrapping(kek_id, done, len(faults), tuple(faults))
