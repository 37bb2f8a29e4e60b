"""What the operator sees: the nodes as they tell themselves, calls without content, what is late, `ivr doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ivr.console.api.caller import Caller
from ivr.console.api.fields import Shown, Told
from ivr.console.api.route import ApiRoute
from ivr.console.api.services import Services
from ivr.console.examination import Examined
from ivr.domain.access import AccessRequest, Action
from ivr.domain.account.api_token import ApiToken
from ivr.domain.operation.node_state import NodeState, Presence, is_silent, presence

_SCOPES = (Action.OPERATE,)


class CallOut(Shown):
    """Where a call is and how far it has come; `lag_ms`: how far judging lags behind its audio. Nothing of who."""

    line: str
    call_id: str
    program: str
    direction: str
    state: str
    since: Told
    recording: str
    lag_ms: int
    gaps: int
    agent: bool


class ProcessOut(Shown):
    """`up_since` None: it is not running."""

    name: str
    up_since: Told | None
    deaths: int
    died_at: Told | None


class LineOut(Shown):
    """`silent`: it has told nothing for a while although its node has."""

    name: str
    capacity: int
    free: int
    silent: bool


class EarOut(Shown):
    """Counters since its start; `depth` waits now for a verdict."""

    name: str
    answers: bool
    depth: int
    judged: int
    failed: int
    late: int
    overloaded: int
    stale: int
    longest_wait_s: float


class DiskOut(Shown):
    """In bytes."""

    name: str
    free: int
    total: int


class FaultOut(Shown):
    at: Told
    process: str
    kind: str


class NodeOut(Shown):
    """A node as it told itself `at`. Of one that is not `here` lines, ears, processes, disks and calls are left out:
    what it did last is known, what it does is not."""

    id: str
    presence: Presence
    started_at: Told
    at: Told
    stopped_at: Told | None
    swept_at: Told | None
    processes: list[ProcessOut]
    lines: list[LineOut]
    ears: list[EarOut]
    disks: list[DiskOut]
    calls: list[CallOut]
    faults: list[FaultOut]


class LateOut(Shown):
    count: int
    since: Told | None


class CertificateOut(Shown):
    """Without `not_after`, `fault` says why."""

    use: str
    not_after: Told | None
    fault: str


class CheckOut(Shown):
    name: str
    ok: bool
    detail: str
    remedy: str


class ExaminationOut(Shown):
    """`since`: one runs; `at`: when the last one ended, with its answer, or the `fault` that it failed with."""

    since: Told | None
    at: Told | None
    checks: list[CheckOut]
    warnings: list[str]
    fault: str


class OperationOut(Shown):
    """`late` is what is past its time, `gaps` how many recordings of the last 24 hours have one, by cause."""

    nodes: list[NodeOut]
    late: dict[str, LateOut]
    gaps: dict[str, int]
    certificates: list[CertificateOut]
    examination: ExaminationOut


@dataclass(frozen=True)
class OperationApi:
    services: Services

    def routes(self) -> tuple[ApiRoute, ...]:
        return (
            ApiRoute("GET", "/operation", self.read_operation, _SCOPES, OperationOut),
            ApiRoute("POST", "/operation/examination", self.examine, _SCOPES, ExaminationOut, 202),
        )

    def read_operation(self, token: Caller) -> OperationOut:
        """Read what the operator's page shows; each time stands in the evidence, as opening the page does."""
        watched, operation = self.services.watched, self.services.operation
        operation.show(_asked(token), "overview")
        now, duties = operation.clock.now(), watched.duties.get()
        return OperationOut(
            nodes=[_node(one, now) for one in watched.nodes.get()],
            late={name: LateOut(count=late.count, since=late.since) for name, late in duties.late.items()},
            gaps=dict(duties.gaps),
            certificates=[CertificateOut(**vars(one)) for one in watched.certificates.get()],
            examination=_examined(self.services.examination.state),
        )

    def examine(self, token: Caller) -> ExaminationOut:
        """Begin `ivr doctor` on this node, one at a time; `GET /operation` has its answer."""
        self.services.operation.show(_asked(token), "doctor")
        self.services.examination.begin()
        return _examined(self.services.examination.state)


def _asked(token: ApiToken) -> AccessRequest:
    return AccessRequest(token.actor, Action.OPERATE)


def _examined(state: Examined) -> ExaminationOut:
    checks = [CheckOut(**vars(one)) for one in state.checks]
    return ExaminationOut(
        since=state.since, at=state.at, checks=checks, warnings=list(state.warnings), fault=state.fault
    )


def _node(state: NodeState, now: datetime) -> NodeOut:
    there = presence(state, now)
    here = state if there is Presence.HERE else NodeState(state.node_id, state.started_at, state.at)
    return NodeOut(
        id=state.node_id,
        presence=there,
        started_at=state.started_at,
        at=state.at,
        stopped_at=state.stopped_at,
        swept_at=state.swept_at,
        processes=[ProcessOut(**vars(one)) for one in here.processes],
        lines=[
            LineOut(name=one.name, capacity=one.capacity, free=one.free, silent=is_silent(one, state))
            for one in here.lines
        ],
        ears=[EarOut(**vars(one)) for one in here.ears],
        disks=[DiskOut(**vars(one)) for one in here.disks],
        calls=[CallOut(line=line.name, **vars(call)) for line in here.lines for call in line.calls],
        faults=[FaultOut(**vars(one)) for one in state.faults],
    )
