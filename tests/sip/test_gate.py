"""The gate fails closed: an unknown library opens no line, and what cannot be judged goes nowhere."""

from __future__ import annotations

import logging

import pytest

from ivr.errors import HostError
from ivr.sip import endpoint, pjsip_gate
from ivr.sip.line import PjsuaLine
from ivr.sip.message import Message
from ivr.sip.message_gate import Arrival, GateDecision, decide_request
from ivr.sip.pjsip_memory import Received
from ivr.sip.settings import SipSettings
from tests.sip.raw_peer import RawPeer, sdp
from tests.sip.rig import rigged, run


def test_a_library_whose_memory_lies_otherwise_opens_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def shifted(received: Received, address: int) -> tuple[bytes, tuple[str, int]]:
        return bytes(Received.packet.size), ("127.0.0.1", 1)

    monkeypatch.setattr(pjsip_gate, "read_packet", shifted)
    monkeypatch.setattr(endpoint, "_PROOF_TIMEOUT_S", 0.3)

    async def scenario() -> None:
        with pytest.raises(HostError, match="memory is not laid out as expected"):
            await PjsuaLine.open(SipSettings())

    run(scenario())
    monkeypatch.undo()

    async def afterwards() -> None:
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            assert (await peer.ask("OPTIONS")).status == 200

    run(afterwards())


def test_a_message_over_which_our_own_code_stumbles_is_dropped_and_the_line_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(request: Message, arrival: Arrival) -> GateDecision:
        if request.method == "INVITE":
            raise RuntimeError("a fault of ours")
        return decide_request(request, arrival)

    monkeypatch.setattr(pjsip_gate, "decide_request", stumble)

    async def scenario() -> None:
        async with rigged() as rig, RawPeer(rig.line.port) as peer:
            await peer.send(peer.request("INVITE", body=sdp(peer.media_port)))
            assert await peer.nothing()
            assert not await rig.silent(0.1)
            assert (await peer.ask("OPTIONS")).status == 200

    with caplog.at_level(logging.ERROR):
        run(scenario())
    assert "could not be judged and was dropped" in caplog.text


@pytest.mark.parametrize("settings", [{"udp": False}, {"tcp": False}])
def test_a_line_of_one_transport_has_its_gate_too(settings: dict[str, bool]) -> None:
    async def scenario() -> None:
        tcp = not settings.get("udp", True)
        async with rigged(**settings) as rig, RawPeer(rig.line.port, tcp=tcp) as peer:
            assert (await peer.ask("REFER", "Refer-To: <sip:a@127.0.0.1>")).status == 603
            assert (await peer.ask("OPTIONS")).status == 200

    run(scenario())
