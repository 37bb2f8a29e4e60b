"""Moving sealed recordings from a node's disk to the far store, each verified before the local file goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.domain.evidence.events.recording import Uploaded
from ivr.domain.recording.state import KEPT
from ivr.errors import ArchiveError, HostError
from ivr.services.ports.vault import FarStore
from ivr.services.vault.destruction import claim_of

if TYPE_CHECKING:
    from ivr.services.vault.vault_ports import VaultPorts


@dataclass(frozen=True)
class Upload:
    """What became of one local file: `done`, or `fault` says why it waits."""

    recording_id: str
    done: bool
    fault: str = ""
    remedy: str = ""


def waiting(ports: VaultPorts) -> list[str]:
    """Ids of recordings on this machine that are sealed and not in the far store yet."""
    here = ports.store.at_hand()
    states = ports.catalogue.states(here)
    return [one for one in here if states.get(one) in KEPT]


def upload_waiting(ports: VaultPorts) -> Iterator[Upload]:
    """Move what waits, one by one, where the store has a far side; killed anywhere, the next run goes on.

    A recording that is destroyed meanwhile is not brought back: both hold its claim. A server that is away ends the
    run, since it is away for all.
    """
    far = ports.store.far
    if far is None:
        return
    for recording_id in waiting(ports):
        try:
            if _move(ports, far, recording_id):
                yield Upload(recording_id, True)
        except ArchiveError as fault:
            yield Upload(recording_id, False, fault.what, fault.remedy)
        except HostError as away:
            yield Upload(recording_id, False, away.what, away.remedy)
            return


def _move(ports: VaultPorts, far: FarStore, recording_id: str) -> bool:
    with ports.catalogue.claim(claim_of(recording_id)):
        row = ports.catalogue.get(recording_id)
        if row.state not in KEPT or row.sealed is None or not row.has_key or ports.must_vanish(row.tag) is not None:
            return False
        # A store refuses to lock until a moment that is over.
        still_kept = row.deadline is not None and row.deadline > ports.clock.now()
        far.upload(recording_id, row.sealed, lock_until=row.deadline if still_kept and far.locks else None)
        uploaded = Uploaded(sha256=row.sealed.sha256, size_bytes=row.sealed.size_bytes)
        ports.audit.append(uploaded, call_id=row.tag.call_id, recording_id=recording_id)
        far.release(recording_id)
    return True
