"""Who asks: options that commands on stored things share, and the gate they pass."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from ivr.bootstrap.archive import Archive, open_archive
from ivr.bootstrap.retention import Retention, open_retention
from ivr.cli.context import settings
from ivr.domain.access import AccessRequest, Action, Actor, Role
from ivr.errors import ConfigurationError
from ivr.settings import Settings


def asked_by(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --actor and --role, given to the command as `actor` (str) and `role` (name, empty: the setting)."""
    actor = click.option("--actor", default=getpass.getuser, show_default="utilisateur courant", help="Qui agit.")
    role = click.option(
        "--role",
        default="",
        type=click.Choice(["", *(role.value for role in Role)]),
        show_default="command_line.role",
        help="En quel rôle (config/access.toml).",
    )
    return actor(role(command))


@dataclass(frozen=True)
class ActorSession:
    """An open archive with its services, and who acts."""

    settings: Settings
    archive: Archive
    retention: Retention
    actor: Actor

    def may(self, action: Action, recording_ids: tuple[str, ...] = (), *, reason: str = "") -> None:
        """Raises ComplianceError after noting the denial. For what opens no content."""
        self.retention.gate.check(AccessRequest(self.actor, action, reason=reason), recording_ids)

    def moment(self, given: str, *, key: str) -> datetime | None:
        """Read a date or a time as a person types it; without an offset it is the law's time zone."""
        return moment(given, ZoneInfo(self.settings.profile.timezone), key=key)


@contextmanager
def actor_session(actor: str, role: str) -> Iterator[ActorSession]:
    found = settings()
    archive = open_archive(found)
    try:
        who = Actor(actor, Role(role) if role else found.command_line.role)
        yield ActorSession(found, archive, open_retention(found, archive), who)
    finally:
        archive.close()


def moment(given: str, zone: ZoneInfo, *, key: str) -> datetime | None:
    """Raises ConfigurationError for what is neither a date nor a time."""
    if not given:
        return None
    try:
        found = datetime.fromisoformat(given)
        found = found if found.tzinfo else found.replace(tzinfo=zone)
        found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"'{given}' is no date", key=key, value=given, remedy=f"write {date(2027, 6, 1)} or 2027-06-01T09:00+02:00"
        ) from None
    return found
