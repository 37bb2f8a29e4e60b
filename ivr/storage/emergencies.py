"""Which menus' emergency messages are on: a row each, written together with its evidence."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ivr.domain.evidence.events.house import EmergencySwitched
from ivr.services.ports.evidence import Entry
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from ivr.storage.tables import menu_emergencies


class SqlEmergencyBook:
    """Port EmergencyBook."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def since(self, menu: str) -> datetime | None:
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(
                select(menu_emergencies.c.since).where(menu_emergencies.c.menu == menu)
            ).scalar()
        return found

    def switch(self, switched: EmergencySwitched, at: datetime) -> bool:
        make = sqlite.insert if self._database.is_sqlite else postgresql.insert
        with self._database.writing() as connection:
            if switched.on:
                row = make(menu_emergencies).values(menu=switched.menu, since=at).on_conflict_do_nothing()
                changed = connection.execute(row.returning(menu_emergencies.c.menu)).first() is not None
            else:
                mine = menu_emergencies.c.menu == switched.menu
                changed = connection.execute(delete(menu_emergencies).where(mine)).rowcount > 0
            if changed:
                self._audit.append_within(connection, [Entry(switched)])
        return changed
