"""A whole exchange on virtual time: call control over the fakes, with the shipped programs and tiny prompts.

Every frame a party says carries its own number, so that a test can read in what was stored which frames were.
"""

from __future__ import annotations

import asyncio
import itertools
from array import array
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from ivr.audio.wav import wav_bytes
from ivr.domain.audio.channel import Channel
from ivr.domain.audio.frame import FRAME_MS
from ivr.domain.program.program import Program, Prompt
from ivr.services.call.context import LiveCall
from ivr.services.call.control import CallControl, Routes
from ivr.services.call.dependencies import Dependencies
from ivr.services.consent.objection_spool import Notebook
from ivr.services.hearing.channel_listener import ListeningSettings
from ivr.services.ports.evidence import CallRow
from ivr.services.ports.vault import RecordingRow
from ivr.services.vault.vault import Vault
from ivr.settings import Settings, default_config_dir, load_settings
from ivr.speech.dtmf_detector import GoertzelToneDetector
from ivr.speech.dtmf_reader import CleanDtmfReader
from tests.fakes.ear import FakeEar
from tests.fakes.line import FakeLine
from tests.fakes.runtime import InlineExecutor, ListFeed
from tests.fakes.shipped import DIGIT
from tests.fakes.vault import (
    FakeAuditLog,
    FakeCallLog,
    FakeCatalogue,
    FakeDoNotCall,
    FakeKeyRing,
    FakeSpool,
    FakeStore,
    TickingClock,
)
from tests.fakes.virtual_time import run_virtual

T = TypeVar("T")
CALLER = "sip:+33100000001@carrier.invalid"
AGENT = "sip:conseil@agents.invalid"
PROSPECT = "sip:+33100000002@carrier.invalid"
DISCLOSURE_MS = 2000
PROMPT_MS = 600
_SAMPLES = 160


@cache
def shipped() -> Settings:
    return load_settings(default_config_dir({}), {})


def frame(number: int, *, voiced: bool) -> bytes:
    """The `number`-th 20 ms of a party: its first sample tells the number, its second whether it is voice."""
    samples = array("h", bytes(2 * _SAMPLES))
    samples[0], samples[1] = number + 1, 1 if voiced else 0
    return samples.tobytes()


