"""Forbidden data in a transcript: NIR, card, IBAN, CVV, one-time code, password (promise 4; RULEBOOK ASK-001…006).

Pure: text in, spans out. Whole numbers are known by their shape and checksum; parts of numbers by what is said
before them. Phone numbers, dates, amounts, postal codes and member numbers are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate

from stdnum import iban, luhn

from ivr.domain.hearing.verdict import SensitiveSpan
from ivr.domain.numbers import nir, rib
from ivr.domain.numbers.embedded import after_telephones, inner_number, telephone_going_on, whole_telephone
from ivr.domain.numbers.interrupted import bridged_numbers
from ivr.domain.numbers.number_names import (
    ACCOUNT_DIGITS,
    ANY_YEAR,
    CODE_DIGITS,
    COUNTRY,
    CVV_DIGITS,
    ENDS,
    ENDS_ALONE,
    ENDS_IN,
    EXPIRES,
    EXPIRY,
    KEY_DIGITS,
    KIND_OF,
    MONTHS,
    NAMED_AFTER,
    NAMES_CARD,
    NAMES_IBAN,
    NEVER_NIR,
    NOT_A_CARD_DATE,
    NOT_PAYMENT_CARD,
    OTHER_NUMBER,
    PART_DIGITS,
    PART_SAID,
    RECEIVED,
    SAYS_ACCOUNT,
    SAYS_ANY_CODE,
    SAYS_CARD,
    SAYS_CODE,
    SAYS_CVV,
    SAYS_IBAN,
    SAYS_KEY,
    SAYS_NIR,
    SAYS_OTP,
    SAYS_PIN,
)
from ivr.domain.numbers.number_words import Token, tokens
from ivr.domain.numbers.spoken_digits import DigitRun, digit_runs, filler_before
from ivr.domain.numbers.spoken_password import spoken_passwords

_NIR_PART_DIGITS = 7
_CARD_DIGITS = 16
#: "A comme Anatole".
_LETTER_WORDS_MAX = 3
_CONTEXT_WORDS = 14
#: The longest number that is asked for has ten digits (ASK-004, max_free_digits).
_LONG_DIGITS = 11
#: No number that may be told is so long: what is named as one is a forbidden number after it.
_LONG_DIGITS_NAMED = 18
#: So few digits count right after "ma sécu c'est le" or "ma carte bancaire c'est le".
_SAID_OF_IT_DIGITS = 3


def sensitive_spans(text: str, *, before: str = "") -> tuple[SensitiveSpan, ...]:
    """Return the spans of `text` that hold forbidden data, in order, as character offsets; kinds may not overlap.

    `before` is what was said just before (a prompt, an earlier utterance): it gives meaning, and has no spans.
    """
    if before.strip():
        lead = f"{before.rstrip()} , "
        found_after = _spans(lead + text)
        kept = (span for span in found_after if span.end > len(lead))
        return tuple(SensitiveSpan(s.kind, max(0, s.start - len(lead)), s.end - len(lead)) for s in kept)
    return _spans(text)


def asks_for_other_number(prompt: str) -> bool:
    """Say whether a prompt asks for a number that may be told: a member number, a birth date, a postal code…"""
    return bool(OTHER_NUMBER.search(" ".join(token.text for token in tokens(prompt))))


def long_digit_spans(text: str, *, before: str = "") -> tuple[SensitiveSpan, ...]:
    """Return the runs of more digits than anything has that a caller may be asked for (ASK-004), as kind `number`.

    A transcriber that mishears one digit of a NIR or a card leaves nothing of its shape and checksum. What is named
    as something else, or begins like a telephone number, is left alone. `before` is what was said just before.
    """
    lead = f"{before.rstrip()} , " if before.strip() else ""
    spoken = tokens(lead + text)
    found = []
    for run in digit_runs(spoken):
        named = _before(spoken, run.first)
        other = OTHER_NUMBER.search(named) or NEVER_NIR.search(named)
        start = _too_many_from(run, _LONG_DIGITS_NAMED if other else _LONG_DIGITS)
        if start is not None and run.end > len(lead):
            found.append(SensitiveSpan("number", max(0, start - len(lead)), run.end - len(lead)))
    return tuple(found)


def _too_many_from(run: DigitRun, limit: int) -> int | None:
    """Where more digits begin than may be told, after the telephone numbers at the beginning of the run."""
    start = None
    for reading in (run, *run.readings):
        at = after_telephones(reading.groups)
        rest = reading.groups[at:]
        if not rest or (at and telephone_going_on(rest)):
            return None
        offset = sum(len(group) for group in reading.groups[:at])
        if reading is run and len(reading.text) - offset >= limit:
            start = reading.starts[offset]
    return start


def announced(text: str) -> tuple[str, int, int] | None:
    """Return the kind of forbidden number that `text` names last, and where the name stands; None when it names none,
    or another number after it."""
    spoken = tokens(text)
    line, at = "", []
    for index, token in enumerate(spoken):
        at += [index] * (len(token.text) + 1)
        line += token.text + " "
    hidden = NOT_PAYMENT_CARD.sub(lambda m: "." * len(m.group()), line)
    names = [
        (match.start(), match.end(), kind)
        for pattern, kind in ((SAYS_NIR, "nir"), (NAMES_CARD, "card"), (NAMES_IBAN, "iban"))
        for match in pattern.finditer(hidden if kind == "card" else line)
    ]
    if not names:
        return None
    start, end, kind = max(names)
    if OTHER_NUMBER.search(line[end:]):
        return None
    return kind, spoken[at[start]].start, spoken[at[end - 1]].end


def _spans(text: str) -> tuple[SensitiveSpan, ...]:
    spoken = tokens(text)
    if not spoken:
        return ()
    runs = digit_runs(spoken)
    found: list[SensitiveSpan] = list(bridged_numbers(spoken, runs))
    for run in runs:
        if any(span.start <= run.start and run.end <= span.end for span in found):
            continue
        span = _of_run(run, spoken)
        span = span or _expiry(run, spoken) or _inner(run, spoken) or _said_of_it(run, spoken)
        span = span or _part(run, spoken) or _rest_of(run, spoken, found)
        if span is not None:
            found.append(span)
    for span in (*_written_accounts(spoken), *spoken_passwords(text, spoken)):
        if all(span.end <= other.start or span.start >= other.end for other in found):
            found.append(span)
    return tuple(sorted(found, key=lambda span: span.start))


def _inner(run: DigitRun, spoken: Sequence[Token]) -> SensitiveSpan | None:
    found = inner_number(run)
    foreign = NEVER_NIR.search(_before(spoken, run.first))
    return None if foreign and len(run.text) < _LONG_DIGITS_NAMED else found


def _said_of_it(run: DigitRun, spoken: Sequence[Token]) -> SensitiveSpan | None:
    """A part of a number right after its name ("ma sécu c'est un quatre-vingt-cinq")."""
    named = " ".join(token.text for token in spoken[: run.first - filler_before(spoken, run.first)][-_CONTEXT_WORDS:])
    size = max(len(reading.text) for reading in (run, *run.readings))
    if size < _SAID_OF_IT_DIGITS:
        return None
    # 3646 is the telephone number of the health insurance.
    if run.text[0] in "12" and re.search(rf"(?:{SAYS_NIR.pattern})$", named):
        return SensitiveSpan("nir", run.start, run.end)
    if re.search(rf"(?:{NAMES_CARD.pattern})$", NOT_PAYMENT_CARD.sub("", named)):
        return SensitiveSpan("card", run.start, run.end)
    return None


def _part(run: DigitRun, spoken: Sequence[Token]) -> SensitiveSpan | None:
    """The end or the beginning of a number that is named just before ("ma carte finit par 12 34")."""
    filler = filler_before(spoken, run.first)
    said = next(
        (found for cut in {0, filler} if (found := PART_SAID.search(_before(spoken, run.first - cut))) is not None),
        None,
    )
    size = max(len(reading.text) for reading in (run, *run.readings))
    if said is None or size < KEY_DIGITS or NOT_PAYMENT_CARD.search(_before(spoken, run.first)):
        return None
    return SensitiveSpan(KIND_OF.get(said["of"] or said["part"], "iban"), run.start, run.end)


def _rest_of(run: DigitRun, spoken: Sequence[Token], found: Sequence[SensitiveSpan]) -> SensitiveSpan | None:
    """The key of a number that was named or found before, or what follows a letter inside an account."""
    before = _before(spoken, run.first)
    short = min(len(reading.text) for reading in (run, *run.readings))
    last = max((span for span in found if span.end <= run.start), key=lambda span: span.end, default=None)
    if short <= KEY_DIGITS and SAYS_KEY.search(before):
        if last is not None and last.kind in ("nir", "iban"):
            return SensitiveSpan(last.kind, run.start, run.end)
        if SAYS_NIR.search(before) or SAYS_IBAN.search(before):
            return SensitiveSpan("nir" if SAYS_NIR.search(before) else "iban", run.start, run.end)
    if last is not None and last.kind == "card" and len(run.text) == CVV_DIGITS and SAYS_CODE.search(before):
        return SensitiveSpan("cvv", run.start, run.end)
    if last is not None and last.kind == "iban":
        between = [token for token in spoken[: run.first] if token.start >= last.end]
        if 1 <= len(between) <= _LETTER_WORDS_MAX and len(between[0].text) == 1 and between[0].text.isalpha():
            return SensitiveSpan("iban", last.end, run.end)
    return None


def _before(spoken: Sequence[Token], at: int) -> str:
    return " ".join(token.text for token in spoken[max(0, at - _CONTEXT_WORDS) : at])


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Return where the last match ends, or -1: what was said last is what the number is."""
    return max((match.end() for match in pattern.finditer(text)), default=-1)


