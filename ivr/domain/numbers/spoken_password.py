"""Passwords as people tell them: a word behind their name, with or without digits. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ivr.domain.hearing.verdict import SensitiveSpan
from ivr.domain.numbers.number_words import Token

_PASSWORD = re.compile(
    r"\b(?:mots? de passe|mdp)\b(?P<between>(?: \w+){0,3}?) (?:c est|est|s appelle|ce sera|donc c est)"
    r"(?! (?:pas|oublie|perdu|expire|bloque|faux|refuse|invalide|incorrect"
    r"|trop|plus|que|quoi|bien|celui|le bon|complique|long|simple|facile|difficile|nul|toujours|mon|ma|votre"
    r"|notre|tres|ce|ou|demande|obligatoire|a)\b)"
    r"(?P<word>(?: \w+){1,4})"
)

#: "mon mot de passe Médor82": a word with digits in it, or right before some.
_PASSWORD_NAMED = re.compile(
    r"\b(?:mots? de passe|mdp) (?:(?:actuel|habituel|provisoire|precedent) )?"
    r"(?:(?:c est|est|donc|alors|le|voila) ){0,2}"
    r"(?P<word>(?=[a-z]*\d)\w*[a-z]\w*|(?!depuis |il |ca |fait |a |au |le |les |du |y |pour |en |un |de |et |plus )"
    r"[a-z]{3,} \d{2,4}(?! (?:fois|jours?|mois|ans|minutes?|heures?|euros?|caracteres|lettres|chiffres)\b))\b"
)
#: "pour le mot de passe j'ai mis bonjour12".
_PASSWORD_PUT = re.compile(
    r"\b(?:mots? de passe|mdp)\b(?: \w+){0,4}? (?:j ai mis|je mets|on a mis|j ai choisi|j ai pris|j utilise|je tape)"
    r" (?P<word>(?=[a-z]*\d)\w*[a-z]\w*|[a-z]{3,} \d{2,4})\b"
)
_PASSWORD_WRITTEN = re.compile(r"\b(?:mots? de passe|mdp)\s*:\s*(\S*[^\s.,;!?])", re.IGNORECASE)


def spoken_passwords(text: str, spoken: Sequence[Token]) -> Iterator[SensitiveSpan]:
    """Yield the passwords in `text`, whose words are `spoken`."""
    yield from _said(spoken)
    yield from _written(text)


def _written(text: str) -> Iterator[SensitiveSpan]:
    for match in _PASSWORD_WRITTEN.finditer(text):
        yield SensitiveSpan("password", match.start(1), match.end(1))


def _said(spoken: Sequence[Token]) -> Iterator[SensitiveSpan]:
    line, at = "", []
    for index, token in enumerate(spoken):
        at += [index] * (len(token.text) + 1)
        line += token.text + " "
    for match in (*_PASSWORD.finditer(line), *_PASSWORD_NAMED.finditer(line), *_PASSWORD_PUT.finditer(line)):
        first, last = at[match.start("word") + line[match.start("word")].isspace()], at[match.end("word") - 1]
        yield SensitiveSpan("password", spoken[first].start, spoken[last].end)
