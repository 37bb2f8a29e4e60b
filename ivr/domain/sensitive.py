"""Forbidden data in a transcript: NIR, card, IBAN, CVV, one-time code, password (promise 4; RULEBOOK ASK-001…006).

Pure: text in, spans out. Whole numbers are known by their shape and checksum; parts of numbers by what is said
before them. Phone numbers, dates, amounts, postal codes and member numbers are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stdnum import iban, luhn

from ivr.domain.spoken_digits import DigitRun, Token, digit_runs, tokens
from ivr.domain.verdict import SensitiveSpan

_NIR = re.compile(r"[1-478]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d)(?:0[1-9]|[1-9]\d)\d{0,8}")
_NIR_DIGITS, _NIR_KEY_DIGITS = 13, 15
_CARD_DIGITS = 16
_CONTEXT_WORDS = 14
_PART_DIGITS = 5

_SAYS_NIR = re.compile(r"\b(?:secu|securite sociale|nir|carte vitale|numero d assure|numero social)\b")
_SAYS_CARD = re.compile(
    r"\b(?:carte bancaire|carte bleue|carte de credit|carte de paiement|numero de (?:ma |la )?carte|ma carte|la carte"
    r"|visa|mastercard|cb|american express)\b"
)
_NOT_PAYMENT_CARD = re.compile(
    r"\bcarte (?:vitale|mutuelle|de mutuelle|d adherent|adherent|de tiers payant|d identite)\b"
)
_SAYS_CVV = re.compile(
    r"\b(?:cryptogramme|crypto|cvv|cvc|trois (?:petits |derniers )?chiffres|derriere la carte|au dos de la carte"
    r"|au dos|code de securite|code au verso)\b"
)
_SAYS_OTP = re.compile(
    r"\b(?:code (?:recu|de validation|de confirmation|de verification|a usage unique|temporaire|sms|par sms|unique"
    r"|que j ai recu|que je viens de recevoir|que vous m avez envoye|d authentification)"
    r"|recu (?:un |le )?(?:code|sms|texto)|otp|par (?:sms|texto))\b"
)
_SAYS_PIN = re.compile(
    r"\b(?:code (?:secret|confidentiel|pin|personnel|de (?:ma |la )?carte)|mot de passe|identifiant secret)\b"
)
_SAYS_IBAN = re.compile(
    r"\b(?:iban|rib|releve d identite bancaire|numero de compte|compte bancaire|coordonnees bancaires)\b"
)
_OTHER_NUMBER = re.compile(
    r"\b(?:telephone|portable|fixe|adherent|dossier|contrat|reference|sinistre|facture|devis|code postal"
    r"|postal|ne le|nee le|naissance|date|siret|siren|finess|commande|client|rendez vous|immatriculation"
    r"|suivi|recommande)\b"
)
_PASSWORD = re.compile(
    r"\bmot(?:s)? de passe\b(?P<between>(?: \w+){0,3}?) (?:c est|est|s appelle|ce sera|donc c est)"
    r"(?! (?:pas|oublie|perdu|expire|bloque|faux|refuse|invalide|incorrect"
    r"|trop|plus|que|quoi|bien|celui|le bon|ou|demande|obligatoire|a)\b)"
    r"(?P<word>(?: \w+){1,4})"
)


def sensitive_spans(text: str) -> tuple[SensitiveSpan, ...]:
    """Return the spans of `text` that hold forbidden data, in order, as character offsets; kinds may not overlap."""
    spoken = tokens(text)
    if not spoken:
        return ()
    found: list[SensitiveSpan] = []
    for run in digit_runs(spoken):
        span = _of_run(run, spoken)
        if span is not None:
            found.append(span)
    for span in _passwords(spoken):
        if all(span.end <= other.start or span.start >= other.end for other in found):
            found.append(span)
    return tuple(sorted(found, key=lambda span: span.start))


def _before(spoken: Sequence[Token], at: int) -> str:
    return " ".join(token.text for token in spoken[max(0, at - _CONTEXT_WORDS) : at])


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Return where the last match ends, or -1: what was said last is what the number is."""
    return max((match.end() for match in pattern.finditer(text)), default=-1)


