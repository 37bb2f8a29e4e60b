"""What a node tells of itself: processes, lines, ears, calls in progress. Nothing of what is said, nor by whom.

Pure. A node writes it where every console of the house reads it; whatever came from outside is read strictly.
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

_T = TypeVar("_T")

#: A node writes its state this often at least, and a line tells its own; who misses three of these is away.
HEARTBEAT: Final = timedelta(seconds=5)
_AWAY: Final = 3 * HEARTBEAT
#: A node that stopped, or went away, so long ago is no part of the house any more.
FORGOTTEN: Final = timedelta(days=30)


@dataclass(frozen=True)
class CallInProgress:
    """One call: which program, where it stands, and how far the judged mark lags behind its audio.

    `state`, `recording` and `direction` are the names of the call's, the recording's and the call's direction. `agent`:
    an agent is connected.
    """

    call_id: str
    program: str
    direction: str
    state: str
    since: datetime
    recording: str
    lag_ms: int
    gaps: int
    agent: bool


@dataclass(frozen=True)
class LineState:
    """A line as it told itself `at`: how many legs it has, how many are free, and its calls."""

    name: str
    at: datetime
    capacity: int
    free: int
    calls: tuple[CallInProgress, ...] = ()


@dataclass(frozen=True)
class EarState:
    """An ear's counters since its start (`ivr.speech.server.EarMetrics`); `depth` is what waits now for a verdict.

    `answers` is False, and the counters are 0, for one that did not answer.
    """

    name: str
    answers: bool = False
    depth: int = 0
    judged: int = 0
    failed: int = 0
    late: int = 0
    overloaded: int = 0
    stale: int = 0
    longest_wait_s: float = 0.0


@dataclass(frozen=True)
class ProcessState:
    """A process that the node keeps alive; `up_since` is None while it is not running."""

    name: str
    up_since: datetime | None = None
    deaths: int = 0
    died_at: datetime | None = None


@dataclass(frozen=True)
class DiskState:
    """The disk under a folder of the node (`data`, `recordings`); bytes."""

    name: str
    free: int
    total: int


@dataclass(frozen=True)
class NodeFault:
    """Something went wrong: which kind of event said so, in which process. The log has the rest."""

    at: datetime
    process: str
    kind: str


@dataclass(frozen=True)
class NodeState:
    """A node as it told itself `at`; `stopped_at`: it was ended. `swept_at` is the clerk's last sweep."""

    node_id: str
    started_at: datetime
    at: datetime
    stopped_at: datetime | None = None
    swept_at: datetime | None = None
    processes: tuple[ProcessState, ...] = ()
    lines: tuple[LineState, ...] = ()
    ears: tuple[EarState, ...] = ()
    disks: tuple[DiskState, ...] = ()
    faults: tuple[NodeFault, ...] = ()


class Presence(Enum):
    """Whether a node is there. AWAY: it has told nothing for a while, and did not say that it stops."""

    HERE = "here"
    AWAY = "away"
    STOPPED = "stopped"


def presence(state: NodeState, now: datetime) -> Presence:
    if state.stopped_at is not None:
        return Presence.STOPPED
    return Presence.AWAY if now - state.at > _AWAY else Presence.HERE


def is_silent(line: LineState, state: NodeState) -> bool:
    """Whether a line has told nothing for a while although its node has: it hangs."""
    return state.at - line.at > _AWAY


def body_of(state: object) -> dict[str, Any]:
    """Return a state as JSON values, times in ISO 8601."""
    body = _plain(asdict(state))  # type: ignore[call-overload]
    assert isinstance(body, dict)
    return body


def read(kind: type[_T], body: object) -> _T:
    """Return what `body_of` wrote. Raises ValueError, TypeError or KeyError for anything else."""
    found: _T = _read(kind, body)
    return found


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _read(kind: Any, value: Any) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(value, Mapping):
            raise TypeError(f"no {kind.__name__}")
        hints = get_type_hints(kind)
        return kind(**{one.name: _read(hints[one.name], value[one.name]) for one in fields(kind)})
    if get_origin(kind) is tuple:
        if not isinstance(value, (list, tuple)):
            raise TypeError("no list")
        return tuple(_read(get_args(kind)[0], one) for one in value)
    if get_origin(kind) is types.UnionType:
        return None if value is None else _read(get_args(kind)[0], value)
    if kind is datetime:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError("a time without its zone")
        return at
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind or (kind is float and not math.isfinite(value)):
        raise TypeError(f"no {kind.__name__}")
    return value
