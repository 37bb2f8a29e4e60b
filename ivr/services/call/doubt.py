"""A doubt: the caller may have objected. Nothing is stored meanwhile, and the caller is asked, once (REC-021)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr.domain.call.party import PartyRole
from ivr.domain.consent.policy import decide_objection
from ivr.domain.consent.state import CONSENT, Basis, ConsentEvent
from ivr.domain.evidence.events.objection import Dispelled, Hesitation
from ivr.domain.hearing.verdict import Label
from ivr.domain.program.program import ObjectionEffect
from ivr.services.call.announcer import Announcer
from ivr.services.call.background import Background
from ivr.services.call.context import LiveCall
from ivr.services.call.offer import AgentOffer
from ivr.services.hearing.channel_listener import JudgedPiece


class Doubt:
    """One per call. `unresolved` is called when no clear answer came: nothing more is recorded then.

    A doubt that arises during the disclosure waits for its end: the disclosure itself tells how to object, and a
    caller who has not heard it cannot be taken for reassured. A doubt may also come from what the agent says ("c'est
    noté, vous ne voulez pas être enregistré"): it is the caller who is asked.
    """

    def __init__(
        self,
        call: LiveCall,
        announcer: Announcer,
        background: Background,
        *,
        unresolved: Callable[[Label], None],
        fault: Callable[[BaseException], None],
    ) -> None:
        self._call = call
        self._announcer = announcer
        self._background = background
        self._unresolved = unresolved
        self._fault = fault
        self._offer = AgentOffer(call)
        self._open: tuple[Label, float] | None = None
        self._asking: asyncio.Task[object] | None = None
        self._reassuring: asyncio.Task[object] | None = None

    def raised(self, label: Label, confidence: float, basis: Basis = Basis.SPOKEN) -> None:
        """The ear is in doubt about what the caller said, or the agent has said that the caller objects."""
        call = self._call
        if self._idle_talk():
            call.hearing.doubt_dispelled()
            return
        if self._open is None:
            self._open = (label, confidence)
        state = call.consents.state(PartyRole.CALLER)
        if not CONSENT.allows(state, ConsentEvent.HESITATE):
            return
        call.consents.move(
            PartyRole.CALLER, ConsentEvent.HESITATE, call.consent_record(basis, call.media_ms, confidence)
        )
        call.publish(Hesitation.kind, label=label.value, score=round(confidence, 3))
        outcome = decide_objection(call.program, label, call.deps.profile, at=call.started_at)
        call.audit(
            Hesitation(
                party=PartyRole.CALLER.value,
                label=label.value,
                basis=basis.value,
                score=round(confidence, 3),
                discards=outcome.discard_captured,
            )
        )
        call.reconsider()
        if self._asking is None:
            call.prompts_heard.question_due()
            self._asking = self._background.start(self._ask(*self._open))

    def caller_informed(self) -> None:
        """The caller has heard the disclosure: a doubt that arose meanwhile is asked about now."""
        if self._open is not None:
            self.raised(*self._open)

    @property
    def asking(self) -> bool:
        """Whether the caller is being asked, or the answer acknowledged."""
        return any(task is not None and not task.done() for task in (self._asking, self._reassuring))

    async def answered(self) -> None:
        """Return when the caller is not being asked anything, and the answer has been acknowledged."""
        while tasks := [task for task in (self._asking, self._reassuring) if task is not None and not task.done()]:
            await asyncio.wait(tasks)

    def denied(self, judged: JudgedPiece) -> None:
        """The caller says that it does not object; only a whole answer to a question heard out counts.

        A "non" over the question may well mean "no recording".
        """
        call = self._call
        if not judged.piece.final or not call.prompts_heard.question_heard(judged.piece.start_ms):
            return
        self._dispelled(PartyRole.CALLER, Basis.SPOKEN, judged.verdict.score)
        if call.program.prompts.reassured:
            self._reassuring = self._background.start(self._announcer.interject(call.program.prompts.reassured))

    @property
    def offered(self) -> bool:
        """Whether the agent's side is being asked, or has taken it upon itself to ask."""
        return self._open is not None and self._offer.open

    def taken(self) -> None:
        """The agent asks the caller in their own words."""
        self._offer.take()

    def denied_by_agent(self) -> None:
        """The agent has asked, and says that the caller does not object: the evidence says whose word it is."""
        self._dispelled(PartyRole.AGENT, Basis.AGENT, 1.0)

    def _dispelled(self, party: PartyRole, basis: Basis, confidence: float) -> None:
        call = self._call
        self.withdraw()
        call.hearing.doubt_dispelled()
        call.consents.move(
            PartyRole.CALLER, ConsentEvent.REASSURE, call.consent_record(basis, call.media_ms, confidence)
        )
        call.publish(Dispelled.kind, party=party.value)
        call.audit(Dispelled(party.value))
        call.reconsider()

    def withdraw(self) -> None:
        """There is nothing to ask any more."""
        self._open = None
        asking, self._asking = self._asking, None
        if asking is not None and asking is not asyncio.current_task():
            asking.cancel()

    def give_up(self) -> None:
        """No answer can come any more: a doubt that was never dispelled is an objection (REC-021, fail_mode)."""
        if self._open is not None:
            self._unresolved(self._open[0])

    async def _ask(self, label: Label, confidence: float) -> None:
        """Ask the yes/no question; without a clear answer in time the recording ends (REC-021, fail_mode)."""
        call = self._call
        prompts = call.program.prompts
        contact = prompts.doubt_contact if label is Label.REFUSAL_CONTACT else ""
        try:
            if self._offer.due:
                await self._offer.lapsed(label)
            await self._announcer.interject(contact or prompts.doubt)
            await asyncio.sleep(call.program.doubt_timeout_s)
            await self._until_judged()
        except Exception as error:
            # Whoever cannot be asked has not been reassured.
            self._fault(error)
        self.give_up()

    async def _until_judged(self) -> None:
        """An answer that was given in time may still be with the ear."""
        await self._call.hearing.caller.wait_judged(self._call.deps.listening.final_deadline_s)

    def _idle_talk(self) -> bool:
        """Whether nothing is being recorded, nor will be, and an objection would do nothing else."""
        call = self._call
        recording = call.sampled and not call.capture.stopped
        return not recording and call.program.objection_effect is ObjectionEffect.STOP_RECORDING
