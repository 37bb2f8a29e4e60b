"""What every line keeps to: the one in memory that call-control tests use, and the real one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from ivr.services.ports.telephony import (
    DigitPressed,
    ForeignRtp,
    IncomingCall,
    LegConfirmed,
    LegDisconnected,
    LegProgress,
    Line,
    LineEvent,
    PromptEnded,
)
from ivr.sip.line import PjsuaLine
from ivr.sip.settings import SipSettings
from ivr_demo.softphone_process import SoftphoneProcess
from tests.fakes.line import FakeLine, answers, busy, no_answer
from tests.fakes.virtual_time import run_virtual
from tests.sip.raw_peer import HANGS_S
from tests.sip.rig import tone_wav

E = TypeVar("E", bound=LineEvent)


class FakeRig:
    """A caller and parties to be called, all in memory."""

    def __init__(self) -> None:
        self.line = FakeLine()
        self._calls = 0
        self.line.parties = {"sip:answers": answers(0.05), "sip:busy": busy(), "sip:rings": no_answer()}

    async def __aenter__(self) -> FakeRig:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.line.close()

    async def caller_calls(self) -> None:
        self._calls += 1
        self.line.incoming(f"leg{self._calls}")

    async def caller_presses(self, digits: str) -> None:
        self.line.press(f"leg{self._calls}", digits)

    async def caller_hangs_up(self) -> None:
        self.line.peer_hangs_up(f"leg{self._calls}")

    async def party(self, kind: str) -> str:
        return f"sip:{kind}"


class RealRig:
    """The same, with softphones in processes of their own on loopback."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._caller: SoftphoneProcess | None = None
        self.line: Line

    async def __aenter__(self) -> RealRig:
        line = await PjsuaLine.open(SipSettings())
        self._stack.push_async_callback(line.close)
        self.line = line
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def caller_calls(self) -> None:
        self._caller = await self._stack.enter_async_context(SoftphoneProcess())
        await self._caller.call(self.line.uri)

    async def caller_presses(self, digits: str) -> None:
        assert self._caller is not None
        await self._caller.press(digits)

    async def caller_hangs_up(self) -> None:
        assert self._caller is not None
        await self._caller.hangup()

    async def party(self, kind: str) -> str:
        option = {"answers": "--auto-answer", "busy": "--busy", "rings": "--ring-only"}[kind]
        return (await self._stack.enter_async_context(SoftphoneProcess(option))).uri


Rig = FakeRig | RealRig
Scenario = Callable[[Rig], Awaitable[None]]


@pytest.fixture(params=["fake", pytest.param("pjsua", marks=pytest.mark.sip)])
def played(request: pytest.FixtureRequest) -> Callable[[Scenario], None]:
    """Give a function that plays a scenario in one of the rigs."""

    async def play(scenario: Scenario) -> None:
        async with FakeRig() if request.param == "fake" else RealRig() as rig:
            await scenario(rig)

    def run(scenario: Scenario) -> None:
        if request.param == "fake":
            run_virtual(play(scenario))
        else:
            asyncio.run(asyncio.wait_for(play(scenario), 4 * HANGS_S))

    return run


async def _event(line: Line, *, within_s: float = HANGS_S) -> LineEvent:
    """Return the next event of the calls themselves.

    A port of the system's choosing may be one to which somebody still sends who talked with whoever had it before.
    """
    async with asyncio.timeout(within_s):
        while isinstance(event := await line.next_event(), ForeignRtp):
            pass
    return event


async def _next(line: Line, kind: type[E]) -> E:
    """Return the next event, which must be of this kind."""
    event = await _event(line)
    assert isinstance(event, kind), event
    return event


async def _up(rig: Rig) -> str:
    await rig.caller_calls()
    call = await _next(rig.line, IncomingCall)
    rig.line.answer(call.leg_id)
    up = await _next(rig.line, LegConfirmed)
    assert (up.leg_id, up.sip_call_id, up.codec) == (call.leg_id, call.sip_call_id, "PCMA/8000")
    assert up.at >= call.at
    return up.leg_id


