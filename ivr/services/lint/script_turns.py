"""Reads a script the way a person does: who speaks, what is a heading or a list, what is only quoted, what goes on.

Markdown and plain text alike. What the other party says is left out; so is what stands under "à ne jamais dire".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from pathlib import Path

from ivr.domain.asks.phrase_bank import Mention, PhraseBank
from ivr.domain.call.party import Direction
from ivr.domain.text.plain_text import plain_text

_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+|^\s*(\*\*|__)(?!.*\?)[^*_]+\1\s*:?\s*$|^[A-ZÀ-Ý0-9 '’/&-]{6,}$")
_BULLET = re.compile(r"^\s*(?:[-*+•–—→▪]|\d{1,2}[.)]|[a-z]\))\s+(?:\[[ xX]?\]\s*)?")
_QUOTE_MARK = re.compile(r"^\s*>+\s?")
_TIME = re.compile(r"^\s*[\[(]?\d{1,2}[:h]\d{2}(?::\d{2})?[\])]?\s*[-–]?\s*")
_LABEL = re.compile(
    r"^\s*[*_]*(?P<who>[^\W\d_][\w .'’/-]{0,28}?)\s*(?:\d{1,2})?\s*(?:\([^)]*\))?[*_]*\s*(?::|–|—|=>|->|>)\s*[*_]*\s*"
)
_CELL = re.compile(r"^\s*+\|(.*)\|$")
_SKIPPED = re.compile(r"^\s*+(?:```|~~~|===+\s*$|[\s:|-]+$|<!--.*-->\s*$)")
_QUOTED = re.compile(r"«[^»]*»|“[^”]*”|\"[^\"]*\"")
#: What a caller may say or press, in quotes, is a choice in a menu.
_CHOICE = re.compile(r"\b(?:dites|dire|disant|prononcez|répondez|tapez)(?: simplement| juste)?\s*$", re.IGNORECASE)
_CLOSED = (".", "?", "!", "…", ":", ";", "»", '"', "”")
_OPEN_WORD = re.compile(
    r"(?:,|\b(?:de|du|des|d['’]|la|le|les|l['’]|votre|vos|num[ée]ro|me|vous|nous|et|ou|à|a|au|aux|pour|que|qui|un|une|en|par|sur"
    r"|dans|donner|pouvez|pourriez|avec|sans|est|ne|jamais|s['’]il))\s*$",
    re.IGNORECASE,
)
_FRONT_DIRECTION = re.compile(
    r"^\s*(?:direction|sens|type(?: d['’]appel)?)\s*[:=]\s*[\"']?(\w+)", re.IGNORECASE | re.MULTILINE
)
_TITLE_LINES = 6
#: What is said in one go; longer text without an end of sentence is taken apart.
_TURN_MAX = 4000
_OPEN_WORD_REACH = 40
#: A cell of so few words may be the heading of its row.
_HEADING_WORDS_MAX = 4


@dataclass(frozen=True)
class Turn:
    """What our side says in one go. `lead` is the levelled sentence that introduces a list."""

    text: str
    line: int
    breaks: tuple[int, ...] = ()
    heading: bool = False
    bullet: bool = False
    lead: str = ""
    label: str = ""

    def line_at(self, offset: int) -> int:
        """Return on which line of the passage (from 0) a character stands."""
        return self.line + bisect_right(self.breaks, offset)


@dataclass
class _State:
    theirs: bool = False
    silenced: bool = False
    lead: str = ""
    lead_silenced: bool = False
    turn: Turn | None = None
    done: list[Turn] = field(default_factory=list)

    def close(self) -> None:
        if self.turn is not None:
            self.done.append(self.turn)
        self.turn = None


def turns(text: str, bank: PhraseBank) -> list[Turn]:
    """Return what our side says in a script or prompt, in order."""
    state = _State()
    for number, raw in enumerate(text.split("\n")):
        line = _QUOTE_MARK.sub("", raw)
        for read in _READERS:
            if read(state, number, line, bank):
                break
    state.close()
    return [_without_quotes(turn, bank) for turn in state.done]


def direction_said(file: str, text: str, bank: PhraseBank) -> Direction | None:
    """Return the direction that a script names in its header, title or file name, if it does."""
    head = "\n".join(text.splitlines()[:_TITLE_LINES])
    said = _FRONT_DIRECTION.search(head)
    titles = [line for line in head.splitlines() if _HEADING.match(line)]
    for words in [said[1] if said else "", *titles, re.sub(r"[_-]+", " ", Path(file).stem)]:
        plain = plain_text(words, {}).text
        if bank.scripts.outbound.search(plain):
            return Direction.OUTBOUND
        if bank.scripts.inbound.search(plain):
            return Direction.INBOUND
    return None


def _blank(state: _State, number: int, line: str, bank: PhraseBank) -> bool:
    if line.strip():
        return False
    state.close()
    state.theirs = False
    return True


def _skipped(state: _State, number: int, line: str, bank: PhraseBank) -> bool:
    if not _SKIPPED.match(line):
        return False
    state.close()
    return True


def _table_row(state: _State, number: int, line: str, bank: PhraseBank) -> bool:
    row = _CELL.match(line.rstrip())
    if not row:
        return False
    state.close()
    _read_row(state, number, row[1], bank)
    return True


def _heading(state: _State, number: int, line: str, bank: PhraseBank) -> bool:
    if not _HEADING.match(line):
        return False
    state.close()
    plain = plain_text(line, bank.abbreviations).text
    state.silenced = bool(bank.scripts.forbidden_headings.search(plain))
    state.theirs, state.lead, state.lead_silenced = False, "", False
    if not state.silenced:
        state.done.append(Turn(re.sub(r"[#*_]", " ", line), number, heading=True))
    return True


def _speech(state: _State, number: int, line: str, bank: PhraseBank) -> bool:
    bullet = _BULLET.match(line)
    body = _TIME.sub("", line[bullet.end() :] if bullet else line)
    label, said = _label(body, bank)
    if label is not None:
        state.close()
        state.theirs = label in bank.scripts.theirs
        body = said
    if bank.scripts.forbidden_headings.search(_before_colon(body, bank)) and not body.rstrip().endswith(":"):
        state.close()
    elif not state.theirs:
        _our_speech(state, number, body, bank, bullet=bool(bullet), labelled=label is not None)
    return True


def _our_speech(state: _State, number: int, body: str, bank: PhraseBank, *, bullet: bool, labelled: bool) -> None:
    if not labelled and not bullet and state.turn is not None and _goes_on(state.turn.text, body):
        joined = state.turn.text.rstrip("\r") + "\n"
        state.turn = replace(state.turn, text=joined + body, breaks=(*state.turn.breaks, len(joined)))
    else:
        state.close()
        if not bullet:
            state.lead, state.lead_silenced = "", False
        if not (state.silenced or (bullet and state.lead_silenced)):
            state.turn = Turn(body, number, bullet=bullet, lead=state.lead if bullet else "")
    if body.rstrip(" *_").endswith(":") and not bullet:
        whole = plain_text(state.turn.text if state.turn else body, bank.abbreviations).text
        state.lead, state.lead_silenced = whole, bool(bank.scripts.forbidden_headings.search(whole))


#: What a line may be: the first that takes it has read it, and what nothing else takes is speech.
_READERS = (_blank, _skipped, _table_row, _heading, _speech)


def _read_row(state: _State, number: int, row: str, bank: PhraseBank) -> None:
    cells = [cell.strip() for cell in row.split("|")]
    who = plain_text(cells[0], {}).text if len(cells) > 1 else ""
    if who in bank.scripts.theirs or state.silenced:
        return
    for cell in cells:
        if len(cells) > 1 and _is_prohibition(cell, bank):
            # What stands beside it is what may not be said.
            return
        if cell and not bank.scripts.forbidden_headings.search(_before_colon(cell, bank)):
            state.done.append(Turn(cell, number, bullet=True))


def _is_prohibition(cell: str, bank: PhraseBank) -> bool:
    plain = plain_text(cell, bank.abbreviations).text
    return len(plain.split()) <= _HEADING_WORDS_MAX and bool(bank.scripts.forbidden_headings.search(plain))


def _label(body: str, bank: PhraseBank) -> tuple[str | None, str]:
    match = _LABEL.match(body)
    if match is None:
        return None, body
    words = plain_text(match["who"], {}).text
    first = words.split(" ")[0]
    known = bank.scripts.ours | bank.scripts.theirs
    for who in (words, first):
        if (
            who in known
            and (who == words or (len(who) > 1 and len(words.split()) <= 3))
            and not _is_sentence_start(match, who)
        ):
            return who, body[match.end() :]
    return None, body


def _is_sentence_start(match: re.Match[str], who: str) -> bool:
    """ "A : …" is a label, "Vous – si vous voulez –" is not."""
    return who in ("vous", "nous", "a", "c", "m") and ":" not in match.group()


def _before_colon(body: str, bank: PhraseBank) -> str:
    head, colon, _ = body.partition(":")
    marked = body.lstrip()[:1] in "❌🚫✗✘" if body.strip() else False
    if marked:
        return "❌"
    return plain_text(head, bank.abbreviations).text if colon and len(head.split()) <= 7 else ""


def _goes_on(before: str, after: str) -> bool:
    """Say whether a line continues the one before."""
    if len(before) > _TURN_MAX or not after.strip():
        return False
    ended = before.rstrip(" *_\r").endswith(_CLOSED)
    if ended:
        return False
    if _OPEN_WORD.search(before.rstrip()[-_OPEN_WORD_REACH:]):
        return True
    first = after.lstrip(' *_«"')[:1]
    starts_low = before.lstrip(' *_«"-')[:1].islower()
    return (first.islower() and not starts_low) or (first in ",;(" and bool(first))


def _without_quotes(turn: Turn, bank: PhraseBank) -> Turn:
    """Blank the quoted sentences of a turn that reports, forbids or warns; other quotes are what is to be said."""
    quoted = [
        match
        for match in _QUOTED.finditer(turn.text)
        if len(match.group()[1:-1].split()) >= 3 and not _CHOICE.search(turn.text, 0, match.start())
    ]
    if not quoted:
        return turn
    outside = _QUOTED.sub(" ", turn.text)
    plain = plain_text(f"{outside}", bank.abbreviations).text
    mentions = bank.mentions
    calm = mentions[Mention.NO_NEGATION].sub(" ", plain)
    warned = (
        mentions[Mention.REPORT].search(plain)
        or mentions[Mention.NEGATION].search(calm)
        or bank.scripts.forbidden_headings.search(plain)
        or re.match(r"remplace[rz]\b", plain)
    )
    text = turn.text
    for match in quoted:
        if warned:
            text = text[: match.start()] + " " * len(match.group()) + text[match.end() :]
        else:
            inner = match.group()[1:-1]
            closing = " " if inner.rstrip().endswith((".", "?", "!", "…")) else "."
            text = text[: match.start()] + " " + inner + closing + text[match.end() :]
    return replace(turn, text=text)
