"""A number said in pieces is one number: masked from its first digit, held while it may go on, and no longer."""

from __future__ import annotations

import pytest

from ivr.domain.hearing.transcript_window import HeardPiece, TimedText
from ivr.domain.hearing.verdict import PendingNumber, SensitiveSpan
from ivr.domain.numbers.watch import LOST, LOST_MAX_MS, PAUSE_MAX_MS, NumberWatch, Watched


def timed(
    text: str, start_ms: int, *, each_ms: int = 400, final: bool = True, until_ms: int | None = None
) -> HeardPiece:
    """A piece whose words are said one after the other, `each_ms` apart, from its start."""
    words, place, at = [], 0, start_ms
    for word in text.split(" "):
        words.append(TimedText(place, place + len(word), at, at + each_ms))
        place, at = place + len(word) + 1, at + each_ms
    return HeardPiece(text, start_ms, at if until_ms is None else until_ms, tuple(words), final)


def watched(*utterances: str, pause_ms: int = 1000) -> list[Watched]:
    watch, at, answers = NumberWatch(), 0, []
    for text in utterances:
        answers.append(watch.feed(HeardPiece(text, at, at + 2000)))
        at += 2000 + pause_ms
    return answers


def starts(answer: Watched, kind: str) -> set[int]:
    return {span.start for span in answer.spans if span.kind == kind}


def test_a_number_said_in_pieces_is_masked_from_its_first_piece() -> None:
    answers = watched(
        "alors c'est un quatre-vingt-cinq",
        "zéro sept",
        "attendez je cherche mes lunettes",
        "soixante-quinze, cent vingt-trois",
        "quatre cent cinquante-six",
        "et la clé quarante-deux",
    )
    assert starts(answers[-1], "nir") == {0, 3000, 9000, 12_000, 15_000}


def test_what_may_become_a_number_is_held_from_its_first_digit_until_it_is_masked() -> None:
    answers = watched("alors c'est un quatre-vingt-cinq", "zéro sept", "soixante-quinze", "cent vingt-trois")
    pending = [answer.pending.from_ms for answer in answers if answer.pending is not None]
    assert pending[:2] == [0, 0]
    masked = {span.start for span in answers[-1].spans}
    assert masked == {0, 3000, 6000, 9000}
    assert pending[-1] == 11_000, "what is masked need not be held; what comes next may go on with it"


def test_even_one_digit_at_the_end_of_an_utterance_is_held() -> None:
    (answer,) = watched("alors c'est le deux")
    assert answer.pending == PendingNumber(0, 2000 + PAUSE_MAX_MS)


def test_a_card_said_in_pieces_is_masked_whole() -> None:
    assert starts(watched("4970", "1012 3456", "7890")[-1], "card") == {0, 3000, 6000}


def test_a_card_said_digit_by_digit_is_masked_whole() -> None:
    said = "quatre neuf sept zéro un zéro un deux trois quatre cinq six sept huit neuf zéro"
    digits = said.split()
    assert starts(watched(*digits)[-1], "card") == {3000 * n for n in range(16)}


def test_a_phone_number_in_pieces_is_neither_held_nor_masked() -> None:
    answers = watched("mon téléphone c'est le zéro six", "douze trente-quatre", "cinquante-six soixante-dix-huit")
    assert answers == [Watched((), None)] * 3


def test_words_after_the_digits_end_the_hold() -> None:
    assert [answer.pending is None for answer in watched("c'est en 1952", "en 1952 à Brest même")] == [False, True]


def test_a_long_pause_ends_a_number() -> None:
    answers = watched("un quatre-vingt-cinq zéro sept", "soixante-quinze cent vingt-trois", pause_ms=20_000)
    assert [answer.spans for answer in answers] == [(), ()]


def test_talk_without_digits_ends_the_hold_in_the_time_of_a_pause() -> None:
    answers = watched("je suis né en 1952", *["et puis voilà madame ça va"] * 7)
    lapsed = [n for n, answer in enumerate(answers) if answer.pending is None]
    assert lapsed == [6, 7], "the pieces from 18 s on begin after the hold's end at 17 s"


