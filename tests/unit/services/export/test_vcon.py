"""A vCon says nothing by parameters that its readers cannot know."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ivr.domain.recording.state import RecordingState
from ivr.domain.retention.schedule import LawfulBasis, Schedule
from ivr.errors import ComplianceError
from ivr.services.export.vcon import vcon_of
from ivr.services.ports.vault import RecordingRow, RecordingTag

_AT = datetime(2026, 11, 29, 9, tzinfo=UTC)
_TAG = RecordingTag(
    recording_id="rec-1", call_id="call-1", program="hotline-quality", activities=("quality",), policy_id="fr-2026",
    policy_version="1", rule_ids=("REC-001",), retention="quality_audio", codec="opus", channels=("caller", "agent"),
    rate_hz=8000, opened_at=_AT, node_id="node-1",
)  # fmt: skip
_ROW = RecordingRow(_TAG, RecordingState.SEALED, None, None, None, {"caller": {"state": "NOTIFIED"}}, (), (), True)
_SCHEDULE = Schedule("quality_audio", "", (), LawfulBasis.LEGITIMATE_INTERESTS)

#: draft-ietf-vcon-vcon-core-02, section 4.2, and what extensions add to it.
_CORE = {"tel", "sip", "stir", "mailto", "name", "did", "validation", "gmlpos", "civicaddress", "uuid"}
_ADDED = {"CC": {"role", "contact_list"}, "lawful_basis": set[str]()}


@pytest.mark.parametrize("others", [(), ("agent",)])
def test_parties_hold_parameters_of_the_core_or_of_an_extension_that_is_named(others: tuple[str, ...]) -> None:
    consent = {role: {"state": "NOTIFIED"} for role in ("caller", *others)}
    vcon = vcon_of(replace(_ROW, consent=consent), b"OggS", schedule=_SCHEDULE, events=(), made_at=_AT)
    named, parties = vcon["extensions"], vcon["parties"]
    assert isinstance(named, list)
    assert isinstance(parties, list)
    known = _CORE.union(*(_ADDED[name] for name in named))
    assert all(party.keys() <= known for party in parties)
    assert [party["role"] for party in parties] == ["customer", *others, "ivr"]


@pytest.mark.parametrize("basis", LawfulBasis)
def test_each_basis_of_article_6_has_the_name_of_the_draft(basis: LawfulBasis) -> None:
    vcon = vcon_of(_ROW, b"OggS", schedule=replace(_SCHEDULE, basis=basis), events=(), made_at=_AT)
    attachments = vcon["attachments"]
    assert isinstance(attachments, list)
    assert [one["body"]["lawful_basis"] for one in attachments] == [basis.name.lower()]


def test_what_a_purpose_is_subject_to_is_worded_as_in_every_vcon_before() -> None:
    attachments = vcon_of(_ROW, b"OggS", schedule=_SCHEDULE, events=(), made_at=_AT)["attachments"]
    assert isinstance(attachments, list)
    grants = [grant for one in attachments for grant in one["body"]["purpose_grants"]]
    assert [grant["purpose"] for grant in grants] == ["recording", "quality"]
    assert all(grant["conditions"] == ["retention clock quality_audio", "REC-001"] for grant in grants)


def test_of_a_schedule_that_is_gone_no_vcon_is_made() -> None:
    with pytest.raises(ComplianceError, match="no lawful basis is known for the schedule 'quality_audio'"):
        vcon_of(_ROW, b"OggS", schedule=None, events=(), made_at=_AT)
