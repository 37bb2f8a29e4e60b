"""A recording as a vCon: conversation data in JSON (draft-ietf-vcon-vcon-core), with the lawful basis of each party.

The attachments follow draft-howe-vcon-lawful-basis-00. Parties are named by their role only, which the core does not
know: it is a parameter of the extension CC (draft-ietf-vcon-cc-extension-01, section 3.1.1). Neither number nor name is
in the catalogue. Proofs point into our evidence by node, number and digest; no words are in them.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha512
from uuid import NAMESPACE_URL, uuid5

from ivr.domain.evidence.event import AuditEvent
from ivr.domain.evidence.events.call import DisclosurePlayed
from ivr.domain.evidence.events.objection import Objection
from ivr.domain.retention.schedule import LawfulBasis, Schedule
from ivr.errors import ComplianceError
from ivr.services.ports.vault import RecordingRow

#: Version of the syntax that readers of earlier drafts look for.
_SYNTAX = "0.4.0"
_CALLER = "caller"
_ENGINE = "ivr"
#: The role's values that the extension CC proposes; it allows others, such as ours for the engine.
_ROLES = {_CALLER: "customer"}
#: Article 6 GDPR, as draft-howe-vcon-lawful-basis names it.
_BASIS = {
    LawfulBasis.CONSENT: "consent",
    LawfulBasis.CONTRACT: "contract",
    LawfulBasis.LEGAL_OBLIGATION: "legal_obligation",
    LawfulBasis.VITAL_INTERESTS: "vital_interests",
    LawfulBasis.PUBLIC_TASK: "public_task",
    LawfulBasis.LEGITIMATE_INTERESTS: "legitimate_interests",
}
_REFUSED = "REFUSED"
_PROVES = (DisclosurePlayed, Objection)


def vcon_of(
    row: RecordingRow, audio: bytes, *, schedule: Schedule | None, events: Sequence[AuditEvent], made_at: datetime
) -> dict[str, object]:
    """Return the vCon of a sealed recording; `audio` is its copy as Ogg Opus, put inside.

    `schedule` is its retention schedule. Raises ComplianceError when there is none any more, and so no lawful basis.
    """
    if schedule is None:
        raise ComplianceError(
            f"no lawful basis is known for the schedule '{row.tag.retention}'",
            rules=("GDP-001",),
            where=f"recording {row.tag.recording_id}",
            remedy="export it as wav or opus",
        )
    roles = list(dict.fromkeys([_CALLER, *(role for role in row.consent if role != _ENGINE), _ENGINE]))
    body = base64.urlsafe_b64encode(audio).rstrip(b"=").decode()
    dialog: dict[str, object] = {
        "type": "recording",
        "start": _date(row.tag.opened_at),
        "parties": _channels(row.tag.channels, roles),
        "originator": 0,
        "mediatype": "audio/ogg",
        "filename": f"{row.tag.recording_id}.opus",
        "encoding": "base64url",
        "body": body,
        "content_hash": "sha512-" + base64.urlsafe_b64encode(sha512(audio).digest()).rstrip(b"=").decode(),
    }
    if row.sealed is not None:
        dialog["duration"] = row.sealed.duration_ms / 1000
    return {
        "vcon": _SYNTAX,
        "uuid": str(uuid5(NAMESPACE_URL, f"urn:ivr:recording:{row.tag.recording_id}")),
        "created_at": _date(made_at),
        "subject": row.tag.program,
        "extensions": ["CC", "lawful_basis"],
        "parties": [{"role": _ROLES.get(role, role)} for role in roles],
        "dialog": [dialog],
        "analysis": [],
        "attachments": [
            _lawful_basis(row, schedule, index, role, events) for index, role in enumerate(roles) if role != _ENGINE
        ],
    }


def _channels(channels: Sequence[str], roles: Sequence[str]) -> list[int | list[int]]:
    """Who is heard on each channel: what the caller hears is everybody else."""
    others = [index for index, role in enumerate(roles) if role != _CALLER]
    return [roles.index(name) if name in roles and name != _ENGINE else others for name in channels]


def _lawful_basis(
    row: RecordingRow, schedule: Schedule, party: int, role: str, events: Sequence[AuditEvent]
) -> dict[str, object]:
    noted = row.consent.get(role)
    consent: Mapping[str, object] = noted if isinstance(noted, Mapping) else {}
    state = str(consent.get("state", "UNASKED"))
    at = _date(row.tag.opened_at)
    granted = state not in (_REFUSED, "UNASKED")
    body: dict[str, object] = {
        "lawful_basis": _BASIS[schedule.basis],
        "expiration": _date(row.deadline) if row.deadline else None,
        "purpose_grants": [
            {
                "purpose": purpose,
                "granted": granted,
                "granted_at": at,
                # An exported format: what was called a clock when it was made keeps that name here.
                "conditions": [f"retention clock {row.tag.retention}", *row.tag.rule_ids],
            }
            for purpose in ("recording", *row.tag.activities)
        ],
        "proof_mechanisms": [
            {
                "proof_type": "external_system",
                "timestamp": _date(event.at),
                "proof_data": {
                    "system": "ivr audit chain",
                    "kind": event.kind,
                    "node_id": event.node_id,
                    "seq": event.seq,
                    "digest": event.digest,
                },
            }
            for event in events
            if isinstance(event.facts, _PROVES)
        ],
        "metadata": {
            "consent_state": state,
            "policy_id": row.tag.policy_id,
            "policy_version": row.tag.policy_version,
        },
    }
    return {
        "type": "lawful_basis",
        "purpose": "lawful_basis",
        "start": at,
        "party": party,
        "dialog": 0,
        "mediatype": "application/json",
        "encoding": "json",
        "body": body,
    }


def _date(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
