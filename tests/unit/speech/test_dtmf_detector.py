"""The detector of DTMF tones against ITU-T Q.24, and against everything that is no DTMF digit."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest

from ivr.audio.g711 import Law, coded
from ivr.domain.recording.dtmf_masks import Tone
from ivr.speech.dtmf_detector import GoertzelToneDetector
from ivr.speech.voice import NanoVoice
from tests.dtmf_sounds import PAD, Pcm, Signal, frames, key, pcm, typed

#: How far a tone may reach beyond what is found of it; the silence around it is wider.
_EDGE_MS = 20


def found(signal: Signal, *, law: Law = "a", chunk: int = 5, keen: bool = False) -> list[tuple[int, int]]:
    """The tones that a call would find: through G.711, 100 ms at a time; those that touch are one."""
    samples = coded(pcm(signal), law)
    detector, tones = GoertzelToneDetector(), list[Tone]()
    sounds = frames(samples)
    for at in range(0, len(sounds), chunk):
        tones += detector.feed(at * 20, sounds[at : at + chunk], keen=keen)
    tones += detector.finish()
    spans: list[tuple[int, int]] = []
    for tone in sorted(tones, key=lambda one: one.start_ms):
        if spans and tone.start_ms <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], tone.end_ms))
        else:
            spans.append((tone.start_ms, tone.end_ms))
    return spans


def placed(tone: Signal, at: int, *, length: int = 4000, noise_dbfs: float | None = None, seed: int = 1) -> Signal:
    """A tone that begins at sample `at` of silence or of noise."""
    signal = np.zeros(length)
    if noise_dbfs is not None:
        signal += np.random.default_rng(seed).normal(0, 32768 * 10 ** (noise_dbfs / 20), length)
    signal[at : at + tone.size] += tone
    return signal


def covers(spans: list[tuple[int, int]], start_ms: float, end_ms: float) -> bool:
    return len(spans) == 1 and spans[0][0] - _EDGE_MS <= start_ms and spans[0][1] + _EDGE_MS >= end_ms


@pytest.mark.parametrize("digit", PAD)
def test_forty_milliseconds_of_any_digit_are_found_wherever_they_begin(digit: str) -> None:
    tone = key(digit, 40)
    for at in range(800, 960, 11):
        assert covers(found(placed(tone, at)), at / 8, at / 8 + 40), at


@pytest.mark.parametrize(("twist_db", "off"), list(product((-8.0, 0.0, 4.0), (-0.018, 0.0, 0.018))))
def test_the_twist_and_the_deviation_of_q_24_are_taken(twist_db: float, off: float) -> None:
    for digit in "1590D":
        tone = key(digit, 40, twist_db=twist_db, off=off)
        assert covers(found(placed(tone, 1003)), 1003 / 8, 1003 / 8 + 40), digit


@pytest.mark.parametrize("dbfs", [-42.0, -30.0, -10.0, -3.0])
@pytest.mark.parametrize("law", ["a", "u"])
def test_loud_and_faint_digits_are_found_through_either_law(dbfs: float, law: Law) -> None:
    for digit in "47#":
        tone = key(digit, 60, dbfs=dbfs)
        assert covers(found(placed(tone, 997), law=law), 997 / 8, 997 / 8 + 60), digit


@pytest.mark.parametrize("seed", range(5))
def test_a_noisy_line_does_not_hide_a_digit(seed: int) -> None:
    for digit in "2580":
        tone = key(digit, 60)
        assert found(placed(tone, 1111, noise_dbfs=-28.0, seed=seed)), digit


def test_sixteen_digits_typed_fast_are_found_one_by_one() -> None:
    digits = "4970101234567890"
    spans = found(np.concatenate([np.zeros(800), typed(digits, ms=50, pause_ms=50), np.zeros(800)]))
    assert len(spans) == len(digits)
    for number, (start_ms, end_ms) in enumerate(spans):
        assert abs(start_ms - (100 + number * 100)) <= _EDGE_MS
        assert abs(end_ms - (150 + number * 100)) <= _EDGE_MS


def test_the_way_frames_come_in_makes_no_difference() -> None:
    signal = np.concatenate([np.zeros(803), typed("1973", ms=45), np.zeros(1600)])
    assert found(signal, chunk=1) == found(signal, chunk=5) == found(signal, chunk=50)


def test_a_tone_cut_off_by_the_end_or_by_a_hole_counts_as_one() -> None:
    detector = GoertzelToneDetector()
    part = frames(pcm(np.concatenate([np.zeros(160), key("5", 40)])))
    assert detector.feed(0, part[:2]) == ()
    assert detector.open_ms is not None
    assert detector.open_ms <= 25
    (tone,) = detector.finish()
    assert tone.start_ms <= 20
    assert tone.end_ms == 40
    assert detector.open_ms is None

    detector = GoertzelToneDetector()
    detector.feed(0, part[:2])
    # Three frames are missing here.
    assert [tone.end_ms for tone in detector.feed(100, [bytes(320)])] == [40]


def test_a_slice_of_tone_is_one_only_when_a_digit_is_known_to_be_pressed() -> None:
    signal = placed(key("8", 16), 1000)
    assert found(signal) == []
    assert covers(found(signal, keen=True), 125, 141)


def test_what_deviates_or_lasts_too_little_is_no_digit() -> None:
    assert found(placed(key("5", 15), 1000)) == []
    for digit, off in product(PAD, (-0.035, 0.035)):
        assert found(placed(key(digit, 200, off=off), 1000)) == [], digit
    assert found(placed(key("5", 200, twist_db=20), 1000)) == []


@cache
def speech() -> Pcm:
    """A minute and a half of French in high, low, slow and fast voices."""
    voice = NanoVoice()
    said = (
        "Bonjour, j'ai reçu un courrier de la mutuelle et je voudrais comprendre mon remboursement.",
        "Mon numéro c'est le zéro six, douze, trente-quatre, cinquante-six, soixante-dix-huit.",
        "Euh, attendez, oui, ah bon, hein, ouh, ohé, hi hi, ouais.",
    )
    return np.concatenate(
        [
            voice.say(text, speed=speed, pitch=pitch)
            for text in said
            for speed in (0.8, 1.2)
            for pitch in (0.7, 1.0, 1.6)
        ]
    )


def test_speech_is_never_taken_for_digits() -> None:
    spoken = speech().astype(np.float64)
    assert spoken.size > 60 * 8000
    assert found(spoken) == []
    # Spoken into a handset that is too near, and too far.
    assert found(spoken * 6.0) == []
    assert found(spoken * 0.1) == []


def chords(*, seed: int, count: int) -> Signal:
    """Notes and chords over three octaves with the overtones of instruments, 300 ms each."""
    rng = np.random.default_rng(seed)
    t = np.arange(2400) / 8000
    fade = np.minimum(1, np.minimum(t / 0.01, (0.3 - t) / 0.05))
    parts = []
    for _ in range(count):
        notes = 220.0 * 2 ** (rng.choice(36, size=rng.integers(1, 5), replace=False) / 12)
        overtones = rng.choice([4, 6, 10])
        chord = sum(
            np.sin(2 * np.pi * hz * n * t + rng.uniform(0, 6)) / np.sqrt(n)
            for hz in notes
            for n in range(1, int(overtones) + 1)
            if hz * n < 3800
        )
        parts.append(3000 * chord * fade)
    whole: Signal = np.concatenate(parts)
    return whole


def test_music_is_never_taken_for_digits() -> None:
    """Chords, and the tones of a line that waits."""
    assert found(chords(seed=7, count=200)) == []
    assert found(9000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 8000)) == []
    dial = np.sin(2 * np.pi * 350 * np.arange(16_000) / 8000) + np.sin(2 * np.pi * 440 * np.arange(16_000) / 8000)
    assert found(5000 * dial) == []


def test_silence_and_noise_hold_no_digits() -> None:
    rng = np.random.default_rng(3)
    assert found(np.zeros(80_000)) == []
    assert found(rng.normal(0, 3000, 800_000)) == []
