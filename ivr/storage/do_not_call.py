"""People never to be called again, in a database that does not say who they are."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Case, Row, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ivr.domain.consent.bar import KnownBy, known_by
from ivr.errors import ArchiveError, HostError
from ivr.services.ports.evidence import Bar
from ivr.services.ports.runtime import Clock
from ivr.storage.bar_evidence import read_bars
from ivr.storage.database import Database
from ivr.storage.person import spellings_of
from ivr.storage.tables import calls, do_not_call, meta

_SECRET_ID = "do_not_call_secret"
_SHORTEST_ID = 6


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

    def add(self, uri: str, *, scope: str, rule_id: str, call_id: str, known_by: KnownBy = KnownBy.UNKNOWN) -> str:
        entry_id = self.entry_of(uri, scope=scope)
        self.put(entry_id, scope=scope, rule_id=rule_id, call_id=call_id, known_by=known_by)
        return entry_id

    def put(
        self, entry_id: str, *, scope: str, rule_id: str, call_id: str, known_by: KnownBy = KnownBy.UNKNOWN
    ) -> None:
        now = self._clock.now()
        make = sqlite.insert if self._database.is_sqlite else postgresql.insert
        entry = make(do_not_call).values(
            entry_id=entry_id,
            scope=scope,
            rule_id=rule_id,
            call_id=call_id,
            added_at=now,
            refreshed_at=now,
            known_by=known_by.value,
        )
        # A second refusal starts the register's own period again, and never makes a second entry; what is known for
        # certain stays so.
        again = entry.on_conflict_do_update(
            index_elements=["entry_id"],
            set_={"refreshed_at": now, "rule_id": rule_id, "call_id": call_id, "known_by": _stronger(known_by)},
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
            before = connection.execute(select(do_not_call.c.known_by).where(mine)).scalar_one_or_none()
            other = do_not_call.c.entry_id == entry
            if before is None:
                return
            if connection.execute(select(do_not_call.c.entry_id).where(other)).first():
                connection.execute(update(do_not_call).where(other).values(known_by=_stronger(known_by(before))))
                connection.execute(delete(do_not_call).where(mine))
            else:
                connection.execute(update(do_not_call).where(mine).values(entry_id=entry))

    def remove(self, entry: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(do_not_call).where(do_not_call.c.entry_id == entry))

    def listing(self) -> list[Bar]:
        query = select(do_not_call, calls.c.program).outerjoin(calls, calls.c.call_id == do_not_call.c.call_id)
        with self._database.reading() as connection:
            return [_bar(row) for row in connection.execute(query.order_by(do_not_call.c.refreshed_at.desc()))]

    def find(self, short: str) -> Bar:
        wanted = short.strip().lower()
        query = select(do_not_call, calls.c.program).outerjoin(calls, calls.c.call_id == do_not_call.c.call_id)
        query = query.where(do_not_call.c.entry_id.startswith(wanted, autoescape=True)).limit(2)
        # Whoever looks in order to lift it keeps another node from refusing anew in between.
        query = query.with_for_update(of=do_not_call)
        with self._database.reading() as connection:
            found = [_bar(row) for row in connection.execute(query)] if len(wanted) >= _SHORTEST_ID else []
        if len(found) != 1:
            raise ArchiveError(
                "several do-not-call entries begin so" if found else "no do-not-call entry begins so",
                where=short,
                remedy=f"give at least {_SHORTEST_ID} characters of an id of 'ivr do-not-call list'",
            )
        return found[0]

    def refusals(self, entry: str) -> list[str]:
        with self._database.reading() as connection:
            return [event.call_id for event, _ in read_bars(connection).standing.get(entry, [])]

    def reported(self) -> Iterator[tuple[str, str, str]]:
        columns = (do_not_call.c.entry_id, do_not_call.c.scope, calls.c.party)
        query = select(*columns).join(calls, calls.c.call_id == do_not_call.c.call_id).order_by(columns[0])
        with self._database.reading() as connection:
            found = connection.execute(query).all()
        yield from ((row.entry_id, row.scope, row.party) for row in found)

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


def _stronger(known: KnownBy) -> Case[str]:
    """What the column says afterwards: `known`, unless it knows better."""
    weaker = [one.value for one in known.below]
    column = do_not_call.c.known_by
    return case((column.in_(weaker), known.value), else_=column)


def _bar(row: Row[Any]) -> Bar:
    return Bar(
        entry=row.entry_id,
        scope=row.scope,
        rule_id=row.rule_id,
        call_id=row.call_id,
        added_at=row.added_at,
        refreshed_at=row.refreshed_at,
        known_by=known_by(row.known_by),
        program=row.program or "",
    )
