"""Legal holds on a real database: two approvers, only what is listed, released means destroyed at the next run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.domain.evidence.chain import stamp
from ivr.domain.retention.artefact import EventKind
from ivr.domain.retention.legal_hold import HoldState, LegalHold, items_digest
from ivr.errors import ArchiveError, ComplianceError, TransitionError
from tests.databases import KINDS, fresh_url
from tests.retention_rig import CALLED, GONE, KEPT, RetentionRig


@pytest.fixture(params=KINDS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RetentionRig]:
    rig = RetentionRig(fresh_url(request.param, tmp_path))
    rig.record("held")
    rig.record("other")
    yield rig
    rig.close()


def ask(rig: RetentionRig, *items: str) -> LegalHold:
    review = rig.clock.now() + timedelta(days=90)
    return rig.holds.request(
        case="Litige 12", owner="juriste", basis="17.3.e legal claims", items=items, by="anne", review_at=review
    )


def active(rig: RetentionRig, *items: str) -> LegalHold:
    hold = ask(rig, *items)
    rig.holds.approve(hold.id, by="bruno")
    return rig.holds.approve(hold.id, by="chloé")


def test_a_hold_keeps_what_it_lists_and_nothing_else_until_it_is_released(rig: RetentionRig) -> None:
    hold = active(rig, "held")
    assert hold.state is HoldState.ACTIVE
    assert rig.holds.show(hold.id) == hold
    rig.clock.at = CALLED + timedelta(days=200)
    report = rig.run().run()
    assert report.destroyed == ["other"]
    assert [item.stored.recording_id for item in report.kept] == ["held"]
    assert rig.state("held") == KEPT
    # What its purpose was is over all the same, whatever a clock says later.
    (stored,) = rig.ledger.stored(["held"])
    assert [purpose.ended_at for purpose in stored.artefact.purposes] == [stored.deadline]
    assert [late.id for late in rig.holds.to_review()] == [hold.id]
    rig.holds.release(hold.id, by="anne", reason="jugement")
    assert rig.run().run().destroyed == ["held"]
    assert rig.state("held") == GONE


def test_a_hold_that_is_only_asked_for_or_rejected_keeps_nothing(rig: RetentionRig) -> None:
    ask(rig, "held")
    rejected = ask(rig, "other")
    rig.holds.reject(rejected.id, by="bruno", reason="sans objet")
    rig.clock.at = CALLED + timedelta(days=200)
    assert sorted(rig.run().run().destroyed) == ["held", "other"]


def test_a_hold_that_becomes_active_between_plan_and_destruction_keeps_its_item(rig: RetentionRig) -> None:
    hold = ask(rig, "held")
    rig.holds.approve(hold.id, by="bruno")
    rig.clock.at = CALLED + timedelta(days=200)
    run = rig.run()
    claimed = run._claim

    def approve_first(ids: list[str]) -> set[str]:
        if rig.holds.show(hold.id).state is HoldState.REQUESTED:
            rig.holds.approve(hold.id, by="chloé")
        return claimed(ids)

    run._claim = approve_first  # type: ignore[method-assign, assignment]
    report = run.run()
    assert report.destroyed == ["other"]
    assert [item.stored.recording_id for item in report.kept] == ["held"]
    assert rig.state("held") == KEPT
    assert "recording.discarding" not in [event.kind for event in rig.audit.events(recording_id="held")]


def test_a_hold_after_a_refusal_saves_nothing(rig: RetentionRig) -> None:
    rig.record("sale", tag="sales_audio")
    rig.clock.at = CALLED + timedelta(hours=1)
    events = rig.events
    # The process dies between the event and the destruction.
    events._retention.run = lambda _: None  # type: ignore[method-assign,assignment,misc]
    events.note("sale", EventKind.REFUSAL, actor="crm")
    active(rig, "sale")
    assert rig.run().run().destroyed == ["sale"]


def test_wrong_steps_are_refused_and_leave_the_hold_as_it_was(rig: RetentionRig) -> None:
    hold = ask(rig, "held")
    for wrong in ("anne", "ANNE "):
        with pytest.raises(ComplianceError):
            rig.holds.approve(hold.id, by=wrong)
    rig.holds.approve(hold.id, by="bruno")
    with pytest.raises(ComplianceError):
        rig.holds.approve(hold.id, by="Bruno")
    with pytest.raises(TransitionError):
        rig.holds.release(hold.id, by="anne", reason="x")
    with pytest.raises(ArchiveError, match="nobody"):
        ask(rig, "held", "nobody")
    with pytest.raises(ArchiveError, match="hold-99"):
        rig.holds.approve("hold-99", by="bruno")
    assert [one.state for one in rig.holds.listing()] == [HoldState.REQUESTED]
    assert rig.audit.verify() == []


def test_each_step_of_a_hold_stands_in_the_evidence_with_who_took_it_and_what_it_covers(rig: RetentionRig) -> None:
    hold = ask(rig, "other", "held")
    rig.holds.approve(hold.id, by="bruno")
    rig.holds.approve(hold.id, by="chloé")
    later = rig.clock.now() + timedelta(days=80)
    rig.holds.renew(hold.id, by="bruno", review_at=later)
    rig.holds.release(hold.id, by="anne", reason="jugement")
    single = ask(rig, "held")
    rig.holds.reject(single.id, by="bruno", reason="sans objet")
    told = [event for event in rig.audit.events() if event.kind.startswith("hold.")]
    steps = [
        (event.kind.removeprefix("hold."), event.body["actor"], event.body["state"], event.body["approvals"])
        for event in told
    ]
    assert steps == [
        ("requested", "anne", "REQUESTED", 0),
        ("approved", "bruno", "REQUESTED", 1),
        ("approved", "chloé", "ACTIVE", 2),
        ("renewed", "bruno", "ACTIVE", 2),
        ("released", "anne", "RELEASED", 2),
        ("requested", "anne", "REQUESTED", 0),
        ("rejected", "bruno", "REJECTED", 0),
    ]  # fmt: skip
    assert [event.body.get("reason") for event in told] == [None, None, None, None, "jugement", None, "sans objet"]
    assert [event.recording_id for event in told] == ["", "", "", "", "", "held", "held"]
    first, active_ = told[0].body, told[2].body
    assert (first["hold_id"], first["case"], first["owner"], first["basis"]) == (
        hold.id, "Litige 12", "juriste", "17.3.e legal claims"
    )  # fmt: skip
    assert (first["items"], first["item_count"]) == (["held", "other"], 2)
    assert first["items_sha256"] == items_digest(["held", "other"]) == items_digest({"other", "held"})
    assert first["items_sha256"] != items_digest(["held"])
    assert first["review_at"] == stamp(hold.review_at)
    assert told[3].body["review_at"] == stamp(later)
    assert first["active_from"] is None
    assert active_["active_from"] == stamp(rig.holds.show(hold.id).active_from or CALLED)


def test_holds_are_listed_by_their_state_and_reviewed_when_it_is_time(rig: RetentionRig) -> None:
    hold = active(rig, "held")
    other = ask(rig, "other")
    assert {one.id for one in rig.holds.listing()} == {hold.id, other.id}
    assert [one.id for one in rig.holds.listing([HoldState.ACTIVE])] == [hold.id]
    assert rig.holds.to_review() == []
    rig.clock.at = CALLED + timedelta(days=100)
    assert [one.id for one in rig.holds.to_review()] == [hold.id]


def test_the_evidence_of_a_hold_on_many_names_the_first_and_counts_all(rig: RetentionRig) -> None:
    names = [f"rec-{number:03}" for number in range(51)]
    for name in names:
        rig.record(name)
    ask(rig, *names)
    (told,) = [event for event in rig.audit.events() if event.kind == "hold.requested"]
    assert (told.body["items"], told.body["item_count"]) == (names[:50], 51)
    assert told.body["items_sha256"] == items_digest(names)
