"""Finds, in an analysis grid, what would have a reviewer note what it may not hold: NIR, bank or health data, secrets,
words of the call (REC-018, ASK-002). Whether an agent asked for such a thing is a question that a grid may put."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.domain.call.party import Direction
from ivr.domain.text.plain_text import PlainText, plain_text
from ivr.domain.text.told import Told
from ivr.services.lint.finding import Finding, Law
from ivr.services.lint.sources import Passage

FORBIDDEN_NOTE = "forbidden_note"
#: Families of the phrase bank that a grid has no place for.
_KEPT_OUT = {"nir": "REC-018", "bank": "REC-018", "card": "REC-018", "medical": "REC-018", "secret": "ASK-002"}
_NOTES = re.compile(
    r"\b(?:(?:not|relev|indiqu|recopi|report|consign|precis|mentionn|enregistr|demand|renseign|list)(?:ez|er)"
    r"|(?:inscri(?:vez|re)|saisi(?:ssez|r)))\b"
)
#: What a grid is about: the work of an agent, told in the third person.
_OF_AGENT = re.compile(r"^(?:le|la|l|un|une) (?:tele)?(?:conseill\w+|agent\w*|commercial\w*|operat\w+|vendeu\w+)\b")
#: What it asks about follows.
_WHETHER = re.compile(r"^\w+(?:ez|er) (?:si|s|comment) ")
#: Why somebody is in hospital, off work or in treatment.
_HEALTH = re.compile(
    r"\b(?:motif|cause|raison|nature|type)s? (?:\w+ ){0,4}?(?:medica\w+|hospitali\w+|sante|soins?|arrets?)\b"
)
_DENIED = re.compile(r"\b(?:ne|n|ni|jamais|sans|pas|aucune?)\b")
_WORDS_OF_THE_CALL = re.compile(
    r"\b(?:verbatims?|mot (?:pour|a) mot|(?:cit|retranscri(?:v|r)|recopi|not|report)(?:ez|er|e) "
    r"(?:les |des |ses |leurs )?(?:propos|mots|paroles|phrases|dires)|retranscription|citations?)\b"
)
#: Work on a file is no medical treatment.
_OFFICE = re.compile(
    r"\btraitements? (?:de |d |du |des )(?:la |l |sa |son )?(?:demande|dossier|appel|reclamation|courrier)"
)


def forbidden_notes(passage: Passage, law: Law) -> Iterator[Finding]:
    """Yield one finding for each sentence of a grid that has something noted which it may not hold."""
    if not passage.grid:
        return
    for sentence in plain_text(passage.text, law.phrases.abbreviations).sentences():
        words = passage.text[slice(*sentence.source(0, len(sentence.text)))].strip()
        line = passage.line_of(0, words)
        if _has_noted(_WORDS_OF_THE_CALL, sentence.text):
            yield Finding(
                passage.file, line, "REC-018", FORBIDDEN_NOTE, words[:160],
                Told("The grid has words of the call written down: it outlives the audio, and may not quote it."),
                Told("Ask for what the agent does, in the reviewer's own words."),
            )  # fmt: skip
        families = _noted(sentence, law)
        if families:
            names = " as well as ".join(one.name for one in law.phrases.families if one.id in families)
            yield Finding(
                passage.file, line, min(_KEPT_OUT[one] for one in families), FORBIDDEN_NOTE, words[:160],
                Told(f"The grid has {names} noted, which an analysis may not hold."),
                Told("Ask whether the agent did right with it, by yes or no, and have nothing of it written."),
            )  # fmt: skip


def _noted(sentence: PlainText, law: Law) -> list[str]:
    text = _WHETHER.sub("", _OFFICE.sub(" ", sentence.text))
    asked: set[str] = set()
    if not _OF_AGENT.match(text):
        asked.update(family for ask in law.asks.asks(text, Direction.OUTBOUND) for family in ask.families)
        if _has_noted(_HEALTH, text):
            asked.add("medical")
    if _has_noted(_NOTES, text):
        asked |= law.asks.named(text, Direction.OUTBOUND)
    return sorted(asked & _KEPT_OUT.keys())


def _has_noted(pattern: re.Pattern[str], text: str) -> bool:
    return any(not _DENIED.search(text, 0, found.start()) for found in pattern.finditer(text))
