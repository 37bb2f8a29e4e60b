"""Fits the small network on sentence vectors, in numpy alone: same examples, same seed, same weights."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ivr.domain.hearing.verdict import Label
from ivr.speech.intent.weights import LABELS
from ivr.speech.second_reader.agreement import Bounds, weight
from ivr.speech.second_reader.encoder import WIDTH
from ivr.speech.second_reader.weights import ReaderWeights
from tools.reader.examples import Example

Floats = npt.NDArray[np.float32]
_HIDDEN, _EPOCHS, _BATCH, _RATE, _DECAY = 192, 8, 256, 1.5e-3, 0.1
_FOLDS = 4
_AT = {label: at for at, label in enumerate(LABELS)}
_OPPOSING = [_AT[Label.OBJECTION_RECORDING], _AT[Label.REFUSAL_CONTACT]]


@dataclass(frozen=True)
class Losses:
    """Shares of what opposes that the second reader may keep from being acted upon (`act`), and from being asked about
    where there is a ground (`ask`); of what has none and would be asked about, the share that is not (`bare`, and
    `bare_contact`)."""

    act: float
    ask: float
    bare: float
    bare_contact: float


def fit(vectors: Floats, examples: Sequence[Example], seed: int) -> ReaderWeights:
    """Train with Adam on the weighted cross entropy; the bounds are still open (0).

    Sentence vectors point nearly one way: the network learns from what is left when their mean is taken away.
    """
    random_ = np.random.default_rng(seed)
    mean, spread = vectors.mean(axis=0), vectors.std(axis=0) + np.float32(1e-4)
    scaled = ((vectors - mean) / spread).astype(np.float32)
    truth = np.eye(len(LABELS), dtype=np.float32)[[_AT[one.label] for one in examples]]
    weight = np.array([one.weight for one in examples], np.float32)
    shapes = ((WIDTH, _HIDDEN), (_HIDDEN,), (_HIDDEN, len(LABELS)), (len(LABELS),))
    values = [
        random_.normal(0, np.sqrt(2 / shape[0]), shape).astype(np.float32)
        if len(shape) == 2
        else np.zeros(shape, np.float32)
        for shape in shapes
    ]
    first, second = [np.zeros_like(v) for v in values], [np.zeros_like(v) for v in values]
    step = 0
    for epoch in range(_EPOCHS):
        rate = _RATE * (1 - epoch / _EPOCHS)
        order = random_.permutation(len(examples))
        for at in range(0, len(order), _BATCH):
            rows, step = order[at : at + _BATCH], step + 1
            for index, slope in enumerate(_slopes(values, scaled[rows], truth[rows], weight[rows])):
                first[index] = 0.9 * first[index] + 0.1 * slope
                second[index] = 0.999 * second[index] + 0.001 * slope**2
                move = (first[index] / (1 - 0.9**step)) / (np.sqrt(second[index] / (1 - 0.999**step)) + 1e-8)
                values[index] = (values[index] - rate * (move + _DECAY * values[index])).astype(np.float32)
    hidden, hidden_bias, out, out_bias = values
    narrowed = (hidden / spread[:, None]).astype(np.float16).astype(np.float32)
    return ReaderWeights(narrowed, hidden_bias - mean @ narrowed, out, out_bias, Bounds(0.0, 0.0, 0.0, 0.0, 0.0))


def _slopes(values: Sequence[Floats], given: Floats, truth: Floats, weight: Floats) -> list[Floats]:
    hidden, hidden_bias, out, out_bias = values
    inner = np.maximum(given @ hidden + hidden_bias, 0.0)
    logits = inner @ out + out_bias
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    wrong = (powers / powers.sum(axis=1, keepdims=True) - truth) * (weight / weight.sum())[:, None]
    back = (wrong @ out.T) * (inner > 0)
    return [given.T @ back, back.sum(axis=0), inner.T @ wrong, wrong.sum(axis=0)]


def opposing(weights: ReaderWeights, vectors: Floats) -> Floats:
    """Return the probability of opposing anything, per row."""
    found: Floats = weights.probabilities(vectors)[:, _OPPOSING].sum(axis=1)
    return found


def unseen(vectors: Floats, examples: Sequence[Example], seed: int) -> Floats:
    """Return for each example its probability of opposing by a network that was not taught its group."""
    folds = np.array([zlib.crc32(f"fold {one.group}".encode()) % _FOLDS for one in examples])
    found = np.zeros(len(examples), np.float32)
    for fold in range(_FOLDS):
        learnt = [one for one, at in zip(examples, folds, strict=True) if at != fold]
        found[folds == fold] = opposing(fit(vectors[folds != fold], learnt, seed), vectors[folds == fold])
    return found


def bounds(found: Floats, scores: Mapping[int, float], examples: Sequence[Example], losses: Losses) -> Bounds:
    """Return the highest bounds that lose no larger a share of what opposes than `losses` says.

    `scores` are the first reader's, by the place of the example, of opposition without a ground in families that it
    was not taught; what is lost of them counts as a share of all that was weighed with them.
    """
    labels = np.array([_AT[one.label] for one in examples])
    objects, refuses = (labels == at for at in _OPPOSING)
    act, act_contact = (_lowest(found[rows], losses.act) for rows in (objects, refuses))
    ask = min(act, act_contact, _lowest(found[objects | refuses], losses.ask))
    bare, bare_contact = (
        _lowest(
            np.array([weight(score, float(found[at])) for at, score in scores.items() if rows[at]], np.float32),
            loss,
        )
        for rows, loss in ((objects, losses.bare), (refuses, losses.bare_contact))
    )
    return Bounds(*(round(one, 4) for one in (act, act_contact, ask, bare, bare_contact)))


def _lowest(scores: Floats, loss: float) -> float:
    return float(np.quantile(scores.astype(np.float64), min(1.0, loss))) if scores.size else 0.0
