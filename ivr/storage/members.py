"""The members on file for the identity check, in tables that do not say who they are (docs/never-ask.md).

A row is found by tags, HMAC-SHA256 of member number and telephone numbers, without opening the others. It seals a salt,
salted digests and names, bound to its list and its tags: no birth date, postal code, member number or telephone number
stands in the database, not even encrypted.

An import writes its rows in short transactions under an id that nobody reads, so that calls need not wait; then one
transaction puts the list in force, and what no list in force has is removed: nobody has the key of it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Table, and_, delete, insert, select

from ivr.domain.evidence.events.house import MembersDeleted
from ivr.domain.identity.check import Expected, IdentityItem, digest
from ivr.domain.identity.member import MemberRecord
from ivr.domain.secret_bytes import clear
from ivr.errors import ArchiveError, HostError
from ivr.services.ports.evidence import PersonTag
from ivr.services.ports.keys import KeyRing
from ivr.services.ports.members import MemberListHead, Sealer, WriteEvidence
from ivr.storage.claim import claimed
from ivr.storage.database import Database
from ivr.storage.person import spellings_of
from ivr.storage.person_index import SqlPersonIndex
from ivr.storage.tables import audit_events, member_lists, member_tags, members

_TAG_BYTES = 16
_SALT_BYTES = 16
_BATCH = 2_000
_CLAIM = "list of members"
_REMEDY = "import the list: 'ivr members import FILE.csv'"

_json = json.JSONEncoder(ensure_ascii=False).encode

#: Tags of one member, and what is sealed of them.
SealedMember = tuple[bytes, bytes]


class SqlMembers:
    """Port MemberList; a list that was imported anew is noticed at the next question."""

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        *,
        sealer: Callable[[bytearray, str], Sealer],
        persons: SqlPersonIndex | None = None,
    ) -> None:
        """Without `persons`, no recording is found by a member's number."""
        self._database = database
        self._persons = persons
        self._keys = keys
        self._sealer = sealer
        self._known: _ListKey | None = None

    def __repr__(self) -> str:
        return f"SqlMembers({self._database.name})"

    def by_caller(self, uri: str) -> Sequence[Expected]:
        return self._found("phone", spellings_of(uri))

    def by_number(self, number: str) -> Sequence[Expected]:
        return self._found("number", [number])

    def head(self) -> MemberListHead:
        row = self._row()
        self._key_of(row)
        return _head(row)

    def replace(
        self, records: Iterable[MemberRecord], *, made_at: datetime, write_evidence: WriteEvidence
    ) -> MemberListHead:
        list_id = f"members-{os.urandom(8).hex()}"
        data_key, wrapped = self._keys.new_data_key(list_id)
        key = _ListKey(list_id, self._sealer(data_key, list_id))
        clear(data_key)
        person = self._persons.member() if self._persons is not None else _nobody
        sealed = (key.sealed(one, person(one.member_number)) for one in records)
        return self._put(key, wrapped, sealed, made_at, write_evidence)

    def adopt(
        self,
        list_id: str,
        wrapped: bytes,
        sealed: Iterable[SealedMember],
        *,
        made_at: datetime,
        write_evidence: WriteEvidence,
    ) -> MemberListHead:
        """`replace` by a list that was sealed before, under its own key."""
        return self._put(self._unwrapped(list_id, wrapped), wrapped, sealed, made_at, write_evidence)

    def made_since(self, moment: datetime) -> bool:
        """Whether the list in force was made then or later."""
        with self._database.reading() as connection:
            return connection.execute(select(member_lists).where(member_lists.c.made_at >= moment)).first() is not None

    def deleted_since(self, moment: datetime) -> bool:
        """Whether the evidence tells that a list was deleted then or later."""
        found = (audit_events.c.kind == MembersDeleted.kind) & (audit_events.c.at >= moment)
        with self._database.reading() as connection:
            return connection.execute(select(audit_events.c.seq).where(found).limit(1)).first() is not None

    def delete(self, *, write_evidence: WriteEvidence) -> MemberListHead:
        with claimed(self._database, _CLAIM):
            head = _head(self._row())
            with self._database.together():
                self._end_list()
                write_evidence(head)
            self._sweep()
        return head

    def verify(self) -> MemberListHead:
        row = self._row()
        whole = self._key_of(row).whole()
        tags: list[bytes] = []
        with self._database.reading() as connection:
            stream = connection.execution_options(yield_per=_BATCH)
            mine = select(members).where(members.c.list_id == row.list_id).order_by(members.c.position)
            for one in stream.execute(mine):
                whole.add(one.tags, one.sealed)
                tags += _packed(one.tags, one.position)
            paths = select(member_tags).where(member_tags.c.list_id == row.list_id)
            paths = paths.order_by(member_tags.c.tag, member_tags.c.position)
            led = [_packed(one.tag, one.position)[0] for one in stream.execute(paths)]
        if whole.count == row.size and led == sorted(tags) and hmac.compare_digest(whole.end(row.made_at), row.seal):
            return _head(row)
        if self._row().list_id != row.list_id:
            # Replaced while we read.
            return self.verify()
        raise self._damaged("it was changed, or cut")

    def _found(self, kind: str, values: Sequence[str]) -> Sequence[Expected]:
        while True:
            key = self._known or self._key_of(self._row())
            tags = [key.tag(kind, value) for value in values]
            rows = self._rows(key.list_id, tags)
            if rows:
                # One member may have one line under two spellings.
                found = {row.position: row for row in rows if row.position is not None}
                if any(row.tags is None or row.tag not in _split(row.tags) for row in found.values()):
                    raise self._damaged("a row was changed")
                return tuple(key.expected(row.tags, row.sealed) for row in found.values())
            self._known = None

    def _rows(self, list_id: str, tags: Sequence[bytes]) -> Sequence[Any]:
        """In one statement, so that it is the old list or the new one: no row at all when this one is not in force."""
        led = and_(member_tags.c.list_id == member_lists.c.list_id, member_tags.c.tag.in_(tags))
        one = and_(members.c.list_id == member_tags.c.list_id, members.c.position == member_tags.c.position)
        query = select(member_tags.c.tag, member_tags.c.position, members.c.tags, members.c.sealed)
        query = query.select_from(member_lists.outerjoin(member_tags, led).outerjoin(members, one))
        query = query.where(member_lists.c.list_id == list_id).order_by(member_tags.c.position)
        with self._database.reading() as connection:
            return connection.execute(query).all()

    def _row(self) -> Any:
        with self._database.reading() as connection:
            row = connection.execute(select(member_lists)).one_or_none()
        if row is None:
            raise HostError("no members have been imported", where=self._database.name, remedy=_REMEDY)
        return row

    def _key_of(self, row: Any) -> _ListKey:
        self._known = self._unwrapped(row.list_id, row.wrapped)
        return self._known

    def _unwrapped(self, list_id: str, wrapped: bytes) -> _ListKey:
        data_key = self._keys.unwrap(list_id, wrapped)
        key = _ListKey(list_id, self._sealer(data_key, list_id))
        clear(data_key)
        return key

    def _put(
        self,
        key: _ListKey,
        wrapped: bytes,
        sealed: Iterable[SealedMember],
        made_at: datetime,
        write_evidence: WriteEvidence,
    ) -> MemberListHead:
        whole = key.whole()
        made_at = made_at.astimezone(UTC).replace(microsecond=0)
        with claimed(self._database, _CLAIM):
            # A killed adoption of this very list left rows under its id.
            self._sweep()
            try:
                tags = self._stage(key.list_id, sealed, whole)
                self._insert(member_tags, ((key.list_id, *_path(one)) for one in sorted(tags)))
                self._analyse()
                head = MemberListHead(key.list_id, self._keys.kek_of(wrapped), made_at, whole.count)
                with self._database.together():
                    self._end_list()
                    row = {"list_id": key.list_id, "kek_id": head.kek_id, "wrapped": wrapped, "made_at": made_at}
                    row |= {"size": whole.count, "seal": whole.end(made_at)}
                    with self._database.writing() as connection:
                        connection.execute(insert(member_lists), row)
                    write_evidence(head)
            finally:
                self._sweep()
        return head

    def _stage(self, list_id: str, sealed: Iterable[SealedMember], whole: _Whole) -> list[bytes]:
        """Write the rows and return the tags that lead to them; these are written in their order, which is faster."""
        paths: list[bytes] = []

        def rows() -> Iterator[tuple[object, ...]]:
            for position, (tags, body) in enumerate(sealed):
                whole.add(tags, body)
                paths.extend(_packed(tags, position))
                yield list_id, position, tags, body

        self._insert(members, rows())
        return paths

    def _insert(self, table: Table, rows: Iterator[tuple[object, ...]]) -> None:
        """Past SQLAlchemy, which would take as long as all the rest: values in the order of the table's columns."""
        mark = "?" if self._database.is_sqlite else "%s"
        statement = f"INSERT INTO {table.name} VALUES ({', '.join([mark] * len(table.columns))})"
        while batch := list(islice(rows, _BATCH)):
            with self._database.writing() as connection:
                connection.exec_driver_sql(statement, batch)

    def _analyse(self) -> None:
        """Tell PostgreSQL at once that the tables have grown; SQLite has one way to read them."""
        if not self._database.is_sqlite:
            with self._database.writing() as connection:
                connection.exec_driver_sql("ANALYZE members, member_tags")

    def _end_list(self) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(member_lists))

    def _sweep(self) -> None:
        """Remove what no list in force has: lists that were replaced, and rows of an import that did not end."""
        for table, key in ((member_tags, member_tags.c.tag), (members, members.c.position)):
            stale = select(table.c.list_id).where(table.c.list_id.not_in(select(member_lists.c.list_id)))
            with self._database.reading() as connection:
                left = list(connection.execute(stale.distinct()).scalars())
            for list_id in left:
                mine = table.c.list_id == list_id
                some = delete(table).where(mine, key.in_(select(key).where(mine).limit(_BATCH)))
                gone = 1
                while gone:
                    with self._database.writing() as connection:
                        gone = connection.execute(some).rowcount
        if self._database.is_sqlite:
            self._database.empty_log()

    def _damaged(self, what: str) -> ArchiveError:
        return ArchiveError(what, where=self._database.name, remedy=_REMEDY)


