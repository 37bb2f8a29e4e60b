"""Real recognisers of other forms, made of the installed Whisper base: no model hub is needed.

They hear what Whisper base hears. One is as wide as large-v3 (128 mel bands, 51,866 words), one is an ONNX export as
onnx-asr loads them. A third, a CTC model of two tones, is made by hand: it says when it heard what.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from ivr.speech.adaptation import Adaptation
from ivr.speech.weights_file import Weight, WeightsFile, parse

Array = npt.NDArray[np.generic]
Shape = Sequence[int | str]

_OPSET = 20
_LAYERS, _HEADS, _WIDTH = 6, 8, 512
_STEPS = 700  # of 20 ms
_FLOAT = TensorProto.FLOAT


def _weights(source: Path) -> WeightsFile:
    """Whisper base, its encoder adapted to telephone lines as that of the lean copy is."""
    return Adaptation.load().applied(parse((source / "model.bin").read_bytes(), str(source)), str(source))


# ---------------------------------------------------------------- as wide as large-v3


def write_wide_whisper(source: Path, target: Path) -> Path:
    """Write `source` (Whisper base) as a CTranslate2 model of 128 mel bands with large-v3's hundredth language.

    Each of the 80 bands becomes a mixture of the two of the 128 that lie nearest to it.
    """
    target.mkdir(parents=True, exist_ok=True)
    words = json.loads((source / "vocabulary.json").read_text())
    added = words.index("<|su|>") + 1
    words.insert(added, "<|yue|>")
    (target / "vocabulary.json").write_text(json.dumps(words))
    config = json.loads((source / "config.json").read_text())
    for key in ("suppress_ids", "suppress_ids_begin", "lang_ids"):
        config[key] = [token + (token >= added) for token in config[key]]
    config["lang_ids"].append(added)
    (target / "config.json").write_text(json.dumps(config))
    _write_wide_tokenizer(source, target, added)

    file = _weights(source)
    arrays = {weight.name: weight for weight in file.weights}
    embedding = arrays["decoder/embeddings/weight"]
    rows = embedding.array()
    # The new language is as likely as Sundanese, the one before it: never.
    rows = np.insert(rows, added, rows[added - 1], axis=0)
    conv = arrays["encoder/conv1/weight"]
    narrow = conv.array().astype(np.float32)
    wide = np.einsum("omk,mw->owk", narrow, _mixture()).astype(np.float16)
    file = file.replaced(
        [
            Weight(embedding.name, rows.shape, embedding.kind, rows.tobytes()),
            Weight(conv.name, wide.shape, conv.kind, np.ascontiguousarray(wide).tobytes()),
        ]
    )
    (target / "model.bin").write_bytes(file.packed())
    return target


def _mixture() -> npt.NDArray[np.float32]:
    """80 × 128: what each of the 80 bands is of the 128. Both lie evenly on the mel scale, from 0 to 8,000 Hz."""
    mixture = np.zeros((80, 128), np.float32)
    for band in range(80):
        place = (band + 1) * 129 / 81 - 1
        below = int(place)
        mixture[band, below], mixture[band, min(below + 1, 127)] = 1 - (place - below), place - below
    return mixture


def _write_wide_tokenizer(source: Path, target: Path, added: int) -> None:
    tokenizer = json.loads((source / "tokenizer.json").read_text())
    tokens = tokenizer["added_tokens"]
    for token in tokens:
        token["id"] += token["id"] >= added
    like = next(token for token in tokens if token["content"] == "<|su|>")
    tokenizer["added_tokens"] = sorted([*tokens, {**like, "id": added, "content": "<|yue|>"}], key=lambda t: t["id"])
    (target / "tokenizer.json").write_text(json.dumps(tokenizer))


# ---------------------------------------------------------------- ONNX


class _Graph:
    """Nodes and constants under construction. A method adds one operation and returns the name of its result."""

    def __init__(self, arrays: dict[str, Array]) -> None:
        self._arrays, self._count = arrays, 0
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        self._count += 1
        name = f"{kind}_{self._count}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def constant(self, value: Array, name: str = "") -> str:
        name = name or f"constant_{len(self._constants)}"
        self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def weight(self, name: str, transposed: bool = False) -> str:
        key = f"{name}{'/t' if transposed else ''}"
        if key not in self._constants:
            value = self._arrays[name].astype(np.float32)
            self.constant(value.T if transposed else value, key)
        return key

    def ints(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def linear(self, x: str, name: str) -> str:
        return self.node(
            "Add", self.node("MatMul", x, self.weight(f"{name}/weight", True)), self.weight(f"{name}/bias")
        )

    def norm(self, x: str, name: str) -> str:
        return self.node(
            "LayerNormalization", x, self.weight(f"{name}/gamma"), self.weight(f"{name}/beta"), axis=-1, epsilon=1e-5
        )

    def heads(self, x: str) -> str:
        """Batch × time × width to batch × heads × time × part."""
        apart = self.node("Reshape", x, self.ints(0, 0, _HEADS, _WIDTH // _HEADS))
        return self.node("Transpose", apart, perm=[0, 2, 1, 3])

    def attention(self, query: str, key: str, value: str, mask: str = "") -> str:
        """Of heads, to batch × time × width."""
        scores = self.node("MatMul", query, self.node("Transpose", key, perm=[0, 1, 3, 2]))
        scores = self.node("Mul", scores, self.constant(np.array((_WIDTH // _HEADS) ** -0.5, np.float32)))
        if mask:
            scores = self.node("Add", scores, mask)
        mixed = self.node("MatMul", self.node("Softmax", scores, axis=-1), value)
        return self.node("Reshape", self.node("Transpose", mixed, perm=[0, 2, 1, 3]), self.ints(0, 0, _WIDTH))

    def parts(self, x: str, count: int) -> list[str]:
        size = self.ints(*([_WIDTH] * count))
        names = [f"part_{len(self._nodes)}_{n}" for n in range(count)]
        self._nodes.append(helper.make_node("Split", [x, size], names, axis=-1))
        return names

    def feed_forward(self, x: str, name: str) -> str:
        inner = self.node("Gelu", self.linear(self.norm(x, f"{name}/layer_norm"), f"{name}/linear_0"))
        return self.node("Add", x, self.linear(inner, f"{name}/linear_1"))

    def write(self, path: Path, takes: list[onnx.ValueInfoProto], gives: dict[str, tuple[str, Shape]]) -> None:
        """`gives` are the outputs: of each the result that it is, and its shape."""
        for output, (result, _) in gives.items():
            self._nodes.append(helper.make_node("Identity", [result], [output]))
        outputs = [helper.make_tensor_value_info(output, _FLOAT, shape) for output, (_, shape) in gives.items()]
        graph = helper.make_graph(self._nodes, "graph", takes, outputs, list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=10)
        path.write_bytes(model.SerializeToString())


def write_onnx_whisper(source: Path, target: Path) -> Path:
    """Write `source` (Whisper base) as onnx-asr loads an exported Whisper: two graphs, two vocabularies, a config."""
    target.mkdir(parents=True, exist_ok=True)
    arrays = {weight.name: weight.array() for weight in _weights(source).weights}
    _write_encoder(_Graph(arrays), target / "encoder_model.onnx")
    _write_decoder(_Graph(arrays), target / "decoder_model_merged.onnx")
    (target / "config.json").write_text(json.dumps({"model_type": "whisper", "num_mel_bins": 80}))
    words = json.loads((source / "vocabulary.json").read_text())
    special = words.index("<|endoftext|>")
    for name, first, last in (("vocab.json", 0, special), ("added_tokens.json", special, len(words))):
        (target / name).write_text(json.dumps({words[n]: n for n in range(first, last)}), encoding="utf-8")
    return target


def _write_encoder(graph: _Graph, path: Path) -> None:
    """It also prepares the keys and values that every layer of the decoder attends to: once, not at each step.

    onnx-asr fills every piece up to thirty seconds; only the first fourteen are encoded, so that tests are fast.
    """
    x = graph.node("Slice", "input_features", graph.ints(0), graph.ints(2 * _STEPS), graph.ints(2))
    for name, stride in (("conv1", 1), ("conv2", 2)):
        weight, bias = (graph.weight(f"encoder/{name}/{part}") for part in ("weight", "bias"))
        x = graph.node("Gelu", graph.node("Conv", x, weight, bias, pads=[1, 1], strides=[stride]))
    x = graph.node("Transpose", x, perm=[0, 2, 1])
    places = graph.weight("encoder/position_encodings/encodings")
    x = graph.node("Add", x, graph.node("Slice", places, graph.ints(0), graph.ints(_STEPS), graph.ints(0)))
    for layer in range(_LAYERS):
        name = f"encoder/layer_{layer}/self_attention"
        q, k, v = graph.parts(graph.linear(graph.norm(x, f"{name}/layer_norm"), f"{name}/linear_0"), 3)
        found = graph.attention(graph.heads(q), graph.heads(k), graph.heads(v))
        x = graph.node("Add", x, graph.linear(found, f"{name}/linear_1"))
        x = graph.feed_forward(x, f"encoder/layer_{layer}/ffn")
    x = graph.norm(x, "encoder/layer_norm")
    prepared = [graph.linear(x, f"decoder/layer_{layer}/attention/linear_1") for layer in range(_LAYERS)]
    x = graph.node("Concat", *prepared, axis=-1)
    takes = [helper.make_tensor_value_info("input_features", _FLOAT, ["batch", 80, 3000])]
    graph.write(path, takes, {"last_hidden_state": (x, ["batch", _STEPS, 2 * _LAYERS * _WIDTH])})


def _write_decoder(graph: _Graph, path: Path) -> None:
    """For one piece at a time. Keys and values of the steps before are handed in: none, in any shape, at the first."""
    takes = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "time"]),
        helper.make_tensor_value_info("encoder_hidden_states", _FLOAT, ["batch", _STEPS, 2 * _LAYERS * _WIDTH]),
        helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1]),
    ]
    part = _WIDTH // _HEADS
    gives: dict[str, tuple[str, Shape]] = {}
    before = graph.node("Shape", "past_key_values.0.decoder.key", start=2, end=3)
    length = graph.node("Shape", "input_ids", start=1, end=2)
    until = graph.node("Add", before, length)

    table = graph.weight("decoder/embeddings/weight", True)
    x = graph.node("Transpose", graph.node("Gather", table, "input_ids", axis=1), perm=[1, 2, 0])
    places = graph.weight("decoder/position_encodings/encodings")
    x = graph.node("Add", x, graph.node("Slice", places, before, until, graph.ints(0)))
    unseen = graph.node(
        "Expand", graph.constant(np.full((1, 1), -1e9, np.float32)), graph.node("Concat", length, until, axis=0)
    )
    above = graph.node("Squeeze", graph.node("Add", before, graph.ints(1)))
    mask = graph.node("Trilu", unseen, above, upper=1)
    heard = graph.parts("encoder_hidden_states", 2 * _LAYERS)
    shape = graph.node("Concat", graph.ints(1, _HEADS), before, graph.ints(part), axis=0)
    for layer in range(_LAYERS):
        name = f"decoder/layer_{layer}"
        q, k, v = graph.parts(
            graph.linear(graph.norm(x, f"{name}/self_attention/layer_norm"), f"{name}/self_attention/linear_0"), 3
        )
        known = []
        for what, new in (("key", k), ("value", v)):
            past = f"past_key_values.{layer}.decoder.{what}"
            takes.append(helper.make_tensor_value_info(past, _FLOAT, ["pieces", _HEADS, "before", part]))
            old = graph.node("Reshape", past, shape, allowzero=1)
            known.append(graph.node("Concat", old, graph.heads(new), axis=2))
            gives[f"present.{layer}.decoder.{what}"] = (known[-1], ["batch", _HEADS, "until", part])
        found = graph.attention(graph.heads(q), known[0], known[1], mask)
        x = graph.node("Add", x, graph.linear(found, f"{name}/self_attention/linear_1"))
        query = graph.heads(graph.linear(graph.norm(x, f"{name}/attention/layer_norm"), f"{name}/attention/linear_0"))
        found = graph.attention(query, graph.heads(heard[2 * layer]), graph.heads(heard[2 * layer + 1]))
        x = graph.node("Add", x, graph.linear(found, f"{name}/attention/linear_2"))
        x = graph.feed_forward(x, f"{name}/ffn")
    last = graph.node("Slice", x, graph.ints(-1), graph.ints(1 << 40), graph.ints(1))
    x = graph.node("MatMul", graph.norm(last, "decoder/layer_norm"), table)
    graph.write(path, takes, {"logits": (x, ["batch", 1, "words"]), **gives})


# ---------------------------------------------------------------- two tones

#: What the CTC model writes for each tone, in hertz.
TONES = {"non": 500.0, "oui": 2000.0}
_BANDS = 80


def write_tone_speller(target: Path) -> Path:
    """Write a CTC model in NeMo's form that writes a word while it hears the tone of that word, and nothing else."""
    target.mkdir(parents=True, exist_ok=True)
    graph = _Graph({})
    # Loudness of the band of each tone over 80 ms, against a constant for the blank.
    filters = np.zeros((len(TONES) + 1, _BANDS, 1), np.float32)
    for number, hz in enumerate(TONES.values()):
        filters[number, int(_band(hz))] = 4.0
    bias = np.array([*([0.0] * len(TONES)), 5.2], np.float32)
    x = graph.node("AveragePool", "audio_signal", kernel_shape=[8], strides=[8], ceil_mode=1)
    x = graph.node("Conv", x, graph.constant(filters), graph.constant(bias))
    x = graph.node("LogSoftmax", graph.node("Transpose", x, perm=[0, 2, 1]), axis=-1)
    takes = [
        helper.make_tensor_value_info("audio_signal", _FLOAT, ["batch", _BANDS, "time"]),
        helper.make_tensor_value_info("length", TensorProto.INT64, ["batch"]),
    ]
    graph.write(target / "model.onnx", takes, {"logprobs": (x, ["batch", "steps", len(TONES) + 1])})
    words = [*(f"\u2581{word}" for word in TONES), "<blk>"]
    (target / "vocab.txt").write_text("".join(f"{word} {n}\n" for n, word in enumerate(words)), encoding="utf-8")
    (target / "config.json").write_text(json.dumps({"model_type": "nemo-conformer-ctc"}))
    return target


def _band(hz: float) -> float:
    """Which of 80 Slaney mel bands between 0 and 8,000 Hz has its centre there."""

    def mel(f: float) -> float:
        return f * 3 / 200 if f < 1000 else 15 + 27 * np.log(f / 1000) / np.log(6.4)

    return mel(hz) / mel(8000) * (_BANDS + 1) - 0.5
