"""One call from its first event to its report, however it ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.fakes.exchange import Exchange, play


def test_a_caller_who_gives_up_while_it_rings_is_reported_as_cancelled(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (row.disposition, row.answered_at, row.ended_by) == ("CANCELLED", None, "caller")

    play(tmp_path, scene)


def test_a_call_that_is_over_as_soon_as_it_is_up_counts_as_answered(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.until("call.started")
        await asyncio.sleep(0)
        x.line._confirm("a")
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.disposition == "ANSWERED"
        assert row.recording_state == "WITHHELD"

    play(tmp_path, scene)


def test_the_longest_call_ends_with_a_goodbye_before_the_bye(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring((3000, 60_000))
        row = await x.over()
        assert row.ended_by == "limit"
        (goodbye,) = [item for item in x.feed.of("prompt.ended") if item["prompt"] == "goodbye"]
        assert goodbye["completed"] is True
        assert float(str(goodbye["published_at"])) <= x.time_of("leg.disconnected")
        assert row.recording_state == "SEALED"

    play(tmp_path, scene, changes={"max_call_s": 20.0})


def test_shutdown_says_goodbye_seals_and_reports(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.ring()
        await x.media(5000)
        await x.control.close()
        (row,) = x.call_log.rows
        assert (row.ended_by, row.recording_state) == ("shutdown", "SEALED")
        assert x.said[-1] == "goodbye"
        x.ring(leg="late")
        await x.until("call.rejected", why="closing")
        assert x.commands("reject") == [("reject", "late", 503)]

    play(tmp_path, scene)


def test_shutdown_while_it_still_rings_ends_the_call_at_once(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        from tests.fakes.exchange import PROSPECT
        from tests.fakes.line import no_answer

        x.line.parties[PROSPECT] = no_answer()
        await x.place()
        await x.until("leg.ringing")
        await x.control.close()
        (row,) = x.call_log.rows
        assert (row.ended_by, row.disposition) == ("shutdown", "CANCELLED")

    play(tmp_path, scene)
