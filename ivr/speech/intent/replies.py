"""Bare answers ("oui", "non", "je refuse") are judged together with the last prompt played."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from ivr.domain.verdict import Label
from ivr.speech.intent.concepts import Unit, shipped_lexicon
from ivr.speech.intent.skeleton import skeleton
from ivr.speech.intent.words import level, words


class PromptRole(Enum):
    """What a bare answer to a prompt means."""

    UNKNOWN = auto()
    NOTICE = auto()
    YES_OBJECTS = auto()
    NO_OBJECTS = auto()
    YES_REFUSES_CONTACT = auto()
    NO_REFUSES_CONTACT = auto()
    OTHER_QUESTION = auto()


class Answer(Enum):
    """A bare answer's own direction."""

    YES = auto()
    NO = auto()
    NOT_WANT = auto()
    OPPOSE = auto()
    STOP = auto()


@dataclass(frozen=True)
class BareReading:
    label: Label
    score: float


_ASKS = re.compile(
    r"\?|\b(?:souhaitez|voulez|acceptez|autorisez|desirez|consentez|preferez|pouvons|etes vous d accord|oui ou non)\b"
)
_OBJECTS = BareReading(Label.OBJECTION_RECORDING, 0.97)
_MAYBE = BareReading(Label.OBJECTION_RECORDING, 0.6)
_REFUSES = BareReading(Label.REFUSAL_CONTACT, 0.96)
_MAYBE_REFUSES = BareReading(Label.REFUSAL_CONTACT, 0.6)
_NOTHING = BareReading(Label.NONE, 0.97)
_R, _A = PromptRole, Answer

# Silence of the table on a pair would be a gap: every pair of role and answer stands here.
MEANING: dict[tuple[PromptRole, Answer], BareReading] = {
    (_R.UNKNOWN, _A.YES): _NOTHING,
    (_R.UNKNOWN, _A.NO): _NOTHING,
    (_R.UNKNOWN, _A.NOT_WANT): _MAYBE,
    (_R.UNKNOWN, _A.OPPOSE): _OBJECTS,
    (_R.UNKNOWN, _A.STOP): _MAYBE,
    (_R.NOTICE, _A.YES): _NOTHING,
    (_R.NOTICE, _A.NO): BareReading(Label.OBJECTION_RECORDING, 0.9),
    (_R.NOTICE, _A.NOT_WANT): _OBJECTS,
    (_R.NOTICE, _A.OPPOSE): _OBJECTS,
    (_R.NOTICE, _A.STOP): BareReading(Label.OBJECTION_RECORDING, 0.92),
    (_R.YES_OBJECTS, _A.YES): _OBJECTS,
    (_R.YES_OBJECTS, _A.NO): _NOTHING,
    # "non, je ne veux pas" answers the wording in one way and the fear behind it in the other.
    (_R.YES_OBJECTS, _A.NOT_WANT): _MAYBE,
    (_R.YES_OBJECTS, _A.OPPOSE): _OBJECTS,
    (_R.YES_OBJECTS, _A.STOP): _OBJECTS,
    (_R.NO_OBJECTS, _A.YES): _NOTHING,
    (_R.NO_OBJECTS, _A.NO): _OBJECTS,
    (_R.NO_OBJECTS, _A.NOT_WANT): _OBJECTS,
    (_R.NO_OBJECTS, _A.OPPOSE): _OBJECTS,
    (_R.NO_OBJECTS, _A.STOP): _OBJECTS,
    (_R.YES_REFUSES_CONTACT, _A.YES): _REFUSES,
    (_R.YES_REFUSES_CONTACT, _A.NO): _NOTHING,
    (_R.YES_REFUSES_CONTACT, _A.NOT_WANT): _MAYBE_REFUSES,
    (_R.YES_REFUSES_CONTACT, _A.OPPOSE): _REFUSES,
    (_R.YES_REFUSES_CONTACT, _A.STOP): _REFUSES,
    (_R.NO_REFUSES_CONTACT, _A.YES): _NOTHING,
    (_R.NO_REFUSES_CONTACT, _A.NO): _REFUSES,
    (_R.NO_REFUSES_CONTACT, _A.NOT_WANT): _REFUSES,
    (_R.NO_REFUSES_CONTACT, _A.OPPOSE): _REFUSES,
    (_R.NO_REFUSES_CONTACT, _A.STOP): _REFUSES,
    (_R.OTHER_QUESTION, _A.YES): _NOTHING,
    (_R.OTHER_QUESTION, _A.NO): _NOTHING,
    (_R.OTHER_QUESTION, _A.NOT_WANT): _NOTHING,
    (_R.OTHER_QUESTION, _A.OPPOSE): _MAYBE,
    (_R.OTHER_QUESTION, _A.STOP): _MAYBE,
}


