"""Digits dictated piece by piece, some of them misheard: what is masked, what is held, and what ends it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.domain.hearing.transcript_window import HeardPiece, TimedText
from ivr.domain.hearing.verdict import SensitiveSpan
from ivr.domain.numbers.dictated import AnnouncedNumber, Scattered, counted_runs, misheard, scattered_digits
from ivr.domain.numbers.number_words import tokens

PAUSE_MS = 15_000


def timed(text: str, start_ms: int) -> HeardPiece:
    """A piece whose words last 100 ms each."""
    words, place = [], 0
    for at, word in enumerate(text.split(" ")):
        words.append(TimedText(place, place + len(word), start_ms + 100 * at, start_ms + 100 * at + 100))
        place += len(word) + 1
    return HeardPiece(text, start_ms, start_ms + 100 * len(words), tuple(words))


def said(*texts: str, gap_ms: int = 1000) -> list[HeardPiece]:
    pieces: list[HeardPiece] = []
    for text in texts:
        pieces.append(timed(text, pieces[-1].end_ms + gap_ms if pieces else 0))
    return pieces


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("12 34", ["1234"]),
        ("un chien", []),
        ("une maison", []),
        ("c'est un", ["1"]),
        ("1 chien", ["1"]),
        ("un deux chiens", ["12"]),
        ("un chien et 12", ["12"]),
        *((f"le 12 {month} et 34", ["34"]) for month in (
            "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
            "novembre", "décembre")),
        ("mars 1985", []),
        ("12 marsouins", ["12"]),
        ("12031985", []),
        ("12 03 1985", []),
        ("31 12 2026", []),
        ("1 2 1985", []),
        ("32 12 2026", ["32122026"]),
        ("30 13 2026", ["30132026"]),
        ("12 00 1985", ["12001985"]),
        ("12 03 1885", ["12031885"]),
        ("12 03 1985 7", ["120319857"]),
        ("bonjour", []),
    ],
)  # fmt: skip
def test_runs_that_may_belong_to_a_dictated_number(text: str, runs: list[str]) -> None:
    assert [run.text for run in counted_runs(tokens(text))] == runs


def masked(found: Scattered, pieces: list[HeardPiece]) -> list[tuple[int, int]]:
    """Which pieces are masked, and from how many milliseconds of them on."""
    spans = []
    for span in found.masked:
        (at,) = [n for n, piece in enumerate(pieces) if piece.start_ms <= span.start < piece.end_ms]
        assert (span.kind, span.end) == ("number", pieces[at].end_ms)
        spans.append((at, span.start - pieces[at].start_ms))
    return spans


@pytest.mark.parametrize(
    ("texts", "context", "hidden"),
    [
        # Nine digits over three pieces.
        (("185", "077", "511"), "", [(0, 0), (1, 0), (2, 0)]),
        (("185", "077", "51"), "", []),
        (("1850775", "11"), "", []),
        (("1850775", "11", "6"), "", [(0, 0), (1, 0), (2, 0)]),
        (("alors c'est 185", "077", "511"), "", [(0, 200), (1, 0), (2, 0)]),
        # A word for each piece may be misheard digits; more are talk.
        (("185", "soyez 077", "511"), "", [(0, 0), (1, 0), (2, 0)]),
        (("185", "soyez byzanté 077", "511"), "", []),
        (("185", "soyez 077", "byzanté 511"), "", []),
        (("185", "soyez 077", "511 byzanté", "116"), "", [(0, 0), (1, 0), (2, 0), (3, 0)]),
        (("185", "077", "511 fois rien"), "", []),
        (("bonjour monsieur voici 185", "077", "511"), "", [(0, 300), (1, 0), (2, 0)]),
        (("bonjour mon cher monsieur voici donc 185", "077", "511"), "", [(0, 600), (1, 0), (2, 0)]),
        # Talk without digits parts nothing, a long pause does.
        (("185", "je ne vois rien sans mes lunettes rouges", "077", "511"), "", [(0, 0), (2, 0), (3, 0)]),
        # A few words may be a group of which no digit was heard.
        (("185", "je ne vois rien", "077", "511"), "", [(0, 0), (2, 0), (3, 0), (1, 0)]),
        # Telephone numbers and dates count for nothing.
        (("06 12", "34 56", "78"), "", []),
        (("06 12 34 56 78", "185", "077", "511"), "", [(1, 0), (2, 0), (3, 0)]),
        (("06 12 34", "56 78 185", "077", "511"), "", [(1, 200), (2, 0), (3, 0)]),
        (("185", "le 12 mars", "077", "511"), "", []),
        (("le 12 mars", "185", "077", "511"), "", [(1, 0), (2, 0), (3, 0)]),
        # What is named as another number has more digits to go.
        (("185", "077", "511"), "votre numéro d'adhérent ?", []),
        (("mon dossier", "185", "077", "511"), "", []),
        (("185077", "185077", "185077"), "mon dossier", [(0, 0), (1, 0), (2, 0)]),
        (("185077", "185077", "18507"), "mon dossier", []),
        (("le dossier", "bonjour", "185", "077", "511"), "", [(2, 0), (3, 0), (4, 0)]),
        ((), "", []),
        (("bonjour",), "", []),
    ],
)
def test_too_many_digits_over_pieces_are_masked(
    texts: tuple[str, ...], context: str, hidden: list[tuple[int, int]]
) -> None:
    pieces = said(*texts)
    found = scattered_digits(pieces, PAUSE_MS, context, "number")
    assert masked(found, pieces) == hidden
    if hidden:
        assert found.from_ms == pieces[-1].end_ms


@pytest.mark.parametrize(("gap_ms", "count"), [(15_000, 3), (15_001, 0)])
def test_a_long_pause_parts_two_numbers(gap_ms: int, count: int) -> None:
    assert len(scattered_digits(said("185", "077", "511", gap_ms=gap_ms), PAUSE_MS, "", "number").masked) == count


@pytest.mark.parametrize(
    ("texts", "context", "from_ms"),
    [
        (("185",), "", None),
        (("185", "077"), "", 0),
        (("voici 185", "077"), "", 100),
        (("185", "bonjour", "077"), "", 0),
        (("185", "077"), "mon dossier", None),
        (("06 12", "34"), "", None),
        (("06 12 34 56 78", "185", "077"), "", 1500),
        (("06 12 34 56 78 185", "077"), "", 500),
        (("185", "quel monde immense grand 077"), "", None),
        (("bonjour",), "", None),
    ],
)
def test_what_may_become_too_many_is_held_from_its_first_digit(
    texts: tuple[str, ...], context: str, from_ms: int | None
) -> None:
    pieces = said(*texts)
    found = scattered_digits(pieces, PAUSE_MS, context, "number")
    assert found.from_ms == from_ms
    assert found.masked == ()
    if from_ms is not None:
        assert found.until_ms == pieces[-1].end_ms + PAUSE_MS


def fed(
    *texts: str, gap_ms: int = 1000, told: tuple[SensitiveSpan, ...] = ()
) -> tuple[list[list[str]], AnnouncedNumber]:
    """The words masked of each piece, as "kind: words"."""
    number, shown, spans = AnnouncedNumber(PAUSE_MS), [], list(told)
    pieces = said(*texts, gap_ms=gap_ms)
    for at, piece in enumerate(pieces):
        found = number.feed(piece, pieces[: at + 1], spans)
        spans += found
        shown.append(
            [
                f"{span.kind}: "
                + " ".join(
                    piece.text[word.start : word.end]
                    for word in piece.words
                    if span.start <= word.start_ms and word.end_ms <= span.end
                )
                for span in found
            ]
        )
    return shown, number


@pytest.mark.parametrize(
    ("texts", "hidden"),
    [
        (("mon numéro de sécu", "un 85", "07 75"), [[], ["nir: un 85"], ["nir: 07 75"]]),
        (("ma carte bancaire c'est 4970", "1012"), [["card: 4970"], ["card: 1012"]]),
        (("voici mon iban", "30006", "00001"), [[], ["iban: 30006"], ["iban: 00001"]]),
        # Digits before the name are none of it; words beside digits may be digits that were misheard.
        (("12 34 c'est ma sécu",), [[]]),
        (("ma sécu", "soyez 85 byzanté"), [[], ["nir: soyez 85 byzanté"]]),
        (("ma sécu", "euh 85 voilà"), [[], ["nir: 85"]]),
        (("ma sécu un homme grand 85 chat 77",), [["nir: 85 chat 77"]]),
        (("ma sécu", "gros chat bleu mange souris grises 85"), [[], ["nir: gros chat bleu mange souris grises 85"]]),
        (("ma sécu", "gros chat bleu mange souris grises noires 85"), [[], []]),
        (("ma sécu", "j'ai 2 chiens"), [[], []]),
        (("ma sécu", "2"), [[], ["nir: 2"]]),
        (("ma sécu", "né le 12 mars", "85"), [[], [], []]),
        (("ma sécu", "je cherche mes lunettes", "185"), [[], [], ["nir: 185"]]),
        # Another number is named, or a whole telephone is said, before its first digit or after its last.
        (("ma sécu", "mon dossier c'est 12 34 56", "78"), [[], [], []]),
        (("ma sécu", "06 12 34 56 78", "85"), [[], [], []]),
        (("ma sécu", "1 85 07", "06 12 34 56 78"), [[], ["nir: 1 85 07"], ["nir: 06 12 34 56 78"]]),
        (("ma sécu", "1 85 07 75 116 001", "06 12 34 56 78", "12"), [[], ["nir: 1 85 07 75 116 001"], [], []]),
        (("ma carte bancaire", "4970 1012 3456 789", "06 12 34 56 78"),
         [[], ["card: 4970 1012 3456 789"], ["card: 06 12 34 56 78"]]),
        # It is over when all its digits were said.
        (("ma sécu", "1 85 07 75 116 001 91", "12"), [[], ["nir: 1 85 07 75 116 001 91"], []]),
        (("ma sécu", "1 85 07 75 116 001 9", "12", "34"), [[], ["nir: 1 85 07 75 116 001 9"], ["nir: 12"], []]),
        (("ma carte bancaire", "4970 1012", "3456 7893", "12"), [[], ["card: 4970 1012"], ["card: 3456 7893"], []]),
        (("ma carte bancaire", "4970 1012 3456 789", "3", "12"),
         [[], ["card: 4970 1012 3456 789"], ["card: 3"], []]),
        (("mon rib", "76 30006 00001 1234567", "8901 8", "9", "34"),
         [[], ["iban: 76 30006 00001 1234567"], ["iban: 8901 8"], ["iban: 9"], []]),
        # What its key or check digit does not prove may have a group to come: a digit was heard too many.
        (("ma sécu", "1 85 07 75 116 001 92", "12", "34", "56"),
         [[], ["nir: 1 85 07 75 116 001 92"], ["nir: 12"], ["nir: 34"], []]),
        (("ma carte bancaire", "40 9 70 10", "10 12 34 56", "78 93", "12"),
         [[], ["card: 40 9 70 10"], ["card: 10 12 34 56"], ["card: 78 93"], ["card: 12"]]),
        (("ma carte bancaire", "4970 1012 3456 7893", "12"), [[], ["card: 4970 1012 3456 7893"], []]),
        (("mon rib", "77 30006 00001 12345678901 89", "12"),
         [[], ["iban: 77 30006 00001 12345678901 89"], ["iban: 12"]]),
        # Of a group the ear may have heard no digit at all: a few words are all that is said, soon after another.
        (("ma carte bancaire", "4970", "soyez byzanté", "3456"),
         [[], ["card: 4970"], ["card: soyez byzanté"], ["card: 3456"]]),
        (("ma carte bancaire", "4970 1012 3456", "on t'est 18 août"),
         [[], ["card: 4970 1012 3456"], ["card: on t'est 18 août"]]),
        (("ma sécu", "185", "soyez byzanté", "encore rien", "toujours rien"),
         [[], ["nir: 185"], ["nir: soyez byzanté"], ["nir: encore rien"], []]),
        (("ma sécu", "185", "un deux trois quatre cinq six sept"),
         [[], ["nir: 185"], ["nir: un deux trois quatre cinq six sept"]]),
        (("ma sécu", "185", "gros chat bleu mange souris grises"),
         [[], ["nir: 185"], ["nir: gros chat bleu mange souris grises"]]),
        (("ma sécu", "185", "gros chat bleu mange souris grises noires"), [[], ["nir: 185"], []]),
        (("ma sécu", "185", ""), [[], ["nir: 185"], []]),
        (("ma sécu", "185", "mon dossier"), [[], ["nir: 185"], []]),
        (("ma sécu", "rien du tout", "soyez byzanté"), [[], [], []]),
        (("ma carte bancaire", "4970 1012 3456 7893", "merci beaucoup"),
         [[], ["card: 4970 1012 3456 7893"], []]),
        # The last name counts.
        (("ma sécu", "ma carte bancaire", "4970"), [[], [], ["card: 4970"]]),
        (("bonjour", "185", "077"), [[], [], []]),
    ],
)  # fmt: skip
def test_the_digits_after_a_name_are_its_own(texts: tuple[str, ...], hidden: list[list[str]]) -> None:
    assert fed(*texts)[0] == hidden


def test_a_group_of_which_no_digit_was_heard_comes_soon_and_is_over() -> None:
    near = [[], ["nir: 185"], ["nir: soyez byzanté"]]
    assert fed("ma sécu", "185", "soyez byzanté", gap_ms=3000)[0] == near
    assert fed("ma sécu", "185", "soyez byzanté", gap_ms=3001)[0] == [*near[:2], []]
    unfinished = replace(said("ma sécu", "185", "soyez byzanté")[2], final=False)
    told = [SensitiveSpan("nir", 0, 10_000)]
    assert misheard(unfinished, [*said("ma sécu", "185"), unfinished], told, "nir") == []


def test_a_name_is_waited_upon_for_a_pause_and_again_after_each_digit() -> None:
    assert fed("ma sécu", "185", "077", gap_ms=15_000)[0] == [[], ["nir: 185"], ["nir: 077"]]
    assert fed("ma sécu", "185", gap_ms=15_001)[0] == [[], []]
    assert fed("ma sécu", "rien du tout", "185", gap_ms=8000)[0] == [[], [], []]


def test_what_is_waited_for_is_known_with_its_time() -> None:
    _, number = fed("voici ma sécu")
    assert number.until_ms == 300 + PAUSE_MS
    assert [number.from_ms(at) for at in (300, 300 + PAUSE_MS, 301 + PAUSE_MS)] == [200, 200, None]
    number.stop()
    assert number.from_ms(300) is None
    assert number.until_ms == 0
    _, number = fed("ma sécu", "185")
    assert number.until_ms == 1300 + PAUSE_MS
    assert number.from_ms(1300) == 100
    assert fed("bonjour")[1].from_ms(0) is None
    assert fed("ma sécu", "1 85 07 75 116 001 91")[1].from_ms(0) is None


def test_a_part_that_was_found_is_as_good_as_a_name() -> None:
    nir = SensitiveSpan("nir", 0, 400)
    assert fed("1 85 07 75", "116", told=(nir,))[0] == [[], ["nir: 116"]]
    assert fed("1 85 07 75", "116", told=(SensitiveSpan("cvv", 0, 400),))[0] == [[], []]
    assert fed("1 85 07 75", "116", told=(SensitiveSpan("nir", 400, 500),))[0] == [[], []]
    number = fed("je dis 1 85 07 75", told=(SensitiveSpan("nir", 200, 600), SensitiveSpan("card", 100, 300)))[1]
    assert number.from_ms(0) == 200
    assert number.until_ms == 600 + PAUSE_MS
    whole = (SensitiveSpan("nir", 0, 700),)
    assert fed("1 85 07 75 116 001 91", "12", told=whole)[0] == [[], []]
    assert fed("1 85 07 75 116 001 9", "12", told=whole)[0] == [[], ["nir: 12"]]
