"""Port of the menus' switches: what a supervisor switched on, for all lines and nodes of a house."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from ivr.domain.evidence.events.house import EmergencySwitched


class EmergencyBook(Protocol):
    """Which emergency messages are on. Raises HostError when it cannot be asked."""

    def since(self, menu: str) -> datetime | None:
        """Return since when the message of a menu has been on; None: it is off."""
        ...

    def switch(self, switched: EmergencySwitched, at: datetime) -> bool:
        """Switch a message on or off, with its evidence or not at all; False, without evidence, when it was so."""
        ...
