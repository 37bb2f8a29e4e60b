"""Bare answers ("oui", "non", "je refuse") are judged together with the last prompt played."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from ivr.domain.hearing.verdict import Label
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
    OFFER = auto()


class BareAnswer(Enum):
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


#: In place of the last prompt: nothing of ours was asked, and we are the ones who called to sell.
SALES_CALL = "sales-call"

_ASKS = re.compile(
    r"\?|\b(?:souhaitez|voulez|acceptez|autorisez|desirez|consentez|preferez|pouvons|etes vous d accord|oui ou non)\b"
)
_OBJECTS = BareReading(Label.OBJECTION_RECORDING, 0.97)
_MAYBE = BareReading(Label.OBJECTION_RECORDING, 0.6)
_REFUSES = BareReading(Label.REFUSAL_CONTACT, 0.96)
_MAYBE_REFUSES = BareReading(Label.REFUSAL_CONTACT, 0.6)
_NOTHING = BareReading(Label.NONE, 0.97)
_R, _A = PromptRole, BareAnswer

# Silence of the table on a pair would be a gap: every pair of role and answer stands here.
MEANING: dict[tuple[PromptRole, BareAnswer], BareReading] = {
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
    # A sales call in which no prompt of ours was answered: "non merci" is said to the call itself.
    (_R.OFFER, _A.YES): _NOTHING,
    (_R.OFFER, _A.NO): BareReading(Label.REFUSAL_CONTACT, 0.7),
    (_R.OFFER, _A.NOT_WANT): _REFUSES,
    (_R.OFFER, _A.OPPOSE): _OBJECTS,
    (_R.OFFER, _A.STOP): _REFUSES,
}


#: What invites a refusal: the notice, which says how to object, and every question whose answer may be one.
INVITING = frozenset(
    {
        PromptRole.NOTICE,
        PromptRole.YES_OBJECTS,
        PromptRole.NO_OBJECTS,
        PromptRole.YES_REFUSES_CONTACT,
        PromptRole.NO_REFUSES_CONTACT,
    }
)

#: Answers that dispel a doubt: the question was understood, and the party does not object.
DENIALS = frozenset(
    {
        (PromptRole.YES_OBJECTS, BareAnswer.NO),
        (PromptRole.NO_OBJECTS, BareAnswer.YES),
        (PromptRole.YES_REFUSES_CONTACT, BareAnswer.NO),
        (PromptRole.NO_REFUSES_CONTACT, BareAnswer.YES),
    }
)


# "Cela vous dérange-t-il…?": who says yes to it objects.
_DISTURBS = re.compile(r"\b(?:derang|gen(?:e|er|era|erait|ant)\b|embet|ennui|inconvenient|un probleme|contre\b)")


@lru_cache(maxsize=256)
def prompt_role(last_prompt: str, *, after_disclosure: bool) -> PromptRole:
    """Return what bare answers mean after `last_prompt`, which is a prompt's id or its text."""
    plain = level(last_prompt).strip()
    if not plain:
        return PromptRole.NOTICE if after_disclosure else PromptRole.UNKNOWN
    if " " not in plain:
        if "doubt" in plain or "doute" in plain:
            return PromptRole.YES_OBJECTS
        if plain == SALES_CALL:
            return PromptRole.OFFER
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
        asks = "?" in sentence or (_ASKS.search(plain) is not None and not re.search(r"\bsi\b", plain))
        turned = sum(node.kind in ("STOP", "REFUSE", "REMOVE", "SANS") for node in nodes)
        turned += sum(node.negated for node in nodes)
        turned += _DISTURBS.search(plain) is not None
        if kinds & {"REC", "RECU", "RECX"}:
            if not asks or plain.startswith("dites"):
                role = PromptRole.NOTICE if role is PromptRole.UNKNOWN else role
            else:
                role = PromptRole.YES_OBJECTS if turned % 2 else PromptRole.NO_OBJECTS
        elif asks and kinds & {"CONTACT", "INTEREST"} and "?" in sentence:
            role = PromptRole.YES_REFUSES_CONTACT if turned % 2 else PromptRole.NO_REFUSES_CONTACT
        elif "?" in sentence and role is PromptRole.UNKNOWN:
            role = PromptRole.OTHER_QUESTION
    if role is PromptRole.UNKNOWN and after_disclosure:
        return PromptRole.NOTICE
    return role


