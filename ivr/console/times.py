"""Moments and lengths as the pages show them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def moment_text(at: datetime | None, zone: str) -> str:
    """Return a moment to minutes in the house's time zone; nothing for none."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if at else ""


def second_text(at: datetime | None, zone: str) -> str:
    """Return a moment to seconds in the house's time zone; nothing for none."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def clock_text(ms: int) -> str:
    """Return a length or a place as people read it, `1:02:03` or `2:03`."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
