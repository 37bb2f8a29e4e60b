"""What the caller answers to one question of the engine: words and DTMF, in memory only, never stored or shown."""

from __future__ import annotations

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.verdict import Band
from ivr.domain.identity.check import CLEAR, ENTER, Answer
from ivr.services.hearing.channel_listener import JudgedPiece

#: A longer entry is none that was asked for (ASK-004, max_free_digits): it is forgotten at once.
DIGITS_MAX = 10


class AnswerBuffer:
    """One per call. Closed, it takes nothing, and the ear is not asked for words."""

    def __init__(self) -> None:
        self._from_ms: int | None = None
        self._utterances: list[str] = []
        self._digits = ""
        self._too_long = False
        self._tainted = False
        self.interrupted = False
        self.entered = False
        self.last_digit_s = 0.0
        self.first_digit_ms = 0

    def __repr__(self) -> str:
        return f"AnswerBuffer(open={self.open})"

    @property
    def open(self) -> bool:
        return self._from_ms is not None

    @property
    def answer(self) -> Answer:
        return Answer(tuple(self._utterances), self._digits)

    @property
    def typed(self) -> bool:
        """True once a DTMF digit was pressed, also when what was typed has been forgotten since."""
        return self._too_long or bool(self._digits)

    def ask(self, from_ms: int) -> None:
        """Take what is said from this time of the call's media on, and the DTMF digits pressed from now on."""
        self.close()
        self._from_ms = from_ms

    def close(self) -> None:
        """Forget what was said and typed, and take no more."""
        self._from_ms = None
        self._utterances.clear()
        self._digits = ""
        self._too_long = self._tainted = self.interrupted = self.entered = False

    def judged(self, judged: JudgedPiece) -> None:
        """Take a verdict on the caller's speech when it answers the question.

        Speech that objects, asks back, or holds what may not be kept (a social-security number) is no answer: it
        interrupts the question, and its words are not used.
        """
        verdict, piece = judged.verdict, judged.piece
        if self._from_ms is None or piece.channel is not Channel.CALLER or piece.start_ms < self._from_ms:
            return
        self._tainted = self._tainted or bool(verdict.sensitive)
        if not piece.final:
            # Of what is still being said only an objection that acts is certain.
            self.interrupted = self.interrupted or (judged.objects and verdict.band is Band.ACT)
            return
        if self._tainted or judged.about_recording:
            self._tainted, self.interrupted = False, True
        elif verdict.speech and verdict.text.strip():
            self._utterances.append(verdict.text)

    def press(self, digit: str, *, at_s: float, at_ms: int) -> None:
        """Take a DTMF digit: a figure, ENTER, or CLEAR to begin again."""
        self.last_digit_s = at_s
        if digit == ENTER:
            # Alone it is what ended the entry before this one.
            self.entered = self.typed
        elif digit == CLEAR:
            self._digits, self._too_long = "", False
        elif digit.isdigit() and not self.entered:
            if not self.typed:
                self.first_digit_ms = at_ms
            self._too_long = self._too_long or len(self._digits) >= DIGITS_MAX
            self._digits = "" if self._too_long else self._digits + digit
