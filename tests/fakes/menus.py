"""The switches of menus in memory."""

from __future__ import annotations

from datetime import datetime

from ivr.domain.evidence.events.house import EmergencySwitched
from ivr.errors import HostError
from ivr.services.ports.evidence import AuditLog


class FakeEmergencyBook:
    """Implements `EmergencyBook`. While `away` it cannot be reached."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit
        self._on: dict[str, datetime] = {}
        self.away = False

    def since(self, menu: str) -> datetime | None:
        if self.away:
            raise HostError("the database is away", remedy="wait")
        return self._on.get(menu)

    def switch(self, switched: EmergencySwitched, at: datetime) -> bool:
        if (switched.menu in self._on) is switched.on:
            return False
        self._audit.append(switched)
        if switched.on:
            self._on[switched.menu] = at
        else:
            del self._on[switched.menu]
        return True
