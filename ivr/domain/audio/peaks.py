"""How loud each lane of a recording is, tenth of a second by tenth: what a player draws. Nobody hears words in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

PEAK_MS: Final = 100
#: What stands for full scale.
LOUDEST: Final = 255


@dataclass(frozen=True)
class Peaks:
    """One byte per `PEAK_MS` of each lane: `LOUDEST` times the square root of the loudest sample's share of full scale.

    A root, so that quiet speech is seen too.
    """

    lanes: tuple[bytes, ...] = field(repr=False)
