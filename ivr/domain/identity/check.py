"""The identity check of a caller (ASK-006): what may be asked, when an answer matches, and what follows from it. Pure.

Expected values are never spoken and never shown: those that must match exactly are held as salted digests, names
(compared by sound) are kept out of every representation. A digest of so few possible values hides them from an
accidental look, not from somebody who has the machine.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from ivr.domain.identity.spoken_date import spoken_dates
from ivr.domain.identity.spoken_name import said_name, says
from ivr.domain.numbers.number_words import tokens
from ivr.domain.numbers.split_numbers import completed
from ivr.domain.numbers.spoken_digits import digit_runs
from ivr.errors import nearest

RULE = "ASK-006"
#: The DTMF digits that end and clear an answer which is typed.
ENTER, CLEAR = "#", "*"
#: An answer with more numbers than this, or more ways to read them, is no answer but a list of guesses.
_RUNS_MAX = 3
_READINGS_MAX = 8
_POSTAL_CODE_DIGITS = 5
_TIMES = {"double": 2, "triple": 3}
_REPEATED = re.compile(r"\b(double|triple)\s+(\w+)", re.IGNORECASE)


class IdentityItem(Enum):
    """What may be asked of a caller to know who they are."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    MEMBER_NUMBER = "member_number"
    POSTAL_CODE = "postal_code"


_NUMBER = IdentityItem.MEMBER_NUMBER
#: How ASK-006 calls them in its parameter `items`.
NAME_IN_RULE = {
    IdentityItem.NAME: "name",
    IdentityItem.BIRTH_DATE: "date_of_birth",
    IdentityItem.MEMBER_NUMBER: "member_or_contract_number",
    IdentityItem.POSTAL_CODE: "postal_code",
}
#: What somebody may want to ask instead: the rule that forbids it, and the allowed item that serves the purpose.
_FORBIDDEN: Mapping[str, tuple[str, IdentityItem]] = {
    **dict.fromkeys(
        ("nir", "social_security_number", "securite_sociale", "numero_securite_sociale", "ssn", "vitale"),
        ("ASK-002", IdentityItem.MEMBER_NUMBER),
    ),
    **dict.fromkeys(
        (
            "iban",
            "rib",
            "bic",
            "bank_details",
            "bank_account",
            "card",
            "card_number",
            "card_data",
            "cvv",
            "card_expiry",
        ),
        ("ASK-002", IdentityItem.MEMBER_NUMBER),
    ),
    **dict.fromkeys(
        ("password", "pin", "otp", "secret", "secret_answer", "secret_question", "mother_maiden_name"),
        ("ASK-002", IdentityItem.BIRTH_DATE),
    ),
    **dict.fromkeys(("medical_info", "health", "doctor"), (RULE, IdentityItem.BIRTH_DATE)),
    **dict.fromkeys(("email", "email_on_file", "phone", "address", "city"), (RULE, IdentityItem.POSTAL_CODE)),
    **dict.fromkeys(("first_name", "beneficiary_first_name", "last_name", "surname"), (RULE, IdentityItem.NAME)),
    **dict.fromkeys(("contract_number", "contract", "guarantee_name"), (RULE, IdentityItem.MEMBER_NUMBER)),
    **dict.fromkeys(("date_of_birth", "birthdate", "age", "birthplace"), (RULE, IdentityItem.BIRTH_DATE)),
}


def refusal_of(name: str) -> tuple[str, str]:
    """Return, for something that may not be asked to identify a caller, the rule id and a remedy naming the nearest
    item that may."""
    allowed = [item.value for item in IdentityItem]
    known = _FORBIDDEN.get(name.strip().lower().replace("-", "_").replace(" ", "_"))
    if known is not None:
        rule, item = known
        return rule, f"ask '{item.value}' instead; allowed: {', '.join(allowed)}"
    return RULE, nearest(name, allowed)


@dataclass(frozen=True)
class IdentityPrompts:
    """Prompt ids: one question per item, and what is said before it is asked again and at the end."""

    name: str = "identity-name"
    birth_date: str = "identity-birth-date"
    member_number: str = "identity-member-number"
    postal_code: str = "identity-postal-code"
    again: str = "identity-again"
    confirmed: str = "identity-confirmed"
    not_confirmed: str = "identity-not-confirmed"

    def question(self, item: IdentityItem) -> str:
        return str(getattr(self, item.value))


@dataclass(frozen=True)
class IdentityPlan:
    """What a program checks: every item must match, within `tries` wrong or missing answers for the whole check.

    `answer_timeout_s` is how long the caller may take to begin an answer.
    """

    items: tuple[IdentityItem, ...]
    tries: int = 3
    answer_timeout_s: float = 8.0
    prompts: IdentityPrompts = field(default_factory=IdentityPrompts)

    @property
    def order(self) -> tuple[IdentityItem, ...]:
        """The items as they are asked: the member number first, because it tells whose file is meant."""
        return tuple(sorted(self.items, key=lambda item: item is not _NUMBER))


def digest(item: IdentityItem, value: str, salt: bytes) -> bytes:
    """Return the salted digest of a canonical value: digits, or a date as YYYY-MM-DD."""
    return hmac.new(salt, f"{item.value}\0{value}".encode(), hashlib.sha256).digest()


