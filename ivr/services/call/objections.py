"""What the engine does when a party objects, refuses, hesitates or asks: by voice, by DTMF, or by the agent's button.

The order never changes: first memory (nothing from the onset on can be stored any more, and what may not be kept can
only be destroyed), then the voice (the caller is answered), then evidence, the bar on further calls, keys and
certificates: these are insisted on until they are done.

An agent who says that the caller objects is not the caller: their words are a doubt, which holds the recording, and
the caller is asked. The agent's button acts at once.
"""

from __future__ import annotations

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.spans import GapCause
from ivr.domain.call.party import PartyRole
from ivr.domain.consent.policy import decide_objection, decide_unanswered
from ivr.domain.consent.state import AgentsAnswer, Basis, ConsentEvent
from ivr.domain.evidence.events.base import ABSENT
from ivr.domain.evidence.events.call import Unjudged
from ivr.domain.evidence.events.objection import AgentInDoubt, Objection
from ivr.domain.hearing.verdict import Band, Ground, Label, Verdict
from ivr.domain.program.program import ObjectionEffect
from ivr.errors import ConfigurationError
from ivr.services.call.announcer import Announcer
from ivr.services.call.background import Background
from ivr.services.call.context import LiveCall
from ivr.services.call.doubt import Doubt
from ivr.services.call.duties import Duties
from ivr.services.call.ending import Ending
from ivr.services.call.not_understood import Incomprehension
from ivr.services.call.number_guard import NumberGuard
from ivr.services.hearing.channel_listener import JudgedPiece


