"""Tells an ask from a mention: who asks, for what, and whether a negation, a report or another road undoes it.

RULEBOOK ASK-001, ASK-002, ASK-004, ASK-005. Pure: text and a phrase bank in, asks out. Works sentence by sentence. In
each it finds the things (a NIR, a RIB…) and the acts (giving, needing, wanting…); the act nearest before a thing
governs it, and a negated, reported or redirected act asks for nothing. A thing alone with "s'il vous plaît" or a
question mark is an ask too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ivr.domain.asks.classifier import UNDOING, ask_probability, features
from ivr.domain.asks.elliptic import elliptic
from ivr.domain.asks.grammar import (
    BACK,
    CLAUSE_END,
    DENIED_HERE,
    HAVE,
    INVITATION,
    MENU_CHOICE,
    NEAR_NEGATION,
    OPENS_QUESTION,
    OTHER_OBJECT,
    OWN_QUESTION_WORDS_MAX,
    PART_SAID,
    REMEMBERED_SENTENCES,
    VERB,
    VOTE_WORDS_MIN,
    breaks,
    ends,
    ours,
    short,
    words_back,
    words_on,
)
from ivr.domain.asks.parts import Ask, Cue, Sentence, Thing, collected, describes, governor, reaches, resumes
from ivr.domain.asks.phrase_bank import Family, Mention, PhraseBank, SpeechAct
from ivr.domain.call.party import Direction
from ivr.domain.text.needles import Read, Sieve, Sought
from ivr.domain.text.plain_text import plain_text

FORBIDDEN_QUESTION = "forbidden_question"
FORBIDDEN_DTMF = "forbidden_dtmf"


# In an act of asking: by DTMF, to us, aloud; around it: our own having, and somebody quoted.
_BY_KEYS = re.compile(r"tap|compos|press|dites")
_TO_ME = re.compile(r"\w+(?:ez|es)? (?:le |la |les )?(?:moi|nous)\b")
_ORAL = re.compile(r"\b(?:lire|lisez|dicter|dictez|epeler|epelez|dites|dire|oral|telephone|voix)\b")
_TOLD_US = re.compile(r"\b(?:lire|lisez|dict\w+|epel\w+|dites|dire|dis)\b")
_I_HAVE = re.compile(r"\b(?:j|je|nous) (?:\w+ ){0,3}$")
_QUOTING = re.compile(r"\b(?:di(?:t|s|re|sent|sant|ra|ront)|demande|demandant|pretend|type|genre|comme|«|\")")
#: What stands on a card or paper is meant.
_MARKED = re.compile(r"\b(?:quoi|marque|ecrite?s?|inscrite?s?|lisez|numero|chiffres?|commence|finit)\b")
_POLITE = re.compile(r"\b(?:auriez|pourriez|voudriez|serait il|aurais|pourrais tu)\b")


@dataclass(frozen=True)
class _Wordings:
    """The patterns of a family."""

    family: Family
    values: Sought
    holders: Sought
    direct: Sought


class AskDetector:
    """Finds what our side may not ask. Immutable: one detector serves every call."""

    def __init__(self, bank: PhraseBank) -> None:
        self.bank = bank
        kinds = [(family.values, family.holders, family.direct) for family in bank.families]
        self._sieve = Sieve(
            [*bank.acts.values(), *bank.mentions.values(), *(pattern for kind in kinds for pattern in kind)]
        )
        sought = iter(self._sieve.sought)
        acts = {act: next(sought) for act in bank.acts}
        self._keys = acts.pop(SpeechAct.KEYS)
        self._acts = tuple(acts.items())
        mentions = {mention: next(sought) for mention in bank.mentions}
        self._no_negation, self._polite_no = mentions[Mention.NO_NEGATION], mentions[Mention.POLITE_NO]
        self._negation, self._report = mentions[Mention.NEGATION], mentions[Mention.REPORT]
        self._redirect, self._telling = mentions[Mention.REDIRECT], mentions[Mention.TELLING]
        self._theirs = mentions[Mention.THEIRS]
        self._undoing = tuple((mention, mentions[mention]) for mention in UNDOING)
        wordings = [_Wordings(family, next(sought), next(sought), next(sought)) for family in bank.families]
        self._forbidden = {
            direction: tuple(one for one in wordings if one.family.forbidden(direction))
            for direction in (None, *Direction)
        }
        self._things_bits = sum(one.values.bits + one.holders.bits for one in wordings)
        self._outright_bits = sum(one.direct.bits for one in wordings)
        self._things_sought = {
            direction: [
                sought
                for one in forbidden
                for sought in ((one.family, one.values, True), (one.family, one.holders, False))
            ]
            for direction, forbidden in self._forbidden.items()
        }

    def asks(self, text: str, direction: Direction | None) -> tuple[Ask, ...]:
        """Return the forbidden asks in `text` (a prompt, an utterance with or without punctuation), in order.

        `direction` None: not known, so only what is forbidden in every direction counts. Asks in neighbouring
        sentences for the same family are one.
        """
        plain = plain_text(text, self.bank.abbreviations)
        return self.in_sentences([Sentence(sentence, heard=True) for sentence in plain.sentences()], direction)

    def in_sentences(self, sentences: Sequence[Sentence], direction: Direction | None) -> tuple[Ask, ...]:
        """Return the forbidden asks of sentences that follow each other, said by one party."""
        found: list[Ask] = []
        last_at, recent_at, recent = -2, -2, tuple[Family, ...]()
        for at, sentence in enumerate(sentences):
            read = self._sieve.read(f"{sentence.lead} {sentence.plain.text}" if sentence.lead else sentence.plain.text)
            families, spoken_of = self._asked(sentence, read, direction, recent)
            if families and at + 1 < len(sentences) and self._answered(sentence, sentences[at + 1]):
                families, spoken_of = (), ()
            kind, rule = FORBIDDEN_QUESTION, ""
            keys = self._keyed(sentence, families) if self._keys.may_match(read) else None
            if keys is not None:
                kind, rule, families = FORBIDDEN_DTMF, "ASK-004", families or keys
            if families or keys is not None:
                start, end = sentence.plain.source(0, len(sentence.plain.text))
                ids = tuple(dict.fromkeys(family.id for family in families))
                rule = rule or min((family.rule for family in families), key=("ASK-002", "ASK-001").index)
                before = found[-1] if found else None
                if (
                    before is not None
                    and last_at == at - 1
                    and before.passage == sentence.passage
                    and before.kind == kind
                    and set(ids) & set(before.families)
                ):
                    merged = tuple(dict.fromkeys((*before.families, *ids)))
                    found[-1] = Ask(kind, before.rule, merged, before.start, end, before.passage)
                else:
                    found.append(Ask(kind, rule, ids, start, end, sentence.passage))
                last_at = at
            if spoken_of:
                recent_at, recent = at, spoken_of
            elif at - recent_at >= REMEMBERED_SENTENCES:
                recent = ()
        return tuple(found)

    def shown(self, text: str, direction: Direction | None) -> frozenset[str] | None:
        """Return what the second reader sees in a levelled sentence; None when nothing forbidden is spoken of."""
        read = self._sieve.read(text)
        things = self._things(read, direction)
        if not things:
            return None
        calm = _blanked(self._no_negation, read)
        return self._features(read, calm, things, self._cues(read, calm, things))

    def named(self, text: str, direction: Direction | None) -> frozenset[str]:
        """Return the families that a levelled text names, asked for or not."""
        return frozenset(thing.family.id for thing in self._things(self._sieve.read(text), direction))

    def _features(self, read: Read, calm: str, things: Sequence[Thing], cues: Sequence[Cue]) -> frozenset[str]:
        mentions = [mention for mention, sought in self._undoing if sought.search(read, text=calm)]
        return features(read.text, things, cues, mentions)

    # ------------------------------------------------------------ one sentence

    def _asked(
        self, sentence: Sentence, read: Read, direction: Direction | None, recent: tuple[Family, ...]
    ) -> tuple[tuple[Family, ...], tuple[Family, ...]]:
        """Return the families asked for, and those spoken of without denial (a later "le numéro" may mean them)."""
        text = read.text
        here = len(text) - len(sentence.plain.text)
        things = [thing for thing in self._things(read, direction) if thing.start >= here]
        outright = self._outright(read, here, direction)
        if not (things or outright or (recent and (INVITATION.fullmatch(text.strip()) or BACK.search(text)))):
            return (), ()
        question = text.rstrip().endswith("?") or (not ends(text) and bool(OPENS_QUESTION.match(text)))
        calm = _blanked(self._no_negation, read)
        if question or _POLITE.search(calm):
            calm = _blanked(self._polite_no, read, calm)
        # Without a thing, in this sentence or just before, nothing depends on the acts.
        cues = self._cues(read, calm, things) if things or recent else []
        spoken_of: list[Family] = []
        reported = self._report.search(read) if things else None
        asked = [family for family, at in outright if not self._undone(read, calm, at.start(), at.end())]
        said_outright = tuple(asked)
        for thing in things:
            if thing.family in asked:
                continue
            verdict = self._thing_asked(sentence, read, calm, here, thing, things, cues, question, bool(reported))
            if verdict:
                asked.append(thing.family)
            elif verdict is None:
                spoken_of.append(thing.family)
        if things and not said_outright and not sentence.heading:
            asked = self._reread(read, calm, things, cues, asked, spoken_of)
        if not asked and not things and recent and self._refers_back(read, cues, question):
            asked = [family for family in recent if family.forbidden(direction)]
        return tuple(dict.fromkeys(asked)), tuple(dict.fromkeys([*asked, *spoken_of]))

    def _outright(self, read: Read, here: int, direction: Direction | None) -> list[tuple[Family, re.Match[str]]]:
        """Return the families whose asks are known by their wording alone, with where that stands."""
        if not read.bits & self._outright_bits:
            return []
        return [
            (wordings.family, match)
            for wordings in self._forbidden[direction]
            if read.bits & wordings.direct.bits and (match := wordings.direct.search(read, here))
        ]

    def _reread(
        self,
        read: Read,
        calm: str,
        things: Sequence[Thing],
        cues: Sequence[Cue],
        asked: list[Family],
        spoken_of: list[Family],
    ) -> list[Family]:
        """Return what is asked for after the second reader's vote; without weights, what the grammar found."""
        learnt = self.bank.learnt
        open_to_vote = [family for family in spoken_of if not family.confirmable]
        if learnt is None or not (asked or (open_to_vote and len(read.text.split()) >= VOTE_WORDS_MIN)):
            return asked
        likely = ask_probability(self._features(read, calm, things, cues), learnt)
        if asked:
            return asked if likely >= learnt.clear_below else []
        return open_to_vote if likely >= learnt.ask_above else asked

    def _answered(self, sentence: Sentence, following: Sentence) -> bool:
        """Say whether we answer our own short question ("Votre RIB ? Inutile, nous l'avons")."""
        if following.passage != sentence.passage or not sentence.plain.text.endswith("?"):
            return False
        if len(sentence.plain.text.split()) > OWN_QUESTION_WORDS_MAX:
            return False
        read = self._sieve.read(following.plain.text)
        reply = _blanked(self._no_negation, read)
        if any(cue.live and cue.act is SpeechAct.TO_US for cue in self._cues(read, reply, ())):
            return False
        return bool(
            self._negation.search(read, text=reply)
            or self._redirect.search(read, text=reply)
            or re.search(r"\b(?:deja|c est bon|jamais)\b", reply)
        ) and not reply.endswith("?")

    def _things(self, read: Read, direction: Direction | None) -> list[Thing]:
        if not read.bits & self._things_bits:
            return []
        found = [
            Thing(family, match.start(), match.end(), value)
            for family, pattern, value in self._things_sought[direction]
            if read.bits & pattern.bits
            for match in pattern.finditer(read)
        ]
        if len(found) < 2:
            return found
        # The longest wording names the thing: "numéro d'adhérent" inside "numéro de carte d'adhérent" does not.
        kept: list[Thing] = []
        for thing in sorted(found, key=lambda t: (t.start - t.end, not t.value)):
            if all(thing.end <= other.start or thing.start >= other.end for other in kept):
                kept.append(thing)
        return sorted(kept, key=lambda t: t.start)

    def _cues(self, read: Read, calm: str, things: Sequence[Thing]) -> list[Cue]:
        text = read.text
        cues = [
            Cue(act, match.start(), match.end(), not self._undone(read, calm, match.start(), match.end(), act))
            for act, pattern in self._acts
            if read.bits & pattern.bits
            for match in pattern.finditer(read)
        ]
        for match in self._telling.finditer(read, calm):
            if describes(text, match.start(), match.end(), things):
                continue
            relative = text[: match.start()].endswith(("ce qui ", "ce qui y "))
            if relative or any(thing.start <= match.start() < thing.end for thing in things):
                continue
            if not any(cue.start <= match.start() < cue.end for cue in cues if cue.act is not SpeechAct.PLEASE):
                cues.append(Cue(None, match.start(), match.end(), False))
        return sorted(cues, key=lambda cue: (cue.end, cue.start))

    def _undone(self, read: Read, calm: str, start: int, end: int, act: SpeechAct | None = None) -> bool:
        """Say whether an act is denied, reported of others, or sent another road."""
        text = read.text
        clause = max((m.end() for m in CLAUSE_END.finditer(text, 0, start)), default=0)
        if act is SpeechAct.GIVE and _BY_KEYS.match(text, start, end) and MENU_CHOICE.match(text, end):
            return True
        if act is SpeechAct.TO_US and _TO_ME.match(text, start, end):
            clause = max(clause, words_back(text, start, NEAR_NEGATION))
        if act is SpeechAct.AVAILABLE and _I_HAVE.search(text[clause:start]):
            return True
        after = words_on(text, end, 2)
        window = calm[clause : after if act is not SpeechAct.PLEASE else end]
        if self._negation.may_match(read) and self._negation.pattern.search(window):
            return True
        report = self._report.search(read) if act is not SpeechAct.PLEASE else None
        if report is not None and report.start() < end:
            direct_to_us = act is SpeechAct.TO_US and "moi" in text[start:end].split()
            if not direct_to_us or _QUOTING.search(text, 0, start):
                return True
        if act in (
            SpeechAct.GIVE,
            SpeechAct.NEED,
            SpeechAct.COLLECT,
            SpeechAct.COLLECTED,
            SpeechAct.WANT,
            SpeechAct.AVAILABLE,
        ):
            found = self._redirect.search(read)
            return found is not None and not (found.start() < start and _ORAL.search(text[start:end]))
        if act is SpeechAct.TO_US:
            return bool(self._redirect.search(read, end)) and not _TOLD_US.search(text[start:end])
        return False

    def _thing_asked(
        self,
        sentence: Sentence,
        read: Read,
        calm: str,
        here: int,
        thing: Thing,
        things: Sequence[Thing],
        cues: Sequence[Cue],
        question: bool,
        reported: bool,
    ) -> bool | None:
        """Say whether a thing is asked for; None: spoken of, and not denied; False: denied, reported or redirected."""
        text = read.text
        near = max(here, thing.start - 14)
        if self._theirs.may_match(read) and self._theirs.pattern.search(text, near, thing.end) and not ours(text):
            return False
        if DENIED_HERE.search(calm[max(0, thing.start - 24) : thing.start]):
            return False
        governing = governor(text, thing, cues)
        if governing is not None and governing.act is not None and governing.live:
            having = governing.act is SpeechAct.AVAILABLE and text[governing.start : governing.end].split()[0] in HAVE
            if reaches(text, governing, thing, things) and (question or not having or not ends(text)):
                return True
            apart = breaks(text, governing.end, thing.start)
            if OTHER_OBJECT.search(text, governing.end, thing.start) and not apart:
                return None
        if question and PART_SAID.search(text, thing.start) and not reported:
            return True
        read_out = question and not thing.value and not reported and _MARKED.search(text)
        if read_out and not any(cue.act is None for cue in cues):
            return True
        if any(resumes(text, cue, thing, things, question) for cue in cues if cue.start >= thing.start and cue.live):
            return True
        if governing is not None and governing.act is not None and not governing.live:
            return False
        if reported or self._redirect.search(read):
            return False
        unmarked = sentence.heard and not ends(text) and short(text) and not VERB.search(text)
        question = question or unmarked
        if elliptic(sentence, read, calm, here, thing, cues, question=question, negation=self._negation):
            return True
        telling = any(cue.act is None for cue in cues)
        denied = bool(self._negation.search(read, text=calm))
        open_question = question and thing.value and not thing.family.confirmable
        if open_question and not telling and not denied and not sentence.heading:
            return True
        return False if denied else None

    def _refers_back(self, read: Read, cues: Sequence[Cue], question: bool) -> bool:
        """Say whether a sentence without a thing asks for the one spoken of just before ("vous me le lisez ?")."""
        text = read.text
        if INVITATION.fullmatch(text.strip()):
            return True
        if not BACK.search(text) or self._theirs.search(read):
            return False
        if any(
            cue.live and cue.act in (SpeechAct.TO_US, SpeechAct.GIVE, SpeechAct.WANT, SpeechAct.WHICH, SpeechAct.NEED)
            for cue in cues
        ):
            return True
        polite = any(cue.live and cue.act is SpeechAct.PLEASE for cue in cues)
        return (question or polite) and not any(cue.act is None for cue in cues) and len(text.split()) <= 12

    # ------------------------------------------------------------ keys (ASK-004)

    def _keyed(self, sentence: Sentence, families: tuple[Family, ...]) -> tuple[Family, ...] | None:
        """Return the families a prompt collects by DTMF (perhaps none by name), or None when it does not."""
        text = f"{sentence.lead} {sentence.plain.text}"
        read = self._sieve.read(text)
        keyed = list(self._keys.finditer(read))
        calm = _blanked(self._no_negation, read) if keyed else ""
        if all(self._undone(read, calm, m.start(), m.end(), SpeechAct.GIVE) for m in keyed):
            return None
        return collected(text, families)


def _blanked(pattern: Sought, read: Read, text: str | None = None) -> str:
    """Return a text that was read, in `text` with some words blanked already, without what the pattern finds."""
    text = read.text if text is None else text
    for match in pattern.finditer(read, text):
        text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
    return text
