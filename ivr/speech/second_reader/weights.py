"""The second reader's weights in a file: a small network on sentence vectors, and its calibrated bounds."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ivr.errors import SpeechError
from ivr.speech.intent.weights import LABELS
from ivr.speech.second_reader.agreement import Bounds
from ivr.speech.second_reader.encoder import WIDTH

SHIPPED = Path(__file__).with_name("reader.npz")
FORMAT = 2
_REMEDY = "train it again with: python -m tools.reader"

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ReaderWeights:
    """`hidden` [WIDTH, h], `hidden_bias` [h], `out` [h, labels] and `out_bias` [labels], in the order of LABELS."""

    hidden: Array
    hidden_bias: Array
    out: Array
    out_bias: Array
    bounds: Bounds

    def probabilities(self, vectors: Array) -> Array:
        """Return one row of probabilities per sentence vector, in the order of LABELS."""
        inner = np.maximum(vectors @ self.hidden + self.hidden_bias, 0.0)
        logits = inner @ self.out + self.out_bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


def save(weights: ReaderWeights, path: Path) -> None:
    """Write the weights; the same weights give the same bytes."""
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            format=np.array(FORMAT, dtype=np.int32),
            hidden=weights.hidden.astype(np.float16),
            hidden_bias=weights.hidden_bias.astype(np.float32),
            out=weights.out.astype(np.float32),
            out_bias=weights.out_bias.astype(np.float32),
            bounds=np.array(astuple(weights.bounds), dtype=np.float64),
        )


def load(path: Path = SHIPPED) -> ReaderWeights:
    """Read weights. Raises SpeechError when the file is missing, damaged or of another format."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            if int(archive["format"]) != FORMAT:
                raise SpeechError(f"second reader of format {archive['format']}", where=str(path), remedy=_REMEDY)
            hidden, hidden_bias, out, out_bias = (
                archive[name].astype(np.float32) for name in ("hidden", "hidden_bias", "out", "out_bias")
            )
            bounds = Bounds(*(float(bound) for bound in archive["bounds"]))
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as cause:
        raise SpeechError("the second reader cannot be read", where=str(path), remedy=_REMEDY) from cause
    width, between = hidden.shape if hidden.ndim == 2 else (0, 0)
    shapes = (width, hidden_bias.shape, out.shape, out_bias.shape)
    if shapes != (WIDTH, (between,), (between, len(LABELS)), (len(LABELS),)) or not np.isfinite(hidden).all():
        raise SpeechError("the second reader has the wrong shape or broken numbers", where=str(path), remedy=_REMEDY)
    return ReaderWeights(hidden, hidden_bias, out, out_bias, bounds)
