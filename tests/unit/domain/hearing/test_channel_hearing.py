"""What moves the cleared mark of one channel, and what holds it."""

from __future__ import annotations

from dataclasses import replace

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.cleared_mark import ChannelHearing, HearingSettings, Piece
from ivr.domain.hearing.verdict import Band, Comprehension, Ground, Label, PendingNumber, SensitiveSpan, Verdict

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
CLEAR = Verdict(Label.NONE, Band.CLEAR, 0.0)


def act(onset_ms: int | None) -> Verdict:
    return Verdict(Label.OBJECTION_RECORDING, Band.ACT, 0.95, onset_ms, ground=Ground.EXPLICIT)


def doubt() -> Verdict:
    return Verdict(Label.OBJECTION_RECORDING, Band.DOUBT, 0.5)


def hearing(**changes: int) -> ChannelHearing:
    return ChannelHearing(Channel.CALLER, HearingSettings(**{**vars(HEARING), **changes}))


def test_silence_is_cleared_once_the_voice_detector_is_certain() -> None:
    one = hearing()
    one.seen(1000)
    assert one.mark_ms == 700


def test_speech_holds_the_mark_at_its_onset_until_judged() -> None:
    one = hearing()
    one.seen(1000)
    one.speech_started(800)
    one.seen(1600)
    one.speech_ended(1600)
    piece = one.next_piece()
    assert piece == Piece(1, Channel.CALLER, 800, 1600, final=True)
    assert one.mark_ms == 800
    one.judged(piece.id, CLEAR)
    assert one.mark_ms == 1300


def test_a_clear_partial_moves_the_mark_to_its_overlap_only() -> None:
    one = hearing()
    one.speech_started(0)
    one.seen(1000)
    piece = one.next_piece()
    assert piece is not None
    assert not piece.final
    one.judged(piece.id, CLEAR)
    assert one.mark_ms == 1000 - HEARING.overlap_ms


def test_the_next_piece_begins_at_the_mark_so_that_nothing_goes_unheard() -> None:
    one = hearing()
    one.speech_started(0)
    one.seen(1000)
    first = one.next_piece()
    assert first is not None
    one.judged(first.id, CLEAR)
    one.seen(1600)
    second = one.next_piece()
    assert second is not None
    assert second.start_ms == one.mark_ms


def test_a_final_piece_does_not_wait_for_a_partial_one() -> None:
    one = hearing()
    one.speech_started(0)
    one.seen(1000)
    partial = one.next_piece()
    one.seen(1200)
    one.speech_ended(1200)
    final = one.next_piece()
    assert partial is not None
    assert final is not None
    assert (final.start_ms, final.end_ms, final.final) == (0, 1200, True)


def test_a_clear_partial_does_not_move_the_mark_while_the_final_piece_is_out() -> None:
    one = hearing()
    one.speech_started(0)
    one.seen(1000)
    partial = one.next_piece()
    one.seen(1200)
    one.speech_ended(1200)
    one.next_piece()
    assert partial is not None
    one.judged(partial.id, CLEAR)
    assert one.mark_ms == 0


def test_an_objection_cuts_at_its_onset_and_never_before_its_piece() -> None:
    one = hearing()
    one.speech_started(500)
    one.seen(1500)
    piece = one.next_piece()
    assert piece is not None
    one.judged(piece.id, act(100))
    assert one.cut_ms == 500


def test_an_unanswered_piece_is_asked_for_again() -> None:
    one = hearing()
    one.speech_started(0)
    one.seen(500)
    one.speech_ended(500)
    piece = one.next_piece()
    assert piece is not None
    one.unanswered(piece.id)
    again = one.next_piece()
    assert again is not None
    assert (again.start_ms, again.end_ms) == (piece.start_ms, piece.end_ms)


def test_speech_that_waits_too_long_makes_the_channel_deaf() -> None:
    one = hearing()
    one.speech_started(0)
    one.seen(HEARING.backlog_ms)
    assert not one.deaf
    one.seen(HEARING.backlog_ms + 20)
    assert one.deaf
    assert one.mark_ms == 0


def test_a_doubt_holds_the_mark_until_it_is_dispelled() -> None:
    one = hearing()
    one.speech_started(0)
    one.seen(500)
    one.speech_ended(500)
    piece = one.next_piece()
    assert piece is not None
    one.judged(piece.id, doubt())
    one.seen(5000)
    assert one.doubtful
    assert one.mark_ms == 0
    one.doubt_dispelled()
    assert one.mark_ms == 4700


def test_a_doubtful_partial_is_judged_again_with_what_follows() -> None:
    one = hearing()
    one.speech_started(0)
    one.seen(600)
    partial = one.next_piece()
    assert partial is not None
    one.judged(partial.id, doubt())
    assert not one.doubtful
    one.seen(1000)
    one.speech_ended(1000)
    final = one.next_piece()
    assert final is not None
    assert final.start_ms == 0


def test_the_end_of_the_call_needs_no_waiting_for_silence() -> None:
    one = hearing()
    one.seen(1000)
    one.finish()
    assert one.mark_ms == 1000


def test_a_pause_is_asked_about_at_once_even_while_a_partial_is_out() -> None:
    ear = hearing(pause_ms=100, pause_min_ms=300)
    ear.speech_started(1000)
    ear.seen(1400)
    partial = ear.next_piece()
    ear.seen(1560)
    assert ear.next_piece() is None
    ear.paused()
    piece = ear.next_piece()
    assert partial is not None
    assert piece is not None
    assert (piece.start_ms, piece.end_ms, piece.final) == (1000, 1560, False)
    assert ear.next_piece() is None
    # Two are out: the next pause asks for no third.
    ear.seen(1800)
    ear.paused()
    assert ear.next_piece() is None