Played = Callable[[Scenario], None]


def test_a_caller_who_hangs_up_ends_the_leg_with_200_and_normal_clearing(played: Played) -> None:
    async def scenario(rig: Rig) -> None:
        leg_id = await _up(rig)
        await rig.caller_hangs_up()
        end = await _next(rig.line, LegDisconnected)
        assert (end.leg_id, end.sip_status, end.hangup_cause) == (leg_id, 200, 16)
        assert (end.by_peer, end.was_confirmed) == (True, True)

    played(scenario)


def test_a_caller_who_gives_up_before_the_answer_ends_with_487(played: Played) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.caller_calls()
        await _next(rig.line, IncomingCall)
        await rig.caller_hangs_up()
        end = await _next(rig.line, LegDisconnected)
        assert (end.sip_status, end.by_peer, end.was_confirmed) == (487, True, False)

    played(scenario)


def test_a_rejected_call_carries_our_status(played: Played) -> None:
    async def scenario(rig: Rig) -> None:
        await rig.caller_calls()
        call = await _next(rig.line, IncomingCall)
        rig.line.reject(call.leg_id, 486)
        end = await _next(rig.line, LegDisconnected)
        assert (end.sip_status, end.hangup_cause, end.by_peer, end.was_confirmed) == (486, 17, False, False)

    played(scenario)


def test_a_prompt_played_to_its_end_says_so(played: Played, tmp_path: Path) -> None:
    async def scenario(rig: Rig) -> None:
        leg_id = await _up(rig)
        rig.line.play(leg_id, "p1", tone_wav(tmp_path, 0.3, 500))
        ended = await _next(rig.line, PromptEnded)
        assert (ended.leg_id, ended.play_id, ended.completed, ended.heard_ms) == (leg_id, "p1", True, 300)

    played(scenario)


def test_a_prompt_that_is_stopped_or_replaced_is_not_completed(played: Played, tmp_path: Path) -> None:
    async def scenario(rig: Rig) -> None:
        leg_id = await _up(rig)
        begun = asyncio.get_running_loop().time()
        rig.line.play(leg_id, "p1", tone_wav(tmp_path, 60.0, 500))
        await asyncio.sleep(0.4)
        rig.line.play(leg_id, "p2", tone_wav(tmp_path, 60.0, 500))
        await asyncio.sleep(0.4)
        rig.line.stop_playing(leg_id)
        rig.line.stop_playing(leg_id)
        heard_ms = 0
        for play_id in ("p1", "p2"):
            ended = await _next(rig.line, PromptEnded)
            assert (ended.play_id, ended.completed) == (play_id, False)
            assert ended.heard_ms >= 200
            heard_ms += ended.heard_ms
        # Each has its own time and no more, however late the commands came.
        assert heard_ms <= 1000 * (asyncio.get_running_loop().time() - begun)

    played(scenario)


def test_a_prompt_that_cannot_be_played_ends_at_once_unheard(played: Played, tmp_path: Path) -> None:
    async def scenario(rig: Rig) -> None:
        leg_id = await _up(rig)
        rig.line.play(leg_id, "p1", tmp_path / "absent.wav")
        ended = await _next(rig.line, PromptEnded)
        assert (ended.play_id, ended.completed, ended.heard_ms) == ("p1", False, 0)

    played(scenario)


def test_the_end_of_a_leg_is_its_last_event_and_commands_after_it_are_ignored(played: Played, tmp_path: Path) -> None:
    async def scenario(rig: Rig) -> None:
        leg_id = await _up(rig)
        rig.line.play(leg_id, "p1", tone_wav(tmp_path, 9.0, 500))
        await asyncio.sleep(0.2)
        rig.line.hangup(leg_id)
        rig.line.hangup(leg_id)
        assert not (await _next(rig.line, PromptEnded)).completed
        end = await _next(rig.line, LegDisconnected)
        assert (end.sip_status, end.by_peer, end.was_confirmed) == (200, False, True)
        rig.line.hangup(leg_id)
        rig.line.play(leg_id, "p2", tone_wav(tmp_path, 0.3, 500))
        rig.line.stop_playing(leg_id)
        rig.line.answer(leg_id)
        rig.line.bridge(leg_id, leg_id)
        with pytest.raises(TimeoutError):
            await _event(rig.line, within_s=0.5)

    played(scenario)


