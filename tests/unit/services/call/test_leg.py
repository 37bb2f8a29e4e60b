"""One leg as call control sees it: its state, its media's time, and who waits for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.domain.call.leg import LegState
from ivr.domain.call.party import PartyRole
from ivr.errors import TransitionError
from ivr.services.call.leg import CallLeg
from ivr.services.ports.telephony import LegDisconnected
from tests.fakes.line import FakeLine

BYE = LegDisconnected("a", 200, 16, True, True, 30.0)


def leg(state: LegState = LegState.INCOMING) -> CallLeg:
    return CallLeg("a", PartyRole.CALLER, FakeLine(), lambda prompt: Path(prompt.id), state)


def test_a_leg_moves_with_the_events_of_its_dialog_and_ends_once() -> None:
    async def scene() -> None:
        one = leg()
        assert (one.end, one.held, one.answered_at) == (None, False, None)
        one.progress()
        one.progress()
        assert (one.state, one.answered_at) == (LegState.EARLY, None)
        one.confirmed("id@peer", 12.0)
        assert (one.state, one.sip_call_id, one.answered_at) == (LegState.CONFIRMED, "id@peer", 12.0)
        assert (one.up.is_set(), one.gone.is_set()) == (True, False)
        one.progress()
        assert one.state is LegState.CONFIRMED
        one.disconnected(BYE)
        assert (one.state, one.end, one.gone.is_set()) == (LegState.DISCONNECTED, BYE, True)
        with pytest.raises(TransitionError, match="leg a"):
            one.disconnected(BYE)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("at", "ms"), [(11.0, 0), (12.0, 0), (12.001, 20), (12.02, 20), (12.0201, 40), (12.5, 500), (13.99, 2000)]
)
def test_a_moment_is_the_end_of_the_frame_in_which_it_lies(at: float, ms: int) -> None:
    async def scene() -> None:
        one = leg()
        assert one.media_ms_at(at) == 0
        one.confirmed("id@peer", 12.0)
        assert one.media_ms_at(at) == ms

    asyncio.run(scene())


@pytest.mark.parametrize(("event", "up"), [("up", True), ("gone", False), ("both", False)])
def test_whoever_waits_for_a_leg_learns_whether_it_came_up(event: str, up: bool) -> None:
    async def scene() -> None:
        one = leg(LegState.CALLING)
        waiting = asyncio.create_task(one.up_or_gone())
        await asyncio.sleep(0)
        assert not waiting.done()
        if event != "gone":
            one.confirmed("id@peer", 1.0)
        if event != "up":
            one.disconnected(BYE)
        assert await waiting is up

    asyncio.run(scene())
