"""Requests that nobody may make of the engine: answered, obeyed never, and nothing goes where a stranger points."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ivr.services.ports.telephony import DigitPressed, IncomingCall, LegConfirmed, LegDisconnected, LineEvent
from tests.sip.raw_peer import HANGS_S, HOST, RawPeer, sdp
from tests.sip.rig import Rig, rigged, run, until

OURS = {"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "PRACK", "UPDATE"}


@asynccontextmanager
async def answering(**settings: Any) -> AsyncIterator[Rig]:
    """A line that answers whatever calls it."""
    async with rigged(**settings) as rig:

        async def answer() -> None:
            while True:
                event = await rig.next_event()
                if isinstance(event, IncomingCall):
                    rig.line.answer(event.leg_id)

        task = asyncio.create_task(answer())
        try:
            yield rig
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def told(rig: Rig, kind: type[LineEvent]) -> None:
    """Wait until an answering line has told an event of this kind."""
    await until(lambda: any(isinstance(event, kind) for event in rig.seen), f"a {kind.__name__}")


class Stranger:
    """A third party's address: whatever arrives there was sent because somebody pointed at it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self._socket.setblocking(False)
        self.uri = f"sip:stranger@{HOST}:{self._socket.getsockname()[1]}"

    def was_left_alone(self) -> bool:
        try:
            self._socket.recv(4000)
        except BlockingIOError:
            return True
        return False

    def close(self) -> None:
        self._socket.close()


@pytest.mark.parametrize("tcp", [False, True])
def test_a_party_cannot_transfer_a_call_and_the_call_goes_on(tcp: bool) -> None:
    async def scenario() -> None:
        stranger = Stranger()
        async with answering() as rig, RawPeer(rig.line.port, tcp=tcp) as peer:
            await peer.call()
            answer = await peer.ask("REFER", f"Refer-To: <{stranger.uri}>", f"Referred-By: <{stranger.uri}>")
            assert answer.status == 603
            assert await peer.nothing()
            assert stranger.was_left_alone()
            assert rig.line.free_legs == rig.line.capacity - 1
            await peer.hang_up()
        stranger.close()

    run(scenario())


def test_a_party_that_we_called_cannot_transfer_the_call_either() -> None:
    async def scenario() -> None:
        stranger = Stranger()
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            rig.line.place("out", f"sip:peer@{HOST}:{peer.port}", ring_timeout_s=HANGS_S)
            invite = await peer.receive()
            assert "REFER" not in invite.header("Allow")
            assert "replaces" not in invite.header("Supported")
            await peer.send(peer.reply(invite, 200, body=sdp(peer.media_port)))
            while (await peer.receive()).method != "ACK":
                pass
            their_tag = invite.header("From").partition(";tag=")[2]
            peer.call_id = invite.header("Call-ID")
            request = peer.request("REFER", f"Refer-To: <{stranger.uri}>", to_tag=their_tag)
            await peer.send(request)
            assert (await peer.final("REFER")).status == 603
            assert stranger.was_left_alone()
            rig.line.hangup("out")
            await peer.next_request("BYE")
            await rig.expect(LegDisconnected)
        stranger.close()

    run(scenario())


def test_an_invite_cannot_take_the_place_of_a_leg() -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port) as peer, RawPeer(rig.line.port) as other:
            await peer.call()
            replaces = f"Replaces: {peer.call_id};to-tag={peer.to_tag};from-tag={peer.tag}"
            answer = await other.invite(replaces)
            assert answer.status == 603
            assert await peer.nothing(), "the first party is left in peace"
            assert [type(event) for event in rig.seen] == [IncomingCall, LegConfirmed]
            assert rig.line.free_legs == rig.line.capacity - 1
            await peer.hang_up()

    run(scenario())


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(
    ("method", "status", "headers"),
    [
        ("REFER", 603, ("Refer-To: <{stranger}>",)),
        ("SUBSCRIBE", 489, ("Event: presence", "Expires: 600")),
        ("SUBSCRIBE", 489, ("Event: dialog",)),
        ("NOTIFY", 481, ("Event: message-summary", "Subscription-State: active")),
        ("MESSAGE", 405, ()),
        ("REGISTER", 405, ()),
        ("PUBLISH", 405, ("Event: presence",)),
        ("FROBNICATE", 501, ()),
    ],
)
def test_what_is_not_served_is_answered_and_nothing_else_is_sent(
    method: str, status: int, headers: tuple[str, ...], inside: bool
) -> None:
    async def scenario() -> None:
        stranger = Stranger()
        async with answering() as rig, RawPeer(rig.line.port) as peer:
            if inside:
                await peer.call()
            told = [header.format(stranger=stranger.uri) for header in headers]
            request = peer.request(method, *told)
            own_contact = f"Contact: <sip:peer@{HOST}:{peer.port}>".encode()
            request = request.replace(own_contact, f"Contact: <{stranger.uri}>".encode())
            await peer.send(request)
            answer = await peer.final(method)
            assert answer.status == status
            if status in (405, 501):
                assert set(answer.header("Allow").split(", ")) == OURS
            await peer.send(request)
            again = await peer.final(method)
            assert again.text == answer.text, "told twice, answered alike"
            assert await peer.nothing(0.2)
            assert stranger.was_left_alone()
            if inside:
                await peer.hang_up()
        stranger.close()

    run(scenario())


