"""Silero v6 confirms that a piece holds a human voice, before Whisper is asked what it says.

Whisper invents words on music, dishes and tones (and needs seconds for it), so nothing reaches it unconfirmed.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from ivr.audio.pcm import Samples
from ivr.errors import HostError

SILERO_HZ = 16_000
_WINDOW = 512
_CONTEXT = 64
WINDOW_MS = _WINDOW * 1000 // SILERO_HZ
_LOUD_FRAMES = 5
# Always the same noise, so that the same piece always gets the same answer.
_FLOOR = np.random.default_rng(20).standard_normal(10 * SILERO_HZ).astype(np.float32)


@dataclass(frozen=True)
class SileroSettings:
    """A window of 32 ms is voice from `threshold` on and stays voice down to `keep`.

    A piece is speech when voice fills `min_voiced_ms` and `min_share` of it: hold music reaches the threshold for
    a few scattered windows, a bare "non" for a good part of its short piece. Quiet pieces are raised by at most
    `max_gain_db`, and a faint noise at `floor_dbfs` is laid under them: the network was made for lines that are
    never quite silent and misses voice between the digital zeros of a clean A-law call.
    """

    threshold: float = 0.3
    keep: float = 0.2
    min_voiced_ms: int = 96
    min_share: float = 0.06
    bridge_ms: int = 160
    max_gain_db: float = 24.0
    floor_dbfs: float = -40.0


@dataclass(frozen=True)
class VoicedRange:
    """Milliseconds from the start of the piece, end excluded."""

    start_ms: int
    end_ms: int


class Silero:
    """Runs the network inside faster-whisper's wheel over one whole piece at a time. Not for several threads."""

    def __init__(self, settings: SileroSettings | None = None, model: Path | None = None) -> None:
        self._settings = settings or SileroSettings()
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = options.intra_op_num_threads = 1
        options.log_severity_level = 4
        try:
            path = model or silero_path()
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except HostError:
            raise
        except Exception as error:
            raise HostError(
                f"the voice network cannot be loaded: {error}",
                where=str(model or "silero"),
                remedy="reinstall faster-whisper",
            ) from error

    def voiced(self, samples: Samples) -> tuple[VoicedRange, ...]:
        """Return where a human voice is heard in 16 kHz `samples`, in order; empty when the piece is not speech."""
        settings = self._settings
        probability = self.probabilities(samples)
        ranges: list[VoicedRange] = []
        start: int | None = None
        for index, value in enumerate([*probability.tolist(), 0.0]):
            if start is None and value >= settings.threshold:
                start = index
            elif start is not None and value < settings.keep:
                found = VoicedRange(start * WINDOW_MS, index * WINDOW_MS)
                if ranges and found.start_ms - ranges[-1].end_ms <= settings.bridge_ms:
                    found = VoicedRange(ranges.pop().start_ms, found.end_ms)
                ranges.append(found)
                start = None
        voiced_ms = WINDOW_MS * int(np.count_nonzero(probability >= settings.threshold))
        length_ms = samples.size * 1000 // SILERO_HZ
        return tuple(ranges) if voiced_ms >= max(settings.min_voiced_ms, settings.min_share * length_ms) else ()

    def probabilities(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Return the probability of voice of each 32 ms window; the last one is padded with silence."""
        if samples.size == 0:
            return np.zeros(0, dtype=np.float32)
        level = np.float32(10 ** (self._settings.floor_dbfs / 20))
        raised = samples * self._gain(samples) + np.resize(_FLOOR, samples.size) * level
        padded = np.pad(raised, (_CONTEXT, -samples.size % _WINDOW))
        # Each window is preceded by the last samples of the one before it.
        windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW + _CONTEXT)[::_WINDOW]
        state = np.zeros((1, 1, 128), dtype=np.float32)
        output = self._session.run(
            None, {"input": np.ascontiguousarray(windows, dtype=np.float32), "h": state, "c": state}
        )[0]
        return np.asarray(output, dtype=np.float32).reshape(-1)

    def _gain(self, samples: Samples) -> np.float32:
        frames = samples[: samples.size // 320 * 320].reshape(-1, 320)
        if len(frames) < _LOUD_FRAMES:
            return np.float32(1.0)
        # The fifth loudest 20 ms: a click does not count, a single word in long silence does.
        loud = float(np.sort(np.sqrt(np.mean(np.square(frames), axis=1)))[-_LOUD_FRAMES])
        return np.float32(min(max(0.1 / max(loud, 1e-6), 1.0), 10 ** (self._settings.max_gain_db / 20)))


def silero_path() -> Path:
    """Return where faster-whisper keeps the network; raises HostError when it is not installed."""
    spec = importlib.util.find_spec("faster_whisper")
    if spec is None or spec.origin is None:
        raise HostError("faster-whisper is not installed", where="silero", remedy="install the locked requirements")
    found = sorted((Path(spec.origin).parent / "assets").glob("silero_vad_v6*.onnx"))
    if not found:
        raise HostError("its wheel holds no silero_vad_v6", where="faster-whisper", remedy="install version 1.2.1")
    return found[-1]
