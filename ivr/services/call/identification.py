"""Asks a caller who they are, and compares (ASK-006): by voice or DTMF, three tries, only the outcome is kept.

While it lasts the caller's channel is written as silence, and nothing that was said or typed is logged or stored. A
check that fails, or cannot be made, changes nothing for the caller: the call goes on, to an agent who learns of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.spans import Mask
from ivr.domain.call.party import Direction, PartyRole
from ivr.domain.evidence.events.call import IdentityChecked, Masked
from ivr.domain.identity.check import (
    Answer,
    Expected,
    IdentityCheck,
    IdentityDecision,
    IdentityItem,
    IdentityStep,
    begin,
    decide,
    judge,
    numbers_said,
)
from ivr.errors import IvrError
from ivr.services.call.announcer import Announcer
from ivr.services.call.context import LiveCall
from ivr.services.call.objections import Objections
from ivr.services.ports.members import MemberDirectory

#: What a mask says of itself when answers about identity are its reason.
IDENTITY = "identity"
_TICK_S = 0.1
#: A caller who has been silent for so long after an answer has finished it.
_ANSWER_PAUSE_MS = 2000
#: A caller who types no further DTMF digit for so long has finished; shorter than the release buffer's look-back (see
#: `_entry`).
_DIGIT_PAUSE_S = 2.5
_QUESTION_TIMEOUT_S = 60.0
#: A question that was interrupted (by a doubt about the recording, say) is put again so often without being a try.
_INTERRUPTIONS_MAX = 3
_FULL_ENTRY = {IdentityItem.BIRTH_DATE: 8, IdentityItem.POSTAL_CODE: 5}
#: Until the end of the call, unless the check ends before.
_OPEN_END_MS = 2**40


class Identification:
    """One per call."""

    def __init__(self, call: LiveCall, announcer: Announcer, objections: Objections) -> None:
        self._call = call
        self._announcer = announcer
        self._objections = objections
        self._interruptions = 0

    def dtmf_pressed(self, digit: str) -> bool:
        """Take a DTMF digit of the caller; True when it belongs to an answer.

        An objection key that is no figure is never taken. One that is (9) stands in dates and numbers too: alone, it
        is the objection, as soon as no other DTMF digit has followed it.
        """
        call, answers = self._call, self._call.answers
        if not answers.open or (digit == call.program.objection_key and not digit.isdigit()):
            return False
        answers.press(digit, at_s=call.deps.clock.monotonic(), at_ms=call.media_ms)
        plan, prompt = call.program.identity, call.a_leg.prompt_queue.speaking
        if plan is not None and prompt is not None and prompt.id in map(plan.prompts.question, plan.items):
            call.a_leg.prompt_queue.interrupt()
        return True

    async def run(self) -> None:
        """Make the check that the program asks for; returns when it is over, however it ended."""
        plan = self._call.program.identity
        if plan is None or self._call.direction is not Direction.INBOUND:
            return
        mask = self._mask()
        known = await self._members(lambda directory: directory.by_caller(self._call.party_uri))
        check = begin(plan, known)
        while (decision := decide(check)).step is IdentityStep.ASK:
            check = await self._ask(check, decision)
        self._conclude(check, decision)
        identified = decision.step is IdentityStep.IDENTIFIED
        self._call.number_identified = identified and all(member in known for member in check.candidates)
        if identified:
            self._call.members = tuple(member.person for member in check.candidates if member.person is not None)
        await self._announcer.interject(
            plan.prompts.confirmed if identified else plan.prompts.not_confirmed, urgent=False
        )
        await self._unmask(mask)

    # ---- one question

    async def _ask(self, check: IdentityCheck, decision: IdentityDecision) -> IdentityCheck:
        """Put the question that is due and return the check after its answer, or unchanged after an interruption."""
        call, item = self._call, decision.item
        assert item is not None
        prompts = check.plan.prompts
        call.answers.ask(call.media_ms)
        try:
            if decision.again:
                await self._announcer.interject(prompts.again, urgent=False)
            await self._announcer.interject(prompts.question(item), urgent=False)
            after = await self._answered(check, item)
        finally:
            call.answers.close()
        if after is None:
            await self._objections.answered()
            self._interruptions += 1
            return check if self._interruptions <= _INTERRUPTIONS_MAX else judge(check, Answer())
        return after

    async def _answered(self, check: IdentityCheck, item: IdentityItem) -> IdentityCheck | None:
        """Wait for the answer: until it matches, or the caller has finished; None when something came between."""
        call, answers = self._call, self._call.answers
        asked_ms, begun_s, seen = call.media_ms, call.deps.clock.monotonic(), Answer()
        after = judge(check, seen)
        while call.deps.clock.monotonic() - begun_s < _QUESTION_TIMEOUT_S:
            if answers.typed:
                return await self._entry(check, item)
            if answers.interrupted or call.in_doubt:
                return None
            if answers.answer != seen:
                seen = answers.answer
                found = await self._found(check, seen)
                after = judge(check, seen, found)
            if not after.missed or self._finished(asked_ms, check, seen):
                return after
            if self._busy:
                asked_ms = call.media_ms
            await asyncio.sleep(_TICK_S)
        return after

    def _finished(self, asked_ms: int, check: IdentityCheck, seen: Answer) -> bool:
        """Whether the caller has been silent for long enough, and all that was said is judged."""
        call = self._call
        listener = call.hearing.caller
        last_ms = max(asked_ms, listener.last_speech_ms)
        patience_ms = check.plan.answer_timeout_s * 1000 if seen.empty else _ANSWER_PAUSE_MS
        return listener.hearing.idle and call.media_ms - last_ms >= patience_ms

    @property
    def _busy(self) -> bool:
        """While we speak, or the caller has put us on hold, no answer is late."""
        return self._call.a_leg.prompt_queue.speaking is not None or self._call.a_leg.held

    async def _entry(self, check: IdentityCheck, item: IdentityItem) -> IdentityCheck | None:
        """Wait until what is being typed is complete, and judge it.

        The objection key alone, followed by nothing, objects from the moment it was pressed: nothing of what came
        since has left the release buffer, which stays further behind than a caller may pause between two presses.
        """
        call, answers = self._call, self._call.answers
        pause_s = min(_DIGIT_PAUSE_S, call.deps.release.lookback_ms / 1000 - 2 * _TICK_S)
        while not answers.entered and call.deps.clock.monotonic() - answers.last_digit_s < pause_s:
            if len(answers.answer.dtmf) == _FULL_ENTRY.get(item):
                break
            await asyncio.sleep(_TICK_S)
        answer = replace(answers.answer, utterances=())
        if not answers.typed:
            return None
        if answer.dtmf == call.program.objection_key:
            self._objections.objected_by_dtmf(answers.first_digit_ms)
            return None
        return judge(check, answer, await self._found(check, answer))

    # ---- the members

    async def _found(self, check: IdentityCheck, answer: Answer) -> Sequence[Expected]:
        numbers = numbers_said(check, answer)
        return await self._members(
            lambda directory: [member for number in numbers for member in directory.by_number(number)]
        )

    async def _members(self, look: Callable[[MemberDirectory], Sequence[Expected]]) -> Sequence[Expected]:
        """Ask the directory; one that cannot be read knows nobody, and the live feed says so."""
        call = self._call
        directory = call.deps.members
        if directory is None:
            return ()
        try:
            found = await call.deps.executor.run(lambda: look(directory))
            call.redact_names_of(found)
            return found
        except IvrError as error:
            call.publish("identity.unavailable", what=type(error).__name__)
            return ()

    # ---- what remains of it

    def _conclude(self, check: IdentityCheck, decision: IdentityDecision) -> None:
        call = self._call
        checked = IdentityChecked(
            identified=decision.step is IdentityStep.IDENTIFIED,
            why=decision.why,
            items=tuple(item.value for item in check.plan.order),
            matched=tuple(item.value for item in check.matched),
            tries=check.plan.tries - check.tries_left,
            rules=tuple(decision.reasons),
        )
        call.publish(checked.kind, **checked.body())
        call.audit(checked)

    def _mask(self) -> Mask:
        """From now on nothing that the caller says is written; a check that is cut short leaves it so."""
        mask = Mask(Channel.CALLER.value, self._call.media_ms, _OPEN_END_MS, IDENTITY)
        self._call.hearing.caller.hearing.masks.append(mask)
        return mask

    async def _unmask(self, mask: Mask) -> None:
        """Write the caller again, once what was still being said is over."""
        call = self._call
        listener = call.hearing.caller
        await listener.wait_judged(call.deps.listening.final_deadline_s)
        masks = listener.hearing.masks
        ended = replace(mask, end_ms=call.media_ms)
        masks[masks.index(mask)] = ended
        caller = PartyRole.CALLER.value
        call.audit(Masked(party=caller, number=IDENTITY, start_ms=ended.start_ms, end_ms=ended.end_ms))
