"""Pieces waiting for the ear: bounded, by priority, without stale ones. Pure: `now` is an argument."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Priority(IntEnum):
    """Smaller is sooner."""

    AFTER_DISCLOSURE = 0
    FINAL = 1
    PARTIAL = 2


@dataclass(frozen=True)
class Ticket(Generic[T]):
    """A piece that waits. `channel` is unique to one channel of one call; `order` counts arrivals."""

    channel: str
    priority: Priority
    partial: bool
    start_ms: int
    end_ms: int
    deadline: float
    item: T = field(repr=False)
    order: int = 0


@dataclass(frozen=True)
class Admission(Generic[T]):
    """What became of a push: `refused` is the ticket that found no room, `dropped` those that are now stale."""

    refused: Ticket[T] | None
    dropped: tuple[Ticket[T], ...] = ()


def priority_of(*, after_disclosure: bool, final: bool) -> Priority:
    """The seconds after a disclosure come first, then finished utterances, then partial ones."""
    if after_disclosure:
        return Priority.AFTER_DISCLOSURE
    return Priority.FINAL if final else Priority.PARTIAL


def may_take_partial(*, workers: int, partials_in_work: int) -> bool:
    """One worker of several is kept for whole utterances: they never wait for a partial that has begun."""
    return partials_in_work < max(1, workers - 1)


class EarQueue(Generic[T]):
    """At most `capacity` tickets, served by priority and then by age.

    Every ticket pushed leaves exactly once: taken, refused, or dropped. A partial is stale once a later piece of
    its channel waits that holds all of it, and every ticket is stale past its deadline. When there is no room the
    newest ticket of the lowest priority is refused, which may be the one just pushed.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"a queue of {capacity} cannot hold anything")
        self._capacity = capacity
        self._waiting: list[Ticket[T]] = []
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, ticket: Ticket[T], now: float) -> Admission[T]:
        """Let a ticket in if there is room for it; stale ones make room first."""
        self._arrivals += 1
        ticket = Ticket(**{**ticket.__dict__, "order": self._arrivals})
        dropped = list({gone.order: gone for gone in (*self._expired(now), *self._superseded(ticket))}.values())
        self._remove(dropped)
        self._waiting.append(ticket)
        refused = None
        if len(self._waiting) > self._capacity:
            refused = max(self._waiting, key=lambda waiting: (waiting.priority, waiting.order))
            self._remove([refused])
        return Admission(refused, tuple(dropped))

    def expire(self, now: float) -> tuple[Ticket[T], ...]:
        """Remove and return the tickets whose deadline has passed."""
        expired = self._expired(now)
        self._remove(expired)
        return tuple(expired)

    def take(self, now: float, *, partials: bool = True) -> Ticket[T] | None:
        """Remove and return the next ticket to serve; None when none waits that is still in time.

        Without `partials` only whole utterances are served: see `may_take_partial`. Tickets past their deadline
        stay until `expire`, which is where they are answered.
        """
        in_time = [waiting for waiting in self._waiting if waiting.deadline > now and (partials or not waiting.partial)]
        if not in_time:
            return None
        chosen = min(in_time, key=lambda waiting: (waiting.priority, waiting.order))
        self._remove([chosen])
        return chosen

    def drain(self) -> tuple[Ticket[T], ...]:
        """Empty the queue, returning what waited in order of arrival."""
        waiting, self._waiting = tuple(self._waiting), []
        return waiting

    def _expired(self, now: float) -> list[Ticket[T]]:
        return [waiting for waiting in self._waiting if waiting.deadline <= now]

    def _superseded(self, newer: Ticket[T]) -> list[Ticket[T]]:
        return [
            waiting
            for waiting in self._waiting
            if waiting.partial
            and waiting.channel == newer.channel
            and newer.start_ms <= waiting.start_ms
            and waiting.end_ms <= newer.end_ms
        ]

    def _remove(self, tickets: list[Ticket[T]]) -> None:
        gone = {ticket.order for ticket in tickets}
        self._waiting = [waiting for waiting in self._waiting if waiting.order not in gone]
