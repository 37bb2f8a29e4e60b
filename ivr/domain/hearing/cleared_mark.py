"""The cleared mark (promise 1): the time up to which everything said on a channel has been judged harmless.

Silence is cleared by the voice detector once it is certain; speech is cleared when the ear has judged it.
Long speech is judged in overlapping pieces that each begin at the mark, so nothing between two pieces goes
unheard, and the mark never passes the start of a piece that is still out for judgement: whatever onset its
verdict names, no frame from there on has been released. While a number may be going on that may not be kept, the
mark stands where it began; at speech that was not understood it stands until that has been given up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.spans import Mask
from ivr.domain.hearing.verdict import Band, PendingNumber, SensitiveSpan, Verdict

_SLOWEST_PACE_MS = 2400


@dataclass(frozen=True)
class HearingSettings:
    """Milliseconds.

    A partial piece is asked for after `partial_every_ms` of new speech, at least `partial_min_ms` long, and when
    the speaker pauses for `pause_ms` (0: never), which is most often the end of the sentence; it
    moves the mark only to `overlap_ms` before its end, since an objection may straddle it. No piece exceeds
    `piece_max_ms`. `vad_delay_ms` is how late the voice detector may announce an onset. Speech that waits
    longer than `backlog_ms` can no longer be heard: the channel is deaf, and capture must end.
    """

    partial_every_ms: int = 700
    partial_min_ms: int = 900
    pause_ms: int = 120
    pause_min_ms: int = 500
    overlap_ms: int = 6000
    piece_max_ms: int = 12_000
    vad_delay_ms: int = 300
    backlog_ms: int = 90_000
    mask_before_ms: int = 3000
    mask_after_ms: int = 2000


@dataclass(frozen=True)
class Piece:
    """Speech to be judged: [start_ms, end_ms) of one channel; `final` when it reaches the utterance's end."""

    id: int
    channel: Channel
    start_ms: int
    end_ms: int
    final: bool


@dataclass
class _Utterance:
    start_ms: int
    end_ms: int | None = None


