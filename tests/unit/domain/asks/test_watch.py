"""What the agent asks is read as it is said: in pieces, with breaths, and in the end with all its words."""

from __future__ import annotations

from functools import cache

import pytest

from ivr.domain.asks.detector import AskDetector
from ivr.domain.asks.watch import AskWatch, KnownAsks
from ivr.domain.call.party import Direction
from ivr.domain.hearing.transcript_window import HeardPiece, TimedText
from ivr.domain.hearing.verdict import AskSpan
from ivr.settings import default_config_dir
from ivr.settings.phrases import load_phrases


@cache
def detector() -> AskDetector:
    return AskDetector(load_phrases(default_config_dir({}) / "phrases"))


def heard(*utterances: str, direction: Direction = Direction.INBOUND, gap_ms: int = 500) -> list[AskSpan]:
    """The questions found in utterances of 2 s each."""
    watch, at, found = AskWatch(detector()), 0, list[AskSpan]()
    for text in utterances:
        found += watch.feed(HeardPiece(text, at, at + 2000), direction, at_pause=True)
        at += 2000 + gap_ms
    return found


@pytest.mark.parametrize(
    "said",
    [
        ["Pouvez-vous me donner votre numéro de sécurité sociale ?"],
        ["Pouvez-vous me donner.", "Votre numéro de sécurité sociale."],
        ["Vous recevrez un courrier.", "Votre numéro de sécu."],
        ["Je n'ai pas trouvé votre dossier.", "Votre numéro de sécu, s'il vous plaît."],
        ["Je n'ai pas trouvé votre dossier.", "Votre numéro de sécu ?"],
        ["Je n'ai pas trouvé votre dossier.", "Donnez-moi votre numéro de sécurité sociale."],
    ],
)
def test_a_question_is_found_with_its_rule_and_family(said: list[str]) -> None:
    asks = heard(*said)
    assert [(ask.rule, ask.families) for ask in asks] == [("ASK-002", ("nir",))]
    assert asks[0].end == 2500 * (len(said) - 1) + 2000


@pytest.mark.parametrize(
    "said",
    [
        ["Nous ne vous demanderons jamais votre RIB."],
        ["Nous ne vous demanderons jamais.", "Votre RIB."],
        ["Je n'ai pas besoin de.", "Votre numéro de sécurité sociale."],
        ["Bonjour madame, que puis-je pour vous ?"],
    ],
)
def test_a_mention_is_no_question_even_in_two_breaths(said: list[str]) -> None:
    assert heard(*said) == []


def test_a_birth_date_may_be_asked_of_who_calls_and_not_of_who_is_called() -> None:
    said = "Quelle est votre date de naissance ?"
    assert heard(said) == []
    assert [ask.rule for ask in heard(said, direction=Direction.OUTBOUND)] == ["ASK-001"]


def test_the_last_sentence_of_an_unfinished_piece_waits_for_its_end() -> None:
    watch = AskWatch(detector())
    partial = HeardPiece("Alors votre numéro de sécurité sociale.", 0, 2000, final=False)
    assert watch.feed(partial, Direction.INBOUND, at_pause=True) == ()
    whole = HeardPiece("Alors votre numéro de sécurité sociale n'est pas nécessaire.", 0, 3000)
    assert watch.feed(whole, Direction.INBOUND, at_pause=True) == ()


@pytest.mark.parametrize(
    ("text", "at_pause"),
    [
        ("Donnez-moi votre RIB. Alors je vais regarder", False),
        ("Vous pouvez me donner votre RIB ?", True),
    ],
)
def test_a_question_that_is_over_is_told_before_the_agent_stops_speaking(text: str, at_pause: bool) -> None:
    piece = HeardPiece(text, 0, 2000, final=False)
    asks = AskWatch(detector()).feed(piece, Direction.INBOUND, at_pause=at_pause)
    assert [ask.families for ask in asks] == [("bank",)]


def test_what_may_still_go_on_is_no_question_yet_however_it_is_written() -> None:
    """A transcriber puts question marks where a speaker has only drawn breath."""
    piece = HeardPiece("Vous pouvez me donner votre RIB ?", 0, 2000, final=False)
    assert AskWatch(detector()).feed(piece, Direction.INBOUND, at_pause=False) == ()


