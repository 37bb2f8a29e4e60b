"""What the SIP tests share: a line on loopback, sipp as its peer, tones and levels."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ivr.audio.wav import wav_bytes
from ivr.services.ports.telephony import ForeignRtp, IncomingCall, LegConfirmed, LegDisconnected, LineEvent
from ivr.sip.line import PjsuaLine
from ivr.sip.settings import SipSettings
from ivr_demo.softphone_process import SoftphoneProcess
from tests.ports import free_port
from tests.sip.raw_peer import HANGS_S

SCENARIOS = Path(__file__).parent / "scenarios"
#: A time-out of RTP that is longer than a busy machine makes a living peer wait, and a while that is longer.
RTP_TIMEOUT_S, LONGER_S = 2.0, 3.0
E = TypeVar("E", bound=LineEvent)
T = TypeVar("T")


def run(test: Coroutine[Any, Any, T], *, limit_s: float = 4 * HANGS_S) -> T:
    """Run one test's coroutine, bounded in time."""

    async def bounded() -> T:
        async with asyncio.timeout(limit_s):
            return await test

    return asyncio.run(bounded())


class Rig:
    """A line and the events it has told. `expect` passes over events of other kinds.

    A port of the system's choosing may be one to which somebody still sends who talked with whoever had it before:
    nothing is `seen` of that, unless it is expected.
    """

    def __init__(self, line: PjsuaLine) -> None:
        self.line = line
        self.seen: list[LineEvent] = []

    async def expect(self, kind: type[E], *, timeout_s: float = HANGS_S) -> E:
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    event = await self.next_event()
                    if isinstance(event, kind):
                        return event
        except TimeoutError:
            raise AssertionError(f"no {kind.__name__} in {timeout_s:g} s; seen: {self.seen}") from None

    async def next_event(self) -> LineEvent:
        event = await self.line.next_event()
        if not isinstance(event, ForeignRtp):
            self.seen.append(event)
        return event

    async def take_calls(self, count: int) -> list[str]:
        """Answer so many calls, in whatever order they come and are up; returns the ids of their legs."""
        up: list[str] = []
        async with asyncio.timeout(HANGS_S):
            while len(up) < count:
                event = await self.next_event()
                if isinstance(event, IncomingCall):
                    self.line.answer(event.leg_id)
                elif isinstance(event, LegConfirmed):
                    up.append(event.leg_id)
        return up

    async def take_call(self) -> LegConfirmed:
        """Answer the next call and wait until it is up."""
        call = await self.expect(IncomingCall)
        self.line.answer(call.leg_id)
        return await self.expect(LegConfirmed)

    async def all_free(self) -> None:
        """Wait until every slot has come back."""
        await until(lambda: self.line.free_legs == self.line.capacity, "every slot is free")

    async def silent(self, for_s: float) -> list[LineEvent]:
        """Return the events that come within a time, but packets of whoever talked with this port before us."""
        came: list[LineEvent] = []
        try:
            async with asyncio.timeout(for_s):
                while True:
                    event = await self.line.next_event()
                    came += [] if isinstance(event, ForeignRtp) else [event]
        except TimeoutError:
            return came

    async def hear(self, leg_id: str, for_s: float) -> tuple[bytes, bytes]:
        """Drain a leg: what waits, and `for_s` seconds of its own clock; return what it said and what it was sent."""
        frames = 0

        def enough(spoken: bytes, _: bytes, /) -> bool:
            nonlocal frames
            frames = frames or len(spoken)
            return len(spoken) - frames >= for_s * 16000

        return await self.hear_until(leg_id, enough)

    async def hear_until(self, leg_id: str, enough: Callable[[bytes, bytes], bool]) -> tuple[bytes, bytes]:
        """Drain a leg until what it said and what it was sent are `enough`; fails the test when that takes too long."""
        spoken, heard = b"", b""
        end = asyncio.get_running_loop().time() + HANGS_S
        while True:
            while audio := self.line.drain(leg_id):
                spoken += b"".join(audio.spoken)
                heard += b"".join(audio.sent)
            if enough(spoken, heard):
                return spoken, heard
            assert asyncio.get_running_loop().time() < end, f"not enough in {len(spoken) // 320} frames"
            await asyncio.sleep(0.05)


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait until something that can only be looked at has become true."""
    try:
        async with asyncio.timeout(HANGS_S):
            while not condition():  # noqa: ASYNC110 - slots, lists and descriptors tell nobody that they changed
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{what}: not in {HANGS_S:g} s") from None


@asynccontextmanager
async def rigged(**settings: Any) -> AsyncIterator[Rig]:
    """A line on a free port of 127.0.0.1; whatever happens, it is closed."""
    line = await PjsuaLine.open(SipSettings(**settings))
    try:
        yield Rig(line)
    finally:
        await line.close()


class Sipp:
    """One sipp process with a bounded number of calls and seconds. `port` is where it listens."""

    def __init__(
        self, scenario: str, folder: Path, *, to: int = 0, calls: int = 1, options: tuple[str, ...] = ()
    ) -> None:
        self._scenario = scenario
        self._folder = folder
        self._to = to
        self._calls = calls
        self._options = options
        self.port = free_port()
        self.media_port = free_port()
        self.process: asyncio.subprocess.Process | None = None

    @property
    def uri(self) -> str:
        return f"sip:callee@127.0.0.1:{self.port}"

    async def __aenter__(self) -> Sipp:
        arguments = ["-sf", str(SCENARIOS / f"{self._scenario}.xml"), "-i", "127.0.0.1", "-p", str(self.port)]
        arguments += ["-mp", str(self.media_port), "-m", str(self._calls), "-l", str(self._calls)]
        arguments += ["-timeout", f"{2 * HANGS_S:g}s", "-timeout_error", "-nostdin", "-trace_err", "-trace_msg"]
        arguments += self._options
        arguments += ["-error_file", str(self._folder / f"{self._scenario}.err")]
        arguments += ["-message_file", str(self._folder / f"{self._scenario}.msg")]
        if self._to:
            arguments.append(f"127.0.0.1:{self._to}")
        quiet = asyncio.subprocess.DEVNULL
        self.process = await asyncio.create_subprocess_exec(
            "sipp", *arguments, stdin=quiet, stdout=quiet, stderr=quiet, cwd=self._folder
        )
        if not self._to:
            await self._listening()
        return self

    async def _listening(self) -> None:
        """Wait until sipp owns its port: a second socket cannot be bound to it any more."""
        while True:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind(("127.0.0.1", self.port))
                except OSError:
                    return
            await asyncio.sleep(0.02)

    async def passed(self) -> None:
        """Wait for the end; fails the test when the scenario was not followed to the letter."""
        assert self.process is not None
        code = await self.process.wait()
        errors = self._folder / f"{self._scenario}.err"
        assert code == 0, f"sipp {self._scenario}: {code}\n" + (errors.read_text() if errors.exists() else "")

    async def __aexit__(self, *_: object) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def messages(self) -> str:
        """Every SIP message of the call, as sipp saw it."""
        return (self._folder / f"{self._scenario}.msg").read_text(errors="replace")


def tone_wav(folder: Path, seconds: float, frequency_hz: int, *, rate_hz: int = 8000) -> Path:
    path = folder / f"tone-{frequency_hz}-{seconds:g}-{rate_hz}.wav"
    at = np.arange(int(seconds * rate_hz)) / rate_hz
    path.write_bytes(wav_bytes((8000 * np.sin(2 * np.pi * frequency_hz * at)).astype(np.int16), rate_hz))
    return path


def level_at(pcm: bytes, frequency_hz: int, *, rate_hz: int = 8000) -> float:
    """Return the amplitude of one frequency in PCM16 audio; a tone of `tone_wav` throughout gives about 8000."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    if not samples.size:
        return 0.0
    wave_ = np.exp(-2j * np.pi * frequency_hz * np.arange(samples.size) / rate_hz)
    return float(2 * np.abs(samples @ wave_) / samples.size)


