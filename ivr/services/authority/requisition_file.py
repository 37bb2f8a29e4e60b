"""How a requisition lies in its case: its facts in the clear, the official and the desk's words sealed; how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from ivr.domain.access import AccessRequest, Action, Audience, Role
from ivr.domain.authority.requisition import CheckedBy, RefusalGround, Requisition, RequisitionState, Viewer
from ivr.domain.profile import Profile
from ivr.domain.retention.artefact import Artefact, Purpose
from ivr.domain.retention.decision import decide_retention
from ivr.domain.retention.schedule import RetentionTable
from ivr.services.ports.cases import Case, Content
from ivr.services.ports.runtime import Clock

ROOM = "authority"
#: The schedule of config/retention.toml by which a file is kept.
SCHEDULE = "authority_file"
#: What is typed of the official who asks; `notes` come on top.
OFFICIAL = ("official", "service", "contact")
#: What each field is read with; what nobody said yet is not there.
_READ: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(
        ("reference", "authority", "asked_reference", "basis", "checked_by", "approved_by", "handed_out_by"), str
    ),
    "received_at": datetime.fromisoformat,
    "state": RequisitionState,
    "checked_how": CheckedBy,
    "approver_role": Role,
    "ground": RefusalGround,
    "handed_out_at": datetime.fromisoformat,
    "index_sha256": str,
    "receipted_on": date.fromisoformat,
}


@dataclass(frozen=True)
class CaseFiles:
    """How long a requisition's file is kept, by the house's table."""

    table: RetentionTable
    profile: Profile
    clock: Clock

    def case_of(self, requisition: Requisition) -> Case:
        artefact = Artefact(requisition.id, requisition.received_at, (Purpose(SCHEDULE),))
        decided = decide_retention(artefact, (), (), self.table, self.profile, self.clock.now())
        facts = facts_of(requisition)
        return Case(requisition.id, ROOM, requisition.state.value, requisition.received_at, facts, decided.due_at)


def export_of(asked: AccessRequest, requisition: Requisition) -> AccessRequest:
    """What the gate is asked for whoever hands out what a requisition lists."""
    return replace(
        asked,
        action=Action.EXPORT,
        purpose="",
        reason=requisition.reference,
        audience=Audience.AUTHORITY,
        authority=requisition.granted,
        count=len(requisition.items),
    )


def facts_of(requisition: Requisition) -> dict[str, object]:
    """What the case says without naming the official: texts, or nothing."""
    facts: dict[str, object] = {}
    for name in _READ:
        value = getattr(requisition, name)
        if value is not None:
            facts[name] = value.isoformat() if isinstance(value, date) else str(getattr(value, "value", value))
    facts["items"] = list(requisition.items)
    facts["silent"] = requisition.silent
    facts["viewers"] = [[one.login, one.until.isoformat()] for one in requisition.viewers]
    return facts


def requisition_of(case: Case) -> Requisition:
    """Read what `facts_of` wrote."""
    facts = case.facts
    read = {name: kind(str(facts[name])) for name, kind in _READ.items() if name in facts}
    items, viewers = facts["items"], facts["viewers"]
    assert isinstance(items, list)
    assert isinstance(viewers, list)
    return Requisition(
        case.id,
        items=tuple(map(str, items)),
        silent=facts["silent"] is True,
        viewers=tuple(Viewer(str(login), datetime.fromisoformat(until)) for login, until in viewers),
        **read,
    )


def official_of(content: Content) -> dict[str, str]:
    return {name: str(content.get(name, "")) for name in OFFICIAL}


def notes_of(content: Content) -> list[str]:
    """The desk's own words: who wrote them, and what."""
    notes = content.get("notes", [])
    return [str(note) for note in notes] if isinstance(notes, list) else []


def holders_of(content: Content) -> dict[str, str]:
    """Who holds each account, by its login."""
    holders = content.get("holders", {})
    return {str(login): str(name) for login, name in holders.items()} if isinstance(holders, dict) else {}