def _of_run(run: DigitRun, spoken: Sequence[Token]) -> SensitiveSpan | None:
    before = _before(spoken, run.first)
    following = [token.text for token in spoken[run.last : run.last + _CONTEXT_WORDS]]
    after = " ".join(following[:8])
    readings = (run, *run.readings)
    account = next((found for reading in readings if (found := _iban(reading, spoken, before)) is not None), None)
    if account is not None:
        return account
    if any(_rib(reading) for reading in readings):
        return SensitiveSpan("iban", run.start, run.end)
    other = _last(OTHER_NUMBER, before)
    telephone = any(whole_telephone(reading.groups) for reading in readings)
    named_nir, named_card = _last(SAYS_NIR, before), _card_named(before)
    for reading in readings:
        found = _card(reading, sure=True) or _nir(reading, loose=named_nir > other)
        keyed = found is not None and (found.kind == "card" or nir.has_key(reading.text[-nir.KEYED :]))
        if found is not None and (keyed or (not telephone and _last(NEVER_NIR, before) < max(named_nir, 0))):
            return found
    foreign = _last(NEVER_NIR, before) > named_nir
    for reading in readings:
        if _card(reading, sure=False) is not None and named_card >= other and _last(NEVER_NIR, before) < 0:
            return SensitiveSpan("card", run.start, run.end)
    size = max(len(reading.text) for reading in readings)
    short = min(len(reading.text) for reading in readings)
    named = [
        (named_nir, "nir", size >= PART_DIGITS and run.text[0] in nir.FIRST),
        (named_card, "card", size >= PART_DIGITS),
        (_last(SAYS_CVV, before), "cvv", short <= 4 and size >= 3),
        (_last(SAYS_OTP, before), "otp", size >= 4 and short <= 8),
        (_last(SAYS_ANY_CODE, before), "otp", size in (4, 6, 7, 8) and short >= 4 and not ANY_YEAR.fullmatch(run.text)),
        (_last(SAYS_PIN, before), "password", size >= 4),
        (_last(SAYS_IBAN, before), "iban", size >= PART_DIGITS),
        (_last(SAYS_ACCOUNT, before), "iban", size >= ACCOUNT_DIGITS),
    ]
    where, kind, _ = max((n for n in named if n[2]), default=(-1, "", False), key=lambda candidate: candidate[0])
    # A name that ends with the name of another number ("… envoyé sur mon portable") holds it.
    if where >= other and where >= 0:
        return SensitiveSpan(kind, run.start, run.end)
    if (
        size >= 4
        and short <= 8
        and other < 0
        and re.match(r"(?:recu |que j ai recu )?(?:par|dans le) (?:sms|texto)", after)
    ):
        return SensitiveSpan("otp", run.start, run.end)
    if size in (3, 4) and SAYS_CVV.search(after):
        return SensitiveSpan("cvv", run.start, run.end)
    unnamed = other < 0 and not telephone
    ends = ENDS_IN.search(before)
    even = len({len(group) for group in run.groups}) == 1
    if unnamed and even and size == CODE_DIGITS and RECEIVED.search(before):
        return SensitiveSpan("otp", run.start, run.end)
    for kind, least, most, name in NAMED_AFTER:
        enough = size >= (KEY_DIGITS if ends and kind in ("nir", "card", "iban") else least)
        if (
            unnamed
            and enough
            and short <= most
            and name.match(" ".join(following))
            and (kind != "nir" or run.text[0] in nir.FIRST)
        ):
            return SensitiveSpan(kind, run.start, run.end)
    if other < 0 and not foreign and any(_part_of_nir(reading) for reading in readings):
        return SensitiveSpan("nir", run.start, run.end)
    if other < 0 and any(_part_of_card(reading) for reading in readings):
        return SensitiveSpan("card", run.start, run.end)
    return None


