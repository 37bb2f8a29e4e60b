"""What goes over the media path, between the line and softphones in processes of their own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.services.ports.telephony import DigitPressed, IncomingCall, LegConfirmed, LegDisconnected, LegHeld, PromptEnded
from ivr_demo.softphone_process import SoftphoneProcess
from tests.sip.raw_peer import HANGS_S
from tests.sip.rig import (
    LONGER_S,
    RTP_TIMEOUT_S,
    Rig,
    frames_with_tone,
    level_at,
    loudness,
    rigged,
    run,
    tone_wav,
    until,
)


async def _called_by(rig: Rig, phone: SoftphoneProcess) -> str:
    await phone.call(rig.line.uri)
    return (await rig.take_call()).leg_id


def test_a_prompt_is_heard_whole_and_told_to_the_frame(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess("--tap") as phone:
            leg_id = await _called_by(rig, phone)
            rig.line.play(leg_id, "p1", tone_wav(tmp_path, 1.0, 500))
            ended = await rig.expect(PromptEnded)
            assert (ended.play_id, ended.completed, ended.heard_ms) == ("p1", True, 1000)
            _, heard = await rig.hear(leg_id, 0.3)
            assert frames_with_tone(heard, 500) in (49, 50)
            await until(lambda: sum(level > 0.1 for level in loudness(phone)) >= 4, "the phone hears it")

    run(scenario())


def test_a_wideband_prompt_is_brought_to_the_clock(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess() as phone:
            leg_id = await _called_by(rig, phone)
            rig.line.play(leg_id, "p1", tone_wav(tmp_path, 0.5, 500, rate_hz=16000))
            assert (await rig.expect(PromptEnded)).heard_ms == 500
            _, heard = await rig.hear(leg_id, 0.2)
            assert 23 <= frames_with_tone(heard, 500) <= 25

    run(scenario())


def test_barge_in_tells_how_much_was_heard_and_the_next_prompt_plays(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess() as phone:
            leg_id = await _called_by(rig, phone)
            rig.line.play(leg_id, "long", tone_wav(tmp_path, 5.0, 500))
            _, heard = await rig.hear(leg_id, 0.6)
            rig.line.stop_playing(leg_id)
            ended = await rig.expect(PromptEnded)
            assert not ended.completed
            heard += (await rig.hear(leg_id, 0.2))[1]
            assert ended.heard_ms == pytest.approx(frames_with_tone(heard, 500) * 20, abs=40)
            rig.line.play(leg_id, "loop", tone_wav(tmp_path, 0.1, 500), loop=True)
            await rig.hear(leg_id, 0.4)
            rig.line.play(leg_id, "next", tone_wav(tmp_path, 0.2, 700))
            looped, following = await rig.expect(PromptEnded), await rig.expect(PromptEnded)
            assert (looped.play_id, looped.completed) == ("loop", False)
            assert 300 <= looped.heard_ms <= 800
            assert (following.play_id, following.completed, following.heard_ms) == ("next", True, 200)

    run(scenario())


@pytest.mark.parametrize("content", [None, b"", b"RIFF", b"\0" * 44])
def test_a_prompt_that_cannot_be_played_never_leaves_a_silence_untold(tmp_path: Path, content: bytes | None) -> None:
    prompt = tmp_path / "prompt.wav"
    if content is not None:
        prompt.write_bytes(content)

    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess() as phone:
            leg_id = await _called_by(rig, phone)
            rig.line.play(leg_id, "p1", prompt)
            ended = await rig.expect(PromptEnded)
            assert (ended.completed, ended.heard_ms) == (False, 0)

    run(scenario())


def test_a_prompt_cut_by_a_hangup_ends_before_the_leg(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess() as phone:
            leg_id = await _called_by(rig, phone)
            rig.line.play(leg_id, "p1", tone_wav(tmp_path, 60.0, 500))
            _, heard = await rig.hear_until(leg_id, lambda _, heard: frames_with_tone(heard, 500) >= 20)
            await phone.hangup()
            ended = await rig.expect(PromptEnded)
            assert not ended.completed
            while audio := rig.line.drain(leg_id):
                heard += b"".join(audio.sent)
            assert ended.heard_ms == pytest.approx(frames_with_tone(heard, 500) * 20, abs=60)
            assert (await rig.expect(LegDisconnected)).by_peer
            rig.line.play(leg_id, "late", tone_wav(tmp_path, 5.0, 500))
            assert not await rig.silent(0.2)

    run(scenario())


def test_a_prompt_waits_while_the_party_holds(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess() as phone:
            leg_id = await _called_by(rig, phone)
            rig.line.play(leg_id, "p1", tone_wav(tmp_path, 2.5, 500))
            await phone.hold()
            held = await rig.expect(LegHeld)
            assert held.held
            assert not [event for event in await rig.silent(2.7) if isinstance(event, PromptEnded)]
            await phone.unhold()
            back = await rig.expect(LegHeld)
            assert not back.held
            ended = await rig.expect(PromptEnded)
            assert (ended.completed, ended.heard_ms) == (True, 2500)
            assert ended.at > back.at

    run(scenario())


def test_bridged_legs_hear_each_other_and_nothing_after(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess("--tap") as caller, SoftphoneProcess("--auto-answer") as agent:
            a_leg = await _called_by(rig, caller)
            rig.line.place("agent", agent.uri, ring_timeout_s=HANGS_S)
            b_leg = (await rig.expect(LegConfirmed)).leg_id
            rig.line.bridge(a_leg, b_leg)
            await agent.speak(tone_wav(tmp_path, 0.8, 500))
            await caller.speak(tone_wav(tmp_path, 0.8, 800))
            await agent.expect("spoke")
            await caller.expect("spoke")
            a_said, a_heard = await rig.hear(a_leg, 0.3)
            b_said, b_heard = await rig.hear(b_leg, 0.05)
            for tape, tone in ((a_said, 800), (b_heard, 800), (a_heard, 500), (b_said, 500)):
                assert 30 <= frames_with_tone(tape, tone) <= 44
            assert frames_with_tone(a_heard, 800) == frames_with_tone(b_heard, 500) == 0
            await until(lambda: max(loudness(caller)) > 0.1, "the caller hears the agent, not only the tap does")
            rig.line.unbridge(a_leg, b_leg)
            await agent.speak(tone_wav(tmp_path, 0.4, 600))
            await agent.expect("spoke")
            _, a_heard = await rig.hear(a_leg, 0.3)
            assert frames_with_tone(a_heard, 600) == 0
            rig.line.bridge(a_leg, b_leg)
            await agent.hangup()
            assert (await rig.expect(LegDisconnected)).leg_id == b_leg
            await caller.hangup()
            assert (await rig.expect(LegDisconnected)).leg_id == a_leg

    run(scenario())


def test_what_the_taps_hear_of_a_bridge_is_aligned(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess() as caller, SoftphoneProcess("--auto-answer") as agent:
            a_leg = await _called_by(rig, caller)
            rig.line.place("agent", agent.uri, ring_timeout_s=HANGS_S)
            b_leg = (await rig.expect(LegConfirmed)).leg_id
            rig.line.bridge(a_leg, b_leg)
            rig.line.play(a_leg, "p1", tone_wav(tmp_path, 0.1, 700), loop=True)
            await agent.speak(tone_wav(tmp_path, 0.6, 500))
            await agent.expect("spoke")
            _, a_heard = await rig.hear(a_leg, 0.3)
            b_said, _ = await rig.hear(b_leg, 0.05)
            both = [
                at
                for at in range(0, len(a_heard) - 320, 320)
                if level_at(a_heard[at : at + 320], 700) > 4000 and level_at(a_heard[at : at + 320], 500) > 4000
            ]
            assert len(both) > 15, "prompt and agent are mixed in what the caller hears"
            assert frames_with_tone(b_said, 500) == pytest.approx(frames_with_tone(a_heard, 500), abs=1)

    run(scenario())


def test_an_undrained_leg_loses_frames_and_says_how_many() -> None:
    async def scenario() -> None:
        async with rigged(queue_s=0.4) as rig, SoftphoneProcess() as phone:
            leg_id = await _called_by(rig, phone)
            await asyncio.sleep(1.2)
            first = rig.line.drain(leg_id)
            await asyncio.sleep(0.2)
            second = rig.line.drain(leg_id)
            assert first is not None
            assert second is not None
            assert (first.first_frame, len(first.spoken), first.lost_before) == (0, 20, 0)
            assert second.lost_before > 0
            assert second.first_frame == 20 + second.lost_before

    run(scenario())


def test_a_line_on_all_addresses_and_a_phone_on_one_hear_each_other(tmp_path: Path) -> None:
    """The line's packets come from another address than its SDP names: the system chooses it by the way they take."""

    async def scenario() -> None:
        async with rigged(bind="0.0.0.0") as rig, SoftphoneProcess("--tap") as phone:
            await phone.call(f"sip:ivr@127.0.0.1:{rig.line.port}")
            leg_id = (await rig.take_call()).leg_id
            await phone.speak(tone_wav(tmp_path, 20.0, 500))
            rig.line.play(leg_id, "p1", tone_wav(tmp_path, 20.0, 700))
            await rig.hear_until(leg_id, lambda spoken, _: frames_with_tone(spoken, 500) >= 20)
            await until(lambda: max(loudness(phone), default=0) > 0.1, "the phone hears the prompt")

    run(scenario())


