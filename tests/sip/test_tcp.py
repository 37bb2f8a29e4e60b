"""TCP: messages that do not fit, connections that say nothing, and peers that come in crowds."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket

import pytest

from ivr.sip.connections import ConnectionLimits
from tests.sip.raw_peer import HOST, RawPeer, sdp
from tests.sip.rig import rigged, run, until
from tests.sip.test_requests import answering


def _padding(size: int) -> list[str]:
    """Headers that nobody reads, of so many bytes."""
    return [f"X-Padding-{number}: {'p' * 200}" for number in range(size // 215)]


def test_a_message_longer_than_the_buffer_is_refused_and_the_connection_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port, tcp=True) as peer:
            answer = await peer.invite(*_padding(3000), body=sdp(peer.media_port) + "a=x:" + "y" * 2000 + "\r\n")
            assert answer.status == 513
            assert not rig.seen
            peer.call_id += "-again"
            await peer.call()
            assert (await peer.ask("OPTIONS")).status == 200
            await peer.hang_up()

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "answered 513" in caplog.text


def test_what_follows_a_message_that_is_read_over_begins_where_that_one_ends() -> None:
    """The library drops line ends at the head of what it has read, also those that are a part of such a message."""

    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port, tcp=True) as peer:
            much = peer.request("OPTIONS", body="\r\n" * 4000, kind="text/plain")
            await peer.send(much + b"\r\n\r\n" + peer.request("OPTIONS"))
            assert (await peer.final("OPTIONS")).status == 513
            assert (await peer.final("OPTIONS")).status == 200

    run(scenario())


def test_nothing_in_a_message_whose_connection_is_closed_is_a_message() -> None:
    """Who speaks through an edge could have their text taken for the edge's own word."""

    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port, tcp=True) as peer:
            inner = peer.request("INVITE", body=sdp(peer.media_port))
            outer = peer.request("OPTIONS", body="x", kind="text/plain", length=70_000)[:-1]
            # The library reads 4,000 bytes at once and looks for the next message behind them.
            await peer.send(outer + b"y" * (4000 - len(outer)) + inner)
            assert (await peer.final("OPTIONS")).status == 513
            with pytest.raises(ConnectionError):
                await peer.receive()
            async with RawPeer(rig.line.port, tcp=True) as other:
                assert (await other.ask("OPTIONS")).status == 200
            assert not rig.seen

    run(scenario())


def test_a_head_longer_than_the_buffer_is_refused_and_the_connection_closed() -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port, tcp=True) as peer:
            await peer.send(peer.request("INVITE", *_padding(6000), body=sdp(peer.media_port)))
            assert (await peer.final("INVITE")).status == 513
            with pytest.raises(ConnectionError):
                await peer.receive()
            async with RawPeer(rig.line.port, tcp=True) as other:
                assert (await other.ask("OPTIONS")).status == 200

    run(scenario())


def test_a_message_without_a_length_is_refused_and_the_connection_closed() -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port, tcp=True) as peer:
            await peer.send(peer.request("OPTIONS").replace(b"Content-Length: 0\r\n", b""))
            assert (await peer.final("OPTIONS")).status == 400
            with pytest.raises(ConnectionError):
                await peer.receive()

    run(scenario())


@pytest.mark.parametrize("tcp", [False, True])
def test_messages_of_every_length_around_the_limit_are_answered(tcp: bool) -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port, tcp=tcp) as peer:
            short = len(peer.request("OPTIONS", "X-P: "))
            for size in (3900, 3998, 3999, 4000, 4001, 4100, 8000):
                message = peer.request("OPTIONS", "X-P: ")
                message = message.replace(b"X-P: ", b"X-P: " + b"p" * (size - len(message)))
                assert len(message) == size
                if size > 4000 and not tcp:
                    continue
                await peer.send(message)
                assert (await peer.final("OPTIONS")).status == (200 if size < 4000 else 513)
                if tcp and size > 4000:
                    break
            assert short < 3900

    run(scenario())


