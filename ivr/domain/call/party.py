"""Who is on a call, and who called whom."""

from __future__ import annotations

from enum import Enum


class Direction(Enum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class PartyRole(Enum):
    """Who speaks. The caller is on the a_leg even when the engine placed the call."""

    CALLER = "caller"
    AGENT = "agent"
