"""Asking what would happen if one refused is not refusing: it may be asked about, never acted upon."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ivr.speech.intent.words import Word

_REFUSING = r"(?:refus\w*|oppos\w*|di[st] non|dire non)"
_ASKED = re.compile(
    rf"\bsi (?:je |j |on |quelqu un )(?:\w+ ){{0,2}}{_REFUSING}"
    rf"|\b(?:est ce que?|peut|peux|puis|suis|a t) (?:je |j |on )(?:\w+ ){{0,5}}{_REFUSING}"
    r"|\b(?:peut|peux|puis|pourrais) je (?:m y |m )?(?:refuser|opposer|dire non)"
    rf"|\bcomment (?:je |on )?(?:\w+ ){{0,2}}{_REFUSING}"
    rf"|\b(?:comment|que se passe|qu est ce qui|qu est ce qu il|a qui|quelle touche)\b(?: \w+){{0,8}} {_REFUSING}"
)
_REFUSED = re.compile(rf"\b(?:je|moi|nous) (?:m y |m |le |la |les |vous |y )?{_REFUSING}")


def asks_about_refusing(spoken: Sequence[Word]) -> bool:
    """True when the words refuse only within a question or a condition about refusing."""
    text = " ".join(word.text for word in spoken)
    rest = _ASKED.sub(" ", text)
    return rest != text and _REFUSED.search(rest) is None
