"""The listenings that are open in one process, each for whoever opened it; what nobody comes back to is ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from ivr.domain.access import AccessRequest
from ivr.errors import ArchiveError, IvrError
from ivr.services.listening.listening import Listening, ListeningRoom

#: A player that plays tells so every few seconds; one that is paused, or has no script, asks for nothing.
IDLE_S: Final = 900.0
#: Of one owner at once: the one that was quiet longest goes first.
MOST: Final = 8


@dataclass
class _Held:
    owner: str
    listening: Listening
    seen: float
    lock: threading.Lock = field(default_factory=threading.Lock)


class OpenListenings:
    """Safe for threads: each listening is used by one at a time. An `owner` is a session, never shown."""

    def __init__(self, room: ListeningRoom, monotonic: Callable[[], float]) -> None:
        self._room = room
        self._monotonic = monotonic
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def open(self, owner: str, request: AccessRequest, recording_id: str) -> Listening:
        """Begin to listen; raises what `ListeningRoom.open` raises."""
        listening = self._room.open(request, recording_id)
        with self._lock:
            self._held[listening.id] = _Held(owner, listening, self._monotonic())
            mine = sorted((one for one in self._held.values() if one.owner == owner), key=lambda one: one.seen)
        self._end(mine[:-MOST], "idle")
        return listening

    @contextmanager
    def used(self, owner: str, listening_id: str) -> Iterator[Listening]:
        """Lend a listening of this owner. Raises ArchiveError for any other, as if there were none."""
        with self._lock:
            held = self._held.get(listening_id)
            if held is None or held.owner != owner:
                raise ArchiveError("there is no such listening", remedy="open the recording again")
            held.seen = self._monotonic()
        with held.lock:
            yield held.listening

    def end_all(self, owner: str | None = None) -> None:
        """End those of this owner, or all; raises when the evidence cannot be written, after trying each."""
        with self._lock:
            found = [one for one in self._held.values() if owner in (None, one.owner)]
        self._end(found, "closed")

    def sweep(self) -> None:
        """End what nobody came back to for `IDLE_S`. Raises as `end_all` does: what is left is tried again."""
        with self._lock:
            before = self._monotonic() - IDLE_S
            found = [one for one in self._held.values() if one.seen <= before]
        self._end(found, "idle")

    def _end(self, found: list[_Held], ended: str) -> None:
        fault: IvrError | None = None
        for held in found:
            try:
                with held.lock:
                    held.listening.close(ended)
            except IvrError as error:
                fault = error
                continue
            with self._lock:
                self._held.pop(held.listening.id, None)
        if fault is not None:
            raise fault
