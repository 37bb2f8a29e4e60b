"""Whether the evidence tells of an objection, and whether a recording may be kept after it (promise 3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ivr.domain.consent.objection import has_objected, must_vanish
from ivr.domain.evidence.event import AuditEvent

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def events(*told: tuple[str, dict[str, object]]) -> list[AuditEvent]:
    """Events of one node, a second apart, in this order."""
    return [
        AuditEvent("node-1", seq, AT + timedelta(seconds=seq), kind, "call-1", "rec-1", body, "", "")
        for seq, (kind, body) in enumerate(told, start=1)
    ]


def test_whoever_objected_has_objected_whatever_became_of_the_recording() -> None:
    assert has_objected(events(("recording.sealed", {}), ("objection", {"discards": False})))
    assert not has_objected(events(("doubt", {}), ("recording.discarding", {})))


@pytest.mark.parametrize("body", [{}, {"discards": True}])
def test_an_objection_that_does_not_say_otherwise_destroys(body: dict[str, object]) -> None:
    found = must_vanish(events(("recording.started", {}), ("objection", body)))
    assert found is not None
    assert (found.kind, found.seq) == ("objection", 2)


def test_an_objection_that_keeps_what_came_before_it_condemns_nothing() -> None:
    assert must_vanish(events(("objection", {"discards": False}))) is None


@pytest.mark.parametrize("kind", ["recording.discarding", "certificate.destruction"])
def test_a_destruction_that_was_begun_is_not_taken_back(kind: str) -> None:
    assert must_vanish(events((kind, {}))) is not None


def test_a_doubt_that_nothing_followed_counts_as_an_objection() -> None:
    found = must_vanish(events(("doubt", {}), ("doubt.dispelled", {}), ("doubt", {})))
    assert found is not None
    assert found.seq == 3


def test_the_order_of_doubts_is_that_of_their_times_not_of_the_rows() -> None:
    assert must_vanish(reversed(events(("doubt", {}), ("doubt.dispelled", {})))) is None


def test_a_doubt_in_a_program_that_keeps_condemns_nothing() -> None:
    assert must_vanish(events(("doubt", {"discards": False}))) is None
