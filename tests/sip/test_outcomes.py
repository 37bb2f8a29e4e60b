"""How legs end when the far end does not do what RFC 3261 asks of it, or sends us elsewhere."""

from __future__ import annotations

import logging
import time

import pytest

from ivr.domain.call.leg import Disposition, disposition_of
from ivr.services.ports.telephony import IncomingCall, LegConfirmed, LegDisconnected
from ivr.sip import handle_budget
from ivr.sip.connections import ConnectionLimits
from tests.sip.raw_peer import HANGS_S, HOST, RawPeer, sdp
from tests.sip.rig import rigged, run
from tests.sip.test_requests import Stranger, answering, told


def _disposition(end: LegDisconnected) -> Disposition:
    return disposition_of(end.sip_status, was_confirmed=end.was_confirmed)


def test_an_answer_that_is_never_confirmed_ends_with_a_bye_and_frees_its_place() -> None:
    async def scenario() -> None:
        async with rigged(ack_timeout_s=3.0, max_calls=1) as rig, RawPeer(rig.line.port) as peer:
            await peer.send(peer.request("INVITE", body=sdp(peer.media_port)))
            call = await rig.expect(IncomingCall)
            answered = time.monotonic()
            rig.line.answer(call.leg_id)
            peer.enter(await peer.final("INVITE"))
            end = await rig.expect(LegDisconnected)
            assert 2.9 < end.at - answered < HANGS_S
            assert (end.sip_status, end.hangup_cause, end.by_peer, end.was_confirmed) == (200, 102, False, False)
            assert _disposition(end) is Disposition.UNACKNOWLEDGED
            assert (await peer.next_request("BYE")).header("Call-ID") == peer.call_id
            await rig.all_free()
            async with RawPeer(rig.line.port) as other:
                await other.send(other.request("INVITE", body=sdp(other.media_port)))
                rig.line.answer((await rig.expect(IncomingCall)).leg_id)
                other.enter(await other.final("INVITE"))
                await other.ack()
                await rig.expect(LegConfirmed)
                await other.hang_up()

    run(scenario())


def test_one_source_holds_not_all_places_with_calls_that_are_not_up(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with rigged() as rig:
            peers = [RawPeer(rig.line.port) for _ in range(rig.line.capacity)]
            for peer in peers:
                await peer.send(peer.request("INVITE", body=sdp(peer.media_port)))
            refused = await peers[-1].final("INVITE")
            assert (refused.status, refused.header("Retry-After")) == (503, "5")
            assert rig.line.free_legs == 1
            async with RawPeer(rig.line.port, host="127.0.1.1") as elsewhere:
                await elsewhere.send(elsewhere.request("INVITE", body=sdp(elsewhere.media_port)))
                assert (await elsewhere.receive()).status == 100
                assert (await elsewhere.receive()).status == 180
            for peer in peers:
                await peer.__aexit__(None, None, None)

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "source-full" in caplog.text


def test_an_ack_without_the_answer_to_a_late_offer_ends_the_call_at_once() -> None:
    async def scenario() -> None:
        # At once: no time-out of ours ends it.
        async with answering(ack_timeout_s=3600, rtp_timeout_s=3600) as rig, RawPeer(rig.line.port) as peer:
            answer = await peer.invite(body="")
            assert "m=audio" in answer.body, "we offer"
            await peer.ack()
            await peer.next_request("BYE")
            await told(rig, LegDisconnected)
        end = rig.seen[-1]
        assert isinstance(end, LegDisconnected)
        assert (end.sip_status, end.was_confirmed) == (488, False)
        assert _disposition(end) is Disposition.NO_MEDIA
        assert not any(isinstance(event, LegConfirmed) for event in rig.seen)

    run(scenario())


def test_a_late_offer_that_is_answered_in_the_ack_is_a_call() -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port) as peer:
            await peer.invite(body="")
            await peer.ack(body=sdp(peer.media_port, formats="8 101"))
            await peer.hang_up()
            await told(rig, LegDisconnected)
        assert [type(event) for event in rig.seen] == [IncomingCall, LegConfirmed, LegDisconnected]

    run(scenario())


