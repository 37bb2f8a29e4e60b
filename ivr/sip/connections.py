"""Which TCP connection stays: so many at all, so many of one source, and none that is silent and carries no call.

Pure; times are monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ivr.sip.handle_budget import RECOVERY_S


@dataclass(frozen=True)
class ConnectionLimits:
    """`total` and `per_source` count connections that peers have opened; a source named in `edges` has no limit of
    its own.

    `first_message_s` is how long a connection may take over its first message, or over one that it has begun; `idle_s`
    how long one that carries no call may then be silent. With `handles` sockets in use or just closed none is accepted.
    """

    total: int = 32
    per_source: int = 8
    first_message_s: float = 5.0
    idle_s: float = 120.0
    handles: int = 44
    edges: tuple[str, ...] = ()


@dataclass
class _Connection:
    source: str
    opened_at: float
    heard_at: float | None = None
    begun_at: float | None = None
    call_ids: set[str] = field(default_factory=set)
    closing: bool = False


_CALLS_REMEMBERED = 64


class ConnectionBook:
    """Keyed by whatever names a connection while it is there. `has_leg` tells whether a Call-ID is that of a leg."""

    def __init__(self, limits: ConnectionLimits, has_leg: Callable[[str], bool]) -> None:
        self._limits = limits
        self._has_leg = has_leg
        self._open: dict[int, _Connection] = {}
        self._gone: list[float] = []

    def __len__(self) -> int:
        return len(self._open)

    def source(self, key: int) -> str:
        return self._open[key].source if key in self._open else ""

    def opened(self, key: int, source: str, now: float) -> dict[int, str]:
        """Note a connection that was accepted; return which ones are now to be closed, and why."""
        limits = self._limits
        self._open[key] = _Connection(source, now)
        here = [other for other in self._open.values() if other.source == source and not other.closing]
        if len(here) > limits.per_source and source not in limits.edges:
            return self._close({key: "too many of this source"})
        if sum(1 for other in self._open.values() if not other.closing) <= limits.total:
            return {}
        idle = {
            other: connection.heard_at or connection.opened_at
            for other, connection in self._open.items()
            if other != key and not connection.closing and not self._carries_a_call(connection)
        }
        # Whoever is silent makes room for whoever comes; with a call on each there is none.
        victim = min(idle, key=lambda other: idle[other]) if idle else key
        return self._close({victim: "too many at all"})

    def received(self, key: int, sip_call_id: str, now: float) -> None:
        """Note a whole message."""
        connection = self._open.get(key)
        if connection is not None:
            connection.heard_at, connection.begun_at = now, None
            if sip_call_id not in connection.call_ids and len(connection.call_ids) >= _CALLS_REMEMBERED:
                connection.call_ids = {known for known in connection.call_ids if self._has_leg(known)}
            if len(connection.call_ids) < _CALLS_REMEMBERED:
                connection.call_ids.add(sip_call_id)

    def begun(self, key: int, now: float) -> None:
        """Note a part of a message that is not yet whole."""
        connection = self._open.get(key)
        if connection is not None and connection.begun_at is None:
            connection.begun_at = now

    def closed(self, key: int, now: float) -> None:
        """Note that a connection is no more; its socket's place is free only later."""
        if self._open.pop(key, None) is not None:
            self._gone.append(now)

    def overdue(self, now: float) -> dict[int, str]:
        """Return which connections are to be closed for their silence, and why."""
        late: dict[int, str] = {}
        for key, connection in self._open.items():
            if connection.closing:
                continue
            begun = connection.begun_at if connection.heard_at is not None else connection.opened_at
            if begun is not None and now - begun >= self._limits.first_message_s:
                late[key] = "no whole message"
            elif connection.heard_at is not None and now - connection.heard_at >= self._limits.idle_s:
                if self._carries_a_call(connection):
                    connection.heard_at = now
                else:
                    late[key] = "idle"
        return self._close(late)

    def crowded(self, now: float, others: int = 0) -> bool:
        """Whether no further connection may be accepted now; `others` are sockets in use beside the connections."""
        self._gone = [at for at in self._gone if now - at < RECOVERY_S]
        return len(self._open) + len(self._gone) + others >= self._limits.handles

    def _carries_a_call(self, connection: _Connection) -> bool:
        return any(self._has_leg(call_id) for call_id in connection.call_ids)

    def _close(self, doomed: dict[int, str]) -> dict[int, str]:
        for key in doomed:
            self._open[key].closing = True
        return doomed
