"""A small grammar of English: objections to being recorded, refusals of contact, and answers to our question.

Whoever calls a French mutual in English is understood as far as that: clause by clause, by rules, without a trained
model. What else is said in English is not understood, unless the house wants English kept; even then not what may tell
a number, since only figures, not words for them, are searched for what may not be kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ivr.domain.hearing.verdict import Band, Ground, Label, Thresholds
from ivr.domain.numbers.sensitive import sensitive_spans
from ivr.speech.intent.replies import PromptRole, prompt_role
from ivr.speech.understanding import Hypothesis, Reading

_OBJECTS, _REFUSES, _ASKS, _NOTHING = 0.95, 0.9, 0.8, 0.9

#: In the order in which they are written out.
_SHORT = tuple(
    (re.compile(pattern), spoken)
    for pattern, spoken in (
        (r"\bcan'?t\b|\bcannot\b", "can not"),
        (r"\bwon'?t\b", "will not"),
        (r"\b(do|does|did|would|could|should|is|are|was|were|have|has|must|need)n'?t\b", r"\1 not"),
        (r"'m\b", " am"),
        (r"'re\b", " are"),
        (r"'d\b", " would"),
        (r"'ll\b", " will"),
        (r"'ve\b", " have"),
        (r"\b(that|it|what|there)'s\b", r"\1 is"),
    )
)

# What is opposed: the recording, the voice that is kept, being listened to. Records that lie in a file are not it.
_RECORDING = re.compile(
    r"\b(?:(?:re-?)?record(?:ed|ing|ings|er)?|tap(?:e|ed|ing)|monitor(?:ed|ing)?|surveil\w*"
    r"|(?:sav|stor|keep|captur|us)(?:e|es|ed|ing)? (?:of )?(?:my|our|this|the) (?:voice|call|conversation)"
    r"|listen(?:ing|s|ed)? (?:in\b|to (?:me|us|this|my|our)\b))\b"
)
_OTHER_RECORDS = re.compile(
    r"\b(?:(?:medical|health|hospital|bank|your|no|any|a|of) records?(?! (?:me|my|this|us|the|it))\b"
    r"|(?:on|for the|off the) record\b|track record|red tape|record(?:ed)? (?:delivery|mail|my (?:payment|claim)))"
)
_OPPOSING = re.compile(
    r"\b(?:not|never|no|stop(?:ped|ping)?|without|object|objection|oppos\w+|refus\w+|declin\w+|disagree\w*|against"
    r"|off|delete|erase|cancel|end|quit|cease|rather|prefer|uncomfortable|withdraw\w*|forbid\w*|disable)\b"
)
# Two that make a yes.
_AGREEING = re.compile(
    r"\b(?:(?:do|does|would) not (?:\w+ )?(?:mind|care|object|oppose|bother)|no (?:objections?|problem|issue)"
    r"|not (?:\w+ )?(?:a problem|an issue|opposed|against|bother\w*|worried|object\w*))\b"
)
_QUESTION = re.compile(
    r"^(?:so |and |but |well |sorry |excuse me |hello )*"
    r"(?:is|are|am|was|were|do(?! not\b)|does|did|has|have|why|what|how|who|where|when|for how long|may i|can i|could i"
    r"|should i|will (?:this|it|the|my))\b"
)
_CONTACT = re.compile(
    r"\b(?:(?:not|never|stop|quit|cease) (?:ever )?(?:to )?(?:call|contact|phon|ring|bother|harass)\w*"
    r"|(?:take|remove|delete|get) (?:me|us|my (?:name|number)|this number) (?:off|from|out)"
    r"|leave (?:me|us) alone|not (?:\w+ )?interested|no more calls|do not call list"
    r"|hang(?:ing)? up|end this call|do not want (?:this|any|these|your) calls?)\b"
)
_ABOUT_CALLS_AT_ALL = re.compile(r"\bnot (?:\w+ )?interested\b")

_FILLERS = r"(?:please|thanks?|thank you|sir|madam|ma'am|well|oh|uh|um|sorry|really|very much)"
_NO = re.compile(
    rf"^(?:{_FILLERS} )*(?:no|nope|never|(?:absolutely|certainly|definitely|of course|rather|really) not"
    rf"|not at all|i (?:do|would) (?:rather )?not|i (?:refuse|decline|disagree|object))\b"
)
_YES = re.compile(
    rf"^(?:{_FILLERS} )*(?:yes|yeah|yep|sure|okay|ok|(?:of course|certainly|absolutely)(?! not)|go ahead|fine"
    r"|all right|alright|(?:that|it) is (?:\w+ )?(?:fine|okay|ok|all right|alright)|i do\b(?! not)"
    r"|i (?:do )?(?:accept|agree|consent)|you (?:can|may)|no problem|i (?:do|would) not mind)\b"
)


@dataclass(frozen=True)
class _Clause:
    plain: str
    start: int
    end: int


class EnglishGrammar:
    """Implements ivr.speech.understanding.Understanding by rules. Stateless."""

    def judge(
        self,
        hypotheses: Sequence[Hypothesis],
        *,
        last_prompt: str,
        after_disclosure: bool,
        thresholds: Mapping[str, Thresholds],
        partial: bool = False,
    ) -> Reading:
        """See Understanding.judge. Every hypothesis is read; the gravest of those that are likely counts."""
        role = prompt_role(last_prompt, after_disclosure=after_disclosure)
        best = max(hypothesis.logprob for hypothesis in hypotheses)
        first = hypotheses[0].text
        likely = [hypothesis for hypothesis in hypotheses if hypothesis.logprob >= best - _LIKELY]
        readings = [_read(hypothesis.text, role) for hypothesis in likely]
        label, score, denies, ground = max(readings, key=lambda reading: _GRAVITY[reading[0]])
        band = Band.CLEAR
        if label in (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT):
            band = thresholds.get(label.value, Thresholds()).band(score)
        span = next(
            ((clause.start, clause.end) for clause in _clauses(first) if _clause(clause.plain)[0] is label), None
        )
        return Reading(
            label,
            band,
            score,
            span if label is not Label.NONE else None,
            sensitive_spans(first),
            denies and not partial and all(reading[2] for reading in readings),
            ground,
        )


def tells_a_number(text: str) -> bool:
    """Whether so many figures or number words stand in a text that it may tell what may not be kept (ASK-003)."""
    figures = sum(letter.isdigit() for letter in text)
    return figures >= _FIGURES or len(_NUMBER_WORDS.findall(text.lower())) >= _FIGURES


_FIGURES = 4
_NUMBER_WORDS = re.compile(
    r"\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand|double|triple)\b"
)
_LIKELY = 0.7
_GRAVITY = {
    Label.NONE: 0,
    Label.QUESTION_RECORDING: 1,
    Label.REFUSAL_CONTACT: 2,
    Label.OBJECTION_RECORDING: 3,
}


_GROUNDS = {Label.OBJECTION_RECORDING: Ground.EXPLICIT, Label.REFUSAL_CONTACT: Ground.CONTACT_REFUSED}


def _read(text: str, role: PromptRole) -> tuple[Label, float, bool, Ground | None]:
    """Return label, score, whether the words answer our question with a yes to being recorded, and the ground."""
    clauses = list(_clauses(text))
    readings = [_clause(clause.plain) for clause in clauses]
    label, score = max(readings, key=lambda reading: _GRAVITY[reading[0]], default=(Label.NONE, _NOTHING))
    if label in (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT) or not clauses:
        return label, score, False, _GROUNDS.get(label)
    answer = clauses[0].plain
    asked = role in (PromptRole.NO_OBJECTS, PromptRole.NOTICE)
    if asked and _NO.search(answer) and not _YES.search(answer):
        return Label.OBJECTION_RECORDING, _OBJECTS, False, Ground.ANSWER
    agrees = any(_YES.search(clause.plain) for clause in clauses)
    return label, score, role is PromptRole.NO_OBJECTS and agrees, None


def _clause(plain: str) -> tuple[Label, float]:
    kept = _OTHER_RECORDS.sub(" ", plain)
    if _RECORDING.search(kept):
        if _AGREEING.search(kept):
            return Label.NONE, _NOTHING
        if _QUESTION.search(kept):
            return Label.QUESTION_RECORDING, _ASKS
        if _OPPOSING.search(kept):
            return Label.OBJECTION_RECORDING, _OBJECTS
        return Label.NONE, _NOTHING
    if _CONTACT.search(plain) and not _QUESTION.search(plain):
        explicit = _ABOUT_CALLS_AT_ALL.search(plain) is None
        return Label.REFUSAL_CONTACT, _REFUSES if explicit else 0.7
    return Label.NONE, _NOTHING


def _clauses(text: str) -> Iterator[_Clause]:
    for found in re.finditer(r"[^.!?;:]+[.!?;:]*", text):
        plain = found.group().lower().replace("’", "'")
        for pattern, spoken in _SHORT:
            plain = pattern.sub(spoken, plain)
        plain = " ".join(re.findall(r"[a-z0-9'-]+", plain))
        if plain:
            yield _Clause(plain, found.start(), found.end())
