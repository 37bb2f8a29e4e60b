"""Pages that go on: server-sent events, bounded per account and in all, ended with the session that opened them.

A stream holds what it sent last and nothing else. A reader that does not read is let go. Each step asks anew whether
the session is still there and may still see it; while that cannot be asked, nothing is shown.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import anyio
from fastapi import Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from ivr.errors import IvrError

_T = TypeVar("_T")

#: Events with a meaning of their own: it is over; nothing can be shown at the moment.
OVER: Final = "over"
AWAY: Final = "away"
_STEP_S = 1.0
_MOST, _MOST_EACH = 32, 4
#: Threads for all streams: pages keep theirs, whatever a database does.
_THREADS = 2
_RETRY_MS = 3_000
#: A reader that takes nothing for so long is gone.
_SEND_S = 10.0


class CrowdedError(IvrError):
    """There are as many streams as there may be."""


@dataclass(frozen=True)
class Over:
    """A stream ends; `why` is said to the person."""

    why: str


#: What a step of a stream shows: HTML by the part of the page that it replaces. Raises IvrError when it cannot.
Look = Callable[[], Mapping[str, str] | Over]


class LiveStreams:
    """`step_s` is how often each stream looks. `close` ends all, and no other begins."""

    def __init__(self, *, step_s: float = _STEP_S, most: int = _MOST, most_each: int = _MOST_EACH) -> None:
        self.step_s = step_s
        self._most, self._most_each = most, most_each
        self._open: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._closing = False
        self._limiter: anyio.CapacityLimiter | None = None
        self._ended: asyncio.Event | None = None

    @property
    def count(self) -> int:
        return self._open.total()

    def close(self) -> None:
        """On the event loop: streams end at once."""
        self._closing = True
        if self._ended is not None:
            self._ended.set()

    def response(self, account_id: str, look: Look, away: Callable[[IvrError], str]) -> Response:
        """Answer with a stream. Raises CrowdedError; `away` says in words why nothing can be shown."""
        return _Stream(self._events(look, away), self._reserved(account_id))

    async def _events(self, look: Look, away: Callable[[IvrError], str]) -> AsyncIterator[ServerSentEvent]:
        limiter = self._limiter = self._limiter or anyio.CapacityLimiter(_THREADS)
        ended = self._ended = self._ended or asyncio.Event()
        shown: dict[str, str] = {}
        yield ServerSentEvent(retry=_RETRY_MS, comment="live")
        while not self._closing:
            try:
                found = await anyio.to_thread.run_sync(look, limiter=limiter)
            except IvrError as error:
                found = {AWAY: away(error)}
                # The page shows nothing meanwhile: all of it is sent again.
                shown = {AWAY: shown.get(AWAY, "")}
            if isinstance(found, Over):
                yield ServerSentEvent(found.why, event=OVER)
                return
            if AWAY not in found and shown.get(AWAY):
                found = {**found, AWAY: ""}
            for name, text in found.items():
                if shown.get(name) != text:
                    shown[name] = text
                    yield ServerSentEvent(text, event=name)
            await _either(ended, self.step_s)

    def _reserved(self, account_id: str) -> Callable[[], None]:
        """Take a place, and return what gives it back. Of two who ask for the last one at once one gets it."""
        with self._lock:
            if self._open.total() >= self._most or self._open[account_id] >= self._most_each:
                raise CrowdedError("too many live pages are open", remedy="close one of them")
            self._open[account_id] += 1

        def release() -> None:
            with self._lock:
                self._open[account_id] -= 1
                if not self._open[account_id]:
                    del self._open[account_id]

        return release


class _Stream(EventSourceResponse):
    """Gives its place back however it ends: a reader may leave before anything is sent."""

    def __init__(self, events: AsyncIterator[ServerSentEvent], release: Callable[[], None]) -> None:
        super().__init__(events, send_timeout=_SEND_S)
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._release()


async def _either(ended: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        pass


class Fresh(Generic[_T]):
    """What many ask for and one fetches, when it is older than `seconds`; meanwhile the others are given the old one.

    Raises what fetching raises, and asks again the next time. Safe for threads.
    """

    def __init__(self, fetch: Callable[[], _T], seconds: float, monotonic: Callable[[], float]) -> None:
        self._fetch = fetch
        self._seconds = seconds
        self._monotonic = monotonic
        self._found: tuple[float, _T] | None = None
        self._lock = threading.Lock()

    def get(self) -> _T:
        found = self._found
        if found is not None and self._monotonic() - found[0] < self._seconds:
            return found[1]
        with self._one(waits=found is None) as mine:
            if mine or found is None:
                found = self._refreshed()
            return found[1]

    def _refreshed(self) -> tuple[float, _T]:
        now = self._monotonic()
        if self._found is None or now - self._found[0] >= self._seconds:
            self._found = now, self._fetch()
        return self._found

    @contextmanager
    def _one(self, *, waits: bool) -> Iterator[bool]:
        mine = self._lock.acquire(blocking=waits)
        try:
            yield mine
        finally:
            if mine:
                self._lock.release()