@pytest.mark.parametrize("codec", ["PCMA", "PCMU", "G722"])
def test_each_codec_carries_speech_both_ways(tmp_path: Path, codec: str) -> None:
    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess("--tap", "--codecs", codec) as phone:
            await phone.call(rig.line.uri)
            up = await rig.take_call()
            assert up.codec.startswith(codec)
            await phone.speak(tone_wav(tmp_path, 20.0, 500))
            rig.line.play(up.leg_id, "p1", tone_wav(tmp_path, 20.0, 700))
            await rig.hear_until(up.leg_id, lambda spoken, _: frames_with_tone(spoken, 500) >= 20)
            await until(lambda: max(loudness(phone), default=0) > 0.1, "the phone hears the prompt")

    run(scenario())


def test_a_wideband_clock_gives_wideband_frames(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged(clock_hz=16000) as rig, SoftphoneProcess("--codecs", "G722") as phone:
            leg_id = await _called_by(rig, phone)
            rig.line.play(leg_id, "p1", tone_wav(tmp_path, 0.5, 500))
            assert (await rig.expect(PromptEnded)).heard_ms == 500
            audio = rig.line.drain(leg_id)
            assert audio is not None
            assert audio.rate_hz == 16000
            assert {len(frame) for frame in (*audio.spoken, *audio.sent)} == {640}
            begin = next(at for at, frame in enumerate(audio.sent) if any(frame)) + 1
            tone = b"".join(audio.sent[begin : begin + 20])
            assert level_at(tone, 500, rate_hz=16000) == pytest.approx(8000, rel=0.05)

    run(scenario())


def test_a_party_that_we_hold_is_not_taken_for_gone() -> None:
    async def scenario() -> None:
        async with rigged(rtp_timeout_s=RTP_TIMEOUT_S) as rig, SoftphoneProcess() as phone:
            leg_id = await _called_by(rig, phone)
            rig.line.set_hold(leg_id, held=True)
            await phone.expect("held")
            assert not await rig.silent(LONGER_S)
            rig.line.set_hold(leg_id, held=False)
            await phone.expect("unheld")
            assert not await rig.silent(LONGER_S)

    run(scenario())


def test_no_common_codec_is_refused_with_488() -> None:
    async def scenario() -> None:
        async with rigged(codecs=("PCMA",)) as rig, SoftphoneProcess("--codecs", "GSM") as phone:
            await phone.call(rig.line.uri)
            gone = await phone.expect("disconnected")
            assert gone["status"] == 488
            await rig.all_free()

    run(scenario())


@pytest.mark.parametrize(
    ("ours", "theirs"), [("optional", "mandatory"), ("mandatory", "mandatory"), ("optional", "off")]
)
def test_srtp_is_agreed_where_both_sides_can(tmp_path: Path, ours: str, theirs: str) -> None:
    async def scenario() -> None:
        async with rigged(srtp=ours) as rig, SoftphoneProcess("--srtp", theirs) as phone:
            leg_id = await _called_by(rig, phone)
            await phone.speak(tone_wav(tmp_path, 20.0, 500))
            await rig.hear_until(leg_id, lambda spoken, _: frames_with_tone(spoken, 500) >= 20)

    run(scenario())


def test_srtp_that_only_one_side_demands_is_refused() -> None:
    async def scenario() -> None:
        async with rigged(srtp="mandatory") as rig, SoftphoneProcess("--srtp", "off") as phone:
            await phone.call(rig.line.uri)
            gone = await phone.expect("disconnected")
            assert int(str(gone["status"])) in (406, 488)

    run(scenario())


@pytest.mark.parametrize("via", ["rfc4733", "info"])
def test_digits_of_a_softphone_arrive_in_order(via: str) -> None:
    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess() as phone:
            await _called_by(rig, phone)
            await phone.press("19*#", via=via)
            digits = [(await rig.expect(DigitPressed)).digit for _ in range(4)]
            assert "".join(digits) == "19*#"

    run(scenario())


def test_a_party_whose_rtp_stops_is_hung_up_but_not_one_on_hold(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged(rtp_timeout_s=RTP_TIMEOUT_S) as rig, SoftphoneProcess() as phone:
            await _called_by(rig, phone)
            assert not await rig.silent(LONGER_S)
            await phone.hold()
            assert (await rig.expect(LegHeld)).held
            assert not await rig.silent(LONGER_S)
            await phone.unhold()
            assert not (await rig.expect(LegHeld)).held
            assert not await rig.silent(LONGER_S)
            phone.freeze()
            end = await rig.expect(LegDisconnected)
            assert (end.hangup_cause, end.by_peer) == (102, False)
            phone.kill()

    run(scenario())


def test_the_softphone_is_busy_declines_or_rings_as_told() -> None:
    async def scenario() -> None:
        async with rigged() as rig:
            for option, status, ring_s in (
                ("--busy", 486, HANGS_S),
                ("--decline", 603, HANGS_S),
                ("--ring-only", 408, 0.6),
            ):
                async with SoftphoneProcess(option) as phone:
                    rig.line.place(option, phone.uri, ring_timeout_s=ring_s)
                    end = await rig.expect(LegDisconnected)
                    assert (end.leg_id, end.sip_status) == (option, status)
                    assert await phone.close() == 0

    run(scenario())


def test_a_softphone_over_tcp_calls_the_line(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess("--tcp") as phone:
            await phone.call(rig.line.uri + ";transport=tcp")
            up = await rig.take_call()
            rig.line.hangup(up.leg_id)
            assert (await phone.expect("disconnected"))["by_peer"]

    run(scenario())


def test_a_call_that_is_not_answered_yet_can_have_its_prompt_ready(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with rigged() as rig, SoftphoneProcess() as phone:
            await phone.call(rig.line.uri)
            call = await rig.expect(IncomingCall)
            rig.line.play(call.leg_id, "p1", tone_wav(tmp_path, 0.3, 500))
            assert not await rig.silent(0.5)
            rig.line.answer(call.leg_id)
            await rig.expect(LegConfirmed)
            ended = await rig.expect(PromptEnded)
            assert (ended.completed, ended.heard_ms) == (True, 300)

    run(scenario())
