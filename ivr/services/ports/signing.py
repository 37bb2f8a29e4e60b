"""Ports of signed evidence: who signs, and a chain that takes several events at once and signs its head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ivr.domain.evidence.chain import Head, Link
from ivr.domain.evidence.checkpoint import Checkpoint
from ivr.services.ports.evidence import AuditLog


class Signer(Protocol):
    """One Ed25519 key. `public_key` is its 32 raw bytes, `public_pem` the same for other programs."""

    key_id: str
    public_key: bytes

    @property
    def public_pem(self) -> bytes: ...

    def sign(self, message: bytes) -> bytes: ...

    def is_key(self, named: str, public_key: bytes) -> bool:
        """Whether `public_key` is the key of that id: ids are derived from keys."""
        ...

    def verifies(self, public_key: bytes, message: bytes, signature: bytes) -> bool: ...


class HeadWitness(Protocol):
    """The head of this node's chain, kept outside the database. Blocking; raises HostError when it cannot be kept."""

    def last(self) -> Checkpoint | None:
        """The latest head that was noted; None: none ever was. Raises LostEvidenceError when it is not ours."""
        ...

    def note(self, head: Head, at: datetime) -> None:
        """Keep this head, unless a later one is kept. Called after the commit, and not forced to the disk."""

    def begin(self, head: Head, at: datetime) -> None:
        """Keep this head, whatever was kept before, durably."""


@dataclass(frozen=True)
class Snapshot:
    """Chains, heads and checkpoints as of one moment; `links` may be read once, in order of node and number.

    `key_nodes` says by key id which node a key signs for.
    """

    links: Iterator[Link]
    heads: Sequence[Head]
    checkpoints: Sequence[Checkpoint]
    keys: Mapping[str, bytes]
    key_nodes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Witness:
    """Who but the database knows the chain: `unsigned` events came after the last signed checkpoint of their node.

    `unexported` ones came after the last export; None: there was none, and nobody outside can say that the chain is
    the one that was written.
    """

    signed_at: datetime | None
    unsigned: int
    exported_at: datetime | None
    unexported: int


class EvidenceChain(AuditLog, Protocol):
    """An AuditLog that signs. A certificate of destruction is appended once per recording, by whichever node."""

    def checkpoint(self) -> Checkpoint | None:
        """Sign the head of this node's chain; None when nothing came since the last time."""
        ...

    def count(self) -> int: ...

    def witness(self) -> Witness: ...

    def snapshot(self) -> AbstractContextManager[Snapshot]: ...
