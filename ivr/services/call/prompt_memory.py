"""What the caller has heard from the engine lately: it gives a bare "oui" or "non" its meaning."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from ivr.domain.program.program import Prompt
from ivr.services.call.prompt_queue import PromptQueue

#: How long a prompt still colours the meaning of a bare "oui" or "non" after its end, in milliseconds.
_MEMORY_MS = 12_000
#: Whoever answers a question so shortly before its end has understood it, in milliseconds.
_QUESTION_TAIL_MS = 700


class _Ended(NamedTuple):
    prompt: Prompt
    end_ms: int
    completed: bool


class PromptMemory:
    """One per call; times are milliseconds of the caller's media. `questions` are the prompts about a doubt."""

    def __init__(self, queue: PromptQueue, questions: frozenset[str]) -> None:
        self._queue = queue
        self._questions = questions
        self._ended: deque[_Ended] = deque(maxlen=4)

    def ended(self, prompt: Prompt, end_ms: int, *, completed: bool) -> None:
        """The caller has heard a prompt, to its end or not."""
        self._ended.append(_Ended(prompt, end_ms, completed))

    def question_due(self) -> None:
        """A new question about a doubt will be asked: what answered an older one does not answer it."""
        self._ended = deque((ended for ended in self._ended if ended.prompt.id not in self._questions), maxlen=4)

    def question_heard(self, start_ms: int) -> bool:
        """Whether speech from `start_ms` on can answer the last question about a doubt: it was heard out before."""
        speaking = self._queue.speaking
        if speaking is not None and speaking.id in self._questions:
            return False
        asked = [ended for ended in self._ended if ended.prompt.id in self._questions]
        return bool(asked) and asked[-1].completed and start_ms >= asked[-1].end_ms - _QUESTION_TAIL_MS

    def last_text(self, start_ms: int, now_ms: int) -> str:
        """Return what speech from `start_ms` on may answer, or "".

        A question that was not heard out before the words began gives a bare "non" no meaning.
        """
        speaking = self._queue.speaking
        if speaking is not None and speaking.id not in self._questions:
            return speaking.text
        for prompt, end_ms, _ in reversed(self._ended):
            if prompt.id not in self._questions or self.question_heard(start_ms):
                return prompt.text if now_ms - end_ms < _MEMORY_MS else ""
        return ""