def _nir(run: DigitRun, *, loose: bool) -> SensitiveSpan | None:
    """A social-security number: 13 digits of its shape, or 15 with the key, with a stray digit before at most."""
    size = len(run.text)
    shape = nir.LOOSE_FORM if loose else nir.FORM
    for offset in (0, 1):
        piece = run.text[offset:]
        fits = size - offset in (nir.DIGITS, nir.KEYED) or (loose and size - offset == nir.DIGITS + 1)
        if fits and shape.match(piece):
            return SensitiveSpan("nir", run.starts[offset], run.end)
    return None


def _part_of_nir(run: DigitRun) -> bool:
    """The beginning of one, said the way they are said: a single 1 or 2, then year, month and department by twos."""
    if not _NIR_PART_DIGITS <= len(run.text) < nir.DIGITS or not nir.FORM.match(run.text):
        return False
    sizes = [len(group) for group in run.groups]
    by_ones = len(sizes) >= _NIR_PART_DIGITS and set(sizes) == {1} and len(run.text) >= _NIR_PART_DIGITS + 2
    at_once = len(sizes) == 1 and len(run.text) >= _NIR_PART_DIGITS + 2
    return sizes[:4] == [1, 2, 2, 2] or by_ones or at_once or nir.by_places(run.groups)


