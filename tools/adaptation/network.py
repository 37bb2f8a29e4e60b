"""Whisper in JAX, as much of it as training an adaptation needs: weights of CTranslate2 in, log probabilities out.

JAX because it differentiates on a CPU with one small wheel; no other part of the project needs it.
Shapes: B calls, N frames of features, S = N/2 encoder states, T tokens, R rank. Adaptation of a weight [out, in] is
a pair `a` [R, in], `b` [out, R]: the adapted layer computes x·(W + b·a)ᵀ (Hu et al., LoRA, 2021).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ivr.speech.weights_file import parse

Weights = dict[str, jax.Array]
Adaptation = dict[str, dict[str, jax.Array]]

_HIDDEN = -1e9


def load(path: Path) -> Weights:
    """Return the weights of a CTranslate2 Whisper in float32."""
    return {
        weight.name: jnp.asarray(np.asarray(value, np.float32))
        for weight in parse(path.read_bytes(), str(path)).weights
        if (value := weight.array()).dtype == np.float16
    }


def fresh(weights: Weights, rank: int, seed: int) -> Adaptation:
    """Return an adaptation of every linear layer of the encoder that changes nothing yet."""
    names = [
        name.removesuffix("/weight")
        for name in weights
        if name.startswith("encoder/") and "/linear_" in name and name.endswith("/weight")
    ]
    keys = jax.random.split(jax.random.PRNGKey(seed), len(names))
    found: Adaptation = {}
    for name, key in zip(names, keys, strict=True):
        out, inner = weights[f"{name}/weight"].shape
        found[name] = {"a": jax.random.normal(key, (rank, inner)) / jnp.sqrt(inner), "b": jnp.zeros((out, rank))}
    return found


class Network:
    """The forward passes. `heads` attention heads share the width equally."""

    def __init__(self, weights: Weights, heads: int = 8) -> None:
        self._heads = heads
        self._encoder = _count(weights, "encoder")
        self._decoder = _count(weights, "decoder")

    def encode(self, weights: Weights, adaptation: Adaptation, features: jax.Array) -> jax.Array:
        """Features [B, 80, N] to states [B, S, width]."""
        x = jax.nn.gelu(_convolve(features, weights, "encoder/conv1", 1), approximate=False)
        x = jax.nn.gelu(_convolve(x, weights, "encoder/conv2", 2), approximate=False).transpose(0, 2, 1)
        x = x + weights["encoder/position_encodings/encodings"][: x.shape[1]]
        for number in range(self._encoder):
            at = f"encoder/layer_{number}"
            h = _normal(x, weights, f"{at}/self_attention/layer_norm")
            q, k, v = jnp.split(_linear(h, weights, adaptation, f"{at}/self_attention/linear_0"), 3, -1)
            x = x + _linear(self._attend(q, k, v), weights, adaptation, f"{at}/self_attention/linear_1")
            x = x + _forward(x, weights, adaptation, f"{at}/ffn")
        return _normal(x, weights, "encoder/layer_norm")

    def decode(self, weights: Weights, states: jax.Array, tokens: jax.Array) -> jax.Array:
        """States [B, S, width] and tokens [B, T] to logits [B, T, vocabulary] of each next token."""
        length = tokens.shape[1]
        embedding = weights["decoder/embeddings/weight"]
        x = embedding[tokens] + weights["decoder/position_encodings/encodings"][:length]
        mask = jnp.where(jnp.tril(jnp.ones((length, length), bool)), 0.0, _HIDDEN)[None, None]
        for number in range(self._decoder):
            at = f"decoder/layer_{number}"
            h = _normal(x, weights, f"{at}/self_attention/layer_norm")
            q, k, v = jnp.split(_linear(h, weights, {}, f"{at}/self_attention/linear_0"), 3, -1)
            x = x + _linear(self._attend(q, k, v, mask), weights, {}, f"{at}/self_attention/linear_1")
            h = _normal(x, weights, f"{at}/attention/layer_norm")
            q = _linear(h, weights, {}, f"{at}/attention/linear_0")
            k, v = jnp.split(_linear(states, weights, {}, f"{at}/attention/linear_1"), 2, -1)
            x = x + _linear(self._attend(q, k, v), weights, {}, f"{at}/attention/linear_2")
            x = x + _forward(x, weights, {}, f"{at}/ffn")
        return _normal(x, weights, "decoder/layer_norm") @ embedding.T

    def _attend(self, q: jax.Array, k: jax.Array, v: jax.Array, mask: Any = 0.0) -> jax.Array:
        def split(x: jax.Array) -> jax.Array:
            return x.reshape(*x.shape[:2], self._heads, -1)

        size = q.shape[-1] // self._heads
        scores = jnp.einsum("bqhd,bkhd->bhqk", split(q) * size**-0.5, split(k)) + mask
        return jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores, -1), split(v)).reshape(q.shape)


def _count(weights: Weights, part: str) -> int:
    return len({name.split("/")[1] for name in weights if name.startswith(f"{part}/layer_") and name.count("/") > 2})


def _normal(x: jax.Array, weights: Weights, at: str) -> jax.Array:
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * weights[f"{at}/gamma"] + weights[f"{at}/beta"]


def _linear(x: jax.Array, weights: Weights, adaptation: Adaptation, at: str) -> jax.Array:
    y = x @ weights[f"{at}/weight"].T + weights[f"{at}/bias"]
    return y + (x @ adaptation[at]["a"].T) @ adaptation[at]["b"].T if at in adaptation else y


def _forward(x: jax.Array, weights: Weights, adaptation: Adaptation, at: str) -> jax.Array:
    h = _normal(x, weights, f"{at}/layer_norm")
    h = jax.nn.gelu(_linear(h, weights, adaptation, f"{at}/linear_0"), approximate=False)
    return _linear(h, weights, adaptation, f"{at}/linear_1")


def _convolve(x: jax.Array, weights: Weights, at: str, stride: int) -> jax.Array:
    axes = ("NCH", "OIH", "NCH")
    y = jax.lax.conv_general_dilated(x, weights[f"{at}/weight"], (stride,), [(1, 1)], dimension_numbers=axes)
    return y + weights[f"{at}/bias"][None, :, None]
