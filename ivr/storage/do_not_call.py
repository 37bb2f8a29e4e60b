"""People never to be called again, in a database that does not say who they are."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ivr.errors import HostError
from ivr.services.ports import Clock
from ivr.storage.database import Database
from ivr.storage.person import spellings_of
from ivr.storage.tables import calls, do_not_call, meta

_SECRET_ID = "do_not_call_secret"


class SqlDoNotCall:
    """DoNotCallRegister: entries are HMAC-SHA256 over scope and person, with a secret that lies outside the database.

    Without the secret the entries cannot be turned back into numbers by trying them all, and with another secret
    nobody would be barred any more: the database remembers which secret it belongs to and refuses a different one.
    """

    def __init__(self, database: Database, *, secret: bytes, secret_id: str, clock: Clock, region: str = "FR") -> None:
        """Raises HostError when the register was made with another secret."""
        self._database = database
        self._secret = secret
        self._clock = clock
        self._region = region
        self._claim(secret_id)

    def __repr__(self) -> str:
        return f"SqlDoNotCall({self._database.name})"

    def add(self, uri: str, *, scope: str, rule_id: str, call_id: str) -> str:
        entry_id = self.entry_of(uri, scope=scope)
        self.put(entry_id, scope=scope, rule_id=rule_id, call_id=call_id)
        return entry_id

    def put(self, entry_id: str, *, scope: str, rule_id: str, call_id: str) -> None:
        now = self._clock.now()
        make = sqlite.insert if self._database.is_sqlite else postgresql.insert
        entry = make(do_not_call).values(
            entry_id=entry_id, scope=scope, rule_id=rule_id, call_id=call_id, added_at=now, refreshed_at=now
        )
        # A second refusal starts the register's own clock again, and never makes a second entry.
        again = entry.on_conflict_do_update(
            index_elements=["entry_id"], set_={"refreshed_at": now, "rule_id": rule_id, "call_id": call_id}
        )
        with self._database.writing() as connection:
            connection.execute(again)

    def bars(self, uri: str, *, scope: str) -> str | None:
        return next(iter(self.known(self.entries_of(uri, scope=scope))), None)

    def known(self, entries: Sequence[str]) -> list[str]:
        query = select(do_not_call.c.entry_id).where(do_not_call.c.entry_id.in_(entries))
        with self._database.reading() as connection:
            found = set(connection.execute(query).scalars())
        return [entry for entry in entries if entry in found]

    def entry_of(self, uri: str, *, scope: str) -> str:
        return self.entries_of(uri, scope=scope)[0]

    def entries_of(self, uri: str, *, scope: str) -> tuple[str, ...]:
        return tuple(self._keyed(scope, person) for person in spellings_of(uri, region=self._region))

    def move(self, previous: str, entry: str) -> None:
        mine = do_not_call.c.entry_id == previous
        with self._database.writing() as connection:
            if connection.execute(select(do_not_call.c.entry_id).where(do_not_call.c.entry_id == entry)).first():
                connection.execute(delete(do_not_call).where(mine))
            else:
                connection.execute(update(do_not_call).where(mine).values(entry_id=entry))

    def reported(self) -> Iterator[tuple[str, str, str]]:
        columns = (do_not_call.c.entry_id, do_not_call.c.scope, calls.c.party)
        query = select(*columns).join(calls, calls.c.call_id == do_not_call.c.call_id).order_by(columns[0])
        with self._database.reading() as connection:
            found = connection.execute(query).all()
        yield from (row._tuple() for row in found)

    def _keyed(self, scope: str, person: str) -> str:
        return hmac.new(self._secret, f"{scope}\0{person}".encode(), hashlib.sha256).hexdigest()

    def _claim(self, secret_id: str) -> None:
        mine = meta.c.name == _SECRET_ID
        with self._database.reading() as connection:
            known = connection.execute(select(meta.c.value).where(mine)).scalar_one_or_none()
        if known is None:
            make = sqlite.insert if self._database.is_sqlite else postgresql.insert
            claim = make(meta).values(name=_SECRET_ID, value=secret_id).on_conflict_do_nothing()
            with self._database.writing() as connection:
                connection.execute(claim)
                known = connection.execute(select(meta.c.value).where(mine)).scalar_one()
        if known != secret_id:
            raise HostError(
                f"the do-not-call register was made with secret {known}, and this one is {secret_id}",
                where=self._database.name,
                remedy="restore the file of that secret: with another one nobody would be barred",
            )
