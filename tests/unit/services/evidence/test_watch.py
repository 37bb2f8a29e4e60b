"""The database with the evidence is lost in mid-call: nothing more is stored, and the call goes on (promise 5)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.errors import LostEvidenceError
from ivr.services.evidence.watch import EvidenceWatch
from tests.fakes.exchange import PROSPECT, Exchange, play
from tests.fakes.runtime import InlineExecutor


def watched(x: Exchange) -> asyncio.Task[None]:
    watch = EvidenceWatch(x.audit, InlineExecutor(), x.feed, every_s=5.0, stop_capture=x.control.stop_capture)
    return asyncio.create_task(watch.run())


def test_within_one_look_nothing_more_is_stored_and_the_call_goes_on(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        watching = watched(x)
        x.ring(talk_ms=200_000)
        await x.media(20_000)
        x.audit.lost = True
        await x.until("evidence.lost")
        stored = max(x.written)
        assert stored < 26_000
        await x.media(40_000)
        assert max(x.written) == stored
        assert not x.feed.of("leg.disconnected")
        x.line.peer_hangs_up("a")
        await x.until("call.unreported")
        watching.cancel()
        assert x.recording.state.value not in ("SEALED", "DAMAGED")
        assert "recording.sealed" not in x.audit.kinds()
        assert [item["what"] for item in x.feed.of("evidence.lost")] == ["the database is gone"]

    play(tmp_path, scene)


def test_what_was_recorded_until_then_is_damaged_once_the_database_is_back(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        watching = watched(x)
        x.ring(talk_ms=200_000)
        await x.media(20_000)
        x.audit.lost = True
        await x.until("evidence.lost")
        x.audit.lost = False
        await x.until("evidence.back")
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "DAMAGED"
        assert max(x.written) < 26_000
        # What is lost once more is told once more.
        assert len(x.feed.of("evidence.lost")) == 1
        x.audit.lost = True
        await asyncio.sleep(60)
        watching.cancel()
        assert len(x.feed.of("evidence.lost")) == 2

    play(tmp_path, scene)


def test_a_loss_that_no_look_has_seen_yet_is_seen_before_the_seal(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring(talk_ms=200_000)
        await x.media(20_000)
        x.audit.lost = True
        x.line.peer_hangs_up("a")
        await x.until("call.unreported")
        assert x.recording.state.value not in ("SEALED", "DAMAGED")

    play(tmp_path, scene)


def test_a_call_that_begins_meanwhile_is_answered_and_not_recorded(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.audit.lost = True
        x.ring(talk_ms=200_000)
        await x.media(20_000)
        assert x.feed.of("disclosure.completed")
        assert x.written == []
        x.line.peer_hangs_up("a")
        await x.control.drained()
        assert x.store.files == x.store.partials == {}

    play(tmp_path, scene)


def test_nobody_is_called_while_who_is_barred_cannot_be_known(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.audit.lost = True
        with pytest.raises(LostEvidenceError):
            await x.place(uri=PROSPECT)
        assert x.commands("place") == []

    play(tmp_path, scene)


def test_a_database_that_does_not_answer_for_a_while_is_no_loss(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        def away() -> None:
            raise TimeoutError("quotes 0612345678")

        x.ring(talk_ms=200_000)
        await x.media(10_000)
        watching = watched(x)
        whole, x.audit.must_be_whole = x.audit.must_be_whole, away  # type: ignore[method-assign]
        told = await x.until("evidence.unseen")
        x.audit.must_be_whole = whole  # type: ignore[method-assign]
        assert told["what"] == "TimeoutError"
        await x.media(30_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        watching.cancel()
        assert row.recording_state == "SEALED"
        assert max(x.written) > 25_000
        assert not x.feed.of("evidence.back")

    play(tmp_path, scene)