def tone_above_rest_db(pcm: bytes, frequency_hz: int, *, rate_hz: int = 8000) -> float:
    """Return how far a tone stands above all else in its frames (the median of those wholly inside it), in dB."""
    size = rate_hz // 25
    parts = [np.frombuffer(pcm[at : at + 2 * size], dtype="<i2") for at in range(0, len(pcm) - 2 * size + 1, 2 * size)]
    phase = 2 * np.pi * frequency_hz * np.arange(size) / rate_hz
    basis = np.stack([np.cos(phase), np.sin(phase)], axis=1)
    ratios = []
    for part in (part.astype(np.float64) for part in parts):
        tone = basis @ np.linalg.lstsq(basis, part, rcond=None)[0]
        if np.abs(tone).max() > 4000:
            ratios.append(10 * np.log10(np.square(tone).sum() / max(1.0, np.square(part - tone).sum())))
    return float(np.median(ratios)) if ratios else -np.inf


def frames_with_tone(pcm: bytes, frequency_hz: int) -> int:
    """Return how many 20 ms frames are mostly this tone."""
    return sum(level_at(pcm[at : at + 320], frequency_hz) > 4000 for at in range(0, len(pcm), 320))


def loudness(phone: SoftphoneProcess) -> list[float]:
    """What a softphone with `--tap` has reported of what it heard: full scale is 1."""
    return [float(str(report["rms"])) for report in phone.reports if report["event"] == "media"]


def ended(rig: Rig) -> list[LegDisconnected]:
    return [event for event in rig.seen if isinstance(event, LegDisconnected)]
