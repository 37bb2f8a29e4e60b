"""What a provider may do to the console over a real socket: be slow, drip, send too much, lead elsewhere, be gone."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from ivr.openid.exchange import Answer, Asking, Exchange, TooMany
from ivr.services.ports.openid import ProviderAway
from tests.ports import free_port

#: What one exchange may take in these tests, and what none may take on a busy machine.
TIMEOUT_S, HANGS_S = 1.0, 20.0
_OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@contextmanager
def answering(*parts: bytes, dripped: bytes = b"", stop: threading.Event | None = None) -> Iterator[str]:
    """A server that sends these bytes to whoever asks, then `dripped` ten times a second until it is left alone."""
    over = stop or threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            while True:
                try:
                    peer = listening.accept()[0]
                except OSError:
                    return
                with peer:
                    try:
                        peer.recv(65536)
                        for part in parts:
                            peer.sendall(part)
                        while dripped and not over.wait(0.1):
                            peer.sendall(dripped)
                    except OSError:
                        continue

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)
            serving.join(HANGS_S)
            assert not serving.is_alive()


def get(url: str, exchange: Exchange | None = None) -> Answer:
    async def asking(asked: Asking) -> Answer:
        return await asked.get(url)

    return (exchange or Exchange(timeout_s=TIMEOUT_S)).run(url, asking)


def test_an_answer_is_read_whole() -> None:
    with answering(_OK + b"content-length: 2\r\n\r\n", b"{}") as url:
        assert get(url) == Answer(200, b"{}")


@pytest.mark.parametrize(
    ("parts", "dripped"),
    [
        ((), b" "),
        ((b"HTTP/1.1 200 OK\r\n",), b"x: y\r\n"),
        ((b"HTTP/1.1 200 OK\r\nx: ",), b"y"),
        ((_OK + b"content-length: 100000\r\n\r\n",), b" "),
        ((_OK + b"transfer-encoding: chunked\r\n\r\n",), b"1\r\n \r\n"),
    ],
    ids=["nothing", "headers", "one header", "body", "chunks"],
)
def test_a_provider_that_takes_its_time_is_left_after_a_while_in_all(parts: tuple[bytes, ...], dripped: bytes) -> None:
    with answering(*parts, dripped=dripped) as url:
        began = time.monotonic()
        with pytest.raises(ProviderAway):
            get(url)
        assert time.monotonic() - began < HANGS_S


def test_an_answer_that_never_ends_is_cut() -> None:
    with (
        answering(_OK + b"transfer-encoding: chunked\r\n\r\n", *[b"10000\r\n" + b" " * 65536 + b"\r\n"] * 20) as url,
        pytest.raises(ProviderAway, match="too large"),
    ):
        get(url, Exchange(timeout_s=HANGS_S))


def test_an_answer_that_leads_elsewhere_is_not_followed() -> None:
    with (
        answering(_OK + b"content-length: 2\r\n\r\n", b"{}") as elsewhere,
        answering(f"HTTP/1.1 307 x\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n".encode()) as url,
    ):
        assert get(url) == Answer(307, b"")


@pytest.mark.parametrize("answer", [b"\x16\x03\x01\x00\x00", b"HTTP/9 no\r\n\r\n", b"\0" * 2000])
def test_what_is_no_http_is_told(answer: bytes) -> None:
    with answering(answer) as url, pytest.raises(ProviderAway, match="does not answer"):
        get(url)


def test_nobody_there_is_told() -> None:
    with pytest.raises(ProviderAway, match="does not answer"):
        get(f"http://127.0.0.1:{free_port()}/x")


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(_OK + b"content-length: 2\r\n\r\n", b"{}") as url:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
        assert get(url).status == 200


def test_whoever_comes_while_three_are_asking_is_told_at_once() -> None:
    exchange = Exchange(timeout_s=HANGS_S)
    held, over = threading.Semaphore(0), threading.Event()

    async def holding(_: Asking) -> None:
        held.release()
        over.wait(HANGS_S)

    waiting = [threading.Thread(target=exchange.run, args=("there", holding)) for _ in range(3)]
    for one in waiting:
        one.start()
    assert all(held.acquire(timeout=HANGS_S) for _ in waiting)
    try:
        with pytest.raises(TooMany):
            get("http://127.0.0.1:1/", exchange)
    finally:
        over.set()
        for one in waiting:
            one.join()
    with answering(_OK + b"content-length: 2\r\n\r\n", b"{}") as url:
        assert get(url, exchange).status == 200