@dataclass(frozen=True)
class Expected:
    """What one member's answers must match. `last_names` are all the names the person goes by (birth, usage).

    `person` is how the catalogue of recordings bears the member: a key's id, and the hash of the number under it.
    """

    salt: bytes = field(repr=False)
    digests: Mapping[IdentityItem, bytes] = field(repr=False)
    last_names: tuple[str, ...] = field(default=(), repr=False)
    first_name: str = field(default="", repr=False)
    person: tuple[str, bytes] | None = field(default=None, repr=False)

    def has(self, item: IdentityItem) -> bool:
        """Whether the file holds this item; an answer cannot match what is not there."""
        return bool(self.last_names) if item is IdentityItem.NAME else item in self.digests

    def matches(self, item: IdentityItem, answer: Answer) -> bool:
        """Whether any way to understand the answer is what the file holds; what it does not hold, nothing matches."""
        if not self.has(item):
            return False
        if item is IdentityItem.NAME:
            return any(self._is_named(text) for text in answer.variants)
        wanted = self.digests[item]
        return any(hmac.compare_digest(digest(item, value, self.salt), wanted) for value in readings(item, answer))

    def _is_named(self, text: str) -> bool:
        said = said_name(text)
        first = not self.first_name or says(said, self.first_name)
        return first and any(says(said, name) for name in self.last_names)


@dataclass(frozen=True)
class Answer:
    """What the caller said, utterance by utterance, or typed. In memory only; never shown."""

    utterances: tuple[str, ...] = field(default=(), repr=False)
    dtmf: str = field(default="", repr=False)

    @property
    def variants(self) -> tuple[str, ...]:
        """The texts that may be the answer: what was typed, the last utterance, or all of them together."""
        if self.dtmf:
            return (self.dtmf,)
        return tuple(dict.fromkeys((*self.utterances[-1:], ", ".join(self.utterances))))

    @property
    def empty(self) -> bool:
        return not self.dtmf and not self.utterances


def readings(item: IdentityItem, answer: Answer) -> tuple[str, ...]:
    """Return the canonical values that an answer may mean; empty when it means none, or is a list of guesses."""
    read = _dates if item is IdentityItem.BIRTH_DATE else _digits
    found = dict.fromkeys(value for text in answer.variants for value in read(text))
    if item is IdentityItem.POSTAL_CODE:
        found = dict.fromkeys(value for value in found if len(value) == _POSTAL_CODE_DIGITS)
    return tuple(found) if len(found) <= _READINGS_MAX else ()


def _dates(text: str) -> Sequence[str]:
    return [day.isoformat() for day in spoken_dates(text)]


def _digits(text: str) -> Sequence[str]:
    runs = digit_runs(tokens(_REPEATED.sub(lambda m: " ".join([m[2]] * _TIMES[m[1].lower()]), text)))
    if len(runs) > _RUNS_MAX:
        return ()
    said = [reading.groups for run in runs for reading in (run, *run.readings)]
    return ["".join(groups) for groups in (*said, *map(completed, said))]


class IdentityStep(Enum):
    """FAILED is no accusation: the caller goes on, to an agent, without being identified."""

    IDENTIFIED = "identified"
    ASK = "ask"
    FAILED = "failed"


@dataclass(frozen=True)
class IdentityDecision:
    """What to do next: ask `item` (`again` after an answer that did not match), or end. `why` is one of matched, due,
    tries, unknown; `reasons` are rule ids."""

    step: IdentityStep
    why: str
    item: IdentityItem | None = None
    again: bool = False
    reasons: tuple[str, ...] = (RULE,)


@dataclass(frozen=True)
class IdentityCheck:
    """The state of one check. `candidates` are the members that everything said so far fits."""

    plan: IdentityPlan
    tries_left: int
    matched: tuple[IdentityItem, ...] = ()
    missed: bool = False
    candidates: tuple[Expected, ...] = field(default=(), repr=False)

    @property
    def due(self) -> IdentityItem | None:
        return next((item for item in self.plan.order if item not in self.matched), None)


def begin(plan: IdentityPlan, known: Sequence[Expected] = ()) -> IdentityCheck:
    """Begin a check; `known` are the members on whose file the calling number stands, which proves nothing yet."""
    return IdentityCheck(plan, plan.tries, candidates=tuple(known))


def decide(check: IdentityCheck) -> IdentityDecision:
    """Say what comes next. Nothing is asked that could not be compared with anything."""
    item = check.due
    if item is None:
        return IdentityDecision(IdentityStep.IDENTIFIED, "matched")
    if check.tries_left <= 0:
        return IdentityDecision(IdentityStep.FAILED, "tries")
    if item is not _NUMBER and not _can_match(check):
        return IdentityDecision(IdentityStep.FAILED, "unknown")
    return IdentityDecision(IdentityStep.ASK, "due", item, again=check.missed)


def numbers_said(check: IdentityCheck, answer: Answer) -> tuple[str, ...]:
    """Return the member numbers to look up before this answer is judged.

    None unless the member number is due and nothing else has matched: what matched one member may not count for
    another.
    """
    return readings(IdentityItem.MEMBER_NUMBER, answer) if check.due is _NUMBER and not check.matched else ()


def judge(check: IdentityCheck, answer: Answer, found: Sequence[Expected] = ()) -> IdentityCheck:
    """Return the check after an answer to the item that is due; `found` are the members that `numbers_said` leads to.

    No answer is a try like a wrong one.
    """
    item = check.due
    if item is None or check.tries_left <= 0:
        return check
    strangers = tuple(found) if item is _NUMBER and not check.matched else ()
    fitting = tuple(one for one in (*check.candidates, *strangers) if one.matches(item, answer))
    if fitting:
        return replace(check, matched=(*check.matched, item), missed=False, candidates=fitting)
    return replace(check, tries_left=check.tries_left - 1, missed=True)


def _can_match(check: IdentityCheck) -> bool:
    """Whether some member on file has every item that is still to be asked."""
    left = [item for item in check.plan.order if item not in check.matched]
    return any(all(one.has(item) for item in left) for one in check.candidates)
