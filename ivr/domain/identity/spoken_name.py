"""A person's name as said or spelled on the telephone, against the name on file: by sound, in any order. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from ivr.domain.text.phonetic_key import key, likeness
from ivr.domain.text.plain_text import level

#: Whoever says more words than this recites names instead of saying theirs.
WORDS_MAX = 25
#: Names that sound as alike as this are one name: Lefebvre and Lefèvre are, Martin and Marin are not.
_ALIKE = 0.84
_JOINED_MAX = 4
#: From so many letters on, a spelled name may have one letter wrong.
_FORGIVING_LETTERS = 7
_WORD = re.compile(r"[a-z]+")
_CHAIN = re.compile(r"\b[a-z]{1,3}(?:-[a-z]{1,3}){2,}\b")
_PARTICLES = frozenset(["de", "du", "des", "d", "la", "le", "les", "l", "da", "do", "dos", "di", "van", "von"])
_LETTER_NAMES = {
    "be": "b",
    "ce": "c",
    "de": "d",
    "effe": "f",
    "ef": "f",
    "ge": "g",
    "hache": "h",
    "ache": "h",
    "ji": "j",
    "ka": "k",
    "elle": "l",
    "aime": "m",
    "emme": "m",
    "haine": "n",
    "enne": "n",
    "pe": "p",
    "cu": "q",
    "qu": "q",
    "erre": "r",
    "air": "r",
    "esse": "s",
    "te": "t",
    "the": "t",
    "ve": "v",
    "ixe": "x",
    "zede": "z",
    "zed": "z",
}
# What people say between letters, and what is no letter.
_BETWEEN = frozenset(
    ["et", "puis", "ensuite", "tiret", "trait", "union", "apostrophe", "espace", "accent", "aigu", "grave"]
)
_TWICE = frozenset(["deux", "double"])


@dataclass(frozen=True)
class SaidName:
    """An answer to "quel est votre nom ?": its words, and the names that were spelled in it. Never shown."""

    words: tuple[str, ...]
    spelled: tuple[str, ...]

    def __repr__(self) -> str:
        return "SaidName(…)"


def said_name(text: str) -> SaidName:
    """Read an answer; one of more than WORDS_MAX words, letters aside, holds no name."""
    levelled = level(text)
    words = _WORD.findall(levelled)
    spelled, others = _spelled(words)
    spelled += [chain.replace("-", "") for chain in _CHAIN.findall(levelled) if _is_spelling(chain)]
    return SaidName(tuple(others), tuple(spelled)) if len(others) <= WORDS_MAX else SaidName((), ())


def _is_spelling(chain: str) -> bool:
    """A speech model writes letters apart by hyphens, and now and then two of them as one: K-OW-A-L-S-K-I."""
    parts = chain.split("-")
    return sum(len(part) == 1 for part in parts) * 2 > len(parts)


def says(said: SaidName, name: str) -> bool:
    """Return whether a name stands in what was said: alike by sound, in one word or several, or spelled.

    Accents, hyphens, apostrophes, case and the order of the words of a compound do not count.
    """
    wanted = _WORD.findall(level(name))
    if not wanted:
        return False
    whole = "".join(wanted)
    if any(_same_letters(spelled, whole) for spelled in said.spelled):
        return True
    spoken = [*_joined(said.words), *said.spelled]
    if any(_alike(one, whole) for one in spoken):
        return True
    heavy = [word for word in wanted if word not in _PARTICLES]
    return bool(heavy) and len(wanted) > 1 and all(any(_alike(one, word) for one in spoken) for word in heavy)


def _alike(said: str, wanted: str) -> bool:
    return any(_keys_alike(one, other, said[0] == wanted[0]) for one in _keys(said) for other in _keys(wanted))


def _keys(word: str) -> tuple[str, ...]:
    """In a name a last r or p may be heard or not: Robert, Roger, Philippe."""
    return (key(word), key(word + "e")) if word[-1] in "rp" else (key(word),)


def _keys_alike(one: str, other: str, same_initial: bool) -> bool:
    # Short names are too near to each other to forgive anything but the spelling.
    return one == other and same_initial if min(len(one), len(other)) <= 2 else likeness(one, other) >= _ALIKE


def _same_letters(spelled: str, wanted: str) -> bool:
    if spelled == wanted:
        return True
    return min(len(spelled), len(wanted)) >= _FORGIVING_LETTERS and Levenshtein.distance(spelled, wanted) <= 1


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Yield each word, and neighbouring words as one: "ben ali" may be on file as "Benali"."""
    for at in range(len(words)):
        for end in range(at + 1, min(len(words), at + _JOINED_MAX) + 1):
            yield "".join(words[at:end])


def _spelled(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the names that were spelled, and the words that are no part of them."""
    names: list[str] = []
    others: list[str] = []
    letters, at = "", 0
    taken: list[str] = []
    while at <= len(words):
        letter, used = _letter(words, at) if at < len(words) else ("", 0)
        if letter:
            letters += letter
            taken += words[at : at + used]
            at += used
        elif letters and at < len(words) and words[at] in _BETWEEN:
            taken.append(words[at])
            at += 1
        else:
            if len(letters) >= 2:
                names.append(letters)
            # A letter that stands alone may be a word: "de", "elle", "y".
            if len(letters) < 3:
                others += taken
            others += words[at : at + 1]
            letters, taken, at = "", [], at + 1
    return names, others


def _letter(words: Sequence[str], at: int) -> tuple[str, int]:
    """Return the letter that is said at `at`, twice when it is doubled, and how many words it takes."""
    word = words[at]
    following = words[at + 1] if at + 1 < len(words) else ""
    if word in _TWICE and following:
        if word == "double" and following in ("ve", "v"):
            return "w", 2
        letter, used = _one_letter(words, at + 1)
        return letter * 2, used + 1 if letter else 0
    return _one_letter(words, at)


def _one_letter(words: Sequence[str], at: int) -> tuple[str, int]:
    word, rest = words[at], words[at + 1 : at + 3]
    if len(rest) == 2 and rest[0] == "comme":
        # Letters sound alike, the names after "comme" do not.
        return rest[1][0], 3
    if word == "i" and rest[:1] == ["grec"]:
        return "y", 2
    letter = word if len(word) == 1 else _LETTER_NAMES.get(word, "")
    return letter, 1 if letter else 0