def test_a_piece_judged_again_counts_once_and_is_told_again() -> None:
    watch = NumberWatch()
    piece = HeardPiece("1 85 07 75 123 456", 0, 3000)
    assert watch.feed(piece) == watch.feed(piece)
    assert len(watch.feed(piece).spans) == 1


def test_an_older_piece_that_comes_late_changes_nothing() -> None:
    watch = NumberWatch()
    whole = watch.feed(HeardPiece("c'est le 1 85 07 75", 0, 3000))
    assert watch.feed(HeardPiece("c'est le 1 85", 0, 2000, final=False)) == whole


def test_a_number_said_in_one_breath_is_read_over_overlapping_pieces() -> None:
    words = "un quatre-vingt-cinq zéro sept soixante-quinze cent vingt-trois quatre cent cinquante-six"
    said = words.split()
    watch = NumberWatch()
    first = watch.feed(timed(" ".join(said[:3]), 0, final=False))
    assert first.pending is not None
    assert first.pending.from_ms == 0
    watch.feed(timed(" ".join(said[1:5]), 400, final=False))
    last = watch.feed(timed(" ".join(said[2:]), 800))
    spans = [span for span in last.spans if span.kind == "nir"]
    assert min(span.start for span in spans) == 0
    assert max(span.end for span in spans) == 400 * len(said)


def test_a_number_heard_badly_is_masked_for_its_length() -> None:
    answers = watched("bonjour madame alors c'est l'un 85-077.", "75, 123. 75, 125, 123.", "4156 et la clé 42.")
    assert {0, 3000, 6000} <= {span.start for span in answers[-1].spans}


@pytest.mark.parametrize(
    "said",
    [
        ["mon numéro de dossier c'est le 12 34 56", "78 90 12"],
        ["Alors le numéro de dossier.", "12 34 56", "78 90 12"],
        ["le SIRET c'est 812 345", "678 00012"],
        ["06 12 34", "56 78", "et le fixe 02 40 41 42 43"],
        ["33 6 12 34", "56 78"],
        ["mon adhérent c'est 12 34 56 78", "au 44 000 Nantes"],
        ["du 12 03 2025", "au 14 05 2026", "ça fait 125 euros"],
    ],
)
def test_other_long_numbers_in_pieces_are_left_alone(said: list[str]) -> None:
    assert [answer.spans for answer in watched(*said)] == [()] * len(said)


def test_a_number_is_found_and_held_after_a_birth_date() -> None:
    answers = watched("Je suis né le 12 mars 1985", "C'est le 1, 85, 03", "75, 123", "456")
    assert starts(answers[-1], "nir") == {3000, 6000, 9000}
    assert all(answer.pending is not None and answer.pending.from_ms <= 3000 for answer in answers[:-1])


def test_what_follows_a_telephone_number_is_held_until_it_is_masked() -> None:
    answers = watched("mon numéro c'est le 06 12 34 56 78", "et euh 1 85", "07 75", "123 456")
    assert [answer.pending.from_ms if answer.pending else None for answer in answers] == [None, 3000, 3000, 11_000]
    assert starts(answers[-1], "nir") == {3000, 6000, 9000}


def test_a_card_that_is_named_after_a_telephone_number_is_held_and_masked_from_its_first_group() -> None:
    answers = watched("06 12 34 56 78", "et ma carte bancaire c'est", "4970", "1012 3456", "7893")
    assert answers[0].pending is None
    assert [answer.pending.from_ms for answer in answers[1:3] if answer.pending] == [3000, 8000]
    assert starts(answers[2], "card") == {6000}
    assert starts(answers[-1], "card") == {6000, 9000, 12_000}


