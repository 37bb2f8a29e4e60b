"""What a reviewer writes freely, as it may be kept: no number of a person, and no words of the call (REC-018).

An analysis lives twice as long as the audio because it does not quote it. What cannot be told from a reviewer's own
words by its form, a diagnosis or a name, passes: the page says so beside each field.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ivr.domain.redaction.redactor import REDACTOR, Redactor

#: What stands for words of the call.
ELLIPSIS = "[…]"
#: So many words between quotation marks are a quotation; fewer name a thing, as a status.
_QUOTED_WORDS = 3
_QUOTED = re.compile(r"\u00ab([^\u00ab\u00bb]*)(?:\u00bb|$)|\u201c([^\u201c\u201d]*)(?:\u201d|$)|\"([^\"\n]*)\"")
_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Note:
    """`text` may be kept; `numbers` and `quotes` say what of it was taken out, `longer` that it was cut."""

    text: str
    numbers: bool = False
    quotes: bool = False
    longer: bool = False


def clean_note(typed: str, *, longest: int, redactor: Redactor = REDACTOR) -> Note:
    """Return what may be kept of what was typed: NIR, card, account and telephone numbers become placeholders, a
    quotation of three words or more `[…]`; characters that nobody types go. `longest` is in characters."""
    plain = unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n"))
    plain = "".join(one for one in plain if one == "\n" or unicodedata.category(one)[0] != "C")
    plain = _BREAKS.sub("\n\n", _BLANKS.sub(" ", plain)).strip()
    # Cut first: what is behind the bound costs nothing, and a number that the cut divides is looked at as it is left.
    cut = plain[:longest].rstrip()
    whole = redactor.text(cut)
    unquoted = _QUOTED.sub(_without_words, whole)
    return Note(unquoted, numbers=whole != cut, quotes=unquoted != whole, longer=len(plain) > longest)


def _without_words(found: re.Match[str]) -> str:
    inner = next((one for one in found.groups() if one is not None), "")
    return ELLIPSIS if len(re.findall(r"\w+", inner)) >= _QUOTED_WORDS else found.group()