class _ListKey:
    """A list's key, and what is done with it. Never shown."""

    def __init__(self, list_id: str, sealer: Sealer) -> None:
        self.list_id = list_id
        self._sealer = sealer

    def whole(self) -> _Whole:
        return _Whole(self.list_id, self._sealer.whole_key)

    def tag(self, kind: str, value: str) -> bytes:
        return hmac.digest(self._sealer.tags_key, f"{kind}\0{value}".encode(), hashlib.sha256)[:_TAG_BYTES]

    def sealed(self, record: MemberRecord, person: PersonTag | None) -> SealedMember:
        salt = os.urandom(_SALT_BYTES)
        values = {
            IdentityItem.MEMBER_NUMBER: record.member_number,
            IdentityItem.BIRTH_DATE: record.birth_date,
            IdentityItem.POSTAL_CODE: record.postal_code,
        }
        held = {
            "salt": salt.hex(),
            "digests": {item.value: digest(item, value, salt).hex() for item, value in values.items() if value},
            "last_names": list(record.last_names),
            "first_name": record.first_name,
            **({"person": [person[0], person[1].hex()]} if person else {}),
        }
        tags = b"".join([self.tag("number", record.member_number), *(self.tag("phone", one) for one in record.phones)])
        return tags, self._sealer.seal(_json(held).encode(), self._bound(tags))

    def expected(self, tags: bytes, sealed: bytes) -> Expected:
        held = json.loads(self._sealer.open(sealed, self._bound(tags)))
        digests = {IdentityItem(name): bytes.fromhex(value) for name, value in held["digests"].items()}
        key_id, tag = held.get("person", ("", ""))
        person = (key_id, bytes.fromhex(tag)) if key_id else None
        return Expected(bytes.fromhex(held["salt"]), digests, tuple(held["last_names"]), held["first_name"], person)

    def _bound(self, tags: bytes) -> bytes:
        return b"ivr member\0" + "\0".join([self.list_id, *(tag.hex() for tag in _split(tags))]).encode()


