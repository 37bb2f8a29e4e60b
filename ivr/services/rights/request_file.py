"""How a request lies in its case: its facts in the clear, who asks and what letters say among what is sealed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from ivr.domain.rights.request import (
    Channel,
    ExtensionReason,
    IdentityCheck,
    Outcome,
    RefusalGround,
    RequestState,
    Right,
    RightsRequest,
)
from ivr.domain.rights.requester import Requester
from ivr.services.ports.cases import Case, Content

#: The places of letters that the desk fills.
TOLD = ("extension", "refusal", "found", "kept")
#: What each field of a request is read with.
_READ: Mapping[str, Callable[[str], Any]] = {
    "right": Right,
    "channel": Channel,
    "received_on": date.fromisoformat,
    "state": RequestState,
    "identity": IdentityCheck,
    "extended_on": date.fromisoformat,
    "extension": ExtensionReason,
    "closed_on": date.fromisoformat,
    "outcome": Outcome,
    "ground": RefusalGround,
    "disputed_on": date.fromisoformat,
}


def facts_of(request: RightsRequest) -> dict[str, object]:
    """What the case says of the request without naming anybody: texts, or nothing."""
    facts: dict[str, object] = {"reference": request.reference}
    for name in _READ:
        value = getattr(request, name)
        facts[name] = value.isoformat() if isinstance(value, date) else getattr(value, "value", None)
    return facts


def request_of(case: Case) -> RightsRequest:
    """Read what `facts_of` wrote."""
    read = {name: kind(str(case.facts[name])) for name, kind in _READ.items() if case.facts.get(name) is not None}
    return RightsRequest(case.id, str(case.facts["reference"]), **read)


def requester_of(content: Content) -> Requester:
    notes = content.get("notes", ())
    name, address, phone, member = (str(content.get(key, "")) for key in ("name", "address", "phone", "member"))
    return Requester(name, address, phone, member, tuple(map(str, notes if isinstance(notes, list) else ())))


def told_of(content: Content) -> dict[str, str]:
    return {name: str(content.get(name, "")) for name in TOLD}


def content_of(requester: Requester) -> dict[str, object]:
    return {**vars(requester), "notes": list(requester.notes)}


def acts_of(content: Content) -> list[list[str]]:
    """What was done: act, recording, day of the call, and how, each as text."""
    acts = content.get("acts", [])
    return [list(map(str, act)) for act in acts] if isinstance(acts, list) else []
