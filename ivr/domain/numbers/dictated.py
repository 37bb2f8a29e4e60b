"""Digits that are dictated piece by piece, with words between them that the ear made of other digits. Pure.

A misheard group looks like talk ("Soyez Byzanté" for "soixante-dix-huit"), so shape and checksum cannot be asked for
here: only that somebody says short groups one after the other, or that a number was named before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from stdnum import iban, luhn

from ivr.domain.hearing.transcript_window import HeardPiece
from ivr.domain.hearing.verdict import SensitiveSpan
from ivr.domain.numbers import nir
from ivr.domain.numbers.embedded import doubtful_from, whole_telephone
from ivr.domain.numbers.number_words import Token, tokens
from ivr.domain.numbers.sensitive import announced, asks_for_other_number
from ivr.domain.numbers.spoken_digits import DigitRun, digit_runs, words_beside

_MONTH = re.compile(r"janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre")
_DATE = re.compile(r"(?:0?[1-9]|[12]\d|3[01])(?:0?[1-9]|1[0-2])(?:19|20)\d\d")
#: So long is each kind of number with all that belongs to it; a digit may have been heard twice or made of a word, so
#: that what no key or check digit proves is waited for a little longer.
_COMPLETE = {"nir": nir.KEYED, "card": 16, "iban": 25}
_UNPROVEN_DIGITS_MORE = 4
_PROVES: Mapping[str, Callable[[str], bool]] = {
    "nir": nir.has_key,
    "card": lambda digits: bool(luhn.is_valid(digits)),
    "iban": lambda digits: bool(iban.is_valid(f"FR{digits}")),
}
_WORDS_BESIDE_MAX = 6
_WORDS_BEFORE_MAX = 3
_WORDS_AFTER_MAX = 1
#: A few words so soon after a group may be the next one, of which the ear heard no digit.
_NEXT_GROUP_MS, _MISHEARD_WORDS_MAX = 3000, 6
#: So many digits over so many pieces are no other number that a caller tells.
_SCATTERED_DIGITS, _SCATTERED_PIECES = 9, 3
_SCATTERED_DIGITS_NAMED = 18


def counted_runs(spoken: list[Token]) -> list[DigitRun]:
    """Return the runs that may belong to a dictated number: no date, and no "un" that is an article."""
    found = []
    for run in digit_runs(spoken):
        article = run.text == "1" and spoken[run.first].text in ("un", "une") and run.last < len(spoken)
        month = any(
            0 <= at < len(spoken) and _MONTH.fullmatch(spoken[at].text) is not None for at in (run.first - 1, run.last)
        )
        if not article and not month and not _DATE.fullmatch(run.text):
            found.append(run)
    return found


@dataclass(frozen=True, slots=True)
class _Announced:
    kind: str
    from_ms: int
    until_ms: int


class AnnouncedNumber:
    """A NIR, a card or an account that was named, or of which a part was found: the digits that follow are its own."""

    def __init__(self, pause_max_ms: int) -> None:
        self._pause_max_ms = pause_max_ms
        self._going: _Announced | None = None

    def stop(self) -> None:
        self._going = None

    def from_ms(self, at_ms: int) -> int | None:
        """Return since when digits are waited for, at `at_ms` of the call; None when they are not."""
        return self._going.from_ms if self._going is not None and at_ms <= self._going.until_ms else None

    @property
    def until_ms(self) -> int:
        return self._going.until_ms if self._going is not None else 0

    def feed(
        self, piece: HeardPiece, pieces: Sequence[HeardPiece], spans: Sequence[SensitiveSpan]
    ) -> list[SensitiveSpan]:
        """Take the last of `pieces`, of which `spans` were found up to now, and return what more to mask."""
        if self._going is not None and piece.start_ms > self._going.until_ms:
            self._going = None
        until_ms = piece.end_ms + self._pause_max_ms
        named, masked = announced(piece.text), []
        if named is not None:
            kind, start, end = named
            self._going = _Announced(kind, piece.when(start, end)[0], until_ms)
            masked = self._in(piece, after=end)
        elif self._going is not None:
            if not self._over(piece, pieces, spans):
                masked = self._in(piece, after=0) or misheard(piece, pieces, spans, self._going.kind)
        elif found := [one for one in spans if one.kind in _COMPLETE and one.start < piece.end_ms > piece.start_ms]:
            last = max(found, key=lambda span: span.end)
            if last.end > piece.start_ms:
                self._going = _Announced(last.kind, min(one.start for one in found if one.kind == last.kind), until_ms)
        if self._going is None:
            return []
        going = self._going
        if masked or (named is None and self._masked_in(piece, spans)):
            self._going = replace(going, until_ms=until_ms)
        if self._complete(pieces, [*spans, *masked]):
            self._going = None
        return masked

    def _masked_in(self, piece: HeardPiece, spans: Sequence[SensitiveSpan]) -> bool:
        return any(one.start < piece.end_ms and one.end > piece.start_ms for one in spans)

    def _in(self, piece: HeardPiece, *, after: int) -> list[SensitiveSpan]:
        going = self._going
        spoken = tokens(piece.text)
        runs = [run for run in counted_runs(spoken) if run.start >= after]
        digits = sum(len(run.text) for run in runs)
        beside = words_beside(spoken, runs)
        if going is None or not runs or (digits == 1 and beside) or (not after and beside > _WORDS_BESIDE_MAX):
            return []
        # Words beside the digits may be digits that were misheard.
        bare = after or not beside
        times = piece.when(runs[0].start, runs[-1].end) if bare else (piece.start_ms, piece.end_ms)
        return [SensitiveSpan(going.kind, *times)]

    def _over(self, piece: HeardPiece, pieces: Sequence[HeardPiece], spans: Sequence[SensitiveSpan]) -> bool:
        """Another number is named or said: what was announced does not go on."""
        going = self._going
        if going is None:
            return True
        runs = counted_runs(tokens(piece.text))
        said = self._digits([one for one in pieces if one is not piece], spans)
        between = not said or (going.kind == "nir" and len(said) >= nir.DIGITS)
        telephone = any(whole_telephone(run.groups) for run in runs)
        if asks_for_other_number(piece.text) or (between and telephone):
            self._going = None
        return self._going is None

    def _complete(self, pieces: Sequence[HeardPiece], spans: Sequence[SensitiveSpan]) -> bool:
        going = self._going
        if going is None:
            return True
        said, size = self._digits(pieces, spans), _COMPLETE[going.kind]
        return len(said) >= size + _UNPROVEN_DIGITS_MORE or (len(said) >= size and _PROVES[going.kind](said[:size]))

    def _digits(self, pieces: Sequence[HeardPiece], spans: Sequence[SensitiveSpan]) -> str:
        """The digits of it that were masked."""
        going = self._going
        if going is None:
            return ""
        own = [one for one in spans if one.kind == going.kind and one.end >= going.from_ms]
        return "".join(
            run.text
            for piece in pieces
            for run in digit_runs(tokens(piece.text))
            if any(
                one.start < times[1] and times[0] < one.end for one in own for times in [piece.when(run.start, run.end)]
            )
        )


def misheard(
    piece: HeardPiece, pieces: Sequence[HeardPiece], spans: Sequence[SensitiveSpan], kind: str
) -> list[SensitiveSpan]:
    """Return the whole of `piece`, one of `pieces`, as a group of which the ear may have heard no digit.

    It is one when a few words are all that is said soon after digits that stand in `spans`, or after one such group.
    """
    spoken = tokens(piece.text)
    if not piece.final or not 0 < len(spoken) <= _MISHEARD_WORDS_MAX:
        return []
    later = piece
    for before in [one for one in reversed(pieces) if one.end_ms <= piece.start_ms][:2]:
        if later.start_ms - before.end_ms > _NEXT_GROUP_MS:
            break
        hidden = any(one.start < before.end_ms and before.start_ms < one.end for one in spans)
        if hidden and digit_runs(tokens(before.text)):
            return [SensitiveSpan(kind, piece.start_ms, piece.end_ms)]
        later = before
    return []


@dataclass(frozen=True, slots=True)
class Scattered:
    """Short groups one after the other: `masked` are too many digits to be told, from `from_ms` they may become so."""

    masked: tuple[SensitiveSpan, ...] = ()
    from_ms: int | None = None
    until_ms: int = 0


def scattered_digits(pieces: Sequence[HeardPiece], pause_max_ms: int, context: str, kind: str) -> Scattered:
    """Read the last `pieces` as digits with hardly a word beside them; `context` is what was said before.

    Telephone numbers and dates count for nothing, and what is named as another number has more digits to go.
    """
    chain = _chain(pieces, pause_max_ms)
    lead = next((at for at, piece in enumerate(pieces) if chain and piece is chain[0][0]), 0)
    said_since = [piece.text for piece in pieces[max(0, lead - 1) :]]
    named = asks_for_other_number(" ".join([context, *said_since]))
    until_ms = chain[-1][0].end_ms + pause_max_ms if chain else 0
    held: int | None = None
    for begin in range(len(chain)):
        links = chain[begin:]
        said = [(piece, run, at) for piece, runs in links for run in runs for at in range(len(run.groups))]
        groups = [run.groups[at] for _, run, at in said]
        first = doubtful_from(groups)
        if first is None:
            break
        doubtful = said[first:]
        kept = [piece for piece, _ in links if any(one[0] is piece for one in doubtful)]
        piece, run, at = doubtful[0]
        from_ms = piece.when(run.starts[sum(map(len, run.groups[:at]))], run.end)[0]
        if held is None and not named and len(kept) > 1:
            held = from_ms
        digits = sum(map(len, groups[first:]))
        if len(kept) < _SCATTERED_PIECES or digits < (_SCATTERED_DIGITS_NAMED if named else _SCATTERED_DIGITS):
            break
        if sum(map(_beside, links)) - _beside_first(links[0]) <= len(kept) // 2:
            spans = [SensitiveSpan(kind, max(from_ms, one.start_ms), one.end_ms) for one in kept]
            since = [one for one in pieces if one.start_ms > kept[0].start_ms and one not in kept]
            lost = [span for one in since for span in misheard(one, pieces, spans, kind)]
            return Scattered((*spans, *lost), links[-1][0].end_ms, until_ms)
    return Scattered((), held, until_ms)


_Link = tuple[HeardPiece, list[DigitRun]]


def _chain(pieces: Sequence[HeardPiece], pause_max_ms: int) -> list[_Link]:
    """Return the last pieces with digits and hardly a word beside them, as long as no pause parts them."""
    chain: list[_Link] = []
    for piece in reversed(pieces):
        spoken = tokens(piece.text)
        runs = counted_runs(spoken)
        if not runs:
            if digit_runs(spoken):
                break
            continue
        far = chain and chain[0][0].start_ms - piece.end_ms > pause_max_ms
        if far or words_beside(spoken[runs[-1].last :], ()) > _WORDS_AFTER_MAX:
            break
        chain.insert(0, (piece, runs))
        if words_beside(spoken, runs) > _WORDS_BEFORE_MAX:
            break
    return chain


def _beside(link: _Link) -> int:
    return words_beside(tokens(link[0].text), link[1])


def _beside_first(link: _Link) -> int:
    """The words before the first digits: whatever was said before a number began."""
    return words_beside(tokens(link[0].text)[: link[1][0].first], ())
