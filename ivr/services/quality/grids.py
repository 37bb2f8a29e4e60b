"""The shelf of analysis grids: what is added to it is read, checked, and never changed again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ivr.domain.access import AccessRequest, Action, Actor
from ivr.domain.evidence.events.quality import GridImported
from ivr.domain.quality.grid import Grid
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.export.access_gate import Gate
from ivr.services.lint.finding import Finding
from ivr.services.ports.evidence import Entry
from ivr.services.ports.quality import GridReader, GridShelf, ShelvedGrid
from ivr.services.ports.runtime import Clock

#: Says what a grid's text would have noted that it may not; the second argument names it.
GridCheck = Callable[[str, str], Sequence[Finding]]


@dataclass(frozen=True)
class Grids:
    shelf: GridShelf
    gate: Gate
    clock: Clock
    read: GridReader
    check: GridCheck

    def import_(self, request: AccessRequest, text: str, *, file: str) -> Grid:
        """Add a version of a grid and return it; for who supervises.

        Raises what `add` raises, and ComplianceError after noting a denial.
        """
        self.gate.check(replace(request, action=Action.SUPERVISE))
        return self.add(request.actor, text, file=file)

    def add(self, actor: Actor, text: str, *, file: str) -> Grid:
        """Raises ConfigurationError for what is no grid, ComplianceError with the rule for one that has noted what may
        not be, ArchiveError when this version is there already and says something else."""
        grid = self.read(text, file)
        for fault in self.check(text, file):
            raise ComplianceError(
                fault.reason, rules=(fault.rule,), where=f"{file}, line {fault.line}", remedy=fault.suggestion
            )
        found = self.shelf.get(grid.id, grid.version)
        if found is not None and found.text == text:
            return grid
        event = GridImported(
            actor=actor.id,
            role=actor.role.value,
            grid=grid.id,
            grid_version=grid.version,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )
        self.shelf.put(ShelvedGrid(grid.id, grid.version, text, self.clock.now(), actor.id), Entry(event))
        return grid

    def open_to(self, request: AccessRequest) -> None:
        """Raise ComplianceError, after noting a denial, for who neither scores calls nor supervises."""
        self.gate.check(replace(request, action=Action.GRADE))

    def shelved(self, grid_id: str, version: str) -> ShelvedGrid:
        """Raises ArchiveError when there is none."""
        found = self.shelf.get(grid_id, version)
        if found is None:
            raise ArchiveError("there is no such grid", where=f"grid {grid_id[:60]}", remedy="see 'ivr grids list'")
        return found

    def get(self, grid_id: str, version: str) -> Grid:
        """The grid as it was when a call was scored by it. Raises ArchiveError when there is none."""
        return self._grid(self.shelved(grid_id, version))

    def latest(self, program: str = "") -> Sequence[Grid]:
        """The version of each grid that was imported last, by id; of those that are for a program, if one is given."""
        newest: dict[str, ShelvedGrid] = {}
        for one in self.shelf.all():
            newest.setdefault(one.grid_id, one)
        found = map(self._grid, newest.values())
        return [grid for grid in found if not program or grid.fits(program)]

    def all(self) -> Sequence[ShelvedGrid]:
        return self.shelf.all()

    def _grid(self, shelved: ShelvedGrid) -> Grid:
        return self.read(shelved.text, f"grid {shelved.grid_id} {shelved.version}")