def test_a_question_is_new_once_and_then_known_as_far_as_it_was_heard() -> None:
    known = KnownAsks()
    assert known.is_new(AskSpan("ASK-001", ("bank",), 1000, 2000)) is True
    assert known.is_new(AskSpan("ASK-001", ("bank", "nir"), 1500, 2500)) is False
    assert list(known) == [AskSpan("ASK-001", ("bank", "nir"), 1000, 2500)]
    # Another rule, other families, or another time: another question.
    for other in (("ASK-002", ("bank",), 1000), ("ASK-001", ("birth",), 1000), ("ASK-001", ("bank",), 2900)):
        assert known.is_new(AskSpan(other[0], other[1], other[2], other[2] + 500)) is True
    assert known.is_new(AskSpan("ASK-001", ("bank",), 3799, 4000)) is False
    assert len(list(known)) == 4


def test_a_window_that_begins_after_the_denial_is_read_with_what_was_before_it() -> None:
    text = "nous ne vous demanderons jamais de nous donner votre RIB au téléphone"
    places, place = [], 0
    for n, word in enumerate(text.split(" ")):
        places.append(TimedText(place, place + len(word), n * 400, n * 400 + 400))
        place += len(word) + 1
    watch = AskWatch(detector())
    watch.feed(HeardPiece(text, 0, 4800, tuple(places), final=False), Direction.INBOUND, at_pause=False)
    rest = HeardPiece("de nous donner votre RIB au téléphone.", 2000, 6000)
    assert watch.feed(rest, Direction.INBOUND, at_pause=True) == ()


def spoken(*pieces: tuple[str, int, int]) -> list[list[tuple[str, int, int]]]:
    """What is told with each piece: families and place of its questions."""
    watch = AskWatch(detector())
    return [
        [
            ("+".join(ask.families), ask.start, ask.end)
            for ask in watch.feed(HeardPiece(text, start, end), Direction.INBOUND, at_pause=True)
        ]
        for text, start, end in pieces
    ]


def test_a_sentence_goes_on_after_a_pause_of_twelve_hundred_milliseconds_and_no_longer() -> None:
    assert spoken(("Nous ne demandons jamais", 0, 2000), ("votre RIB.", 3200, 4000))[1] == []
    assert spoken(("Nous ne demandons jamais", 0, 2000), ("votre RIB.", 3201, 4000))[1] == [("bank", 3201, 4000)]


def test_a_question_stands_where_its_pieces_were_said() -> None:
    assert spoken(("Pouvez-vous me donner.", 0, 2000), ("Votre RIB.", 2500, 3500))[1] == [("bank", 2500, 3500)]
    assert spoken(("Pouvez-vous me lire", 0, 2000), ("le numéro sur votre RIB ?", 2000, 3500))[1] == [("bank", 0, 3500)]
    assert spoken(("Votre RIB ?", 0, 1000), ("Et votre numéro de sécu ?", 1500, 3000)) == [
        [("bank", 0, 1000)],
        [("nir", 1500, 3000)],
    ]
    assert spoken(("Votre RIB ?", 1000, 2000), ("Votre RIB ?", 0, 1500))[1] == []


def test_what_was_denied_longer_ago_than_is_read_back_counts_no_more() -> None:
    talk = [("Nous ne demandons jamais", 0, 20_000), ("euh", 20_000, 24_000)]
    assert spoken(*talk, ("votre RIB.", 24_000, 25_000))[2] == []
    assert spoken(*talk, ("votre RIB.", 24_000, 25_001))[2] == [("bank", 20_000, 25_001)]


def test_only_the_last_questions_are_known() -> None:
    known = KnownAsks()
    for n in range(33):
        assert known.is_new(AskSpan("ASK-002", ("bank",), n * 10_000, n * 10_000 + 500))
    assert len(list(known)) == 32
    assert known.is_new(AskSpan("ASK-002", ("bank",), 0, 500)) is True
    assert known.is_new(AskSpan("ASK-002", ("bank",), 320_000, 320_500)) is False


@pytest.mark.parametrize(
    ("start", "end", "new"),
    [(2400, 3000, True), (2399, 3000, False), (0, 600, True), (0, 601, False), (1200, 1500, False)],
)
def test_a_question_heard_again_within_four_hundred_milliseconds_is_the_same(start: int, end: int, new: bool) -> None:
    known = KnownAsks()
    known.is_new(AskSpan("ASK-002", ("bank",), 1000, 2000))
    assert known.is_new(AskSpan("ASK-002", ("bank",), start, end)) is new


@pytest.mark.parametrize(
    "said",
    [
        ["Il me faudrait le numéro.", "De votre carte bancaire."],
        ["Pouvez-vous me dicter les chiffres.", "De votre carte."],
    ],
)
def test_a_full_stop_of_the_transcriber_in_the_middle_of_a_question_does_not_hide_it(said: list[str]) -> None:
    """Neither piece asks by itself."""
    assert [ask.rule for ask in heard(*said)] == ["ASK-002"]
    assert [ask for one in said for ask in heard(one)] == []
