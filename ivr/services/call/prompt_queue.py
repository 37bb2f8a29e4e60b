"""The prompts of one leg, said one at a time; an urgent one interrupts what is being said."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ivr.domain.program.program import Prompt
from ivr.services.ports.telephony import Line, PromptEnded

PromptFile = Callable[[Prompt], Path]


@dataclass(eq=False)
class _Saying:
    """A prompt that waits for its turn or is being said."""

    prompt: Prompt
    started: Callable[[], None] | None
    play_id: str
    ended: asyncio.Future[PromptEnded] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class PromptQueue:
    """One per leg. `say` returns when the prompt has ended, however it ended.

    The next prompt begins in the same step in which the last one ends, so that nobody can slip in between.
    """

    def __init__(self, line: Line, leg_id: str, prompt_file: PromptFile) -> None:
        self._line = line
        self._leg_id = leg_id
        self._prompt_file = prompt_file
        self._numbers = itertools.count(1)
        self._now: _Saying | None = None
        self._urgent: deque[_Saying] = deque()
        self._patient: deque[_Saying] = deque()
        self._background: Prompt | None = None
        self._gone_at: float | None = None
        self.last_prompt: Prompt | None = None

    @property
    def speaking(self) -> Prompt | None:
        """What is being said now; the background does not count."""
        return self._now.prompt if self._now is not None else None

    async def say(
        self, prompt: Prompt, *, urgent: bool = False, started: Callable[[], None] | None = None
    ) -> PromptEnded:
        """Play `prompt` after what is already being said, or instead of it and before all that waits when `urgent`.

        `started` is called when it begins. On a leg that is over it ends at once, unheard. Raises what `prompt_file`
        raises when there is no file to play; a cancelled `say` falls silent.
        """
        saying = _Saying(prompt, started, f"{self._leg_id}/{next(self._numbers)}")
        if self._gone_at is not None:
            return self._unheard(saying, self._gone_at)
        (self._urgent if urgent else self._patient).append(saying)
        if self._now is None:
            self._next()
        elif urgent:
            self.interrupt()
        try:
            return await saying.ended
        except asyncio.CancelledError:
            self._withdraw(saying)
            raise

    def interrupt(self) -> None:
        """Stop what is being said now; its `say` returns with completed=False (barge-in)."""
        if self._now is not None:
            self._line.stop_playing(self._leg_id)

    def start_background(self, prompt: Prompt) -> None:
        """Loop `prompt` (wait music) whenever nothing else is said."""
        if self._gone_at is None:
            self._background = prompt
            if self._now is None:
                self._next()

    def stop_background(self) -> None:
        if self._background is not None:
            self._background = None
            if self._now is None:
                self._line.stop_playing(self._leg_id)

    def prompt_ended(self, event: PromptEnded) -> None:
        """The line says that a prompt has ended; one that is not ours any more changes nothing."""
        saying = self._now
        if saying is not None and saying.play_id == event.play_id:
            self._now = None
            if not saying.ended.done():
                saying.ended.set_result(event)
            self._next()

    def leg_gone(self, at: float) -> None:
        """The leg is over: whoever waits for a prompt waits no more."""
        self._gone_at = at
        self._background = None
        waiting = [*([self._now] if self._now is not None else []), *self._urgent, *self._patient]
        self._now = None
        self._urgent.clear()
        self._patient.clear()
        for saying in waiting:
            if not saying.ended.done():
                saying.ended.set_result(self._unheard(saying, at))

    def _next(self) -> None:
        while self._urgent or self._patient:
            saying = (self._urgent or self._patient).popleft()
            if saying.ended.done():
                continue
            try:
                file = self._prompt_file(saying.prompt)
            except Exception as error:
                saying.ended.set_exception(error)
                continue
            self._now = saying
            self.last_prompt = saying.prompt
            self._line.play(self._leg_id, saying.play_id, file)
            if saying.started is not None:
                saying.started()
            return
        if self._background is not None:
            play_id = f"{self._leg_id}/background"
            self._line.play(self._leg_id, play_id, self._prompt_file(self._background), loop=True)

    def _withdraw(self, saying: _Saying) -> None:
        """Whoever wanted it said no longer does."""
        if self._now is saying:
            self._now = None
            self._line.stop_playing(self._leg_id)
            self._next()
        for queue in (self._urgent, self._patient):
            if saying in queue:
                queue.remove(saying)

    def _unheard(self, saying: _Saying, at: float) -> PromptEnded:
        return PromptEnded(self._leg_id, saying.play_id, completed=False, heard_ms=0, at=at)
