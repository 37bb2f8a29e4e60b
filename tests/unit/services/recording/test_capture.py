"""A capture follows policy at once, in memory; what it leaves to do in the vault is done in order, and later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

import pytest

from ivr.domain.audio.frame import FRAME_MS
from ivr.domain.consent.policy import Decision, ObjectionOutcome, Permission
from ivr.domain.program.program import ObjectionEffect
from ivr.domain.recording.release_buffer import Cleared, ReleaseBuffer, ReleaseSettings, StereoFrame
from ivr.domain.recording.state import RecordingState
from ivr.errors import HostError
from ivr.services.ports.runtime import SerialExecutor
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


T = TypeVar("T")


def away(*_: Any, **__: Any) -> NoReturn:
    raise HostError("the database does not answer")


class Recorded:
    """A capture over a vault in memory, and how far its call is cleared."""

    def __init__(self, executor: SerialExecutor | None = None) -> None:
        self.cleared_ms = 0
        self.store, self.catalogue, self.feed, self.audit = FakeStore(), FakeCatalogue(), ListFeed(), FakeAuditLog()
        vault = Vault(
            keys=FakeKeyRing(),
            store=self.store,
            catalogue=self.catalogue,
            audit=self.audit,
            clock=TickingClock(),
            node_id="node-1",
        )
        self.capture = Capture(
            call_id="call-1",
            vault=vault,
            executor=executor or InlineExecutor(),
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

    async def begin(self) -> None:
        """Let it take frames from the first on, and open its recording."""
        opening = self.follow(ALLOWED)
        assert opening is not None
        await opening

    @property
    def faults(self) -> list[object]:
        return [event["what"] for event in self.feed.of("recording.fault")]

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
        await x.begin()
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
        await x.begin()
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
        doom = x.capture.objected(objection(destroys=destroys), 1600)
        x.talk(2000, 3000)
        assert x.stored_ms == (800 if destroys else 1400)
        state = await x.end(3000)
        if destroys:
            assert (doom, state) == (("REC-004", "objection"), RecordingState.DISCARDED)
            assert (x.store.partials, x.store.files) == ({}, {})
        else:
            assert (doom, state) == (None, RecordingState.SEALED)
        # What follows an objection is nobody's business, not even as a gap.
        assert x.gaps == []
        assert x.capture.reportable

    run_virtual(scene())


def test_frames_lost_after_the_end_are_no_gap_of_their_own() -> None:
    async def scene() -> None:
        for ends, gaps in ((x_objects, []), (x_stops, [(2000, 4000, "fault")])):
            x = Recorded()
            await x.begin()
            x.talk(0, 1000)
            x.capture.lost(1000, 1200)
            x.talk(1200, 2000)
            ends(x)
            x.capture.lost(2000, 3000)
            assert await x.end(4000) is RecordingState.SEALED
            assert x.gaps == [(1000, 1200, "overflow"), *gaps]

    def x_objects(x: Recorded) -> None:
        x.capture.objected(objection(destroys=False), 2000)

    def x_stops(x: Recorded) -> None:
        x.capture.stop("fault")

    run_virtual(scene())


def test_after_a_fault_nothing_is_written_and_what_was_is_damaged_and_never_sealed() -> None:
    async def scene() -> None:
        x = Recorded()
        await x.begin()
        x.talk(0, 1000)
        x.talk(1000, 2000, cleared=False)
        for _ in range(2):
            # The evidence is looked after every few seconds, and tells each time.
            x.capture.fail(HostError("the evidence is lost"))
        x.talk(2000, 3000)
        assert x.stored_ms == 1000
        with pytest.MonkeyPatch.context() as broken:
            broken.setattr(x.catalogue, "describe", away)
            for _ in range(2):
                with pytest.raises(HostError):
                    await x.end(3000)
        assert await x.end(3000) is RecordingState.DAMAGED
        assert (x.faults, x.gaps) == (["the evidence is lost"], [])
        assert "recording.sealed" not in x.audit.kinds()

    run_virtual(scene())


@pytest.mark.parametrize("how", ["fault", "doom"])
def test_nothing_is_written_after_a_fault_or_a_doom_whatever_lies_in_memory(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReleaseBuffer, "discard", lambda _: None)

    async def scene() -> None:
        x = Recorded()
        await x.begin()
        x.talk(0, 1000)
        x.talk(1000, 2000, cleared=False)
        if how == "doom":
            x.capture.must_vanish("REC-004", "objection")
        else:
            x.capture.fail(HostError("the evidence is lost"))
        x.talk(2000, 3000)
        assert x.stored_ms == 1000

    run_virtual(scene())


def test_a_seal_that_failed_is_not_tried_again_and_nothing_is_said_of_a_fault_after_the_end() -> None:
    async def scene() -> None:
        x = Recorded()
        await x.begin()
        x.talk(0, 1000)
        with pytest.MonkeyPatch.context() as broken:
            broken.setattr(x.catalogue, "describe", away)
            with pytest.raises(HostError):
                await x.end(1000)
        assert await x.end(1000) is RecordingState.DAMAGED
        x.capture.fail(HostError("the evidence is lost"))
        assert x.faults == ["the database does not answer"]

    run_virtual(scene())


@pytest.mark.parametrize("fails_first", [False, True])
def test_a_doom_outlasts_a_fault_whichever_came_first(fails_first: bool) -> None:
    async def scene() -> None:
        x = Recorded()
        await x.begin()
        x.talk(0, 1000)
        if fails_first:
            x.capture.fail(HostError("the evidence is lost"))
        x.capture.must_vanish("REC-021", "last words unheard")
        x.capture.must_vanish("REC-004", "objection")
        x.capture.fail(HostError("the evidence is lost"))
        x.capture.stop("fault")
        x.talk(1000, 2000)
        assert x.stored_ms == 1000
        assert await x.end(2000) is RecordingState.DISCARDED
        (certificate,) = [event.body for event in x.audit.chain if event.kind == "certificate.destruction"]
        assert (certificate["rule_id"], certificate["reason"]) == ("REC-021", "last words unheard")

    run_virtual(scene())


def test_what_must_vanish_is_wiped_once_and_its_key_and_certificate_are_owed_until_they_are_done() -> None:
    async def scene() -> None:
        x = Recorded()
        await x.begin()
        x.talk(0, 1000)
        await x.capture.wipe()
        assert x.stored_ms == 1000
        x.capture.must_vanish("REC-004", "objection")
        with pytest.MonkeyPatch.context() as broken:
            broken.setattr(x.store, "delete", away)
            await x.capture.wipe()
        assert (x.faults, x.feed.of("recording.wiped")) == (["the database does not answer"], [])
        for _ in range(2):
            await x.capture.wipe()
        assert (len(x.feed.of("recording.wiped")), x.store.partials) == (1, {})
        assert not x.capture.reportable
        assert await x.end(1000) is RecordingState.DISCARDED
        assert "certificate.destruction" in x.audit.kinds()
        await x.capture.wipe()
        assert len(x.feed.of("recording.wiped")) == 1

    run_virtual(scene())


def test_what_is_sealed_is_neither_failed_nor_wiped_and_nothing_is_begun_after_the_end() -> None:
    async def scene() -> None:
        x = Recorded()
        await x.begin()
        x.talk(0, 1000)
        assert await x.end(1000) is RecordingState.SEALED
        x.capture.fail(HostError("the evidence is lost"))
        # A legal hold may keep it: what is done about it now is for the vault to decide.
        x.capture.must_vanish("REC-004", "objection")
        await x.capture.wipe()
        assert (x.faults, x.feed.of("recording.wiped"), len(x.store.files)) == ([], [], 1)
        never = Recorded()
        assert await never.end(1000) is RecordingState.WITHHELD
        assert never.follow(ALLOWED) is None
        never.capture.must_vanish("REC-004", "objection")
        await never.capture.wipe()
        assert never.feed.events == []

    run_virtual(scene())


def test_what_was_lost_before_the_onset_of_an_objection_is_a_gap_and_what_was_lost_after_it_is_not() -> None:
    async def scene() -> None:
        x = Recorded()
        await x.begin()
        x.talk(0, 1000)
        x.capture.objected(objection(destroys=False), 1400)
        x.capture.lost(1000, 2000)
        assert await x.end(3000) is RecordingState.SEALED
        assert x.gaps == [(1000, 1400, "overflow")]

    run_virtual(scene())


def test_what_must_vanish_is_destroyed_though_it_was_sealed() -> None:
    async def scene() -> None:
        x = Recorded()
        await x.begin()
        x.talk(0, 1000)
        assert await x.end(1000) is RecordingState.SEALED
        x.capture.objected(objection(destroys=True), 0)
        await x.capture.destroy()
        assert (x.capture.state, x.store.files) == (RecordingState.PURGED, {})
        assert "certificate.destruction" in x.audit.kinds()
        await x.capture.destroy()
        assert x.audit.kinds().count("certificate.destruction") == 1

    run_virtual(scene())


def test_a_fault_is_told_of_what_is_doomed_too_and_changes_nothing() -> None:
    async def scene() -> None:
        x = Recorded()
        await x.begin()
        x.talk(0, 1000)
        x.capture.objected(objection(destroys=True), 500)
        x.capture.fail(HostError("the evidence is lost"))
        x.capture.fail(HostError("the evidence is lost again"))
        assert (x.faults, x.capture.doomed) == (["the evidence is lost"], True)
        assert await x.end(1000) is RecordingState.DISCARDED

    run_virtual(scene())


def test_a_resumption_that_an_objection_overtakes_does_not_happen() -> None:
    async def scene() -> None:
        x = Recorded()
        await x.begin()
        pausing = x.follow(DOUBTED)
        resuming = x.follow(ALLOWED)
        x.capture.objected(objection(destroys=False), 500)
        for step in (pausing, resuming):
            assert step is not None
            await step
        assert x.capture.state is RecordingState.PAUSED
        assert "recording.resumed" not in x.audit.kinds()

    run_virtual(scene())


class Meanwhile:
    """Runs the work; then something else happens before its answer is heard."""

    def __init__(self) -> None:
        self.happens: Callable[[], object] = lambda: None

    async def run(self, work: Callable[[], T]) -> T:
        done = work()
        happens, self.happens = self.happens, lambda: None
        happens()
        return done


@pytest.mark.parametrize("destroys", [False, True])
def test_an_objection_while_the_recording_is_being_opened_finds_it_open_and_lets_nothing_in(destroys: bool) -> None:
    async def scene() -> None:
        meanwhile = Meanwhile()
        x = Recorded(meanwhile)
        opening = x.follow(ALLOWED)
        assert opening is not None
        x.talk(0, 1000, cleared=False)
        meanwhile.happens = lambda: x.capture.objected(objection(destroys=destroys), 500)
        await opening
        x.talk(1000, 2000)
        assert x.stored_ms == (0 if destroys else 500)
        # One that was not opened before is not opened after.
        assert await x.end(2000) is (RecordingState.DISCARDED if destroys else RecordingState.SEALED)
        y = Recorded()
        opening = y.follow(ALLOWED)
        assert opening is not None
        y.capture.objected(objection(destroys=destroys), 0)
        await opening
        assert await y.end(0) is RecordingState.WITHHELD
        assert y.catalogue.rows == {}

    run_virtual(scene())
