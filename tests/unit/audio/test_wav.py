"""WAV files of all kinds become what the ear wants, and broken ones are named."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.audio.pcm import from_pcm
from ivr.audio.wav import pcm_blocks, read_wav, wav_bytes
from ivr.audio.wav_source import open_wav
from ivr.errors import ArchiveError
from tests.wav import parse_wav


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
def test_any_rate_and_width_is_read(rate_hz: int, width: int) -> None:
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
def test_a_broken_file_is_named_with_what_is_wrong_and_how_to_mend_it(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=words) as caught:
        read_wav(path)
    assert caught.value.where == str(path)
    assert caught.value.remedy


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError) as caught:
        read_wav(tmp_path / "nowhere.wav")
    assert "nowhere.wav" in caught.value.where


@given(st.binary(max_size=300))
def test_garbage_never_does_worse_than_an_archive_error(content: bytes) -> None:
    try:
        parse_wav(content)
    except ArchiveError:
        return


@given(st.binary(min_size=1, max_size=200), st.integers(0, 300))
def test_a_damaged_header_never_does_worse_than_an_archive_error(noise: bytes, place: int) -> None:
    good = _file(8000, 2, 1, length_s=0.05)
    place %= len(good)
    try:
        parse_wav(good[:place] + noise + good[place + len(noise) :])
    except ArchiveError:
        return


def test_what_is_written_is_read_back_exactly() -> None:
    left = np.random.default_rng(1).integers(-32768, 32768, 800).astype(np.int16)
    again = parse_wav(wav_bytes(np.stack([left, left[::-1]], axis=1), channels=2))
    assert np.array_equal(again[0], left)
    assert np.array_equal(again[1], left[::-1])


def _extensible(code: int, bits: int, channels: int, raw: bytes, *, valid_bits: int = 0, rate_hz: int = 8000) -> bytes:
    align = channels * bits // 8
    form = struct.pack("<HHIIHH", 0xFFFE, channels, rate_hz, rate_hz * align, align, bits)
    form += struct.pack("<HHIH", 22, valid_bits or bits, 0, code) + bytes.fromhex("000000001000800000aa00389b71")
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(raw)) + raw
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


@pytest.mark.parametrize(("code", "bits", "kind"), [(1, 16, "<i2"), (1, 24, ""), (1, 32, "<i4"), (3, 32, "<f4")])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_the_extensible_form_is_read_whatever_its_width_and_channels(
    code: int, bits: int, kind: str, channels: int
) -> None:
    t = np.arange(4000) / 8000
    value = np.stack([np.sin(2 * np.pi * 200 * (c + 1) * t) * 0.5 for c in range(channels)], axis=1)
    if code == 3:
        raw = value.astype(kind).tobytes()
    elif kind:
        raw = (value * 2 ** (bits - 1)).astype(kind).tobytes()
    else:
        raw = (value * 2**31).astype("<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
    found = parse_wav(_extensible(code, bits, channels, raw))
    assert len(found) == channels
    for number, pcm in enumerate(found):
        assert np.max(np.abs(from_pcm(pcm) - value[:, number])) < 1e-4


def test_numbers_that_are_none_are_silence_and_too_loud_ones_are_clipped() -> None:
    raw = np.array([np.nan, np.inf, -np.inf, 3.0, 0.5], "<f4").tobytes()
    (pcm,) = parse_wav(_extensible(3, 32, 1, raw))
    assert pcm.tolist() == [0, 32767, -32768, 32767, 16384]


def test_what_was_written_without_knowing_its_length_is_read_to_the_end() -> None:
    good = bytearray(_file(8000, 2, 1))
    at = good.index(b"data") + 4
    good[at : at + 4] = b"\xff\xff\xff\xff"
    assert parse_wav(bytes(good))[0].size == 4000


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_file_and_is_not_even_opened(name: str) -> None:
    with pytest.raises(ArchiveError, match="not a regular file"):
        open_wav(Path(name))


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(ArchiveError, match="not a regular file"):
        open_wav(tmp_path / "pipe.wav")


def _sparse(path: Path, hours: float, *, channels: int = 1) -> Path:
    """Silence of so many hours at 8 kHz that takes no room on the disk."""
    size = int(hours * 3600 * 8000) * 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, 8000, 16_000 * channels, 2 * channels, 16)
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + struct.pack("<I", 16) + form)
        file.write(b"data" + struct.pack("<I", size))
        file.truncate(44 + size)
    return path


def test_a_file_that_is_too_long_is_refused_by_its_header(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="longer than 4 hours"):
        open_wav(_sparse(tmp_path / "long.wav", 4.1))


def test_three_hours_are_read_in_as_little_memory_as_one_second(tmp_path: Path) -> None:
    source = open_wav(_sparse(tmp_path / "night.wav", 3, channels=2))
    tracemalloc.start()
    try:
        samples = sum(block.size for block in pcm_blocks(source, 1))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert samples == 3 * 3600 * 8000
    assert peak < 20_000_000


def test_a_file_that_shrinks_while_it_is_read_is_cut_short(tmp_path: Path) -> None:
    path = _sparse(tmp_path / "call.wav", 0.1)
    source = open_wav(path)
    os.truncate(path, 100_000)
    with pytest.raises(ArchiveError, match="cut short"):
        list(pcm_blocks(source, 0))
