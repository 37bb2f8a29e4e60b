"""What the engine does when forbidden data is given away, or when our side asks for it (promise 4; ASK-001…003).

What must not be stored is not decided here: the cleared mark holds it and the release buffer writes it as silence. This
tells people: the caller who dictates a number hears that it is not needed, an agent's screen gets an alert, and each
question that may not be asked stands in the evidence without its words, counted per agent and campaign.
"""

from __future__ import annotations

from ivr.domain.asks.watch import KnownAsks
from ivr.domain.call.party import PartyRole
from ivr.domain.evidence.events.call import AgentAsked, Masked
from ivr.domain.hearing.verdict import AskSpan, SensitiveSpan
from ivr.domain.program.program import OnAsk
from ivr.services.call.announcer import Announcer
from ivr.services.call.background import Background
from ivr.services.call.context import ROLE_OF, LiveCall
from ivr.services.call.ending import Ending
from ivr.services.hearing.channel_listener import JudgedPiece

#: Kind of the span in which the caller may answer what should not have been asked.
ANSWER = "answer"
#: A caller who goes on dictating is asked again to stop, no sooner than so long after the last time.
_REPEAT_AFTER_MS = 8000


class NumberGuard:
    """One per call."""

    def __init__(self, call: LiveCall, announcer: Announcer, ending: Ending, background: Background) -> None:
        self._call = call
        self._announcer = announcer
        self._ending = ending
        self._background = background
        self._asks = KnownAsks()
        self._refusing = False
        self._refused_at_ms: int | None = None

    def judged(self, judged: JudgedPiece) -> None:
        """A verdict of the ear, already taken into account by the cleared mark."""
        role = ROLE_OF[judged.piece.channel]
        for span in judged.masked:
            self._call.audit(Masked(party=role.value, number=span.kind, start_ms=span.start, end_ms=span.end))
        if judged.masked:
            self._given(role, judged.masked)
        if role is PartyRole.AGENT:
            for ask in judged.verdict.asks:
                # The question may be heard again, and now reach further: the answer is later then.
                self._mute(ask)
                if self._asks.is_new(ask):
                    self._asked(ask)

    # ---- forbidden data was given away

    def _given(self, role: PartyRole, spans: tuple[SensitiveSpan, ...]) -> None:
        call = self._call
        for kind in sorted({span.kind for span in spans}):
            call.deps.counters.add("numbers_told", party=role.value, program=call.program.name, kind=kind)
        if call.bridged:
            call.publish(
                "alert.number_told",
                party=role.value,
                kinds=sorted({span.kind for span in spans}),
                start_ms=min(span.start for span in spans),
                end_ms=max(span.end for span in spans),
                agent=self._agent,
                program=call.program.name,
            )
        elif role is PartyRole.CALLER:
            self._refuse()

    def _refuse(self) -> None:
        """Tell the caller that the number is not needed; not over the notice, nor over a question about a doubt."""
        call, prompt_id = self._call, self._call.program.prompts.number_refused
        at_ms = self._refused_at_ms
        lately = at_ms is not None and call.media_ms - at_ms < _REPEAT_AFTER_MS
        if not prompt_id or self._refusing or lately or self._ending.begun:
            return
        self._refusing = True
        urgent = call.disclosed_at_ms is not None and not call.in_doubt
        self._background.start(self._say_refusal(prompt_id, urgent=urgent))

    async def _say_refusal(self, prompt_id: str, *, urgent: bool) -> None:
        try:
            await self._announcer.interject(prompt_id, urgent=urgent)
        finally:
            self._refusing = False
            self._refused_at_ms = self._call.media_ms

    # ---- our side asked for it

    def _asked(self, ask: AskSpan) -> None:
        call, guard = self._call, self._call.program.guard
        if guard.on_ask is OnAsk.SAY:
            self._background.start(self._announcer.interject(call.program.prompts.do_not_tell))
        agent, program = self._agent, call.program.name
        count = call.deps.counters.add("agent_asks", agent=agent, program=program, rule=ask.rule)
        asked = AgentAsked(
            party=PartyRole.AGENT.value,
            agent=agent,
            program=program,
            rules=(ask.rule,),
            families=tuple(ask.families),
            start_ms=ask.start,
            end_ms=ask.end,
            reaction=guard.on_ask.value,
        )
        call.publish("alert.agent_asked", **asked.body(), count=count, late_ms=max(0, call.media_ms - ask.end))
        call.audit(asked)

    def _mute(self, ask: AskSpan) -> None:
        guard = self._call.program.guard
        if guard.on_ask is OnAsk.MUTE:
            self._call.hearing.caller.hearing.withhold(ask.start, ask.end + round(guard.answer_s * 1000), ANSWER)

    @property
    def _agent(self) -> str:
        return self._call.agent
