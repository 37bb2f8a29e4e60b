"""Ports of the members on file, as far as a caller's identity is checked against them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.domain.identity.check import Expected
from ivr.domain.identity.member import MemberRecord


class MemberDirectory(Protocol):
    """Knows what members' answers must match; never hands out a value. Blocking: ask it on the serial executor.

    Raises IvrError when the directory cannot be read.
    """

    def by_caller(self, uri: str) -> Sequence[Expected]:
        """The members on whose file the calling number of this SIP URI stands: none, one, or a household."""
        ...

    def by_number(self, number: str) -> Sequence[Expected]:
        """The members with this member number (digits)."""
        ...


@dataclass(frozen=True)
class MemberListHead:
    """What may be told of a list of members. `kek_id` names the KEK that wraps its key."""

    list_id: str
    kek_id: str
    made_at: datetime
    count: int


#: Called with a list's head inside the transaction that puts it in force or ends it: evidence goes with the act.
WriteEvidence = Callable[[MemberListHead], object]


class MemberList(MemberDirectory, Protocol):
    """The list in force, one or none: who asks reads it as a whole, the old or the new one, whatever is being done."""

    def replace(
        self, records: Iterable[MemberRecord], *, made_at: datetime, write_evidence: WriteEvidence
    ) -> MemberListHead:
        """Put a new list in force. When `records` raises, or anything else fails, the old one stays."""
        ...

    def head(self) -> MemberListHead:
        """Raises HostError when there is no list, ArchiveError when its key is not ours."""
        ...

    def verify(self) -> MemberListHead:
        """`head`, after every byte of the list was verified. Raises ArchiveError when it was changed."""
        ...

    def delete(self, *, write_evidence: WriteEvidence) -> MemberListHead:
        """Delete the list and its key. Raises HostError when there is none."""
        ...


class Sealer(Protocol):
    """Seals under one data key: rows, and keys for keyed hashes of what is looked up and of the whole."""

    @property
    def tags_key(self) -> bytes: ...
    @property
    def whole_key(self) -> bytes: ...
    def seal(self, plain: bytes, bound: bytes) -> bytes: ...
    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """Raises ArchiveError when it was changed, or is bound to something else."""
        ...
