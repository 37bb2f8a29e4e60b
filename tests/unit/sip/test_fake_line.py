"""The fake line must behave like a line, or the tests built on it prove nothing."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from ivr.audio.wav import wav_bytes
from ivr.services.ports.telephony import (
    DigitPressed,
    IncomingCall,
    LegConfirmed,
    LegDisconnected,
    LegProgress,
    PromptEnded,
)
from tests.fakes.line import SILENCE, FakeLine, answers, busy, no_answer
from tests.fakes.virtual_time import run_virtual

TONE = b"\x10\x20" * 160


def virtually(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    def run(tmp_path: Path) -> None:
        run_virtual(test(tmp_path))

    run.__name__ = test.__name__
    return run


def _wav(folder: Path, frames: int) -> Path:
    path = folder / f"{frames}.wav"
    path.write_bytes(wav_bytes(TONE * frames))
    return path


async def _up(line: FakeLine, leg_id: str = "a") -> None:
    line.incoming(leg_id)
    assert isinstance(await line.next_event(), IncomingCall)
    line.answer(leg_id)
    assert isinstance(await line.next_event(), LegConfirmed)


@virtually
async def test_a_prompt_ends_after_its_length_and_was_heard_whole(tmp_path: Path) -> None:
    line = FakeLine()
    await _up(line)
    start = asyncio.get_running_loop().time()
    line.play("a", "p1", _wav(tmp_path, 500))
    ended = await line.next_event()
    assert ended == PromptEnded("a", "p1", True, 10_000, start + 10)
    audio = line.drain("a")
    assert audio is not None
    assert list(audio.sent).count(TONE) == 500
    assert set(audio.spoken) == {SILENCE}


@virtually
async def test_an_interrupted_prompt_tells_how_much_was_heard(tmp_path: Path) -> None:
    line = FakeLine()
    await _up(line)
    line.play("a", "p1", _wav(tmp_path, 500))
    await asyncio.sleep(2.005)
    line.stop_playing("a")
    ended = await line.next_event()
    assert isinstance(ended, PromptEnded)
    assert not ended.completed
    assert 1960 <= ended.heard_ms <= 2000


@virtually
async def test_the_last_event_of_a_leg_is_its_end_after_that_of_its_prompt(tmp_path: Path) -> None:
    line = FakeLine()
    await _up(line)
    line.play("a", "p1", _wav(tmp_path, 50), loop=True)
    await asyncio.sleep(3)
    line.press("a", "9")
    line.hangup("a")
    kinds = [type(await line.next_event()) for _ in range(3)]
    assert kinds == [DigitPressed, PromptEnded, LegDisconnected]
    assert line.free_legs == 4


@virtually
async def test_what_one_bridged_leg_says_the_other_hears(tmp_path: Path) -> None:
    line = FakeLine()
    await _up(line, "a")
    await _up(line, "b")
    line.bridge("a", "b")
    line.speak("a", [TONE] * 10)
    await asyncio.sleep(0.5)
    a, b = line.drain("a"), line.drain("b")
    assert a is not None
    assert b is not None
    assert list(a.spoken).count(TONE) == list(b.sent).count(TONE) == 10
    assert set(a.sent) == set(b.spoken) == {SILENCE}


@virtually
async def test_lost_frames_are_told_with_the_frames_that_follow(tmp_path: Path) -> None:
    line = FakeLine()
    await _up(line)
    await asyncio.sleep(0.2)
    line.lose("a", 5)
    await asyncio.sleep(0.3)
    before, after = line.drain("a"), line.drain("a")
    assert before is not None
    assert after is not None
    assert before.lost_before == 0
    assert after.lost_before == 5
    assert after.first_frame == before.first_frame + len(before.spoken) + 5


@virtually
async def test_dialled_parties_do_as_scripted(tmp_path: Path) -> None:
    line = FakeLine()
    line.parties = {"sip:yes": answers(2.0), "sip:busy": busy(), "sip:ring": no_answer()}
    start = asyncio.get_running_loop().time()
    for leg_id, uri in (("y", "sip:yes"), ("b", "sip:busy"), ("r", "sip:ring"), ("u", "sip:nobody")):
        line.place(leg_id, uri, ring_timeout_s=20)
    line.place("over", "sip:yes", ring_timeout_s=20)
    events = [await line.next_event() for _ in range(7)]
    ends = {event.leg_id: event.sip_status for event in events if isinstance(event, LegDisconnected)}
    assert ends == {"b": 486, "u": 503, "over": 503, "r": 408}
    assert {event.leg_id for event in events if isinstance(event, LegProgress)} == {"y", "r"}
    assert [event.at for event in events if isinstance(event, LegConfirmed)] == [pytest.approx(start + 2)]


@virtually
async def test_a_prompt_that_cannot_be_read_ends_at_once_unheard(tmp_path: Path) -> None:
    line = FakeLine()
    await _up(line)
    line.play("a", "p1", tmp_path / "absent.wav")
    ended = await line.next_event()
    assert isinstance(ended, PromptEnded)
    assert (ended.completed, ended.heard_ms) == (False, 0)
