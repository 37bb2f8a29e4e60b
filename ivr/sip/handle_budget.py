"""How many sockets the library may be given: it has 64 places, and a freed one is empty only half a second later.

Pure. More at once than there are places ends the process inside the library, so nothing may ask for them that fast.
"""

from __future__ import annotations

from collections import deque

PLACES = 64
"""Places of one I/O queue of this build; signalling has one, media another."""

RECOVERY_S = 0.55
"""A closed socket keeps its place for 0.5 s; the queue looks for empty places whenever one is asked for."""


class HandleBudget:
    """Spends at most `most` sockets in any `RECOVERY_S`, and three quarters of them for one source.

    What is in use for longer must fit beside it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._spent: deque[tuple[float, int, str]] = deque()

    def take(self, sockets: int, now: float, source: str = "") -> bool:
        """Spend sockets; False when that would be too many, and then nothing is spent.

        `source` is who makes us spend them; "" is somebody without a share of their own: ourselves, or an edge.
        """
        while self._spent and now - self._spent[0][0] >= RECOVERY_S:
            self._spent.popleft()
        theirs = sum(spent for _, spent, of in self._spent if of == source)
        if source and theirs + sockets > self._most * 3 // 4:
            return False
        if sum(spent for _, spent, _ in self._spent) + sockets > self._most:
            return False
        self._spent.append((now, sockets, source))
        return True
