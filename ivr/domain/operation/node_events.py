"""How a node's state follows from what its processes tell. Kinds, names, times and counts are kept; words never are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from ivr.domain.evidence.events.call import Deaf
from ivr.domain.operation.node_state import EarState, LineState, NodeFault, NodeState, ProcessState, read

#: What a line tells of itself, every second while it has calls.
LINE_STATE: Final = "line.state"
_READY = frozenset({"ready", "line.ready", "console.ready"})
_DIED, _SWEPT = "process.died", "clerk.swept"
#: Events that whoever runs the node should hear of.
FAULTS: Final = frozenset(
    {
        _DIED, "process.fault", "recovery.failed", "evidence.lost", "evidence.unseen", "state.unseen", "pending.failed",
        "act.failed", "call.fault", "call.unreported", "line.fault", "recording.fault", "disclosure.failed",
        "media.overflow", Deaf.kind, "clerk.failed", "console.failed", "console.fault", "upload.waits",
    }
)  # fmt: skip
_MOST_FAULTS = 20


def begun(node_id: str, processes: Iterable[str], now: datetime) -> NodeState:
    """Return the state of a node that starts: none of its processes runs yet."""
    return NodeState(node_id, now, now, processes=tuple(map(ProcessState, processes)))


def after(state: NodeState, event: Mapping[str, object], now: datetime) -> NodeState:
    """Return the state after an event of one of its processes; one that means nothing here changes nothing."""
    kind, process = str(event.get("kind", "")), str(event.get("process", ""))
    if kind in _READY:
        state = _with_process(state, process, lambda it: replace(it, up_since=now))
    elif kind == _DIED:
        state = _with_process(state, process, lambda it: replace(it, up_since=None, deaths=it.deaths + 1, died_at=now))
        state = replace(
            state,
            lines=tuple(one for one in state.lines if one.name != process),
            ears=tuple(EarState(one.name) if one.name == process else one for one in state.ears),
        )
    elif kind == LINE_STATE:
        state = _with_line(state, process, event, now)
    elif kind == _SWEPT:
        state = replace(state, swept_at=now)
    if kind in FAULTS:
        state = replace(state, faults=(*state.faults, NodeFault(now, process, kind))[-_MOST_FAULTS:])
    return state


def _with_process(state: NodeState, name: str, change: Callable[[ProcessState], ProcessState]) -> NodeState:
    known = {one.name: one for one in state.processes}
    known[name] = change(known.get(name, ProcessState(name)))
    return replace(state, processes=tuple(known.values()))


def _with_line(state: NodeState, name: str, event: Mapping[str, object], now: datetime) -> NodeState:
    told = {key: event.get(key) for key in ("capacity", "free", "calls")}
    try:
        line = read(LineState, {**told, "name": name, "at": now.isoformat()})
    except (ValueError, TypeError, KeyError):
        return state
    lines = {one.name: one for one in state.lines} | {name: line}
    return replace(state, lines=tuple(lines[key] for key in sorted(lines)))
