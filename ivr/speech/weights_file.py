"""CTranslate2's model.bin, format 6: a head, named arrays, and a tail of aliases; read and written back whole."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ivr.errors import HostError

_FORMAT = 6
_KINDS = {0: "<f4", 1: "<i1", 2: "<i2", 3: "<i4", 4: "<f2"}


@dataclass(frozen=True)
class Weight:
    """One array as it lies in the file: its shape, CTranslate2's number for its type, and its bytes."""

    name: str
    shape: tuple[int, ...]
    kind: int
    raw: bytes | memoryview

    def array(self) -> npt.NDArray[np.generic]:
        """Return the values; read only."""
        return np.frombuffer(self.raw, _KINDS[self.kind]).reshape(self.shape)


@dataclass(frozen=True)
class WeightsFile:
    """What a model.bin holds."""

    head: bytes
    weights: tuple[Weight, ...]
    tail: bytes

    def packed(self) -> bytes:
        """Return the bytes of the file; parsed and packed again they are the same."""
        out = bytearray(self.head)
        out += struct.pack("<I", len(self.weights))
        for weight in self.weights:
            out += _named(weight.name)
            out += struct.pack(f"<B{len(weight.shape)}I", len(weight.shape), *weight.shape)
            out += struct.pack("<BI", weight.kind, len(weight.raw))
            out += weight.raw
        return bytes(out + self.tail)

    def replaced(self, weights: Iterable[Weight]) -> WeightsFile:
        """Return the file with other arrays in the place of those of the same names."""
        by_name = {weight.name: weight for weight in weights}
        return WeightsFile(self.head, tuple(by_name.get(weight.name, weight) for weight in self.weights), self.tail)


def parse(content: bytes, where: str) -> WeightsFile:
    """Read model.bin; raises HostError naming `where` when it is of another format or cut short."""
    view, at = memoryview(content), 0

    def take(size: int) -> memoryview:
        nonlocal at
        at += size
        if at > len(view):
            raise unknown_format(where)
        return view[at - size : at]

    def number(form: str) -> int:
        return int(struct.unpack(form, take(struct.calcsize(form)))[0])

    def text() -> str:
        return bytes(take(number("<H"))[:-1]).decode("utf-8", "replace")

    if number("<I") != _FORMAT:
        raise unknown_format(where)
    text()
    take(4)
    head = bytes(view[:at])
    weights = []
    for _ in range(number("<I")):
        name = text()
        shape = tuple(number("<I") for _ in range(number("<B")))
        weights.append(Weight(name, shape, number("<B"), take(number("<I"))))
    return WeightsFile(head, tuple(weights), bytes(view[at:]))


def unknown_format(where: str) -> HostError:
    return HostError("no multilingual Whisper of the expected format", where=where, remedy="run 'ivr init'")


def _named(name: str) -> bytes:
    text = name.encode() + b"\0"
    return struct.pack("<H", len(text)) + text
