"""The operator's page: nodes, calls in progress without content, what is late, certificates, `ivr doctor`; live."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fastapi import Response

from ivr.console.examination import Examination
from ivr.console.live import CrowdedError, Fresh, LiveStreams, Look, Over
from ivr.console.times import moment_text, second_text
from ivr.console.visit import SESSION_COOKIE, Visit
from ivr.domain.access import AccessRequest, Action
from ivr.domain.account.session import Session
from ivr.domain.operation.node_state import LineState, NodeState, Presence, is_silent, presence
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.account.sessions import Sessions
from ivr.services.operation.overview import Duties, Operation
from ivr.services.ports.operation import Certificate
from ivr.settings import Settings

PATH: Final = "/exploitation"
LIVE: Final = f"{PATH}/direct"
_NODES_S, _DUTIES_S, _CERTIFICATES_S = 0.9, 15.0, 600.0
#: A certificate that ends within so many days is marked.
SOON_DAYS: Final = 30
_GIB = 1 << 30
#: A disk with less of it free is marked.
_LITTLE = 0.1


@dataclass(frozen=True)
class ShownNode:
    """A node as the page shows it."""

    state: NodeState
    presence: Presence
    told: str
    swept: str
    processes: Sequence[tuple[str, bool, str, int, str]]
    lines: Sequence[tuple[str, int, int, bool]]
    disks: Sequence[tuple[str, str, str, bool]]
    faults: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class ShownCall:
    """A call as the page shows it: where, since when, how far it has come. Nothing of who, nor of what is said."""

    node: str
    line: str
    call_id: str
    program: str
    direction: str
    state: str
    since: str
    recording: str
    lag: str
    gaps: int
    agent: bool


@dataclass(frozen=True)
class Watched:
    """What every stream shows is looked up once for all of them."""

    nodes: Fresh[Sequence[NodeState]]
    duties: Fresh[Duties]
    certificates: Fresh[Sequence[Certificate]]


def watched(operation: Operation, monotonic: Callable[[], float]) -> Watched:
    return Watched(
        Fresh(operation.nodes, _NODES_S, monotonic),
        Fresh(operation.duties, _DUTIES_S, monotonic),
        Fresh(operation.certificates, _CERTIFICATES_S, monotonic),
    )


@dataclass(frozen=True)
class OperationPages:
    settings: Settings
    operation: Operation
    sessions: Sessions
    examination: Examination
    watched: Watched
    streams: LiveStreams = field(default_factory=LiveStreams)

    def page(self, visit: Visit) -> Response:
        """The whole page; that it was opened stands in the evidence."""
        self.operation.show(self._asked(visit), "overview")
        return visit.page("operation", parts=self._parts(visit), live=LIVE)

    def examining(self, visit: Visit) -> Response:
        """Begin to examine this node; what comes of it is on the page."""
        self.operation.show(self._asked(visit), "doctor")
        self.examination.begin()
        return visit.go(f"{PATH}#examen")

    def live(self, visit: Visit) -> Response:
        """The parts of the page that changed, each second, for as long as the session and the right are there."""
        self._asked(visit)
        try:
            return self.streams.response(
                visit.signed_in.account.id, self._look(visit), lambda error: visit.words("operation.away")
            )
        except CrowdedError:
            return visit.page(
                "error",
                status=429,
                title=visit.words("error.title_429"),
                text=visit.words("operation.crowded"),
                typed=(),
            )

    def _look(self, visit: Visit) -> Look:
        token = visit.cookie(SESSION_COOKIE)

        def look() -> Mapping[str, str] | Over:
            session = self.sessions.still(token)
            if not isinstance(session, Session):
                return Over(visit.words("operation.signed_out"))
            if not self.operation.may(session.account.actor):
                return Over(visit.words("operation.no_right"))
            return self._parts(visit)

        return look

    def _asked(self, visit: Visit) -> AccessRequest:
        """Raises ArchiveError for whoever has not the right, after a denial was noted: as if there were no page."""
        asked = AccessRequest(visit.signed_in.account.actor, Action.OPERATE)
        try:
            self.operation.gate.must_have(asked)
        except ComplianceError as error:
            raise ArchiveError("there is no such page", where=PATH, remedy="ask for the right") from error
        return asked

    # ---- parts

    def _parts(self, visit: Visit) -> dict[str, str]:
        """Each part of the page by its id."""
        now = self.operation.clock.now()
        nodes = [self._node(visit, one, now) for one in self.watched.nodes.get()]
        duties = self.watched.duties.get()
        return {
            "noeuds": visit.part("operation_nodes", nodes=nodes),
            "appels": visit.part("operation_calls", calls=self._calls(visit, nodes)),
            "retards": visit.part(
                "operation_duties",
                late=[(name, late.count, self._minute(late.since)) for name, late in duties.late.items()],
                gaps=sorted(duties.gaps.items()),
            ),
            "certificats": visit.part("operation_certificates", certificates=self._ends(visit, now)),
            "resultat": self._examined(visit),
        }

    def _node(self, visit: Visit, state: NodeState, now: datetime) -> ShownNode:
        words, there = visit.words, presence(state, now)
        times = {"at": self._second(state.at), "started": self._second(state.started_at)}
        return ShownNode(
            state,
            there,
            words(f"operation.node_{there.value}", **times),
            self._second(state.swept_at),
            [
                (one.name, one.up_since is not None, self._second(one.up_since), one.deaths, self._second(one.died_at))
                for one in state.processes
            ],
            [(one.name, one.capacity - one.free, one.capacity, is_silent(one, state)) for one in state.lines],
            [
                (one.name, f"{one.free / _GIB:.1f}", f"{one.total / _GIB:.1f}", one.free < one.total * _LITTLE)
                for one in state.disks
            ],
            [
                (self._second(one.at), one.process, words.of("fault", one.kind.replace(".", "_")))
                for one in reversed(state.faults)
            ],
        )

    def _calls(self, visit: Visit, nodes: Sequence[ShownNode]) -> list[ShownCall]:
        """Of nodes that are there: what the others did last is known, what they do is not."""
        return [
            shown
            for node in nodes
            if node.presence is Presence.HERE
            for line in node.state.lines
            for shown in self._calls_of(visit, node.state.node_id, line)
        ]

    def _calls_of(self, visit: Visit, node: str, line: LineState) -> list[ShownCall]:
        words = visit.words
        return [
            ShownCall(
                node,
                line.name,
                call.call_id,
                call.program,
                words.of("direction", call.direction),
                words.of("call_state", call.state.lower()),
                self._second(call.since),
                words.of("state", call.recording.lower()),
                f"{call.lag_ms / 1000:.1f}",
                call.gaps,
                call.agent,
            )
            for call in line.calls
        ]

    def _ends(self, visit: Visit, now: datetime) -> list[tuple[str, str, int | None, str]]:
        """By use: the day on which it ends, the days left, and what kept it from being read."""
        return [
            (
                visit.words.of("certificate", one.use),
                self._minute(one.not_after),
                (one.not_after - now).days if one.not_after else None,
                visit.words.told(one.fault),
            )
            for one in self.watched.certificates.get()
        ]

    def _examined(self, visit: Visit) -> str:
        state = self.examination.state
        return visit.part(
            "operation_doctor",
            since=self._second(state.since),
            at=self._second(state.at),
            checks=state.checks,
            warnings=state.warnings,
            fault=state.fault,
        )

    def _second(self, at: datetime | None) -> str:
        return second_text(at, self.settings.profile.timezone)

    def _minute(self, at: datetime | None) -> str:
        return moment_text(at, self.settings.profile.timezone)
