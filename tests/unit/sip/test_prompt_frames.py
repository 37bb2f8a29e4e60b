"""Prompts cut into the frames of a line."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from ivr.errors import ConfigurationError
from ivr.sip.prompt_frames import heard_ms, load_prompt


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
