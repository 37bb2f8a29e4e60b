"""Bent packets at a line in a process of its own: `python -m tests.sip.fuzz --packets 20000 --seed 1` (`make fuzz`).

Two in five go to the SIP port by UDP, one by TCP, two to the ports of a call's RTP and RTCP. Every fifty packets the
line must answer OPTIONS; afterwards a normal call is taken, and memory and descriptors are as before.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from ivr_demo.softphone_process import SoftphoneProcess
from tests.sip.bent_packets import BentPackets
from tests.sip.raw_peer import HANGS_S, HOST, Answer, RawPeer, sdp

_ROUND = 50
_SETTLE_S = 120.0
_MEMORY_KB = 20_000


@dataclass(frozen=True)
class Footprint:
    """What a process holds: resident memory in KB, open descriptors."""

    memory_kb: int
    descriptors: int


@dataclass(frozen=True)
class Outcome:
    """`calls` is how many normal calls were taken in between."""

    sent: int
    calls: int
    before: Footprint
    after: Footprint

    @property
    def held(self) -> bool:
        """Whether the line holds no more afterwards than before, but for what its allocator keeps."""
        grown = self.after.memory_kb - self.before.memory_kb
        return grown < _MEMORY_KB and self.after.descriptors <= self.before.descriptors


class Fuzz:
    """One run. Raises when the line no longer answers; its process has ended then, or hangs."""

    def __init__(self, line: SoftphoneProcess, seed: int) -> None:
        self._line = line
        self._seed = seed
        self._port = int(line.uri.rpartition(":")[2].partition(";")[0])
        self._calls = 0
        self._caller: RawPeer | None = None
        self._media: tuple[int, int] = (0, 0)

    async def run(self, packets: int) -> Outcome:
        await self._normal_call()
        before = await self._calm(None)
        sent = 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as vandal:
            vandal.bind((HOST, 0))
            vandal.setblocking(False)
            own = vandal.getsockname()[1]
            datagrams = BentPackets(self._seed, line_port=self._port, answer_to=own)
            streams = BentPackets(self._seed + 1, line_port=self._port, answer_to=own, transport="TCP")
            try:
                while sent < packets:
                    dialog = await self._in_a_call()
                    for _ in range(_ROUND * 2 // 5):
                        vandal.sendto(datagrams.sip(dialog), (HOST, self._port))
                    await self._stream([streams.sip(dialog) for _ in range(_ROUND // 5)])
                    self._speak([datagrams.rtp() for _ in range(_ROUND * 2 // 5)])
                    sent += _ROUND
                    await self._still_there()
                    _empty(vandal)
            finally:
                await self._leave()
        await self._normal_call()
        return Outcome(sent, self._calls, before, await self._calm(before))

    async def _normal_call(self) -> None:
        async with RawPeer(self._port) as peer:
            async with asyncio.timeout(180):
                while (await _patient(peer, "INVITE")).status != 200:
                    # Places that bent calls have taken come back when their transactions are over.
                    await asyncio.sleep(0.5)
                    peer.call_id += "-"
            await peer.ack()
            assert (await _patient(peer, "BYE")).status == 200
        self._calls += 1

    async def _in_a_call(self) -> tuple[str, str, str] | None:
        """A call whose RTP ports and dialog are bent at; a new one when the last has been ended by that."""
        if self._caller is not None:
            if (await _patient(self._caller, "OPTIONS")).status == 200:
                return self._caller.call_id, self._caller.tag, self._caller.to_tag
            await self._leave()
        caller = RawPeer(self._port)
        answer = await _patient(caller, "INVITE")
        if answer.status != 200:
            await caller.__aexit__(None, None, None)
            return None
        await caller.ack()
        port = re.search(r"m=audio (\d+)", answer.body)
        assert port is not None
        self._caller, self._media = caller, (int(port.group(1)), int(port.group(1)) + 1)
        self._calls += 1
        return caller.call_id, caller.tag, caller.to_tag

    async def _leave(self) -> None:
        if self._caller is not None:
            await _patient(self._caller, "BYE")
            await self._caller.__aexit__(None, None, None)
            self._caller = None

    async def _stream(self, messages: list[bytes]) -> None:
        """Send messages on one connection, until the line has closed it."""
        async with RawPeer(self._port, tcp=True) as peer:
            with contextlib.suppress(OSError, TimeoutError):
                for message in messages:
                    async with asyncio.timeout(1):
                        await peer.send(message)

    def _speak(self, packets: list[bytes]) -> None:
        if self._caller is not None:
            for number, packet in enumerate(packets):
                with contextlib.suppress(OSError):
                    self._caller.media.sendto(packet, (HOST, self._media[number % 3 == 0]))

    async def _still_there(self) -> None:
        async with RawPeer(self._port) as peer:
            assert (await _patient(peer, "OPTIONS")).status == 200

    async def _calm(self, wanted: Footprint | None) -> Footprint:
        """Wait until what was begun is over: transactions, closed sockets; at most two minutes."""
        pid = self._line.pid
        found = _footprint(pid)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_S if wanted else 1.5):
                while wanted is None or found.descriptors > wanted.descriptors:
                    await asyncio.sleep(0.25)
                    found = _footprint(pid)
        return found


async def _patient(peer: RawPeer, method: str) -> Answer:
    """Ask until there is an answer: under fire a datagram may be lost."""
    request = peer.request(method, body=sdp(peer.media_port) if method == "INVITE" else "")
    for _ in range(round(HANGS_S / 0.5)):
        await peer.send(request)
        with contextlib.suppress(TimeoutError):
            answer = await peer.final(method, timeout_s=0.5)
            if method == "INVITE" and answer.status == 200:
                peer.enter(answer)
            elif method == "INVITE":
                await peer.acknowledge(answer)
            return answer
    raise AssertionError(f"the line no longer answers {method}")


def _footprint(pid: int) -> Footprint:
    status = Path(f"/proc/{pid}/status").read_text()
    memory = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert memory is not None
    return Footprint(int(memory.group(1)), len(list(Path(f"/proc/{pid}/fd").iterdir())))


def _empty(sock: socket.socket) -> None:
    with contextlib.suppress(BlockingIOError):
        while True:
            sock.recv(65536)


async def fuzz(packets: int, seed: int) -> Outcome:
    """Run against a fresh line that answers."""
    async with SoftphoneProcess("--auto-answer") as line:
        return await Fuzz(line, seed).run(packets)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sip.fuzz", description="Bent packets at a line of its own.")
    parser.add_argument("--packets", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=20261129)
    options = parser.parse_args()
    outcome = asyncio.run(fuzz(options.packets, options.seed))
    print(outcome)
    return 0 if outcome.held else 1


if __name__ == "__main__":
    sys.exit(main())
