"""What the ear says of a piece of speech: a label, a band, and when the objecting words began."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Label(Enum):
    OBJECTION_RECORDING = "objection_recording"
    REFUSAL_CONTACT = "refusal_contact"
    QUESTION_RECORDING = "question_recording"
    NONE = "none"


#: What may act: the others are only told.
OPPOSING = frozenset({Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT})


class Band(Enum):
    ACT = "act"
    DOUBT = "doubt"
    CLEAR = "clear"


class Ground(Enum):
    """What bears out a verdict that acts; a score alone bears out nothing.

    EXPLICIT: an opposition bound, in one clause, to the recording, the voice being kept, being listened to, or the
    machine running. ANSWER: a refusal in the time to answer of a prompt that invited one. CONTACT_REFUSED: an
    opposition bound to being called, to the offer or to the talk.
    """

    EXPLICIT = "explicit"
    ANSWER = "answer"
    CONTACT_REFUSED = "contact_refused"


class Comprehension(Enum):
    """Whether what was said was understood. FOREIGN: another language; UNINTELLIGIBLE: words that nobody made out."""

    UNDERSTOOD = "understood"
    FOREIGN = "foreign"
    UNINTELLIGIBLE = "unintelligible"


@dataclass(frozen=True)
class SensitiveSpan:
    """Forbidden data: `kind` in nir, card, iban, cvv, otp, password; bounds are call milliseconds in a
    verdict on audio and character offsets in a verdict on text. Kind `number`, on audio only: digits that count as
    forbidden though nobody can tell what they are, since there are too many or their beginning was lost."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class PendingNumber:
    """A number may be going on: nothing from `from_ms` on is harmless yet (ASK-003), in call milliseconds.

    It lapses by itself when nothing that was said up to `until_ms` has made it one that may not be kept.
    """

    from_ms: int
    until_ms: int


@dataclass(frozen=True)
class AskSpan:
    """Our side asked for what may not be asked (ASK-001, ASK-002, ASK-004): the rule, the families of data, and
    when, in call milliseconds. Never the words."""

    rule: str
    families: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Thresholds:
    """Scores (0..1) from which an objection or refusal is acted on, or asked about."""

    act: float = 0.8
    doubt: float = 0.4

    def band(self, score: float) -> Band:
        if score >= self.act:
            return Band.ACT
        return Band.DOUBT if score >= self.doubt else Band.CLEAR

    @property
    def lowered(self) -> Band:
        """What an act becomes that nothing but its score bears out: nothing, where doubts are not asked about."""
        return Band.DOUBT if self.doubt < self.act else Band.CLEAR


@dataclass(frozen=True)
class Verdict:
    """The ear's answer for one piece.

    `onset_ms` is when the objecting words began, in call milliseconds, never before the piece; it is None
    for Band.CLEAR. `text` is empty unless the asker wanted it (tools do; live calls only for
    the answers to an identity check and in a menu).
    `speech` is False when Silero found no voice in the piece; `denies` is True when the party answered the last
    prompt in a way that says it does not object ("non" to the doubt question). `pending` is the number that may be
    going on at the end of the piece; `asks` are the forbidden questions in it, where they were listened for.
    `ground` is what bears the opposition out; without one an objection or a refusal never acts. What
    was not understood is not harmless, whatever its label and band.
    """

    label: Label
    band: Band
    score: float
    onset_ms: int | None = None
    sensitive: tuple[SensitiveSpan, ...] = ()
    text: str = field(default="", repr=False)
    speech: bool = True
    denies: bool = False
    pending: PendingNumber | None = None
    asks: tuple[AskSpan, ...] = ()
    ground: Ground | None = None
    comprehension: Comprehension = Comprehension.UNDERSTOOD

    def __post_init__(self) -> None:
        """Raises ValueError for an opposition that acts on a score alone."""
        if self.band is Band.ACT and self.label in OPPOSING and self.ground is None:
            raise ValueError(f"'{self.label.value}' acts and names no ground")

    @property
    def understood(self) -> bool:
        return self.comprehension is Comprehension.UNDERSTOOD
