"""Parses the law: config/profiles/*.toml into a Profile, config/retention.toml into a RetentionTable."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, field_validator, model_validator

from ivr.domain.access import Role
from ivr.domain.profile import Profile, Rule
from ivr.domain.retention.artefact import EventKind
from ivr.domain.retention.schedule import (
    RECORDED_AT,
    AtEnd,
    Duration,
    LawfulBasis,
    OnObjection,
    Period,
    RetentionTable,
    Schedule,
)
from ivr.errors import ConfigurationError, nearest
from ivr.settings.source import Section, parse, read_toml, written_as

RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}(-[A-Z])?-\d{2,3}$")]
Confidence = Literal[
    "verified-official", "verified-secondary", "single-secondary", "conflicting-secondary", "memory", "inference"
]


class _Zoned(Section):
    timezone: str = "Europe/Paris"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("write a time zone of the IANA database, e.g. Europe/Paris") from None
        return value


class _ProfileHead(_Zoned):
    id: str
    version: str
    jurisdiction: str


class _RuleTable(Section):
    rule: str = Field(min_length=1)
    since: date
    until: date | None = None
    confidence: Confidence
    source: str = Field(min_length=1)
    note: str = ""
    params: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ordered(self) -> _RuleTable:
        if self.until is not None and self.until < self.since:
            raise ValueError("until lies before since")
        return self


class _ProfileFile(Section):
    profile: _ProfileHead
    rules: dict[RuleId, _RuleTable] = Field(min_length=1)


class _Keep(Section):
    days: int = Field(default=0, ge=0)
    months: int = Field(default=0, ge=0)
    years: int = Field(default=0, ge=0)

    def duration(self) -> Duration:
        return Duration(months=self.months + 12 * self.years, days=self.days)


class _PeriodTable(Section):
    on: str
    start: str = Field(min_length=1)
    cap: str | _Keep
    cap_rule: str = ""
    keep: _Keep | None = None
    at_least: str = ""
    rules: list[str] = Field(min_length=1)
    last: bool = False
    may_extend: bool = False
    void_after: list[str] = Field(default_factory=list)
    archive_after: _Keep | None = None


class _ScheduleTable(Section):
    title: str = Field(min_length=1)
    periods: list[_PeriodTable] = Field(min_length=1)
    row: str = Field(min_length=1)
    basis: LawfulBasis
    access: list[Role]
    on_objection: OnObjection = OnObjection.KEEP
    objection_rules: list[str] = Field(default_factory=list)
    at_end: AtEnd = AtEnd.DESTROY
    confidence: Confidence
    conflict: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _objection_has_a_rule(self) -> _ScheduleTable:
        if self.on_objection is OnObjection.DESTROY and not self.objection_rules:
            raise ValueError("name in objection_rules the rules by which an objection destroys")
        return self


class _RetentionFile(_Zoned):
    schedules: dict[str, _ScheduleTable] = Field(min_length=1)


def load_profile(folder: Path, profile_id: str, *, file: str) -> Profile:
    """Read the profile named `profile_id`; `file` is where that name was written, for the error message.

    Raises ConfigurationError when there is no such file, or it is not a profile of that name.
    """
    path = folder / f"{profile_id}.toml"
    if not path.is_file():
        known = [p.stem for p in folder.glob("*.toml")]
        raise ConfigurationError(
            f"there is no profile '{profile_id}' in {folder}",
            file=file,
            key="law.profile",
            value=profile_id,
            remedy=nearest(profile_id, known),
        )
    parsed = parse(_ProfileFile, read_toml(path), file=str(path))
    if parsed.profile.id != profile_id:
        raise ConfigurationError(
            f"the file says that it is profile '{parsed.profile.id}'",
            file=str(path),
            key="profile.id",
            value=parsed.profile.id,
            remedy=f"write '{profile_id}', or rename the file",
        )
    rules = {
        rule_id: Rule(rule_id, t.rule, t.since, t.until, t.confidence, t.source, t.params, t.note)
        for rule_id, t in parsed.rules.items()
    }
    return Profile(profile_id, parsed.profile.version, rules, parsed.profile.timezone)


def check_rules(ids: list[str], profile: Profile, *, file: str, key: str) -> None:
    """Raises ConfigurationError for a rule id that the profile does not have, naming the nearest."""
    for rule_id in ids:
        if rule_id not in profile.rules:
            raise ConfigurationError(
                f"profile {profile.id} has no rule '{rule_id}'",
                file=file,
                key=key,
                value=rule_id,
                remedy=nearest(rule_id, profile.rules),
            )


def load_retention(path: Path, profile: Profile) -> RetentionTable:
    """Read the schedules; raises ConfigurationError when one could outlast the cap its rule sets.

    So does an event, rule or role that nobody knows, a schedule that would never end, and a period that names its event
    a second time and would never be reached.
    """
    file = str(path)
    content = read_toml(path)
    name = written_as(content, "clocks", "schedules")
    parsed = parse(_RetentionFile, content, file=file, written={"schedules": name})
    schedules: dict[str, Schedule] = {}
    for tag, table in parsed.schedules.items():
        key = f"{name}.{tag}.periods"
        periods = tuple(_period(period, profile, file=file, key=f"{key}.{n}") for n, period in enumerate(table.periods))
        if not any(period.event == RECORDED_AT for period in periods):
            raise ConfigurationError(
                "no period begins with recorded_at, so a thing might never be destroyed",
                file=file,
                key=key,
                remedy='add a last period with on = "recorded_at"',
            )
        named = [period.event for period in periods]
        if twice := next((name for name in named if named.count(name) > 1), None):
            raise ConfigurationError(
                f"two periods begin with {twice}", file=file, key=key, value=twice, remedy="keep the first of them"
            )
        check_rules(table.objection_rules, profile, file=file, key=f"{name}.{tag}.objection_rules")
        schedules[tag] = Schedule(
            tag,
            table.title,
            periods,
            table.basis,
            row=table.row,
            access=tuple(role.value for role in table.access),
            on_objection=table.on_objection,
            objection_rules=tuple(table.objection_rules),
            at_end=table.at_end,
            confidence=table.confidence,
            conflict=table.conflict,
            note=table.note,
        )
    return RetentionTable(schedules, parsed.timezone)


def _period(table: _PeriodTable, profile: Profile, *, file: str, key: str) -> Period:
    _check_event(table.on, file=file, key=f"{key}.on")
    for name in table.void_after:
        _check_event(name, file=file, key=f"{key}.void_after")
    check_rules(table.rules, profile, file=file, key=f"{key}.rules")
    cap, cap_rule, cap_param = _limit(table, profile, file=file, key=key)
    keep = cap if table.keep is None else table.keep.duration()
    if keep.can_outlast(cap):
        raise ConfigurationError(
            f"{keep} can be longer than {cap}, which rule {cap_rule} sets as the limit",
            file=file,
            key=f"{key}.keep",
            value=str(keep),
            remedy=f"keep at most {cap}, or leave the key out",
        )
    if table.at_least:
        least, rule_id, _ = _length(table.at_least, profile, file=file, key=f"{key}.at_least")
        if least.can_outlast(keep):
            raise ConfigurationError(
                f"{keep} can be shorter than {least}, which rule {rule_id} sets as the least",
                file=file,
                key=f"{key}.keep",
                value=str(keep),
                remedy=f"keep at least {least}",
            )
    archive = None if table.archive_after is None else table.archive_after.duration()
    if archive is not None and archive.can_outlast(keep):
        raise ConfigurationError(
            f"the archive would begin {archive} on, when the thing may be destroyed already",
            file=file,
            key=f"{key}.archive_after",
            value=str(archive),
            remedy=f"archive within {keep}, or leave the key out",
        )
    return Period(
        table.on,
        keep,
        cap,
        cap_rule,
        tuple(table.rules),
        start=table.start,
        last=table.last,
        may_extend=table.may_extend,
        void_after=tuple(table.void_after),
        archive_after=archive,
        cap_param=cap_param,
    )


def _check_event(name: str, *, file: str, key: str) -> None:
    known = {RECORDED_AT, *(kind.value for kind in EventKind)}
    if name not in known:
        raise ConfigurationError(
            f"there is no event '{name}'", file=file, key=key, value=name, remedy=nearest(name, known)
        )


def _limit(table: _PeriodTable, profile: Profile, *, file: str, key: str) -> tuple[Duration, str, str]:
    """Return the cap, the rule that orders it, and that rule's parameter: empty for a commitment of the house."""
    if isinstance(table.cap, str):
        return _length(table.cap, profile, file=file, key=f"{key}.cap")
    if not table.cap_rule:
        raise ConfigurationError(
            "no rule orders this cap", file=file, key=f"{key}.cap_rule", remedy='name one, e.g. cap_rule = "RET-001"'
        )
    check_rules([table.cap_rule], profile, file=file, key=f"{key}.cap_rule")
    return table.cap.duration(), table.cap_rule, ""


