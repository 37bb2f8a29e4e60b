"""The small parts of a line: prompts, slots, DTMF, settings."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.errors import ConfigurationError
from ivr.sip.lateness import LatenessWatch
from ivr.sip.prompt_frames import heard_ms, load_prompt
from ivr.sip.rtp_watch import RtpWatch
from ivr.sip.settings import Registration, SipSettings
from ivr.sip.slots import Slots
from ivr.sip.uri import addr_spec


def _wav(path: Path, samples: np.ndarray, *, rate_hz: int = 8000, channels: int = 1, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def _tone(rate_hz: int, frequency_hz: int, samples: int) -> np.ndarray:
    return 8000 * np.sin(2 * np.pi * frequency_hz * np.arange(samples) / rate_hz)


def test_a_prompt_is_cut_into_frames_and_its_true_length_kept(tmp_path: Path) -> None:
    prompt = load_prompt(_wav(tmp_path / "p.wav", _tone(8000, 500, 1000)), 8000)
    assert [len(frame) for frame in prompt.frames] == [320] * 7
    assert prompt.duration_ms == 125
    assert [heard_ms(prompt, frames) for frames in (0, 3, 6, 7, 8)] == [0, 60, 120, 125, 145]


@pytest.mark.parametrize(("source_hz", "clock_hz"), [(16000, 8000), (8000, 16000)])
def test_resampling_keeps_tone_level_and_length(tmp_path: Path, source_hz: int, clock_hz: int) -> None:
    path = _wav(tmp_path / "p.wav", _tone(source_hz, 1000, source_hz), rate_hz=source_hz)
    prompt = load_prompt(path, clock_hz)
    assert (len(prompt.frames), prompt.duration_ms) == (50, 1000)
    middle = np.frombuffer(b"".join(prompt.frames[10:40]), dtype="<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(middle)) * 2 / middle.size
    peak = int(np.argmax(spectrum))
    assert peak * clock_hz / middle.size == 1000
    assert spectrum[peak] == pytest.approx(8000, rel=0.02)


def test_what_lies_above_the_narrow_band_does_not_fold_into_it(tmp_path: Path) -> None:
    prompt = load_prompt(_wav(tmp_path / "p.wav", _tone(16000, 6000, 16000), rate_hz=16000), 8000)
    middle = np.frombuffer(b"".join(prompt.frames[10:40]), dtype="<i2").astype(float)
    assert np.abs(middle).max() < 200


def test_a_prompt_that_was_replaced_on_disk_is_read_again(tmp_path: Path) -> None:
    path = _wav(tmp_path / "p.wav", _tone(8000, 500, 160))
    assert len(load_prompt(path, 8000).frames) == 1
    _wav(path, _tone(8000, 500, 480))
    assert len(load_prompt(path, 8000).frames) == 3


def test_a_prompt_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    cases = {
        "stereo.wav": {"channels": 2},
        "fast.wav": {"rate_hz": 44100},
        "bytes.wav": {"width": 1},
    }
    for name, form in cases.items():
        with pytest.raises(ConfigurationError, match=name):
            load_prompt(_wav(tmp_path / name, _tone(8000, 500, 320), **form), 8000)
    with pytest.raises(ConfigurationError, match="no audio"):
        load_prompt(_wav(tmp_path / "empty.wav", np.zeros(0)), 8000)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_prompt(tmp_path / "absent.wav", 8000)


def test_a_reserved_slot_is_kept_for_its_leg_alone() -> None:
    slots = Slots(2)
    assert slots.take("a")
    assert slots.reserve("b")
    assert not slots.take("c")
    assert slots.take("b")
    assert slots.free == 0
    slots.give_back_reserved("b")
    assert slots.free == 0
    slots.give_back("a")
    assert slots.reserve("c")
    slots.give_back_reserved("c")
    assert slots.free == 1


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"codecs": ("PCMB",)}, "sip.codecs"),
        ({"codecs": ()}, "sip.codecs"),
        ({"srtp": "maybe"}, "sip.srtp"),
        ({"rtp_source": "any"}, "sip.rtp_source"),
        ({"clock_hz": 44100}, "sip.clock_hz"),
        ({"udp": False, "tcp": False}, "sip.udp"),
        ({"port": 70000}, "sip.port"),
        ({"rtp_port_min": 4000}, "sip.rtp_port_max"),
        ({"rtp_port_min": 4000, "rtp_port_max": 4003}, "sip.rtp_port_max"),
        ({"rtp_timeout_s": -1.0}, "sip.rtp_timeout_s"),
        ({"max_calls": -1}, "sip.max_calls"),
        ({"log_level": 5}, "sip.log_level"),
    ],
)
def test_a_wrong_setting_is_named(values: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        SipSettings(**values)  # type: ignore[arg-type]
    assert refusal.value.key == key
    assert refusal.value.remedy


def test_a_password_is_never_shown() -> None:
    settings = SipSettings(registration=Registration("sip:r", "u", "hush"))
    assert "hush" not in repr(settings)


def test_a_party_is_gone_when_neither_packets_nor_reports_come_for_the_timeout() -> None:
    watch = RtpWatch(30.0)
    watch.restart(100.0)
    assert not watch.is_gone(0, 0, 100.0)
    assert not watch.is_gone(50, 0, 129.0)
    assert not watch.is_gone(50, 0, 158.9)
    assert watch.is_gone(50, 0, 159.0)
    assert not watch.is_gone(50, 1, 160.0)
    assert not watch.is_gone(50, 1, 189.9)
    assert watch.is_gone(50, 1, 190.0)
    watch.restart(190.0)
    assert not watch.is_gone(50, 1, 219.0)
    assert not RtpWatch(0.0).is_gone(0, 0, 1e9)


def test_a_party_that_listens_only_is_gone_only_when_its_reports_stop() -> None:
    watch = RtpWatch(30.0)
    watch.restart(100.0)
    watch.is_gone(50, 3, 110.0)
    watch.restart(120.0, listens_only=True)
    assert not watch.is_gone(50, 3, 900.0), "it has sent no report since it only listens"
    assert not watch.is_gone(50, 4, 901.0)
    assert not watch.is_gone(50, 4, 930.9)
    assert watch.is_gone(50, 4, 931.0)


def test_an_address_is_freed_of_name_and_header_parameters() -> None:
    cases = {
        '"Mme Leroy" <sip:+33102030405@a.example;user=phone>;tag=88': "sip:+33102030405@a.example;user=phone",
        "<sip:ivr@10.0.0.1>": "sip:ivr@10.0.0.1",
        "sip:ivr@10.0.0.1;tag=5": "sip:ivr@10.0.0.1",
        '"<odd>" <sip:a@b>': "sip:a@b",
        "": "",
    }
    assert {header: addr_spec(header) for header in cases} == cases


def test_audio_that_is_never_used_up_is_late_and_a_reserve_that_is_needed_is_not() -> None:
    watch = LatenessWatch(limit_ms=60, looks=4)
    assert not any(watch.is_late(waiting) for waiting in (400, 380, 360, 0, 400, 400, 40))
    assert [watch.is_late(waiting) for waiting in (400, 380, 360, 60, 60)] == [False, False, False, True, False]
    for _ in range(3):
        watch.is_late(400)
    watch.restart()
    assert not watch.is_late(400)