@dataclass
class ChannelHearing:
    """The cleared mark of one channel. Pure bookkeeping: times in, pieces and the mark out."""

    channel: Channel
    settings: HearingSettings
    frontier_ms: int = 0
    cut_ms: int | None = None
    masks: list[Mask] = field(default_factory=list)
    pending: PendingNumber | None = None
    _pending_known_ms: int = 0
    _mark_ms: int = 0
    _unjudged: list[_Utterance] = field(default_factory=list)
    _out: dict[int, Piece] = field(default_factory=dict)
    _doubt: Piece | None = None
    _unclear: list[Piece] = field(default_factory=list)
    _asked_end_ms: int = 0
    _next_id: int = 1
    _pace_ms: int = 0
    _paused: bool = False

    # ---- what the voice detector says

    def __post_init__(self) -> None:
        self._mark_ms = self.frontier_ms

    def seen(self, until_ms: int) -> None:
        """The channel's audio has now been seen by the voice detector up to `until_ms`."""
        self.frontier_ms = max(self.frontier_ms, until_ms)
        self._advance()

    def speech_started(self, onset_ms: int) -> None:
        self._unjudged.append(_Utterance(max(onset_ms, self._mark_ms)))
        self._advance()

    def speech_ended(self, end_ms: int) -> None:
        open_ = self._open()
        if open_ is not None:
            open_.end_ms = max(end_ms, open_.start_ms)
            self.frontier_ms = max(self.frontier_ms, open_.end_ms)

    def paused(self) -> None:
        """The speaker holds their breath at the frontier: what they say may be complete."""
        self._paused = self._open() is not None

    def paced(self, waited_ms: int) -> None:
        """The ear took `waited_ms` for a partial piece: ask for them at half the rate that it could answer."""
        self._pace_ms = min(2 * waited_ms, _SLOWEST_PACE_MS)

    def eased(self) -> None:
        """A final piece was judged: try again whether the ear has time for partial ones."""
        self._pace_ms //= 2

    # ---- what is to be judged

    def next_piece(self) -> Piece | None:
        """Return the next piece to send to the ear, or None when nothing is due.

        At most one piece is out at a time, except that a piece at a pause and the final piece of an utterance
        do not wait for another partial one.
        """
        if not self._unjudged:
            return None
        first = self._unjudged[0]
        start = first.start_ms
        if first.end_ms is None:
            return self._partial(start)
        end = min(first.end_ms, start + self.settings.piece_max_ms)
        if any(p.end_ms >= end for p in self._out.values()):
            return None
        return self._send(start, end, final=end == first.end_ms)

    def _partial(self, start: int) -> Piece | None:
        settings = self.settings
        end = min(self.frontier_ms, start + settings.piece_max_ms)
        new_ms = end - max(self._asked_end_ms, start)
        paused, self._paused = self._paused, False
        # An ear that is behind is not asked at pauses too: the final piece will come anyway.
        if paused and self._pace_ms <= settings.partial_every_ms and len(self._out) < 2:
            due = end - start >= settings.pause_min_ms and new_ms >= settings.pause_ms
            return self._send(start, end, final=False) if due else None
        due = new_ms >= max(settings.partial_every_ms, self._pace_ms)
        if self._out or not due or end - start < settings.partial_min_ms:
            return None
        return self._send(start, end, final=False)

    def _send(self, start: int, end: int, *, final: bool) -> Piece:
        piece = Piece(self._next_id, self.channel, start, end, final)
        self._next_id += 1
        self._out[piece.id] = piece
        self._asked_end_ms = end
        return piece

    # ---- what the ear says

    def judged(self, piece_id: int, verdict: Verdict) -> tuple[SensitiveSpan, ...]:
        """Apply a verdict; one for a piece that is no longer out changes nothing.

        Return the forbidden spans that were not known before.
        """
        piece = self._out.pop(piece_id, None)
        if piece is None:
            return ()
        if piece.end_ms >= self._pending_known_ms:
            # A verdict that was overtaken knows less than the one that is here already.
            self.pending, self._pending_known_ms = verdict.pending, piece.end_ms
        masked = tuple(span for span in verdict.sensitive if self._mask(span))
        if verdict.band is Band.ACT:
            onset = piece.start_ms if verdict.onset_ms is None else verdict.onset_ms
            self.objected(min(max(onset, piece.start_ms), piece.end_ms))
            self._retire_speech(piece)
        elif not verdict.understood and self._whole(piece):
            self._unclear.append(piece)
            self._retire_speech(piece)
        elif verdict.band is Band.CLEAR and verdict.understood:
            self._retire_speech(piece)
        elif verdict.understood and self._whole(piece):
            self._doubt = self._doubt or piece
            self._retire_speech(piece)
        # A doubtful or unclear partial decides nothing: the next piece begins where it began and will say more.
        self._advance()
        return masked

    def _whole(self, piece: Piece) -> bool:
        """Whether no longer piece of the same speech can come."""
        return piece.final or piece.end_ms - piece.start_ms >= self.settings.piece_max_ms

    def _mask(self, span: SensitiveSpan) -> bool:
        """Mask a span; the same words are heard in more than one piece. True when they are heard for the first time."""
        start_ms = max(0, span.start - self.settings.mask_before_ms)
        return self._add_mask(start_ms, span.end + self.settings.mask_after_ms, span.kind)

    def _add_mask(self, start_ms: int, end_ms: int, kind: str) -> bool:
        """Masks of one kind that touch are one. True when this is none of those known."""
        known = [m for m in self.masks if m.kind == kind and m.start_ms <= end_ms and start_ms <= m.end_ms]
        for mask in known:
            start_ms, end_ms = min(start_ms, mask.start_ms), max(end_ms, mask.end_ms)
            self.masks.remove(mask)
        self.masks.append(Mask(self.channel.value, start_ms, end_ms, kind))
        return not known

    def withhold(self, start_ms: int, end_ms: int, kind: str) -> None:
        """Write this span as silence, whatever is said in it."""
        self._add_mask(max(0, start_ms), end_ms, kind)

    def unanswered(self, piece_id: int) -> None:
        """The ear gave no verdict (late, overloaded, gone): the piece stays unjudged and is asked for again."""
        if self._out.pop(piece_id, None) is not None:
            self._asked_end_ms = max((p.end_ms for p in self._out.values()), default=0)

    def objected(self, onset_ms: int) -> None:
        """Nothing from `onset_ms` on may ever be released."""
        self.cut_ms = onset_ms if self.cut_ms is None else min(self.cut_ms, onset_ms)

    @property
    def doubtful(self) -> bool:
        return self._doubt is not None

    def doubt_dispelled(self) -> None:
        """The party said that it does not object: what was doubtful is harmless."""
        self._doubt = None
        self._advance()

    def doubt_confirmed(self) -> int:
        """The party does object: cut where the doubtful speech began, and return that time."""
        if self._doubt is not None:
            self.objected(self._doubt.start_ms)
            self._doubt = None
        return self.cut_ms if self.cut_ms is not None else self._mark_ms

    @property
    def unclear(self) -> tuple[int, int] | None:
        """From when to when speech was not understood that holds the mark; None when there is none."""
        if not self._unclear:
            return None
        return min(piece.start_ms for piece in self._unclear), max(piece.end_ms for piece in self._unclear)

    def unclear_given_up(self) -> None:
        """What was not understood has been dropped, and can no longer be stored: the mark may pass it."""
        self._unclear.clear()
        self._advance()

    # ---- the mark

    @property
    def mark_ms(self) -> int:
        return self._mark_ms

    @property
    def deaf(self) -> bool:
        """True when speech has waited so long for a verdict that it can no longer be heard."""
        return bool(self._unjudged) and self.frontier_ms - self._unjudged[0].start_ms > self.settings.backlog_ms

    @property
    def idle(self) -> bool:
        """True when no speech waits for a verdict."""
        return not self._unjudged and not self._out

    @property
    def needed_from_ms(self) -> int:
        """Audio before this time is no longer needed for hearing."""
        starts = [u.start_ms for u in self._unjudged] + [p.start_ms for p in self._out.values()]
        return min([*starts, max(0, self.frontier_ms - self.settings.vad_delay_ms)])

    def finish(self) -> None:
        """The channel has ended: no more frames will come, so silence needs no waiting any more."""
        self.speech_ended(self.frontier_ms)
        self._advance(ended=True)

    def _open(self) -> _Utterance | None:
        return self._unjudged[-1] if self._unjudged and self._unjudged[-1].end_ms is None else None

    def _retire_speech(self, piece: Piece) -> None:
        first = self._unjudged[0] if self._unjudged else None
        if first is None or piece.start_ms > first.start_ms:
            return
        if first.end_ms is not None and piece.end_ms >= first.end_ms:
            self._unjudged.pop(0)
        else:
            first.start_ms = max(first.start_ms, piece.end_ms - self.settings.overlap_ms)

    def _advance(self, *, ended: bool = False) -> None:
        certain = self.frontier_ms if ended else self.frontier_ms - self.settings.vad_delay_ms
        limits = [certain, *(u.start_ms for u in self._unjudged), *(p.start_ms for p in self._out.values())]
        if self._doubt is not None:
            limits.append(self._doubt.start_ms)
        limits += [piece.start_ms for piece in self._unclear]
        if self.cut_ms is not None:
            limits.append(self.cut_ms)
        if self.pending is not None:
            # Whatever could have gone on with the number has been judged, or can no longer come.
            if min(limits) > self.pending.until_ms or (ended and self.idle):
                self.pending = None
            else:
                limits.append(self.pending.from_ms)
        self._mark_ms = max(self._mark_ms, min(limits))
