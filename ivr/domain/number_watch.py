"""Follows one channel for forbidden numbers that are said over several utterances (ASK-003). Pure state, no clock.

The line feeds it each final piece of a channel with its place in the call. It answers with the spans to mask, which may
lie in pieces fed before, and with the time from which recording must stay held because a number may be going on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.domain.sensitive import sensitive_spans
from ivr.domain.spoken_digits import digit_runs, tokens
from ivr.domain.verdict import SensitiveSpan

#: A number goes on after a pause of this length at most; people look for their glasses.
PAUSE_MAX_MS = 15_000
_PIECES_MAX = 8
#: From so many digits on, a run at the end of an utterance may be the beginning of a forbidden number.
_OPEN_DIGITS = 3
_OPEN_DIGITS_MAX = 28
_CONTEXT_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class HeardPiece:
    """What was understood of one utterance, and where it lies in the call, in milliseconds."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Watched:
    """`spans` are in call milliseconds and each is told once; `hold_from_ms` is None when no number is going on."""

    spans: tuple[SensitiveSpan, ...]
    hold_from_ms: int | None


class NumberWatch:
    """One channel of one call. Not thread-safe; feed it pieces in the order in which they were said."""

    def __init__(self, *, pause_max_ms: int = PAUSE_MAX_MS) -> None:
        self._pause_max_ms = pause_max_ms
        self._pieces: list[HeardPiece] = []
        self._told: set[SensitiveSpan] = set()
        self._prompt = ""

    def feed(self, text: str, start_ms: int, end_ms: int, last_prompt: str = "") -> Watched:
        """Take the next utterance; `last_prompt` is what was said to this party before it, as text.

        A span covers every utterance that holds a part of the number, whole: without word times the place of a digit
        inside an utterance is not known. An utterance fed again with other bounds (long speech is judged in
        overlapping pieces) counts once.
        """
        if self._pieces and start_ms - self._pieces[-1].end_ms > self._pause_max_ms:
            self._pieces.clear()
        self._pieces = [piece for piece in self._pieces if piece.start_ms < start_ms][-(_PIECES_MAX - 1) :]
        self._pieces.append(HeardPiece(text, start_ms, end_ms))
        self._prompt = last_prompt or self._prompt
        found = dict.fromkeys([*self._alone(), *self._together()])
        fresh = tuple(sorted((span for span in found if span not in self._told), key=lambda span: span.start))
        self._told.update(fresh)
        return Watched(fresh, self.hold_from_ms())

    def hold_from_ms(self) -> int | None:
        """Return from when the recording must be held, because what was said last ends in digits.

        It lapses by itself: when nothing follows for `pause_max_ms`, the number is over.
        """
        pieces = _with_digits(self._pieces)
        text, starts = _joined(pieces)
        spoken = tokens(text)
        runs = digit_runs(spoken)
        if not runs or runs[-1].last < len(spoken) - 1:
            return None
        run = runs[-1]
        if not _OPEN_DIGITS <= len(run.text) <= _OPEN_DIGITS_MAX or run.text[0] == "0":
            return None
        return pieces[_piece_at(starts, run.start)].start_ms

    def _alone(self) -> list[SensitiveSpan]:
        last = self._pieces[-1]
        context = " ".join([self._prompt, *(piece.text for piece in self._pieces[:-1])])[-_CONTEXT_CHARACTERS:]
        kinds = dict.fromkeys(span.kind for span in sensitive_spans(last.text))
        kinds.update(dict.fromkeys(span.kind for span in sensitive_spans(last.text, before=context)))
        return [SensitiveSpan(kind, last.start_ms, last.end_ms) for kind in kinds]

    def _together(self) -> list[SensitiveSpan]:
        # Once with everything that was said, for its meaning, and once without "attendez, je cherche mes lunettes".
        found = []
        for pieces in (self._pieces, _with_digits(self._pieces)):
            text, starts = _joined(pieces)
            for span in sensitive_spans(text):
                first, last = _piece_at(starts, span.start), _piece_at(starts, span.end - 1)
                found += [SensitiveSpan(span.kind, piece.start_ms, piece.end_ms) for piece in pieces[first : last + 1]]
        return found


def _with_digits(pieces: Sequence[HeardPiece]) -> list[HeardPiece]:
    return [piece for piece in pieces if digit_runs(tokens(piece.text))]


def _joined(pieces: Sequence[HeardPiece]) -> tuple[str, list[int]]:
    """Return the texts as one, and where each begins; a pause parts numbers as a comma does."""
    text, starts = "", []
    for piece in pieces:
        starts.append(len(text))
        text += piece.text.rstrip(" .,;:…") + ", "
    return text, starts


def _piece_at(starts: Sequence[int], offset: int) -> int:
    return max(n for n, start in enumerate(starts) if start <= offset)
