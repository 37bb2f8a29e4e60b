"""A node's state, put together from what its processes tell, and written where every console of the house reads it.

Nothing waits for it: neither a call nor the supervision of processes. A database that is away is tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ivr.bootstrap.child import LiveEvent
from ivr.bootstrap.runtime import SYSTEM_CLOCK, SingleThreadExecutor
from ivr.domain.operation.node_events import after, begun
from ivr.domain.operation.node_state import HEARTBEAT, DiskState, EarState, NodeState
from ivr.errors import IvrError
from ivr.services.ports.runtime import Clock
from ivr.settings import Settings
from ivr.speech.client import ZmqEar
from ivr.storage.database import Database
from ivr.storage.node_states import SqlNodeStates

_EVERY_S = 1.0
_EAR_S = 1.0
#: How long the last word of a node that stops may take.
_LAST_S = 5.0


class NodeWatch:
    """`received` takes every event of the processes; `run` writes what changed, once a second at most."""

    def __init__(
        self,
        settings: Settings,
        processes: Sequence[str],
        ears: Sequence[str],
        tell: Callable[[LiveEvent], None],
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """`ears` are the endpoints of the processes `ear-0`, `ear-1`, …"""
        self._clock = clock
        self._tell = tell
        self._folders = {"data": settings.node.data_dir, "recordings": settings.recording.store_dir}
        self._url = settings.database.url
        self._database: Database | None = None
        self._executor = SingleThreadExecutor()
        self._endpoints = {endpoint: f"ear-{index}" for index, endpoint in enumerate(ears)}
        self._ear = ZmqEar(ears)
        self._written: NodeState | None = None
        self._unseen = False
        self.state = begun(settings.node.id, processes, clock.now())

    def received(self, event: LiveEvent) -> None:
        self.state = after(self.state, event, self._clock.now())

    async def run(self) -> None:
        """Look and write until cancelled; never raises."""
        while True:
            await self._look()
            await asyncio.sleep(_EVERY_S)

    async def close(self) -> None:
        """Say that the node stops: it is not away."""
        now = self._clock.now()
        stopped = replace(begun(self.state.node_id, (), now), started_at=self.state.started_at, stopped_at=now)
        try:
            with contextlib.suppress(IvrError):
                async with asyncio.timeout(_LAST_S):
                    await self._executor.run(lambda: self._put(stopped))
            self._executor.close()
        except TimeoutError:
            # The database hangs, and the thread with it: the process ends all the same.
            pass
        await self._ear.close()
        if self._database is not None:
            self._database.close()

    async def _look(self) -> None:
        await self._ask_ears()
        self.state = replace(self.state, disks=tuple(map(_disk, self._folders, self._folders.values())))
        now, written = self._clock.now(), self._written
        due = written is None or now - written.at >= HEARTBEAT or replace(written, at=self.state.at) != self.state
        if not due:
            return
        state = replace(self.state, at=now)
        try:
            await self._executor.run(lambda: self._put(state))
        except IvrError as error:
            if not self._unseen:
                self._tell({"kind": "state.unseen", "process": "node", "what": error.what, "where": error.where})
            self._unseen = True
        else:
            self._written, self._unseen = state, False
            self.state = replace(self.state, at=now)

    async def _ask_ears(self) -> None:
        found: dict[str, EarState] = {}
        with contextlib.suppress(IvrError):
            for endpoint, counters in (await self._ear.metrics(_EAR_S)).items():
                name = self._endpoints[endpoint]
                counts = {key: int(counters[key]) for key in _COUNTS}
                found[name] = EarState(name, True, **counts, longest_wait_s=round(counters["longest_wait_s"], 1))
        ears = tuple(found.get(name, EarState(name)) for name in self._endpoints.values())
        self.state = replace(self.state, ears=ears)

    def _put(self, state: NodeState) -> None:
        if self._database is None:
            self._database = Database.open(self._url)
        SqlNodeStates(self._database).put(state)


_COUNTS = ("depth", "judged", "failed", "late", "overloaded", "stale")


def _disk(name: str, folder: Path) -> DiskState:
    """A folder that is gone has no room. Rounded: what a log writes each second is no news."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return DiskState(name, 0, 0)
    return DiskState(name, usage.free >> 20 << 20, usage.total)
