"""The head of this node's chain, signed, in a file beside its keys: what the database is held against.

Written after each commit, so a crash in between leaves a file that the chain has gone beyond, which is no fault. A
database that was emptied, replaced or restored from an older backup is behind it, or has another event in its place.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from ivr.domain.evidence.chain import Head, canonical, stamp
from ivr.domain.evidence.checkpoint import Checkpoint, checkpoint_text
from ivr.errors import LostEvidenceError
from ivr.recording.host import private_directory, refused
from ivr.recording.secret_file import sync_directory
from ivr.services.ports.signing import Signer

#: Two places in one file, written by turns: whatever tears the one that is being written, the other is whole.
_SLOT = 1024


class ChainHeadFile:
    """Port HeadWitness. Any number of processes of one node share the file; none moves it back."""

    def __init__(self, path: Path, node_id: str, signer: Signer) -> None:
        self.path = path
        self._node_id = node_id
        self._signer = signer
        self._known: dict[bytes, Checkpoint] = {}

    def last(self) -> Checkpoint | None:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise refused(error, self.path, "read the witness of the evidence") from error
        try:
            # Empty: whoever made it died before the first head stood in it.
            return self._newest(self._slots(descriptor)) if os.fstat(descriptor).st_size else None
        finally:
            os.close(descriptor)

    def note(self, head: Head, at: datetime) -> None:
        with self._locked() as descriptor:
            slots = self._slots(descriptor)
            before = self._newest(slots) if os.fstat(descriptor).st_size else None
            if before is None or before.seq < head.seq:
                # Never over the one that is the newest.
                self._write(descriptor, 1 if before is not None and slots[0] == before else 0, head, at)

    def begin(self, head: Head, at: datetime) -> None:
        with self._locked() as descriptor:
            # Never empty meanwhile: who looks at this moment would find a witness that says nothing.
            self._write(descriptor, 0, head, at)
            os.ftruncate(descriptor, _SLOT)
            os.fsync(descriptor)
        sync_directory(self.path.parent)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        try:
            private_directory(self.path.parent)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise refused(error, self.path, "write the witness of the evidence") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        except OSError as error:
            raise refused(error, self.path, "write the witness of the evidence") from error
        finally:
            os.close(descriptor)

    def _write(self, descriptor: int, place: int, head: Head, at: datetime) -> None:
        key_id = self._signer.key_id
        signature = self._signer.sign(checkpoint_text(head.node_id, head.seq, head.digest, at, key_id)).hex()
        checkpoint = Checkpoint(head.node_id, head.seq, head.digest, at, key_id, signature)
        text = canonical({**vars(checkpoint), "at": stamp(at)}).encode()
        slot = text.ljust(_SLOT - 1) + b"\n"
        os.pwrite(descriptor, slot, _SLOT * place)
        self._remember(slot, checkpoint)

    def _newest(self, slots: Sequence[Checkpoint | None]) -> Checkpoint:
        whole = [one for one in slots if one is not None]
        if not whole:
            raise LostEvidenceError(
                "the witness of the evidence is not what this node wrote: it was changed, belongs to another node, or "
                "was signed by another key",
                where=str(self.path),
                remedy="tell the DPO; see docs/recovery.md, then `ivr audit accept --reason …`",
            )
        return max(whole, key=lambda one: one.seq)

    def _slots(self, descriptor: int) -> list[Checkpoint | None]:
        raw = os.pread(descriptor, 2 * _SLOT, 0)
        return [self._read(raw[at : at + _SLOT]) for at in (0, _SLOT)]

    def _read(self, slot: bytes) -> Checkpoint | None:
        if (known := self._known.get(slot)) is not None:
            return known
        try:
            fields = json.loads(slot)
            read = Checkpoint(**{**fields, "at": datetime.fromisoformat(fields["at"])})
            text = checkpoint_text(read.node_id, read.seq, read.digest, read.at, read.key_id)
            signature = bytes.fromhex(read.signature)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        if read.node_id != self._node_id or not self._signer.verifies(self._signer.public_key, text, signature):
            return None
        self._remember(slot, read)
        return read

    def _remember(self, slot: bytes, read: Checkpoint) -> None:
        """A signature costs more than the rest: the two that were seen last need no second look."""
        self._known = dict([*self._known.items(), (slot, read)][-2:])


def lost_file(path: Path, last: Checkpoint) -> LostEvidenceError:
    """Return the error for a database file that is not there although the witness knows its evidence."""
    return LostEvidenceError(
        f"the database file is gone: the witness of its evidence knows {last.seq} events, the last of {stamp(last.at)}",
        where=str(path),
        remedy="put it back, or its last backup; when both are lost: `ivr audit accept --reason …` (docs/recovery.md)",
    )