def test_a_digit_is_told(played: Played) -> None:
    async def scenario(rig: Rig) -> None:
        leg_id = await _up(rig)
        await rig.caller_presses("9")
        pressed = await _next(rig.line, DigitPressed)
        assert (pressed.leg_id, pressed.digit) == (leg_id, "9")
        assert "digit" not in repr(pressed)

    played(scenario)


def test_frames_begin_with_the_leg_and_follow_without_a_hole(played: Played) -> None:
    async def scenario(rig: Rig) -> None:
        leg_id = await _up(rig)
        assert rig.line.drain("no such leg") is None
        begun = asyncio.get_running_loop().time()
        frames = 0
        for _ in range(4):
            await asyncio.sleep(0.2)
            audio = rig.line.drain(leg_id)
            assert audio is not None
            assert (audio.first_frame, audio.lost_before, audio.rate_hz) == (frames, 0, 8000)
            assert len(audio.spoken) == len(audio.sent)
            assert {len(frame) for frame in (*audio.spoken, *audio.sent)} == {320}
            frames += len(audio.spoken)
        # 0.8 s or what a busy machine made of them, and what the leg had said before.
        assert 35 <= frames <= 8 + (asyncio.get_running_loop().time() - begun) / 0.02

    played(scenario)


def test_a_party_that_answers_is_progress_then_up(played: Played) -> None:
    async def scenario(rig: Rig) -> None:
        rig.line.place("out", await rig.party("answers"), ring_timeout_s=HANGS_S)
        assert (await _next(rig.line, LegProgress)).sip_status == 180
        assert (await _next(rig.line, LegConfirmed)).leg_id == "out"
        rig.line.hangup("out")
        assert not (await _next(rig.line, LegDisconnected)).by_peer

    played(scenario)


def test_a_busy_party_is_486_and_one_that_never_answers_408(played: Played) -> None:
    async def scenario(rig: Rig) -> None:
        rig.line.place("busy", await rig.party("busy"), ring_timeout_s=HANGS_S)
        event = await _event(rig.line)
        # Whether it rings first is the party's affair.
        end = await _next(rig.line, LegDisconnected) if isinstance(event, LegProgress) else event
        assert isinstance(end, LegDisconnected)
        assert (end.leg_id, end.sip_status, end.hangup_cause, end.by_peer) == ("busy", 486, 17, True)
        rig.line.place("rings", await rig.party("rings"), ring_timeout_s=0.5)
        assert (await _next(rig.line, LegProgress)).sip_status == 180
        end = await _next(rig.line, LegDisconnected)
        assert (end.leg_id, end.sip_status, end.hangup_cause, end.by_peer) == ("rings", 408, 102, False)

    played(scenario)


def test_bridged_legs_are_heard_by_each_other_on_the_tap(played: Played, tmp_path: Path) -> None:
    async def scenario(rig: Rig) -> None:
        a_leg = await _up(rig)
        rig.line.place("b", await rig.party("answers"), ring_timeout_s=HANGS_S)
        await _next(rig.line, LegProgress)
        await _next(rig.line, LegConfirmed)
        rig.line.bridge(a_leg, "b")
        await asyncio.sleep(0.3)
        rig.line.drain(a_leg)
        rig.line.drain("b")
        await asyncio.sleep(0.3)
        a, b = rig.line.drain(a_leg), rig.line.drain("b")
        assert a is not None
        assert b is not None
        assert set(a.sent[:10]) <= set(b.spoken)
        rig.line.hangup(a_leg)
        assert (await _next(rig.line, LegDisconnected)).leg_id == a_leg
        rig.line.hangup("b")
        assert (await _next(rig.line, LegDisconnected)).leg_id == "b"

    played(scenario)
