"""Forbidden data in a transcript: NIR, card, IBAN, CVV, one-time code, password (promise 4; RULEBOOK ASK-001…006).

Pure: text in, spans out. Whole numbers are known by their shape and checksum; parts of numbers by what is said
before them. Phone numbers, dates, amounts, postal codes and member numbers are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stdnum import iban, luhn

from ivr.domain.hearing.verdict import SensitiveSpan
from ivr.domain.numbers import nir
from ivr.domain.numbers.embedded import after_telephones, inner_number, telephone_going_on
from ivr.domain.numbers.interrupted import bridged_numbers
from ivr.domain.numbers.spoken_digits import DigitRun, Token, digit_runs, filler_before, tokens

_NIR_PART_DIGITS = 7
_CARD_DIGITS = 16
_CONTEXT_WORDS = 14
_PART_DIGITS = 5
#: The longest number that is asked for has ten digits (ASK-004, max_free_digits).
_LONG_DIGITS = 11
#: No number that may be told is so long: what is named as one is a forbidden number after it.
_LONG_DIGITS_NAMED = 18
#: So few digits count right after "ma sécu c'est le" or "ma carte bancaire c'est le".
_SAID_OF_IT_DIGITS = 3

_SAYS_NIR = re.compile(r"\b(?:secu|securite sociale|nir|carte vitale|numero d assure|numero social)\b")
_SAYS_CARD = re.compile(
    r"\b(?:carte bancaire|carte bleue|carte de credit|carte de paiement|numero de (?:ma |la )?carte|ma carte|la carte"
    r"|par carte|visa|mastercard|cb|american express)\b"
)
_NOT_PAYMENT_CARD = re.compile(
    r"\bcarte (?:vitale|mutuelle|de mutuelle|d adherent|adherent|de tiers payant|d identite)\b"
)
_SAYS_CVV = re.compile(
    r"\b(?:cryptogramme|crypto|cvv|ccv|cvc|trois (?:petits |derniers )?chiffres|derriere la carte|au dos de la carte"
    r"|(?:code|chiffres|numeros?) derriere"
    r"|au dos|code de securite|code au verso)\b"
)
_SAYS_OTP = re.compile(
    r"\b(?:code (?:recu|de validation|de confirmation|de verification|a usage unique|temporaire|sms|par sms|unique"
    r"|(?:\w+ ){0,2}(?:qui|que|qu) (?:\w+ ){1,4}(?:envoyee?|recue?|affichee?)|que j ai recu|que je viens de recevoir"
    r"|que vous m avez envoye|d authentification)"
    r"|(?:recu|recevoir|recois|envoyee?|arrive|donne) (?:un |le |ce |mon )?(?:petit )?(?:code|sms|texto)"
    r"|un code (?:c est|est|donc|a (?:\w+ )?chiffres)|otp|par (?:sms|texto)"
    r"|(?:sms|texto|message|notification) (?:dit|indique|affiche|c est|marque)|le code (?:c est|est|qui s affiche"
    r"|du sms|du texto))\b"
)
_SAYS_PIN = re.compile(
    r"\b(?:code (?:secret|confidentiel|pin|personnel|de (?:ma |la )?carte)|mon code (?:c est|est|donc|alors)"
    r"|mot de passe|identifiant secret)\b"
)
_SAYS_IBAN = re.compile(
    r"\b(?:iban|rib|releve d identite bancaire|numero de compte|compte bancaire|(?:mon|le) compte (?:c est|est"
    r"|numero)|coordonnees bancaires|code banque|code guichet)\b"
)
#: Names after which digits are dictated, with no other meaning ("ma carte" may be any).
_NAMES_CARD = re.compile(
    r"\b(?:carte bancaire|carte bleue|carte de credit|carte de paiement|numero de (?:ma |la )?carte|visa|mastercard|cb"
    r"|american express)\b"
)
_NAMES_IBAN = re.compile(r"\b(?:iban|rib|releve d identite bancaire|coordonnees bancaires|numero de compte)\b")
#: Numbers as long as a NIR that are announced as something else; only a right key makes a NIR of them.
_NEVER_NIR = re.compile(r"\b(?:siret|siren|finess|suivi|recommande|colis|tracking|tva|adeli|rpps|ean|code barre)\b")
_EXPIRES = re.compile(
    r"\b(?:(?:carte|visa|mastercard|cb|elle) (?:\w+ )?(?:expire|est valable|est valide|perime|va jusqu)"
    r"|date d expiration|date de (?:fin de )?validite"
    r"|expiration de (?:la|ma) carte|fin de validite)\b"
)
_NOT_A_CARD_DATE = re.compile(
    r"\b(?:vitale|mutuelle|tiers|adherent|identite|contrat|garantie|devis|ordonnance|attestation|passeport|sejour"
    r"|droits|invalidite)\b"
)
_MONTHS = re.compile(r"janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre")
_EXPIRY = re.compile(r"(?:0?[1-9]|1[0-2])(?:20)?(?:2[4-9]|3\d)")
_OTHER_NUMBER = re.compile(
    r"\b(?:telephone|portable|fixe|adherent|dossier|contrat|reference|sinistre|facture|devis|code postal"
    r"|postal|ne le|nee le|naissance|date|siret|siren|finess|commande|client|rendez vous|immatriculation"
    r"|suivi|recommande)\b"
)
_PASSWORD = re.compile(
    r"\bmot(?:s)? de passe\b(?P<between>(?: \w+){0,3}?) (?:c est|est|s appelle|ce sera|donc c est)"
    r"(?! (?:pas|oublie|perdu|expire|bloque|faux|refuse|invalide|incorrect"
    r"|trop|plus|que|quoi|bien|celui|le bon|complique|long|simple|facile|difficile|nul|toujours|mon|ma|votre"
    r"|notre|tres|ce|ou|demande|obligatoire|a)\b)"
    r"(?P<word>(?: \w+){1,4})"
)

#: "mon mot de passe Médor82": a word with digits in it, or right before some.
_PASSWORD_NAMED = re.compile(
    r"\bmots? de passe (?:(?:c est|est|donc|alors|le|voila) ){0,2}"
    r"(?P<word>(?=[a-z]*\d)\w*[a-z]\w*|(?!depuis |il |ca |fait |a |au |le |les |du |y |pour |en |un |de |et |plus )"
    r"[a-z]{3,} \d{2,4}(?! (?:fois|jours?|mois|ans|minutes?|heures?|euros?|caracteres|lettres|chiffres)\b))\b"
)
_PASSWORD_WRITTEN = re.compile(r"\bmots? de passe\s*:\s*(\S*[^\s.,;!?])", re.IGNORECASE)


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
    return bool(_OTHER_NUMBER.search(" ".join(token.text for token in tokens(prompt))))


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
        other = _OTHER_NUMBER.search(named) or _NEVER_NIR.search(named)
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
    hidden = _NOT_PAYMENT_CARD.sub(lambda m: "." * len(m.group()), line)
    names = [
        (match.start(), match.end(), kind)
        for pattern, kind in ((_SAYS_NIR, "nir"), (_NAMES_CARD, "card"), (_NAMES_IBAN, "iban"))
        for match in pattern.finditer(hidden if kind == "card" else line)
    ]
    if not names:
        return None
    start, end, kind = max(names)
    if _OTHER_NUMBER.search(line[end:]):
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
        if span is not None:
            found.append(span)
    for span in (*_passwords(spoken), *_written_passwords(text)):
        if all(span.end <= other.start or span.start >= other.end for other in found):
            found.append(span)
    return tuple(sorted(found, key=lambda span: span.start))


def _inner(run: DigitRun, spoken: Sequence[Token]) -> SensitiveSpan | None:
    found = inner_number(run)
    foreign = _NEVER_NIR.search(_before(spoken, run.first))
    return None if foreign and len(run.text) < _LONG_DIGITS_NAMED else found


def _said_of_it(run: DigitRun, spoken: Sequence[Token]) -> SensitiveSpan | None:
    """A part of a number right after its name ("ma sécu c'est un quatre-vingt-cinq")."""
    named = " ".join(token.text for token in spoken[: run.first - filler_before(spoken, run.first)][-_CONTEXT_WORDS:])
    size = max(len(reading.text) for reading in (run, *run.readings))
    if size < _SAID_OF_IT_DIGITS:
        return None
    # 3646 is the telephone number of the health insurance.
    if run.text[0] in "12" and re.search(rf"(?:{_SAYS_NIR.pattern})$", named):
        return SensitiveSpan("nir", run.start, run.end)
    if re.search(rf"(?:{_NAMES_CARD.pattern})$", _NOT_PAYMENT_CARD.sub("", named)):
        return SensitiveSpan("card", run.start, run.end)
    return None


def _before(spoken: Sequence[Token], at: int) -> str:
    return " ".join(token.text for token in spoken[max(0, at - _CONTEXT_WORDS) : at])


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Return where the last match ends, or -1: what was said last is what the number is."""
    return max((match.end() for match in pattern.finditer(text)), default=-1)


