"""WAV files of all kinds become what the ear wants, and broken ones are named."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.errors import ArchiveError
from ivr.speech.resampling import resample
from ivr.speech.wav import from_pcm, parse_wav, read_wav, to_pcm, wav_bytes


def _file(rate_hz: int, width: int, channels: int, length_s: float = 0.5, hz: float = 440.0) -> bytes:
    t = np.arange(int(rate_hz * length_s)) / rate_hz
    value = np.stack([np.sin(2 * np.pi * hz * (c + 1) * t) * 0.5 for c in range(channels)], axis=1)
    if width == 1:
        raw = (value * 127 + 128).astype(np.uint8).tobytes()
    elif width == 3:
        raw = (value * 2**31).astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
    else:
        raw = (value * 2 ** (8 * width - 1)).astype(f"<i{width}").tobytes()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(raw)
    return out.getvalue()


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_any_rate_and_width_is_read(rate_hz, width):
    channels = parse_wav(_file(rate_hz, width, 2))
    assert len(channels) == 2
    for number, pcm in enumerate(channels):
        expected = 0.5 * np.sin(2 * np.pi * 440 * (number + 1) * np.arange(pcm.size) / 8000)
        assert abs(pcm.size - 4000) <= 1
        assert np.max(np.abs(from_pcm(pcm) - expected)[200:-200]) < 0.02


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"RIFF", "not a PCM WAV"),
        (b"OggS" + bytes(100), "not a PCM WAV"),
        (_file(8000, 2, 1)[:20], "not a PCM WAV"),
        (_file(8000, 2, 1)[:-500], "cut short"),
        (_file(8000, 2, 1, length_s=0.0), "no audio"),
        (_file(8000, 2, 1).replace(b"fmt \x10\x00\x00\x00\x01\x00", b"fmt \x10\x00\x00\x00\x03\x00"), "not a PCM WAV"),
    ],
    ids=["zero bytes", "four bytes", "ogg", "half a header", "truncated", "zero frames", "float samples"],
)
def test_a_broken_file_is_named_with_what_is_wrong_and_how_to_mend_it(tmp_path, content, words):
    path = tmp_path / "call.wav"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=words) as caught:
        read_wav(path)
    assert caught.value.where == str(path)
    assert caught.value.remedy


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ArchiveError) as caught:
        read_wav(tmp_path / "nowhere.wav")
    assert "nowhere.wav" in caught.value.where


@given(st.binary(max_size=300))
def test_garbage_never_does_worse_than_an_archive_error(content):
    try:
        parse_wav(content)
    except ArchiveError:
        return


@given(st.binary(min_size=1, max_size=200), st.integers(0, 300))
def test_a_damaged_header_never_does_worse_than_an_archive_error(noise, place):
    good = _file(8000, 2, 1, length_s=0.05)
    place %= len(good)
    try:
        parse_wav(good[:place] + noise + good[place + len(noise) :])
    except ArchiveError:
        return


def test_what_is_written_is_read_back_exactly():
    left = np.random.default_rng(1).integers(-32768, 32768, 800).astype(np.int16)
    again = parse_wav(wav_bytes([left, left[::-1].copy()]))
    assert np.array_equal(again[0], left)
    assert np.array_equal(again[1], left[::-1])


@settings(max_examples=30)
@given(st.sampled_from([8000, 11_025, 16_000, 44_100, 48_000]), st.integers(1, 5000))
def test_resampling_gives_the_exact_length(from_hz, size):
    assert resample(np.zeros(size, np.float32), from_hz, 8000).size == -(-size * 8000 // from_hz)


def test_resampling_removes_what_the_new_rate_cannot_carry():
    t = np.arange(48_000) / 48_000
    high = resample(np.sin(2 * np.pi * 6000 * t).astype(np.float32), 48_000, 8000)
    assert np.max(np.abs(high[100:-100])) < 0.001


def test_pcm_is_clipped_and_an_odd_byte_ignored():
    assert to_pcm(np.array([2.0, -2.0], np.float32)).tolist() == [32767, -32768]
    assert from_pcm(b"\x00\x40\x01").tolist() == [0.5]
