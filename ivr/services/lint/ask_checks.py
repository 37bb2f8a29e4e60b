"""Finds, in what we say or let agents say, the questions that may not be asked (ASK-001, ASK-002, ASK-004)."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.domain.asks.detector import FORBIDDEN_DTMF
from ivr.domain.asks.grammar import forbidden_key_count
from ivr.domain.asks.parts import Ask, Sentence
from ivr.domain.call.party import Direction
from ivr.domain.text.plain_text import PlainText, plain_text
from ivr.domain.text.told import Told
from ivr.services.lint.finding import Finding, Law
from ivr.services.lint.script_turns import Turn, direction_said, turns
from ivr.services.lint.sources import Passage

_WORDS_MAX = 160
_SENTENCE_MAX = 1000
_SENTENCE_OVERLAP = 200
_KEYS_SUGGESTION = Told(
    "By keypad, ask for nothing but a choice of a menu, a member number, a postcode, a date of birth (inbound call) or "
    "a number to call back."
)


def forbidden_asks(passage: Passage, law: Law) -> Iterator[Finding]:
    """Yield each forbidden question of a passage, at the line where its sentence begins."""
    if passage.grid:
        return
    said = turns(passage.text, law.phrases)
    direction = passage.direction or direction_said(passage.file, passage.text, law.phrases)
    sentences = [
        Sentence(part, passage=at, lead=turn.lead, heading=turn.heading, bullet=turn.bullet)
        for at, turn in enumerate(said)
        for plain in plain_text(turn.text, law.phrases.abbreviations).sentences()
        for part in _bounded(plain)
    ]
    by_keys = False
    for ask in law.asks.in_sentences(sentences, direction):
        by_keys = by_keys or ask.kind == FORBIDDEN_DTMF
        yield _finding(passage, said[ask.passage], ask, law, direction)
    for count in passage.collects:
        if forbidden_key_count(count) and not by_keys:
            yield Finding(
                passage.file,
                passage.line,
                "ASK-004",
                FORBIDDEN_DTMF,
                str(count),
                Told(f"'{passage.id}' has {count} digits typed: so long is a number that is not asked for."),
                _KEYS_SUGGESTION,
            )


def _bounded(sentence: PlainText) -> Iterator[PlainText]:
    """Yield a sentence, or, of one that never ends, pieces that overlap: no question is as long as that."""
    begin = 0
    while len(sentence.text) - begin > _SENTENCE_MAX:
        end = sentence.text.rfind(" ", begin + _SENTENCE_OVERLAP + 1, begin + _SENTENCE_MAX)
        end = end if end > 0 else begin + _SENTENCE_MAX
        yield sentence.cut(begin, end)
        begin = end - _SENTENCE_OVERLAP
    yield sentence.cut(begin, len(sentence.text)) if begin else sentence


def _finding(passage: Passage, turn: Turn, ask: Ask, law: Law, direction: Direction | None) -> Finding:
    words = " ".join(turn.text[ask.start : ask.end].split()).strip(' -*_>«»"')
    asked = [family for family in law.phrases.families if family.id in ask.families]
    names = " as well as ".join(family.name for family in asked)
    if ask.kind == FORBIDDEN_DTMF:
        what = names or "a number that is too long or a code of three digits"
        reason = Told(f"The keypad would serve to ask for {what}.")
        suggestion = _KEYS_SUGGESTION
    elif ask.rule == "ASK-001":
        reason = Told(f"The sentence asks for {names}, which is forbidden when it is we who call.")
        suggestion = Told(asked[0].suggestion)
    else:
        reason = Told(f"The sentence asks for {names}, which is forbidden whatever the call.")
        suggestion = Told(next(family.suggestion for family in asked if family.always))
    line = passage.line_of(turn.line_at(ask.start), words)
    shown = words if len(words) <= _WORDS_MAX else words[: _WORDS_MAX - 1] + "…"
    return Finding(passage.file, line, ask.rule, ask.kind, shown, reason, suggestion)
