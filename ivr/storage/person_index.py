"""Whose calls recordings are, as keyed hashes: found by who knows a number, and telling nobody one.

A hash is HMAC-SHA256 under a key that lies in the database, wrapped by the KEK as recordings' keys are. A key may be
renewed at any time: new recordings take the new one, and a search asks under each key that is there.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from ivr.domain.secret_bytes import clear
from ivr.errors import ComplianceError
from ivr.services.ports.evidence import PersonTag
from ivr.services.ports.keys import KeyRing
from ivr.services.ports.runtime import Clock
from ivr.storage.claim import claimed
from ivr.storage.data_keys import PERSON_KEY
from ivr.storage.database import Database
from ivr.storage.person import person_of, spellings_of
from ivr.storage.tables import KEPT, person_keys, recording_persons, recordings

TAG_BYTES: Final = 16
_CLAIM = "key of persons"


class SqlPersonIndex:
    """Hashes of telephone and member numbers, and the recordings that bear them. Blocking; safe for threads."""

    def __init__(self, database: Database, keys: KeyRing, *, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._known: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return f"SqlPersonIndex({self._database.name})"

    def begin(self) -> None:
        """Make the first key, if there is none: no number is noted before."""
        with claimed(self._database, _CLAIM):
            if self.since() is None:
                self._make()

    def phone(self, uri: str) -> PersonTag | None:
        """The tag of the person behind a SIP or tel URI or a number; None for who has no address."""
        try:
            return self._newest("phone")(person_of(uri))
        except ComplianceError:
            return None

    def member(self) -> Callable[[str], PersonTag | None]:
        """What gives the tags of members, by the digits of their numbers; without asking the database for each."""
        return self._newest("member")

    def phones(self, uri: str) -> list[bytes]:
        """Every hash under which a telephone number may be noted. Raises ComplianceError for nobody."""
        return [_tag(key, "phone", one) for key in self._all().values() for one in spellings_of(uri)]

    def members(self, number: str) -> list[bytes]:
        """Every hash under which a member number may be noted."""
        return [_tag(key, "member", number) for key in self._all().values()]

    def since(self) -> datetime | None:
        """When the first key was made: recordings of calls before bear no hash. None: none does."""
        with self._database.reading() as connection:
            first: datetime | None = connection.execute(select(func.min(person_keys.c.made_at))).scalar_one()
        return first

    def note(self, connection: Connection, recording_id: str, tags: Iterable[PersonTag]) -> None:
        """Note whose call a recording is, in the caller's transaction, unless its audio is gone. Repeating is fine."""
        mine = recordings.c.recording_id == recording_id
        query = select(recordings.c.opened_at).where(mine, KEPT).with_for_update()
        opened_at = connection.execute(query).scalar_one_or_none()
        rows = [
            {"tag": tag, "opened_at": opened_at, "recording_id": recording_id, "key_id": key_id}
            for key_id, tag in dict.fromkeys(tags)
        ]
        if opened_at is not None and rows:
            make = sqlite.insert if self._database.is_sqlite else postgresql.insert
            connection.execute(make(recording_persons).on_conflict_do_nothing(), rows)

    def renew(self) -> str:
        """Make a new key for what is noted from now on, and return its id."""
        with claimed(self._database, _CLAIM):
            return self._make()

    def _newest(self, kind: str) -> Callable[[str], PersonTag | None]:
        key_id, key = next(reversed(self._all().items()), ("", b""))
        return lambda value: (key_id, _tag(key, kind, value)) if key_id else None

    def _all(self) -> dict[str, bytes]:
        """Every key by its id, oldest first."""
        query = select(person_keys).order_by(person_keys.c.made_at, person_keys.c.key_id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            if row.key_id not in self._known:
                data_key = self._keys.unwrap(row.key_id, bytes(row.wrapped))
                self._known[row.key_id] = bytes(data_key)
                clear(data_key)
        return {row.key_id: self._known[row.key_id] for row in rows}

    def _make(self) -> str:
        key_id = f"{PERSON_KEY}{os.urandom(8).hex()}"
        data_key, wrapped = self._keys.new_data_key(key_id)
        clear(data_key)
        row = {"key_id": key_id, "kek_id": self._keys.kek_of(wrapped), "wrapped": wrapped}
        with self._database.writing() as connection:
            connection.execute(insert(person_keys), [{**row, "made_at": self._clock.now()}])
        return key_id


def forget_persons(connection: Connection, recording_ids: Iterable[str]) -> None:
    """Forget whose calls these recordings were, in the transaction that ends them."""
    connection.execute(delete(recording_persons).where(recording_persons.c.recording_id.in_(list(recording_ids))))


def _tag(key: bytes, kind: str, value: str) -> bytes:
    return hmac.digest(key, f"{kind}\0{value}".encode(), hashlib.sha256)[:TAG_BYTES]
