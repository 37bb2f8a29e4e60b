"""After a crash: finish what was begun, or destroy what may not be kept. In doubt, destroy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr.domain.evidence.events.base import ABSENT, Absent, known
from ivr.domain.evidence.events.destruction import Certificate, Discarding
from ivr.domain.evidence.events.objection import Objection
from ivr.domain.evidence.events.recording import Damaged, Recovered
from ivr.domain.recording.state import KEPT, RECORDING, UNFINISHED, RecordingEvent, RecordingState
from ivr.errors import IvrError
from ivr.services.vault.data_key import unlocked
from ivr.services.vault.destruction import claim_of, destroy, destroy_claimed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ivr.domain.evidence.event import AuditEvent
    from ivr.services.ports.vault import RecordingRow, SealedFile
    from ivr.services.vault.vault_ports import VaultPorts

_EVERY = 1_000_000
#: A crash leaves its traces at the end of the node's chain: so many events back a recovery looks for them.
_RECENT = 10_000


@dataclass(frozen=True)
class Recovery:
    """What became of one leftover: the state it is in now (None: a file without a row), and how."""

    recording_id: str
    state: RecordingState | None
    how: str


def recover(ports: VaultPorts) -> list[Recovery]:
    """Settle every recording of this node that a crash left behind, and return what was done, oldest first.

    A recording whose chain holds an objection, or whose key is gone, is destroyed. A whole file whose row was being
    closed is sealed with what the row says. Else the verified prefix is kept as DAMAGED, or destroyed when nothing
    of it can be read. Recordings that a living process is writing are left alone. Half-written files without a row
    and without a complete segment are removed: their writer died before the row. Other files without a row are left
    and named: their key may lie in another database. What cannot be settled is left as it is and told, and the next
    one is taken. Of two at once, the second waits. Idempotent.
    """
    with ports.catalogue.claim(f"recovery of {ports.node_id}"):
        ports.catalogue.wipe_destroyed_keys()
        return _settle_all(ports)


def _settle_all(ports: VaultPorts) -> list[Recovery]:
    done: list[Recovery] = []
    open_rows = ports.catalogue.find(node_id=ports.node_id, states=(*UNFINISHED, RecordingState.DAMAGED), limit=_EVERY)
    keyless = ports.catalogue.find(states=(RecordingState.SEALED,), has_key=False, limit=_EVERY)
    for row in reversed(open_rows + keyless):
        damaged_but_described = row.state is RecordingState.DAMAGED and row.sealed is not None and row.has_key
        if damaged_but_described or ports.store.busy(row.tag.recording_id):
            continue
        done.append(_settle_row(ports, row))
    done.extend(_settle_purges(ports))
    done.extend(_settle_files(ports))
    return done


def _settle_purges(ports: VaultPorts) -> list[Recovery]:
    """Finish destructions that were announced and not begun: what was meant to go does not stay."""
    announced = {one.recording_id: one for one in ports.audit.recent(Discarding.kind, last=_RECENT)}
    done: list[Recovery] = []
    for recording_id, state in ports.catalogue.states(list(announced)).items():
        if state in KEPT:
            meant = announced[recording_id].facts
            assert isinstance(meant, Discarding)
            rule_id, reason = known(meant.rule_id, ""), known(meant.reason, "")
            try:
                final = destroy(ports, recording_id, rule_id=rule_id, reason=reason)
                done.append(Recovery(recording_id, final, "destruction finished"))
            except Exception as later:
                done.append(_left(recording_id, state, later))
    return done


def keep_prefix(ports: VaultPorts, recording_id: str, *, how: str, cause: str) -> Recovery:
    """Keep what can be proven of a half-written recording (DAMAGED), or destroy it when there is nothing to keep."""
    with ports.catalogue.claim(claim_of(recording_id)):
        return _keep_claimed(ports, recording_id, how=how, cause=cause)


def _keep_claimed(ports: VaultPorts, recording_id: str, *, how: str, cause: str) -> Recovery:
    row = ports.catalogue.get(recording_id)
    if row.state in RECORDING.final:
        return Recovery(recording_id, row.state, "settled meanwhile")
    half_written = recording_id in ports.store.unfinished()
    if row.state is RecordingState.SEALED and row.sealed is not None and row.has_key and not half_written:
        # The seal had been written although its writer was told otherwise: nothing failed.
        return Recovery(recording_id, row.state, "settled meanwhile")
    objected = ports.must_vanish(row.tag)
    if objected is not None or not row.has_key:
        rule_id = _rule(objected) if objected is not None else ""
        why = objected.kind if objected is not None else "its key was destroyed"
        return _destroyed(ports, row, rule_id, f"{how}; {why}")
    with unlocked(ports, recording_id) as data_key:
        sealed = ports.store.recover(recording_id, data_key)
    if sealed is None:
        return _destroyed(ports, row, "", f"{how}; nothing readable")
    if not half_written and row.state is RecordingState.SEALING and row.closed_at is not None:
        return _sealed(ports, row, sealed, how)
    return _damaged(ports, row, sealed, how, cause)


def _settle_row(ports: VaultPorts, row: RecordingRow) -> Recovery:
    try:
        return keep_prefix(ports, row.tag.recording_id, how="found after a crash", cause="crash")
    except Exception as later:
        # A wrong key file or a full disk is mended by people; destroying here would lose what can still be saved.
        return _left(row.tag.recording_id, row.state, later)


def _left(recording_id: str, state: RecordingState | None, why: Exception) -> Recovery:
    """One item that cannot be settled keeps no other from being settled, and no node from starting."""
    what = str(why) if isinstance(why, IvrError) else f"{type(why).__name__} (see the log of the node)"
    return Recovery(recording_id, state, f"left as it is: {what}")


def _settle_files(ports: VaultPorts) -> list[Recovery]:
    done: list[Recovery] = []
    half_written = ports.store.unfinished()
    files = sorted({*ports.store.at_hand(), *half_written})
    states = ports.catalogue.states(files)
    for recording_id in files:
        state = states.get(recording_id)
        try:
            if state is None:
                done.extend(_settle_stray(ports, recording_id, half_written=recording_id in half_written))
            elif state in RECORDING.final:
                done.append(_settle_outlived(ports, recording_id, state))
        except Exception as later:
            done.append(_left(recording_id, state, later))
    return done


def _settle_outlived(ports: VaultPorts, recording_id: str, state: RecordingState) -> Recovery:
    """The row alone condemns no audio: whoever can write the database can set a state."""
    noted = {event.kind for event in ports.audit.events(recording_id=recording_id)}
    if not noted & {Discarding.kind, Certificate.kind}:
        how = "left as it is: its row says it was destroyed and no evidence does (see 'ivr audit verify')"
        return Recovery(recording_id, state, how)
    destroy(ports, recording_id, rule_id="", reason="file outlived its destruction")
    return Recovery(recording_id, state, "file deleted: the recording had been destroyed")


def _settle_stray(ports: VaultPorts, recording_id: str, *, half_written: bool) -> list[Recovery]:
    """Settle a file that had no row when we looked: its name is taken before its row is written."""
    if half_written:
        # In this order: once nobody holds the file, no row can follow any more.
        if ports.store.busy(recording_id) or ports.catalogue.states([recording_id]):
            return []
        if ports.store.drop_empty(recording_id):
            return [Recovery(recording_id, None, "empty file without a row: removed")]
    elif ports.catalogue.states([recording_id]):
        return []
    return [Recovery(recording_id, None, "file without a row: left as it is")]


def _rule(event: AuditEvent) -> str:
    facts = event.facts
    if not isinstance(facts, (Discarding, Certificate, Objection)):
        return ""
    return known(facts.rule_id, next(iter(known(facts.rules, ())), ""))


def _destroyed(ports: VaultPorts, row: RecordingRow, rule_id: str, how: str) -> Recovery:
    final = destroy_claimed(ports, row.tag.recording_id, rule_id=rule_id, reason=how)
    return _say(ports, row, final, how)


def _sealed(ports: VaultPorts, row: RecordingRow, sealed: SealedFile, how: str) -> Recovery:
    event, now = RecordingEvent.SEAL, ports.clock.now()
    with ports.catalogue.together():
        _describe(ports, row, sealed, list(row.gaps))
        final = ports.catalogue.move(row.tag.recording_id, event, reason=row.reason, at=now)
        return _say(ports, row, final, f"{how}; the file was whole", sha256=sealed.sha256, deadline=row.deadline)


def _damaged(ports: VaultPorts, row: RecordingRow, sealed: SealedFile, how: str, cause: str) -> Recovery:
    # How long the call went on is not known here: the gap begins where the audio ends and is open (-1).
    gaps: list[Mapping[str, object]] = [*row.gaps, {"start_ms": sealed.duration_ms, "end_ms": -1, "cause": cause}]
    final = row.state
    with ports.catalogue.together():
        _describe(ports, row, sealed, gaps)
        if RECORDING.allows(row.state, RecordingEvent.FAIL):
            event, now = RecordingEvent.FAIL, ports.clock.now()
            final = ports.catalogue.move(row.tag.recording_id, event, reason=how[:200], at=now)
        return _say(
            ports,
            row,
            final,
            f"{how}; verified prefix kept",
            sha256=sealed.sha256,
            duration_ms=sealed.duration_ms,
            cause=cause,
            deadline=row.deadline,
        )


def _describe(ports: VaultPorts, row: RecordingRow, sealed: SealedFile, gaps: list[Mapping[str, object]]) -> None:
    ports.catalogue.describe(
        row.tag.recording_id,
        sealed=sealed,
        deadline=row.deadline,
        closed_at=row.closed_at or ports.clock.now(),
        consent=row.consent,
        gaps=gaps,
        masks=row.masks,
    )


def _say(
    ports: VaultPorts,
    row: RecordingRow,
    final: RecordingState,
    how: str,
    *,
    sha256: str | Absent = ABSENT,
    duration_ms: int | Absent = ABSENT,
    cause: str | Absent = ABSENT,
    deadline: datetime | Absent | None = ABSENT,
) -> Recovery:
    kind = Damaged if cause == "store" else Recovered
    event = kind(
        from_state=row.state.value,
        state=final.value,
        how=how[:280],
        sha256=sha256,
        duration_ms=duration_ms,
        cause=cause,
        deadline=deadline,
    )
    ports.audit.append(event, call_id=row.tag.call_id, recording_id=row.tag.recording_id)
    return Recovery(row.tag.recording_id, final, how)
