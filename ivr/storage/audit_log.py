"""The evidence in a database: one hash chain per node, appended by any number of processes of that node."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Table, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ivr.domain.evidence.chain import GENESIS, Head, Link, canonical, check_body, digest_of, stamp
from ivr.domain.evidence.checkpoint import Checkpoint, certificate_text, chain_faults, checkpoint_text
from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.base import Event
from ivr.domain.evidence.events.destruction import Certificate
from ivr.domain.evidence.events.house import AuditExported, LossAccepted, WitnessBegun, WitnessedHead
from ivr.domain.redaction.redactor import REDACTOR, Redactor
from ivr.errors import ComplianceError, LostEvidenceError
from ivr.services.ports.evidence import Entry
from ivr.services.ports.runtime import Clock
from ivr.services.ports.signing import HeadWitness, Signer, Snapshot, Witness
from ivr.storage.database import Database
from ivr.storage.head_guard import HeadGuard
from ivr.storage.tables import audit_checkpoints, audit_events, audit_heads, certificates, evidence_keys

#: Events between two checkpoints that appending signs by itself.
CHECKPOINT_EVERY = 256
_E = audit_events.c


class SqlAuditLog:
    """EvidenceChain for one node; see the port for the contract. Without a signer nothing is signed.

    With `witness` nothing is appended to a database that is not the one whose head it knows. `redactor` may depend on
    nothing but its argument: a digest is the same whichever process writes the event.
    """

    def __init__(
        self,
        database: Database,
        *,
        node_id: str,
        clock: Clock,
        signer: Signer | None = None,
        witness: HeadWitness | None = None,
        redactor: Redactor = REDACTOR,
        checkpoint_every: int = CHECKPOINT_EVERY,
    ) -> None:
        self._database = database
        self._node_id = node_id
        self._clock = clock
        self._signer = signer
        self.guard = HeadGuard(database, node_id, witness)
        self._redactor = redactor
        self._every = checkpoint_every

    def append(self, event: Event, *, call_id: str = "", recording_id: str = "") -> AuditEvent:
        """Add one event, durably. Raises ComplianceError for a body with content, HostError when it cannot."""
        return self.append_all([Entry(event, call_id, recording_id)])[0]

    def append_all(self, entries: Sequence[Entry]) -> list[AuditEvent]:
        if not entries:
            return []
        for entry in entries:
            check_body(entry.event.body())
        with self._database.writing() as connection:
            return self.append_within(connection, entries)

    def append_within(self, connection: Connection, entries: Sequence[Entry]) -> list[AuditEvent]:
        """Append inside a transaction of the caller: events and what they tell of happen together or not at all."""
        for entry in entries:
            check_body(entry.event.body())
        head = _locked_head(connection, self._node_id)
        self.guard.must_go_on(connection, head)
        return self._extend(connection, head, entries)

    def _extend(self, connection: Connection, head: Head, entries: Sequence[Entry]) -> list[AuditEvent]:
        before, events, links = head, [], []
        earlier, reserved = _reserve_certificates(connection, entries, head)
        for entry in entries:
            certifies = entry.recording_id if entry.event.kind == Certificate.kind else ""
            if certifies in earlier:
                events.append(earlier[certifies])
                continue
            link = self._link(head, entry)
            links.append(link)
            events.append(_event(link))
            head = Head(self._node_id, link.seq, link.digest)
            if certifies:
                earlier[certifies] = events[-1]
        _correct_certificates(connection, links, reserved)
        if links:
            connection.execute(insert(audit_events), [vars(link) for link in links])
            mine = audit_heads.c.node_id == self._node_id
            connection.execute(update(audit_heads).where(mine).values(seq=head.seq, digest=head.digest))
            self.guard.note(connection, head, links[-1].at)
            if head.seq // self._every > before.seq // self._every:
                self._sign(connection, head)
        return events

    def checkpoint(self) -> Checkpoint | None:
        with self._database.writing() as connection:
            head = _locked_head(connection, self._node_id)
            self.guard.must_go_on(connection, head)
            return self._sign(connection, head)

    def events(self, *, call_id: str = "", recording_id: str = "", limit: int = 100_000) -> list[AuditEvent]:
        query = select(audit_events).order_by(audit_events.c.at, audit_events.c.node_id, audit_events.c.seq)
        if call_id:
            query = query.where(audit_events.c.call_id == call_id)
        if recording_id:
            query = query.where(audit_events.c.recording_id == recording_id)
        with self._database.reading() as connection:
            return [_event(Link(**row._mapping)) for row in connection.execute(query.limit(limit))]

    def first_of(self, recording_ids: Sequence[str], kind: str) -> dict[str, AuditEvent]:
        query = select(audit_events).where(_E.recording_id.in_(recording_ids), _E.kind == kind)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(_E.at.desc(), _E.seq.desc()))
            return {row.recording_id: _event(Link(**row._mapping)) for row in rows}

    def recent(self, kind: str, *, last: int) -> list[AuditEvent]:
        newest = select(audit_heads.c.seq).where(audit_heads.c.node_id == self._node_id).scalar_subquery()
        mine = (audit_events.c.node_id == self._node_id) & (audit_events.c.seq > newest - last)
        query = select(audit_events).where(mine, audit_events.c.kind == kind).order_by(audit_events.c.seq)
        with self._database.reading() as connection:
            return [_event(Link(**row._mapping)) for row in connection.execute(query)]

    def count(self) -> int:
        """How many events there are, of all nodes."""
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(audit_events)).scalar_one()

    def verify(self, witnessed: Sequence[Checkpoint] = (), keys: Mapping[str, bytes] | None = None) -> list[str]:
        """Chains, heads, and every signature of a checkpoint or certificate.

        What bears our node's name counts with our own key only: whoever can write the database can put a key there.
        Other nodes' keys are taken from the database, each for its own node: they are sure on that node alone.

        `witnessed` are checkpoints that were kept outside, `keys` what they were signed with: a chain that was
        rewritten together with its heads and checkpoints is whole in itself, and only they know better.
        """
        lost = self.guard.loss()
        with self.snapshot() as seen:
            checkpoints = list(dict.fromkeys([*seen.checkpoints, *witnessed]))
            forged: list[str] = []
            faults = chain_faults(self._certified(seen, forged), seen.heads, checkpoints) + forged
            faults += [fault for one in checkpoints for fault in self._forged(one, seen, keys or {})]
            return [*lost, *faults, *self._unsigned(seen.heads, seen.checkpoints)]

    def must_be_whole(self) -> None:
        self.guard.must_be_whole()

    def begin_witness(self) -> Head | None:
        """Where nobody witnesses the head of this chain, have it witnessed from now on, and return it then."""
        witness = self.guard.witness
        if witness is None or witness.last() is not None:
            return None
        with self._database.writing() as connection:
            head = _locked_head(connection, self._node_id)
            if head.seq:
                (event,) = self._extend(connection, head, [Entry(WitnessBegun(head.seq))])
                head = Head(self._node_id, event.seq, event.digest)
            self.guard.begin(connection, head, self._clock.now())
        return head

    def accept_loss(self, *, reason: str, actor: str) -> AuditEvent:
        """Go on with this database as it is; who decided it and why stands in the evidence, with what is missing.

        Raises ComplianceError without a reason, and when nothing is missing.
        """
        if not reason.strip() or not actor.strip():
            raise ComplianceError("accepting a loss needs an actor and a reason", remedy="say why: --reason")
        witness = self.guard.witness
        if witness is None or not self.guard.loss():
            raise ComplianceError("nothing is missing: there is no loss to accept", remedy="see `ivr audit verify`")
        try:
            last = witness.last()
        except LostEvidenceError:
            last = None
        known = WitnessedHead(last.seq, last.digest, last.at) if last is not None else None
        with self._database.writing() as connection:
            head = _locked_head(connection, self._node_id)
            accepted = LossAccepted(actor=actor, reason=reason[:200], witnessed=known, found_seq=head.seq)
            (event,) = self._extend(connection, head, [Entry(accepted)])
            self.guard.begin(connection, Head(self._node_id, event.seq, event.digest), event.at)
        return event

    def witness(self) -> Witness:
        exports = select(func.max(_E.at)).where(_E.kind == AuditExported.kind)
        mine = audit_checkpoints.c.node_id == _E.node_id
        behind = select(func.max(audit_checkpoints.c.seq)).where(mine).scalar_subquery()
        loose = select(func.count()).select_from(audit_events).where(_E.seq > func.coalesce(behind, 0))
        with self._database.reading() as connection:
            signed_at = connection.execute(select(func.max(audit_checkpoints.c.at))).scalar_one()
            exported_at = connection.execute(exports).scalar_one()
            since = select(func.count()).select_from(audit_events)
            if exported_at is not None:
                since = since.where(_E.at > exported_at)
            return Witness(
                signed_at=signed_at,
                unsigned=connection.execute(loose).scalar_one(),
                exported_at=exported_at,
                unexported=connection.execute(since).scalar_one(),
            )

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Chains, heads and checkpoints as of one moment: writers may go on meanwhile."""
        query = select(audit_events).order_by(audit_events.c.node_id, audit_events.c.seq)
        with self._database.reading() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            heads = [Head(**row._mapping) for row in connection.execute(select(audit_heads))]
            signed = select(audit_checkpoints).order_by(audit_checkpoints.c.node_id, audit_checkpoints.c.seq)
            checkpoints = [Checkpoint(**row._mapping) for row in connection.execute(signed)]
            others = select(evidence_keys).where(evidence_keys.c.node_id != self._node_id)
            rows = connection.execute(others if self._signer is not None else select(evidence_keys)).all()
            keys = {row.key_id: bytes(row.public_key) for row in rows}
            nodes = {row.key_id: row.node_id for row in rows}
            if self._signer is not None:
                keys[self._signer.key_id] = self._signer.public_key
                nodes[self._signer.key_id] = self._node_id
            links = (Link(**row._mapping) for row in connection.execute(query))
            yield Snapshot(links, heads, checkpoints, keys, nodes)

    def _link(self, head: Head, entry: Entry) -> Link:
        # Taken under the lock, so that times never run backwards along the chain.
        at, kind, body = self._clock.now(), entry.event.kind, self._redactor.fields(entry.event.body())
        if kind == Certificate.kind and self._signer is not None:
            signature = self._signer.sign(certificate_text(self._node_id, entry.recording_id, body))
            body = {**body, "key_id": self._signer.key_id, "signature": signature.hex()}
        text, seq = canonical(body), head.seq + 1
        digest = digest_of(
            head.digest,
            node_id=self._node_id,
            seq=seq,
            at=at,
            kind=kind,
            call_id=entry.call_id,
            recording_id=entry.recording_id,
            body=text,
        )
        return Link(self._node_id, seq, at, kind, entry.call_id, entry.recording_id, text, head.digest, digest)

    def _sign(self, connection: Connection, head: Head) -> Checkpoint | None:
        signer = self._signer
        if signer is None or head.seq == 0:
            return None
        at = self._clock.now()
        signature = signer.sign(checkpoint_text(self._node_id, head.seq, head.digest, at, signer.key_id)).hex()
        checkpoint = Checkpoint(self._node_id, head.seq, head.digest, at, signer.key_id, signature)
        values = {"key_id": signer.key_id, "public_key": signer.public_key, "node_id": self._node_id, "since": at}
        connection.execute(_insert(connection, evidence_keys).values(values).on_conflict_do_nothing())
        kept = _insert(connection, audit_checkpoints).values(vars(checkpoint)).on_conflict_do_nothing()
        done = connection.execute(kept.returning(audit_checkpoints.c.seq)).scalar_one_or_none()
        return None if done is None else checkpoint

    def _unsigned(self, heads: Sequence[Head], checkpoints: Sequence[Checkpoint]) -> list[str]:
        """Appending signs every so many events: a long chain without a checkpoint has lost them."""
        if self._signer is None:
            return []
        last: dict[str, int] = {}
        for checkpoint in checkpoints:
            last[checkpoint.node_id] = max(checkpoint.seq, last.get(checkpoint.node_id, 0))
        return [
            f"node {head.node_id}, event {head.seq}: no signed checkpoint since event {last.get(head.node_id, 0)}, "
            f"although one is made every {self._every} events: they were removed"
            for head in heads
            if head.seq // self._every > last.get(head.node_id, 0) // self._every
        ]

    def _forged(self, checkpoint: Checkpoint, seen: Snapshot, witnessed: Mapping[str, bytes]) -> list[str]:
        if self._signer is None:
            return []
        node, named = checkpoint.node_id, checkpoint.key_id
        where = f"node {node}, event {checkpoint.seq}: the checkpoint of {stamp(checkpoint.at)}"
        if node == self._node_id and named != self._signer.key_id:
            return [f"{where} was signed by another key than this node's: {named}"]
        key = self._key_of(node, named, seen) or witnessed.get(named)
        if key is None or not self._signer.is_key(named, key):
            return [f"{where} names a key that nobody has: {named}"]
        text = checkpoint_text(node, checkpoint.seq, checkpoint.digest, checkpoint.at, named)
        good = self._signer.verifies(key, text, _unhexed(checkpoint.signature))
        return [] if good else [f"{where} bears a wrong signature"]

    def _key_of(self, node_id: str, key_id: str, seen: Snapshot) -> bytes | None:
        """Our own key counts for every node (one may have been renamed), another one for the node it belongs to."""
        if self._signer is not None and key_id == self._signer.key_id:
            return self._signer.public_key
        return seen.keys.get(key_id) if seen.key_nodes.get(key_id) == node_id else None

    def _certified(self, seen: Snapshot, forged: list[str]) -> Iterable[Link]:
        """Pass the chain on, and note certificates whose signature is not by who says to have made them."""
        for link in seen.links:
            certifies = link.kind == Certificate.kind
            if certifies and self._signer is not None and not self._bears_out(link, seen, self._signer):
                forged.append(
                    f"node {link.node_id}, event {link.seq}: the certificate of {link.recording_id} bears no valid "
                    "signature"
                )
            yield link

    def _bears_out(self, link: Link, seen: Snapshot, signer: Signer) -> bool:
        body = _event(link).body
        if "signature" not in body:
            # Written before certificates were signed.
            return True
        key = self._key_of(link.node_id, str(body.get("key_id")), seen)
        if key is None:
            # Another node makes its key known with its first checkpoint.
            return link.node_id != self._node_id
        text = certificate_text(link.node_id, link.recording_id, body)
        return signer.verifies(key, text, _unhexed(str(body["signature"])))