@pytest.mark.parametrize("method", ["BYE", "INFO", "UPDATE", "PRACK", "OPTIONS", "INVITE"])
def test_a_request_in_a_dialog_that_we_do_not_have_is_told_so(method: str) -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            await peer.send(peer.request(method, to_tag="nobody"))
            assert (await peer.final(method)).status == 481
            if method in ("BYE", "INFO", "UPDATE", "PRACK"):
                await peer.send(peer.request(method))
                assert (await peer.final(method)).status == 481, "these exist in dialogs only"
            assert not await rig.silent(0.1)

    run(scenario())


def test_a_cancel_of_nothing_is_told_so_and_a_lone_ack_is_not_answered() -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            await peer.send(peer.request("CANCEL"))
            assert (await peer.final("CANCEL")).status == 481
            await peer.send(peer.request("ACK", to_tag="nobody"))
            await peer.send(peer.request("ACK"))
            assert await peer.nothing()
            assert not await rig.silent(0.1)

    run(scenario())


def test_what_we_say_we_can_is_what_is_served() -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port) as peer:
            answer = await peer.ask("OPTIONS")
            assert answer.status == 200
            assert set(answer.header("Allow").split(", ")) == OURS
            accepted = await peer.call()
            assert set(accepted.header("Allow").split(", ")) == OURS
            assert set(accepted.header("Supported").split(", ")) <= {"100rel", "timer"}
            assert (await peer.ask("OPTIONS")).status == 200, "in the dialog too"
            assert (await peer.ask("INFO")).status == 200, "an empty INFO is a sign of life"
            await peer.hang_up()

    run(scenario())


@pytest.mark.parametrize("tcp", [False, True])
def test_a_request_that_requires_what_we_lack_is_told_so(tcp: bool) -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port, tcp=tcp) as peer:
            assert (await peer.invite("Require: x-strange, timer")).header("Unsupported") == "x-strange"
            assert not rig.seen
            outside = await peer.ask("OPTIONS", "Require: x-strange")
            assert (outside.status, outside.header("Unsupported")) == (420, "x-strange")
            peer.call_id += "-again"
            await peer.call()
            for method in ("OPTIONS", "INFO", "UPDATE", "INVITE"):
                inside = await peer.ask(method, "Require: x-strange")
                assert (inside.status, inside.header("Unsupported")) == (420, "x-strange"), method
            await peer.acknowledge(inside)
            assert (await peer.ask("OPTIONS", "Require: timer")).status == 200
            assert (await peer.ask("BYE", "Require: x-strange")).status == 200, "nobody is kept on the line"
            await told(rig, LegDisconnected)

    run(scenario())


def test_bytes_behind_a_request_in_its_datagram_keep_nobody_from_hanging_up() -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port) as peer:
            await peer.call()
            await told(rig, LegConfirmed)
            await peer.send(peer.request("INFO") + b"\0")
            assert (await peer.final("INFO")).status == 200
            await peer.send(peer.request("INFO", body="9", kind="application/dtmf") + b"\0")
            assert (await peer.final("INFO")).status == 200
            await told(rig, DigitPressed)
            await peer.send(peer.request("BYE") + b"\0")
            assert (await peer.final("BYE")).status == 200
            await told(rig, LegDisconnected)

    run(scenario())


def test_an_invite_cannot_have_its_answers_sent_to_somebody_else() -> None:
    async def scenario() -> None:
        stranger = Stranger()
        async with answering() as rig, RawPeer(rig.line.port) as peer:
            there = stranger.uri.rpartition(":")[2]
            invite = peer.request("INVITE", body=sdp(peer.media_port))
            pointed = invite.replace(b";rport;", f";maddr={HOST};rport={there};".encode())
            assert pointed != invite
            await peer.send(pointed)
            assert (await peer.final("INVITE")).status == 400
            assert stranger.was_left_alone()
            assert not rig.seen
        stranger.close()

    run(scenario())


def test_one_call_id_makes_one_call_and_the_invite_told_again_is_the_same() -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port) as peer:
            invite = peer.request("INVITE", body=sdp(peer.media_port))
            await peer.send(invite)
            await peer.send(invite)
            peer.enter(await peer.final("INVITE"))
            await peer.ack()
            again = peer.request("INVITE", body=sdp(peer.media_port), to_tag="")
            await peer.send(again)
            merged = await peer.final("INVITE")
            while merged.status == 200:
                merged = await peer.final("INVITE")
            assert merged.status == 482
            await peer.acknowledge(merged)
            await told(rig, LegConfirmed)
            assert [type(event) for event in rig.seen] == [IncomingCall, LegConfirmed]
            await peer.hang_up()

    run(scenario())