def _length(named: str, profile: Profile, *, file: str, key: str) -> tuple[Duration, str, str]:
    rule_id, _, param = named.partition(".")
    check_rules([rule_id], profile, file=file, key=key)
    params = profile.rules[rule_id].params
    if param not in params:
        raise ConfigurationError(
            f"rule {rule_id} has no parameter '{param}'",
            file=file,
            key=key,
            value=named,
            remedy=nearest(param, params),
        )
    length = _duration(param, params[param])
    if length is None:
        raise ConfigurationError(
            f"{named} is {params[param]!r}, which is no length of time",
            file=file,
            key=key,
            value=named,
            remedy="name a parameter such as retention_years or audio_quality_max",
        )
    return length, rule_id, param


def _duration(param: str, value: object) -> Duration | None:
    """Read '6 calendar months', '1 calendar month from offer_date', 'immediate', or a number of *_years or *_days."""
    if isinstance(value, int) and not isinstance(value, bool):
        number = {
            "years": Duration(months=12 * value),
            "months": Duration(months=value),
            "days": Duration(days=value),
        }
        return number.get(param.rpartition("_")[2])
    if value == "immediate":
        return Duration()
    months = re.match(r"(\d+) calendar months?\b", value) if isinstance(value, str) else None
    return Duration(months=int(months[1])) if months else None