def _of_run(run: DigitRun, spoken: Sequence[Token]) -> SensitiveSpan | None:
    before = _before(spoken, run.first)
    after = " ".join(token.text for token in spoken[run.last : run.last + 8])
    readings = (run, *run.readings)
    account = next((found for reading in readings if (found := _iban(reading, spoken, before)) is not None), None)
    if account is not None:
        return account
    other = _last(_OTHER_NUMBER, before)
    named_nir, named_card = _last(_SAYS_NIR, before), _card_named(before)
    for reading in readings:
        found = _card(reading, sure=True) or _nir(reading, loose=named_nir > other)
        keyed = found is not None and (found.kind == "card" or nir.has_key(reading.text[-nir.KEYED :]))
        if found is not None and (keyed or _last(_NEVER_NIR, before) < max(named_nir, 0)):
            return found
    foreign = _last(_NEVER_NIR, before) > named_nir
    for reading in readings:
        if _card(reading, sure=False) is not None and named_card >= other and _last(_NEVER_NIR, before) < 0:
            return SensitiveSpan("card", run.start, run.end)
    size = max(len(reading.text) for reading in readings)
    short = min(len(reading.text) for reading in readings)
    named = [
        (named_nir, "nir", size >= _PART_DIGITS and run.text[0] in nir.FIRST),
        (named_card, "card", size >= _PART_DIGITS),
        (_last(_SAYS_CVV, before), "cvv", short <= 4 and size >= 3),
        (_last(_SAYS_OTP, before), "otp", size >= 4 and short <= 8),
        (_last(_SAYS_PIN, before), "password", size >= 4),
        (_last(_SAYS_IBAN, before), "iban", size >= _PART_DIGITS),
    ]
    where, kind, _ = max((n for n in named if n[2]), default=(-1, "", False), key=lambda candidate: candidate[0])
    if where > other and where >= 0:
        return SensitiveSpan(kind, run.start, run.end)
    if (
        size >= 4
        and short <= 8
        and other < 0
        and re.match(r"(?:recu |que j ai recu )?(?:par|dans le) (?:sms|texto)", after)
    ):
        return SensitiveSpan("otp", run.start, run.end)
    if size in (3, 4) and _SAYS_CVV.search(after):
        return SensitiveSpan("cvv", run.start, run.end)
    if size >= _PART_DIGITS and other < 0 and re.match(r"(?:c est )?(?:mon |le )?numero de secu", after):
        return SensitiveSpan("nir", run.start, run.end)
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
    said = _last(_EXPIRES, before)
    if said < 0 or _NOT_A_CARD_DATE.search(before):
        return None
    month = spoken[run.first - 1] if run.first and _MONTHS.fullmatch(spoken[run.first - 1].text) else None
    readings = (run, *run.readings)
    if month is not None and any(re.fullmatch(r"(?:20)?[23]\d", reading.text) for reading in readings):
        return SensitiveSpan("card", month.start, run.end)
    if any(_EXPIRY.fullmatch(reading.text) for reading in readings):
        return SensitiveSpan("card", run.start, run.end)
    return None