_EMPTY = frozenset({"FILLER", "POLITE", "PRO", "MOI", "VOUS", "DE", "NE", "BE", "THEN", "QUE", "BUT", "TIMES"})
_SURE = frozenset({"tout", "fait", "c", "est", "ca", "pour", "moi", "du", "toujours", "repete", "ai", "a"})
_AFFIRMING = re.compile(
    r"\b(?:exactement|exact|tout a fait|absolument|effectivement|affirmatif|correct|parfaitement|certainement"
    r"|carrement|voila|c est (?:bien )?(?:ca|cela))\b"
)
_NEGATIONS = frozenset({"PAS", "PLUS", "JAMAIS", "AUCUN", "RIEN"})
_OPPOSING_WORDS = ("refus", "oppos", "declin", "object", "m y oppose", "m oppose", "je m", "rejet", "droit d")
_LEAD_WORDS_MAX = 14
_ANSWER_WORDS_MAX = 8


def first_answer(units: Sequence[Unit]) -> BareAnswer | None:
    """Return the yes or no that `units` begin with, whatever follows ("non, allez-y")."""
    for unit in units:
        if unit.concept in ("OUI", "NON"):
            return BareAnswer.YES if unit.concept == "OUI" else BareAnswer.NO
        if unit.concept not in _EMPTY:
            return None
    return None


def bare_answer(units: Sequence[Unit]) -> BareAnswer | None:
    """Return the answer that `units` are, when they hold nothing else."""
    left = [unit for unit in units if unit.concept not in _EMPTY and unit.text not in _SURE]
    affirmed = _AFFIRMING.search(" ".join(unit.text for unit in units)) is not None
    kinds = [unit.concept for unit in left if not (affirmed and unit.concept == "X" and _AFFIRMING.search(unit.text))]
    negated = any(kind in _NEGATIONS for kind in kinds)
    core = {kind for kind in kinds if kind not in ("PAS", "PLUS", "JAMAIS", "NON", "OUI")}
    if len(kinds) > _ANSWER_WORDS_MAX or not (kinds or affirmed):
        return None
    yes, no = "OUI" in kinds or (affirmed and not negated and "NON" not in kinds), "NON" in kinds
    if core == {"REFUSE"} and not negated:
        spoken = " ".join(unit.text for unit in left if unit.concept == "REFUSE")
        return BareAnswer.OPPOSE if any(word in spoken for word in _OPPOSING_WORDS) else BareAnswer.NOT_WANT
    if core == {"STOP"} and not negated and all(unit.form in ("", "z") for unit in left):
        return BareAnswer.STOP
    agreed = any(unit.concept == "OUI" and unit.text == "d accord" for unit in left)
    wishes = bool(core) and core <= {"WANT", "ACCEPT", "PREFER", "LIKE"}
    if negated and (wishes or (not core and agreed)):
        return BareAnswer.NOT_WANT
    if wishes:
        if no:
            return BareAnswer.NOT_WANT if core == {"PREFER"} else None
        return BareAnswer.YES
    if core:
        return None
    if negated or (no and not yes):
        return BareAnswer.NO if not yes else None
    if yes and no:
        # "non non allez-y" agrees; "oui enfin non" does not.
        return BareAnswer.NO if kinds[-1] == "NON" else None
    return BareAnswer.YES if yes else None


def led_answer(units: Sequence[Unit], role: PromptRole) -> BareReading | None:
    """Return the meaning of a short answer that begins with yes or no and goes on about something else.

    Only after a question about recording or contact; in doubt the answer's first word counts.
    """
    if role in (PromptRole.UNKNOWN, PromptRole.NOTICE, PromptRole.OTHER_QUESTION, PromptRole.OFFER):
        return None
    nodes = [node for node in skeleton(units) if node.kind != "POLITE"]
    if not nodes or units[-1].last > _LEAD_WORDS_MAX:
        return None
    kinds = [node.kind for node in nodes]
    if kinds[0] not in ("OUI", "NON") or any(kind in _ABOUT for kind in kinds) or {"OUI", "NON"} <= set(kinds):
        return None
    return MEANING[role, BareAnswer.YES if kinds[0] == "OUI" else BareAnswer.NO]


_ABOUT = frozenset({"REC", "RECU", "RECX", "CONTACT", "KEEP", "LISTEN", "QUESTION"})
