"""The shelf of analysis grids in a database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from ivr.errors import ArchiveError
from ivr.services.ports.evidence import Entry
from ivr.services.ports.quality import ShelvedGrid
from ivr.storage.audit_log import SqlAuditLog
from ivr.storage.database import Database
from ivr.storage.tables import quality_grids

_G = quality_grids.c


class SqlGridShelf:
    """Port GridShelf."""

    def __init__(self, database: Database, audit: SqlAuditLog) -> None:
        self._database = database
        self._audit = audit

    def put(self, grid: ShelvedGrid, entry: Entry) -> None:
        try:
            with self._database.writing() as connection:
                connection.execute(insert(quality_grids).values(vars(grid)))
                self._audit.append_within(connection, [entry])
        except IntegrityError as error:
            raise ArchiveError(
                "this version of the grid is there already",
                where=f"grid {grid.grid_id} {grid.version}",
                remedy="a version never changes: raise `version` and import it again",
            ) from error

    def get(self, grid_id: str, version: str) -> ShelvedGrid | None:
        query = select(quality_grids).where(_G.grid_id == grid_id, _G.version == version)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return ShelvedGrid(**row._mapping) if row else None

    def all(self) -> Sequence[ShelvedGrid]:
        query = select(quality_grids).order_by(_G.grid_id, _G.imported_at.desc(), _G.version.desc())
        with self._database.reading() as connection:
            return [ShelvedGrid(**row._mapping) for row in connection.execute(query)]
