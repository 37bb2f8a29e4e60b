"""One call from its first ring to its report (CDR)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from ivr.domain.call import CallEvent, CallState, PartyRole
from ivr.domain.leg import Disposition, disposition_of
from ivr.services.call_leg import CallLeg
from ivr.services.live_call import LiveCall
from ivr.services.media_pump import MediaPump
from ivr.services.ports import (
    CallRow,
    DigitPressed,
    LegConfirmed,
    LegDisconnected,
    LegHeld,
    LegProgress,
    LineEvent,
    PromptEnded,
)
from ivr.services.reactions import Reactions
from ivr.services.script import Script


class Conversation:
    """`handle` takes the line's events for this call's legs; `run` returns when the call is reported."""

    def __init__(self, call: LiveCall) -> None:
        self.call = call
        self._script = Script(call, listen_to=self._listen_to, agent_left=self._agent_left)
        self._reactions = Reactions(call, self._script)
        self._pump = MediaPump(call, self._reactions)
        self._handlers: dict[type[Any], Callable[[CallLeg, Any], None]] = {
            LegProgress: self._progress,
            LegConfirmed: self._confirmed,
            LegDisconnected: self._disconnected,
            DigitPressed: self._digit,
            PromptEnded: self._prompt_ended,
            LegHeld: self._held,
        }

    def leg(self, leg_id: str) -> CallLeg | None:
        legs = (self.call.a_leg, self.call.b_leg)
        return next((leg for leg in legs if leg is not None and leg.id == leg_id), None)

    def handle(self, event: LineEvent) -> None:
        leg = self.leg(event.leg_id)
        if leg is None:
            return
        if not isinstance(event, LegDisconnected) and self.call.state is CallState.ACTIVE:
            # What was heard before this event is taken in before the event counts.
            self._pump.pump()
        self._handlers[type(event)](leg, event)

    async def run(self) -> None:
        """Follow the call to its report. Never raises for what the far end or a store does."""
        call = self.call
        call.move(CallEvent.ALERT)
        connected = await call.a_leg.up_or_gone()
        pump: asyncio.Task[None] | None = None
        if connected:
            call.move(CallEvent.CONNECT)
            call.answered_at = call.deps.clock.now()
            self._pump.listen_to(PartyRole.CALLER)
            pump = asyncio.create_task(self._pump.run(), name=f"pump of {call.id}")
            self._script.start()
            await self._until_over(pump)
        await self._clear(pump)
        await self._report()

    def hang_up(self, reason: str) -> None:
        """End the call politely because the node stops or a limit was reached."""
        self.call.ended_by = self.call.ended_by or reason
        self.call.deps.line.hangup(self.call.a_leg.id)

    # ---- line events

    def _progress(self, leg: CallLeg, event: LegProgress) -> None:
        leg.progress()
        self.call.publish("leg.ringing", party=leg.role.value)

    def _confirmed(self, leg: CallLeg, event: LegConfirmed) -> None:
        leg.confirmed(event.sip_call_id, event.at)
        self.call.publish("leg.confirmed", party=leg.role.value, codec=event.codec)

    def _disconnected(self, leg: CallLeg, event: LegDisconnected) -> None:
        if leg is self.call.a_leg and self.call.state is CallState.ACTIVE:
            self._pump.pump()
        leg.disconnected(event)
        if event.by_peer and leg is self.call.a_leg:
            self.call.ended_by = self.call.ended_by or leg.role.value
        self.call.publish("leg.disconnected", party=leg.role.value, sip_status=event.sip_status)

    def _digit(self, leg: CallLeg, event: DigitPressed) -> None:
        self.call.publish("key.pressed", party=leg.role.value)
        self._reactions.key_pressed(leg.role, event.digit)

    def _prompt_ended(self, leg: CallLeg, event: PromptEnded) -> None:
        leg.speaker.prompt_ended(event)

    def _held(self, leg: CallLeg, event: LegHeld) -> None:
        leg.held = event.held
        self.call.publish("leg.held", party=leg.role.value, held=event.held)
        self.call.reconsider()

    # ---- lifecycle

    def _listen_to(self, role: PartyRole) -> None:
        self._pump.listen_to(role)

    def _agent_left(self) -> None:
        self._pump.agent_left()

    async def _until_over(self, pump: asyncio.Task[None]) -> None:
        """Until the caller is gone; a pump that dies takes the recording with it, not the call."""
        call = self.call
        gone = asyncio.create_task(call.a_leg.gone.wait())
        limit = call.program.max_call_s
        await asyncio.wait({gone, pump}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if pump.done() and not pump.cancelled() and pump.exception() is not None:
            call.capture.cut(call.hearing.mark_ms)
            call.publish("call.fault", what=type(pump.exception()).__name__)
            await asyncio.wait({gone}, timeout=limit)
        if not gone.done():
            self.hang_up("limit")
            await gone

    async def _clear(self, pump: asyncio.Task[None] | None) -> None:
        """The caller is gone: judge the last words, then seal or destroy."""
        call = self.call
        if call.state is CallState.ACTIVE:
            call.move(CallEvent.CLEAR)
        await self._script.stop()
        if call.b_leg is not None and not call.b_leg.gone.is_set():
            call.deps.line.hangup(call.b_leg.id)
            await call.b_leg.gone.wait()
        if pump is not None:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
            await self._last_words()
        await call.acts.settle()
        call.move(CallEvent.ALL_LEGS_GONE)

    async def _last_words(self) -> None:
        call = self.call
        call.hearing.finish()
        if call.capture.started and not call.capture.stopped:
            await call.hearing.settle(call.deps.settle_timeout_s)
        self._reactions.unresolved()
        await self._reactions.close()
        await call.acts.settle()
        call.capture.release(call.hearing.mark_ms, call.hearing.masks, final=True)
        await call.hearing.close()
        await call.capture.keep(call.closing("call ended"))

    async def _report(self) -> None:
        call = self.call
        end = call.a_leg.end
        was_confirmed = call.answered_at is not None
        status = end.sip_status if end is not None else 500
        row = CallRow(
            call_id=call.id,
            program=call.program.name,
            direction=call.direction.value,
            party=call.party_uri,
            started_at=call.started_at,
            answered_at=call.answered_at,
            ended_at=call.deps.clock.now(),
            disposition=(disposition_of(status, was_confirmed=was_confirmed) if end else Disposition.FAILED).value,
            sip_status=status,
            hangup_cause=end.hangup_cause if end is not None else 0,
            ended_by=call.ended_by,
            recording_id=call.capture.recording_id,
            recording_state=call.capture.state.value,
            consent=call.consents.as_body(),
            node_id=call.deps.node_id,
        )

        async def write() -> None:
            await call.deps.desk.run(lambda: call.deps.call_log.add(row))

        call.acts.add("report call", write)
        call.audit(
            "call.reported",
            {
                "program": row.program,
                "disposition": row.disposition,
                "sip_status": row.sip_status,
                "ended_by": row.ended_by,
                "recording_state": row.recording_state,
            },
        )
        await call.acts.close()
        call.move(CallEvent.REPORT)
        call.publish(
            "call.reported",
            disposition=row.disposition,
            sip_status=row.sip_status,
            ended_by=row.ended_by,
            recording_id=row.recording_id,
            recording_state=row.recording_state,
        )
