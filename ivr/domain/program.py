"""A program: what a call is for, what is said on it, and what an objection does. Parsed from config/programs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ivr.domain.call import Direction
from ivr.domain.identity import IdentityPlan
from ivr.domain.verdict import Thresholds


class ObjectionEffect(Enum):
    """What an objection to recording does (REC-004, REC-006)."""

    STOP_RECORDING = "stop_recording"
    END_CALL_AND_DESTROY = "end_call_and_destroy"


class Captured(Enum):
    """What becomes of audio captured before a quality objection (REC-005)."""

    DISCARD = "discard"
    KEEP = "keep"


class OnAsk(Enum):
    """What is done when an agent asks for what may not be asked: the alert is raised in any case (ASK-001, ASK-002)."""

    WARN = "warn"
    MUTE = "mute"
    SAY = "say"


@dataclass(frozen=True)
class AgentGuard:
    """Whether the agent's words are watched for forbidden questions, and what follows one.

    MUTE writes the caller's side as silence for `answer_s` seconds after the question; SAY tells the caller not to
    answer.
    """

    agent_channel: bool = False
    on_ask: OnAsk = OnAsk.WARN
    answer_s: float = 20.0


@dataclass(frozen=True)
class Prompt:
    """A sentence the engine says: French text, version, and the disclosure elements it claims to hold."""

    id: str
    version: str
    text: str
    elements: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProgramPrompts:
    """Prompt ids by the moment they are played; an empty id means that nothing is said then."""

    disclosure: str
    objection_noted: str
    closing: str
    doubt: str
    question_answer: str
    wait_for_agent: str
    agent_disclosure: str
    agent_unavailable: str
    menu: str
    goodbye: str
    reassured: str = ""
    doubt_contact: str = ""
    number_refused: str = ""
    do_not_tell: str = ""


@dataclass(frozen=True)
class Program:
    """One program, frozen. `rule_ids` are the rules of the profile that govern its recording.

    `retention` names a clock of config/retention.toml. `sampling_rate` is the share of calls recorded (REC-008);
    above the rule's maximum it needs `systematic_basis`. `identity` None: callers are not asked who they are. Timeouts
    are in seconds.
    """

    name: str
    direction: Direction
    party: str
    purposes: tuple[str, ...]
    prompts: ProgramPrompts
    objection_effect: ObjectionEffect
    captured: Captured
    retention: str
    rule_ids: tuple[str, ...]
    thresholds: dict[str, Thresholds]
    thresholds_after_disclosure: dict[str, Thresholds]
    after_disclosure_s: float = 8.0
    objection_key: str = "9"
    barge_in: bool = False
    agent_uri: str = ""
    listen_to_agent: bool = True
    sampling_rate: float = 1.0
    systematic_basis: str = ""
    ring_timeout_s: float = 30.0
    agent_ring_timeout_s: float = 20.0
    doubt_timeout_s: float = 8.0
    max_call_s: float = 3600.0
    do_not_call_scope: str = "sales"
    guard: AgentGuard = AgentGuard()
    identity: IdentityPlan | None = None
