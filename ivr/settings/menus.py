"""Parses config/menus/*.toml into the domain's Menu; what is wrong with one as a table, the domain says."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, field_validator, model_validator

from ivr.domain.menu.faults import MenuFault, menu_faults
from ivr.domain.menu.menu import AfterEmergency, Choice, Emergency, Language, Menu, Node, NodeKind
from ivr.domain.menu.opening import REGIONS, OpeningHours, Span
from ivr.domain.menu.program_menu import live_faults, program_faults
from ivr.domain.program.program import Program, Prompt
from ivr.errors import ConfigurationError, nearest
from ivr.settings.source import Section, parse, read_toml

_Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
_Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]?$")]
_Phrase = Annotated[str, StringConstraints(min_length=2, max_length=120, strip_whitespace=True)]
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"(\d\d):(\d\d) ?- ?(\d\d):(\d\d)")
#: What people write for a place, and the code that has its public holidays.
_ELSEWHERE = {"67": "6AE", "68": "6AE", "GES": "6AE", "975": "PM", "977": "BL", "978": "MF", "984": "TF", "986": "WF",
              "987": "PF", "988": "NC"}  # fmt: skip


class _ChoiceTable(Section):
    to: _Id
    key: _Key = ""
    phrases: tuple[_Phrase, ...] = Field(default=(), max_length=40)


class _NodeTable(Section):
    kind: NodeKind = NodeKind.MENU
    prompt: str = Node.prompt
    choices: tuple[_ChoiceTable, ...] = Field(default=(), max_length=12)
    queue: str = Node.queue
    timeout_s: float = Field(default=Node.timeout_s, ge=1, le=60)
    retries: int = Field(default=Node.retries, ge=0, le=5)
    barge_in: bool = Node.barge_in
    fallback: str = Node.fallback
    language: Language | None = None


class _ExceptionTable(Section):
    day: date
    open: tuple[str, ...] = ()

    @field_validator("open")
    @classmethod
    def _spans(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _day(value)
        return value


class _HoursTable(Section):
    closed: _Id
    timezone: str = "Europe/Paris"
    public_holidays: str = "FR"
    monday: tuple[str, ...] = ()
    tuesday: tuple[str, ...] = ()
    wednesday: tuple[str, ...] = ()
    thursday: tuple[str, ...] = ()
    friday: tuple[str, ...] = ()
    saturday: tuple[str, ...] = ()
    sunday: tuple[str, ...] = ()
    exceptions: tuple[_ExceptionTable, ...] = Field(default=(), max_length=400)

    @field_validator(*_DAYS)
    @classmethod
    def _spans(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _day(value)
        return value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, LookupError):
            raise ValueError("write a time zone, e.g. Europe/Paris or Indian/Reunion") from None
        return value

    @field_validator("public_holidays")
    @classmethod
    def _region(cls, value: str) -> str:
        if value and value not in REGIONS:
            meant = _ELSEWHERE.get(value.upper())
            raise ValueError(f"did you mean '{meant}'?" if meant else nearest(value, REGIONS))
        return value

    @model_validator(mode="after")
    def _each_day_once(self) -> _HoursTable:
        days = [one.day for one in self.exceptions]
        if len(set(days)) < len(days):
            raise ValueError("an exceptional day stands once, with all its hours")
        return self

    def to_domain(self) -> OpeningHours:
        week = {at: _day(getattr(self, day)) for at, day in enumerate(_DAYS)}
        return OpeningHours(
            self.timezone, week, {one.day: _day(one.open) for one in self.exceptions}, self.public_holidays
        )


class _EmergencyTable(Section):
    prompt: str = Field(min_length=1)
    then: AfterEmergency = Emergency.then


class _MenuFile(Section):
    start: _Id
    fallback: _Id
    nodes: dict[_Id, _NodeTable] = Field(min_length=1, max_length=200)
    programs: tuple[str, ...] = Menu.programs
    hours: _HoursTable | None = None
    emergency: _EmergencyTable | None = None
    not_understood: str = Menu.not_understood
    no_answer: str = Menu.no_answer
    answer_s: float = Field(default=Menu.answer_s, ge=2, le=60)
    steps_max: int = Field(default=Menu.steps_max, ge=1, le=100)
    whole_s: float = Field(default=Menu.whole_s, ge=10, le=3600)
    language: Language = Language.FRENCH

    @field_validator("nodes")
    @classmethod
    def _no_reserved_id(cls, value: dict[str, _NodeTable]) -> dict[str, _NodeTable]:
        if "repeat" in value:
            raise ValueError("'repeat' has a question said again: give the node another name")
        return value


def load_menus(folder: Path, *, prompts: Mapping[str, Prompt], programs: Mapping[str, Program]) -> dict[str, Menu]:
    """Read every menu of the folder; the file's name is the menu's. None where there is no folder: calls need none.

    Raises ConfigurationError for the first fault, and for a program that two menus would serve.
    """
    menus: dict[str, Menu] = {}
    serving: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        menu = read_menu(path)
        refuse_faults(menu, file=str(path), prompts=prompts, programs=programs)
        for program in menu.programs:
            if program in serving:
                raise ConfigurationError(
                    f"menu '{serving[program]}' serves the program '{program}' too",
                    file=str(path),
                    key="programs",
                    value=program,
                    remedy="a program has one menu: remove it from one of them",
                )
            serving[program] = menu.name
        menus[menu.name] = menu
    return menus


def refuse_faults(menu: Menu, *, file: str, prompts: Mapping[str, Prompt], programs: Mapping[str, Program]) -> None:
    """Raises ConfigurationError for the first fault that a menu has as a table, naming its rule."""
    for fault in menu_faults(menu, prompts=prompts, programs=programs):
        raise _refused(fault, file)


def check_program_menus(
    programs: Mapping[str, Program],
    menus: Mapping[str, Menu],
    queues: Iterable[str],
    prompts: Mapping[str, Prompt],
    config_dir: Path,
) -> None:
    """Raises ConfigurationError for a program whose menu is none, and for a menu that calls cannot play as it is."""
    for program in programs.values():
        for fault in program_faults(program, menus, prompts):
            raise _refused(fault, str(config_dir / "programs" / f"{program.name}.toml"))
    for menu in menus.values():
        for fault in live_faults(menu, programs.values(), queues):
            raise _refused(fault, str(config_dir / "menus" / f"{menu.name}.toml"))


def _refused(fault: MenuFault, file: str) -> ConfigurationError:
    return ConfigurationError(
        f"{fault.reason} [{fault.rule}]", file=file, key=fault.key, value=fault.words, remedy=fault.suggestion
    )


def read_menu(path: Path) -> Menu:
    """Return the menu of a file, its table unchecked. Raises ConfigurationError for what is no menu."""
    return menu_of(path.stem, read_toml(path), file=str(path))


def menu_of(name: str, content: Mapping[str, Any], *, file: str) -> Menu:
    """Return the menu that this table is. Raises ConfigurationError naming file, key, value and fix."""
    parsed = parse(_MenuFile, content, file=file)
    return Menu(
        name=name,
        start=parsed.start,
        nodes={node_id: _node(node_id, table, parsed.language) for node_id, table in parsed.nodes.items()},
        fallback=parsed.fallback,
        programs=parsed.programs,
        hours=parsed.hours.to_domain() if parsed.hours else None,
        closed=parsed.hours.closed if parsed.hours else "",
        emergency=Emergency(parsed.emergency.prompt, parsed.emergency.then) if parsed.emergency else None,
        not_understood=parsed.not_understood,
        no_answer=parsed.no_answer,
        answer_s=parsed.answer_s,
        steps_max=parsed.steps_max,
        whole_s=parsed.whole_s,
        language=parsed.language,
    )


def _node(node_id: str, table: _NodeTable, language: Language) -> Node:
    return Node(
        id=node_id,
        kind=table.kind,
        prompt=table.prompt,
        choices=tuple(Choice(one.to, one.key, one.phrases) for one in table.choices),
        queue=table.queue,
        timeout_s=table.timeout_s,
        retries=table.retries,
        barge_in=table.barge_in,
        fallback=table.fallback,
        language=table.language or language,
    )


def _day(texts: tuple[str, ...]) -> tuple[Span, ...]:
    """Return the spans of a day; raises ValueError for one that is none, ends before it begins, or overlaps."""
    spans = sorted(map(_span, texts), key=lambda span: span.begins)
    for before, after in itertools.pairwise(spans):
        if before.ends is None or before.ends > after.begins:
            raise ValueError("these hours overlap: write one span, or leave a break between them")
    return tuple(spans)


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError('write hours as "08:30-18:00"')
    hour, minute, last_hour, last_minute = map(int, found.groups())
    try:
        begins = time(hour, minute)
        ends = None if (last_hour, last_minute) == (24, 0) else time(last_hour, last_minute)
    except ValueError:
        raise ValueError('write hours as "08:30-18:00"') from None
    if ends is not None and ends <= begins:
        raise ValueError("these hours end before they begin; what goes on after midnight belongs to the next day")
    return Span(begins, ends)
