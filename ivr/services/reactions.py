"""What the engine does when a party objects, refuses, hesitates or asks: by voice, by key, or by the agent's key.

The order never changes: first memory (nothing from the onset on can be stored any more), then the voice (the
caller is answered), then evidence, keys and certificates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from ivr.domain.call import PartyRole
from ivr.domain.consent import CONSENT, Basis, ConsentEvent, ConsentState
from ivr.domain.hearing import Channel
from ivr.domain.policy import ObjectionOutcome, decide_objection
from ivr.domain.verdict import Band, Label
from ivr.services.listening import Heard
from ivr.services.live_call import ROLE_OF, LiveCall
from ivr.services.script import Script


class Reactions:
    """One per call."""

    def __init__(self, call: LiveCall, script: Script) -> None:
        self._call = call
        self._script = script
        self._tasks: set[asyncio.Task[object]] = set()
        self._doubt_timer: asyncio.Task[None] | None = None
        self._objected = False
        self._barred = False

    # ---- what reaches us

    def heard(self, heard: Heard) -> None:
        """A verdict of the ear, already taken into account by the cleared mark."""
        call, verdict = self._call, heard.verdict
        call.publish(
            "hearing.judged",
            channel=heard.piece.channel.value,
            start_ms=heard.piece.start_ms,
            end_ms=heard.piece.end_ms,
            final=heard.piece.final,
            label=verdict.label.value,
            band=verdict.band.value,
            score=round(verdict.score, 3),
            onset_ms=verdict.onset_ms,
            waited_ms=round(heard.waited_s * 1000),
        )
        for span in verdict.sensitive:
            call.audit("sensitive.masked", {"kind": span.kind, "start_ms": span.start, "end_ms": span.end})
        role = ROLE_OF[heard.piece.channel]
        if heard.objects:
            onset = heard.piece.start_ms if verdict.onset_ms is None else verdict.onset_ms
            if verdict.band is Band.ACT:
                self.objected(role, verdict.label, Basis.SPOKEN, onset, verdict.score)
            elif self._doubtful(heard.piece.channel):
                self._hesitate(role, verdict.label, verdict.score)
        elif role is PartyRole.CALLER:
            if call.consents.state(role) is ConsentState.DOUBT and verdict.denies:
                self._reassure(verdict.score)
            elif verdict.label is Label.REFUSAL_CONTACT and verdict.band is Band.ACT:
                self._refused_contact()
            elif verdict.label is Label.QUESTION_RECORDING and not call.bridged and heard.piece.final:
                self._do(self._answer_question())

    def key_pressed(self, role: PartyRole, digit: str) -> None:
        """A key: only the objection key means anything; which key it was is never noted."""
        if digit != self._call.program.objection_key:
            return
        basis = Basis.DTMF if role is PartyRole.CALLER else Basis.AGENT
        self.objected(PartyRole.CALLER, Label.OBJECTION_RECORDING, basis, self._call.media_ms, 1.0)

    # ---- what it makes us do

    def objected(self, role: PartyRole, label: Label, basis: Basis, onset_ms: int, confidence: float) -> None:
        """A party objects to being recorded, or refuses contact."""
        call = self._call
        outcome = decide_objection(call.program, label, call.deps.profile, at=call.started_at)
        if role is PartyRole.AGENT:
            # An agent who objects aloud speaks for themselves: the recording ends, the caller's call does not.
            noted = call.program.prompts.objection_noted
            outcome = replace(outcome, end_call=False, do_not_call=False, say=noted)
        if self._objected or outcome.effect is None:
            return
        self._objected = True
        self._stop_doubt_timer()
        call.capture.cut(onset_ms)
        acted_at = call.deps.clock.monotonic()
        if CONSENT.allows(call.consents.state(role), ConsentEvent.OBJECT):
            call.consents.move(role, ConsentEvent.OBJECT, call.evidence(basis, onset_ms, confidence))
        call.publish(
            "objection",
            label=label.value,
            basis=basis.value,
            onset_ms=onset_ms,
            score=round(confidence, 3),
            acted_at=acted_at,
            rules=list(outcome.reasons),
        )
        if outcome.end_call:
            self._do(self._script.close(call.prompt(outcome.say) if outcome.say else None))
        elif outcome.say:
            self._do(self._script.interject(outcome.say))
        call.audit(
            "objection",
            {
                "party": role.value,
                "label": label.value,
                "basis": basis.value,
                "offset_ms": onset_ms,
                "score": round(confidence, 3),
                "band": Band.ACT.value,
                "rules": list(outcome.reasons),
            },
        )
        self._settle_recording(outcome)
        if outcome.do_not_call:
            self._bar(outcome)

    def _refused_contact(self) -> None:
        """On a program that goes on, a refusal of contact still bars sales calls (CAN-005)."""
        outcome = decide_objection(
            self._call.program, Label.REFUSAL_CONTACT, self._call.deps.profile, at=self._call.started_at
        )
        if outcome.do_not_call and not self._barred:
            self._bar(outcome)

    def _settle_recording(self, outcome: ObjectionOutcome) -> None:
        call = self._call
        rule = outcome.reasons[0] if outcome.reasons else ""
        if outcome.discard_captured:
            call.acts.add("destroy recording", lambda: call.capture.destroy(rule, "objection"))
            return

        async def keep() -> None:
            await call.capture.keep(call.closing("objection"))

        call.capture.release(call.hearing.mark_ms, call.hearing.masks)
        call.acts.add("seal recording", keep)

    def _bar(self, outcome: ObjectionOutcome) -> None:
        call = self._call
        self._barred = True
        rule = outcome.reasons[-1] if outcome.reasons else ""

        async def act() -> None:
            entry = await call.deps.desk.run(
                lambda: call.deps.do_not_call.add(
                    call.party_uri, scope=call.program.do_not_call_scope, rule_id=rule, call_id=call.id
                )
            )
            call.publish("do_not_call.added", entry=entry)
            call.audit("do_not_call.added", {"entry": entry, "rule": rule})

        call.acts.add("bar further calls", act)

    def _hesitate(self, role: PartyRole, label: Label, confidence: float) -> None:
        """In doubt nothing is stored; the caller is asked, once."""
        call = self._call
        if role is PartyRole.AGENT:
            # The agent has a key to stop the recording; a doubtful sentence of theirs is not a request.
            self._dispel(Channel.AGENT)
            call.audit("doubt.agent", {"score": round(confidence, 3)})
            return
        if self._objected or not CONSENT.allows(call.consents.state(role), ConsentEvent.HESITATE):
            return
        asked_before = call.in_doubt
        call.consents.move(role, ConsentEvent.HESITATE, call.evidence(Basis.SPOKEN, call.media_ms, confidence))
        call.publish("doubt", label=label.value, score=round(confidence, 3))
        call.audit("doubt", {"party": role.value, "label": label.value, "score": round(confidence, 3)})
        call.reconsider()
        if not asked_before:
            prompts = call.program.prompts
            contact = label is Label.REFUSAL_CONTACT and prompts.doubt_contact
            self._doubt_timer = asyncio.create_task(self._ask(label, contact or prompts.doubt))

    async def _ask(self, label: Label, prompt_id: str) -> None:
        """Ask the yes/no question; no clear answer in time counts as a yes (REC-021, fail_mode)."""
        call = self._call
        await self._script.interject(prompt_id)
        await asyncio.sleep(call.program.doubt_timeout_s)
        self._doubt_timer = None
        self.unresolved(label)

    def unresolved(self, label: Label = Label.OBJECTION_RECORDING) -> None:
        """A doubt that was never dispelled: take it as an objection."""
        if self._call.in_doubt:
            self._call.hearing.confirm_doubts()
            self.objected(PartyRole.CALLER, label, Basis.IMPLIED, self._call.hearing.mark_ms, 0.0)

    def _reassure(self, confidence: float) -> None:
        """The caller said that it does not mind: go on."""
        call = self._call
        self._stop_doubt_timer()
        self._dispel(Channel.CALLER)
        evidence = call.evidence(Basis.SPOKEN, call.media_ms, confidence)
        call.consents.move(PartyRole.CALLER, ConsentEvent.REASSURE, evidence)
        call.publish("doubt.dispelled")
        call.audit("doubt.dispelled", {"party": PartyRole.CALLER.value})
        call.reconsider()
        if call.program.prompts.reassured:
            self._do(self._script.interject(call.program.prompts.reassured))

    async def _answer_question(self) -> None:
        if self._call.program.prompts.question_answer:
            await self._script.interject(self._call.program.prompts.question_answer, urgent=False)

    def _doubtful(self, channel: Channel) -> bool:
        listener = self._call.hearing.get(channel)
        return listener is not None and listener.hearing.doubtful

    def _dispel(self, channel: Channel) -> None:
        listener = self._call.hearing.get(channel)
        if listener is not None:
            listener.hearing.doubt_dispelled()

    # ---- tasks

    async def close(self) -> None:
        self._stop_doubt_timer()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _do(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _stop_doubt_timer(self) -> None:
        if self._doubt_timer is not None and self._doubt_timer is not asyncio.current_task():
            self._doubt_timer.cancel()
        self._doubt_timer = None
