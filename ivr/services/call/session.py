"""One call from its first ring to its report (CDR)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

from ivr.domain.call.dtmf_presses import Way
from ivr.domain.call.party import PartyRole
from ivr.domain.call.state import CallEvent, CallState
from ivr.domain.consent.state import AgentsAnswer
from ivr.domain.evidence.events.call import Deaf, Reported
from ivr.domain.recording.dtmf_masks import PlayedDtmf
from ivr.services.call.announcer import Announcer
from ivr.services.call.background import cancelled
from ivr.services.call.context import CHANNEL_OF, LiveCall
from ivr.services.call.ending import Ending
from ivr.services.call.flow import CallFlow
from ivr.services.call.identification import Identification
from ivr.services.call.leg import CallLeg
from ivr.services.call.media_pump import MediaPump
from ivr.services.call.menu_visit import MenuVisit
from ivr.services.call.notes import note_of, reported, row_of
from ivr.services.call.objections import Objections
from ivr.services.call.patience import Patience
from ivr.services.hearing.channel_listener import JudgedPiece
from ivr.services.ports.telephony import (
    DigitPressed,
    DtmfAgreed,
    ForeignRtp,
    LegConfirmed,
    LegDisconnected,
    LegHeld,
    LegProgress,
    LineEvent,
    PromptEnded,
)

_REPORT = "report call"
#: The longest closing sentence and its BYE.
_POLITE_END_S = 40.0
#: A BYE that nobody answers is given up after 64*T1 (RFC 3261 section 17.1.2.2).
_BYE_TIMEOUT_S = 32.0
#: How long things are waited for when the process ends, which has `close_timeout_s` for the goodbye besides; a line is
#: killed after 60 s.
_HASTY_BYE_S = 2.0
_HASTY_HEARING_S = 8.0
_HASTY_WRITES_S = 10.0


class CallSession:
    """`handle` takes the line's events for this call's legs; `run` returns when the call is reported.

    Whatever happens on a call enters here, as an event of its line or as what its media brought; from here each part
    knows only those that it was built with.
    """

    def __init__(self, call: LiveCall) -> None:
        self.call = call
        self._patience = Patience(call.deps.close_timeout_s)
        self._pump = MediaPump(call, self)
        announcer = Announcer(call)
        self._ending = Ending(call, announcer, self._pump)
        self._objections = Objections(call, announcer, self._ending)
        self._identification = Identification(call, announcer, self._objections)
        self._menu = MenuVisit(call, announcer, self._objections)
        self._flow = CallFlow(
            call, announcer, self._ending, self._pump, self._objections, self._identification, self._menu
        )
        self._pumping: asyncio.Task[None] | None = None
        self._flowing: asyncio.Task[None] | None = None
        self._handlers: dict[type[Any], Callable[[CallLeg, Any], None]] = {
            LegProgress: self._progress,
            LegConfirmed: self._confirmed,
            LegDisconnected: self._disconnected,
            DigitPressed: self._digit,
            DtmfAgreed: self._dtmf_agreed,
            PromptEnded: self._prompt_ended,
            LegHeld: self._held,
            ForeignRtp: self._foreign_rtp,
        }

    def leg(self, leg_id: str) -> CallLeg | None:
        legs = (self.call.a_leg, self.call.b_leg)
        return next((leg for leg in legs if leg is not None and leg.id == leg_id), None)

    def handle(self, event: LineEvent) -> None:
        """Take an event of one of this call's legs. Never raises: a fault of ours ends this call's recording only."""
        leg = self.leg(event.leg_id)
        if leg is None:
            return
        if self.call.state is CallState.ACTIVE:
            # What was heard before this event is taken in before the event counts.
            self._pump.pump()
        try:
            self._handlers[type(event)](leg, event)
        except Exception as error:
            self.fault(error)

    async def run(self) -> None:
        """Follow the call to its report. Whatever fails on the way, each later step is still taken."""
        for step in (self._follow, self._let_go, self._last_words, self._finish_recording, self._report):
            try:
                await step()
            except Exception as error:
                self.fault(error)

    def shut_down(self) -> None:
        """The process ends: the call is ended politely, and what could wait for minutes has seconds from now on."""
        self._ending.hang_up("shutdown")
        self._patience.hurry()

    # ---- what the media brought

    def judged(self, judged: JudgedPiece) -> None:
        self._objections.judged(judged)
        self.call.answers.judged(judged)
        self._menu.judged(judged)

    def speech_began(self, role: PartyRole, onset_ms: int) -> None:
        if role is PartyRole.CALLER:
            self._menu.speech_began(onset_ms)

    def agent_answered(self, answer: AgentsAnswer) -> None:
        """The agent's side answers a doubt. Raises ConfigurationError when it was offered none."""
        self._objections.agent_answered(answer)

    def dtmf_played(self, leg: CallLeg, dtmf: PlayedDtmf) -> None:
        """Its tone is masked as any."""
        self._dtmf(leg, dtmf.digit, Way.TONE, self.call.deps.clock.monotonic())

    def deafened(self) -> None:
        call = self.call
        call.publish(Deaf.kind, mark_ms=call.hearing.mark_ms)
        call.audit(Deaf(call.hearing.mark_ms))
        call.reconsider()

    def fault(self, error: BaseException) -> None:
        self._ending.fault(error)

    # ---- line events

    def _progress(self, leg: CallLeg, event: LegProgress) -> None:
        leg.progress()
        self.call.publish("leg.ringing", party=leg.role.value)

    def _confirmed(self, leg: CallLeg, event: LegConfirmed) -> None:
        leg.confirmed(event.sip_call_id, event.at, telephone_event=event.telephone_event)
        if leg is self.call.a_leg:
            self.call.answered_at = self.call.deps.clock.now()
            self.call.deps.call_notes.keep(note_of(self.call))
        self.call.legs.answered(event, self.call.deps.clock.now())
        self.call.publish("leg.confirmed", party=leg.role.value, codec=event.codec)

    def _disconnected(self, leg: CallLeg, event: LegDisconnected) -> None:
        leg.disconnected(event)
        self.call.legs.ended(event, self.call.deps.clock.now())
        if leg is self.call.a_leg:
            self.call.leave_queue()
        if event.by_peer and leg is self.call.a_leg:
            self.call.end_by(leg.role.value)
        self.call.publish("leg.disconnected", party=leg.role.value, sip_status=event.sip_status)

    def _digit(self, leg: CallLeg, event: DigitPressed) -> None:
        self.call.capture.dtmf_pressed(CHANNEL_OF[leg.role], self.call.a_leg.media_ms_at(event.at))
        self._dtmf(leg, event.digit, event.way, event.at)

    def _dtmf(self, leg: CallLeg, digit: str, way: Way, at: float) -> None:
        call = self.call
        if not leg.presses.is_new(digit, way, at):
            return
        call.publish("dtmf.pressed", party=leg.role.value)
        if leg is not call.a_leg or not self._identification.dtmf_pressed(digit):
            self._objections.dtmf_pressed(leg.role, digit)
            if leg is call.a_leg:
                self._menu.dtmf_pressed(digit)

    def _dtmf_agreed(self, leg: CallLeg, event: DtmfAgreed) -> None:
        leg.plays_dtmf = not event.telephone_event

    def _prompt_ended(self, leg: CallLeg, event: PromptEnded) -> None:
        leg.prompt_queue.prompt_ended(event)

    def _held(self, leg: CallLeg, event: LegHeld) -> None:
        leg.held = event.held
        self.call.publish("leg.held", party=leg.role.value, held=event.held)
        self.call.reconsider()

    def _foreign_rtp(self, leg: CallLeg, event: ForeignRtp) -> None:
        self.call.publish("media.foreign", party=leg.role.value, packets=event.packets)

    # ---- lifecycle

    async def _follow(self) -> None:
        """From the first ring until the caller is gone."""
        call = self.call
        call.move(CallEvent.ALERT)
        answering = asyncio.create_task(call.a_leg.up_or_gone())
        if not await self._patience.in_time(answering, math.inf) or not answering.result():
            return
        call.move(CallEvent.CONNECT)
        self._pump.listen_to(PartyRole.CALLER)
        self._pumping = asyncio.create_task(self._pump.run(), name=f"pump of {call.id}")
        # An objection may have come before the leg was told to be up: then nothing is begun that would be broken off.
        if not self._ending.begun:
            self._flowing = asyncio.create_task(self._flow.run(), name=f"flow of {call.id}")
        if not await self._patience.gone(call.a_leg, call.program.max_call_s) and not self._patience.hurried:
            self._ending.hang_up("limit")

    async def _let_go(self) -> None:
        """No leg stays behind; a party that does not answer our BYE is not waited for longer than SIP does."""
        call = self.call
        if not await self._patience.gone(call.a_leg, _POLITE_END_S):
            call.deps.line.hangup(call.a_leg.id)
            await self._patience.gone(call.a_leg, _BYE_TIMEOUT_S, least_s=_HASTY_BYE_S)
        if call.state is CallState.ACTIVE:
            call.move(CallEvent.CLEAR)
        await self._fall_silent()
        if call.b_leg is not None and not call.b_leg.gone.is_set():
            call.deps.line.hangup(call.b_leg.id)
            await self._patience.gone(call.b_leg, _BYE_TIMEOUT_S, least_s=_HASTY_BYE_S)
        await cancelled(self._pumping)
        call.move(CallEvent.ALL_LEGS_GONE)

    async def _fall_silent(self) -> None:
        await cancelled(self._flowing)
        await self._ending.stop()

    async def _last_words(self) -> None:
        """Hear what was said just before the end: "non merci" is often followed by the click."""
        call = self.call
        if self._pumping is not None:
            self._pump.pump()
            call.hearing.finish()
            if not self._objections.caller_objected and not await self._heard_out():
                self._objections.never_heard()
        self._objections.doubt.give_up()

    async def _heard_out(self) -> bool:
        """Wait until the last words are judged; False when they were not in time."""
        deps = self.call.deps
        judging = asyncio.create_task(self.call.hearing.wait_judged(deps.judging_timeout_s))
        if not await self._patience.done(judging, _HASTY_HEARING_S):
            await cancelled(judging)
            return self.call.hearing.idle
        return judging.result()

    async def _all_written(self) -> None:
        """Wait for what must be written; once the process ends, what cannot be written is given up, and published."""
        writes = self.call.writes
        writing = asyncio.create_task(writes.written())
        if not await self._patience.done(writing, _HASTY_WRITES_S):
            writes.abandon()
            await writing

    async def _finish_recording(self) -> None:
        """Seal or destroy, after everything that was asked for before."""
        call = self.call
        await self._objections.close()
        await self._fall_silent()
        await self._all_written()
        await call.hearing.close()
        call.finish_recording("call ended")
        await self._all_written()

    async def _report(self) -> None:
        call = self.call
        if call.state is not CallState.CLEARED:
            call.move(CallEvent.ALL_LEGS_GONE)
        row = row_of(call)
        legs = call.legs.rows(call.id, row.ended_at)

        async def write() -> None:
            await call.deps.executor.run(lambda: call.deps.call_log.add(row, members=call.members, legs=legs))

        call.writes.add(_REPORT, write)
        call.audit(reported(row))
        await self._all_written()
        await call.writes.close()
        if call.writes.unmet:
            await call.capture.wipe()
            await call.deps.notebook.flush()
            call.publish("objection.unmet", acts=list(call.writes.unmet), recording_id=row.recording_id)
        unwritten = {_REPORT, Reported.kind} & {*call.writes.failed}
        if unwritten or call.writes.unmet or not call.capture.reportable:
            # The next sweep or start finishes what could not be finished now; until then it is cleared, not reported.
            note = note_of(call, row, legs)
            call.deps.call_notes.keep(note)
            await call.deps.call_notes.release(note.name)
            call.publish("call.unreported", recording_state=row.recording_state)
            return
        await call.deps.call_notes.strike(note_of(call).name)
        call.move(CallEvent.REPORT)
        call.publish(
            Reported.kind,
            disposition=row.disposition,
            sip_status=row.sip_status,
            ended_by=row.ended_by,
            recording_id=row.recording_id,
            recording_state=row.recording_state,
        )
