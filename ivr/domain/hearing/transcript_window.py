"""What was heard lately on one channel, piece by piece, so that what is said over several pieces can be understood.

Long speech is judged in overlapping pieces, and a piece may be judged again: here every word counts once. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class TimedText:
    """Characters [start, end) of a piece's text were said in [start_ms, end_ms) of the call."""

    start: int
    end: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class HeardPiece:
    """What was understood of one piece, and where it lies in the call, in milliseconds.

    `words` say when each part of the text was said; without them a part's place is the whole piece. `final`: the
    speaker had finished.
    """

    text: str = field(repr=False)
    start_ms: int
    end_ms: int
    words: tuple[TimedText, ...] = field(default=(), repr=False)
    final: bool = True

    def when(self, start: int, end: int) -> tuple[int, int]:
        """Return when characters [start, end) were said, in call milliseconds within the piece."""
        within = [word for word in self.words if word.start < end and start < word.end]
        if not within:
            return self.start_ms, self.end_ms
        first = min(max(within[0].start_ms, self.start_ms), self.end_ms)
        return first, max(first, min(max(word.end_ms for word in within), self.end_ms))

    def until(self, at_ms: int) -> HeardPiece:
        """Return what was said before `at_ms`: a later piece says the rest. Whole when nobody knows which words."""
        if self.end_ms <= at_ms:
            return self
        kept = tuple(word for word in self.words if (word.start_ms + word.end_ms) // 2 < at_ms)
        text = self.text[: kept[-1].end if kept else 0] if self.words else self.text
        return replace(self, text=text, end_ms=at_ms, words=kept)


class HeardSpeech:
    """The last pieces of one channel, oldest first. Not thread-safe."""

    def __init__(self, *, pieces_max: int) -> None:
        self._pieces_max = pieces_max
        self.pieces: list[HeardPiece] = []

    def take(self, piece: HeardPiece) -> bool:
        """Take the next piece; what it says again is forgotten of those before it.

        False when it is older than what is known (its verdict was overtaken): nothing changes then.
        """
        if self.pieces and piece.end_ms < self.pieces[-1].end_ms:
            return False
        before = [old.until(piece.start_ms) for old in self.pieces if old.start_ms < piece.start_ms]
        self.pieces = [*before, piece][-self._pieces_max :]
        return True

    def clear(self) -> None:
        self.pieces.clear()


@dataclass(frozen=True, slots=True)
class Joined:
    """The texts of several pieces as one; `starts` says where each begins in it."""

    text: str = field(repr=False)
    starts: tuple[int, ...]
    pieces: tuple[HeardPiece, ...]

    @classmethod
    def of(cls, pieces: Sequence[HeardPiece], between: str) -> Joined:
        """Join with `between`, in place of the full stop or comma that the transcriber put at a pause.

        Pieces without a pause between them are one sentence cut in two.
        """
        text, starts = "", []
        for at, piece in enumerate(pieces):
            if at:
                text = f"{text} " if piece.start_ms <= pieces[at - 1].end_ms else text.rstrip(" .,;:…") + between
            starts.append(len(text))
            text += piece.text
        return cls(text, tuple(starts), tuple(pieces))

    def piece_at(self, offset: int) -> int:
        """Return the index of the piece that holds the character at `offset`."""
        return max(n for n, start in enumerate(self.starts) if start <= offset)

    def when(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return when characters [start, end) were said: a span of call milliseconds for each piece they stand in."""
        found = []
        for at in range(self.piece_at(start), self.piece_at(end - 1) + 1):
            begin = self.starts[at]
            found.append(self.pieces[at].when(max(0, start - begin), end - begin))
        return found