@pytest.mark.parametrize(
    "last",
    [
        "Soyez Byzanté 1893.",
        "sois exempté d'I-8893.",
        "Soyez d'entendie 893.",
        "Soyez d'entêties huit-cattentraises.",
        "On t'est 18 août.",
    ],
)
def test_misheard_words_between_the_groups_end_no_number_that_was_named(last: str) -> None:
    said = ["je vous donne ma carte bancaire", "49 soit ils ont dit", "10-12.", "34,56.", last]
    answers = watched(*said, pause_ms=800)
    assert {2800, 5600, 8400, 11_200} <= starts(answers[-1], "card")
    assert all(answer.pending is not None for answer in answers[:-1])


def test_a_number_that_was_named_ends_with_its_length_or_with_another_name() -> None:
    card = watched("ma carte bancaire c'est le", "4970 1012 3456 7893", "merci beaucoup", "le dossier c'est le 47382")
    assert starts(card[-1], "card") == {3000}
    other = watched("j'ai perdu ma carte bancaire", "mon code postal c'est 44000")
    assert other[-1].spans == ()


def test_short_groups_that_nobody_names_are_masked_when_they_are_too_many() -> None:
    answers = watched("Hein ? 85.", "07.", "75.", "Sans un trois.", "4156.", pause_ms=2000)
    assert starts(answers[-1], LOST) == {0, 4000, 8000, 12_000, 16_000}
    assert all(answer.pending is not None and answer.pending.from_ms == 0 for answer in answers[:-1])


def test_a_group_of_which_no_digit_was_heard_goes_with_the_others() -> None:
    answers = watched("Hein ? 85.", "07.", "Soyez Byzanté.", "75.", "Sans un trois.", "4156.", "On t'est né.", "Voilà.")
    assert starts(answers[-1], LOST) == {0, 3000, 6000, 9000, 12_000, 15_000, 18_000, 21_000}
    late = watched("Hein ? 85.", "07.", "75.", "Sans un trois.", "4156.", "On t'est né.", pause_ms=3001)
    assert starts(late[-1], LOST) == {0, 5001, 10_002, 15_003, 20_004}


@pytest.mark.parametrize(
    "said",
    [
        ["j'habite au 125", "44000 Nantes", "et j'ai 3 enfants", "le 12 mars"],
        ["mon numéro d'adhérent", "12 34", "56 78", "90"],
        ["06 12", "34 56", "78", "et le fixe 02 40", "41 42 43"],
        ["le 12 mars", "12 03 2025", "à 14 heures", "ou le 15 avril"],
    ],
)
def test_short_groups_of_other_numbers_are_left_alone(said: list[str]) -> None:
    assert watched(*said)[-1].spans == ()


def test_a_code_is_found_after_a_word_that_means_nothing() -> None:
    said = ["je viens de recevoir un SMS", "attendez", "quatre huit deux neuf un zéro"]
    assert starts(watched(*said)[-1], "otp") == {6000}


def test_digits_are_placed_by_the_times_of_their_words() -> None:
    answer = NumberWatch().feed(timed("ma carte c'est le 4970 1012 3456 7890 voilà", 10_000))
    card = [span for span in answer.spans if span.kind == "card"]
    assert (min(s.start for s in card), max(s.end for s in card)) == (11_600, 13_200)


def test_what_was_asked_before_gives_a_number_its_meaning() -> None:
    watch = NumberWatch()
    answer = watch.feed(HeardPiece("4 5 6", 0, 1000), last_prompt="Les trois chiffres au dos de la carte")
    assert [span.kind for span in answer.spans] == ["cvv"]


def test_the_answers_to_two_questions_are_two_numbers() -> None:
    watch = NumberWatch()
    first = HeardPiece("4970 1012", 0, 2000)
    second = HeardPiece("3456 7890", 5000, 7000)
    assert watch.feed(first, last_prompt="Quel est votre numéro d'adhérent ?").spans == ()
    assert watch.feed(second, last_prompt="Et votre date de naissance ?").spans == ()


def test_a_caller_who_goes_on_dictating_when_told_not_to_is_still_understood() -> None:
    watch = NumberWatch()
    watch.feed(HeardPiece("4970 1012", 0, 2000), last_prompt="Je vous écoute.")
    refused = "Ne me donnez pas ce numéro, je n'en ai pas besoin."
    answer = watch.feed(HeardPiece("3456 7890", 5000, 7000), last_prompt=refused)
    assert starts(answer, "card") == {0, 5000}


