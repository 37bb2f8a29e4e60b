"""The evidence in a database: one hash chain per node, appended by any number of processes of that node."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ivr.domain.evidence import GENESIS, Head, Link, broken_links, canonical, check_body, digest_of
from ivr.services.ports import AuditEvent, Clock
from ivr.storage.database import Database
from ivr.storage.tables import audit_events, audit_heads


class SqlAuditLog:
    """AuditLog for one node; see the port for the contract."""

    def __init__(self, database: Database, *, node_id: str, clock: Clock) -> None:
        self._database = database
        self._node_id = node_id
        self._clock = clock

    def append(
        self,
        kind: str,
        *,
        call_id: str = "",
        recording_id: str = "",
        body: Mapping[str, object] | None = None,
    ) -> AuditEvent:
        """Add one event, durably. Raises ComplianceError for a body with content, HostError when it cannot."""
        check_body(body or {})
        text = canonical(body or {})
        with self._database.writing() as connection:
            head = _locked_head(connection, self._node_id)
            seq = head.seq + 1
            # Taken under the lock, so that times never run backwards along the chain.
            at = self._clock.now()
            digest = digest_of(
                head.digest,
                node_id=self._node_id,
                seq=seq,
                at=at,
                kind=kind,
                call_id=call_id,
                recording_id=recording_id,
                body=text,
            )
            link = Link(self._node_id, seq, at, kind, call_id, recording_id, text, head.digest, digest)
            connection.execute(insert(audit_events), [vars(link)])
            connection.execute(
                update(audit_heads).where(audit_heads.c.node_id == self._node_id).values(seq=seq, digest=digest)
            )
        return _event(link)

    def events(self, *, call_id: str = "", recording_id: str = "", limit: int = 100_000) -> list[AuditEvent]:
        query = select(audit_events).order_by(audit_events.c.at, audit_events.c.node_id, audit_events.c.seq)
        if call_id:
            query = query.where(audit_events.c.call_id == call_id)
        if recording_id:
            query = query.where(audit_events.c.recording_id == recording_id)
        with self._database.reading() as connection:
            return [_event(Link(**row._mapping)) for row in connection.execute(query.limit(limit))]

    def verify(self) -> list[str]:
        with self._links() as (links, heads):
            return broken_links(links(), heads)

    @contextmanager
    def _links(self) -> Iterator[tuple[Callable[[], Iterator[Link]], list[Head]]]:
        """Chains and heads as of one moment: writers may go on meanwhile."""
        query = select(audit_events).order_by(audit_events.c.node_id, audit_events.c.seq)
        with self._database.reading() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            heads = [Head(**row._mapping) for row in connection.execute(select(audit_heads))]
            yield lambda: (Link(**row._mapping) for row in connection.execute(query)), heads


def _locked_head(connection: Connection, node_id: str) -> Head:
    """Read the head of the chain and make every other writer of this node wait for us."""
    query = select(audit_heads).where(audit_heads.c.node_id == node_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        first = make(audit_heads).values(node_id=node_id, seq=0, digest=GENESIS).on_conflict_do_nothing()
        connection.execute(first)
        row = connection.execute(query).one()
    return Head(**row._mapping)


def _event(link: Link) -> AuditEvent:
    try:
        body = json.loads(link.body)
    except ValueError:
        # Tampered with; `verify` names it.
        body = {}
    return AuditEvent(**{**vars(link), "body": body})