def _card_named(before: str) -> int:
    return _last(_SAYS_CARD, _NOT_PAYMENT_CARD.sub(lambda m: "." * len(m.group()), before))


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
    letters = " ".join(token.text for token in spoken[max(0, first - 2) : first])
    if re.search(r"\bfr$", letters):
        start = spoken[first - 1].start
    elif letters == "f r":
        start = spoken[first - 2].start
    joined = re.match(r"fr(\d{2,})$", spoken[run.first - 1].text) if run.first else None
    digits = run.text
    if joined is not None:
        start, digits = spoken[run.first - 1].start, joined[1] + run.text
    if start is None:
        return _foreign_iban(run, spoken)
    if _last(_NEVER_NIR, before) > _last(_SAYS_IBAN, before):
        return None
    if len(digits) >= 10 or iban.is_valid("FR" + digits) or (_SAYS_IBAN.search(before) and len(digits) >= 2):
        return SensitiveSpan("iban", start, run.end)
    return None


def _foreign_iban(run: DigitRun, spoken: Sequence[Token]) -> SensitiveSpan | None:
    """An account of another country, known by its letters and its check digits (ISO 13616)."""
    if not run.first:
        return None
    word = spoken[run.first - 1]
    joined = re.fullmatch(r"([a-z]{2})(\d{2,})?", word.text)
    if joined is not None and iban.is_valid((joined[1] + (joined[2] or "") + run.text).upper()):
        return SensitiveSpan("iban", word.start, run.end)
    return None


def _written_passwords(text: str) -> Iterator[SensitiveSpan]:
    for match in _PASSWORD_WRITTEN.finditer(text):
        yield SensitiveSpan("password", match.start(1), match.end(1))


def _passwords(spoken: Sequence[Token]) -> Iterator[SensitiveSpan]:
    line, at = "", []
    for index, token in enumerate(spoken):
        at += [index] * (len(token.text) + 1)
        line += token.text + " "
    for match in (*_PASSWORD.finditer(line), *_PASSWORD_NAMED.finditer(line)):
        first, last = at[match.start("word") + line[match.start("word")].isspace()], at[match.end("word") - 1]
        yield SensitiveSpan("password", spoken[first].start, spoken[last].end)
