"""The most important tests we have: no order of events ever stores a frame that was not cleared (promises 1 to 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.frame import FRAME_MS
from ivr.domain.audio.spans import Mask
from ivr.domain.hearing.cleared_mark import ChannelHearing, HearingSettings, Piece
from ivr.domain.hearing.endpointing import Endpointer, EndpointSettings, SpeechStarted
from ivr.domain.hearing.verdict import Band, Comprehension, Ground, Label, PendingNumber, SensitiveSpan, Verdict
from ivr.domain.recording.release_buffer import Cleared, ReleaseBuffer, ReleaseSettings, Silence, StereoFrame

HEARING = HearingSettings(
    partial_every_ms=200,
    partial_min_ms=200,
    overlap_ms=300,
    piece_max_ms=1200,
    vad_delay_ms=300,
    backlog_ms=6000,
    mask_before_ms=200,
    mask_after_ms=100,
)
SETTINGS = ReleaseSettings(max_hold_ms=3000, lookback_ms=200)

CLEAR = Verdict(Label.NONE, Band.CLEAR, 0.0)
FOREIGN = Verdict(Label.NONE, Band.CLEAR, 0.0, comprehension=Comprehension.FOREIGN)


def act(onset_ms: int | None) -> Verdict:
    return Verdict(Label.OBJECTION_RECORDING, Band.ACT, 0.95, onset_ms, ground=Ground.EXPLICIT)


def doubt() -> Verdict:
    return Verdict(Label.OBJECTION_RECORDING, Band.DOUBT, 0.5)


@dataclass
class _Listened:
    """One channel with its own model of what has been judged, kept apart from the code under test."""

    hearing: ChannelHearing
    endpointer: Endpointer
    out: dict[int, Piece] = field(default_factory=dict)
    voiced: list[int] = field(default_factory=list)
    """Start of every voiced frame so far, the model's own account of speech."""
    clear_spans: list[tuple[int, int]] = field(default_factory=list)
    onsets: list[int] = field(default_factory=list)
    unclear_spans: list[tuple[int, int]] = field(default_factory=list)
    ended: bool = False


