"""What goes with a playable copy: which recording it is, by which policy, for whom and why."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ivr.domain.evidence import stamp

if TYPE_CHECKING:
    from datetime import datetime

    from ivr.services.ports import RecordingRow


def manifest_of(
    row: RecordingRow, copy: bytes, form: str, *, at: datetime, actor: str, reason: str
) -> dict[str, object]:
    """The manifest of `copy` (`form` "wav" or "opus") as a value for JSON, with the SHA-256 of copy and original."""
    return {
        "recording_id": row.tag.recording_id,
        "call_id": row.tag.call_id,
        "program": row.tag.program,
        "purposes": list(row.tag.purposes),
        "policy_id": row.tag.policy_id,
        "policy_version": row.tag.policy_version,
        "rule_ids": list(row.tag.rule_ids),
        "state": row.state.value,
        "channels": list(row.tag.channels),
        "opened_at": stamp(row.tag.opened_at),
        "deadline": stamp(row.deadline) if row.deadline else None,
        "gaps": [dict(gap) for gap in row.gaps],
        "masks": [dict(mask) for mask in row.masks],
        "original_sha256": row.sealed.sha256 if row.sealed else None,
        "form": form,
        "copy_sha256": hashlib.sha256(copy).hexdigest(),
        "copy_bytes": len(copy),
        "exported_at": stamp(at),
        "exported_by": actor,
        "reason": reason,
    }