def test_a_message_in_two_pieces_is_one() -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port, tcp=True) as peer:
            message = peer.request("OPTIONS")
            await peer.send(message[:50])
            assert await peer.nothing(0.2)
            await peer.send(message[50:] + b"\r\n\r\n" + peer.request("OPTIONS"))
            assert (await peer.final("OPTIONS")).status == 200
            assert (await peer.final("OPTIONS")).status == 200

    run(scenario())


@pytest.mark.parametrize("begun", [b"", b"OPTIONS sip:ivr@127.0.0.1 SIP/2.0\r\n"])
def test_a_connection_on_which_no_message_comes_is_closed(begun: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        limits = ConnectionLimits(first_message_s=0.5, idle_s=60)
        async with rigged(connections=limits) as rig, RawPeer(rig.line.port, tcp=True) as peer:
            if begun:
                await peer.send(begun)
            with pytest.raises(ConnectionError):
                await peer.receive()

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "closed: no whole message" in caplog.text


def test_a_silent_connection_is_closed_unless_it_carries_a_call() -> None:
    async def scenario() -> None:
        limits = ConnectionLimits(first_message_s=60, idle_s=1.5)
        async with (
            answering(connections=limits) as rig,
            RawPeer(rig.line.port, tcp=True) as caller,
            RawPeer(rig.line.port, tcp=True) as other,
        ):
            await caller.call()
            assert (await other.ask("OPTIONS")).status == 200
            with pytest.raises(ConnectionError):
                await other.receive()
            assert await caller.nothing(1.0)
            await caller.hang_up()

    run(scenario())


def test_silent_connections_keep_nobody_out(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with answering() as rig:
            # Of many sources, so that no single one is at its limit.
            crowd = [RawPeer(rig.line.port, tcp=True, host=f"127.0.1.{1 + number // 8}") for number in range(62)]
            try:
                async with RawPeer(rig.line.port) as bystander:
                    for peer in crowd:
                        await peer.__aenter__()
                        # Once this is answered the line has seen the connection.
                        assert (await bystander.ask("OPTIONS")).status == 200
                async with RawPeer(rig.line.port, tcp=True) as caller:
                    await caller.call()
                    await caller.hang_up()
            finally:
                for peer in crowd:
                    await peer.__aexit__(None, None, None)

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "closed: too many at all" in caplog.text


def test_one_source_has_so_many_connections_and_an_edge_has_more(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(edges: tuple[str, ...]) -> int:
        limits = ConnectionLimits(per_source=3, edges=edges)
        async with rigged(connections=limits) as rig:
            peers = [RawPeer(rig.line.port, tcp=True) for _ in range(5)]
            served = 0
            for peer in peers:
                await peer.__aenter__()
                with contextlib.suppress(ConnectionError):
                    served += (await peer.ask("OPTIONS")).status == 200
            for peer in peers:
                await peer.__aexit__(None, None, None)
            return served

    with caplog.at_level(logging.WARNING):
        assert run(scenario(())) == 3
        assert "closed: too many of this source" in caplog.text
        assert run(scenario((HOST,))) == 5


def test_accepting_pauses_while_too_many_come_and_go(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with answering(connections=ConnectionLimits(total=4, handles=6)) as rig:
            before = len(os.listdir("/proc/self/fd"))
            loop = asyncio.get_running_loop()
            for _ in range(20):
                with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as visitor:
                    visitor.setblocking(False)
                    # While accepting is paused the kernel lets nobody in, and this one goes away unserved.
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(loop.sock_connect(visitor, (HOST, rig.line.port)), 0.05)
            async with RawPeer(rig.line.port, tcp=True) as caller:
                await caller.call()
                await caller.hang_up()
            await until(lambda: len(os.listdir("/proc/self/fd")) <= before, "all descriptors have come back")

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "none is accepted for a moment" in caplog.text