#: Answers that dispel a doubt: the question was understood, and the party does not object.
DENIALS = frozenset(
    {
        (PromptRole.YES_OBJECTS, Answer.NO),
        (PromptRole.NO_OBJECTS, Answer.YES),
        (PromptRole.YES_REFUSES_CONTACT, Answer.NO),
        (PromptRole.NO_REFUSES_CONTACT, Answer.YES),
    }
)


@lru_cache(maxsize=256)
def prompt_role(last_prompt: str, *, after_disclosure: bool) -> PromptRole:
    """Return what bare answers mean after `last_prompt`, which is a prompt's id or its text."""
    plain = level(last_prompt).strip()
    if not plain:
        return PromptRole.NOTICE if after_disclosure else PromptRole.UNKNOWN
    if " " not in plain:
        if "doubt" in plain or "doute" in plain:
            return PromptRole.YES_OBJECTS
        if "consent" in plain:
            return PromptRole.NO_OBJECTS
        return PromptRole.NOTICE if "disclosure" in plain or after_disclosure else PromptRole.UNKNOWN
    return _read(last_prompt, after_disclosure)


def _read(text: str, after_disclosure: bool) -> PromptRole:
    sentences = [part for part in re.split(r"(?<=[.?!])\s+", text) if part.strip()]
    role = PromptRole.UNKNOWN
    for sentence in sentences:
        spoken = words(sentence)
        plain = " ".join(word.text for word in spoken)
        nodes = skeleton(shipped_lexicon().units(spoken))
        kinds = {node.kind for node in nodes}
        asks = "?" in sentence or _ASKS.search(plain) is not None
        turned = sum(node.kind in ("STOP", "REFUSE", "REMOVE", "SANS") for node in nodes)
        turned += sum(node.negated for node in nodes)
        if "REC" in kinds:
            if not asks or "dites" in plain.split()[:1]:
                role = PromptRole.NOTICE if role is PromptRole.UNKNOWN else role
            else:
                role = PromptRole.YES_OBJECTS if turned % 2 else PromptRole.NO_OBJECTS
        elif asks and kinds & {"CONTACT", "INTEREST"} and "REC" not in kinds and "?" in sentence:
            role = PromptRole.YES_REFUSES_CONTACT if turned % 2 else PromptRole.NO_REFUSES_CONTACT
        elif "?" in sentence and role is PromptRole.UNKNOWN:
            role = PromptRole.OTHER_QUESTION
    if role is PromptRole.UNKNOWN and after_disclosure:
        return PromptRole.NOTICE
    return role


_EMPTY = frozenset({"FILLER", "POLITE", "PRO", "MOI", "VOUS", "DE", "NE", "BE", "THEN", "QUE", "BUT"})
_SURE = frozenset(
    {"tout", "fait", "c", "est", "ca", "pour", "moi", "du", "tout", "absolument", "toujours", "repete", "ai"}
)


def first_answer(units: Sequence[Unit]) -> Answer | None:
    """Return the yes or no that `units` begin with, whatever follows ("non, allez-y")."""
    for unit in units:
        if unit.concept in ("OUI", "NON"):
            return Answer.YES if unit.concept == "OUI" else Answer.NO
        if unit.concept not in _EMPTY:
            return None
    return None


def bare_answer(units: Sequence[Unit]) -> Answer | None:
    """Return the answer that `units` are, when they hold nothing else."""
    left = [unit for unit in units if unit.concept not in _EMPTY and unit.text not in _SURE]
    kinds = [unit.concept for unit in left]
    negated = any(kind in ("PAS", "PLUS", "JAMAIS", "AUCUN", "RIEN") for kind in kinds)
    core = {kind for kind in kinds if kind not in ("PAS", "PLUS", "JAMAIS", "NON", "OUI")}
    if not kinds or len(kinds) > 8:
        return None
    yes, no = "OUI" in kinds, "NON" in kinds
    if core == {"REFUSE"} and not negated:
        return Answer.OPPOSE
    if (
        core <= {"STOP", "REMOVE"}
        and core
        and not negated
        and len(core) == 1
        and all(u.form in ("", "z") for u in left)
    ):
        return Answer.STOP
    agreed = any(unit.concept == "OUI" and unit.text == "d accord" for unit in left)
    if negated and (core and core <= {"WANT", "ACCEPT", "PREFER", "LIKE"} or (not core and agreed)):
        return Answer.NOT_WANT
    if core == {"PREFER"} and no:
        return Answer.NOT_WANT
    if core or negated:
        return Answer.NO if not core and no and not yes else None
    if yes and no:
        # "non non allez-y" agrees; "oui enfin non" and "d'accord, euh non" do not.
        return Answer.NO if kinds[-1] == "NON" else None
    return Answer.YES if yes else Answer.NO