class _Whole:
    """The keyed hash of a whole list, row by row."""

    def __init__(self, list_id: str, key: bytes) -> None:
        self._hash = hmac.new(key, f"ivr member list\0{list_id}\0".encode(), hashlib.sha256)
        self.count = 0

    def add(self, tags: bytes, sealed: bytes) -> None:
        self._hash.update(len(tags).to_bytes(4) + len(sealed).to_bytes(4) + tags + sealed)
        self.count += 1

    def end(self, made_at: datetime) -> bytes:
        self._hash.update(f"{self.count}\0{made_at.isoformat()}".encode())
        return self._hash.digest()


def _nobody(_: str) -> None:
    """Without an index of persons, no member has a tag."""


def _head(row: Any) -> MemberListHead:
    return MemberListHead(row.list_id, row.kek_id, row.made_at, row.size)


def _split(tags: bytes) -> list[bytes]:
    return [tags[at : at + _TAG_BYTES] for at in range(0, len(tags), _TAG_BYTES)]


def _packed(tags: bytes, position: int) -> list[bytes]:
    """What leads to a member, each in one piece: a list has hundreds of thousands, to be sorted in memory."""
    return [tag + position.to_bytes(4) for tag in dict.fromkeys(_split(tags))]


def _path(packed: bytes) -> tuple[bytes, int]:
    return packed[:_TAG_BYTES], int.from_bytes(packed[_TAG_BYTES:])
