"""Proving that what is stored is what was sealed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.domain.recording import RECORDING, UNFINISHED, RecordingState
from ivr.errors import ArchiveError, IvrError
from ivr.services.data_key import unlocked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr.services.holdings import Holdings
    from ivr.services.ports import RecordingRow

_KEPT = (RecordingState.SEALED, RecordingState.DAMAGED)
_EVERY = 1_000_000


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be; `recording_id` names the item."""

    recording_id: str
    fault: str
    remedy: str = ""


def inspect(held: Holdings, recording_ids: Sequence[str] | None = None) -> list[Finding]:
    """Check the named recordings, or all rows and all files. Empty when everything is as it was sealed."""
    if recording_ids is not None:
        return [finding for recording_id in recording_ids for finding in _inspect_named(held, recording_id)]
    findings: list[Finding] = []
    rows = held.catalogue.find(limit=_EVERY)
    for row in rows:
        findings.extend(_inspect_row(held, row))
    known = {row.tag.recording_id: row.state for row in rows}
    for recording_id in sorted({*held.store.stored(), *held.store.unfinished()}):
        if recording_id not in known:
            findings.append(Finding(recording_id, "file without a row", "its key may lie in another database"))
        elif known[recording_id] in RECORDING.final:
            findings.append(Finding(recording_id, "file outlived its destruction", "restart the node: it deletes it"))
    return findings


def _inspect_named(held: Holdings, recording_id: str) -> list[Finding]:
    try:
        row = held.catalogue.get(recording_id)
    except ArchiveError as missing:
        return [Finding(recording_id, missing.what, missing.remedy)]
    return _inspect_row(held, row)


def _inspect_row(held: Holdings, row: RecordingRow) -> list[Finding]:
    recording_id = row.tag.recording_id
    if row.state in UNFINISHED:
        if held.store.busy(recording_id):
            return []
        return [Finding(recording_id, f"left in {row.state.value}", "restart the node: it recovers or destroys it")]
    if row.state not in _KEPT:
        return []
    if row.sealed is None:
        return [Finding(recording_id, "damaged, and not recovered yet", "make room on the disk, restart the node")]
    try:
        with unlocked(held, recording_id) as data_key:
            held.store.verify(recording_id, data_key, row.sealed)
    except IvrError as fault:
        return [Finding(recording_id, fault.what, fault.remedy)]
    return []
