"""Speech that the ear did not understand: it may be an objection, so that it is not stored, nor what follows it.

The caller is asked once, in French and in English, whether they agree to be recorded, and told the objection key.
Silence, or an answer that is not understood either, leaves the rest of the call unstored; it is no objection, and
destroys nothing. Who agrees is recorded again, except in what is not understood.
"""

from __future__ import annotations

import asyncio

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.spans import GapCause
from ivr.domain.evidence.events.call import NotUnderstood
from ivr.domain.evidence.events.objection import Agreed
from ivr.domain.hearing.verdict import Comprehension
from ivr.services.call.announcer import Announcer
from ivr.services.call.background import Background
from ivr.services.call.context import ROLE_OF, LiveCall
from ivr.services.hearing.channel_listener import JudgedPiece


class Incomprehension:
    """One per call. What it does about a stretch it does at once and in memory; then it asks."""

    def __init__(self, call: LiveCall, announcer: Announcer, background: Background) -> None:
        self._call = call
        self._announcer = announcer
        self._background = background
        self._agreed = False
        self._noted: set[Channel] = set()
        self._waiting = False
        self._asking: asyncio.Task[object] | None = None

    def judged(self, judged: JudgedPiece) -> None:
        """A verdict says that a whole piece was not understood.

        What the agent says so is missing from the recording, and nobody is asked: the agent has a button.
        """
        call, channel = self._call, judged.piece.channel
        span = call.hearing.unclear(channel)
        if span is None:
            return
        # What answers a question about who is calling is masked anyway; a name may well sound foreign.
        open_ = self._agreed or call.in_doubt or call.answers.open
        stops = channel is Channel.CALLER and not open_
        call.capture.drop(span[0], None if stops else span[1], GapCause.NOT_UNDERSTOOD)
        call.hearing.unclear_given_up(channel)
        if not call.sampled or call.capture.stopped:
            return
        self._note(channel, judged.verdict.comprehension, span)
        if stops and not call.unclear:
            call.unclear = True
            call.reconsider()
            self._ask()

    def caller_informed(self) -> None:
        """The caller has heard the disclosure: what was not understood meanwhile is asked about now."""
        if self._waiting:
            self._ask()

    def agreed(self, judged: JudgedPiece) -> None:
        """The caller says that they agree; only a whole answer to a question heard out counts."""
        call = self._call
        if not judged.piece.final or not call.prompts_heard.question_heard(judged.piece.start_ms):
            return
        self.withdraw()
        self._agreed = True
        call.unclear = False
        call.publish(Agreed.kind)
        call.audit(Agreed(ROLE_OF[judged.piece.channel].value))
        call.reconsider()
        if call.program.prompts.reassured:
            self._background.start(self._announcer.interject(call.program.prompts.reassured))

    def withdraw(self) -> None:
        """There is nothing to ask any more."""
        self._waiting = False
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.cancel()

    @property
    def asking(self) -> bool:
        """Whether the caller is being asked, and may still answer."""
        return self._asking is not None and not self._asking.done()

    async def answered(self) -> None:
        """Return when the caller is not being asked, or has had the time to answer."""
        if self._asking is not None:
            await asyncio.wait({self._asking})

    def _note(self, channel: Channel, why: Comprehension, span: tuple[int, int]) -> None:
        """The first stretch of each party stands in the evidence, all of them in the feed; the gaps say how much."""
        call, party = self._call, ROLE_OF[channel].value
        call.publish(NotUnderstood.kind, party=party, why=why.value, start_ms=span[0], end_ms=span[1])
        if channel not in self._noted:
            self._noted.add(channel)
            call.audit(NotUnderstood(party=party, why=why.value, start_ms=span[0], end_ms=span[1]))

    def _ask(self) -> None:
        call = self._call
        prompt = call.program.prompts.not_understood
        self._waiting = bool(prompt) and call.disclosed_at_ms is None
        if prompt and not self._waiting and self._asking is None:
            call.prompts_heard.question_due()
            self._asking = self._background.start(self._question(prompt))

    async def _question(self, prompt: str) -> None:
        await self._announcer.interject(prompt)
        await asyncio.sleep(self._call.program.doubt_timeout_s)
