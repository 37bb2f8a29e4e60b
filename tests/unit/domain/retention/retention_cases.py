"""The shipped law and short ways to write artefacts, events and holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr.domain.retention.artefact import Artefact, BusinessEvent, EventKind, Purpose
from ivr.domain.retention.legal_hold import LegalHold, approve_hold, hold_rules, request_hold
from ivr.settings.access import load_access
from ivr.settings.law import load_profile, load_retention

ROOT = Path(__file__).parents[4]
CONFIG = ROOT / "config"
PROFILE = load_profile(CONFIG / "profiles", "fr-2026", file="ivr.toml")
TABLE = load_retention(CONFIG / "retention.toml", PROFILE)
POLICY = load_access(CONFIG / "access.toml", TABLE)
HOLD_RULES = hold_rules(PROFILE)
PARIS = ZoneInfo("Europe/Paris")


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS).astimezone(UTC)  # type: ignore[arg-type,misc]


CALL = paris(2026, 11, 21, 10)


def artefact(*tags: str, at: datetime = CALL) -> Artefact:
    return Artefact("rec-1", at, tuple(Purpose(tag) for tag in tags))


def event(kind: EventKind | str, at: datetime, reference: str = "") -> BusinessEvent:
    return BusinessEvent(EventKind(kind), at, "dpo", reference)


def active_hold(
    at: datetime, *items: str, hold_id: str = "hold-1", review_after: timedelta = timedelta(days=90)
) -> LegalHold:
    """A hold asked for and approved by two others, ACTIVE from `at` on."""
    asked = request_hold(
        hold_id=hold_id,
        case="litige 2026-17",
        owner="marie",
        basis="17.3.e legal claims",
        items=frozenset(items or ("rec-1",)),
        requested_by="marie",
        review_at=at + review_after,
        now=at,
        rules=HOLD_RULES,
    )
    first = approve_hold(asked, by="dpo", now=at, rules=HOLD_RULES)
    return approve_hold(first, by="juriste", now=at, rules=HOLD_RULES)
