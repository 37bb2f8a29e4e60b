"""A line that is full: the next call is sent on, with a status that makes a proxy try another line."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from ivr.services.ports.telephony import IncomingCall
from tests.sip.raw_peer import RawPeer, sdp
from tests.sip.rig import Rig, rigged, run


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_the_call_beyond_the_last_place_gets_503_with_retry_after_and_not_486(tcp: bool) -> None:
    async def scenario() -> None:
        async with rigged() as rig, AsyncExitStack() as stack:
            await fill(rig, stack)
            assert rig.line.free_legs == 0
            async with RawPeer(rig.line.port, tcp=tcp) as late:
                refused = await late.invite()
                assert (refused.status, refused.header("Retry-After")) == (503, "5")
            # Nobody else on the line has noticed.
            assert len(rig.seen) == 2 * rig.line.capacity

    run(scenario())


def test_a_call_for_which_no_agents_place_is_left_is_refused_the_same_way() -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            inviting = asyncio.create_task(peer.invite())
            call = await rig.expect(IncomingCall)
            rig.line.reject(call.leg_id, 503)
            refused = await inviting
            assert (refused.status, refused.header("Retry-After")) == (503, "5")

    run(scenario())


def test_a_place_that_is_kept_for_an_agent_is_none_for_a_caller() -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port) as late:
            for number in range(rig.line.capacity):
                assert rig.line.reserve(f"agent-{number}")
            refused = await late.invite()
            assert (refused.status, refused.header("Retry-After")) == (503, "5")
            rig.line.release("agent-0")
            await late.send(late.request("INVITE", body=sdp(late.media_port)))
            await rig.expect(IncomingCall)

    run(scenario())


async def fill(rig: Rig, stack: AsyncExitStack) -> None:
    """A call on every place, each up."""
    for _ in range(rig.line.capacity):
        peer = await stack.enter_async_context(RawPeer(rig.line.port))
        calling = asyncio.create_task(peer.call())
        await rig.take_call()
        await calling