def _part_of_card(run: DigitRun) -> bool:
    """Three groups of four or more, the first one of a payment scheme."""
    sizes = [len(group) for group in run.groups]
    return run.text[0] in "45" and len(run.text) in (12, 16) and set(sizes) <= {4} and len(sizes) >= 3


def _expiry(run: DigitRun, spoken: Sequence[Token]) -> SensitiveSpan | None:
    """When a payment card ends: month and year, said of a card (PCI-001: kept from the recording with the number)."""
    before = _before(spoken, run.first)
    after = " ".join(token.text for token in spoken[run.last : run.last + _CONTEXT_WORDS])
    of_card = (
        SAYS_CARD.search(f"{before} {after}")
        or SAYS_CVV.search(after)
        or re.match(r"(?:et |puis )*(?:le )?code\b", after)
    )
    said = EXPIRES.search(before) or ENDS_ALONE.search(before) or (of_card and ENDS.search(before))
    if not said or NOT_A_CARD_DATE.search(before):
        return None
    month = spoken[run.first - 1] if run.first and MONTHS.fullmatch(spoken[run.first - 1].text) else None
    readings = (run, *run.readings)
    if month is not None and any(re.fullmatch(r"(?:20)?[23]\d", reading.text) for reading in readings):
        return SensitiveSpan("card", month.start, run.end)
    if any(EXPIRY.fullmatch(reading.text) for reading in readings):
        return SensitiveSpan("card", run.start, run.end)
    return None


