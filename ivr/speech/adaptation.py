"""What fits Whisper base to French on noisy telephone lines: small changes to its encoder, learnt by tools/adaptation.

Each adapted weight W [out, in] becomes W + b·a with `a` [R, in] and `b` [out, R]. They are kept apart from the
packaged weights, which stay as published, and are added when the lean copy is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from ivr.errors import HostError
from ivr.speech.weights_file import Weight, WeightsFile

SHIPPED = Path(__file__).with_name("models") / "telephone.npz"
_HALF = 4  # CTranslate2's number for 16-bit floats

Factor = npt.NDArray[np.float16]


@dataclass(frozen=True)
class Adaptation:
    """The factors (a, b) of each adapted layer, by the layer's name."""

    factors: dict[str, tuple[Factor, Factor]]

    @classmethod
    def load(cls, path: Path = SHIPPED) -> Adaptation:
        """Read the factors; raises HostError when the file is missing or damaged."""
        try:
            with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as stored:
                names = [name.removesuffix("/a") for name in stored.files if name.endswith("/a")]
                return cls({name: (stored[f"{name}/a"], stored[f"{name}/b"]) for name in names})
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            remedy = "reinstall ivr, or make the file again with 'make adapt-ear'"
            raise HostError(f"the ear's adaptation is damaged: {error}", where=str(path), remedy=remedy) from error

    def save(self, path: Path) -> None:
        """Write the factors, compressed."""
        stored = {f"{name}/a": a for name, (a, _) in self.factors.items()}
        stored |= {f"{name}/b": b for name, (_, b) in self.factors.items()}
        np.savez_compressed(path, **stored)  # type: ignore[arg-type]

    def applied(self, file: WeightsFile, where: str) -> WeightsFile:
        """Return the model's weights with the changes added; HostError when it is not the model they were made for."""
        by_name = {weight.name: weight for weight in file.weights}
        changed = []
        for name, (a, b) in self.factors.items():
            weight = by_name.get(f"{name}/weight")
            if weight is None or weight.kind != _HALF or weight.shape != (b.shape[0], a.shape[1]):
                raise HostError(
                    f"the ear's adaptation does not fit this model ({name})", where=where, remedy="run 'ivr init'"
                )
            # Summed in 64 bits, so that every machine rounds to the same 16 bits and the copy's checksum holds.
            added = weight.array().astype(np.float64) + b.astype(np.float64) @ a.astype(np.float64)
            changed.append(Weight(weight.name, weight.shape, _HALF, added.astype("<f2").tobytes()))
        return file.replaced(changed)