def _reserve_certificates(
    connection: Connection, entries: Sequence[Entry], head: Head
) -> tuple[dict[str, AuditEvent], dict[str, int]]:
    """Reserve the one certificate of each recording. Return those that exist already, and the numbers we reserved.

    The numbers are right if none existed, which is the rule: one statement then does for all.
    """
    wanted: dict[str, int] = {}
    for seq, entry in enumerate(entries, head.seq + 1):
        if entry.event.kind == Certificate.kind and entry.recording_id:
            wanted.setdefault(entry.recording_id, seq)
    if not wanted:
        return {}, {}
    taken = _insert(connection, certificates).on_conflict_do_nothing().returning(certificates.c.recording_id)
    rows = [{"recording_id": one, "node_id": head.node_id, "seq": wanted[one]} for one in sorted(wanted)]
    mine = set(connection.execute(taken, rows).scalars())
    others = wanted.keys() - mine
    earlier: dict[str, AuditEvent] = {}
    if others:
        # What points at any other event certifies nothing: somebody put it there.
        same = (certificates.c.node_id == _E.node_id) & (certificates.c.seq == _E.seq)
        same &= (certificates.c.recording_id == _E.recording_id) & (_E.kind == Certificate.kind)
        query = select(audit_events).join(certificates, same)
        for row in connection.execute(query.where(certificates.c.recording_id.in_(others))):
            earlier[row.recording_id] = _event(Link(**row._mapping))
    for one in sorted(others - earlier.keys()):
        false = update(certificates).where(certificates.c.recording_id == one)
        connection.execute(false.values(node_id=head.node_id, seq=wanted[one]))
        mine.add(one)
    return earlier, {one: wanted[one] for one in mine}


def _correct_certificates(connection: Connection, links: Sequence[Link], reserved: Mapping[str, int]) -> None:
    """Where a certificate existed already, those behind it stand earlier in the chain than was reserved."""
    for link in links:
        if link.kind == Certificate.kind and reserved.get(link.recording_id, link.seq) != link.seq:
            mine = certificates.c.recording_id == link.recording_id
            connection.execute(update(certificates).where(mine).values(seq=link.seq))


def _locked_head(connection: Connection, node_id: str) -> Head:
    """Read the head of the chain and make every other writer of this node wait for us."""
    query = select(audit_heads).where(audit_heads.c.node_id == node_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        first = _insert(connection, audit_heads).values(node_id=node_id, seq=0, digest=GENESIS)
        connection.execute(first.on_conflict_do_nothing())
        row = connection.execute(query).one()
    return Head(**row._mapping)


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _unhexed(signature: str) -> bytes:
    try:
        return bytes.fromhex(signature)
    except ValueError:
        return b""


def _event(link: Link) -> AuditEvent:
    try:
        body = json.loads(link.body)
    except ValueError:
        # Tampered with; `verify` names it.
        body = {}
    return AuditEvent(**{**vars(link), "body": body})
