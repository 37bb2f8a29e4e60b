"""Port of the queues: one book for all lines and nodes of a house. Each act is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ivr.domain.queue.agent import Agent
from ivr.domain.queue.floor import Floor
from ivr.domain.queue.place import Place
from ivr.domain.queue.turn import Turn


class QueueBook(Protocol):
    """Each act happens wholly or not at all, one after the other, whoever asks. Raises HostError when it cannot."""

    def join(self, place: Place, now: datetime) -> bool:
        """Let a call wait; False when its queue is full. Who waits already keeps the place."""
        ...

    def turn(self, owner: str, places: Sequence[Place], now: datetime, *, renew: bool) -> Turn:
        """Claim agents for those of a line's calls whose turn it is, and tell where the others stand.

        `places` are all calls of the line `owner`, as it knows them: what else is kept under its name is removed. With
        `renew` False nothing is written where nobody is given an agent.
        """
        ...

    def unanswered(self, place_id: str, now: datetime) -> bool:
        """The agent did not answer: they are unreachable for a while, and the call keeps its place."""
        ...

    def leave(self, place_id: str, now: datetime, *, talked: bool) -> bool:
        """The call is over, or waits no more; its agent wraps up when they have `talked`.

        False when nothing is known of it.
        """
        ...

    def pause(self, agent_id: str, name: str, now: datetime) -> Agent:
        """Of a configured agent; during a call, the pause begins after it."""
        ...

    def resume(self, agent_id: str, now: datetime) -> Agent:
        """Of a configured agent: out of a pause, of wrap-up before its time, or of UNREACHABLE."""
        ...

    def floor(self, now: datetime) -> Floor:
        """Everything as it is at `now`, to be looked at."""
        ...
