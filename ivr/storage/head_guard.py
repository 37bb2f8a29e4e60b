"""Holds the chain in a database against its head as a witness outside of the database knows it."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, select

from ivr.domain.evidence.chain import GENESIS, Head, stamp
from ivr.domain.evidence.checkpoint import Checkpoint
from ivr.errors import IvrError, LostEvidenceError
from ivr.services.ports.signing import HeadWitness
from ivr.storage.database import Database
from ivr.storage.tables import audit_events, audit_heads

_RESTORE = "put the right database back; when it is lost for good: `ivr audit accept --reason …` (docs/recovery.md)"
_BEGIN = "`ivr init` begins it anew, and the evidence says so"
_LOG = logging.getLogger(__name__)
_E = audit_events.c


class HeadGuard:
    """One node's chain in one database. Finds nothing when nobody witnesses it (`witness` None)."""

    def __init__(self, database: Database, node_id: str, witness: HeadWitness | None) -> None:
        self._database = database
        self._node_id = node_id
        self.witness = witness

    def loss(self) -> list[str]:
        """Say, in at most one line, why this database is not the one whose head the witness knows."""
        if self.witness is None:
            return []
        try:
            # Before the head is read: the chain may go on meanwhile, the witness may not be ahead of it.
            witnessed = self.witness.last()
        except LostEvidenceError as error:
            return [f"node {self._node_id}, witness {error.where}: {error.what}"]
        mine = select(audit_heads).where(audit_heads.c.node_id == self._node_id)
        with self._database.reading() as connection:
            row = connection.execute(mine).one_or_none()
            head = Head(**row._mapping) if row is not None else Head(self._node_id, 0, GENESIS)
            fault = self._left_behind(connection, witnessed, head)
        return [fault] if fault else []

    def must_go_on(self, connection: Connection, head: Head) -> None:
        """Raise LostEvidenceError when this chain, its head locked, may not go on: what follows would hide a loss."""
        if self.witness is not None and (fault := self._left_behind(connection, self.witness.last(), head)):
            raise self.refusal(fault)

    def must_be_whole(self) -> None:
        """Raise LostEvidenceError unless this database is the one whose head the witness knows."""
        if lost := self.loss():
            raise self.refusal(lost[0])

    def refusal(self, fault: str) -> LostEvidenceError:
        return LostEvidenceError(fault, where=self._database.name, remedy=_BEGIN if "is missing" in fault else _RESTORE)

    def note(self, connection: Connection, head: Head, at: datetime) -> None:
        """Have the witness know this head once the transaction has happened."""
        if self.witness is not None:
            self._database.after_commit(connection, "head", partial(self._note, self.witness, head, at))

    def begin(self, connection: Connection, head: Head, at: datetime) -> None:
        """The same, whatever the witness knew before."""
        if self.witness is not None:
            self._database.after_commit(connection, "head", partial(self.witness.begin, head, at))

    def _note(self, witness: HeadWitness, head: Head, at: datetime) -> None:
        try:
            witness.note(head, at)
        except IvrError as error:
            # The events are durable already, and a witness that stays behind accuses nobody.
            _LOG.warning("the witness of the evidence stays behind: %s", error)

    def _left_behind(self, connection: Connection, witnessed: Checkpoint | None, head: Head) -> str:
        """Say what is wrong when the chain does not hold the event that the witness knows as its last."""
        where = f"node {self._node_id}, event {head.seq}"
        if witnessed is None:
            return f"{where}: the witness of the evidence, a file beside the keys, is missing" if head.seq else ""
        if witnessed.seq > head.seq:
            what = "is empty" if head.seq == 0 else "is older than its evidence"
            return (
                f"{where}: the database {what}: the chain ends here, and its witness beside the keys knows event "
                f"{witnessed.seq} of {stamp(witnessed.at)}"
            )
        digest = head.digest
        if witnessed.seq != head.seq:
            there = (_E.node_id == self._node_id) & (_E.seq == witnessed.seq)
            digest = connection.execute(select(_E.digest).where(there)).scalar_one_or_none() or GENESIS
        if digest == witnessed.digest:
            return ""
        return (
            f"node {self._node_id}, event {witnessed.seq}: is not the one that the witness beside the keys knows "
            f"({stamp(witnessed.at)}): this is another database, or an older one that went on"
        )
