"""The trained weights as a file: a NumPy archive, no pickle, checked when it is read."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ivr.domain.hearing.verdict import Label
from ivr.errors import SpeechError
from ivr.speech.intent.features import PLACES

SHIPPED = Path(__file__).with_name("model.npz")
LABELS = (Label.NONE, Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT, Label.QUESTION_RECORDING)
FORMAT = 1
_REMEDY = "train it again with: python -m tools.training"


@dataclass(frozen=True)
class Weights:
    """A linear model over hashed features: `table` is (PLACES, labels) float32, `bias` (labels,), in the order
    of LABELS; logits are multiplied by `sharpness` before the softmax, which calibrates the scores."""

    table: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    sharpness: float

    def probabilities(self, indices: npt.NDArray[np.int64], values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the probability of each of LABELS."""
        logits = (values @ self.table[indices] + self.bias) * self.sharpness
        powers = np.exp(logits - np.max(logits))
        return np.asarray(powers / powers.sum(), dtype=np.float32)


def save(weights: Weights, path: Path) -> None:
    """Write the weights; the same weights give the same bytes."""
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            format=np.array(FORMAT, dtype=np.int32),
            table=weights.table.astype(np.float16),
            bias=weights.bias.astype(np.float32),
            sharpness=np.array(weights.sharpness, dtype=np.float32),
        )


def load(path: Path) -> Weights:
    """Read weights. Raises SpeechError when the file is missing, damaged or of another format."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            if int(archive["format"]) != FORMAT:
                raise SpeechError(f"intent model of format {archive['format']}", where=str(path), remedy=_REMEDY)
            table = archive["table"].astype(np.float32)
            bias = archive["bias"].astype(np.float32)
            sharpness = float(archive["sharpness"])
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as cause:
        raise SpeechError("the intent model cannot be read", where=str(path), remedy=_REMEDY) from cause
    if table.shape != (PLACES, len(LABELS)) or bias.shape != (len(LABELS),) or not np.isfinite(table).all():
        raise SpeechError("the intent model has the wrong shape or broken numbers", where=str(path), remedy=_REMEDY)
    return Weights(table, bias, sharpness)
