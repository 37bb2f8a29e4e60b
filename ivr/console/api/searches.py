"""Searches that are kept, each owner's own; no number of a person is kept with one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Response

from ivr.console.api.caller import Caller
from ivr.console.api.fields import ID, Given, Line, Shown, Told
from ivr.console.api.filters import Filters
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.domain.access import AccessRequest, Action
from ivr.errors import ArchiveError

_SCOPES = (Action.LIST,)


class SavedSearchOut(Shown):
    """`filters` as they are typed on the command line."""

    id: str
    name: str
    filters: dict[str, str]
    saved_at: Told


class SavedSearchList(Shown):
    searches: list[SavedSearchOut]


class SavedSearchIn(Given):
    name: Line
    filters: Filters


@dataclass(frozen=True)
class SearchesApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        return (
            ApiRoute("GET", "/searches", self.list_searches, _SCOPES, SavedSearchList),
            ApiRoute("POST", "/searches", self.save_search, _SCOPES, SavedSearchOut, 201),
            ApiRoute("DELETE", "/searches/{search_id}", self.forget_search, _SCOPES, status=204),
        )

    def list_searches(self, token: Caller) -> SavedSearchList:
        """List the searches that the token's person keeps, by name."""
        return SavedSearchList(searches=self._of(token.account.login))

    def save_search(self, token: Caller, given: SavedSearchIn) -> SavedSearchOut:
        """Keep a search under a name, in place of the one of that name."""
        services = self.services
        purposes = services.settings.retention.schedules
        request = AccessRequest(token.actor, Action.LIST, reason="api")
        services.listing.save(request, given.name, given.filters.typed(), zone=services.zone, purposes=purposes)
        name = " ".join(given.name.split())
        return next(one for one in self._of(token.account.login) if one.name == name)

    def forget_search(self, token: Caller, search_id: Annotated[str, Path(pattern=ID)]) -> Response:
        """Keep a search no more."""
        owner = token.account.login
        found = next((one for one in self._of(owner) if one.id == search_id), None)
        if found is None:
            raise ArchiveError("there is no such search", remedy="see the list of your searches")
        self.services.listing.forget(owner, found.name)
        return Response(status_code=204)

    def _of(self, owner: str) -> list[SavedSearchOut]:
        return [
            SavedSearchOut(id=_id_of(one.name), name=one.name, filters=dict(one.filters), saved_at=one.saved_at)
            for one in self.services.listing.saved(owner)
        ]


def _id_of(name: str) -> str:
    """A name may be a person's: it stands in no address."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]
