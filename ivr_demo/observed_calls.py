"""The observed calls of the tour: the node's events as they come, and what has been seen of each call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.bootstrap.node import LiveEvent
from ivr.errors import HostError


@dataclass
class ObservedCall:
    """One call of the tour and how it must end. `dtmf` is what the person presses to object; empty: they say it."""

    name: str
    title: str
    program: str
    expected_state: str
    dtmf: str = ""
    call_id: str = ""
    events: list[LiveEvent] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    latency_ms: dict[str, float] = field(default_factory=dict)
    recording: dict[str, object] = field(default_factory=dict)
    evidence: list[str] = field(default_factory=list)
    do_not_call: str = ""
    disposition: str = ""

    @property
    def ok(self) -> bool:
        return not self.faults

    def expect(self, truth: bool, fault: str) -> None:
        if not truth:
            self.faults.append(fault)

    def first(self, kind: str) -> LiveEvent | None:
        return next((item for item in self.events if item["kind"] == kind), None)

    def as_dict(self) -> dict[str, object]:
        return {
            "name": self.name,
            "ok": self.ok,
            "program": self.program,
            "call_id": self.call_id,
            "disposition": self.disposition,
            "recording": self.recording,
            "latency_ms": {key: round(value) for key, value in self.latency_ms.items()},
            "evidence": self.evidence,
            "do_not_call": self.do_not_call or None,
            "faults": self.faults,
        }


class ObservedCalls:
    """Collects the node's events and lets the director wait for one of them."""

    def __init__(self, show: Callable[[LiveEvent], None]) -> None:
        self._show = show
        self._call: ObservedCall | None = None
        self._seen = 0
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, call: ObservedCall) -> None:
        self._call, self._seen = call, 0

    def take(self, item: LiveEvent) -> None:
        """Take events from the node: those of the current call belong to it."""
        call = self._call
        self._show(item)
        if call is None:
            return
        if item["kind"] == "call.started" and not call.call_id:
            call.call_id = str(item["call_id"])
        if item.get("call_id") == call.call_id or item["kind"] in ("process.died", "line.fault"):
            call.events.append(item)
            task = asyncio.ensure_future(self._notify())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def until(self, kind: str, *, timeout_s: float = 60.0, **wanted: object) -> LiveEvent:
        """Return the next event of this kind in the current call. Raises HostError when it does not come in time."""
        call = self._call
        assert call is not None
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                while True:
                    while self._seen < len(call.events):
                        item = call.events[self._seen]
                        self._seen += 1
                        if item["kind"] == kind and all(item.get(key) == value for key, value in wanted.items()):
                            return item
                    await self._changed.wait()
        except TimeoutError:
            raise HostError(f"« {kind} » n'est pas arrivé en {timeout_s:g} s", where=call.name) from None

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()
