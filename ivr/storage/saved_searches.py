"""Searches that people keep, in a database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ivr.services.ports.search import SavedSearch
from ivr.storage.database import Database
from ivr.storage.tables import saved_searches

_S = saved_searches.c


class SqlSavedSearches:
    """Port SavedSearches."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, search: SavedSearch) -> None:
        make = sqlite.insert if self._database.is_sqlite else postgresql.insert
        row = {**vars(search), "filters": dict(search.filters)}
        new = make(saved_searches).values(row)
        again = new.on_conflict_do_update(
            index_elements=["owner", "name"], set_={"filters": row["filters"], "saved_at": row["saved_at"]}
        )
        with self._database.writing() as connection:
            connection.execute(again)

    def of(self, owner: str) -> Sequence[SavedSearch]:
        query = select(saved_searches).where(_S.owner == owner).order_by(_S.name)
        with self._database.reading() as connection:
            return [SavedSearch(**row._mapping) for row in connection.execute(query)]

    def remove(self, owner: str, name: str) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(saved_searches).where(_S.owner == owner, _S.name == name))
