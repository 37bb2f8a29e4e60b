"""Slots: how many legs a line may still take. Shared by the endpoint's thread and the event loop."""

from __future__ import annotations

import threading


class Slots:
    """Counts legs against the capacity; a leg may be reserved before it is placed.

    An inbound call that will need an agent reserves the agent's leg by the id it will be placed under, so that no
    caller is greeted who can then not be connected.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._lock = threading.Lock()
        self._taken: set[str] = set()
        self._reserved: set[str] = set()

    @property
    def free(self) -> int:
        with self._lock:
            return self._free()

    def reserve(self, leg_id: str) -> bool:
        """Keep a slot for a leg that will be placed later; False when none is free."""
        with self._lock:
            if leg_id in self._reserved:
                return True
            if self._free() < 1:
                return False
            self._reserved.add(leg_id)
            return True

    def take(self, leg_id: str) -> bool:
        """Take a slot, the reserved one when there is one; False when none is free."""
        with self._lock:
            if leg_id not in self._reserved and self._free() < 1:
                return False
            self._reserved.discard(leg_id)
            self._taken.add(leg_id)
            return True

    def give_back_reserved(self, leg_id: str) -> None:
        """Drop a reservation; a slot already taken stays taken."""
        with self._lock:
            self._reserved.discard(leg_id)

    def give_back(self, leg_id: str) -> None:
        """Free the slot of a leg, taken or reserved; unknown is fine."""
        with self._lock:
            self._taken.discard(leg_id)
            self._reserved.discard(leg_id)

    def _free(self) -> int:
        return self.capacity - len(self._taken) - len(self._reserved)
