"""Parses the law: config/profiles/*.toml into a Profile, config/retention.toml into a RetentionTable."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints, field_validator, model_validator

from ivr.domain.profile import Profile, Rule
from ivr.domain.retention import RECORDED_AT, Clock, Duration, Period, RetentionTable
from ivr.errors import ConfigurationError, nearest
from ivr.settings.source import Section, parse, read_toml

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
    on: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]
    cap: str
    keep: _Keep | None = None
    rules: list[str] = Field(min_length=1)


class _ClockTable(Section):
    title: str
    periods: list[_PeriodTable] = Field(min_length=1)


class _RetentionFile(_Zoned):
    clocks: dict[str, _ClockTable] = Field(min_length=1)


def load_profile(folder: Path, profile_id: str, *, file: str) -> Profile:
    """Read the profile named `profile_id`; `file` is where that name was written, for the error message."""
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
    """Read the clocks; raises ConfigurationError when one could outlast the cap its rule sets."""
    file = str(path)
    parsed = parse(_RetentionFile, read_toml(path), file=file)
    clocks: dict[str, Clock] = {}
    for tag, table in parsed.clocks.items():
        key = f"clocks.{tag}.periods"
        periods = tuple(_period(period, profile, file=file, key=f"{key}.{n}") for n, period in enumerate(table.periods))
        if not any(period.event == RECORDED_AT for period in periods):
            raise ConfigurationError(
                "no period begins with recorded_at, so a thing might never be destroyed",
                file=file,
                key=key,
                remedy='add a last period with on = "recorded_at"',
            )
        clocks[tag] = Clock(tag, table.title, periods)
    return RetentionTable(clocks, parsed.timezone)


def _period(table: _PeriodTable, profile: Profile, *, file: str, key: str) -> Period:
    rule_id, _, param = table.cap.partition(".")
    check_rules([rule_id], profile, file=file, key=f"{key}.cap")
    check_rules(table.rules, profile, file=file, key=f"{key}.rules")
    params = profile.rules[rule_id].params
    if param not in params:
        raise ConfigurationError(
            f"rule {rule_id} has no parameter '{param}'",
            file=file,
            key=f"{key}.cap",
            value=table.cap,
            remedy=nearest(param, params),
        )
    cap = _cap(param, params[param])
    if cap is None:
        raise ConfigurationError(
            f"{table.cap} is {params[param]!r}, which is no length of time",
            file=file,
            key=f"{key}.cap",
            value=table.cap,
            remedy="name a parameter such as retention_years or audio_quality_max",
        )
    keep = cap if table.keep is None else table.keep.duration()
    if keep.can_outlast(cap):
        raise ConfigurationError(
            f"{keep} can be longer than {cap}, which rule {rule_id} sets as the limit",
            file=file,
            key=f"{key}.keep",
            value=str(keep),
            remedy=f"keep at most {cap}, or leave the key out",
        )
    return Period(table.on, keep, cap, rule_id, tuple(table.rules))


def _cap(param: str, value: object) -> Duration | None:
    """Read '6 calendar months', '1 calendar month from offer_date', 'immediate', or a number of *_years or *_days."""
    if isinstance(value, int) and not isinstance(value, bool):
        if param.endswith("_years"):
            return Duration(months=12 * value)
        if param.endswith("_months"):
            return Duration(months=value)
        return Duration(days=value) if param.endswith("_days") else None
    if value == "immediate":
        return Duration()
    months = re.match(r"(\d+) calendar months?\b", value) if isinstance(value, str) else None
    return Duration(months=int(months[1])) if months else None
