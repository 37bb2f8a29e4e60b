"""Call control of one line: which program answers a call, whom the engine may call, and which event is whose."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ivr.domain.audio.channel import Channel
from ivr.domain.call.leg import LegState
from ivr.domain.call.party import Direction, PartyRole
from ivr.domain.consent.policy import Permission, decide_dial
from ivr.domain.consent.state import AgentsAnswer
from ivr.domain.evidence.events.objection import DialRefused
from ivr.domain.operation.node_state import CallInProgress
from ivr.domain.program.program import Program
from ivr.errors import ComplianceError, ConfigurationError, HostError, IvrError, nearest
from ivr.services.call.context import LiveCall
from ivr.services.call.dependencies import Dependencies
from ivr.services.call.leg import CallLeg
from ivr.services.call.notes import note_of
from ivr.services.call.session import CallSession
from ivr.services.consent.barring import barred_by
from ivr.services.ports.telephony import IncomingCall, LineEvent

SERVER_INTERNAL_ERROR = 500
SERVICE_UNAVAILABLE = 503


@dataclass(frozen=True)
class Routes:
    """Which program answers an inbound call: by called user part, else `default`."""

    default: str
    users: Mapping[str, str] = field(default_factory=dict)

    def program_for(self, to_uri: str) -> str:
        user = to_uri.partition(":")[2].partition("@")[0].partition(";")[0]
        return self.users.get(user, self.default)


class CallControl:
    """Runs every call of one line. `run` serves until cancelled; `close` ends what is in progress."""

    def __init__(self, deps: Dependencies, routes: Routes) -> None:
        self._deps = deps
        self._routes = routes
        self._programs = dict(deps.programs)
        self._by_leg: dict[str, CallSession] = {}
        self._tasks: dict[asyncio.Task[None], CallSession] = {}
        self._closing = False

    @property
    def active(self) -> int:
        return len(self._tasks)

    def in_progress(self) -> list[CallInProgress]:
        """The calls as whoever runs the node is told of them; nothing of who talks, or of what is said."""
        return [_seen(session.call) for session in self._tasks.values()]

    async def run(self) -> None:
        """Serve the line's events; what goes wrong in one call never reaches another."""
        while True:
            self.handle(await self._deps.line.next_event())

    def handle(self, event: LineEvent) -> None:
        """Give an event to the call that it belongs to; an event of a leg unknown here is nobody's."""
        if isinstance(event, IncomingCall):
            self._incoming(event)
            return
        session = self._by_leg.get(event.leg_id) or self._owner(event.leg_id)
        if session is not None:
            session.handle(event)

    async def place(self, uri: str, program_name: str, *, agent_uri: str = "") -> LiveCall:
        """Call a person. Raises ComplianceError when they may not be called, ConfigurationError for a bad name,
        HostError when the line is closing, LostEvidenceError when who is barred cannot be known.

        The call goes on in the background; its report tells how it ended.
        """
        deps = self._deps
        self._must_be_open()
        program = self._program(program_name, agent_uri)
        started_at, ports = deps.clock.now(), deps.vault.ports
        # Who is barred stands in the database: another one, or an emptied one, would let everybody be called.
        await deps.executor.run(deps.audit.must_be_whole)
        barred = await deps.executor.run(
            lambda: barred_by(ports, deps.do_not_call, uri, scope=program.do_not_call_scope)
        )
        decision = decide_dial(barred, program, deps.profile, at=started_at)
        if decision.permission is not Permission.ALLOW:
            refused = DialRefused(entry=barred or "", rules=tuple(decision.reasons))
            await deps.executor.run(lambda: deps.audit.append(refused))
            raise ComplianceError(
                decision.detail,
                rules=decision.reasons,
                where=f"program {program.name}",
                remedy="do not call this person",
            )
        self._must_be_open()
        leg = CallLeg(deps.new_id(), PartyRole.CALLER, deps.line, deps.prompt_file, LegState.CALLING)
        call = self._start(program, Direction.OUTBOUND, uri, leg)
        deps.line.place(leg.id, uri, ring_timeout_s=program.ring_timeout_s)
        return call

    def _must_be_open(self) -> None:
        if self._closing:
            where = self._deps.line.uri
            raise HostError("the line is closing and takes no more calls", where=where, remedy="call later")

    def set_agent(self, program_name: str, agent_uri: str) -> None:
        """An agent's softphone becomes available for a program's calls from now on; empty: none is."""
        program = self._program(program_name, "")
        self._programs[program.name] = replace(program, agent_uri=agent_uri, queue="" if agent_uri else program.queue)

    def answer_doubt(self, call_id: str, answer: str) -> None:
        """The agent's side answers the doubt of a call. Raises ConfigurationError when it was offered none."""
        known = {one.value: one for one in AgentsAnswer}
        if answer not in known:
            raise ConfigurationError(
                f"'{answer}' is no answer to a doubt", key="answer", value=answer, remedy=nearest(answer, known)
            )
        session = next((one for one in self._tasks.values() if one.call.id == call_id), None)
        if session is None:
            raise ConfigurationError(
                "no such call is in progress on this line", key="call", value=call_id, remedy="see call.started"
            )
        session.agent_answered(known[answer])

    def stop_capture(self, error: IvrError) -> None:
        """Nothing more of any call is stored; the calls go on."""
        for session in self._tasks.values():
            session.call.capture.fail(error)

    async def drained(self) -> None:
        """Wait until no call is in progress."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    async def close(self) -> None:
        """Take no more calls, end those in progress politely, and wait for their reports."""
        self._closing = True
        for session in self._tasks.values():
            session.shut_down()
        await self.drained()

    def _incoming(self, event: IncomingCall) -> None:
        if self._closing:
            self._turn_away(event, SERVICE_UNAVAILABLE, "closing")
            return
        try:
            program = self._program(self._routes.program_for(event.to_uri), "")
            agent_leg_id = self._deps.new_id() if program.agent_uri or program.queue or program.menu else ""
            if agent_leg_id and not self._deps.line.reserve(agent_leg_id):
                self._turn_away(event, SERVICE_UNAVAILABLE, "capacity")
                return
            leg = CallLeg(event.leg_id, PartyRole.CALLER, self._deps.line, self._deps.prompt_file, LegState.INCOMING)
            leg.sip_call_id = event.sip_call_id
            leg.progress()
            party = event.asserted_uri or event.from_uri
            call = self._start(program, Direction.INBOUND, party, leg, asserted=bool(event.asserted_uri))
            call.agent_leg_id = agent_leg_id
        except Exception as error:
            # A call that cannot be begun is refused; the others go on.
            self._turn_away(event, SERVER_INTERNAL_ERROR, type(error).__name__)
            return
        self._deps.line.answer(event.leg_id)

    def _turn_away(self, event: IncomingCall, sip_status: int, why: str) -> None:
        self._deps.feed.publish("call.rejected", sip_status=sip_status, why=why)
        self._deps.line.reject(event.leg_id, sip_status)

    def _program(self, name: str, agent_uri: str) -> Program:
        program = self._programs.get(name)
        if program is None:
            raise ConfigurationError(
                f"unknown program '{name}'", key="program", value=name, remedy=nearest(name, self._programs)
            )
        return replace(program, agent_uri=agent_uri, queue="") if agent_uri else program

    def _start(
        self, program: Program, direction: Direction, party_uri: str, leg: CallLeg, *, asserted: bool = False
    ) -> LiveCall:
        deps = self._deps
        call = LiveCall(
            deps,
            program,
            call_id=deps.new_id(),
            direction=direction,
            party_uri=party_uri,
            a_leg=leg,
            started_at=deps.clock.now(),
            asserted=asserted,
        )
        # Before anything can happen to its line.
        deps.call_notes.keep(note_of(call))
        session = CallSession(call)
        self._by_leg[leg.id] = session
        call.publish("call.started", program=program.name, direction=direction.value, party=program.party)
        task = asyncio.create_task(session.run(), name=f"call {call.id}")
        self._tasks[task] = session
        task.add_done_callback(self._ended)
        return call

    def _owner(self, leg_id: str) -> CallSession | None:
        """A b_leg is created in the middle of a call: learn whose it is at its first event."""
        for session in self._tasks.values():
            if session.leg(leg_id) is not None:
                self._by_leg[leg_id] = session
                return session
        return None

    def _ended(self, task: asyncio.Task[None]) -> None:
        session = self._tasks.pop(task)
        if session.call.agent_leg_id:
            self._deps.line.release(session.call.agent_leg_id)
        self._by_leg = {leg: owner for leg, owner in self._by_leg.items() if owner is not session}


def _seen(call: LiveCall) -> CallInProgress:
    heard = call.hearing.get(Channel.CALLER) is not None
    return CallInProgress(
        call_id=call.id,
        program=call.program.name,
        direction=call.direction.value,
        state=call.state.name,
        since=call.started_at,
        recording=call.capture.state.value,
        lag_ms=max(0, call.media_ms - call.hearing.mark_ms) if heard else 0,
        gaps=len(call.capture.gaps),
        agent=call.bridged,
    )
