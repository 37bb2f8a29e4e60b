"""A profile: the law and the house rules as data, selected by the date of the call. Parsed from config/profiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from ivr.errors import ComplianceError, nearest


@dataclass(frozen=True)
class Rule:
    """One rule. `since` and `until` are both included; `until` None means still in force.

    `params` are the figures the engine reads; `confidence` says how sure we are of the rule.
    """

    id: str
    text: str
    since: date
    until: date | None
    confidence: str
    source: str
    params: Mapping[str, object] = field(default_factory=dict)
    note: str = ""

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True)
class Profile:
    """All rules of one jurisdiction; `id` and `version` are stored with every recording (RET-006)."""

    id: str
    version: str
    rules: Mapping[str, Rule]
    timezone: str = "Europe/Paris"

    def day_of(self, at: datetime) -> date:
        """Return the date of a call that began at the aware time `at`, where the law applies."""
        return at.astimezone(ZoneInfo(self.timezone)).date()

    def start_of(self, day: date) -> datetime:
        """Return the aware time at which a day begins where the law applies."""
        return datetime.combine(day, time(), ZoneInfo(self.timezone))

    def rule(self, rule_id: str) -> Rule:
        """Raises ComplianceError naming the nearest rule when the profile has no such rule."""
        try:
            return self.rules[rule_id]
        except KeyError:
            raise ComplianceError(
                f"profile {self.id} has no rule '{rule_id}'", rules=(rule_id,), remedy=nearest(rule_id, self.rules)
            ) from None

    def require(self, ids: Iterable[str], on: date) -> tuple[Rule, ...]:
        """Return those of the named rules that are in force on a date, in the order given, each once.

        Raises ComplianceError for an id that the profile does not know.
        """
        return tuple(rule for rule in map(self.rule, dict.fromkeys(ids)) if rule.in_force(on))

    def lapsed(self, ids: Iterable[str], on: date) -> tuple[str, ...]:
        """Return those of the named rules that are not in force on a date."""
        return tuple(rule.id for rule in map(self.rule, dict.fromkeys(ids)) if not rule.in_force(on))

    def number(self, rule_id: str, param: str) -> float:
        """Return a numeric parameter of a rule; raises ComplianceError when it is absent or not a number."""
        value = self.rule(rule_id).params.get(param)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ComplianceError(f"rule {rule_id} of profile {self.id} has no number '{param}'", rules=(rule_id,))
        return float(value)

    def names(self, rule_id: str, param: str) -> tuple[str, ...]:
        """Return a list parameter of a rule as strings; raises ComplianceError when it is absent or not a list."""
        value = self.rule(rule_id).params.get(param)
        if not isinstance(value, list | tuple):
            raise ComplianceError(f"rule {rule_id} of profile {self.id} has no list '{param}'", rules=(rule_id,))
        return tuple(str(item) for item in value)
