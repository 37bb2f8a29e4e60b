"""Says prompts to one leg, one at a time; an urgent prompt interrupts what is being said."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

from ivr.domain.program import Prompt
from ivr.services.ports import Line, PromptEnded

PromptFile = Callable[[Prompt], Path]


class Speaker:
    """One per leg. `say` returns when the prompt has ended, however it ended."""

    def __init__(self, line: Line, leg_id: str, prompt_file: PromptFile) -> None:
        self._line = line
        self._leg_id = leg_id
        self._prompt_file = prompt_file
        self._turn = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[PromptEnded]] = {}
        self._background: Prompt | None = None
        self.last_prompt: Prompt | None = None
        self.speaking: Prompt | None = None

    async def say(self, prompt: Prompt, *, urgent: bool = False) -> PromptEnded:
        """Play `prompt` after what is already being said, or instead of it when `urgent`."""
        if urgent:
            self.interrupt()
        async with self._turn:
            play_id = f"{self._leg_id}/{next(self._numbers)}"
            ended: asyncio.Future[PromptEnded] = asyncio.get_running_loop().create_future()
            self._waiting[play_id] = ended
            self.last_prompt = self.speaking = prompt
            try:
                self._line.play(self._leg_id, play_id, self._prompt_file(prompt))
                return await ended
            finally:
                self.speaking = None
                del self._waiting[play_id]
                self._resume_background()

    def interrupt(self) -> None:
        """Stop what is being said now; its `say` returns with completed=False (barge-in)."""
        if self._waiting:
            self._line.stop_playing(self._leg_id)

    def start_background(self, prompt: Prompt) -> None:
        """Loop `prompt` (wait music) whenever nothing else is said."""
        self._background = prompt
        if not self._turn.locked():
            self._resume_background()

    def stop_background(self) -> None:
        if self._background is not None:
            self._background = None
            if not self._turn.locked():
                self._line.stop_playing(self._leg_id)

    def prompt_ended(self, event: PromptEnded) -> None:
        future = self._waiting.get(event.play_id)
        if future is not None and not future.done():
            future.set_result(event)

    def leg_gone(self, at: float) -> None:
        """The leg is over: whoever waits for a prompt waits no more."""
        self._background = None
        for play_id, future in self._waiting.items():
            if not future.done():
                future.set_result(PromptEnded(self._leg_id, play_id, completed=False, heard_ms=0, at=at))

    def _resume_background(self) -> None:
        if self._background is not None:
            play_id = f"{self._leg_id}/background"
            self._line.play(self._leg_id, play_id, self._prompt_file(self._background), loop=True)
