"""One prompt at a time on a leg; what is urgent comes first; nobody waits for a leg that is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from ivr.audio.wav import wav_bytes
from ivr.domain.program.program import Prompt
from ivr.services.call.prompt_queue import PromptQueue
from ivr.services.ports.telephony import PromptEnded
from tests.fakes.exchange import frames
from tests.fakes.line import FakeLine
from tests.fakes.virtual_time import run_virtual

A, B, C, MUSIC = (Prompt(name, "1", name) for name in ("a", "b", "c", "music"))


class Studio:
    """The prompts of a leg that is up, with 1 s prompts."""

    def __init__(self, folder: Path) -> None:
        (folder / "p.wav").write_bytes(wav_bytes(bytes(16_000)))
        self.line = FakeLine()
        self.file = folder / "p.wav"
        self.queue = PromptQueue(self.line, "a", self.find)
        self.missing: set[str] = set()
        self.began: list[tuple[str, float]] = []

    def find(self, prompt: Prompt) -> Path:
        if prompt.id in self.missing:
            raise FileNotFoundError(prompt.id)
        return self.file

    def say(self, prompt: Prompt, *, urgent: bool = False) -> asyncio.Task[PromptEnded]:
        now = asyncio.get_running_loop().time
        return asyncio.create_task(
            self.queue.say(prompt, urgent=urgent, started=lambda: self.began.append((prompt.id, round(now(), 2))))
        )

    async def serve(self) -> None:
        while True:
            event = await self.line.next_event()
            if isinstance(event, PromptEnded):
                self.queue.prompt_ended(event)


def record(folder: Path, scene: Callable[[Studio], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        studio = Studio(folder)
        studio.line.incoming("a")
        studio.line.speak("a", frames(20))
        studio.line.answer("a")
        serving = asyncio.create_task(studio.serve())
        try:
            await scene(studio)
        finally:
            serving.cancel()

    run_virtual(whole(), limit_s=600)


def test_prompts_are_said_one_after_the_other(tmp_path: Path) -> None:
    async def scene(s: Studio) -> None:
        first, second = s.say(A), s.say(B)
        assert (await first).completed
        assert (await second).completed
        assert s.began == [("a", 0.0), ("b", 1.0)]
        assert s.queue.last_prompt is B
        assert s.queue.speaking is None

    record(tmp_path, scene)


def test_an_urgent_prompt_interrupts_and_passes_everything_that_waits(tmp_path: Path) -> None:
    async def scene(s: Studio) -> None:
        first, patient = s.say(A), s.say(B)
        await asyncio.sleep(0.5)
        urgent = s.say(C, urgent=True)
        assert not (await first).completed
        assert (await urgent).completed
        assert (await patient).completed
        assert s.began == [("a", 0.0), ("c", 0.5), ("b", 1.5)]

    record(tmp_path, scene)


def test_the_background_falls_silent_for_a_sentence_and_goes_on_after_it(tmp_path: Path) -> None:
    async def scene(s: Studio) -> None:
        s.queue.start_background(MUSIC)
        await asyncio.sleep(1)
        assert (await s.say(A, urgent=True)).completed
        loops = [command for command in s.line.commands if command[0] == "play" and command[4]]
        assert len(loops) == 2
        assert s.queue.speaking is None
        s.queue.stop_background()
        assert s.line.commands[-1] == ("stop_playing", "a")

    record(tmp_path, scene)


def test_a_leg_that_is_gone_frees_whoever_waits(tmp_path: Path) -> None:
    async def scene(s: Studio) -> None:
        waiting = [s.say(A), s.say(B), s.say(C)]
        await asyncio.sleep(0.5)
        s.queue.leg_gone(0.5)
        assert [ended.completed for ended in await asyncio.gather(*waiting)] == [False] * 3
        assert not (await s.say(A)).completed
        s.queue.start_background(MUSIC)
        assert not [command for command in s.line.commands if command[0] == "play" and command[4]]

    record(tmp_path, scene)


def test_a_say_that_is_cancelled_falls_silent_and_the_next_begins(tmp_path: Path) -> None:
    async def scene(s: Studio) -> None:
        first, waiting, last = s.say(A), s.say(B), s.say(C)
        await asyncio.sleep(0.5)
        waiting.cancel()
        first.cancel()
        assert (await last).completed
        assert s.began == [("a", 0.0), ("c", 0.5)]

    record(tmp_path, scene)


def test_a_prompt_without_a_file_raises_for_its_own_sayer_only(tmp_path: Path) -> None:
    async def scene(s: Studio) -> None:
        s.missing.add("b")
        first, second, third = s.say(A), s.say(B), s.say(C)
        assert (await first).completed
        with pytest.raises(FileNotFoundError):
            await second
        assert (await third).completed

    record(tmp_path, scene)


def test_an_end_that_comes_late_for_another_prompt_changes_nothing(tmp_path: Path) -> None:
    async def scene(s: Studio) -> None:
        saying = s.say(A)
        await asyncio.sleep(0.2)
        s.queue.prompt_ended(PromptEnded("a", "a/99", True, 1000, 0.2))
        assert s.queue.speaking is A
        assert (await saying).heard_ms == 1000

    record(tmp_path, scene)
