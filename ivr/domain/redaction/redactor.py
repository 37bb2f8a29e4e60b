"""The last defence of promise 4: takes numbers and names that may not be written out of anything that is.

Nothing here is why our logs hold no such data: nobody logs it. This is for the day when somebody does, or when an
error quotes what it was given. Ids, hashes, UUIDs, times, sizes, addresses and ports stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from ivr.domain.evidence.chain import is_content
from ivr.domain.numbers.sensitive import sensitive_spans
from ivr.domain.redaction.written_numbers import HARMLESS, Found, written_numbers
from ivr.domain.text.plain_text import level

REMOVED = "<removed>"
_WORD = re.compile(r"[^\W\d_]+")
#: "Dupont, M. Éric" has more between its parts than any way to write one name.
_BETWEEN_NAMES = 3
_PLACEHOLDER = re.compile(r"<[a-z]+>")

# Sensitive only by what is said of it: worth a reading as speech.
_SAID = re.compile(
    r"carte|cvv|cvc|crypto|code|mot de passe|\bs[ée]cu|\bnir\b|\biban\b|\brib\b|\bcompte|\bfr ?\d\d", re.IGNORECASE
)
_NUMBER_WORD = re.compile(
    r"\b(?:z[ée]ro|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?"
    r"|trente|quarante|cinquante|soixante|septante|huitante|octante|nonante|cents?)\b",
    re.IGNORECASE,
)
#: A department that is called so or by a name, or has its letter apart from its 2: no check digit tells such a NIR.
_CORSICAN = re.compile(
    r"(?:2|\bdeux)\W{0,3}(?:(?:l[ae]|une?|l|et|puis|avec|lettre|majuscule|grand|petit)\W{1,3}){0,4}"
    r"(?:[abà]|ah|b[ée]e?|anatole|al(?:ph|f)a|berth[ea]|bravo)\b"
    r"|\b(?:corse|ajaccio|bastia|d[ée]partement)\b",
    re.IGNORECASE,
)
_SPOKEN_DIGITS = 5
#: One word says nothing of another; nobody speaks for pages.
_PARTED = re.compile(r"[\s=]")
_LONGEST_SAID = 20_000
#: "cvv 123": nothing shorter can hold a number that may not be written.
_SHORTEST = 7
#: A NIR without its key; a telephone number begins with a zero or a plus, which an integer has not.
_SHORTEST_INT = 10**12
#: Whole numbers under such names are times, sizes and counts, however many digits they have.
_MEASURE = re.compile(r"(?:^|_)(?:ms|us|ns|s|at|hz|bytes|size|seq|port|pid|count|events|frames)$")


class Redactor:
    """Replaces what it finds by its kind: `<nir>`, `<card>`, `<iban>`, `<phone>`, `<name>`, `<cvv>`, `<otp>`…

    What it makes of a text depends on the text and on `names` alone: persons' names, found in any spelling and order.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        known = {name: tuple(words) for name in names if (words := _words(name))}
        by_word: dict[str, list[tuple[str, ...]]] = {}
        for parts in known.values():
            for word in {*parts, "".join(parts), "".join(reversed(parts))}:
                by_word.setdefault(word, []).append(parts)
        # Put in place whole: another thread may be redacting at this moment.
        self._names, self._by_word = known, by_word

    def text(self, text: str, *, keep_phones: bool = False) -> str:
        """Return `text` with typed placeholders. With `keep_phones` phone numbers stay, and whatever may be one."""
        if len(text) < _SHORTEST and not self._names:
            return text
        whole = text if text.isascii() else unicodedata.normalize("NFC", text)
        found = [*written_numbers(whole, keep_phones=keep_phones), *_said(whole), *self._named(whole)]
        if not found:
            return text
        out, at = [], 0
        for span in _apart(found):
            out += [whole[at : span.start], f"<{span.kind}>"]
            at = span.end
        return "".join([*out, whole[at:]])

    def value(self, value: object, *, key: str = "") -> object:
        """Return `value` with every text in it redacted, keys of mappings too; `key` is the name that it goes by.

        Mappings, lists and plain values keep their types; an exception becomes its type and text; what else there is
        becomes text.
        """
        if value is None or isinstance(value, (bool, float, date, time)):
            return value
        if isinstance(value, Enum):
            return self.value(value.value, key=key)
        if isinstance(value, int):
            long = abs(value) >= _SHORTEST_INT and not _MEASURE.search(key)
            kept = self.text(str(abs(value))) if long else ""
            return kept if kept.startswith("<") else value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f"<{len(value)} bytes>"
        if isinstance(value, Mapping):
            return {self._key(name): self.value(item, key=str(name)) for name, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.value(item, key=key) for item in value]
        if isinstance(value, BaseException):
            return self.text(f"{type(value).__name__}: {value}")
        return self.text(str(value))

    def fields(self, fields: Mapping[str, object]) -> dict[str, object]:
        """Return a mapping of fields with every value redacted."""
        return {self._key(name): self.value(item, key=name) for name, item in fields.items()}

    def event(self, fields: Mapping[str, object]) -> dict[str, object]:
        """Return what may be logged of an event: as `value`, and nothing at all under a name that says content."""
        out: dict[str, object] = {}
        for name, item in fields.items():
            plain = item is None or isinstance(item, bool)
            if _says_content(name) and not plain:
                out[self._key(name)] = REMOVED
            elif isinstance(item, Mapping):
                out[self._key(name)] = self.event({str(key): value for key, value in item.items()})
            elif isinstance(item, (list, tuple)):
                out[self._key(name)] = [
                    self.event(one) if isinstance(one, Mapping) else self.value(one, key=name) for one in item
                ]
            else:
                out[self._key(name)] = self.value(item, key=name)
        return out

    def _key(self, name: object) -> str:
        text = str(name)
        return text if _is_field(text) and not self._names else self.text(text)

    def _named(self, text: str) -> Iterator[Found]:
        by_word = self._by_word
        if not by_word:
            return
        words = [match for match in _WORD.finditer(_folded(text)) if match.group() in by_word]
        for at, word in enumerate(words):
            for parts in by_word[word.group()]:
                row = words[at : at + len(parts)]
                whole = sorted(match.group() for match in row) == sorted(parts) and _close(row)
                if whole and len(parts) > 1:
                    yield Found(word.start(), row[-1].end(), "name")
                elif word.group() not in parts or (text[word.start()].isupper() and len(word.group()) > 2):
                    yield Found(*word.span(), "name")


