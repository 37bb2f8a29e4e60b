"""G.711 against the tables of the recommendation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest

from ivr.audio.g711 import alaw_decode, alaw_encode, through_telephone, ulaw_decode, ulaw_encode

_ALL_CODES = np.arange(256, dtype=np.uint8)
_ALL_SAMPLES = np.arange(-32768, 32768).astype(np.int16)


def test_alaw_codes_survive_a_round_trip() -> None:
    assert np.array_equal(alaw_encode(alaw_decode(_ALL_CODES)), _ALL_CODES)


def test_ulaw_codes_survive_a_round_trip_but_for_the_second_zero() -> None:
    again = ulaw_encode(ulaw_decode(_ALL_CODES))
    assert _ALL_CODES[again != _ALL_CODES].tolist() == [0x7F]  # negative zero has no PCM value of its own


@pytest.mark.parametrize(
    ("code", "value"),
    # Decoder output values of G.711 table 1a (13 bits), left-justified to 16: 4032, 1, 33, and their negatives.
    [(0xAA, 4032 << 3), (0xD5, 1 << 3), (0x55, -1 << 3), (0x2A, -4032 << 3), (0xC5, 33 << 3)],
)
def test_alaw_decodes_as_the_table_says(code: int, value: int) -> None:
    assert alaw_decode(np.array([code], np.uint8))[0] == value


@pytest.mark.parametrize(
    ("code", "value"),
    # G.711 table 2a (14 bits), left-justified to 16: 8031, 0, and their negatives.
    [(0x80, 8031 << 2), (0xFF, 0), (0x7F, 0), (0x00, -8031 << 2)],
)
def test_ulaw_decodes_as_the_table_says(code: int, value: int) -> None:
    assert ulaw_decode(np.array([code], np.uint8))[0] == value


@pytest.mark.parametrize(("encode", "decode"), [(alaw_encode, alaw_decode), (ulaw_encode, ulaw_decode)])
def test_a_sample_comes_back_within_half_a_step_of_its_segment_and_in_order(
    encode: Callable[..., np.ndarray], decode: Callable[..., np.ndarray]
) -> None:
    heard = decode(encode(_ALL_SAMPLES)).astype(np.int32)
    magnitude = np.abs(_ALL_SAMPLES.astype(np.int32))
    assert np.all(np.abs(heard - _ALL_SAMPLES) <= np.maximum((magnitude + 132) // 32, 8))
    assert np.all(np.diff(heard) >= 0)


def test_known_samples_are_encoded_as_the_standard_says() -> None:
    samples = np.array([0, -1, 8, -8, 32767, -32768, 1000], np.int16)
    assert alaw_encode(samples).tolist() == [0xD5, 0x55, 0xD5, 0x55, 0xAA, 0x2A, 0xFA]
    assert ulaw_encode(samples[[0, 4, 5]]).tolist() == [0xFF, 0x80, 0x00]


@pytest.mark.parametrize("law", ["a", "u"])
def test_the_telephone_keeps_the_voice_band_and_takes_the_rest(law: Literal["a", "u"]) -> None:
    t = np.arange(16_000) / 8000

    def level(hz: float) -> float:
        heard = through_telephone((0.3 * np.sin(2 * np.pi * hz * t)).astype(np.float32), law)[2000:-2000]
        return float(20 * np.log10(np.sqrt(np.mean(heard**2)) / (0.3 / np.sqrt(2)) + 1e-9))

    assert abs(level(1000)) < 0.5
    assert level(80) < -20
    assert level(3850) < -20
