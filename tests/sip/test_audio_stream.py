"""The stream of a leg with the library's sockets in the test's hands."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from ivr.sip import audio_stream
from ivr.sip.audio_stream import AudioStream
from ivr.sip.media_sockets import MediaSockets
from ivr.sip.settings import SipSettings

HOST = "127.0.0.1"


class Library:
    """Stands for the library: a pair of sockets per call, which may be made anew, and statistics without life."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.renew()

    def renew(self) -> None:
        self.rtp, self.rtcp = (_bound(self._stack) for _ in range(2))

    def media_sockets(self, _call_id: int, _index: int) -> MediaSockets:
        return MediaSockets(self.rtp.fileno(), self.rtcp.fileno(), None)

    def getId(self) -> int:  # noqa: N802 - the binding's name
        return 0

    def getStreamStat(self, _index: int) -> Any:  # noqa: N802
        rtcp = SimpleNamespace(rxStat=SimpleNamespace(pkt=0), txStat=SimpleNamespace(updateCount=0))
        return SimpleNamespace(rtcp=rtcp, jbuf=SimpleNamespace(size=0))


def _bound(stack: ExitStack) -> socket.socket:
    one = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    one.bind((HOST, 0))
    one.setblocking(False)
    return one


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    with ExitStack() as stack:
        one = Library(stack)
        monkeypatch.setattr(audio_stream, "media_sockets", one.media_sockets)
        yield one


def agreed(party: socket.socket) -> Any:
    host, port = party.getsockname()
    return SimpleNamespace(
        audCodecParam=SimpleNamespace(info=SimpleNamespace(frameLen=10)),
        audRxEventPt=101,
        codecName="PCMA",
        codecClockRate=8000,
        remoteRtpAddress=f"{host}:{port}",
        remoteRtcpAddress=f"{host}:{port + 1}",
    )


def test_sockets_that_the_library_makes_anew_are_locked_again(library: Library) -> None:
    """It does so when a socket fails."""
    with ExitStack() as stack:
        party, stranger = _bound(stack), _bound(stack)
        stream = AudioStream("leg", SipSettings())
        stream.starting(0, 0, agreed(party))
        stream.started(1)
        library.renew()
        stream.look(library, 1.0)
        stranger.sendto(b"stranger", library.rtp.getsockname())
        party.sendto(b"party", library.rtp.getsockname())
        assert library.rtp.recv(100) == b"party"
        assert stream.look(library, 2.0).foreign == 1
        assert not stream.unfit


def test_strangers_are_told_at_once_and_then_seldom(library: Library) -> None:
    with ExitStack() as stack:
        party, stranger = _bound(stack), _bound(stack)
        stream = AudioStream("leg", SipSettings())
        stream.starting(0, 0, agreed(party))
        stream.started(1)
        told = []
        for second in range(25):
            stranger.sendto(b"stranger", library.rtp.getsockname())
            told.append(stream.look(library, float(second)).foreign)
        assert [(second, count) for second, count in enumerate(told) if count] == [(0, 1), (10, 10), (20, 10)]


def test_a_party_whose_address_is_none_of_ipv4_makes_the_leg_unfit(library: Library) -> None:
    with ExitStack() as stack:
        info = agreed(_bound(stack))
        info.remoteRtpAddress = "[::1]:4000"
        stream = AudioStream("leg", SipSettings())
        stream.starting(0, 0, info)
        assert stream.unfit
