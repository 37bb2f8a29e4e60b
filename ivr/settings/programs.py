"""Parses config/programs and config/prompts into the domain's Program and Prompt, and checks that they fit together."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from ivr.domain.call.party import Direction
from ivr.domain.consent.policy import sampling_fault
from ivr.domain.hearing.verdict import Label, Thresholds
from ivr.domain.identity.check import CLEAR, ENTER
from ivr.domain.profile import Profile
from ivr.domain.program.program import (
    OBJECTION_KEY,
    AgentGuard,
    Captured,
    ObjectionEffect,
    OnAsk,
    Program,
    ProgramPrompts,
    Prompt,
)
from ivr.domain.retention.schedule import RetentionTable
from ivr.errors import ConfigurationError, nearest
from ivr.settings.identity import IdentityTable, check_prompts, plan_of
from ivr.settings.law import check_rules
from ivr.settings.source import Section, parse, read_toml, toml_files, written_as

PromptId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Activity = Literal["service", "sales", "quality", "contract_proof", "complaint"]
Score = Annotated[float, Field(ge=0, le=1)]
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KNOWN_PLACEHOLDERS = ("controller", OBJECTION_KEY.strip("{}"))


class _PromptTable(Section):
    version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
    text: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    kind: Literal["disclosure", "agent_disclosure", "closing", "prompt"] = "prompt"
    direction: Direction | None = None
    elements: tuple[str, ...] = ()
    english: str = ""


class _PromptFile(Section):
    prompts: dict[PromptId, _PromptTable] = Field(min_length=1)


class _Thresholds(Section):
    act: Score
    doubt: Score

    @model_validator(mode="after")
    def _ordered(self) -> _Thresholds:
        if self.doubt > self.act:
            raise ValueError("doubt must not lie above act")
        return self


class _ThresholdTable(Section):
    objection_recording: _Thresholds
    refusal_contact: _Thresholds
    question_recording: _Thresholds

    def to_domain(self) -> dict[str, Thresholds]:
        labels = (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT, Label.QUESTION_RECORDING)
        return {
            label.value: Thresholds(getattr(self, label.value).act, getattr(self, label.value).doubt)
            for label in labels
        }


class _Prompts(Section):
    disclosure: PromptId
    objection_noted: str
    closing: str
    doubt: PromptId
    question_answer: str
    wait_for_agent: str
    agent_disclosure: str
    agent_unavailable: str
    menu: str
    goodbye: str
    reassured: str = ProgramPrompts.reassured
    doubt_contact: str = ProgramPrompts.doubt_contact
    not_understood: str = ProgramPrompts.not_understood
    number_refused: str = ProgramPrompts.number_refused
    do_not_tell: str = ProgramPrompts.do_not_tell


class _Guard(Section):
    agent_channel: bool = AgentGuard.agent_channel
    on_ask: OnAsk = AgentGuard.on_ask
    answer_s: float = Field(default=AgentGuard.answer_s, gt=0, le=120)


class _ProgramFile(Section):
    direction: Direction
    party: Literal["member", "prospect"]
    activities: tuple[Activity, ...] = Field(min_length=1)
    prompts: _Prompts
    objection_effect: ObjectionEffect
    captured: Captured
    retention: str
    rule_ids: tuple[str, ...] = Field(min_length=1)
    thresholds: _ThresholdTable
    thresholds_after_disclosure: _ThresholdTable
    after_disclosure_s: float = Field(default=Program.after_disclosure_s, ge=0)
    objection_key: Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")] = Program.objection_key
    barge_in: bool = Program.barge_in
    agent_uri: str = Program.agent_uri
    menu: str = Program.menu
    queue: str = Program.queue
    wrap_up_s: float = Field(default=Program.wrap_up_s, ge=0, le=3600)
    listen_to_agent: bool = Program.listen_to_agent
    sampling_rate: float = Field(ge=0, le=1)
    systematic_basis: str = Program.systematic_basis
    ring_timeout_s: float = Field(default=Program.ring_timeout_s, gt=0)
    agent_ring_timeout_s: float = Field(default=Program.agent_ring_timeout_s, gt=0)
    doubt_timeout_s: float = Field(default=Program.doubt_timeout_s, gt=0)
    doubt_offer_s: float = Field(default=Program.doubt_offer_s, ge=0, le=30)
    max_call_s: float = Field(default=Program.max_call_s, gt=0)
    do_not_call_scope: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")] = Program.do_not_call_scope
    guard: _Guard = _Guard()
    identity: IdentityTable | None = None

    @field_validator("agent_uri")
    @classmethod
    def _sip_uri(cls, value: str) -> str:
        if value and not value.startswith(("sip:", "sips:")):
            raise ValueError("write a SIP URI, e.g. sip:conseil@127.0.0.1:5070")
        return value


def load_prompts(folder: Path, *, controller: str) -> dict[str, Prompt]:
    """Read every prompt of the folder, with {controller} replaced; raises ConfigurationError for an id used twice."""
    prompts: dict[str, Prompt] = {}
    origin: dict[str, Path] = {}
    for path in toml_files(folder, what="prompt file"):
        for prompt_id, table in parse(_PromptFile, read_toml(path), file=str(path)).prompts.items():
            key = f"prompts.{prompt_id}"
            if prompt_id in prompts:
                raise ConfigurationError(
                    f"prompt '{prompt_id}' stands in {origin[prompt_id].name} too",
                    file=str(path),
                    key=key,
                    remedy="rename or remove one of them",
                )
            text = fill(table.text, controller=controller, file=str(path), key=f"{key}.text")
            english = fill(table.english, controller=controller, file=str(path), key=f"{key}.english")
            prompts[prompt_id] = Prompt(prompt_id, table.version, text, table.elements, english)
            origin[prompt_id] = path
    return prompts


def fill(text: str, *, controller: str, file: str = "", key: str = "") -> str:
    """Return a prompt's text with {controller} replaced, the French article contracted (de le -> du).

    {objection_key} stays: each program has its own. Raises ConfigurationError for any other placeholder.
    """
    for name in _PLACEHOLDER.findall(text):
        if name not in _KNOWN_PLACEHOLDERS:
            raise ConfigurationError(
                f"'{{{name}}}' stands for nothing",
                file=file,
                key=key,
                value=name,
                remedy="known: {controller}, {objection_key}",
            )
    said = text.replace("{controller}", controller)
    for apart, joined in (("de le ", "du "), ("de les ", "des "), ("à le ", "au "), ("à les ", "aux ")):
        if controller.startswith(apart.split()[1] + " "):
            said = said.replace(apart, joined)
    return " ".join(said.split())


def load_programs(
    folder: Path, *, prompts: Mapping[str, Prompt], profile: Profile, retention: RetentionTable
) -> dict[str, Program]:
    """Read every program of the folder; the file's name is the program's name."""
    programs = {}
    for path in toml_files(folder, what="program"):
        content = read_toml(path)
        written = {"activities": written_as(content, "purposes", "activities")}
        parsed = parse(_ProgramFile, content, file=str(path), written=written)
        program = _to_domain(path.stem, parsed, profile, str(path))
        _check(program, str(path), prompts, profile, retention)
        programs[program.name] = program
    return programs


def _to_domain(name: str, parsed: _ProgramFile, profile: Profile, file: str) -> Program:
    values = {field.name: getattr(parsed, field.name, None) for field in dataclasses.fields(Program)}
    values["name"] = name
    values["prompts"] = ProgramPrompts(**parsed.prompts.model_dump())
    if parsed.identity is not None:
        values["identity"] = plan_of(parsed.identity, direction=parsed.direction, profile=profile, file=file)
    values["guard"] = AgentGuard(**parsed.guard.model_dump())
    values["thresholds"] = parsed.thresholds.to_domain()
    values["thresholds_after_disclosure"] = parsed.thresholds_after_disclosure.to_domain()
    return Program(**values)  # type: ignore[arg-type]


def _check(
    program: Program, file: str, prompts: Mapping[str, Prompt], profile: Profile, retention: RetentionTable
) -> None:
    for moment, prompt_id in dataclasses.asdict(program.prompts).items():
        if prompt_id and prompt_id not in prompts:
            raise ConfigurationError(
                f"there is no prompt '{prompt_id}'",
                file=file,
                key=f"prompts.{moment}",
                value=prompt_id,
                remedy=nearest(prompt_id, prompts),
            )
    if program.identity is not None:
        check_prompts(program.identity, prompts, file)
        _check_typed_answers(program, file)
    check_rules(list(program.rule_ids), profile, file=file, key="rule_ids")
    if program.retention not in retention.schedules:
        raise ConfigurationError(
            f"retention.toml has no schedule '{program.retention}'",
            file=file,
            key="retention",
            value=program.retention,
            remedy=nearest(program.retention, retention.schedules),
        )
    _check_objection(program, file)
    _check_guard(program, file)
    fault = sampling_fault(program, profile)
    if fault is not None:
        key = "systematic_basis" if program.systematic_basis else "sampling_rate"
        raise ConfigurationError(fault, file=file, key=key, value=program.sampling_rate, remedy="see REC-008")


def _check_typed_answers(program: Program, file: str) -> None:
    """A digit is part of an answer while one is typed; these two end it and clear it, and cannot object as well."""
    if program.objection_key in (ENTER, CLEAR):
        raise ConfigurationError(
            "this key ends or clears an answer that a caller types to be identified, and would object too",
            file=file,
            key="objection_key",
            value=program.objection_key,
            remedy='write a digit, as objection_key = "9", or take the identity table out',
        )


def _check_guard(program: Program, file: str) -> None:
    guard = program.guard
    if guard.agent_channel and not program.listen_to_agent:
        raise ConfigurationError(
            "an agent whom nobody listens to cannot be guarded",
            file=file,
            key="guard.agent_channel",
            value=True,
            remedy="write listen_to_agent = true, or agent_channel = false",
        )
    if guard.on_ask is OnAsk.SAY and not program.prompts.do_not_tell:
        raise ConfigurationError(
            "the caller is to be told not to answer, and nothing is said",
            file=file,
            key="prompts.do_not_tell",
            value="",
            remedy='write do_not_tell = "do-not-tell" under [prompts], or another on_ask',
        )


def _check_objection(program: Program, file: str) -> None:
    ends = program.objection_effect is ObjectionEffect.END_CALL_AND_DESTROY
    if program.direction is Direction.OUTBOUND and "sales" in program.activities and not ends:
        raise ConfigurationError(
            "an objection on a sales call ends the call and destroys the recording (REC-006, ASS-B-03)",
            file=file,
            key="objection_effect",
            value=program.objection_effect.value,
            remedy="write 'end_call_and_destroy'",
        )
    moment = "closing" if ends else "objection_noted"
    if not getattr(program.prompts, moment):
        raise ConfigurationError(
            "an objection is confirmed aloud, and nothing is said here (REC-004, REC-006)",
            file=file,
            key=f"prompts.{moment}",
            value="",
            remedy="name a prompt",
        )
