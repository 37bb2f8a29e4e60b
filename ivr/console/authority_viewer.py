"""What an authority's own account sees: the items of its request, and each with its player."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Response

from ivr.console.player import PlayerPages, named
from ivr.console.times import clock_text, moment_text
from ivr.console.visit import Visit
from ivr.services.authority.viewing import Viewing
from ivr.settings import Settings

_PAGE = "/autorite"


@dataclass(frozen=True)
class AuthorityViewerPages:
    settings: Settings
    viewing: Viewing
    player: PlayerPages

    def routes(self) -> tuple[tuple[str, str, Callable[[Visit], Response]], ...]:
        """Method, path and page of each."""
        return (("GET", _PAGE, self.items), ("GET", _PAGE + "/{recording_id}", self.item))

    def items(self, visit: Visit) -> Response:
        account, zone = visit.signed_in.account, self.settings.profile.timezone
        requisition, rows = self.viewing.items(account)
        lines = [
            (
                row.tag.recording_id,
                moment_text(row.tag.opened_at, zone),
                clock_text(row.sealed.duration_ms) if row.sealed else "",
                visit.words(f"state.{row.state.value.lower()}"),
            )
            for row in rows
        ]
        return visit.page("authority_items", it=requisition, lines=lines, until=moment_text(account.expires_at, zone))

    def item(self, visit: Visit) -> Response:
        """The page of one item; opening it begins a listening."""
        request, sheet = self.viewing.sheet(visit.signed_in.account, named(visit, "recording_id"))
        return self.player.played_by(visit, request, sheet, back=_PAGE)