class CallAudio(RuleBasedStateMachine):
    """Frames, verdicts, stalls, overflows, holds, doubts and objections in any order, on two channels."""

    @initialize(told_at_once=st.booleans())
    def call_begins(self, told_at_once: bool) -> None:
        self.now_ms = 0
        self.buffer = ReleaseBuffer(SETTINGS, self._cleared)
        endpoint = EndpointSettings()
        self.channels = {
            channel: _Listened(ChannelHearing(channel, HEARING), Endpointer(endpoint)) for channel in Channel
        }
        self.started_ms: int | None = 0 if told_at_once else None
        if told_at_once:
            self.buffer.start(0)
        self.file_ms: int | None = None
        self.last_frame_end_ms = 0
        self.loud_left: list[int] = []
        self.loud_right: list[int] = []
        self.masks_seen = dict.fromkeys(Channel, 0)
        self.dropped: list[tuple[int, int]] = []
        self.paused = False

    # ---- what may happen

    @rule(
        pattern=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40),
    )
    def frames_arrive(self, pattern: list[tuple[bool, bool]]) -> None:
        for caller, agent in pattern:
            for channel, voiced in ((Channel.CALLER, caller), (Channel.AGENT, agent)):
                self._hear(self.channels[channel], voiced)
            frame = StereoFrame(self.now_ms, b"\x02" * 320, b"\x01" * 320)
            self.buffer.push(frame)
            self.now_ms += FRAME_MS
        self._ask_and_release()

    @rule(turns=st.lists(st.integers(5, 60), min_size=1, max_size=12))
    def somebody_talks_for_long(self, turns: list[int]) -> None:
        for frames in turns:
            self.frames_arrive([(True, False)] * frames)

    @rule(frames=st.integers(1, 60))
    def nobody_talks(self, frames: int) -> None:
        self.frames_arrive([(False, False)] * frames)

    @rule(frames=st.integers(1, 30))
    def frames_are_lost(self, frames: int) -> None:
        lost_until = self.now_ms + frames * FRAME_MS
        self.buffer.lost(self.now_ms, lost_until, "overflow")
        self.dropped.append((self.now_ms, lost_until))
        for one in self.channels.values():
            for _ in range(frames):
                self._hear(one, False, count=False)
        self.now_ms = lost_until
        self._ask_and_release()

    @precondition(lambda self: any(one.out for one in self.channels.values()))
    @rule(
        data=st.data(),
        kind=st.sampled_from(["clear", "clear", "act", "doubt", "foreign", "lost", "sensitive", "digits", "nir"]),
    )
    def the_ear_answers(self, data: st.DataObject, kind: str) -> None:
        one = data.draw(st.sampled_from([one for one in self.channels.values() if one.out]))
        piece = one.out.pop(data.draw(st.sampled_from(sorted(one.out))))
        if kind == "lost":
            one.hearing.unanswered(piece.id)
        elif kind == "act":
            onset = data.draw(st.none() | st.integers(piece.start_ms - 500, piece.end_ms + 500))
            one.hearing.judged(piece.id, act(onset))
            assert one.hearing.cut_ms is not None
            one.onsets.append(piece.start_ms if onset is None else min(max(onset, piece.start_ms), piece.end_ms))
            self.buffer.cut(one.hearing.cut_ms)
        elif kind == "doubt":
            one.hearing.judged(piece.id, doubt())
        elif kind == "foreign":
            one.hearing.judged(piece.id, FOREIGN)
            if one.hearing.unclear is not None:
                one.unclear_spans.append(one.hearing.unclear)
        elif kind == "sensitive":
            start = data.draw(st.integers(piece.start_ms, piece.end_ms))
            span = SensitiveSpan("nir", start, data.draw(st.integers(start, piece.end_ms)))
            one.hearing.judged(piece.id, Verdict(Label.NONE, Band.CLEAR, 0.0, sensitive=(span,)))
            one.clear_spans.append((piece.start_ms, piece.end_ms))
        elif kind == "digits":
            begin = data.draw(st.integers(min(max(piece.start_ms, one.hearing.mark_ms), piece.end_ms), piece.end_ms))
            pending = PendingNumber(begin, piece.end_ms + data.draw(st.integers(0, 2000)))
            one.hearing.judged(piece.id, Verdict(Label.NONE, Band.CLEAR, 0.0, pending=pending))
            one.clear_spans.append((piece.start_ms, piece.end_ms))
        elif kind == "nir":
            # What was held turns out to be the beginning of what is said now.
            begin = one.hearing.pending.from_ms if one.hearing.pending is not None else piece.start_ms
            span = SensitiveSpan("nir", min(begin, piece.start_ms), piece.end_ms)
            one.hearing.judged(piece.id, Verdict(Label.NONE, Band.CLEAR, 0.0, sensitive=(span,)))
            one.clear_spans.append((piece.start_ms, piece.end_ms))
        else:
            one.hearing.judged(piece.id, CLEAR)
            one.clear_spans.append((piece.start_ms, piece.end_ms))
        self._ask_and_release()

    @precondition(lambda self: any(one.out for one in self.channels.values()))
    @rule()
    def the_ear_catches_up(self) -> None:
        while True:
            waiting = [(one, piece) for one in self.channels.values() for piece in one.out.values()]
            if not waiting:
                return
            for one, piece in waiting:
                del one.out[piece.id]
                one.hearing.judged(piece.id, CLEAR)
                one.clear_spans.append((piece.start_ms, piece.end_ms))
            self._ask_and_release()

    @rule()
    def the_disclosure_ends(self) -> None:
        if self.started_ms is None:
            self.started_ms = self.now_ms
        self.buffer.start(self.now_ms)

    @rule(paused=st.booleans())
    def policy_changes_its_mind(self, paused: bool) -> None:
        if paused:
            self.buffer.pause("hold")
        elif self.started_ms is not None:
            self.buffer.start(self.now_ms)

    @precondition(lambda self: self.now_ms > 8000)
    @rule()
    def a_key_objects(self) -> None:
        one = self.channels[Channel.CALLER]
        one.onsets.append(self.now_ms)
        self.buffer.cut(self.now_ms)

    @rule(channel=st.sampled_from(list(Channel)), objected=st.booleans())
    def a_doubt_is_resolved(self, channel: Channel, objected: bool) -> None:
        one = self.channels[channel]
        if not one.hearing.doubtful:
            return
        if objected:
            cut = one.hearing.doubt_confirmed()
            one.onsets.append(cut)
            self.buffer.cut(cut)
        else:
            one.hearing.doubt_dispelled()
            one.clear_spans.append((0, self.now_ms))
        self._ask_and_release()

    @rule(channel=st.sampled_from(list(Channel)))
    def what_was_not_understood_is_given_up(self, channel: Channel) -> None:
        one = self.channels[channel]
        span = one.hearing.unclear
        if span is not None:
            self.buffer.drop_span(*span, "not_understood")
            one.hearing.unclear_given_up()
            # Nobody will judge it: what is asked of it below is that it is never written.
            one.clear_spans.append(span)
        self._ask_and_release()

    # ---- what must never happen

    @invariant()
    def the_mark_never_passes_what_was_not_understood(self) -> None:
        for one in getattr(self, "channels", {}).values():
            span = one.hearing.unclear
            assert span is None or one.hearing.mark_ms <= span[0]

    @invariant()
    def the_mark_never_passes_a_piece_that_is_out(self) -> None:
        for one in getattr(self, "channels", {}).values():
            for piece in one.out.values():
                assert one.hearing.mark_ms <= piece.start_ms

    @invariant()
    def nothing_at_or_after_an_onset_is_written(self) -> None:
        for one in getattr(self, "channels", {}).values():
            assert all(self.last_frame_end_ms <= onset for onset in one.onsets)

    @invariant()
    def nothing_of_a_number_that_may_be_going_on_is_written(self) -> None:
        for one in getattr(self, "channels", {}).values():
            pending = one.hearing.pending
            assert pending is None or self.last_frame_end_ms <= pending.from_ms

    @invariant()
    def masked_audio_is_silent(self) -> None:
        for one in getattr(self, "channels", {}).values():
            for mask in one.hearing.masks[self.masks_seen[one.hearing.channel] :]:
                loud = self.loud_left if mask.channel == "caller" else self.loud_right
                assert not any(mask.start_ms < at_ms + FRAME_MS and at_ms < mask.end_ms for at_ms in loud)
            self.masks_seen[one.hearing.channel] = len(one.hearing.masks)

    @invariant()
    def memory_is_bounded(self) -> None:
        if hasattr(self, "buffer"):
            assert self.buffer.waiting_ms <= SETTINGS.max_hold_ms

    # ---- machinery

    def _hear(self, one: _Listened, voiced: bool, *, count: bool = True) -> None:
        at_ms = one.hearing.frontier_ms
        edge = one.endpointer.frame(at_ms, voiced)
        if isinstance(edge, SpeechStarted):
            one.hearing.speech_started(edge.onset_ms)
        elif edge is not None:
            one.hearing.speech_ended(edge.end_ms)
        one.hearing.seen(at_ms + FRAME_MS)
        started = isinstance(edge, SpeechStarted)
        if count and voiced and (started or one.hearing._open() is not None):
            one.voiced.append(at_ms)

    def _ask_and_release(self) -> None:
        for one in self.channels.values():
            while (piece := one.hearing.next_piece()) is not None:
                assert piece.end_ms - piece.start_ms <= HEARING.piece_max_ms
                one.out[piece.id] = piece
        for item in self.buffer.release():
            self._written(item, self._cleared().masks)

    def _cleared(self) -> Cleared:
        listened = [one.hearing for one in self.channels.values()]
        return Cleared(min(one.mark_ms for one in listened), tuple(mask for one in listened for mask in one.masks))

    def _written(self, item: StereoFrame | Silence, masks: Sequence[Mask]) -> None:
        assert self.started_ms is not None, "written before the disclosure"
        start_ms = item.start_ms if isinstance(item, Silence) else item.at_ms
        assert start_ms == (self.started_ms if self.file_ms is None else self.file_ms), "offsets in the file are false"
        self.file_ms = item.end_ms if isinstance(item, Silence) else item.at_ms + FRAME_MS
        if isinstance(item, Silence):
            return
        self.last_frame_end_ms = self.file_ms
        for one in self.channels.values():
            assert not any(start < self.file_ms and item.at_ms < end for start, end in one.unclear_spans)
            while one.voiced and one.voiced[0] < self.file_ms:
                voiced_ms = one.voiced.pop(0)
                assert _covered(voiced_ms, one.clear_spans), f"{item.at_ms} written, speech at {voiced_ms} unheard"
        if any(item.left):
            self.loud_left.append(item.at_ms)
        if any(item.right):
            self.loud_right.append(item.at_ms)
        for mask in masks:
            if mask.start_ms < self.file_ms and item.at_ms < mask.end_ms:
                assert not any(item.left if mask.channel == "caller" else item.right)


def _covered(at_ms: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= at_ms < end for start, end in spans)


TestCallAudio = CallAudio.TestCase
TestCallAudio.settings = settings(
    max_examples=200, stateful_step_count=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
