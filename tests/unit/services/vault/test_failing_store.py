"""A store or an archive that fails ends the recording, never the call, and leaves nothing half-told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ivr.domain.audio.channel import Channel
from ivr.domain.evidence.chain import stamp
from ivr.domain.evidence.events.base import Event, Unread
from ivr.domain.evidence.events.call import DisclosurePlayed
from ivr.domain.evidence.events.objection import Barred, Objection
from ivr.domain.recording.state import RecordingState
from ivr.errors import ArchiveError, ComplianceError
from ivr.services.consent.objection_spool import catch_up
from ivr.services.ports.spool import Duty, Pending, Unreadable
from ivr.services.vault.vault import Vault
from ivr.services.vault.vault_ports import VaultPorts
from tests.fakes.ear import objection
from tests.fakes.exchange import PROSPECT, Exchange, WitnessStore, play
from tests.fakes.line import answers
from tests.fakes.vault import (
    START,
    FakeAuditLog,
    FakeCatalogue,
    FakeDoNotCall,
    FakeKeyRing,
    FakeSpool,
    FakeStore,
    TickingClock,
    _Container,
    a_tag,
)


async def an_ordinary_call(x: Exchange) -> str:
    x.ring((4000, 5000))
    await x.media(20_000)
    assert x.feed.of("leg.disconnected") == []
    x.line.peer_hangs_up("a")
    row = await x.over()
    assert (row.disposition, row.ended_by) == ("ANSWERED", "caller")
    return row.recording_state


def test_a_disk_that_is_full_from_the_start_leaves_the_call_unrecorded(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        assert await an_ordinary_call(x) == "WITHHELD"
        assert "no space left" in str(x.feed.of("recording.fault")[0]["what"])
        assert x.recording.state is RecordingState.DISCARDED
        assert not x.recording.has_key

    play(tmp_path, scene, store=WitnessStore(room=0))


def test_a_disk_that_fills_up_leaves_a_damaged_recording_with_its_tag(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        store_room = x.store.room
        assert store_room is not None
        assert await an_ordinary_call(x) == "DAMAGED"
        row = x.recording
        assert row.state is RecordingState.DAMAGED
        assert row.sealed is not None
        assert 0 < row.sealed.duration_ms <= store_room // 32
        assert row.deadline is not None
        assert row.consent["caller"]["state"] == "NOTIFIED"  # type: ignore[index]
        assert x.feed.of("recording.fault")

    play(tmp_path, scene, store=WitnessStore(room=32 * 5000))


def test_a_disk_that_is_full_at_the_end_leaves_a_damaged_recording(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.store.fail_to_seal = True
        assert await an_ordinary_call(x) == "DAMAGED"
        assert x.recording.deadline is not None

    play(tmp_path, scene)


def test_a_codec_that_fails_with_an_error_of_its_own_is_a_failing_store(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        opened = x.store.open

        def broken(*args: Any, **kwargs: Any) -> Any:
            writer = opened(*args, **kwargs)
            writer.write = _explode
            return writer

        x.store.open = broken  # type: ignore[method-assign]
        assert await an_ordinary_call(x) == "DISCARDED"
        assert x.feed.of("recording.fault")[0]["what"] == "ZeroDivisionError"
        assert x.feed.of("call.fault") == []

    play(tmp_path, scene)


def _explode(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("what was said")


def test_evidence_that_cannot_be_written_at_first_is_written_later_in_order(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        append, failures = x.audit.append, iter([True] * 3)

        def flaky(event: Event, **ids: Any) -> Any:
            if next(failures, False):
                raise ArchiveError("the database is locked")
            return append(event, **ids)

        x.audit.append = flaky  # type: ignore[method-assign]
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection())
        x.ring((8000, 9500))
        await x.media(15_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "DISCARDED"
        assert x.audit.kinds()[0] == "disclosure.played"
        failed = [item for item in x.feed.of("act.failed") if item["act"] == "disclosure.played"]
        assert [item["attempt"] for item in failed] == [1, 2, 3]

    play(tmp_path, scene)


def test_a_recording_whose_destruction_fails_at_first_is_destroyed_all_the_same(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        delete, failures = x.store.delete, iter([True] * 4)

        def flaky(recording_id: str) -> None:
            if next(failures, False):
                raise ArchiveError("the disk is away")
            delete(recording_id)

        x.store.delete = flaky  # type: ignore[method-assign]
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection())
        x.ring((8000, 9500))
        await x.media(20_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "DISCARDED"
        assert x.store.files == {}
        assert x.store.partials == {}
        assert x.audit.kinds().count("certificate.destruction") == 1

    play(tmp_path, scene)


def test_a_report_that_can_never_be_written_leaves_the_call_unreported_and_says_so(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        def gone(row: object, **_: object) -> None:
            raise ArchiveError("the database is gone")

        x.call_log.add = gone  # type: ignore[method-assign]
        x.ring()
        await x.media(5000)
        x.line.peer_hangs_up("a")
        await x.until("call.unreported")
        await x.control.drained()
        assert x.feed.of("call.reported") == []
        assert x.call.state.name == "CLEARED"
        assert x.recording.state is RecordingState.SEALED
        # The next sweep finds its note, though this process lives on.
        assert (x.notes.waiting(), x.notes.mine) == (1, set())

    play(tmp_path, scene)


def test_a_call_whose_recording_is_neither_sealed_nor_gone_is_not_reported(tmp_path: Path) -> None:
    """The report itself could be written: what must not be said is that all is settled."""

    async def scene(x: Exchange) -> None:
        def gone(*_: object, **__: object) -> NoReturn:
            raise ArchiveError("the catalogue is gone")

        x.ring()
        await x.until("recording.state", state="CAPTURING")
        x.catalogue.describe = x.catalogue.move = gone  # type: ignore[method-assign]
        await x.media(5000)
        x.line.peer_hangs_up("a")
        told = await x.until("call.unreported")
        await x.control.drained()
        assert told["recording_state"] == "CAPTURING"
        assert x.call_log.rows[0].recording_state == "CAPTURING"
        assert x.feed.of("call.reported") == []
        assert x.call.state.name == "CLEARED"

    play(tmp_path, scene)


@pytest.mark.parametrize("error", [ComplianceError("may not be said"), RuntimeError("odd")])
def test_evidence_that_can_never_be_written_does_not_keep_the_rest_from_being_done(
    tmp_path: Path, error: Exception
) -> None:
    async def scene(x: Exchange) -> None:
        append = x.audit.append

        def refuses(event: Event, **ids: Any) -> Any:
            if isinstance(event, DisclosurePlayed):
                raise error
            return append(event, **ids)

        x.audit.append = refuses  # type: ignore[method-assign]
        x.ring()
        await x.media(60_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "SEALED"
        tried = len([item for item in x.feed.of("act.failed") if item["act"] == "disclosure.played"])
        assert tried == (1 if isinstance(error, ComplianceError) else 8)

    play(tmp_path, scene)


def away(x: Exchange, until_s: float) -> None:
    """Let the database be away until so much time has passed."""
    owners = [
        (x.audit, ("append", "append_all", "events", "first_of")),
        (x.catalogue, ("add", "get", "move", "move_all", "describe", "destroy_keys", "wrapped_key")),
        (x.do_not_call, ("put",)),
        (x.call_log, ("add",)),
    ]
    for owner, names in owners:
        for name in names:
            setattr(owner, name, _until(until_s, getattr(owner, name)))


def _until(until_s: float, real: Any) -> Any:
    def maybe(*args: Any, **kwargs: Any) -> Any:
        if asyncio.get_running_loop().time() < until_s:
            raise ArchiveError("the database is away")
        return real(*args, **kwargs)

    return maybe


@pytest.mark.parametrize("away_s", [70, 98, 600])
def test_an_objection_outlasts_a_database_that_is_away(tmp_path: Path, away_s: int) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection())
        await x.place((8000, 9500))
        await x.media(7500)
        assert x.store.partials
        away(x, asyncio.get_running_loop().time() + away_s)
        await x.media(40_000)
        # The bytes do not wait for the database, and the call is not reported before its duties are done.
        assert (x.store.partials, x.store.files) == ({}, {})
        assert x.call_log.rows == []
        await x.control.drained()
        assert x.recording.state is RecordingState.DISCARDED
        assert not x.recording.has_key
        assert x.do_not_call.bars(PROSPECT, scope="sales") is not None
        assert x.audit.kinds().count("objection") == 1
        assert x.audit.kinds().count("certificate.destruction") == 1
        assert x.call_log.rows[0].recording_state == "DISCARDED"

    play(tmp_path, scene)


def test_the_bar_on_further_calls_comes_before_the_destruction(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection())
        barred_at_destruction: list[bool] = []
        destroy_keys = x.catalogue.destroy_keys

        def destroys(recording_ids: Sequence[str]) -> None:
            barred_at_destruction.append(x.do_not_call.bars(PROSPECT, scope="sales") is not None)
            destroy_keys(recording_ids)

        x.catalogue.destroy_keys = destroys  # type: ignore[method-assign]
        await x.place((8000, 9500))
        await x.over()
        assert barred_at_destruction == [True]

    play(tmp_path, scene)


def test_an_objection_whose_duties_the_end_of_the_process_cuts_short_leaves_no_bytes_and_is_told(
    tmp_path: Path,
) -> None:
    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection())
        x.ring((8000, 9500))
        await x.media(7500)
        away(x, 1e9)
        await x.until("objection")
        await x.control.close()
        assert asyncio.get_running_loop().time() < 60
        assert (x.store.partials, x.store.files) == ({}, {})
        (told,) = x.feed.of("objection.unmet")
        assert told["acts"] == ["objection", "destroy recording", "seal recording"]
        assert x.feed.of("call.reported") == []

    play(tmp_path, scene)


def test_what_an_objection_demands_outlasts_the_process_and_the_next_start_does_it_once(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection())
        await x.place((8000, 9500))
        await x.media(7500)
        back_s = asyncio.get_running_loop().time() + 500
        away(x, back_s)
        await x.until("objection")
        assert x.spool.waiting() == 0
        await x.control.close()
        assert (x.store.partials, x.store.files) == ({}, {})
        assert len(x.feed.of("objection.unmet")) == 1
        x.spool.end()
        assert x.spool.waiting() == 3
        assert PROSPECT[4:16] not in repr(x.spool.items)
        ports = x.deps.vault.ports
        # The database is away still: nothing is struck out.
        assert [one.done for one in catch_up(ports, x.do_not_call, x.spool)] == [False] * 3
        await asyncio.sleep(back_s)
        assert x.do_not_call.bars(PROSPECT, scope="sales") is None
        for done in ([True] * 3, []):
            assert [one.done for one in catch_up(ports, x.do_not_call, x.spool)] == done
            x.deps.vault.recover()
            assert x.do_not_call.bars(PROSPECT, scope="sales") is not None
            for kind in ("objection", "do_not_call.added", "certificate.destruction"):
                assert x.audit.kinds().count(kind) == 1
            (objection_,) = [event for event in x.audit.chain if event.kind == "objection"]
            assert objection_.body["acted_at"] == stamp(x.spool.every[0].at)
            assert x.recording.state is RecordingState.DISCARDED
            assert not x.recording.has_key

    play(tmp_path, scene)


@pytest.mark.parametrize("failing", ["evidence", "register"])
def test_a_bar_and_its_evidence_come_together_or_not_at_all(tmp_path: Path, failing: str) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.catalogue.beside, x.catalogue.register = x.audit, x.do_not_call
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection())
        append, put, seen = x.audit.append, x.do_not_call.put, list[tuple[int, int]]()

        def look() -> None:
            seen.append((x.audit.kinds().count(Barred.kind), len(x.do_not_call.entries)))

        def flaky_append(event: Event, **ids: Any) -> Any:
            if isinstance(event, Barred):
                look()
                if failing == "evidence" and len(seen) < 4:
                    raise ArchiveError("the evidence is away")
            return append(event, **ids)

        def flaky_put(entry_id: str, **given: Any) -> None:
            if failing == "register" and len(seen) < 4:
                raise ArchiveError("the register is away")
            put(entry_id, **given)

        x.audit.append, x.do_not_call.put = flaky_append, flaky_put  # type: ignore[method-assign]
        await x.place((8000, 9500))
        await x.over()
        # However often it was tried, no try had left half of it behind.
        assert seen == [(0, 0)] * 4
        assert x.audit.kinds().count(Barred.kind) == 1
        assert len(x.do_not_call.entries) == 1

    play(tmp_path, scene)


@pytest.mark.parametrize("failing", ["evidence", "register"])
def test_a_bar_that_the_next_start_makes_comes_with_its_evidence_or_not_at_all(failing: str) -> None:
    audit, register, catalogue, spool = FakeAuditLog(), FakeDoNotCall(), FakeCatalogue(), FakeSpool()
    catalogue.beside, catalogue.register = audit, register
    ports = VaultPorts(FakeKeyRing(), FakeStore(), catalogue, audit, TickingClock(), "node-1")
    body = Barred(entry="abc", rule="CAN-012", scope="sales", known_by="claimed").body()
    spool.keep(Pending(Duty.BAR, "call-1", "", START, body))
    spool.end()
    owner, name = (audit, "append") if failing == "evidence" else (register, "put")
    whole = getattr(owner, name)
    setattr(owner, name, _away)
    (left,) = catch_up(ports, register, spool)
    assert (left.done, audit.chain, register.entries) == (False, [], [])
    setattr(owner, name, whole)
    strike = spool.strike
    spool.strike = _away  # type: ignore[method-assign]
    with pytest.raises(ArchiveError):
        catch_up(ports, register, spool)
    assert (audit.kinds(), register.entries) == ([Barred.kind], ["abc"])
    assert audit.chain[0].body == {**body, "acted_at": stamp(START)}
    # Killed before it was struck out: the next start finds it done, and bars nobody twice.
    spool.strike = strike  # type: ignore[method-assign]
    (done,) = catch_up(ports, register, spool)
    assert (done.done, done.how) == (True, "the person is barred already")
    assert audit.kinds() == [Barred.kind]
    assert spool.items == {}


def test_what_the_next_start_finds_done_it_does_not_do_again() -> None:
    audit, catalogue, store, spool = FakeAuditLog(), FakeCatalogue(), FakeStore(), FakeSpool()
    ports = VaultPorts(FakeKeyRing(), store, catalogue, audit, TickingClock(), "node-1")
    begun = Vault(
        keys=ports.keys, store=store, catalogue=catalogue, audit=audit, clock=ports.clock, node_id="node-1"
    ).begin(a_tag("rec-1"))
    begun.discard("REC-005", "objection")
    audit.append(Unread("objection", {"discards": True}), call_id="call-1", recording_id="rec-1")
    before = audit.kinds()
    for duty, recording_id in ((Duty.OBJECTION, "rec-1"), (Duty.DESTROY, "rec-1")):
        spool.keep(Pending(duty, "call-1", recording_id, START, {"rule_id": "REC-005", "reason": "objection"}))
    store.partials["stray"] = store.partials["rec-9"] = _Container(b"k", 8000, 2)
    spool.keep(Pending(Duty.DESTROY, "call-2", "stray", START))
    spool.end()
    assert [(one.name, one.recording_id, one.done, one.how) for one in catch_up(ports, FakeDoNotCall(), spool)] == [
        ("call-1-0-objection", "rec-1", True, "the objection stands in the evidence already"),
        ("call-1-2-destroy", "rec-1", True, "the recording is destroyed already"),
        ("call-2-2-destroy", "stray", True, "no row: its file is gone"),
    ]
    assert audit.kinds() == before
    assert set(store.partials) == {"rec-9"}
    assert spool.items == {}


def test_what_the_next_start_must_destroy_is_destroyed_under_the_rule_of_the_objection() -> None:
    audit, catalogue, store, spool = FakeAuditLog(), FakeCatalogue(), FakeStore(), FakeSpool()
    ports = VaultPorts(FakeKeyRing(), store, catalogue, audit, TickingClock(), "node-1")
    Vault(keys=ports.keys, store=store, catalogue=catalogue, audit=audit, clock=ports.clock, node_id="node-1").begin(
        a_tag("rec-1")
    )
    store.crash()
    objected = Objection(
        party="caller",
        label="objection_recording",
        basis="DTMF",
        offset_ms=9200,
        score=1.0,
        band="act",
        rules=("REC-005",),
        discards=True,
    )
    spool.keep(Pending(Duty.OBJECTION, "call-1", "rec-1", START, objected.body()))
    spool.keep(Pending(Duty.DESTROY, "call-1", "rec-1", START, {"rule_id": "REC-005", "reason": "objection"}))
    spool.end()
    assert [(one.done, one.how) for one in catch_up(ports, FakeDoNotCall(), spool)] == [
        (True, "the objection is in the evidence now"),
        (True, "the recording is destroyed now"),
    ]
    (told,) = [event for event in audit.chain if event.kind == "objection"]
    assert (told.call_id, told.recording_id, told.body) == (
        "call-1",
        "rec-1",
        {**objected.body(), "acted_at": stamp(START)},
    )
    (certificate,) = [event for event in audit.chain if event.kind == "certificate.destruction"]
    assert (certificate.body["rule_id"], certificate.body["reason"]) == ("REC-005", "objection")
    assert catalogue.get("rec-1").state is RecordingState.DISCARDED


def test_an_item_of_the_spool_that_cannot_be_opened_is_told_and_left(tmp_path: Path) -> None:
    class Spoilt(FakeSpool):
        def left(self) -> Iterator[AbstractContextManager[Pending | Unreadable]]:
            yield nullcontext(Unreadable("item-1", "was changed"))
            yield from super().left()

    spool = Spoilt()
    ports = VaultPorts(FakeKeyRing(), FakeStore(), FakeCatalogue(), FakeAuditLog(), TickingClock(), "node-1")
    spool.keep(Pending(Duty.OBJECTION, "call-1", "", START, {"discards": True}))
    spool.end()
    told = catch_up(ports, FakeDoNotCall(), spool)
    assert [(one.name, one.done, one.how) for one in told] == [
        ("item-1", False, "was changed"),
        ("call-1-0-objection", True, "the objection is in the evidence now"),
    ]


def _away(*_: Any, **__: Any) -> Any:
    raise ArchiveError("the database is away")


def test_a_spool_that_cannot_be_written_is_told_and_the_objection_acts_all_the_same(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection())
        x.spool.full = True
        await x.place((8000, 9500))
        await x.over()
        assert x.feed.of("pending.failed")
        assert x.do_not_call.bars(PROSPECT, scope="sales") is not None
        assert x.recording.state is RecordingState.DISCARDED

    play(tmp_path, scene)


def test_what_the_database_has_taken_does_not_stay_in_the_spool(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[PROSPECT] = answers()
        x.ear.when_said(Channel.CALLER, 8000, 8800, objection())
        await x.place((8000, 9500))
        await x.over()
        assert [item.duty for item in x.spool.every] == [Duty.OBJECTION, Duty.BAR, Duty.DESTROY]
        assert x.spool.items == {}
        assert catch_up(x.deps.vault.ports, x.do_not_call, x.spool) == []

    play(tmp_path, scene)