class TestAWatchThatDoesNotKnowWhatIsPending:
    """The ear was started again, or the channel came from another ear, in the middle of a number."""

    PENDING = PendingNumber(10_000, 27_000)

    def test_what_was_held_is_forbidden_and_so_are_the_digits_that_go_on(self) -> None:
        answer = NumberWatch().feed(HeardPiece("cent vingt-trois", 14_000, 15_000), pending=self.PENDING)
        assert answer.spans == (SensitiveSpan(LOST, 10_000, 14_000), SensitiveSpan(LOST, 14_000, 15_000))
        assert answer.pending == PendingNumber(15_000, 15_000 + PAUSE_MAX_MS)

    def test_words_between_do_not_make_it_harmless(self) -> None:
        watch = NumberWatch()
        first = watch.feed(HeardPiece("attendez mes lunettes", 14_000, 15_000), pending=self.PENDING)
        assert first.pending is not None
        second = watch.feed(HeardPiece("cent vingt-trois", 16_000, 17_000), pending=first.pending)
        assert SensitiveSpan(LOST, 16_000, 17_000) in second.spans

    def test_a_piece_in_which_nobody_speaks_makes_it_forbidden_too(self) -> None:
        nothing = HeardPiece("", 14_000, 15_000)
        assert NumberWatch().unheard(nothing, pending=self.PENDING).spans == (SensitiveSpan(LOST, 10_000, 14_000),)

    def test_what_is_said_long_after_is_read_as_ever(self) -> None:
        watch = NumberWatch()
        watch.feed(HeardPiece("cent vingt-trois", 14_000, 15_000), pending=self.PENDING)
        answer = watch.feed(HeardPiece("le 12 mars je crois", 40_000, 41_000))
        assert (answer.spans[-1].end, answer.pending) == (15_000, None)

    def test_it_does_not_go_on_for_ever(self) -> None:
        watch, at = NumberWatch(), 14_000
        answer = watch.feed(HeardPiece("treize", at, at + 1000), pending=self.PENDING)
        while at < self.PENDING.from_ms + 2 * LOST_MAX_MS:
            at += 10_000
            answer = watch.feed(HeardPiece("il y en a 13 je crois", at, at + 1000), pending=answer.pending)
        assert answer.spans == () or max(s.end for s in answer.spans) <= self.PENDING.from_ms + LOST_MAX_MS + 1000

    @pytest.mark.parametrize("pending", [None, PendingNumber(0, 17_000)])
    def test_a_pending_number_that_it_told_itself_is_not_lost(self, pending: PendingNumber | None) -> None:
        watch = NumberWatch()
        told = watch.feed(HeardPiece("c'est le 1 85", 0, 2000)).pending
        assert told == PendingNumber(0, 17_000)
        answer = watch.feed(HeardPiece("voilà pour la date", 3000, 4000), pending=pending)
        assert answer.spans == ()


@pytest.mark.parametrize(("pause_ms", "goes_on"), [(PAUSE_MAX_MS, True), (PAUSE_MAX_MS + 1, False)])
def test_a_number_goes_on_after_a_pause_of_just_the_length_that_is_allowed(pause_ms: int, goes_on: bool) -> None:
    answers = watched(
        "un quatre-vingt-cinq zéro sept",
        "soixante-quinze cent vingt-trois quatre cent cinquante-six",
        pause_ms=pause_ms,
    )
    assert (0 in starts(answers[-1], "nir")) is goes_on


@pytest.mark.parametrize(("digits", "held"), [(8, True), (28, True), (29, False), (40, False)])
def test_a_row_of_digits_that_is_longer_than_any_number_is_not_waited_for(digits: int, held: bool) -> None:
    said = " ".join("52738496"[at % 8] for at in range(digits))
    assert (NumberWatch().feed(HeardPiece(said, 0, 2000)).pending is not None) is held
