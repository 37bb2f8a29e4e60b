"""What was found of whoever asks, and what may be done with each recording by which rule."""

from __future__ import annotations

from ivr.console.api.fields import Shown, Told
from ivr.domain.recording.state import RecordingState
from ivr.domain.rights.acts import Act
from ivr.french import french
from ivr.services.rights.findings import Found, FoundRecording


class ActOut(Shown):
    act: Act
    allowed: bool
    rules: list[str]
    detail: str


class FoundRecordingOut(Shown):
    """`proofs` events of the evidence and `analyses` concern the same call."""

    recording_id: str
    opened_at: Told
    program: str
    state: RecordingState
    restricted: bool
    deadline: Told
    held_by: list[str]
    proofs: int
    analyses: int
    acts: list[ActOut]


class ReportOut(Shown):
    call_id: str


class FoundOut(Shown):
    """`whole` false: there is more. `member` None: there is no list of members. Recordings before `numbers_since` are
    not found by a number; None: none bears one."""

    recordings: list[FoundRecordingOut]
    reports: list[ReportOut]
    barred: int
    member: bool | None
    numbers_since: Told | None
    whole: bool


def found_out(found: Found) -> FoundOut:
    return FoundOut(
        recordings=[_recording(one) for one in found.recordings],
        reports=[ReportOut(call_id=one.call_id) for one in found.reports],
        barred=len(found.bars),
        member=found.member,
        numbers_since=found.numbers_since,
        whole=found.whole,
    )


def _recording(one: FoundRecording) -> FoundRecordingOut:
    return FoundRecordingOut(
        recording_id=one.item.recording_id,
        opened_at=one.row.tag.opened_at,
        program=one.row.tag.program,
        state=one.row.state,
        restricted=one.item.restricted,
        deadline=one.retention.due_at,
        held_by=list(one.item.held_by),
        proofs=one.proofs,
        analyses=one.analyses,
        acts=[
            ActOut(act=act, allowed=it.allowed, rules=list(it.reasons), detail=french(it.detail))
            for act, it in one.acts.items()
        ],
    )
