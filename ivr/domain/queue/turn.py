"""One turn of a line: it renews its calls, is given agents for them, and learns where the others stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ivr.domain.queue.announcement import Standing
from ivr.domain.queue.floor import Floor
from ivr.domain.queue.place import Place, PlaceState


@dataclass(frozen=True)
class Turn:
    """By the id of a call: the agent it was given, or where it stands."""

    claims: Mapping[str, str]
    standings: Mapping[str, Standing]


def has_a_turn(floor: Floor, places: Sequence[Place], now: datetime) -> bool:
    """Whether one of these calls would be given an agent now."""
    mine = _waiting(places)
    return any(match.place_id in mine for match in floor.decide(now))


def look(floor: Floor, places: Sequence[Place], now: datetime) -> Turn:
    """Where the calls stand; nobody is given anything."""
    mine = _waiting(places)
    return Turn({}, {name: standing for name, standing in floor.standings(now).items() if name in mine})


def take_turn(floor: Floor, owner: str, places: Sequence[Place], now: datetime, *, renew: bool) -> Turn:
    """Claim agents for those of a line's `places` that wait; with `renew`, say first of all of them how they are."""
    if renew:
        floor.keep(owner, places, now)
    claims = {match.place_id: match.agent_id for match in floor.claim(_waiting(places), now)}
    return Turn(claims, look(floor, places, now).standings)


def _waiting(places: Sequence[Place]) -> frozenset[str]:
    return frozenset(place.id for place in places if place.state is PlaceState.WAITING)
