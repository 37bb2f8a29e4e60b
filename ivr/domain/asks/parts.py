"""An ask, and the parts it is made of: a sentence, the things in it, and the acts of asking. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ivr.domain.asks.grammar import (
    ALLOWED_KEYS,
    AUXILIARY,
    COUNTS,
    CVV_DIGITS,
    DIGITS,
    FREE_DIGITS_MAX,
    LISTED,
    OTHER_OBJECT,
    OWN_SUBJECT,
    PARTICIPLE,
    PASSIVE_WORDS_MAX,
    RELATIVE,
    RESUMES,
    breaks,
    ends_soon,
    own_object,
    words_on,
)
from ivr.domain.asks.phrase_bank import Family, SpeechAct
from ivr.domain.text.plain_text import PlainText


@dataclass(frozen=True, slots=True)
class Ask:
    """A forbidden ask: the `families` asked for, the words, text[start:end], and the passage they stand in."""

    kind: str
    rule: str
    families: tuple[str, ...]
    start: int
    end: int
    passage: int = 0


class Thing(NamedTuple):
    """A thing that may not be asked, and where it stands; `value` False: only the card or paper that bears it."""

    family: Family
    start: int
    end: int
    value: bool


class Cue(NamedTuple):
    """An act of asking (None: a telling verb), and where it stands; `live` False: denied, reported or redirected."""

    act: SpeechAct | None
    start: int
    end: int
    live: bool


class Sentence(NamedTuple):
    """A levelled sentence and what is known of it: which passage it stands in, what leads to it, and
    whether it was heard (so that a missing question mark says nothing)."""

    plain: PlainText
    passage: int = 0
    lead: str = ""
    heading: bool = False
    bullet: bool = False
    heard: bool = False


_IN_PASSING = re.compile(r", [^,]*, ")
_NEEDS_ANOTHER = re.compile(r"\b(?:si|date)\b")


def reaches(text: str, cue: Cue, thing: Thing, things: Sequence[Thing]) -> bool:
    """Say whether an act's object can be this thing: near, or joined to it by a list of other things."""
    gap = text[cue.end : thing.start]
    if cue.act in (SpeechAct.AVAILABLE, SpeechAct.WHICH) and len(gap.split()) > 6:
        return False
    if not thing.value and cue.act is SpeechAct.WHICH:
        return len(gap.split()) <= 4
    if LISTED.search(gap):
        return True
    bare = _IN_PASSING.sub(" ", gap)
    if OTHER_OBJECT.search(bare) and not (cue.act is SpeechAct.NEED and not _NEEDS_ANOTHER.search(bare)):
        return False
    inner = [t for t in things if cue.end <= t.start < thing.start]
    return len(gap.split()) <= 16 + 6 * len(inner)


def governor(text: str, thing: Thing, cues: Sequence[Cue]) -> Cue | None:
    """Return the act nearest before a thing; a telling in another clause gives way to what was denied before it."""
    before = [
        cue for cue in cues if cue.end <= thing.start + 1 and cue.act not in (SpeechAct.PLEASE, SpeechAct.COLLECTED)
    ]
    if not before or before[-1].act is not None or not breaks(text, before[-1].end, thing.start):
        return before[-1] if before else None
    asking = [cue for cue in before if cue.act is not None]
    return asking[-1] if asking and not asking[-1].live else None


def resumes(text: str, cue: Cue, thing: Thing, things: Sequence[Thing], question: bool) -> bool:
    """Say whether an act that comes later asks for the thing ("Votre RIB, il me le faut")."""
    if cue.act in (None, SpeechAct.PLEASE):
        return False
    if any(o.start > thing.end and o.end <= cue.start for o in things if o.family is not thing.family):
        return False
    if cue.act is SpeechAct.AVAILABLE and not question and not thing.value and "?" not in text:
        return True
    between = text[thing.end : cue.start]
    if cue.act is SpeechAct.COLLECTED:
        return len(between.split()) <= PASSIVE_WORDS_MAX
    if cue.act is SpeechAct.NEED and OWN_SUBJECT.search(between):
        return False
    if cue.act is SpeechAct.NEED and not any(o.start >= cue.end for o in things):
        return True
    tail = text[cue.start : words_on(text, cue.end, 4)]
    resumed = cue.act in (SpeechAct.WHICH, SpeechAct.AVAILABLE) or RESUMES.search(tail) or ends_soon(text, cue.end)
    return bool(resumed) and not own_object(text, cue.end)


def describes(text: str, start: int, end: int, things: Sequence[Thing]) -> bool:
    """Say whether a word only says which thing is meant ("le numéro inscrit en haut", "le code reçu par SMS")."""
    if RELATIVE.search(text, 0, start):
        return any(thing.end <= start and len(text[thing.end : start].split()) <= 8 for thing in things)
    if not PARTICIPLE.fullmatch(text, start, end) or AUXILIARY.search(text, 0, start):
        return False
    return any(thing.end <= start and len(text[thing.end : start].split()) <= 1 for thing in things)


def collected(text: str, families: tuple[Family, ...]) -> tuple[Family, ...] | None:
    """Return the families that a prompt collects by DTMF (perhaps none by name); None when it may (ASK-004)."""
    always = tuple(family for family in families if family.always)
    if always:
        return always
    for match in DIGITS.finditer(text):
        count = int(match["count"]) if match["count"].isdigit() else COUNTS[match["count"]]
        if count > FREE_DIGITS_MAX or (count == CVV_DIGITS and not ALLOWED_KEYS.search(text)):
            return ()
    return None
