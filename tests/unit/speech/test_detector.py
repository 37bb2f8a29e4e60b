"""The cheap gate must not miss voice; Silero must not confirm anything else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ivr.audio.g711 import through_telephone
from ivr.audio.pcm import to_pcm
from ivr.audio.resampling import resample
from ivr.domain.audio.frame import FRAME_BYTES
from ivr.domain.hearing.endpointing import Endpointer, EndpointSettings, SpeechStarted
from ivr.errors import HostError
from ivr.speech.detector import WebrtcDetector
from ivr.speech.silero import Silero
from tests.fakes.telephone import not_voice, spoken

_SENTENCE = "Bonjour, je m'oppose à l'enregistrement de cet appel."


def _voiced_share(samples: np.ndarray, *, threshold: float) -> float:
    """Of the frames that are louder than `threshold`, the share called voice."""
    pcm = to_pcm(samples).tobytes()
    detector = WebrtcDetector()
    frames = [pcm[i : i + FRAME_BYTES] for i in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)]
    voiced = np.array([detector.is_voice(frame) for frame in frames])
    loud = np.array([np.sqrt(np.mean((np.frombuffer(f, "<i2") / 32768.0) ** 2)) > threshold for f in frames])
    return float(voiced[loud].mean())


@pytest.mark.parametrize("gain_db", [0, -10, -20, -30])
def test_voice_is_not_missed_on_a_clean_line_even_when_it_is_faint(gain_db: float) -> None:
    samples = spoken(_SENTENCE, gain_db=gain_db)
    assert _voiced_share(samples, threshold=0.02 * 10 ** (gain_db / 20)) > 0.98


def test_voice_is_not_missed_in_noise() -> None:
    samples = spoken(_SENTENCE)
    noise = np.random.default_rng(3).standard_normal(samples.size).astype(np.float32) * np.float32(0.01)
    assert _voiced_share(samples + noise, threshold=0.05) > 0.95


@pytest.mark.parametrize("text", [_SENTENCE, "Non merci, ça ne m'intéresse pas.", "Quelle est la date du virement ?"])
@pytest.mark.parametrize("level_db", [0, -20, -30])
def test_voice_is_covered_by_utterances_that_end_at_any_level_with_noise_20_db_below(
    level_db: float, text: str
) -> None:
    """Without levelling, quiet speech in noise passed for silence: it would have been stored unheard."""
    voice = spoken(text)
    noise = np.random.default_rng(5).standard_normal(voice.size + 24_000).astype(np.float32)
    rms = float(np.sqrt(np.mean(voice[np.abs(voice) > 0.01] ** 2)))
    line = noise * np.float32(rms / 10)
    line[8000 : 8000 + voice.size] += voice
    pcm = to_pcm(through_telephone(line * np.float32(10 ** (level_db / 20)))).tobytes()
    detector, endpointer, spans, onset_ms = WebrtcDetector(), Endpointer(EndpointSettings()), [], None
    for i in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
        edge = endpointer.frame(i // 16, detector.is_voice(pcm[i : i + FRAME_BYTES]))
        if isinstance(edge, SpeechStarted):
            onset_ms = edge.onset_ms
        elif edge is not None:
            spans.append((onset_ms, edge.end_ms))
            onset_ms = None
    assert onset_ms is None, "the utterance never ended"
    loud = np.flatnonzero(np.abs(voice) > 0.02)
    first_ms, last_ms = 1000 + loud[0] / 8, 1000 + loud[-1] / 8
    covered = sum(max(0.0, min(end, last_ms) - max(start, first_ms)) for start, end in spans)
    assert covered > 0.98 * (last_ms - first_ms)


def test_silence_is_not_voice_and_an_utterance_ends_in_it() -> None:
    pcm = to_pcm(np.concatenate([spoken("Non merci."), np.zeros(8000, np.float32)])).tobytes()
    detector, endpointer = WebrtcDetector(), Endpointer(EndpointSettings())
    edges = [
        edge
        for i in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)
        if (edge := endpointer.frame(i // 16, detector.is_voice(pcm[i : i + FRAME_BYTES])))
    ]
    assert isinstance(edges[0], SpeechStarted)
    assert len(edges) % 2 == 0


def test_a_frame_of_another_size_is_taken_for_voice() -> None:
    assert WebrtcDetector().is_voice(b"\0" * 10)


@pytest.fixture(scope="module")
def silero() -> Silero:
    return Silero()


@pytest.mark.parametrize("name", sorted(not_voice(0.5)))
def test_what_is_no_voice_is_not_confirmed(silero: Silero, name: str) -> None:
    assert silero.voiced(resample(not_voice()[name], 8000, 16_000)) == ()


@pytest.mark.parametrize("text", [_SENTENCE, "Non.", "Oui.", "Je refuse."])
@pytest.mark.parametrize("gain_db", [0, -20])
def test_voice_is_confirmed_where_it_is(silero: Silero, text: str, gain_db: float) -> None:
    quiet = np.zeros(8000, np.float32)
    samples = np.concatenate([quiet, spoken(text, gain_db=gain_db), quiet])
    found = silero.voiced(resample(samples, 8000, 16_000))
    assert found
    assert found[0].start_ms >= 800
    assert found[-1].end_ms <= samples.size // 8 - 700


def test_a_piece_of_nothing_holds_no_voice(silero: Silero) -> None:
    for size in (0, 1, 100, 511):
        assert silero.voiced(np.zeros(size, np.float32)) == ()


def test_a_network_that_cannot_be_read_is_an_environment_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a network")
    with pytest.raises(HostError) as caught:
        Silero(model=broken)
    assert caught.value.exit_code == 3