def _card_named(before: str) -> int:
    return _last(SAYS_CARD, NOT_PAYMENT_CARD.sub(lambda m: "." * len(m.group()), before))


def _card(run: DigitRun, *, sure: bool) -> SensitiveSpan | None:
    """A card number: 16 digits of a payment scheme (15 for American Express); `sure`: its check digit fits."""
    for size in (_CARD_DIGITS, 15):
        for offset in range(min(2, max(0, len(run.text) - size + 1))):
            piece = run.text[offset : offset + size]
            scheme = piece[0] in "3456" if size == _CARD_DIGITS else piece[:2] in ("34", "37")
            if scheme and (luhn.is_valid(piece) if sure else piece[0] in "45") and len(run.text) <= size + 2:
                return SensitiveSpan("card", run.starts[offset], run.ends[offset + size - 1])
    return None


def _iban(run: DigitRun, spoken: Sequence[Token], before: str) -> SensitiveSpan | None:
    """An account: its country letters just before the digits, or an account number announced as one."""
    start = None
    first = run.first - filler_before(spoken, run.first)
    letters = COUNTRY.search(_before(spoken, first))
    if letters is not None:
        start = spoken[first - len(letters.group().split())].start
    joined = re.match(r"fr(\d{2,})$", spoken[first - 1].text) if first else None
    digits = run.text
    if joined is not None:
        start, digits = spoken[first - 1].start, joined[1] + run.text
    elif (
        first
        and spoken[first - 1].text == "france"
        and any(iban.is_valid("FR" + one.text) for one in (run, *run.readings))
    ):
        start = spoken[first - 1].start
    if start is None:
        return _foreign_iban(run, spoken)
    if max(_last(NEVER_NIR, before), _last(OTHER_NUMBER, before)) > _last(SAYS_IBAN, before):
        return SensitiveSpan("iban", start, run.end) if iban.is_valid("FR" + digits) else None
    if len(digits) >= 10 or iban.is_valid("FR" + digits) or (SAYS_IBAN.search(before) and len(digits) >= 2):
        return SensitiveSpan("iban", start, run.end)
    return None


def _rib(run: DigitRun) -> bool:
    """An account without its letters: bank, branch, number and key, said as such."""
    return set(accumulate(map(len, run.groups))) >= rib.PLACES and rib.has_key(run.text)


def _written_accounts(spoken: Sequence[Token]) -> Iterator[SensitiveSpan]:
    """Accounts that were written in one word."""
    for token in spoken:
        if re.fullmatch(r"[a-z]{2}\d{2}[a-z0-9]{11,30}", token.text) and iban.is_valid(token.text):
            yield SensitiveSpan("iban", token.start, token.end)


def _foreign_iban(run: DigitRun, spoken: Sequence[Token]) -> SensitiveSpan | None:
    """An account of another country, known by its letters and its check digits (ISO 13616)."""
    if not run.first:
        return None
    word = spoken[run.first - 1]
    joined = re.fullmatch(r"([a-z]{2})(\d{2,})?", word.text)
    if joined is not None and iban.is_valid((joined[1] + (joined[2] or "") + run.text).upper()):
        return SensitiveSpan("iban", word.start, run.end)
    return None
