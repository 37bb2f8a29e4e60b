"""A state machine is a table; code only looks it up. An illegal event raises and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from ivr.errors import TransitionError

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


@dataclass(frozen=True)
class Machine(Generic[S, E]):
    """The table of one kind of thing: `(state, event) -> state`."""

    name: str
    initial: frozenset[S]
    final: frozenset[S]
    table: Mapping[tuple[S, E], S]

    def after(self, state: S, event: E, *, where: str = "") -> S:
        """Return the state after `event`; raises TransitionError when the table has no such move."""
        try:
            return self.table[state, event]
        except KeyError:
            allowed = ", ".join(sorted(e.name for s, e in self.table if s is state)) or "nothing"
            raise TransitionError(
                f"{self.name} in {state.name} cannot take {event.name}",
                where=where,
                remedy=f"allowed here: {allowed}",
            ) from None

    def allows(self, state: S, event: E) -> bool:
        return (state, event) in self.table
