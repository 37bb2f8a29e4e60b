# Lists of words read better in one line.
# ruff: noqa: SIM905
"""Digits in a French transcript, in figures or in words, with their places in the text. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ivr.domain.numbers.nir import CORSICA, corsica_in_digits
from ivr.domain.numbers.number_words import TEENS, TENS, UNITS, Token, below_thousand, number, teen_hundreds
from ivr.domain.numbers.spelled_letter import named_department, spelled_letter

_ENDS_IN_CORSICA = re.compile(r"\d*2([ab])")
#: "la lettre A majuscule, A comme Anatole, Corse du Sud".
_LETTER_WORDS_MAX = 12
#: Sex, year and month of a NIR, behind which a department is due; "dans le département" leads to it.
_TO_DEPARTMENT = re.compile(r"[12]\d\d(?:0[1-9]|1[0-2])")
_LEADING = frozenset("departement dans le du c est".split())
_DEPARTMENT = "departement"
# What people say between the groups of a number they dictate.
_BETWEEN = frozenset(
    (
        "euh heu euhm hum ben hein oh ah bon oui ok voila attendez attends puis ensuite apres alors donc et"
        " avec suivi de virgule tiret espace point c est le plus cle ca je j cherche regarde lis relis vois"
        " voyons reprends continue retrouve pis hm mm y a on il marque ecrit bougez pas hop enfin suite vous"
        " notez suivez madame monsieur maintenant la instant mal bien sur d accord toujours aussi exactement"
        " premier deuxieme troisieme quatrieme dernier groupe bloc serie fin suivant suivante"
    ).split()
)
#: Of these, sounds of thinking: nobody hears them between a digit and its letter.
_THINKING = frozenset("euh heu euhm hum hm ben bah hein alors donc voila".split())
# "attendez deux secondes" holds no digit.
_PAUSES = frozenset(("seconde secondes minute minutes instant instants petite petit").split())
# "les quatre suivants" names digits, and is none.
_OF_DIGITS = frozenset("chiffres premiers suivants derniers prochains autres".split())
_TIMES = {"double": 2, "triple": 3, "quadruple": 4}
_FOIS = {"deux": 2, "2": 2, "trois": 3, "3": 3, "quatre": 4, "4": 4}
_CORRECTING = frozenset(
    (
        "non pardon erreur plutot enfin excusez excuse moi desole desolee trompe trompee me suis recommence"
        " rectification rectifie correction corrige betise betises faux oups zut mince embrouille plante"
    ).split()
)
#: Somebody says all of it again, or what they said last.
_AGAIN = frozenset("recommence repete redis redonne debut repeter".split())
_GAP_WORDS_MAX = 6
_TAKING_BACK_WORDS_MAX = 6
_READINGS_MAX = 48
_TAKEN_BACK_MAX = 4
_FILLERS = _BETWEEN | _CORRECTING | _AGAIN | _PAUSES
_AMOUNTS = frozenset(
    ("euro euros centimes pourcent mois ans jours heures heure minutes kilometres metres fois").split()
)


@dataclass(frozen=True, slots=True)
class DigitRun:
    """Digits said or written one after the other: `text` holds them; tokens[first:last] are their words.

    `groups` are the digits said in one go. "quarante quatre vingt douze" is 44 20 12 or 40 92, and what comes before
    "pardon" may be taken back: `readings` are the other ways to read the run.
    """

    text: str
    first: int
    last: int
    start: int
    end: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    groups: tuple[str, ...] = ()
    readings: tuple[DigitRun, ...] = ()


def _repeated(spoken: list[Token], at: int) -> list[tuple[str, int]]:
    """Read "trois zéros", "double sept" and "deux fois le douze", the likeliest way first."""
    words = [token.text for token in spoken[at : at + 3]] + ["", ""]
    # "zéro zéros" is none of them.
    if UNITS.get(words[0]) and words[1] in ("zeros", "uns"):
        return [(("0" if words[1] == "zeros" else "1") * UNITS[words[0]], 2)]
    if words[0] in _TIMES and words[1] in UNITS:
        return [(str(UNITS[words[1]]) * _TIMES[words[0]], 2)]
    if words[0] not in _FOIS or words[1] != "fois":
        return []
    # "deux fois un deux" is 22 or 11 and 2, but "deux fois un deux fois huit" is 11 88 only.
    article = at + 3 if words[2] in ("le", "les", "un") and not _times(spoken, at + 3) else at + 2
    begins = [begin for begin in dict.fromkeys((article, at + 2)) if begin < len(spoken)]
    read = [(begin, found) for begin in begins if (found := number(spoken, begin)) is not None]
    return [(found[0] * _FOIS[words[0]], begin - at + found[1]) for begin, found in read]


def _times(spoken: list[Token], at: int) -> int:
    """Return how often a number counts that is followed by "deux fois" at `at`, or 0."""
    if at + 1 < len(spoken) and spoken[at + 1].text == "fois":
        return _FOIS.get(spoken[at].text, 0)
    return 0


def _said_so_often(spoken: list[Token], at: int, read: tuple[str, int]) -> tuple[str, int] | None:
    """Read "sept, deux fois" where the times do not belong to a number that follows."""
    after = at + read[1]
    times = _times(spoken, after)
    if not times or spoken[after].before == "-":
        return None
    beyond = after + 2
    if beyond < len(spoken) and spoken[beyond].before != "," and spoken[beyond].text in _NUMBER_WORDS | {"le", "les"}:
        return None
    return read[0] * times, read[1] + 2


def _is_number(word: str) -> bool:
    return word[:1].isdigit() or word in _NUMBER_WORDS


def _corsican(spoken: list[Token], at: int) -> tuple[str, int] | None:
    """Read a department of Corsica whose letter stands apart, spelled or bare ("2 A comme Anatole", "deux B 033")."""
    word, following = spoken[at].text, spoken[at + 1 : at + 1 + _LETTER_WORDS_MAX]
    places = [place for place, token in enumerate(following, 1) if token.text not in _THINKING]
    ahead = [following[place - 1].text for place in places]
    joined = _ENDS_IN_CORSICA.fullmatch(word)
    if joined is not None:
        # The letter is there already: what follows spells it once more.
        again = spelled_letter([joined[1], *ahead], _is_number)
        spelled = again is not None and again[2] and again[0] == joined[1] and again[1] > 1
        used = places[again[1] - 2] + 1 if again is not None and spelled else 1
        return corsica_in_digits(word), used
    if not (word.endswith("2") and word.isdigit()) and word != "deux":
        return None
    letter = spelled_letter(ahead, _is_number)
    if letter is None:
        return None
    beyond = ahead[letter[1]] if letter[1] < len(ahead) else ""
    if not (letter[2] or _is_number(beyond)):
        return None
    before = word.removesuffix("2") if word != "deux" else ""
    return before + CORSICA["2" + letter[0]], places[letter[1] - 1] + 1


def _department(spoken: list[Token], at: int) -> tuple[int, tuple[str, int] | None]:
    """Where a department is due at `at`: how many words lead to it, and how it is read if one of Corsica is named."""
    words = [token.text for token in spoken[at : at + _LETTER_WORDS_MAX]]
    named = named_department(words)
    if named is None:
        lead = next((n for n, word in enumerate(words) if word not in _LEADING), len(words))
        return (lead if _DEPARTMENT in words[:lead] else 0), None
    digits, used = CORSICA["2" + named[0]], named[1]
    # "Corse du Sud, 2 A": the letter once more.
    again = _corsican(spoken, at + used) if at + used < len(spoken) else None
    return 0, (digits, used + (again[1] if again is not None and again[0] == digits else 0))


def _options(spoken: list[Token], at: int) -> list[tuple[str, int]]:
    """Return the ways to read the number that begins at `at`, the likeliest first."""
    word = spoken[at].text
    following = spoken[at + 1].text if at + 1 < len(spoken) else ""
    corsican = _corsican(spoken, at)
    if corsican is not None:
        return [corsican]
    if following in _PAUSES or following in _OF_DIGITS:
        return []
    beyond = spoken[at + 2].text if at + 2 < len(spoken) else ""
    repeated = _repeated(spoken, at)
    if repeated:
        return repeated
    if word == "un" and at and spoken[at - 1].text == "quelqu":
        return []
    read = number(spoken, at)
    if read is None:
        return []
    often = _said_so_often(spoken, at, read)
    found = [often, read] if often else [read]
    if word in TENS and following == "quatre" and beyond in ("vingt", "vingts") and read[1] == 2:
        found.append((str(TENS[word]), 1))
    if word in TENS and following in UNITS and beyond in ("cent", "cents", "mille") and read[1] >= 2:
        found.append((str(TENS[word]), 1))
    if word == "quatre" and following in ("vingt", "vingts") and spoken[at + 1].before == " ":
        found.append(("4", 1))
    if word in UNITS and following in ("cent", "cents") and at and spoken[at - 1].text == "zero":
        found.append((str(UNITS[word]), 1))
    # "quinze cents" is 1500, or 15 and 100.
    if word in TEENS and spoken[at + read[1] - 1].text not in ("cent", "cents", "mille", "mil"):
        found += teen_hundreds(spoken, at, read)
    # "cinquante-trois mille neuf cent" is 53 900, or 53 and 1900.
    for used in range(1, read[1]):
        if spoken[at + used].text in ("mille", "mil"):
            value, words = below_thousand(spoken, at)
            if words == used and value >= 10:
                found.append((str(value), used))
    return list(dict.fromkeys(found))


_NUMBER_WORDS = (
    frozenset(UNITS) | frozenset(_TIMES) | frozenset(TEENS) | frozenset(TENS) | {"cent", "cents", "mille", "mil"}
)


@dataclass(frozen=True, slots=True)
class _Group:
    digits: str
    first: int
    last: int
    corrected: bool


def digit_runs(spoken: list[Token]) -> list[DigitRun]:
    """Return the runs of digits of a transcript; a few hesitations between groups do not end a run."""
    runs: list[DigitRun] = []
    at = 0
    while at < len(spoken):
        if not _options(spoken, at):
            at += 1
            continue
        found = _readings(spoken, at)
        first = found[0]
        last = max(reading.last for reading in found)
        unit = _unit(spoken, last)
        if not (unit and len(first.text) < 8):
            runs.append(replace(first, last=last, readings=tuple(found[1:])))
        at = last + unit
    return runs


def _unit(spoken: list[Token], at: int) -> int:
    """Return how many words at `at` say what was counted, or 0."""
    words = [token.text for token in spoken[at : at + 2]]
    return 2 if words == ["pour", "cent"] else int(bool(words) and words[0] in _AMOUNTS)


def _readings(spoken: list[Token], begin: int) -> list[DigitRun]:
    found: list[tuple[_Group, ...]] = []
    # Depth first, the likeliest option on top.
    stack: list[tuple[int, tuple[_Group, ...]]] = [(begin, ())]
    while stack and len(found) < _READINGS_MAX:
        at, groups = stack.pop()
        gap, corrected, again = _gap(spoken, at) if groups else (0, False, False)
        named = None
        if _TO_DEPARTMENT.fullmatch("".join(group.digits for group in groups)):
            lead, named = _department(spoken, at + gap)
            gap += lead
        options = [named] if named else _options(spoken, at + gap) if at + gap < len(spoken) else []
        if not options:
            found.append(groups)
            continue
        for digits, used in reversed(options):
            group = _Group(digits, at + gap, at + gap + used, corrected)
            if corrected:
                # The last groups may have been taken back: one, two by twos, or some digits said one by one.
                stack += [
                    (group.last, (*groups[:-back], group))
                    for back in range(min(_TAKEN_BACK_MAX, len(groups)), 0, -1)
                    if back == 1 or _said_alike(groups[-back:])
                ]
            if again:
                stack.append((group.last, (group,)))
            stack.append((group.last, (*groups, group)))
    said_once = [once for groups in found if (once := _said_once(groups)) != groups]
    return list(dict.fromkeys(_run(spoken, groups) for groups in (*found, *said_once)))


def _said_alike(groups: Sequence[_Group]) -> bool:
    """Say whether these are digits one by one, or two pairs of them: people take back so much at once."""
    sizes = {len(group.digits) for group in groups}
    return sizes == {1} or (sizes == {2} and len(groups) == 2)


def _said_once(groups: tuple[_Group, ...]) -> tuple[_Group, ...]:
    """Return groups without those that are said once more after some words ("douze, oui, douze")."""
    kept: list[_Group] = []
    at = 0
    while at < len(groups):
        if kept and groups[at].first > kept[-1].last:
            size = next((n for n in range(len(kept), 0, -1) if _alike(kept[-n:], groups[at : at + n])), 0)
            if size:
                kept[-size:] = groups[at : at + size]
                at += size
                continue
        kept.append(groups[at])
        at += 1
    return tuple(kept)


def _alike(one: Sequence[_Group], other: Sequence[_Group]) -> bool:
    return [group.digits for group in one] == [group.digits for group in other]


def _gap(spoken: list[Token], at: int) -> tuple[int, bool, bool]:
    """Return how many words before the next group fill a pause, whether they take back, and whether they begin anew."""
    gap, taking_back, again = 0, 0, False
    while at + gap < len(spoken) and gap - taking_back < _GAP_WORDS_MAX and taking_back < _TAKING_BACK_WORDS_MAX:
        word = spoken[at + gap].text
        following = spoken[at + gap + 1].text if at + gap + 1 < len(spoken) else ""
        if following in _PAUSES and word in _NUMBER_WORDS and _corsican(spoken, at + gap) is None:
            gap += 2
            continue
        if word not in _FILLERS:
            break
        taking_back += word in _CORRECTING or word in _AGAIN
        again = again or word in _AGAIN
        gap += 1
    return gap, taking_back > 0, again


def words_beside(spoken: Sequence[Token], runs: Sequence[DigitRun]) -> int:
    """Return how many words are neither digits of `runs` nor said to fill a pause."""
    digits = {at for run in runs for at in range(run.first, run.last)}
    return sum(at not in digits and token.text not in _FILLERS for at, token in enumerate(spoken))


def filler_before(spoken: Sequence[Token], at: int) -> int:
    """Return how many words before token `at` only fill a pause ("F R, attendez, soixante-seize")."""
    count = 0
    while count < min(at, _GAP_WORDS_MAX) and spoken[at - count - 1].text in _FILLERS:
        count += 1
    return count


def _run(spoken: list[Token], groups: tuple[_Group, ...]) -> DigitRun:
    starts: list[int] = []
    ends: list[int] = []
    for group in groups:
        word = spoken[group.first]
        alone = group.last == group.first + 1 and word.text == group.digits
        for n in range(len(group.digits)):
            starts.append(word.start + n if alone else word.start)
            ends.append(word.start + n + 1 if alone else spoken[group.last - 1].end)
    text = "".join(group.digits for group in groups)
    said = tuple(group.digits for group in groups)
    return DigitRun(text, groups[0].first, groups[-1].last, starts[0], ends[-1], tuple(starts), tuple(ends), said)