class Objections:
    """One per call."""

    def __init__(self, call: LiveCall, announcer: Announcer, ending: Ending) -> None:
        self._call = call
        self._announcer = announcer
        self._ending = ending
        self._background = Background(ending.fault)
        self._guard = NumberGuard(call, announcer, ending, self._background)
        self.doubt = Doubt(call, announcer, self._background, unresolved=self._doubt_unresolved, fault=ending.fault)
        self.incomprehension = Incomprehension(call, announcer, self._background)
        self._answering = False
        self._basis: Basis | None = None
        self._duties = Duties(call)

    @property
    def caller_objected(self) -> bool:
        return self._call.consents.state(PartyRole.CALLER).objected

    @property
    def asking(self) -> bool:
        """Whether the caller is being asked something about the recording."""
        return self.incomprehension.asking or self.doubt.asking

    async def answered(self) -> None:
        """Return when the caller is not being asked anything about the recording."""
        await self.incomprehension.answered()
        await self.doubt.answered()

    def caller_informed(self) -> None:
        """The caller has heard the disclosure: what there was to ask meanwhile is asked now."""
        self.doubt.caller_informed()
        self.incomprehension.caller_informed()

    # ---- what reaches us

    def judged(self, judged: JudgedPiece) -> None:
        """A verdict of the ear, already taken into account by the cleared mark."""
        call, verdict, piece = self._call, judged.verdict, judged.piece
        call.publish(
            "hearing.judged",
            channel=piece.channel.value,
            start_ms=piece.start_ms,
            end_ms=piece.end_ms,
            final=piece.final,
            label=verdict.label.value,
            band=verdict.band.value,
            score=round(verdict.score, 3),
            onset_ms=verdict.onset_ms,
            waited_ms=round(judged.waited_s * 1000),
        )
        self._guard.judged(judged)
        if not self.caller_objected:
            self.incomprehension.judged(judged)
        if piece.channel is Channel.CALLER:
            self._caller_spoke(judged)
        elif judged.objects:
            self._agent_objected(judged)

    def dtmf_pressed(self, role: PartyRole, digit: str) -> None:
        """DTMF: only the objection key means anything; which digit it was is never noted."""
        if role is PartyRole.CALLER:
            self._announcer.barge_in()
        if digit != self._call.program.objection_key:
            return
        basis = Basis.DTMF if role is PartyRole.CALLER else Basis.AGENT
        self.objected(Label.OBJECTION_RECORDING, basis, self._call.media_ms, 1.0)

    def agent_answered(self, answer: AgentsAnswer) -> None:
        """The agent's side answers a doubt that it was offered; once its time is over, the caller is asked.

        Raises ConfigurationError when it was offered none.
        """
        if not self.doubt.offered:
            raise ConfigurationError(
                "nothing is offered to the agent of this call",
                key="call",
                value=self._call.id,
                remedy="answer doubt.offered before its deadline",
            )
        if answer is AgentsAnswer.TAKE:
            self.doubt.taken()
        elif answer is AgentsAnswer.AGREES:
            self.doubt.denied_by_agent()
        else:
            self.objected(Label.OBJECTION_RECORDING, Basis.AGENT, self._call.hearing.doubt_confirmed(), 1.0)

    def objected_by_dtmf(self, at_ms: int) -> None:
        """A digit that was taken for the beginning of a number was the caller's objection, since that moment."""
        self.objected(Label.OBJECTION_RECORDING, Basis.DTMF, at_ms, 1.0)

    # ---- what it makes us do

    def objected(
        self, label: Label, basis: Basis, onset_ms: int, confidence: float, ground: Ground | None = None
    ) -> None:
        """The caller objects to being recorded, or refuses contact. Only the first objection acts.

        A doubt that nobody answered destroys what an objection destroys, and neither ends the call nor bars anybody: an
        objection that is said after it does.
        """
        call, role = self._call, PartyRole.CALLER
        decide = decide_unanswered if basis is Basis.IMPLIED else decide_objection
        outcome = decide(call.program, label, call.deps.profile, at=call.started_at)
        if outcome.effect is None:
            return
        doom = call.capture.objected(outcome, onset_ms)
        if self._basis is not None and not (self._basis is Basis.IMPLIED and outcome.end_call):
            return
        first, self._basis = self._basis is None, basis
        self.doubt.withdraw()
        self.incomprehension.withdraw()
        acted_at = call.deps.clock.monotonic()
        call.consents.move(role, ConsentEvent.OBJECT, call.consent_record(basis, onset_ms, confidence))
        call.publish(
            Objection.kind,
            label=label.value,
            basis=basis.value,
            onset_ms=onset_ms,
            score=round(confidence, 3),
            acted_at=acted_at,
            rules=list(outcome.reasons),
            evidence=ground.value if ground is not None else None,
        )
        if outcome.end_call:
            self._ending.end(outcome.say)
        elif outcome.say:
            self._background.start(self._announcer.interject(outcome.say))
        self._duties.note(
            Objection(
                party=role.value,
                label=label.value,
                basis=basis.value,
                offset_ms=onset_ms,
                score=round(confidence, 3),
                band=(Band.DOUBT if basis is Basis.IMPLIED else Band.ACT).value,
                rules=tuple(outcome.reasons),
                discards=outcome.discard_captured,
                evidence=ground.value if ground is not None else ABSENT,
            )
        )
        if outcome.do_not_call:
            self._duties.bar(outcome)
        if first:
            self._duties.finish_recording(doom)

    def never_heard(self) -> None:
        """The call is over and the ear has not judged its last words, which may have been a refusal.

        Where a refusal destroys, so does this; nobody is barred without evidence. Elsewhere what was heard is kept.
        """
        call = self._call
        mark_ms = call.hearing.mark_ms
        call.publish(Unjudged.kind, mark_ms=mark_ms)
        call.audit(Unjudged(mark_ms))
        call.capture.stop(GapCause.UNHEARD)
        if call.program.objection_effect is ObjectionEffect.END_CALL_AND_DESTROY:
            self._duties.finish_recording(call.capture.must_vanish("REC-021", "last words unheard"))

    def _doubt_unresolved(self, label: Label) -> None:
        self.objected(label, Basis.IMPLIED, self._call.hearing.doubt_confirmed(), 0.0)

    def _caller_spoke(self, judged: JudgedPiece) -> None:
        verdict = judged.verdict
        if verdict.speech:
            self._announcer.barge_in()
        if not judged.objects:
            self._caller_answered_or_asked(judged)
        elif verdict.band is Band.ACT:
            onset = judged.piece.start_ms if verdict.onset_ms is None else verdict.onset_ms
            self.objected(verdict.label, Basis.SPOKEN, onset, verdict.score, verdict.ground)
        elif self._call.hearing.doubtful(Channel.CALLER) and not self.caller_objected:
            self._caller_in_doubt(verdict)

    def _caller_in_doubt(self, verdict: Verdict) -> None:
        """The caller may have objected; what is so near to it that a clear verdict is a doubt bars sales calls too."""
        call = self._call
        if verdict.label in call.doubted:
            self._refused_contact()
        about = verdict.label if verdict.label in call.objecting else Label.OBJECTION_RECORDING
        self.doubt.raised(about, verdict.score)

    def _agent_objected(self, judged: JudgedPiece) -> None:
        """A clear sentence of the agent about an objection is a doubt to be put to the caller; a doubtful one is noted.

        The agent has a button to stop the recording.
        """
        call, verdict = self._call, judged.verdict
        if not call.hearing.doubtful(Channel.AGENT) or self.caller_objected:
            return
        if verdict.band is Band.ACT:
            self.doubt.raised(verdict.label, verdict.score, Basis.AGENT)
        elif not call.in_doubt:
            call.hearing.doubt_dispelled(Channel.AGENT)
            call.audit(AgentInDoubt(round(verdict.score, 3)))

    def _caller_answered_or_asked(self, judged: JudgedPiece) -> None:
        """The caller said something that does not touch the recording in this program."""
        call, verdict = self._call, judged.verdict
        if call.in_doubt and verdict.denies:
            self.doubt.denied(judged)
        elif call.unclear and verdict.denies:
            self.incomprehension.agreed(judged)
        elif verdict.label is Label.REFUSAL_CONTACT and verdict.band is Band.ACT:
            self._refused_contact()
        elif verdict.label is Label.QUESTION_RECORDING and verdict.band is not Band.CLEAR and judged.piece.final:
            self._asked()

    def _asked(self) -> None:
        """The caller wants to know about the recording; with an agent on the line that is for the agent to say."""
        if not self._call.bridged and not self._call.capture.stopped and not self._answering:
            self._answering = True
            self._background.start(self._answer_question())

    def _refused_contact(self) -> None:
        """On a program that goes on, a refusal of contact still bars sales calls (CAN-005)."""
        call = self._call
        outcome = decide_objection(call.program, Label.REFUSAL_CONTACT, call.deps.profile, at=call.started_at)
        if outcome.do_not_call:
            self._duties.bar(outcome)

    async def _answer_question(self) -> None:
        try:
            await self._announcer.interject(self._call.program.prompts.question_answer, urgent=False)
        finally:
            self._answering = False

    async def close(self) -> None:
        """Nothing more is said or asked."""
        await self._background.close()
