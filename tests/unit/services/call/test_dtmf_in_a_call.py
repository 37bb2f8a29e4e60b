"""DTMF digits in a call: nothing that was stored, logged or reported tells which were pressed."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from ivr.domain.audio.channel import Channel
from ivr.domain.audio.frame import FRAME_BYTES
from ivr.domain.audio.spans import Mask
from ivr.domain.recording.dtmf_masks import DTMF_MASK, DtmfReach
from ivr.services.recording.dtmf_watch import ChannelDtmf
from ivr.speech.dtmf_detector import GoertzelToneDetector
from tests.dtmf_sounds import Pcm, frames, key, pcm, strongest_dtmf_tone, typed
from tests.fakes.exchange import AGENT, Exchange, play
from tests.fakes.line import answers

CARD = "4970101234567893"
NIR = "1850775116001"
_RATE = 8
#: The line's noise in these calls: whatever is louder in the recording is a tone.
_NOISE = 60


def said(*sounds: tuple[int, Iterable[float]], long_ms: int = 30_000, seed: int = 5) -> Pcm:
    """A party on a quiet line who makes these sounds at these times."""
    signal = np.random.default_rng(seed).normal(0, _NOISE / 3, long_ms * _RATE).clip(-_NOISE, _NOISE)
    for at_ms, sound in sounds:
        heard = np.asarray(sound)
        signal[at_ms * _RATE : at_ms * _RATE + heard.size] += heard
    return pcm(signal)


def stored(x: Exchange) -> tuple[Pcm, Pcm]:
    """Everything that ever reached the store, the caller's side and the other."""
    whole = np.frombuffer(b"".join(bytes(part) for part in x.store.every.values()), "<i2")
    return whole[0::2], whole[1::2]


def every_word(x: Exchange, log: pytest.LogCaptureFixture) -> str:
    """Everything that was told, logged, reported or written beside the audio."""
    told = [
        x.feed.events,
        [vars(event) for event in x.audit.chain],
        [asdict(row) for row in x.call_log.rows],
        [asdict(row) for row in x.catalogue.rows.values()],
        [record.getMessage() for record in log.records],
        [str(key) for key in x.do_not_call.entries],
    ]
    return json.dumps(told, default=repr, ensure_ascii=False)


def no_trace(digits: str, words: str) -> None:
    """No run of six of these digits stands in the words, however they are parted."""
    squeezed = "".join(c for c in words if c not in ' ,.;:-_/"')
    for at in range(len(digits) - 5):
        assert digits[at : at + 6] not in squeezed


