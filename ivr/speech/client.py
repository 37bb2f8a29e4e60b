"""Port Ear over ZeroMQ: asks one or several ear processes, and says at once when there is no verdict to be had."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import zmq
import zmq.asyncio
from zmq.utils.monitor import parse_monitor_message

from ivr.domain.audio.channel import Channel
from ivr.domain.hearing.verdict import Verdict
from ivr.errors import SpeechError, SupersededError
from ivr.services.ports.hearing import Speech
from ivr.speech.server import check_endpoint
from ivr.speech.wire import (
    MAX_HEADER,
    Refusal,
    Reply,
    Request,
    WireError,
    decode_reply,
    encode_farewell,
    encode_question,
    encode_request,
)

_WORDS: dict[Refusal, tuple[str, str]] = {
    Refusal.OVERLOADED: ("the ear is overloaded", "add an ear process"),
    Refusal.STALE: ("a newer piece of the same speech replaced this one", ""),
    Refusal.LATE: ("no verdict before the deadline", "add an ear process"),
    Refusal.FAILED: ("the ear failed", "see the ear's metrics"),
    Refusal.MALFORMED: ("the ear did not understand", "do line and ear run the same version?"),
}
_GONE = "the ear is gone"
_HEARTBEAT_MS = 1000
_FAREWELL_S = 0.5


@dataclass
class _Peer:
    """One ear process, and what is asked of it."""

    endpoint: str
    socket: zmq.asyncio.Socket
    monitor: zmq.asyncio.Socket
    up: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: dict[str, asyncio.Future[Reply]] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None


class ZmqEar:
    """Port Ear. Connects on first use, on the running loop, and again whenever an ear is restarted.

    `patience_s` is how long an ear that is not there is waited for, within the deadline, before SpeechError.
    """

    def __init__(self, endpoints: Sequence[str], *, patience_s: float = 0.5) -> None:
        for endpoint in endpoints:
            check_endpoint(endpoint)
        self._endpoints = tuple(endpoints)
        self._patience_s = patience_s
        self._peers: list[_Peer] = []
        self._context: zmq.asyncio.Context | None = None
        self._ids = itertools.count(1)
        self._closed = False
        self._last: dict[tuple[str, Channel], _Peer] = {}

    async def judge(self, speech: Speech) -> Verdict:
        """Return the verdict. Raises SpeechError when the ear is overloaded, late, failed, or not there, and
        SupersededError when a newer piece of the same speech took this one's place."""
        request_id = str(next(self._ids))
        loop = asyncio.get_running_loop()
        end = loop.time() + speech.deadline_s
        peer = await self._choose(speech, min(self._patience_s, speech.deadline_s))
        left = end - loop.time()
        answer = await self._ask(peer, request_id, encode_request(Request(request_id, speech)), left)
        if isinstance(answer.result, Verdict):
            self._last[_channel(speech)] = peer
            return answer.result
        if isinstance(answer.result, Refusal):
            what, remedy = _WORDS[answer.result]
            if answer.result is Refusal.STALE:
                raise SupersededError(what, where=peer.endpoint)
            raise SpeechError(f"{what}: {answer.detail}" if answer.detail else what, where=peer.endpoint, remedy=remedy)
        raise SpeechError("the ear answered another question", where=peer.endpoint)

    async def forget(self, call_id: str) -> None:
        """Tell every ear that is there that a call is over; one that is not has forgotten already."""
        self._last = {key: peer for key, peer in self._last.items() if key[0] != call_id}
        for peer in [peer for peer in self._peers if peer.up.is_set()]:
            with contextlib.suppress(zmq.ZMQError, TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await peer.socket.send_multipart(encode_farewell(str(next(self._ids)), call_id))

    async def ready(self, timeout_s: float) -> bool:
        """True once an ear is connected; False when none is within `timeout_s`."""
        with contextlib.suppress(SpeechError):
            await self._wait_for_one(timeout_s)
            return True
        return False

    async def metrics(self, timeout_s: float = 2.0) -> dict[str, Mapping[str, float]]:
        """Return the counters of each ear that answers, by endpoint."""
        self._connect()
        found: dict[str, Mapping[str, float]] = {}
        for peer in [peer for peer in self._peers if peer.up.is_set()]:
            request_id = str(next(self._ids))
            with contextlib.suppress(SpeechError):
                answer = await self._ask(peer, request_id, encode_question(request_id), timeout_s)
                if isinstance(answer.result, Mapping):
                    found[peer.endpoint] = answer.result
        return found

    async def close(self) -> None:
        """Disconnect; whoever still waits gets SpeechError. May be called again."""
        self._closed = True
        peers, self._peers = self._peers, []
        self._last.clear()
        for peer in peers:
            _fail(peer, "the ear was closed")
            if peer.task is not None:
                peer.task.cancel()
                await asyncio.gather(peer.task, return_exceptions=True)
            peer.socket.disable_monitor()
            peer.monitor.close(linger=0)
            peer.socket.close(linger=0)
        if self._context is not None:
            self._context.destroy(linger=0)
            self._context = None

    # ---- asking

    async def _ask(self, peer: _Peer, request_id: str, frames: list[bytes], timeout_s: float) -> Reply:
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        peer.waiting[request_id] = future
        try:
            async with asyncio.timeout(max(0.0, timeout_s)):
                # A fresh connection may take a moment before it takes a message; one that goes fails the future.
                sending: asyncio.Future[Any] = asyncio.ensure_future(peer.socket.send_multipart(frames))
                try:
                    await asyncio.wait({sending, future}, return_when=asyncio.FIRST_COMPLETED)
                    if not future.done():
                        await sending
                finally:
                    sending.cancel()
                return await future
        except TimeoutError:
            raise SpeechError("no verdict before the deadline", where=peer.endpoint) from None
        except zmq.ZMQError:
            raise SpeechError(_GONE, where=peer.endpoint, remedy="is the ear process running?") from None
        finally:
            peer.waiting.pop(request_id, None)

    async def _choose(self, speech: Speech, patience_s: float) -> _Peer:
        """Keep a channel on one ear, where stale partials are recognised, unless another is clearly freer.

        In the middle of a number only the ear that heard its beginning knows what it is.
        """
        await self._wait_for_one(patience_s)
        last = self._last.get(_channel(speech))
        if speech.context.pending is not None and last is not None and last.up.is_set():
            return last
        key = f"{speech.call_id}/{speech.piece.channel.value}/"
        return min(
            (peer for peer in self._peers if peer.up.is_set()),
            key=lambda peer: (len(peer.waiting) // 2, hashlib.blake2b((key + peer.endpoint).encode()).digest()),
        )

    async def _wait_for_one(self, patience_s: float) -> None:
        self._connect()
        if any(peer.up.is_set() for peer in self._peers):
            return
        waits = [asyncio.ensure_future(peer.up.wait()) for peer in self._peers]
        try:
            done, _ = await asyncio.wait(waits, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if not done or not any(peer.up.is_set() for peer in self._peers):
            raise SpeechError(_GONE, where=", ".join(self._endpoints), remedy="is the ear process running?")

    # ---- connections

    def _connect(self) -> None:
        if self._closed:
            raise SpeechError("the ear was closed", where=", ".join(self._endpoints))
        if self._context is not None:
            return
        if not self._endpoints:
            raise SpeechError("no ear is configured", where="ear", remedy="name at least one endpoint")
        self._context = zmq.asyncio.Context()
        for endpoint in self._endpoints:
            socket = self._context.socket(zmq.DEALER)
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.MAXMSGSIZE, MAX_HEADER * 32)
            socket.setsockopt(zmq.RECONNECT_IVL, 50)
            socket.setsockopt(zmq.RECONNECT_IVL_MAX, 500)
            # A frozen ear keeps its connection: without heartbeats only the deadline would tell.
            socket.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
            socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 3 * _HEARTBEAT_MS)
            monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
            socket.connect(endpoint)
            peer = _Peer(endpoint, socket, monitor)
            peer.task = asyncio.create_task(_attend(peer), name=f"ear {endpoint}")
            self._peers.append(peer)


def _channel(speech: Speech) -> tuple[str, Channel]:
    return speech.call_id, speech.piece.channel


async def _attend(peer: _Peer) -> None:
    """Hand out answers, and know whether the ear is there: once it is gone, nothing more will be answered.

    One task does both, so that an answer given just before the ear went is never overtaken by its going.
    """
    poller = zmq.asyncio.Poller()
    poller.register(peer.socket, zmq.POLLIN)
    poller.register(peer.monitor, zmq.POLLIN)
    while True:
        await poller.poll()
        events = [parse_monitor_message(frames)["event"] for frames in await _waiting_on(peer.monitor)]
        for frames in await _waiting_on(peer.socket):
            _hand_out(peer, frames)
        for event in events:
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                peer.up.set()
            else:
                peer.up.clear()
                _fail(peer, _GONE)


async def _waiting_on(socket: zmq.asyncio.Socket) -> list[list[bytes]]:
    found: list[list[bytes]] = []
    with contextlib.suppress(zmq.Again):
        while True:
            found.append(await socket.recv_multipart(zmq.NOBLOCK))
    return found


def _hand_out(peer: _Peer, frames: list[bytes]) -> None:
    try:
        answer = decode_reply(frames)
    except WireError as error:
        answer = Reply(error.request_id, Refusal.MALFORMED)
    future = peer.waiting.get(answer.id)
    if future is not None and not future.done():
        future.set_result(answer)


def _fail(peer: _Peer, what: str) -> None:
    for future in peer.waiting.values():
        if not future.done():
            future.set_exception(SpeechError(what, where=peer.endpoint, remedy="is the ear process running?"))
