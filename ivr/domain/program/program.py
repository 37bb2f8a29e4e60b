"""A program: what a call is for, what is said on it, and what an objection does. Parsed from config/programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum

from ivr.domain.call.party import Direction
from ivr.domain.hearing.verdict import Thresholds
from ivr.domain.identity.check import IdentityPlan, IdentityPrompts
from ivr.domain.queue.announcement import prompts_of_queues

#: Where a text names the objection key of the program that says it (REC-004).
OBJECTION_KEY = "{objection_key}"
_KEY_SAID = {"*": "étoile", "#": "dièse"}


def with_objection_key(text: str, key: str) -> str:
    """Return a text with {objection_key} as it is said: 9 for '9', étoile for '*'."""
    return text.replace(OBJECTION_KEY, _KEY_SAID.get(key, key))


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
    """A sentence the engine says: French text, version, and the disclosure elements it claims to hold.

    `text` may name the objection key as {objection_key}: each program that says it has its own. `english` is said
    after it, for whoever does not know French.
    """

    id: str
    version: str
    text: str
    elements: tuple[str, ...] = ()
    english: str = ""

    def with_key(self, key: str) -> Prompt:
        """Return the prompt as a program says it whose objection key this is: '0'..'9', '*' or '#'."""
        if OBJECTION_KEY not in self.text + self.english:
            return self
        said = {"*": "star", "#": "hash"}.get(key, key)
        english = self.english.replace(OBJECTION_KEY, said)
        return replace(self, text=with_objection_key(self.text, key), english=english)


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
    not_understood: str = ""
    number_refused: str = ""
    do_not_tell: str = ""


@dataclass(frozen=True)
class Program:
    """One program, frozen. `rule_ids` are the rules of the profile that govern its recording.

    `activities` are what its calls are for, by the register of processing (GDPR art. 30). `retention` names a
    schedule of config/retention.toml. `sampling_rate` is the share of calls recorded (REC-008); above the rule's
    maximum it needs `systematic_basis`. `identity` None: callers are not asked who they are. Timeouts are in seconds.
    `doubt_offer_s` is how long the agent of a bridged call may take a doubt before the caller is asked; with 0 the
    caller is asked at once. `queue` is where callers wait for an agent, who then has `wrap_up_s` for themselves; a
    program with `agent_uri` calls that one agent instead. `menu` is what callers go through before either of them.
    """

    name: str
    direction: Direction
    party: str
    activities: tuple[str, ...]
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
    menu: str = ""
    queue: str = ""
    wrap_up_s: float = 0.0
    listen_to_agent: bool = True
    sampling_rate: float = 1.0
    systematic_basis: str = ""
    ring_timeout_s: float = 30.0
    agent_ring_timeout_s: float = 20.0
    doubt_timeout_s: float = 8.0
    doubt_offer_s: float = 0.0
    max_call_s: float = 3600.0
    do_not_call_scope: str = "sales"
    guard: AgentGuard = AgentGuard()
    identity: IdentityPlan | None = None


@dataclass(frozen=True)
class SpokenPrompt:
    """One prompt as a program says it; `moment` is the field of ProgramPrompts that names it, or identity.<field>."""

    program: Program
    moment: str
    prompt: Prompt


def spoken_prompts(program: Program, prompts: Mapping[str, Prompt]) -> tuple[SpokenPrompt, ...]:
    """Return everything that a program says, in the order of its moments; ids that name nothing are left out."""
    named = [(field.name, getattr(program.prompts, field.name)) for field in fields(ProgramPrompts)]
    if program.identity is not None:
        asked = program.identity.prompts
        named += [(f"identity.{field.name}", getattr(asked, field.name)) for field in fields(IdentityPrompts)]
    if program.queue:
        named += [(f"queue.{prompt_id}", prompt_id) for prompt_id in prompts_of_queues()]
    return tuple(
        SpokenPrompt(program, moment, prompts[prompt_id].with_key(program.objection_key))
        for moment, prompt_id in named
        if prompt_id in prompts
    )
