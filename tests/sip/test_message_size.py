"""Messages that are cut, that are too long, or whose answers would be: refused early, and told in the log."""

from __future__ import annotations

import logging

import pytest

from ivr.services.ports.telephony import LegConfirmed, LegDisconnected
from tests.sip.raw_peer import HANGS_S, HOST, RawPeer, sdp
from tests.sip.rig import rigged, run
from tests.sip.test_requests import answering, told


def _routes(size: int) -> list[str]:
    """Record-Route headers of about so many bytes, all of this machine."""
    line = f"Record-Route: <sip:{'p' * 60}@{HOST};lr>"
    return [line] * (size // len(line))


def test_an_invite_that_was_cut_is_refused_and_is_never_a_call(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            body = sdp(peer.media_port)
            await peer.send(peer.request("INVITE", body=body[:60], length=len(body)))
            refusal = await peer.final("INVITE")
            assert refusal.status == 400
            await peer.acknowledge(refusal)
            assert not await rig.silent(0.2)

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "answered 400 (cut)" in caplog.text


def test_a_datagram_longer_than_the_buffer_is_refused_and_is_never_a_call(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            padding = [f"X-Padding-{number}: {'p' * 200}" for number in range(16)]
            invite = peer.request("INVITE", *padding, body=sdp(peer.media_port))
            invite += b"a=x:" + b"y" * (4200 - len(invite))
            await peer.send(invite)
            refusal = await peer.final("INVITE")
            assert refusal.status == 513
            await peer.acknowledge(refusal)
            assert not await rig.silent(0.2)

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "answered 513 (too-large)" in caplog.text


def test_line_ends_before_a_message_are_nothing_to_warn_of(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            await peer.send(b"\r\n\r\n")
            await peer.send(b"\r\n" * 40)
            await peer.send(b"\r\n\r\n" + peer.request("OPTIONS"))
            assert (await peer.final("OPTIONS")).status == 200

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert not caplog.records


def test_a_datagram_whose_head_is_cut_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            padding = [f"X-Padding-{number}: {'p' * 200}" for number in range(22)]
            await peer.send(peer.request("INVITE", *padding, body=sdp(peer.media_port)))
            refusal = await peer.final("INVITE")
            assert refusal.status == 513
            await peer.acknowledge(refusal)
            assert not await rig.silent(0.2)

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "INVITE from 127.0.0.1" in caplog.text


def test_an_offer_beyond_the_bounds_is_refused_at_first_and_in_a_call() -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port) as peer:
            much = sdp(peer.media_port, *(["m=image 0 udptl t38"] * 8))
            answer = await peer.invite(body=much)
            assert answer.status == 488
            assert not rig.seen
            peer.call_id += "-less"
            await peer.call()
            answer = await peer.ask("INVITE", body=much)
            assert answer.status == 488
            await peer.acknowledge(answer)
            assert (await peer.ask("UPDATE", body=much)).status == 488
            assert (await peer.ask("OPTIONS")).status == 200
            await peer.hang_up()

    run(scenario())


def test_a_cut_re_invite_is_refused_and_the_call_goes_on() -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port) as peer:
            await peer.call()
            body = sdp(peer.media_port)
            await peer.send(peer.request("INVITE", body=body[:60], length=len(body)))
            refusal = await peer.final("INVITE")
            assert refusal.status == 400
            await peer.acknowledge(refusal)
            await peer.hang_up()

    run(scenario())


@pytest.mark.parametrize("tcp", [False, True])
def test_a_call_whose_answer_would_not_fit_is_refused_before_it_rings(
    tcp: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port, tcp=tcp) as peer:
            answer = await peer.invite(*_routes(2900))
            assert answer.status == 513
            assert not rig.seen
            peer.call_id += "-shorter"
            answer = await peer.invite(*_routes(2000))
            assert answer.status == 200
            assert len(answer.text) < 3900
            await peer.ack()
            await peer.hang_up()

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "answer-too-large" in caplog.text


def test_routes_that_come_on_one_line_are_counted_as_they_will_be_written(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port) as peer:
            answer = await peer.invite("Record-Route: " + ",".join([f"<sip:{HOST};lr>"] * 115))
            assert answer.status == 513
            assert not rig.seen
            peer.call_id += "-shorter"
            assert (await peer.invite("Record-Route: " + ",".join([f"<sip:{HOST};lr>"] * 60))).status == 200
            await peer.ack()
            await peer.hang_up()

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "answer-too-large" in caplog.text


def test_a_placed_call_whose_acks_and_byes_would_not_fit_ends_with_a_report(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> str:
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            rig.line.place("out", f"sip:peer@{HOST}:{peer.port}", ring_timeout_s=HANGS_S)
            invite = await peer.receive()
            routes = "Record-Route: " + ",".join([f"<sip:{HOST}:{peer.port};lr>"] * 130)
            accepted = peer.reply(invite, 200, routes, body=sdp(peer.media_port))
            assert len(accepted) < 4000
            await peer.send(accepted)
            end = await rig.expect(LegDisconnected)
            assert (end.leg_id, end.was_confirmed) == ("out", False)
            assert not [event for event in rig.seen if isinstance(event, LegConfirmed)], "it was never up"
            await rig.all_free()
            return invite.header("Call-ID")

    with caplog.at_level(logging.WARNING):
        call_id = run(scenario())
    assert f"Call-ID {call_id}: body not read (56" in caplog.text
    assert "bytes in each request of ours" in caplog.text


def test_a_call_whose_party_moves_to_too_long_an_address_ends_with_a_report(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            rig.line.place("out", f"sip:peer@{HOST}:{peer.port}", ring_timeout_s=HANGS_S)
            await peer.send(peer.reply(await peer.receive(), 200, body=sdp(peer.media_port)))
            await rig.expect(LegConfirmed)
            rig.line.set_hold("out", held=True)
            while (again := await peer.receive()).method != "INVITE":
                pass
            moved = peer.reply(again, 200, body=sdp(peer.media_port))
            await peer.send(moved.replace(b"<sip:peer@", b"<sip:" + b"p" * 3300 + b"@"))
            end = await rig.expect(LegDisconnected)
            assert (end.was_confirmed, end.by_peer) == (True, False)

    with caplog.at_level(logging.WARNING):
        run(scenario())
    assert "bytes in each request of ours" in caplog.text


def test_a_bye_along_a_long_route_is_sent() -> None:
    async def scenario() -> None:
        async with answering() as rig, RawPeer(rig.line.port) as peer:
            routes = [line.replace(f"@{HOST};", f"@{HOST}:{peer.port};") for line in _routes(2000)]
            answer = await peer.invite(*routes)
            assert answer.status == 200
            await peer.ack()
            await told(rig, LegConfirmed)
            rig.line.hangup(rig.seen[0].leg_id)
            bye = await peer.next_request("BYE")
            assert len(bye.headers("Route")) == len(routes)
            await told(rig, LegDisconnected)

    run(scenario())
