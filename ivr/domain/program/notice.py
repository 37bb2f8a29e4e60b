"""Which elements of a recording notice a French text really holds (REC-002, REC-003, AIA-003). Pure.

Nobody's claim is believed: an element counts when the words for it stand in the text, in one of many wordings. The
patterns look at one sentence and, where French speakers spread an element over two, at its neighbours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ivr.domain.program import notice_words as words
from ivr.domain.text.plain_text import level

#: Pace of a synthetic French voice and its rest at the end of a sentence, fitted to the shipped prompts.
WORDS_PER_SECOND = 3.3
PAUSE_S = 0.9


@dataclass(frozen=True)
class Notice:
    """A text as the checks see it: `raw` as written, `sentences` without accents, case or typography."""

    raw: str
    sentences: tuple[str, ...]
    controller: str

    @property
    def plain(self) -> str:
        return " . ".join(self.sentences)


def read_notice(text: str, *, controller: str = "") -> Notice:
    """Prepare a text; `controller` is the name that is to be heard ({controller} always counts as that name)."""
    raw = " ".join(text.replace("\u2019", "'").split())
    parts = re.split(r"(?<=[.!?;])\s+|\n+", raw)
    sentences = tuple(plain for part in parts if (plain := simplify(part)))
    return Notice(raw, sentences, controller)


def simplify(text: str) -> str:
    """Return `text` in lower case without accents, with plain apostrophes and single spaces."""
    kept = level(unicodedata.normalize("NFKC", text.replace("\u2019", "'")))
    return " ".join(re.sub(r"[^a-z0-9'{}@.*#-]+", " ", kept).split()).strip(" .")


def present_elements(notice: Notice) -> frozenset[str]:
    """Return the names of the elements that the text holds."""
    return frozenset(name for name, holds in _ELEMENTS.items() if holds(notice))


def is_recording_notice(text: str) -> bool:
    """Say whether a text announces that the call is or may be recorded."""
    return _recording_exists(read_notice(text))


def spoken_seconds(text: str) -> float:
    """Estimate how long a text takes to say, in seconds."""
    words_said = len(re.findall(r"\w+", text.replace("'", "").replace("\u2019", "")))
    return words_said / WORDS_PER_SECOND + PAUSE_S * len(read_notice(text).sentences)


def objection_keys(text: str) -> tuple[str, ...]:
    """Return the objection keys that a text names, in order: '0'..'9', '*' or '#'."""
    found = []
    goes_on = False
    for sentence in read_notice(text).sentences:
        objecting = words.RIGHT.search(sentence) or words.REFUSAL_OF_RECORDING.search(sentence)
        # "Vous pouvez refuser l'enregistrement. Pour cela, tapez 9.": how one objects may come in sentences of its own.
        goes_on = bool(objecting or (goes_on and words.HOW_GOES_ON.search(_without_other_purposes(sentence))))
        if goes_on:
            found += _keys(_without_other_purposes(sentence))
    return tuple(found)


def _keys(sentence: str) -> list[str]:
    found = []
    for first in words.KEY.finditer(sentence):
        match: re.Match[str] | None = first
        while match is not None:
            found.append(next(group for group in match.groups() if group))
            match = words.ANOTHER_KEY.match(sentence, match.end())
    return [words.KEY_NAMES.get(key, key) for key in found]


def ai_notice_position(notice: Notice) -> int | None:
    """Return the index of the sentence that says one speaks with a machine, or None (AIA-003 wants 0)."""
    return next((n for n, sentence in enumerate(notice.sentences) if words.AI.search(sentence)), None)


# ---------------------------------------------------------------- the elements


def _recording_exists(notice: Notice) -> bool:
    found = (match for sentence in notice.sentences for match in words.RECORDED.finditer(sentence))
    return any(not words.NEGATED.search(match[0]) for match in found)


def _purpose(notice: Notice) -> bool:
    sentences = notice.sentences
    return any(
        words.PURPOSE.search(_without_other_purposes(sentence))
        and (words.RECORDING_WORD.search(sentence) or (n > 0 and words.RECORDING_WORD.search(sentences[n - 1])))
        for n, sentence in enumerate(sentences)
    )


def _object_right(sentence: str, before: str) -> bool:
    if words.NO_RIGHT.search(sentence) or words.OTHER_OBJECT.search(sentence) or not words.RIGHT.search(sentence):
        return False
    # "vous pouvez refuser" alone is about the recording only when that is what was just spoken of.
    return bool(words.RECORDING_WORD.search(sentence) or words.RECORDING_WORD.search(before))


def _right_to_object_and_how(notice: Notice) -> bool:
    sentences = notice.sentences
    for n, (sentence, before) in enumerate(_with_before(sentences)):
        if not _object_right(sentence, before):
            continue
        after = sentences[n + 1] if n + 1 < len(sentences) else ""
        if words.HOW.search(_without_other_purposes(sentence)):
            return True
        if words.HOW_FIRST.search(_without_other_purposes(after)):
            return True
    return False


def _pointer_to_full_notice(notice: Notice) -> bool:
    return any(words.FULL_NOTICE.search(s) and words.PLACE.search(s) for s in notice.sentences)


def _names_controller(notice: Notice) -> bool:
    if "{controller}" in notice.raw:
        return True
    known = re.sub(r"^(?:la|le|les|l')\s*", "", simplify(notice.controller))
    return bool(known and known in notice.plain) or words.PROPER_NAME.search(notice.raw) is not None


def _commercial_purpose(notice: Notice) -> bool:
    return any(words.COMMERCIAL.search(s) and not words.NOT_COMMERCIAL.search(s) for s in notice.sentences)


def _caller_identity_and_link(notice: Notice) -> bool:
    if not _names_controller(notice):
        return False
    return any(words.WHO.search(sentence) and words.SAYS_WHO.search(sentence) for sentence in notice.sentences)


def _ai_assistant(notice: Notice) -> bool:
    return any(words.AI.search(sentence) and not words.NOT_AI.search(sentence) for sentence in notice.sentences)


_ELEMENTS: Mapping[str, Callable[[Notice], bool]] = {
    "ai_assistant": _ai_assistant,
    "recording_exists": _recording_exists,
    "controller_name": _names_controller,
    "purpose": _purpose,
    "right_to_object_and_how": _right_to_object_and_how,
    "pointer_to_full_notice": _pointer_to_full_notice,
    "commercial_purpose": _commercial_purpose,
    "professional_name": _names_controller,
    "caller_identity_and_link": _caller_identity_and_link,
    "recording_notice_if_recorded": _recording_exists,
}

#: The elements that can be looked for.
ELEMENT_NAMES = tuple(_ELEMENTS)


def _without_other_purposes(sentence: str) -> str:
    return words.OTHER_PURPOSE.sub(" ", sentence).strip()


def _with_before(sentences: tuple[str, ...]) -> list[tuple[str, str]]:
    return list(zip(sentences, ("", *sentences), strict=False))
