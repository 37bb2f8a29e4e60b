"""Numbers of persons in writing: NIR, card, bank account, telephone; told from ids, hashes, times, sizes and addresses.

For machine text such as logs and errors. What is spoken is `ivr.domain.numbers.sensitive`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from stdnum import iban, luhn

from ivr.domain.numbers import nir, rib

# What looks like a number and is none: UUID, time, Internet address, hash or id.
HARMLESS = re.compile(
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    r"|\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?"
    r"|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\d.])"
    r"|(?<![0-9a-zA-Z])(?=[0-9]*[a-f])[0-9a-f]{16,}(?![0-9a-zA-Z])",
    re.IGNORECASE,
)
#: No number of a person has fewer.
_EIGHT_DIGITS = re.compile(r"\d(?:[^\d\n]{0,3}\d){7}")
#: Ids and SHA-256: longer than an account whose country and letters are hexadecimal digits can be.
_OUR_IDS = (32, 64)
_HEX = re.compile(r"[0-9]*[a-f][0-9a-f]*")
_SPACE = " \u00a0\u202f\u2009"
#: Digits in groups. Hexadecimal digits beside them make them a part of something else.
_RUN = re.compile(rf"(?<![0-9a-fA-F])\+?\d+(?:(?:[{_SPACE}]?\(0\)[{_SPACE}]?|[{_SPACE}./-]{{1,2}})\d+)*(?![0-9a-fA-F])")
#: The longest of these numbers has 23 digits, at worst one by one.
_GROUPS_MAX = 23
_GROUP = re.compile(r"\d+")
_CORSICAN = nir.written_with_letter(f"{_SPACE}.-")
_ACCOUNT = re.compile(rf"(?<![0-9a-z])[a-z]{{2}}\d\d(?:[{_SPACE}.-]?[0-9a-z]){{11,30}}", re.IGNORECASE)
_ACCOUNT_MIN, _ACCOUNT_MAX = 15, 34
_PHONE = re.compile(r"0[1-9]\d{8}|00(?:33[1-9]\d{8}|[1-9]\d{9,12})")
_URI_USER = re.compile(r"(?<=sip:)\+?\d{8,15}(?=[@;>]|$)|(?<=sips:)\+?\d{8,15}(?=[@;>]|$)|(?<=tel:)\+?[\d.()-]{6,}")


@dataclass(frozen=True, slots=True)
class Found:
    """What was found where, as character offsets."""

    start: int
    end: int
    kind: str


def written_numbers(text: str, *, keep_phones: bool = False) -> Iterator[Found]:
    """Yield the numbers in `text`, in no order; with `keep_phones`, those that cannot be a telephone number.

    Kinds: nir, card, iban, phone.
    """
    if not _EIGHT_DIGITS.search(text) or (len(text) in _OUR_IDS and _HEX.fullmatch(text)):
        return
    blank = HARMLESS.sub(lambda match: "\x00" * len(match.group()), text)
    for match in _ACCOUNT.finditer(text):
        yield from _account(match)
    yield from (Found(*match.span(), "nir") for match in _CORSICAN.finditer(blank))
    if not keep_phones:
        yield from (Found(*match.span(), "phone") for match in _URI_USER.finditer(text))
    for run in _RUN.finditer(blank):
        for found in _in_run(run):
            size = sum(letter.isdigit() for letter in text[found.start : found.end])
            # Up to 15 digits may be a phone number (E.164).
            if not (keep_phones and (found.kind == "phone" or size <= 15)) or _sure_nir(text, found):
                yield found


def _sure_nir(text: str, found: Found) -> bool:
    digits = re.sub(r"\D", "", text[found.start : found.end])
    return found.kind == "nir" and len(digits) == nir.KEYED


def _account(match: re.Match[str]) -> Iterator[Found]:
    """The longest valid account (ISO 13616) that begins where the match does."""
    text = match.string
    ends = [at + 1 for at in range(*match.span()) if text[at].isalnum()]
    for end in reversed(ends[_ACCOUNT_MIN - 1 : _ACCOUNT_MAX]):
        if text[end : end + 1].isalnum():
            continue
        number = re.sub(r"[^0-9a-zA-Z]", "", text[match.start() : end]).upper()
        if iban.is_valid(number):
            yield Found(match.start(), end, "iban")
            return


def _in_run(run: re.Match[str]) -> Iterator[Found]:
    """Find the numbers in groups of digits: the longest from each group on, then what follows it."""
    text = run.group()
    groups = [match.span() for match in _GROUP.finditer(text)]
    first = 0
    while first < len(groups):
        for last in range(min(len(groups), first + _GROUPS_MAX), first, -1):
            start, end = groups[first][0], groups[last - 1][1]
            if start and text[start - 1] == "+":
                start -= 1
            kind = _kind(text[start:end])
            if kind:
                yield Found(run.start() + start, run.start() + end, kind)
                first = last - 1
                break
        else:
            start, end = groups[first]
            if end - start > 15 and (at := _hidden_nir(text[start:end])) is not None:
                yield Found(run.start() + start + at, run.start() + start + at + 15, "nir")
        first += 1


def _hidden_nir(digits: str) -> int | None:
    """Where a NIR with its right key stands in a longer row of digits."""
    for at in range(len(digits) - 14):
        if nir.STRICT_FORM.match(digits, at, at + nir.DIGITS) and nir.has_key(digits[at : at + nir.KEYED]):
            return at
    return None


def _kind(written: str) -> str:
    """What these groups of digits are together: nir, card, iban, phone, or nothing."""
    points = written.count(".")
    sizes = [len(group) for group in _GROUP.findall(written.replace("(0)", ""))]
    if points and (points < 3 or points != len(sizes) - 1):
        return ""
    digits = re.sub(r"\D", "", written.replace("(0)", ""))
    if len(digits) < 8:
        return ""
    if written.startswith("+"):
        return "phone" if len(digits) <= 15 and digits[0] != "0" else ""
    even = len(set(sizes[:-1])) <= 1 and sizes[-1] <= sizes[0]
    if digits[0] in nir.FIRST and nir.has_key(digits):
        return "nir"
    if len(digits) in (nir.DIGITS, nir.KEYED) and (sizes in nir.GROUPS or even) and nir.STRICT_FORM.match(digits):
        return "nir"
    if 13 <= len(digits) <= 19 and digits[0] in "23456" and (even or sizes in ([4, 6, 5], [4, 6, 4])):
        return "card" if luhn.is_valid(digits) else ""
    if (len(sizes) == 1 or sizes == [5, 5, 11, 2]) and rib.has_key(digits):
        return "iban"
    return "phone" if _PHONE.fullmatch(digits) else ""
