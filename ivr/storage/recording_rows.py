"""A recording's row as a value, and a value as a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, Select, update

from ivr.domain.recording.state import RECORDING, RecordingEvent, RecordingState
from ivr.services.ports.vault import RecordingRow, RecordingTag, SealedFile
from ivr.storage.key_part import with_key
from ivr.storage.person_index import forget_persons
from ivr.storage.tables import recordings


def read_rows(connection: Connection, query: Select[tuple[object, ...]]) -> list[RecordingRow]:
    """The recordings that `query` (of `recordings`, all columns) finds, in its order."""
    return recording_rows(connection, connection.execute(query).all())


def recording_rows(connection: Connection, rows: Iterable[Row[tuple[object, ...]]]) -> list[RecordingRow]:
    """Whether each has a key is asked for these few alone: joined, the page would no longer come from one index."""
    found = list(rows)
    held = with_key(connection, [(row.recording_id, row.opened_at) for row in found])
    return [_row(row, row.recording_id in held) for row in found]


def columns_of(tag: RecordingTag, state: RecordingState, deadline: datetime | None) -> dict[str, object]:
    """The row of a recording that begins."""
    columns = dict(vars(tag))
    columns.update(purposes=list(tag.activities), rule_ids=list(tag.rule_ids), channels=list(tag.channels))
    columns.update(state=state.value, moved_at=tag.opened_at, deadline=deadline, consent={}, gaps=[], masks=[])
    return columns


def move_rows(
    connection: Connection, recording_ids: Sequence[str], event: RecordingEvent, *, reason: str, at: datetime
) -> set[str]:
    """Move those of these recordings that `event` can move, each as the state table says; return their ids."""
    moved: set[str] = set()
    for (before, taken), after in RECORDING.table.items():
        if taken is event:
            here = (recordings.c.state == before.value) & recordings.c.recording_id.in_(recording_ids)
            change = update(recordings).where(here).values(state=after.value, moved_at=at, reason=reason)
            moved.update(connection.execute(change.returning(recordings.c.recording_id)).scalars())
    if any(after in RECORDING.final for (_, taken), after in RECORDING.table.items() if taken is event):
        forget_persons(connection, moved)
    return moved


def _row(row: Row[tuple[object, ...]], has_key: bool) -> RecordingRow:
    it = row._mapping
    tag = RecordingTag(
        recording_id=it["recording_id"],
        call_id=it["call_id"],
        program=it["program"],
        activities=tuple(it["purposes"]),
        policy_id=it["policy_id"],
        policy_version=it["policy_version"],
        rule_ids=tuple(it["rule_ids"]),
        retention=it["retention"],
        codec=it["codec"],
        channels=tuple(it["channels"]),
        rate_hz=it["rate_hz"],
        opened_at=it["opened_at"],
        node_id=it["node_id"],
    )
    sealed = SealedFile(it["sha256"], it["size_bytes"], it["duration_ms"]) if it["sha256"] else None
    return RecordingRow(
        tag=tag,
        state=RecordingState(it["state"]),
        sealed=sealed,
        deadline=it["deadline"],
        closed_at=it["closed_at"],
        consent=it["consent"],
        gaps=it["gaps"],
        masks=it["masks"],
        has_key=has_key,
        reason=it["reason"],
    )
