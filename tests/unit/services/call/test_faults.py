"""Our own bugs: the caller is not left in silence, nothing unheard is stored, and the report is still written."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from ivr.domain.audio.channel import Channel
from ivr.domain.call.party import PartyRole
from ivr.domain.hearing.verdict import Band
from ivr.domain.recording.state import REPORTABLE
from ivr.services.call.doubt import Doubt
from ivr.services.call.flow import CallFlow
from ivr.services.call.media_pump import MediaPump
from ivr.services.call.objections import Objections
from ivr.services.call.session import CallSession
from tests.fakes.ear import objection
from tests.fakes.exchange import AGENT, Exchange, play
from tests.fakes.line import answers


def explodes(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("what was said")


def after(ms: int, method: Any) -> Any:
    """The method, until the call's media has come to `ms`; then it explodes."""

    def failing(self: Any, *args: Any, **kwargs: Any) -> Any:
        return explodes() if self._call.media_ms >= ms else method(self, *args, **kwargs)

    return failing


async def let_go_politely(x: Exchange) -> None:
    x.ring((4000, 5000), (8000, 9000))
    row = await x.over()
    assert row.ended_by in ("fault", "engine")
    assert x.said[-1] == "goodbye"
    assert x.feed.of("call.fault")[0]["what"] == "ZeroDivisionError"
    assert "what was said" not in str(x.feed.events)
    assert row.recording_state == "SEALED"
    assert x.recording.state in REPORTABLE
    assert x.control.active == 0


def test_a_pump_that_fails_ends_the_capture_and_lets_the_caller_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MediaPump, "_pump_caller", after(7000, MediaPump._pump_caller))

    async def scene(x: Exchange) -> None:
        await let_go_politely(x)
        assert max(x.written) < 7000
        assert len(x.feed.of("call.fault")) == 1

    play(tmp_path, scene)


def test_a_flow_that_fails_says_goodbye(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CallFlow, "_until_quiet", explodes)
    play(tmp_path, let_go_politely)


def test_a_verdict_that_we_fail_to_take_in_is_treated_as_if_it_had_forbidden_to_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Objections, "judged", explodes)

    async def scene(x: Exchange) -> None:
        await let_go_politely(x)
        assert max(x.written) < 5500
        assert [gap["cause"] for gap in x.recording.gaps] == ["fault"]

    play(tmp_path, scene)


def test_an_event_that_we_fail_to_handle_harms_its_own_call_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dtmf_pressed = Objections.dtmf_pressed

    def failing(self: Objections, role: PartyRole, digit: str) -> None:
        if digit == "7":
            explodes()
        dtmf_pressed(self, role, digit)

    monkeypatch.setattr(Objections, "dtmf_pressed", failing)

    async def scene(x: Exchange) -> None:
        x.ring()
        x.ring(leg="b")
        await x.media(5000)
        x.line.press("a", "7")
        await x.until("call.reported")
        await asyncio.sleep(1)
        assert x.call_log.rows[0].ended_by == "fault"
        assert x.control.active == 1
        x.line.peer_hangs_up("b")
        await x.over(2)
        assert [row.recording_state for row in x.call_log.rows] == ["SEALED", "SEALED"]

    play(tmp_path, scene)


def test_two_people_who_speak_with_each_other_are_not_cut_off_because_of_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MediaPump, "_pump_caller", after(9000, MediaPump._pump_caller))

    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers(1)
        x.ring((7000, 8000))
        await x.until("call.fault")
        await x.media(40_000)
        assert x.commands("unbridge") == []
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert (row.ended_by, row.recording_state) == ("caller", "SEALED")
        assert [gap["cause"] for gap in x.recording.gaps] == ["fault"]

    play(tmp_path, scene, changes={"agent_uri": AGENT})


@pytest.mark.parametrize("step", ["_follow", "_let_go", "_last_words", "_finish_recording"])
def test_whatever_step_of_a_call_fails_the_later_ones_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    real = getattr(CallSession, step)

    async def fails_at_its_end(self: CallSession) -> None:
        await real(self)
        explodes()

    monkeypatch.setattr(CallSession, step, fails_at_its_end)

    async def scene(x: Exchange) -> None:
        x.ring((4000, 5000))
        await x.media(8000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "SEALED"
        assert x.feed.of("call.fault")
        assert x.line.free_legs == x.line.capacity

    play(tmp_path, scene)


def test_a_far_end_that_never_confirms_our_bye_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.hangup = lambda leg_id: None  # type: ignore[method-assign]
        x.ring()
        await x.media(5000)
        closing = asyncio.create_task(x.control.close())
        row = await x.over()
        await closing
        assert (row.ended_by, row.disposition, row.sip_status) == ("shutdown", "FAILED", 500)
        assert row.recording_state == "SEALED"

    play(tmp_path, scene)


def test_an_event_for_a_leg_nobody_knows_is_nobodys(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.press("nobody", "9")
        await asyncio.sleep(1)
        assert x.feed.events == []

    play(tmp_path, scene)


@pytest.mark.parametrize(("owner", "method"), [(Doubt, "_until_judged"), (CallFlow, "_until_quiet")])
def test_a_fault_outside_the_pump_ends_the_capture_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, method: str
) -> None:
    monkeypatch.setattr(owner, method, explodes)

    async def scene(x: Exchange) -> None:
        x.ear.when_said(Channel.CALLER, 5000, 5500, objection(band=Band.DOUBT, score=0.5))
        x.ring(*([(5000, 6000)] if owner is Doubt else []))
        told = await x.until("call.fault")
        stopped = x.call.capture.stopped
        fault_ms = x.call.media_ms
        row = await x.over()
        assert (stopped, row.ended_by) == (True, "fault")
        assert told["what"] == "ZeroDivisionError"
        assert not [at for at in x.written if at > fault_ms]
        assert x.said[-1] == "goodbye" or owner is Doubt

    play(tmp_path, scene)
