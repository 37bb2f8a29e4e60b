"""Analysis grids: the shelf, one as TOML, and one more version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Path, Response
from pydantic import Field

from ivr.console.api.caller import Asked
from ivr.console.api.fields import ID, Given, Shown, Told
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.console.attachment import attachment
from ivr.domain.access import Action

_TOML = "application/toml"
_Part = Annotated[str, Path(pattern=ID)]


class GridOut(Shown):
    grid_id: str
    version: str
    imported_at: Told
    imported_by: str


class GridList(Shown):
    grids: list[GridOut]


class GridIn(Given):
    """`toml`: the grid as its author wrote it."""

    toml: Annotated[str, Field(min_length=1, max_length=200_000)]


class ImportedGrid(Shown):
    grid_id: str
    version: str
    title: str


@dataclass(frozen=True)
class GridsApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        return (
            ApiRoute("GET", "/grids", self.list_grids, (Action.GRADE,), GridList),
            ApiRoute("POST", "/grids", self.import_grid, (Action.SUPERVISE,), ImportedGrid, 201),
            ApiRoute("GET", "/grids/{grid_id}/{version}", self.export_grid, (Action.GRADE,), media=_TOML),
        )

    def list_grids(self, asked: Asked) -> GridList:
        """List every version of every grid."""
        grids = self.services.quality.grids
        grids.open_to(asked.request())
        return GridList(
            grids=[
                GridOut(
                    grid_id=one.grid_id, version=one.version, imported_at=one.imported_at, imported_by=one.imported_by
                )
                for one in grids.all()
            ]
        )

    def import_grid(self, asked: Asked, given: GridIn) -> ImportedGrid:
        """Add a version of a grid. One that has noted what may not be is refused with its rule (403); a version that is
        there and says something else stays as it is (404)."""
        made = self.services.quality.grids.import_(asked.request(), given.toml.replace("\r\n", "\n"), file="toml")
        return ImportedGrid(grid_id=made.id, version=made.version, title=made.title)

    def export_grid(self, asked: Asked, grid_id: _Part, version: _Part) -> Response:
        """Read a version of a grid as its author wrote it."""
        self.services.quality.grids.open_to(asked.request())
        shelved = self.services.quality.grids.shelved(grid_id, version)
        headers = attachment(f"{shelved.grid_id}-{shelved.version}.toml")
        return Response(shelved.text, headers=headers, media_type=_TOML)
