"""Finds, in what we say or let agents say, the questions that may not be asked (ASK-001, ASK-002, ASK-004)."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.domain.asks.detector import FORBIDDEN_DTMF
from ivr.domain.asks.grammar import forbidden_key_count
from ivr.domain.asks.parts import Ask, Sentence
from ivr.domain.call.party import Direction
from ivr.domain.text.plain_text import PlainText, plain_text
from ivr.services.lint.finding import Finding, Law
from ivr.services.lint.script_turns import Turn, direction_said, turns
from ivr.services.lint.sources import Passage

_WORDS_MAX = 160
_SENTENCE_MAX = 1000
_SENTENCE_OVERLAP = 200
_KEYS_SUGGESTION = (
    "Au clavier, ne demandez qu'un choix de menu, un numéro d'adhérent, un code postal, une date de naissance (appel "
    "entrant) ou un numéro de rappel."
)


def forbidden_asks(passage: Passage, law: Law) -> Iterator[Finding]:
    """Yield each forbidden question of a passage, at the line where its sentence begins."""
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
                f"« {passage.id} » fait taper {count} chiffres : c'est la longueur d'un numéro qui ne se demande pas.",
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
    names = " et ".join(family.name for family in asked)
    if ask.kind == FORBIDDEN_DTMF:
        reason = f"Le clavier servirait à demander {names or 'un numéro trop long ou un code à trois chiffres'}."
        suggestion = _KEYS_SUGGESTION
    elif ask.rule == "ASK-001":
        reason = f"La phrase demande {names}, ce qui est interdit quand c'est nous qui appelons."
        suggestion = asked[0].suggestion
    else:
        reason = f"La phrase demande {names}, ce qui est interdit en toute circonstance."
        suggestion = next(family.suggestion for family in asked if family.always)
    line = passage.line_of(turn.line_at(ask.start), words)
    shown = words if len(words) <= _WORDS_MAX else words[: _WORDS_MAX - 1] + "…"
    return Finding(passage.file, line, ask.rule, ask.kind, shown, reason, suggestion)