def _of_run(run: DigitRun, spoken: Sequence[Token]) -> SensitiveSpan | None:
    before = _before(spoken, run.first)
    after = " ".join(token.text for token in spoken[run.last : run.last + 8])
    account = _iban(run, spoken, before)
    if account is not None:
        return account
    other = _last(_OTHER_NUMBER, before)
    size = len(run.text)
    whole = (_nir(run), _card(run)) if size < _CARD_DIGITS else (_card(run), _nir(run))
    if whole[0] or whole[1]:
        return whole[0] or whole[1]
    named = [
        (_last(_SAYS_NIR, before), "nir", size >= _PART_DIGITS and run.text[0] in "123478"),
        (_card_named(before), "card", size >= _PART_DIGITS),
        (_last(_SAYS_CVV, before), "cvv", size in (3, 4)),
        (_last(_SAYS_OTP, before), "otp", 4 <= size <= 8),
        (_last(_SAYS_PIN, before), "password", size >= 4),
        (_last(_SAYS_IBAN, before), "iban", size >= _PART_DIGITS),
    ]
    where, kind, fits = max(named, key=lambda candidate: (candidate[0], candidate[2]))
    if where > other and where >= 0 and fits:
        return SensitiveSpan(kind, run.start, run.end)
    if size in (3, 4) and _SAYS_CVV.search(after):
        return SensitiveSpan("cvv", run.start, run.end)
    if size >= _PART_DIGITS and other < 0 and re.match(r"(?:c est )?(?:mon |le )?numero de secu", after):
        return SensitiveSpan("nir", run.start, run.end)
    return None


def _nir(run: DigitRun) -> SensitiveSpan | None:
    """A social-security number: 13 digits of its shape, or 15 with the key, with a stray digit before at most."""
    size = len(run.text)
    for offset in range(max(0, size - _NIR_KEY_DIGITS), max(1, size - _NIR_DIGITS + 1)):
        piece = run.text[offset:]
        if offset <= 1 and _NIR_DIGITS <= len(piece) <= _NIR_KEY_DIGITS and _NIR.match(piece):
            return SensitiveSpan("nir", run.starts[offset], run.end)
    return None


def _card_named(before: str) -> int:
    return _last(_SAYS_CARD, _NOT_PAYMENT_CARD.sub(lambda m: "." * len(m.group()), before))


def _card(run: DigitRun) -> SensitiveSpan | None:
    """A card number: 16 digits of a payment scheme, wherever in the run its check digit fits."""
    for size in (_CARD_DIGITS, 15):
        for offset in range(len(run.text) - size + 1):
            piece = run.text[offset : offset + size]
            scheme = piece[0] in "3456" if size == _CARD_DIGITS else piece[:2] in ("34", "37")
            if scheme and luhn.is_valid(piece):
                return SensitiveSpan("card", run.starts[offset], run.ends[offset + size - 1])
    if len(run.text) == _CARD_DIGITS and run.text[0] in "45":
        return SensitiveSpan("card", run.start, run.end)
    return None


def _iban(run: DigitRun, spoken: Sequence[Token], before: str) -> SensitiveSpan | None:
    """An account: its country letters just before the digits, or an account number announced as one."""
    start = None
    if re.search(r"\bfr$", before):
        start = spoken[run.first - 1].start
    elif re.search(r"\bf r$", before):
        start = spoken[run.first - 2].start
    joined = re.match(r"fr(\d{2,})$", spoken[run.first - 1].text) if run.first else None
    digits = run.text
    if joined is not None:
        start, digits = spoken[run.first - 1].start, joined[1] + run.text
    if start is None:
        return None
    if len(digits) >= 10 or iban.is_valid("FR" + digits) or (_SAYS_IBAN.search(before) and len(digits) >= 2):
        return SensitiveSpan("iban", start, run.end)
    return None


def _passwords(spoken: Sequence[Token]) -> Iterator[SensitiveSpan]:
    line, at = "", []
    for index, token in enumerate(spoken):
        at += [index] * (len(token.text) + 1)
        line += token.text + " "
    for match in _PASSWORD.finditer(line):
        first, last = at[match.start("word") + 1], at[match.end("word") - 1]
        yield SensitiveSpan("password", spoken[first].start, spoken[last].end)
