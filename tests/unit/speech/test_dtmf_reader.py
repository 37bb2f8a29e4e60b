"""DTMF digits read in the audio: what is played cleanly, and nothing of what is said, sung or drowned."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from ivr.audio.g711 import Law, coded
from ivr.speech.dtmf_reader import CleanDtmfReader
from tests.dtmf_sounds import PAD, Signal, frames, key, pcm, typed
from tests.unit.speech.test_dtmf_detector import chords, placed, speech


def read(signal: Signal, *, law: Law = "a", chunk: int = 5, lose: frozenset[int] = frozenset()) -> str:
    """The DTMF digits that a call would read: through G.711, 100 ms at a time; `lose` are frames of silence."""
    samples = coded(pcm(signal), law)
    reader, told = CleanDtmfReader(), ""
    sounds = [bytes(320) if at in lose else frame for at, frame in enumerate(frames(samples))]
    for at in range(0, len(sounds), chunk):
        told += "".join(one.digit for one in reader.feed(at * 20, sounds[at : at + chunk]))
    return told


@pytest.mark.parametrize("digit", PAD)
def test_every_digit_is_read_once_from_seventy_milliseconds_on_wherever_it_begins(digit: str) -> None:
    for at in range(800, 960, 23):
        assert read(placed(key(digit, 70), at)) == digit
    assert read(placed(key(digit, 400), 801, length=8000)) == digit


def test_digits_typed_one_after_the_other_are_read_in_order_and_twice_when_pressed_twice() -> None:
    digits = "1850775116001990011##**"
    signal = np.concatenate([np.zeros(800), typed(digits, ms=80, pause_ms=60), np.zeros(800)])
    assert read(signal) == digits
    assert read(signal, chunk=1) == digits
    assert read(signal, law="u", chunk=50) == digits


@pytest.mark.parametrize(("twist_db", "off"), list(product((-8.0, 0.0, 4.0), (-0.015, 0.0, 0.015))))
def test_the_twist_and_the_deviation_of_q_24_are_taken(twist_db: float, off: float) -> None:
    for digit in "1590D":
        assert read(placed(key(digit, 80, twist_db=twist_db, off=off), 1003)) == digit


@pytest.mark.parametrize("dbfs", [-34.0, -20.0, -4.0])
def test_loud_and_faint_digits_are_read(dbfs: float) -> None:
    for digit in "479#":
        assert read(placed(key(digit, 80, dbfs=dbfs), 997)) == digit


def test_a_noisy_line_is_read_at_fifteen_decibels() -> None:
    for seed, digit in product(range(5), "2589"):
        assert read(placed(key(digit, 100), 1111, noise_dbfs=-35.0, seed=seed)) == digit


def test_a_packet_lost_in_the_midst_of_a_digit_makes_no_second_one() -> None:
    for lost in range(6, 24):
        assert read(placed(key("9", 400), 801, length=8000), lose=frozenset({lost})) == "9", lost


def test_a_hole_in_the_frames_is_no_end_of_a_digit() -> None:
    reader = CleanDtmfReader()
    sounds = frames(pcm(key("9", 400)))
    told = [*reader.feed(0, sounds[:6]), *reader.feed(160, sounds[8:])]
    assert [one.digit for one in told] == ["9"]
    assert "9" not in repr(told).replace("start_ms", "")


def test_what_is_shorter_deviates_or_leaks_in_faintly_is_no_digit() -> None:
    for digit in PAD:
        assert read(placed(key(digit, 50), 1000)) == "", digit
        for off in (-0.035, 0.035):
            assert read(placed(key(digit, 300, off=off), 1000)) == "", digit
    assert read(placed(key("9", 300, twist_db=14), 1000)) == ""
    assert read(placed(key("9", 300, dbfs=-48), 1000)) == ""


def test_a_digit_that_is_talked_over_or_drowned_is_not_read_out_of_the_speech() -> None:
    """Nothing is invented: what is read is the DTMF digit that was pressed, or nothing."""
    voice = speech().astype(np.float64)
    for number, digit in enumerate("1590*#" * 4):
        part = voice[number * 24_000 :][:16_000].copy()
        part[4000:6400] += key(digit, 300, dbfs=-24)
        assert read(part) in ("", digit)


def test_speech_is_never_read_as_digits() -> None:
    spoken = speech().astype(np.float64)
    for loudness in (1.0, 6.0, 0.1):
        assert read(spoken * loudness) == ""
    # Two who talk at once, and a voice that is held.
    assert read(spoken[: spoken.size // 2] + spoken[spoken.size // 2 :][: spoken.size // 2]) == ""


def test_music_is_never_read_as_digits() -> None:
    assert read(chords(seed=7, count=200)) == ""
    assert read(chords(seed=8, count=200)) == ""
    t = np.arange(16_000) / 8000
    for pair in ((350, 440), (480, 620), (425, 425), (1400, 2060), (950, 1400), (697, 697), (1477, 1477)):
        low, high = (5000 * np.sin(2 * np.pi * hz * t) for hz in pair)
        assert read(low + high) == "", pair


def test_whistles_sirens_and_noise_are_never_read_as_digits() -> None:
    rng = np.random.default_rng(3)
    assert read(rng.normal(0, 3000, 400_000)) == ""
    assert read(np.zeros(80_000)) == ""
    t = np.arange(40_000) / 8000
    for low, high in ((400, 1800), (600, 2600)):
        sweep = np.sin(2 * np.pi * (low * t + (high - low) / 10 * t**2))
        assert read(9000 * sweep) == ""
        wail = np.sin(2 * np.pi * (low + high) / 2 * t + (high - low) * 2 * np.sin(2 * np.pi * 0.5 * t))
        assert read(6000 * wail + 3000 * sweep) == ""
