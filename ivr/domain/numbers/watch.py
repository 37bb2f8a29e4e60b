"""Follows one channel for forbidden numbers that are said over several pieces (ASK-003). Pure state, no clock.

The ear feeds it each piece of a channel with its place in the call. It answers with the spans to mask, which may lie
in pieces fed before, and with the time from which recording must stay held because a number may be going on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from ivr.domain.hearing.transcript_window import HeardPiece, HeardSpeech, Joined
from ivr.domain.hearing.verdict import PendingNumber, SensitiveSpan
from ivr.domain.numbers.dictated import AnnouncedNumber, Scattered, scattered_digits
from ivr.domain.numbers.embedded import doubtful_from
from ivr.domain.numbers.number_words import tokens
from ivr.domain.numbers.sensitive import asks_for_other_number, long_digit_spans, sensitive_spans
from ivr.domain.numbers.spoken_digits import digit_runs

#: A number goes on after a pause of this length at most; people look for their glasses.
PAUSE_MAX_MS = 15_000
#: When it is not known how a number began, its digits count as forbidden for so long at most.
LOST_MAX_MS = 60_000
#: The kind of digits that count as forbidden though nobody can tell what they are.
LOST = "number"
# A card number may be said digit by digit, with a pause after each.
_PIECES_MAX = 32
_PIECES_READ_TOGETHER = 8
_OPEN_DIGITS_MAX = 28
_CONTEXT_CHARACTERS = 200
_PENDING_REMEMBERED = 16
# A verdict may never arrive: its spans are told again with those that follow.
_REMEMBERED_MS = 120_000


@dataclass(frozen=True, slots=True)
class Watched:
    """`spans` are in call milliseconds: all of the last two minutes; `pending`: a number may be going on."""

    spans: tuple[SensitiveSpan, ...]
    pending: PendingNumber | None


class NumberWatch:
    """One channel of one call. Not thread-safe; feed it pieces in the order in which they were said."""

    def __init__(self, *, pause_max_ms: int = PAUSE_MAX_MS) -> None:
        self._pause_max_ms = pause_max_ms
        self._speech = HeardSpeech(pieces_max=_PIECES_MAX)
        self._prompt = ""
        self._announced = AnnouncedNumber(pause_max_ms)
        self._spans: dict[SensitiveSpan, None] = {}
        self._pending: PendingNumber | None = None
        self._pending_known: deque[PendingNumber] = deque(maxlen=_PENDING_REMEMBERED)
        self._lost: PendingNumber | None = None
        self._lost_since_ms = 0
        self._scattered = Scattered()

    def feed(self, piece: HeardPiece, *, last_prompt: str = "", pending: PendingNumber | None = None) -> Watched:
        """Take the next piece; `last_prompt` is what was said to this party before it, as text.

        `pending` is what the asker keeps. One that this watch has not told was told by another that is gone:
        what was pending, and the digits that go on from there, are forbidden, since nobody can tell any more. What lies
        inside a piece without word times is masked whole.
        """
        self._find_lost(piece, pending)
        last = self._speech.pieces[-1] if self._speech.pieces else None
        over = last is not None and piece.start_ms - last.end_ms > self._pause_max_ms
        if over or (last_prompt != self._prompt and asks_for_other_number(last_prompt)):
            # The answer to the next question does not go on with the answer to the one before.
            self._speech.clear()
            self._announced.stop()
        if not self._speech.take(piece):
            return self._answer()
        self._prompt = last_prompt
        for span in (*self._alone(), *self._together()):
            self._spans[span] = None
        for span in self._announced.feed(piece, self._speech.pieces, tuple(self._spans)):
            self._spans[span] = None
        self._scattered = scattered_digits(self._speech.pieces, self._pause_max_ms, self._prompt, LOST)
        for span in self._scattered.masked:
            self._spans[span] = None
        self._go_on_lost(piece)
        self._spans = {span: None for span in self._spans if span.end > piece.start_ms - _REMEMBERED_MS}
        self._pending = self._open()
        return self._answer()

    def unheard(self, piece: HeardPiece, *, pending: PendingNumber | None = None) -> Watched:
        """A piece in which nobody spoke: what was going on goes on."""
        self._find_lost(piece, pending)
        if self._pending is not None and piece.start_ms > self._pending.until_ms:
            self._pending = None
        return self._answer()

    def _answer(self) -> Watched:
        if self._pending is not None and self._pending not in self._pending_known:
            self._pending_known.append(self._pending)
        named = [span for span in self._spans if span.kind != LOST]
        spans = [
            span
            for span in self._spans
            if span.kind != LOST or not any(one.start <= span.start and span.end <= one.end for one in named)
        ]
        return Watched(tuple(sorted(spans, key=lambda span: (span.start, span.end, span.kind))), self._pending)

    # ---- what is found

    def _alone(self) -> list[SensitiveSpan]:
        """What is forbidden in the last piece, by itself or by what was said before it."""
        *earlier, last = self._speech.pieces
        context = " ".join([self._prompt, *(piece.text for piece in earlier)])[-_CONTEXT_CHARACTERS:]
        found = [*sensitive_spans(last.text), *sensitive_spans(last.text, before=context)]
        return [SensitiveSpan(span.kind, *last.when(span.start, span.end)) for span in found]

    def _together(self) -> list[SensitiveSpan]:
        # Once with everything that was said, for its meaning, and once without "attendez, je cherche mes lunettes".
        found = []
        for pieces in (self._speech.pieces[-_PIECES_READ_TOGETHER:], self._dictated()):
            joined = Joined.of(pieces, ", ")
            for span in (*sensitive_spans(joined.text), *long_digit_spans(joined.text, before=self._before(pieces))):
                found += [SensitiveSpan(span.kind, *times) for times in joined.when(span.start, span.end)]
        return found

    def _before(self, pieces: Sequence[HeardPiece]) -> str:
        """What was said before these pieces: the last of it may name the number ("mon dossier, c'est le…")."""
        first = self._speech.pieces.index(pieces[0]) if pieces else 0
        return " ".join([self._prompt, *(piece.text for piece in self._speech.pieces[:first])])[-_CONTEXT_CHARACTERS:]

    def _dictated(self) -> list[HeardPiece]:
        """The last pieces with digits, as long as none of the pauses between them ends a number."""
        found: list[HeardPiece] = []
        for piece in reversed(_with_digits(self._speech.pieces)):
            if found and found[0].start_ms - piece.end_ms > self._pause_max_ms:
                break
            found.insert(0, piece)
        return found

    # ---- what may be going on

    def _open(self) -> PendingNumber | None:
        """What was said last ends in digits that may be the beginning of a forbidden number.

        Digits that are masked already are not pending; the number goes on from the first that are not.
        """
        if self._lost is not None:
            return self._lost
        last = self._speech.pieces[-1]
        found = [self._open_run(), self._open_announced(), self._open_scattered()]
        kept = [pending for pending in found if pending is not None and last.start_ms <= pending.until_ms]
        if not kept:
            return None
        return PendingNumber(min(pending.from_ms for pending in kept), max(pending.until_ms for pending in kept))

    def _open_run(self) -> PendingNumber | None:
        pieces = self._dictated()
        joined = Joined.of(pieces, ", ")
        spoken = tokens(joined.text)
        runs = digit_runs(spoken)
        if not runs or runs[-1].last < len(spoken) - 1:
            return None
        run = runs[-1]
        first = doubtful_from(run.groups)
        if first is None or sum(map(len, run.groups[first:])) > _OPEN_DIGITS_MAX:
            return None
        begin = run.starts[sum(map(len, run.groups[:first]))]
        return self._from_first_unmasked(joined.when(begin, run.end), pieces[-1].end_ms)

    def _open_announced(self) -> PendingNumber | None:
        from_ms = self._announced.from_ms(self._speech.pieces[-1].start_ms)
        if from_ms is None:
            return None
        masked = [span.end for span in self._spans if span.end > from_ms]
        return PendingNumber(max([from_ms, *masked]), self._announced.until_ms)

    def _open_scattered(self) -> PendingNumber | None:
        found = self._scattered
        return None if found.from_ms is None else PendingNumber(found.from_ms, found.until_ms)

    def _from_first_unmasked(self, said: Sequence[tuple[int, int]], end_ms: int) -> PendingNumber:
        for start_ms, until_ms in said:
            if not any(span.start <= start_ms and until_ms <= span.end for span in self._spans):
                return PendingNumber(start_ms, end_ms + self._pause_max_ms)
        return PendingNumber(end_ms, end_ms + self._pause_max_ms)

    # ---- what was lost

    def _find_lost(self, piece: HeardPiece, pending: PendingNumber | None) -> None:
        if pending is None or pending in self._pending_known:
            return
        self._pending_known.append(pending)
        if pending.from_ms < piece.start_ms:
            self._spans[SensitiveSpan(LOST, pending.from_ms, piece.start_ms)] = None
        if piece.start_ms <= pending.until_ms:
            self._lost, self._lost_since_ms = pending, pending.from_ms
            self._pending = pending

    def _go_on_lost(self, piece: HeardPiece) -> None:
        lost = self._lost
        if lost is None:
            return
        if piece.start_ms > lost.until_ms or piece.start_ms - self._lost_since_ms > LOST_MAX_MS:
            self._lost = None
        elif digit_runs(tokens(piece.text)):
            self._spans[SensitiveSpan(LOST, piece.start_ms, piece.end_ms)] = None
            self._lost = PendingNumber(piece.end_ms, piece.end_ms + self._pause_max_ms)
        else:
            self._lost = PendingNumber(max(lost.from_ms, piece.start_ms), lost.until_ms)


def _with_digits(pieces: Sequence[HeardPiece]) -> list[HeardPiece]:
    return [piece for piece in pieces if digit_runs(tokens(piece.text))]