@pytest.mark.parametrize("spoilt", ["none", "cut", "excessive"])
def test_an_answer_to_our_offer_that_is_none_ends_the_leg(spoilt: str) -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            rig.line.place("out", f"sip:peer@{HOST}:{peer.port}", ring_timeout_s=HANGS_S)
            invite = await peer.receive()
            body = "" if spoilt == "none" else sdp(peer.media_port, *(["a=x"] * (60 if spoilt == "excessive" else 0)))
            reply = peer.reply(invite, 200, body=body)
            await peer.send(reply.replace(b"Content-Length: ", b"Content-Length: 9") if spoilt == "cut" else reply)
            end = await rig.expect(LegDisconnected)
            assert (end.was_confirmed, _disposition(end)) == (False, Disposition.NO_MEDIA)
            await peer.next_request("BYE")

    run(scenario())


@pytest.mark.parametrize("status", [301, 302, 305])
def test_a_party_that_names_another_address_is_told_so_and_nobody_is_dialled(status: int) -> None:
    async def scenario() -> None:
        stranger = Stranger()
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            rig.line.place("out", f"sip:peer@{HOST}:{peer.port}", ring_timeout_s=HANGS_S)
            invite = await peer.receive()
            own = f"Contact: <sip:peer@{HOST}:{peer.port}>".encode()
            reply = peer.reply(invite, status).replace(own, f"Contact: <{stranger.uri}>".encode())
            await peer.send(reply)
            end = await rig.expect(LegDisconnected)
            assert (end.sip_status, end.by_peer, end.was_confirmed) == (status, True, False)
            assert _disposition(end) is Disposition.REDIRECTED
            assert stranger.was_left_alone()
        stranger.close()

    run(scenario())


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_new_media_without_a_common_codec_is_refused_and_the_call_goes_on(method: str) -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port) as peer:
            await peer.call()
            strange = sdp(peer.media_port, "a=rtpmap:98 opus/48000/2", formats="98")
            answer = await peer.ask(method, body=strange)
            assert answer.status == 488
            if method == "INVITE":
                await peer.acknowledge(answer)
            again = await peer.ask("INVITE", body=sdp(peer.media_port))
            assert again.status == 200
            await peer.ack()
            assert [type(event) for event in rig.seen] == [IncomingCall, LegConfirmed]
            await peer.hang_up()

    run(scenario())


def test_a_call_without_a_common_codec_is_refused_and_nobody_is_told() -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port) as peer:
            answer = await peer.invite(body=sdp(peer.media_port, "a=rtpmap:98 opus/48000/2", formats="98"))
            assert answer.status == 488
            assert not rig.seen

    run(scenario())


async def _give_up(peer: RawPeer) -> int:
    """Call and cancel at once: the library's table is not full then, its sockets are what is short."""
    peer.call_id += "-"
    invite = peer.request("INVITE", body=sdp(peer.media_port))
    await peer.send(invite)
    cancel = invite.partition(b"\r\n\r\n")[0].replace(b"INVITE", b"CANCEL")
    cancel = b"\r\n".join(line for line in cancel.split(b"\r\n") if not line.startswith(b"Content-"))
    await peer.send(cancel + b"\r\nContent-Length: 0\r\n\r\n")
    answer = await peer.final("INVITE")
    while answer.header("Call-ID") != peer.call_id:
        # An earlier one, told again before its ACK was there.
        answer = await peer.final("INVITE")
    await peer.acknowledge(answer)
    return answer.status


@pytest.fixture
def no_socket_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """None that was spent counts as given back, however slow the machine."""
    monkeypatch.setattr(handle_budget, "RECOVERY_S", 60.0)


@pytest.mark.usefixtures("no_socket_comes_back")
def test_calls_that_come_faster_than_sockets_come_back_are_refused() -> None:
    async def scenario() -> None:
        limits = ConnectionLimits(edges=(HOST,))
        async with rigged(calls_per_source=100, connections=limits) as rig, RawPeer(rig.line.port) as peer:
            rig.line._thread.gate.media_sockets._most = 8
            assert [await _give_up(peer) for _ in range(6)] == [487] * 4 + [503] * 2

    run(scenario())


@pytest.mark.usefixtures("no_socket_comes_back")
def test_one_source_that_calls_and_gives_up_does_not_keep_the_others_out() -> None:
    async def scenario() -> None:
        async with (
            rigged(calls_per_source=100) as rig,
            RawPeer(rig.line.port) as peer,
            RawPeer(rig.line.port, host="127.0.1.1") as other,
        ):
            rig.line._thread.gate.media_sockets._most = 8
            assert [await _give_up(peer) for _ in range(5)] == [487] * 3 + [503] * 2
            assert await _give_up(other) == 487

    run(scenario())
