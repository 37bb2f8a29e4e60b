"""Follows one channel of our side for forbidden questions (ASK-001, ASK-002, ASK-005). Pure state, no clock.

"Nous ne vous demanderons jamais", a breath, "votre RIB" is no question: what was said just before is read along.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.domain.asks.detector import AskDetector
from ivr.domain.asks.grammar import VERB
from ivr.domain.asks.phrase_bank import Mention, SpeechAct
from ivr.domain.call.party import Direction
from ivr.domain.hearing.transcript_window import HeardPiece, HeardSpeech, Joined
from ivr.domain.hearing.verdict import AskSpan
from ivr.domain.text.plain_text import plain_text

#: A sentence goes on after a pause of this length at most.
PAUSE_MAX_MS = 1200
#: A question is heard in overlapping pieces, whose times differ a little.
_SAME_MS = 400
_KNOWN_MAX = 32
_PIECES_MAX = 8
_READ_BACK_MS = 25_000


class AskWatch:
    """One channel of one call. Not thread-safe; feed it pieces in the order in which they were said."""

    def __init__(self, detector: AskDetector) -> None:
        self._detector = detector
        self._speech = HeardSpeech(pieces_max=_PIECES_MAX)

    def feed(self, piece: HeardPiece, direction: Direction, *, at_pause: bool) -> tuple[AskSpan, ...]:
        """Take the next piece and return the forbidden questions that end in it, in order.

        In a piece that is not final the last sentence may still turn harmless ("votre RIB n'est pas utile"): it
        counts only when it is a question and the speaker pauses. A question may be told again with the next piece.
        """
        if not self._speech.take(piece):
            return ()
        found = [] if self._goes_on() else self._found(direction, stops=True)
        # Read as one sentence where that tells more: what stands between the stops is the better place.
        found += [
            (span, last)
            for span, last in self._found(direction, stops=False)
            if not any(_same(span, known) for known, _ in found)
        ]
        whole = piece.final or (at_pause and piece.text.rstrip().endswith("?"))
        certain = dict.fromkeys(span for span, last in found if whole or not last)
        return tuple(sorted(certain, key=lambda span: (span.start, span.end)))

    def _found(self, direction: Direction, *, stops: bool) -> list[tuple[AskSpan, bool]]:
        """The questions that end in the last piece, and whether each stands in its last sentence.

        A transcriber closes each piece with a full stop, whether the sentence ends there or not: the pieces are read
        with these `stops`, or as if the speaker had gone on.
        """
        joined = Joined.of(self._sentence(), ". " if stops else " ")
        text = joined.text.rstrip()
        return [
            (AskSpan(ask.rule, ask.families, *_bounds(joined.when(ask.start, ask.end))), ask.end >= len(text))
            for ask in self._detector.asks(text, direction)
            if ask.end > joined.starts[-1]
        ]

    def _goes_on(self) -> bool:
        """Say whether the last piece may be the end of what was denied before: "nous ne demandons jamais", "le RIB"."""
        bank = self._detector.bank
        *before, last = (plain_text(piece.text, bank.abbreviations).text for piece in self._sentence())
        denied = any(bank.mentions[Mention.NEGATION].search(text) for text in before)
        return denied and "?" not in last and not VERB.search(last) and not bank.acts[SpeechAct.PLEASE].search(last)

    def _sentence(self) -> list[HeardPiece]:
        """The last piece and those before it that it may go on from."""
        pieces = self._speech.pieces
        found = [pieces[-1]]
        for piece in reversed(pieces[:-1]):
            apart = found[0].start_ms - piece.end_ms > PAUSE_MAX_MS
            if apart or pieces[-1].end_ms - piece.start_ms > _READ_BACK_MS:
                break
            found.insert(0, piece)
        return found


def _bounds(times: list[tuple[int, int]]) -> tuple[int, int]:
    return times[0][0], times[-1][1]


class KnownAsks:
    """The questions of one channel, each once, however many pieces it was heard in."""

    def __init__(self) -> None:
        self._known: list[AskSpan] = []

    def is_new(self, ask: AskSpan) -> bool:
        """Note a question; False when it was heard before, and may now reach further."""
        for at, known in enumerate(self._known):
            if _same(ask, known, within_ms=_SAME_MS):
                families = tuple(dict.fromkeys((*known.families, *ask.families)))
                start, end = min(known.start, ask.start), max(known.end, ask.end)
                self._known[at] = AskSpan(ask.rule, families, start, end)
                return False
        self._known = [*self._known, ask][-_KNOWN_MAX:]
        return True

    def __iter__(self) -> Iterator[AskSpan]:
        return iter(tuple(self._known))


def _same(one: AskSpan, other: AskSpan, *, within_ms: int = 0) -> bool:
    overlap = one.start < other.end + within_ms and other.start < one.end + within_ms
    return overlap and one.rule == other.rule and bool(set(one.families) & set(other.families))