def test_an_ear_that_is_behind_is_asked_seldomer_and_not_at_pauses() -> None:
    ear = hearing(pause_ms=100, pause_min_ms=300)
    ear.paced(400)
    ear.speech_started(1000)
    ear.seen(1600)
    ear.paused()
    assert ear.next_piece() is None
    ear.seen(1800)
    assert ear.next_piece() is not None


def test_an_ear_that_caught_up_is_asked_often_again() -> None:
    ear = hearing()
    ear.paced(60_000)
    for _ in range(5):
        ear.eased()
    ear.speech_started(1000)
    ear.seen(1400)
    assert ear.next_piece() is not None


def test_the_same_forbidden_span_heard_twice_is_masked_once() -> None:
    ear = hearing()
    ear.speech_started(1000)
    ear.seen(1400)
    card = replace(CLEAR, sensitive=(SensitiveSpan("card", 1100, 1300),))
    for end_ms in (1400, 1700):
        ear.seen(end_ms)
        piece = ear.next_piece()
        assert piece is not None
        ear.judged(piece.id, card)
    assert len(ear.masks) == 1


def test_forbidden_data_that_two_pieces_hear_differently_is_one_mask_and_is_told_once() -> None:
    one = hearing(mask_before_ms=0, mask_after_ms=0)
    one.speech_started(0)
    told: list[SensitiveSpan] = []
    for until_ms, spans in (
        (1000, [SensitiveSpan("nir", 400, 800)]),
        (1600, [SensitiveSpan("nir", 380, 1300), SensitiveSpan("card", 500, 700)]),
        (2200, [SensitiveSpan("nir", 2000, 2100), SensitiveSpan("nir", 1200, 1500)]),
    ):
        one.seen(until_ms)
        piece = one.next_piece()
        assert piece is not None
        told += one.judged(piece.id, replace(CLEAR, sensitive=tuple(spans)))
    assert [(span.kind, span.start) for span in told] == [("nir", 400), ("card", 500), ("nir", 2000)]
    masks = sorted((mask.kind, mask.start_ms, mask.end_ms) for mask in one.masks)
    assert masks == [("card", 500, 700), ("nir", 380, 1500), ("nir", 2000, 2100)]


def digits() -> ChannelHearing:
    """Speech from 800 to 1600 ms that ends in digits, the first of them at 1200 ms; judged."""
    one = hearing()
    one.seen(1000)
    one.speech_started(800)
    one.seen(1600)
    one.speech_ended(1600)
    piece = one.next_piece()
    assert piece is not None
    one.judged(piece.id, replace(CLEAR, pending=PendingNumber(1200, 5000)))
    return one


def test_while_a_number_may_be_going_on_the_mark_stands_at_its_first_digit() -> None:
    one = digits()
    one.seen(5300)
    assert (one.mark_ms, one.pending) == (1200, PendingNumber(1200, 5000))


def test_a_hold_lapses_once_whatever_could_go_on_with_the_number_has_been_judged() -> None:
    one = digits()
    one.seen(4900)
    one.speech_started(4800)
    one.seen(5600)
    one.speech_ended(5600)
    piece = one.next_piece()
    assert piece is not None
    one.seen(9000)
    assert one.mark_ms == 1200, "what was said before the hold's end may go on with the number"
    one.judged(piece.id, replace(CLEAR, pending=one.pending))
    assert (one.mark_ms, one.pending) == (8700, None)


def test_a_verdict_without_a_hold_ends_it_and_one_that_was_overtaken_does_not_bring_it_back() -> None:
    one = hearing()
    one.speech_started(0)
    one.seen(600)
    partial = one.next_piece()
    one.seen(1000)
    one.speech_ended(1000)
    final = one.next_piece()
    assert partial is not None
    assert final is not None
    one.judged(final.id, CLEAR)
    one.judged(partial.id, replace(CLEAR, pending=PendingNumber(100, 9000)))
    one.seen(3000)
    assert (one.mark_ms, one.pending) == (2700, None)


def test_at_the_end_of_the_channel_no_number_goes_on_any_more() -> None:
    one = digits()
    one.seen(2000)
    one.finish()
    assert (one.mark_ms, one.pending) == (2000, None)


def test_what_is_withheld_is_masked_without_being_asked_why() -> None:
    one = hearing()
    one.withhold(-200, 1000, "answer")
    one.withhold(800, 2000, "answer")
    assert [(mask.start_ms, mask.end_ms, mask.kind) for mask in one.masks] == [(0, 2000, "answer")]


def test_what_was_not_understood_holds_the_mark_until_it_is_given_up() -> None:
    one = hearing()
    one.speech_started(800)
    one.seen(1800)
    partial = one.next_piece()
    assert partial is not None
    foreign = replace(CLEAR, comprehension=Comprehension.FOREIGN)
    one.judged(partial.id, foreign)
    assert one.mark_ms == 800
    assert one.unclear is None, "more of it may be understood"
    one.seen(1900)
    one.speech_ended(1900)
    whole = one.next_piece()
    assert whole is not None
    one.judged(whole.id, foreign)
    one.seen(3000)
    assert one.mark_ms == 800
    assert one.unclear == (800, 1900)
    one.unclear_given_up()
    assert one.mark_ms == 2700


def test_a_doubt_that_is_confirmed_cuts_where_it_began_and_without_one_nothing_is_cut() -> None:
    one = hearing()
    one.seen(500)
    assert one.doubt_confirmed() == one.mark_ms
    assert one.cut_ms is None
    one.speech_started(1000)
    one.seen(3000)
    one.speech_ended(2500)
    piece = one.next_piece()
    assert piece is not None
    one.judged(piece.id, doubt())
    assert one.doubt_confirmed() == one.cut_ms == piece.start_ms