def frames(until_ms: int, speech: Iterable[tuple[int, int]] = ()) -> list[bytes]:
    """A party from the beginning of its media to `until_ms`, speaking during the spans of `speech`."""
    spans = tuple(speech)
    return [
        frame(n, voiced=any(start <= n * FRAME_MS < end for start, end in spans)) for n in range(until_ms // FRAME_MS)
    ]


def numbers(pcm: bytes, side: int, *, sides: int = 2) -> list[int]:
    """Which frames of one side (0 left, 1 right) stand in interleaved PCM, in order; -1 for silence is left out."""
    samples = array("h", pcm)
    found = (samples[at + side] - 1 for at in range(0, len(samples), sides * _SAMPLES))
    return [number for number in found if number >= 0]


class FlagDetector:
    """Port VoiceDetector: a frame is voice when it says so."""

    def is_voice(self, pcm: bytes) -> bool:
        return array("h", pcm)[1] != 0


class WitnessStore(FakeStore):
    """Remembers every byte that was ever written, also of what has been destroyed since."""

    def __init__(self, room: int | None = None) -> None:
        super().__init__(room)
        self.every: dict[str, bytearray] = {}
        self.fail_to_seal = False

    def open(self, recording_id: str, data_key: bytes | bytearray, *, codec: str, rate_hz: int, channels: int) -> Any:
        writer = super().open(recording_id, data_key, codec=codec, rate_hz=rate_hz, channels=channels)
        self.every[recording_id] = self.partials[recording_id].pcm
        if self.fail_to_seal:
            self.room_at_seal(writer)
        return writer

    def room_at_seal(self, writer: Any) -> None:
        whole = writer.seal

        def seal() -> object:
            self.room = 0
            return whole()

        writer.seal = seal


class WatchedFeed(ListFeed):
    """Events with the time they came at."""

    def publish(self, kind: str, *, call_id: str = "", **fields: object) -> None:
        at = asyncio.get_running_loop().time()
        super().publish(kind, call_id=call_id, **{"published_at": at, **fields})

    def kinds(self) -> list[object]:
        return [item["kind"] for item in self.events]


E = TypeVar("E", bound="Exchange")


@dataclass
class Exchange:
    """Made inside the running loop; `await x.over()` waits for the report of the first call."""

    folder: Path
    changes: dict[str, object] = field(default_factory=dict)
    ear: FakeEar = field(default_factory=FakeEar)
    line: FakeLine = field(default_factory=FakeLine)
    store: WitnessStore = field(default_factory=WitnessStore)
    catalogue: FakeCatalogue = field(default_factory=FakeCatalogue)
    call_log: FakeCallLog = field(default_factory=FakeCallLog)
    do_not_call: FakeDoNotCall = field(default_factory=FakeDoNotCall)
    spool: FakeSpool = field(default_factory=FakeSpool)
    notes: FakeSpool = field(default_factory=FakeSpool)
    durations_ms: dict[str, int] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = shipped()
        clock = TickingClock(on_loop=True)
        self.audit = FakeAuditLog()
        self.feed = WatchedFeed()
        self.programs = {
            name: replace(program, **{"objection_key": DIGIT, **self.changes})  # type: ignore[arg-type]
            for name, program in settings.programs.items()
        }
        ids = itertools.count(1)
        values: dict[str, Any] = {
            "node_id": "node-1",
            "line": self.line,
            "ear": self.ear,
            "new_detector": FlagDetector,
            "new_tone_detector": GoertzelToneDetector,
            "new_dtmf_reader": CleanDtmfReader,
            "vault": Vault(
                keys=FakeKeyRing(),
                store=self.store,
                catalogue=self.catalogue,
                audit=self.audit,
                clock=clock,
                node_id="node-1",
            ),
            "audit": self.audit,
            "call_log": self.call_log,
            "do_not_call": self.do_not_call,
            "clock": clock,
            "executor": InlineExecutor(),
            "notebook": Notebook(self.spool, InlineExecutor(), self.feed),
            "call_notes": Notebook(self.notes, InlineExecutor(), self.feed),
            "feed": self.feed,
            "new_id": lambda: f"id-{next(ids)}",
            "profile": settings.profile,
            "retention": settings.retention,
            "programs": self.programs,
            "prompts": settings.prompts,
            "prompt_file": self.prompt_file,
            "prompt_sha256": lambda prompt: "0" * 64,
            "codec": "opus",
            "listening": ListeningSettings(),
            "release": settings.release,
            **self.options,
        }
        self.deps = Dependencies(**values)
        self.control = CallControl(self.deps, Routes("hotline-quality"))
        self._serving = asyncio.create_task(self.control.run())

    # ---- what the tests say

    def ring(self, *speech: tuple[int, int], leg: str = "a", talk_ms: int = 120_000, from_uri: str = CALLER) -> None:
        """A caller rings, and speaks during these spans of the call's media."""
        self.line.incoming(leg, from_uri=from_uri)
        self.line.speak(leg, frames(talk_ms, speech))

    async def place(self, *speech: tuple[int, int], uri: str = PROSPECT, talk_ms: int = 120_000) -> LiveCall:
        """Call a prospect, who speaks during these spans."""
        call = await self.control.place(uri, "prospecting")
        self.line.speak(call.a_leg.id, frames(talk_ms, speech))
        return call

    async def agent_speaks(self, *speech: tuple[int, int], talk_ms: int = 120_000) -> str:
        """Once the agent is being called, give them these words (in their own media's time); return their leg."""
        await self.until("agent.calling")
        leg = self.call.b_leg
        assert leg is not None
        if leg.id in self.line._legs:
            self.line.speak(leg.id, frames(talk_ms, speech))
        return leg.id

    async def until(self, kind: str, count: int = 1, **fields: object) -> dict[str, object]:
        """Wait for the `count`-th event of a kind with these fields."""
        while True:
            found = [
                item for item in self.feed.of(kind) if all(item.get(key) == value for key, value in fields.items())
            ]
            if len(found) >= count:
                return found[count - 1]
            await asyncio.sleep(0.02)

    async def media(self, at_ms: int, leg: str = "a") -> None:
        """Wait until a leg's media has come to `at_ms`."""
        await self.until("leg.confirmed")
        begun = self.call.a_leg.answered_at
        assert begun is not None
        await asyncio.sleep(max(0.0, begun + at_ms / 1000 - asyncio.get_running_loop().time()))

    async def over(self, calls: int = 1) -> CallRow:
        """Wait for the reports of so many calls; return the first."""
        await self.until("call.reported", calls)
        await self.control.drained()
        return self.call_log.rows[0]

    async def close(self) -> None:
        await self.control.close()
        self._serving.cancel()
        await asyncio.gather(self._serving, return_exceptions=True)

    # ---- what the tests look at

    @property
    def call(self) -> LiveCall:
        """The first call; known from the moment it rings until it is reported."""
        if not hasattr(self, "_call"):
            self._call = next(iter(self.control._tasks.values())).call
        return self._call

    @property
    def recording(self) -> RecordingRow:
        """The only recording there is."""
        (recording_id,) = self.catalogue.rows
        return self.catalogue.get(recording_id)

    @property
    def written(self) -> list[int]:
        """Times (ms of the caller's media) of every frame of the caller that ever reached the store."""
        return sorted(n * FRAME_MS for pcm in self.store.every.values() for n in numbers(bytes(pcm), 0))

    @property
    def written_of_agent(self) -> list[int]:
        """Times (ms of the agent's own media) of every frame of the agent that ever reached the store."""
        return sorted(n * FRAME_MS for pcm in self.store.every.values() for n in numbers(bytes(pcm), 1))

    @property
    def said(self) -> list[str]:
        """Ids of the prompts that were said, in order."""
        return [str(item["prompt"]) for item in self.feed.of("prompt.started")]

    def commands(self, name: str) -> list[tuple[object, ...]]:
        return [command for command in self.line.commands if command[0] == name]

    def of_audit(self, kind: str) -> list[dict[str, object]]:
        return [dict(event.body) for event in self.audit.chain if event.kind == kind]

    def time_of(self, kind: str) -> float:
        return float(str(self.feed.of(kind)[0]["published_at"]))

    def prompt_file(self, prompt: Prompt) -> Path:
        path = self.folder / f"{prompt.id}.wav"
        if not path.exists():
            ms = self.durations_ms.get(prompt.id, DISCLOSURE_MS if "disclosure" in prompt.id else PROMPT_MS)
            path.write_bytes(wav_bytes(bytes(ms * 16)))
        return path


def play(
    folder: Path,
    scene: Callable[[E], Coroutine[Any, Any, T]],
    *,
    limit_s: float = 7200,
    kind: type[E] = Exchange,  # type: ignore[assignment]
    **made: Any,
) -> T:
    """Run a scene on an exchange of its own, on virtual time; nothing may be left running."""

    async def whole() -> T:
        exchange = kind(folder, **made)
        try:
            return await scene(exchange)
        finally:
            # A line that takes longer is killed.
            async with asyncio.timeout(60):
                await exchange.close()

    return run_virtual(whole(), limit_s=limit_s)


__all__ = ["AGENT", "CALLER", "PROSPECT", "Channel", "Exchange", "Program", "frames", "numbers", "play", "shipped"]
