"""The corpus builder: the same calls each time, noise at the level asked for, losses that are concealed."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ivr.audio.resampling import band_pass
from ivr.domain.hearing.verdict import Label
from ivr.errors import HostError
from tools.corpus.builder import CONDITIONS, Clip, Condition, CorpusBuilder
from tools.corpus.noise import dtmf, fax, household, mixed, pink, ringback, rms, white
from tools.corpus.recorded import recordings
from tools.corpus.simulated_line import SimulatedLine, concealed, echo, lost_frames, through
from tools.corpus.turn import TURNS, said

_OBJECTION = "Je m'oppose à l'enregistrement."


def _random() -> np.random.Generator:
    return np.random.default_rng(3)


def _tone(seconds: float = 1.0, hz: float = 500.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(int(8000 * seconds)) / 8000)).astype(np.float32)


def _clip(condition: Condition, seed: int = 1) -> Clip:
    return CorpusBuilder(seed).clip(_OBJECTION, Label.OBJECTION_RECORDING, condition)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: one.name)
def test_every_condition_gives_audible_speech_within_range(condition: Condition) -> None:
    clip = _clip(condition)
    assert clip.condition == condition.name
    assert clip.samples.dtype == np.float32
    assert 0 < clip.start_ms < clip.end_ms < clip.samples.size / 8
    said_part = clip.samples[clip.start_ms * 8 : clip.end_ms * 8]
    assert rms(said_part) > 0.005
    assert float(np.abs(clip.samples).max()) <= 1.0


class _Hum:
    """A voice that says the same words the same way each time, which the synthetic one does not."""

    def say(self, text: str, *, pitch: float = 1.0, speed: float = 1.0) -> np.ndarray:
        return (_tone(len(text) / 20 / speed, 200.0 * pitch) * 20_000).astype(np.int16)


def test_the_same_seed_gives_the_same_call_and_another_seed_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.corpus.builder.NanoVoice", _Hum)
    one, again, other = _clip(CONDITIONS[1]), _clip(CONDITIONS[1]), _clip(CONDITIONS[1], seed=2)
    assert (one.start_ms, one.end_ms) == (again.start_ms, again.end_ms)
    assert np.array_equal(one.samples, again.samples)
    assert one.samples.size != other.samples.size


@pytest.mark.parametrize("snr_db", [5.0, 20.0])
def test_noise_lies_as_far_below_the_voice_as_asked(snr_db: float) -> None:
    speech = _tone(2.0)
    added = mixed(speech, white(speech.size, _random()), snr_db) - speech
    heard = band_pass(added, 8000, 300, 3400)
    level = float(np.sqrt(np.mean(np.square(heard))))
    assert 20 * np.log10(rms(speech) / level) == pytest.approx(snr_db, abs=0.5)


def test_pink_noise_is_louder_below_than_above() -> None:
    noise = pink(16_000, _random())
    low, high = band_pass(noise, 8000, 300, 600), band_pass(noise, 8000, 3000, 3300)
    assert np.std(low) > 2 * np.std(high)


def test_packets_are_lost_as_often_as_asked_and_in_bursts() -> None:
    line = SimulatedLine(loss=0.1, burst=3.0)
    lost = lost_frames(160 * 20_000, line, _random())
    runs = 1 + sum(b != a + 1 for a, b in pairwise(lost))
    assert len(lost) / 20_000 == pytest.approx(0.1, abs=0.02)
    assert len(lost) / runs == pytest.approx(3.0, abs=0.4)


def test_a_single_lost_packet_of_a_vowel_is_hardly_heard_and_a_long_loss_fades() -> None:
    tone = _tone()
    mended = concealed(tone, [20])
    assert float(np.abs(mended - tone)[3200:3360].max()) < 0.1
    burst = concealed(tone, [20, 21, 22, 23, 24])
    assert float(np.abs(burst[24 * 160 : 25 * 160]).max()) < 0.05
    assert np.array_equal(burst[: 20 * 160], tone[: 20 * 160])


def test_a_loss_before_any_sound_is_silence() -> None:
    assert not concealed(_tone(), [0])[:160].any()


def test_both_laws_and_losses_keep_the_length() -> None:
    for line in (SimulatedLine("a"), SimulatedLine("u", loss=0.2), SimulatedLine("a", level_db=-20)):
        assert through(line, _tone(), _random()).size == 8000


def test_the_echo_of_a_prompt_comes_late_and_softly() -> None:
    heard = echo(_tone(2.0), 8000, delay_ms=100, loss_db=20.0)
    assert heard.size == 8000
    assert rms(heard[:600]) < 0.1 * rms(heard[2000:])
    assert 20 * np.log10(rms(_tone()) / rms(heard[2000:])) == pytest.approx(20, abs=1.5)


@pytest.mark.parametrize("kind", TURNS)
def test_every_kind_of_turn_says_the_sentence_where_it_says_it_does(kind: str) -> None:
    spoken: list[str] = []

    def say(text: str) -> np.ndarray:
        spoken.append(text)
        return np.full(80 * len(text), 8000, np.int16)

    turn = said("Je refuse d'être enregistré.", kind, say, _random())
    core = next(text for text in spoken if "refuse d'être enregistré" in text)
    assert turn.end_ms - turn.start_ms == 10 * len(core)
    assert np.all(turn.samples[turn.start_ms * 8 : turn.end_ms * 8] > 0.2)
    assert not turn.samples[turn.start_ms * 8 - 8 : turn.start_ms * 8].any()
    assert turn.text == " ".join(spoken)


def test_machine_sounds_are_as_long_as_asked() -> None:
    for sound in (dtmf(24_000, _random()), ringback(24_000), fax(24_000), household(24_000, _random())):
        assert sound.size == 24_000
        assert float(np.abs(sound).max()) > 0.01


def test_a_machine_without_recordings_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="no recordings"):
        recordings(tmp_path)


def test_an_unknown_noise_is_refused() -> None:
    with pytest.raises(ValueError, match="earthquake"):
        _clip(Condition("odd", noise="earthquake"))
