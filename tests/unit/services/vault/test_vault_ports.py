"""Which events decide whether a recording must vanish."""

from __future__ import annotations

from ivr.domain.evidence.events.base import Unread
from tests.unit.services.vault.rig import Rig, begun


def test_an_objection_of_the_call_itself_decides_and_one_of_another_recording_of_the_call_does_not(rig: Rig) -> None:
    tag = begun(rig).tag
    rig.audit.append(Unread("objection", {}), call_id=tag.call_id, recording_id="rec-of-another-leg")
    assert rig.vault().ports.must_vanish(tag) is None
    rig.audit.append(Unread("objection", {}), call_id=tag.call_id)
    event = rig.vault().ports.must_vanish(tag)
    assert event is not None
    assert (event.kind, event.recording_id) == ("objection", "")
