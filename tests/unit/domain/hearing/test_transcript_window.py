"""Pieces of speech: when their words were said, what a later piece says again, and several read as one."""

from __future__ import annotations

import pytest

from ivr.domain.hearing.transcript_window import HeardPiece, HeardSpeech, Joined, TimedText

#: "mon rib oui" in [1000, 2500): "mon" at 1100, "rib" at 1500, "oui" at 2000.
WORDS = (TimedText(0, 3, 1100, 1400), TimedText(4, 7, 1500, 1900), TimedText(8, 11, 2000, 2400))
PIECE = HeardPiece("mon rib oui", 1000, 2500, WORDS)
BARE = HeardPiece("mon rib oui", 1000, 2500)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (0, 3, (1100, 1400)),
        (4, 7, (1500, 1900)),
        (0, 7, (1100, 1900)),
        (2, 5, (1100, 1900)),
        (3, 4, (1000, 2500)),
        (3, 5, (1500, 1900)),
        (8, 11, (2000, 2400)),
        (0, 11, (1100, 2400)),
        (20, 22, (1000, 2500)),
    ],
)
def test_characters_were_said_when_their_words_were(start: int, end: int, said: tuple[int, int]) -> None:
    assert PIECE.when(start, end) == said
    assert BARE.when(start, end) == (1000, 2500)


def test_a_word_is_never_outside_its_piece_nor_backwards() -> None:
    early = HeardPiece("a b", 1000, 2000, (TimedText(0, 1, 800, 1200), TimedText(2, 3, 1900, 2300)))
    assert early.when(0, 1) == (1000, 1200)
    assert early.when(2, 3) == (1900, 2000)
    assert early.when(0, 3) == (1000, 2000)
    wrong = HeardPiece("a b", 1000, 2000, (TimedText(0, 1, 2500, 2600), TimedText(2, 3, 1700, 1500)))
    assert wrong.when(0, 1) == (2000, 2000)
    assert wrong.when(2, 3) == (1700, 1700)
    mixed = HeardPiece("a b", 1000, 2000, (TimedText(0, 1, 1100, 1900), TimedText(2, 3, 1200, 1500)))
    assert mixed.when(0, 3) == (1100, 1900)


@pytest.mark.parametrize(
    ("at_ms", "text", "end_ms", "words"),
    [
        (2500, "mon rib oui", 2500, 3),
        (2499, "mon rib oui", 2499, 3),
        (2201, "mon rib oui", 2201, 3),
        (2200, "mon rib", 2200, 2),
        (1701, "mon rib", 1701, 2),
        (1700, "mon", 1700, 1),
        (1200, "", 1200, 0),
    ],
)
def test_what_a_later_piece_says_is_taken_away_by_words(at_ms: int, text: str, end_ms: int, words: int) -> None:
    cut = PIECE.until(at_ms)
    assert (cut.text, cut.start_ms, cut.end_ms, cut.words) == (text, 1000, end_ms, WORDS[:words])
    assert BARE.until(at_ms).text == "mon rib oui"
    assert BARE.until(at_ms).end_ms == end_ms
    assert PIECE.until(2500) is PIECE


def speech(*pieces: HeardPiece, most: int = 4) -> tuple[list[bool], list[HeardPiece]]:
    heard = HeardSpeech(pieces_max=most)
    return [heard.take(piece) for piece in pieces], heard.pieces


def test_each_word_counts_once_and_old_verdicts_change_nothing() -> None:
    later = HeardPiece("rib oui", 1450, 2600)
    assert speech(PIECE, later) == ([True, True], [PIECE.until(1450), later])
    older = HeardPiece("mon", 1000, 2400)
    assert speech(PIECE, older) == ([True, False], [PIECE])
    again = HeardPiece("mon rib non", 1000, 2500)
    assert speech(PIECE, again) == ([True, True], [again])
    begun_before = HeardPiece("or mon rib oui", 900, 2500)
    assert speech(PIECE, begun_before) == ([True, True], [begun_before])


def test_only_the_last_pieces_are_kept_until_they_are_cleared() -> None:
    pieces = [HeardPiece(str(n), n * 1000, n * 1000 + 500) for n in range(6)]
    assert speech(*pieces)[1] == pieces[2:]
    assert speech(*pieces, most=2)[1] == pieces[4:]
    heard = HeardSpeech(pieces_max=2)
    heard.take(PIECE)
    heard.clear()
    assert heard.pieces == []
    assert heard.take(HeardPiece("avant", 0, 100))


def test_pieces_are_joined_without_the_marks_that_a_pause_made() -> None:
    one, two, three = HeardPiece("mon rib.", 0, 1000), HeardPiece("c'est…", 1000, 2000), HeardPiece("le 12", 2500, 3000)
    joined = Joined.of([one, two, three], ", ")
    assert joined.text == "mon rib. c'est, le 12"
    assert joined.starts == (0, 9, 16)
    assert joined.pieces == (one, two, three)
    assert [joined.piece_at(at) for at in (0, 8, 9, 15, 16, 20)] == [0, 0, 1, 1, 2, 2]
    assert Joined.of([one, HeardPiece("et", 1001, 1500)], ". ").text == "mon rib. et"
    assert Joined.of([HeardPiece("a ,;:.", 0, 1), HeardPiece("b", 2, 3)], " ").text == "a b"


def test_a_part_of_joined_text_was_said_in_each_piece_it_stands_in() -> None:
    after = HeardPiece("c'est 12", 3000, 4000, (TimedText(0, 5, 3100, 3300), TimedText(6, 8, 3400, 3900)))
    joined = Joined.of([PIECE, after], ", ")
    assert joined.text == "mon rib oui, c'est 12"
    assert joined.when(4, 7) == [(1500, 1900)]
    assert joined.when(19, 21) == [(3400, 3900)]
    assert joined.when(8, 21) == [(2000, 2400), (3100, 3900)]
    assert joined.when(0, 13) == [(1100, 2400)]
    assert joined.when(0, 14) == [(1100, 2400), (3100, 3300)]


def test_of_two_that_end_together_the_later_one_is_taken_and_an_older_one_is_not() -> None:
    heard = HeardSpeech(pieces_max=4)
    for text, start_ms, end_ms, taken in (
        ("mon rib", 1000, 2000, True),
        ("mon rib oui", 1000, 2000, True),
        ("mon", 1000, 1999, False),
        ("oui", 2000, 2001, True),
    ):
        assert heard.take(HeardPiece(text, start_ms, end_ms)) is taken
    assert [piece.text for piece in heard.pieces] == ["mon rib oui", "oui"]