class LearningRedactor(Redactor):
    """A redactor that comes to know names; for what a process says, never for what is stored or digested."""

    def know(self, *names: str) -> None:
        """From now on these names are replaced: whole whatever the case, each part where it is written as a name."""
        super().__init__([*self._names, *names])

    def forget(self, *names: str) -> None:
        """These persons are not on the line any more."""
        super().__init__([name for name in self._names if name not in names])


def _words(name: str) -> list[str]:
    return _WORD.findall(_folded(unicodedata.normalize("NFC", name)))


def _close(row: Sequence[re.Match[str]]) -> bool:
    """Whether these words stand side by side."""
    return all(after.start() - before.end() <= _BETWEEN_NAMES for before, after in pairwise(row))


@lru_cache(maxsize=1024)
def _is_field(name: str) -> bool:
    """Whether this is the name of a field, and cannot be data."""
    return re.fullmatch(r"[a-z][a-z_]{0,30}", name) is not None


@lru_cache(maxsize=1024)
def _says_content(name: str) -> bool:
    return is_content(name)


def _folded(text: str) -> str:
    """Lower case without accents, letter for letter of the composed form (NFC)."""
    if text.isascii():
        return text.lower()
    return "".join(level(letter)[:1] or letter for letter in unicodedata.normalize("NFC", text))


def _apart(found: Iterable[Found]) -> list[Found]:
    """Order them; of two that overlap the longer one stays, widened to both."""
    apart: list[Found] = []
    for span in sorted(found, key=lambda one: (one.start, -one.end)):
        if apart and span.start < apart[-1].end:
            last = apart[-1]
            longer = max(last, span, key=lambda one: one.end - one.start)
            apart[-1] = Found(last.start, max(last.end, span.end), longer.kind)
        else:
            apart.append(span)
    return apart


def _said(text: str) -> Iterator[Found]:
    """What is forbidden by what is said of it: a code, a password, a number in words."""
    if len(text) > _LONGEST_SAID or not _PARTED.search(text):
        return
    named = _SAID.search(text) or _CORSICAN.search(text)
    if not named and len(_NUMBER_WORD.findall(text)) < _SPOKEN_DIGITS:
        return
    harmless = [match.span() for pattern in (HARMLESS, _PLACEHOLDER) for match in pattern.finditer(text)]
    at = 0
    for line in text.splitlines(keepends=True):
        for span in sensitive_spans(line):
            start, end = at + span.start, at + span.end
            if all(end <= first or start >= last for first, last in harmless):
                yield Found(start, end, span.kind)
        at += len(line)


#: Knows no names.
REDACTOR = Redactor()
