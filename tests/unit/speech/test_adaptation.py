"""What is added to the packaged weights, and what is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from ivr.errors import HostError
from ivr.speech.adaptation import SHIPPED, Adaptation
from ivr.speech.weights_file import Weight, WeightsFile, parse

_HEAD = struct.pack("<I", 6) + struct.pack("<H", 2) + b"w\0" + struct.pack("<I", 3)
_LAYER = "encoder/layer_0/ffn/linear_0"


def _file(*weights: Weight) -> WeightsFile:
    return WeightsFile(_HEAD, weights, struct.pack("<I", 0))


def _half(name: str, values: np.ndarray) -> Weight:
    return Weight(name, values.shape, 4, values.astype("<f2").tobytes())


def _adaptation(rank: int = 2) -> Adaptation:
    a, b = np.full((rank, 3), 0.5, np.float16), np.full((4, rank), 2.0, np.float16)
    return Adaptation({_LAYER: (a, b)})


def test_a_file_that_is_read_and_written_is_the_same() -> None:
    content = _file(_half("one", np.ones((2, 3))), Weight("two", (), 1, b"\x07")).packed()
    found = parse(content, "model.bin")
    assert found.packed() == content
    assert [(weight.name, weight.shape) for weight in found.weights] == [("one", (2, 3)), ("two", ())]
    assert found.weights[0].array().tolist() == [[1, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize("cut", [0, 3, 9, 20, 30])
def test_a_file_cut_short_is_refused_by_its_name(cut: int) -> None:
    content = _file(_half("one", np.ones((2, 3)))).packed()
    with pytest.raises(HostError, match=r"model\.bin"):
        parse(content[:cut], "model.bin")


def test_the_change_is_added_to_the_weight_it_names_and_to_no_other() -> None:
    before = _file(_half(f"{_LAYER}/weight", np.ones((4, 3))), _half("other/weight", np.ones((4, 3))))
    after = _adaptation().applied(before, "model.bin")
    assert after.weights[0].array().tolist() == np.full((4, 3), 3.0).tolist()
    assert after.weights[1] == before.weights[1]


@pytest.mark.parametrize(
    "weight",
    [_half("another/weight", np.ones((4, 3))), _half(f"{_LAYER}/weight", np.ones((3, 4)))],
    ids=["no such layer", "another shape"],
)
def test_a_model_that_it_was_not_made_for_is_refused(weight: Weight) -> None:
    with pytest.raises(HostError, match="does not fit"):
        _adaptation().applied(_file(weight), "model.bin")


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "change.npz"
    _adaptation().save(path)
    a, b = Adaptation.load(path).factors[_LAYER]
    assert (a.tolist(), b.tolist()) == tuple(factor.tolist() for factor in _adaptation().factors[_LAYER])


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "cut", "flipped"])
def test_a_damaged_file_is_named_with_its_remedy(damage: str, tmp_path: Path) -> None:
    path, content = tmp_path / "change.npz", bytearray(SHIPPED.read_bytes())
    match damage:
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("not weights")
        case "cut":
            path.write_bytes(content[:5000])
        case "flipped":
            content[4000] ^= 0xFF
            path.write_bytes(content)
    with pytest.raises(HostError, match=r"change\.npz"):
        Adaptation.load(path)


def test_the_shipped_change_touches_every_linear_layer_of_the_encoder_and_nothing_else() -> None:
    names = set(Adaptation.load().factors)
    parts = ("self_attention/linear_0", "self_attention/linear_1", "ffn/linear_0", "ffn/linear_1")
    assert names == {f"encoder/layer_{layer}/{part}" for layer in range(6) for part in parts}
