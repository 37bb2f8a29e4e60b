"""Legs on their way out: library objects to be deleted, slots to be freed, ends to be told. Endpoint thread only."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ivr.services.ports.telephony import LegDisconnected
from ivr.sip.endpoint import EndpointThread
from ivr.sip.leg import LegCall, destroy_call
from ivr.sip.slots import Slots


class Departures:
    """One per line. `reap` is called every turn, outside of every callback of the library."""

    def __init__(self, thread: EndpointThread, slots: Slots, emit: Callable[[LegDisconnected], None]) -> None:
        self._thread = thread
        self._slots = slots
        self._emit = emit
        self._calls: list[LegCall] = []
        self._leaving: deque[str] = deque()
        self._ends: list[LegDisconnected] = []

    def __len__(self) -> int:
        """How many library objects wait to be deleted."""
        return len(self._calls)

    def leave(self, end: LegDisconnected, call: LegCall | None) -> None:
        """Note a leg that is over; may be called from a callback of this very call."""
        self._leaving.append(end.leg_id)
        self._ends.append(end)
        if call is not None:
            self._calls.append(call)

    def discard(self, call: LegCall) -> None:
        """Note a call that never became a leg."""
        self._calls.append(call)

    def reap(self, legs: int) -> None:
        """Delete what can be, free the slots that the library has freed, then tell the ends; `legs` are still there.

        After our own BYE or CANCEL the library keeps its slot until the far end has answered, at most 32 s.
        """
        for call in [call for call in self._calls if not call.isActive()]:
            self._calls.remove(call)
            destroy_call(call)
        if not self._leaving and not self._ends:
            return
        lingering = max(0, self._thread.calls_in_library() - legs)
        while len(self._leaving) > lingering:
            self._slots.give_back(self._leaving.popleft())
        ends, self._ends = self._ends, []
        for end in ends:
            self._emit(end)

    def delete_all(self) -> None:
        """Delete every call, over or not; the library is about to end."""
        for call in self._calls:
            destroy_call(call)
        self._calls.clear()