@pytest.mark.parametrize("digits", [NIR, CARD], ids=["13", "16"])
def test_a_number_typed_unasked_leaves_no_trace(digits: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def scene(x: Exchange) -> None:
        x.line.incoming("a")
        x.line.speak("a", frames(said((12_000, typed(digits, ms=60, pause_ms=140)))))
        for number, digit in enumerate(digits):
            # Events too, as gateways send that do both; SIP INFO comes late.
            await x.media(12_050 + number * 200)
            x.line.press("a", digit)
        await x.media(25_000)
        x.line.peer_hangs_up("a")
        row = await x.over()
        assert row.recording_state == "SEALED"

        left, right = stored(x)
        assert left.size > 20_000 * _RATE
        assert np.abs(left).max() <= _NOISE
        assert strongest_dtmf_tone(left) < _NOISE
        assert not right.any()
        (mask,) = x.recording.masks
        assert (mask["channel"], mask["kind"]) == ("caller", DTMF_MASK)

        no_trace(digits, every_word(x, caplog))
        pressed = x.feed.of("dtmf.pressed")
        assert len(pressed) == len(digits)
        assert {frozenset(item) for item in pressed} == {frozenset({"kind", "call_id", "party", "published_at"})}

    play(tmp_path, scene, changes={"objection_key": "*"})


def test_tones_in_the_audio_alone_never_reach_the_store(tmp_path: Path) -> None:
    """Long and short ones, at the very beginning and the very end of what is recorded, without any event."""

    async def scene(x: Exchange) -> None:
        x.line.incoming("a")
        sounds = [(1500, key("4", 900)), (6000, key("9", 40)), (9000, key("7", 3000)), (15_013, typed("0101", ms=45))]
        x.line.speak("a", frames(said(*sounds, (19_975, key("1", 900)))))
        await x.media(20_000)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"
        left, _ = stored(x)
        assert left.size > 15_000 * _RATE
        assert np.abs(left).max() <= _NOISE
        assert (np.abs(left) > 0).mean() > 0.3

    play(tmp_path, scene)


def test_a_slice_of_tone_that_a_gateway_lets_slip_is_silent(tmp_path: Path) -> None:
    """Before the event, after it by the jitter buffer, and when the DTMF digit is let go."""

    async def scene(x: Exchange) -> None:
        x.line.incoming("a")
        slices = [(9900, key("5", 16)), (10_200, key("5", 12)), (12_000, key("5", 14))]
        x.line.speak("a", frames(said(*slices)))
        await x.media(10_000)
        x.line.press("a", "5")
        await x.media(20_000)
        x.line.peer_hangs_up("a")
        await x.over()
        left, _ = stored(x)
        assert left.size > 15_000 * _RATE
        assert np.abs(left).max() <= _NOISE

    play(tmp_path, scene)


def test_digits_of_the_agent_are_silent_on_what_the_caller_hears(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.parties[AGENT] = answers()
        x.line.incoming("a")
        x.line.speak("a", frames(said()))
        await x.until("agent.calling")
        leg = x.call.b_leg
        assert leg is not None
        x.line.speak(leg.id, frames(said((9000, typed(CARD, ms=60, pause_ms=60)), seed=6)))
        await x.until("agent.bridged")
        await asyncio.sleep(14)
        x.line.peer_hangs_up("a")
        assert (await x.over()).recording_state == "SEALED"
        left, right = stored(x)
        assert right.size > 8000 * _RATE
        assert right.any()
        assert np.abs(right).max() <= _NOISE
        assert left.any()
        assert {(mask["channel"], mask["kind"]) for mask in x.recording.masks} == {("agent", DTMF_MASK)}

    play(tmp_path, scene, changes={"agent_uri": AGENT, "listen_to_agent": True})


def test_a_lossy_line_hides_no_tone(tmp_path: Path) -> None:
    async def scene(x: Exchange) -> None:
        x.line.incoming("a")
        x.line.speak("a", frames(said((9000, typed(CARD, ms=50, pause_ms=50)))))
        for at_ms in range(8900, 10_800, 130):
            await x.media(at_ms)
            x.line.lose("a", 1)
        await x.media(20_000)
        x.line.peer_hangs_up("a")
        await x.over()
        left, _ = stored(x)
        assert np.abs(left).max() <= _NOISE

    play(tmp_path, scene)


def masks_of(pcm: bytes, channel: Channel) -> tuple[Mask, ...]:
    """What `ivr listen` shows of the DTMF digits in a file."""
    found = ChannelDtmf(channel, GoertzelToneDetector(), DtmfReach())
    found.feed(0, [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm) // FRAME_BYTES * FRAME_BYTES, FRAME_BYTES)])
    found.finish()
    return found.masks


def test_a_file_shows_the_same_silence_as_a_call() -> None:
    sound = said((3000, typed(NIR)), (20_000, typed("9")))
    masks = masks_of(sound.tobytes(), Channel.AGENT)
    assert [(mask.channel, mask.kind) for mask in masks] == [("agent", DTMF_MASK)] * 2
    assert masks[0].start_ms <= 3000
    assert masks[0].end_ms >= 3000 + 160 * len(NIR) - 80
    assert masks_of(said().tobytes(), Channel.CALLER) == ()
