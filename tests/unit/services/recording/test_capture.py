"""A capture follows policy at once, in memory; what it leaves to do in the vault is done in order, and later."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime

import pytest

from ivr.domain.audio.frame import FRAME_MS
from ivr.domain.consent.policy import Decision, ObjectionOutcome, Permission
from ivr.domain.program.program import ObjectionEffect
from ivr.domain.recording.release_buffer import Cleared, ReleaseSettings, StereoFrame
from ivr.domain.recording.state import RecordingState
from ivr.services.recording.capture import Capture, Closing
from ivr.services.recording.dtmf_watch import DtmfWatch
from ivr.services.vault.vault import Vault
from ivr.speech.dtmf_detector import GoertzelToneDetector
from tests.fakes.runtime import InlineExecutor, ListFeed
from tests.fakes.vault import FakeAuditLog, FakeCatalogue, FakeKeyRing, FakeStore, TickingClock, a_tag
from tests.fakes.virtual_time import run_virtual

ALLOWED = Decision(Permission.ALLOW, ("REC-001",))
DOUBTED = Decision(Permission.PAUSE, ("REC-021",), cause="doubt")
DEADLINE = datetime(2027, 5, 21, 8, tzinfo=UTC)
DEAF = Decision(Permission.DENY, ("REC-021",), cause="deaf")


def objection(*, destroys: bool) -> ObjectionOutcome:
    return ObjectionOutcome(ObjectionEffect.STOP_RECORDING, destroys, False, False, "", ("REC-004", "REC-005"))


class Recorded:
    """A capture over a vault in memory, and how far its call is cleared."""

    def __init__(self) -> None:
        self.cleared_ms = 0
        self.store, self.catalogue, self.feed = FakeStore(), FakeCatalogue(), ListFeed()
        vault = Vault(
            keys=FakeKeyRing(),
            store=self.store,
            catalogue=self.catalogue,
            audit=FakeAuditLog(),
            clock=TickingClock(),
            node_id="node-1",
        )
        self.capture = Capture(
            call_id="call-1",
            vault=vault,
            executor=InlineExecutor(),
            feed=self.feed,
            release=ReleaseSettings(lookback_ms=0),
            cleared=lambda: Cleared(self.cleared_ms, final=False),
            dtmf=DtmfWatch(GoertzelToneDetector),
            new_tag=a_tag,
            deadline=DEADLINE,
        )

    def follow(self, decision: Decision, from_ms: int = 0) -> Awaitable[object] | None:
        """Let it follow a decision; return what is left to do."""
        step = self.capture.follow(decision, from_ms)
        return step[1]() if step else None

    def talk(self, start_ms: int, end_ms: int, *, cleared: bool = True) -> None:
        """Frames of both parties come in, and all that came is cleared, unless they wait for a verdict."""
        self.capture.push(StereoFrame(at_ms, bytes(320), bytes(320)) for at_ms in range(start_ms, end_ms, FRAME_MS))
        self.cleared_ms = end_ms if cleared else self.cleared_ms
        self.capture.write()

    async def end(self, until_ms: int) -> RecordingState:
        await self.capture.keep(Closing({}, (), "call ended", until_ms))
        return self.capture.state

    @property
    def gaps(self) -> list[tuple[int, int, str]]:
        return [(gap.start_ms, gap.end_ms, gap.cause) for gap in self.capture.gaps]

    @property
    def stored_ms(self) -> int:
        (writer,) = self.store.partials.values() or [None]
        return len(writer.pcm) // 32 if writer else 0


def test_a_gap_has_the_cause_of_the_decision_that_made_it() -> None:
    async def scene() -> None:
        x = Recorded()
        opening = x.follow(ALLOWED)
        assert opening is not None
        await opening
        x.talk(0, 1000)
        holding = x.follow(DOUBTED)
        assert holding is not None
        # What is said from the decision on is missed, whenever the vault learns of it.
        x.talk(1000, 2000)
        await holding
        assert x.capture.state is RecordingState.PAUSED
        resuming = x.follow(ALLOWED)
        assert resuming is not None
        await resuming
        x.talk(2000, 3000)
        assert x.follow(DEAF) is None
        x.talk(3000, 4000)
        assert await x.end(4000) is RecordingState.SEALED
        assert x.gaps == [(1000, 2000, "doubt"), (3000, 4000, "deaf")]

    run_virtual(scene())


@pytest.mark.parametrize("fails", [False, True])
def test_the_deadline_of_the_call_is_that_of_its_recording_from_the_first_byte_on(fails: bool) -> None:
    async def scene() -> None:
        x = Recorded()
        opening = x.follow(ALLOWED)
        assert opening is not None
        await opening
        recording_id = x.capture.recording_id
        assert x.catalogue.get(recording_id).deadline == DEADLINE
        x.talk(0, 1000)
        if fails:
            x.capture.fail(OSError())
        assert await x.end(1000) is (RecordingState.DAMAGED if fails else RecordingState.SEALED)
        assert x.catalogue.get(recording_id).deadline == DEADLINE

    run_virtual(scene())


def test_a_capture_that_is_over_follows_nothing_more() -> None:
    x = Recorded()
    x.capture.stop("fault")
    assert [x.follow(decision) for decision in (ALLOWED, DOUBTED, DEAF)] == [None] * 3
    assert x.capture.state is RecordingState.WITHHELD


def test_a_denial_before_anything_was_allowed_ends_nothing() -> None:
    x = Recorded()
    assert x.follow(DEAF) is None
    assert not x.capture.stopped


@pytest.mark.parametrize("destroys", [False, True])
def test_an_objection_keeps_what_came_before_it_or_destroys_all(destroys: bool) -> None:
    async def scene() -> None:
        x = Recorded()
        opening = x.follow(ALLOWED, 200)
        assert opening is not None
        await opening
        x.talk(0, 1000)
        x.talk(1000, 2000, cleared=False)
        x.capture.objected(objection(destroys=destroys), 1600)
        x.talk(2000, 3000)
        assert x.stored_ms == (800 if destroys else 1400)
        state = await x.end(3000)
        if destroys:
            assert (x.capture.doom, state) == (("REC-004", "objection"), RecordingState.DISCARDED)
            assert (x.store.partials, x.store.files) == ({}, {})
        else:
            assert (x.capture.doom, state) == (None, RecordingState.SEALED)
        # What follows an objection is nobody's business, not even as a gap.
        assert x.gaps == []
        assert x.capture.reportable

    run_virtual(scene())
