"""Proving that what is stored is what was sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ivr.domain.evidence.deadlines import deadline_fault
from ivr.domain.evidence.events.destruction import Certificate, Discarding
from ivr.domain.recording.state import KEPT, RECORDING, UNFINISHED, RecordingState
from ivr.errors import ArchiveError, HostError, IvrError
from ivr.services.vault.data_key import unlocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ivr.services.ports.vault import RecordingRow
    from ivr.services.vault.vault_ports import VaultPorts

_PAGE = 200
_BEGUN = (Discarding, Certificate)
#: What is still open after so long is nobody's any more.
_LONGEST_CALL = timedelta(hours=12)


@dataclass(frozen=True)
class Discrepancy:
    """One thing that is not as it should be; `recording_id` names the item."""

    recording_id: str
    fault: str
    remedy: str = ""


@dataclass(frozen=True)
class Checked:
    """One item that was looked at. To go on later, give its `recording_id` as `after`; empty for stray files."""

    recording_id: str
    discrepancies: tuple[Discrepancy, ...] = ()


def inspect(ports: VaultPorts, recording_ids: Sequence[str] | None = None) -> list[Discrepancy]:
    """Check the named recordings, or all rows and all files. Empty when everything is as it was sealed."""
    if recording_ids is not None:
        return [discrepancy for recording_id in recording_ids for discrepancy in _inspect_named(ports, recording_id)]
    return [discrepancy for checked in inspect_all(ports) for discrepancy in checked.discrepancies]


def inspect_all(
    ports: VaultPorts, *, after: str = "", bytes_per_s: float = 0.0, pause: Callable[[float], None] | None = None
) -> Iterator[Checked]:
    """Check every row behind the id `after` and then every file, and yield each as it was checked.

    With `bytes_per_s` and `pause` (takes seconds) it reads no faster than that, so that calls keep the disk and the
    line to the store.
    """
    began, read = ports.clock.monotonic(), 0
    while rows := ports.catalogue.page(after=after, limit=_PAGE):
        for row in rows:
            yield Checked(row.tag.recording_id, tuple(_inspect_row(ports, row)))
            if pause is not None and bytes_per_s > 0 and row.sealed is not None:
                read += row.sealed.size_bytes
                early_s = read / bytes_per_s - (ports.clock.monotonic() - began)
                if early_s > 0:
                    pause(early_s)
        after = rows[-1].tag.recording_id
    for discrepancy in _inspect_files(ports):
        yield Checked("", (discrepancy,))


def leftovers(ports: VaultPorts) -> list[Discrepancy]:
    """What a crash of any node left and no recovery has settled yet. Reads rows and names only, no audio."""
    rows = ports.catalogue.find(states=tuple(UNFINISHED), limit=10_000)
    rows += ports.catalogue.find(node_id=ports.node_id, states=(RecordingState.DAMAGED,), limit=10_000)
    unsettled = [row for row in rows if row.state in UNFINISHED or row.sealed is None]
    found = [discrepancy for row in unsettled for discrepancy in _inspect_row(ports, row)]
    keyless = ports.catalogue.find(states=KEPT, has_key=False, limit=10_000)
    found += [_without_key(ports, row.tag.recording_id) for row in keyless if row.sealed is not None]
    half_written = ports.store.unfinished()
    states = ports.catalogue.states(half_written)
    strays = [one for one in half_written if one not in states and not ports.store.busy(one)]
    return found + [
        Discrepancy(one, "half-written file without a row", "restart the node, then verify it") for one in strays
    ]


def _inspect_files(ports: VaultPorts) -> Iterator[Discrepancy]:
    files = sorted({*ports.store.stored(), *ports.store.unfinished()})
    states = ports.catalogue.states(files)
    for recording_id in files:
        if recording_id not in states:
            if not ports.store.busy(recording_id):
                yield Discrepancy(recording_id, "file without a row", "its key may lie in another database")
        elif states[recording_id] in RECORDING.final:
            yield Discrepancy(recording_id, "file outlived its destruction", "restart the node: it deletes it")


def _inspect_named(ports: VaultPorts, recording_id: str) -> list[Discrepancy]:
    try:
        row = ports.catalogue.get(recording_id)
    except ArchiveError as missing:
        return [Discrepancy(recording_id, missing.what, missing.remedy)]
    return _inspect_row(ports, row)


def _left_by_another(ports: VaultPorts, row: RecordingRow) -> list[Discrepancy]:
    """Another node's file on another disk may be being written at this moment, but no call goes on for that long."""
    recording_id, node_id = row.tag.recording_id, row.tag.node_id
    here = recording_id in ports.store.unfinished() or recording_id in ports.store.at_hand()
    if not here and ports.clock.now() - row.tag.opened_at < _LONGEST_CALL:
        return []
    fault = f"left in {row.state.value} by node {node_id}"
    return [Discrepancy(recording_id, fault, f"start node {node_id}: it recovers or destroys it")]


def _inspect_row(ports: VaultPorts, row: RecordingRow) -> list[Discrepancy]:
    recording_id = row.tag.recording_id
    if row.state in UNFINISHED:
        if ports.store.busy(recording_id):
            return []
        if row.tag.node_id != ports.node_id:
            return _left_by_another(ports, row)
        return [Discrepancy(recording_id, f"left in {row.state.value}", "restart the node: it recovers or destroys it")]
    if row.state not in KEPT:
        return []
    if row.sealed is None:
        return [Discrepancy(recording_id, "damaged, and not recovered yet", "make room on the disk, restart the node")]
    if not row.has_key:
        return [_without_key(ports, recording_id)]
    try:
        with unlocked(ports, recording_id) as data_key:
            ports.store.verify(recording_id, data_key, row.sealed)
    except HostError:
        # The key server or the store is away: nothing is known of any recording.
        raise
    except IvrError as fault:
        elsewhere = row.tag.node_id != ports.node_id and recording_id not in ports.store.at_hand()
        hint = f"; it may wait for its upload on {row.tag.node_id}" if elsewhere else ""
        return [Discrepancy(recording_id, fault.what, fault.remedy + hint), *_deadline(ports, row)]
    return _deadline(ports, row)


def _without_key(ports: VaultPorts, recording_id: str) -> Discrepancy:
    """A destruction that was begun is finished by the next recovery; a key that nobody destroyed is a lost row."""
    if any(isinstance(event.facts, _BEGUN) for event in ports.audit.events(recording_id=recording_id)):
        return Discrepancy(
            recording_id, "its destruction was begun and is not finished", "restart the node: it finishes it"
        )
    return Discrepancy(
        recording_id,
        "its key is missing, and no evidence tells of its destruction",
        "put its row of recording_keys back from a backup of the database before a node starts: it destroys what has "
        "no key",
    )


def _deadline(ports: VaultPorts, row: RecordingRow) -> list[Discrepancy]:
    """A later deadline would keep it beyond the law, an earlier one would destroy what may be needed."""
    fault = deadline_fault(row.deadline, ports.audit.events(recording_id=row.tag.recording_id))
    remedy = "tell the DPO; put the deadline of the evidence back, see docs/recovery.md"
    return [Discrepancy(row.tag.recording_id, fault, remedy)] if fault else []
