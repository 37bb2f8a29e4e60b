"""Trains the intent model from the corpus: same corpus, same seed, same bytes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ivr.domain.hearing.verdict import Label
from ivr.speech.intent.concepts import Lexicon
from ivr.speech.intent.features import PLACES, vectorise
from ivr.speech.intent.weights import LABELS, Weights
from ivr.speech.intent.words import words
from tools.corpus.sentences import Sentence
from tools.training.mishearing import bare, misheard

_AT = {label: at for at, label in enumerate(LABELS)}
_OPPOSING = (Label.OBJECTION_RECORDING, Label.REFUSAL_CONTACT)
_INVERSE_PENALTY = 24.0
# A sentence that a person wrote out teaches more than one that a pattern made.
_SOURCE_WEIGHT = {"seed": 2.5, "free": 2.5, "grammar": 1.0}


@dataclass(frozen=True)
class Sample:
    text: str
    label: Label
    weight: float


def samples(sentences: Sequence[Sentence], *, seed: int) -> list[Sample]:
    """Return training samples: each sentence as written, without punctuation, misheard, and inside a longer turn."""
    random_ = random.Random(seed)
    calm = [s.text for s in sentences if s.label is Label.NONE and s.meaning in _FILLING]
    found: list[Sample] = []
    for sentence in sentences:
        weight = _SOURCE_WEIGHT[sentence.source]
        text, label = sentence.text, sentence.label
        found.append(Sample(text, label, weight))
        found.append(Sample(bare(text), label, weight * 0.6))
        found.append(Sample(misheard(text, random_, level=0.5), label, weight * 0.4))
        found.append(Sample(bare(misheard(text, random_, level=0.9)), label, weight * 0.3))
        if calm:
            before, after = random_.choice(calm), random_.choice(calm)
            link = random_.choice((". ", ", ", " et ", " mais ", " ", ", donc "))
            longer = random_.choice((f"{before}{link}{text}", f"{text}{link}{after}", f"{before}{link}{text}. {after}"))
            found.append(Sample(longer, label, weight * 0.4))
    return found


_FILLING = frozenset({"business-general", "business-free", "line-and-noise", "files-something", "opposes-other"})


def matrix(texts: Sequence[str], lexicon: Lexicon, *, classic: bool = False) -> csr_matrix:
    """Return the hashed features of `texts` as rows of PLACES columns."""
    rows = [vectorise(words(text), lexicon, classic=classic) for text in texts]
    pointers = np.cumsum([0, *(len(indices) for indices, _ in rows)])
    indices = np.concatenate([row[0] for row in rows]) if rows else np.zeros(0, dtype=np.int64)
    values = np.concatenate([row[1] for row in rows]) if rows else np.zeros(0, dtype=np.float32)
    found = csr_matrix((values, indices, pointers), shape=(len(texts), PLACES))
    found.sort_indices()
    return found


def fit(found: Sequence[Sample], lexicon: Lexicon, *, classic: bool = False) -> Weights:
    """Fit the linear model; single-threaded, so that the sums are made in one order."""
    with threadpool_limits(limits=1):
        features = matrix([sample.text for sample in found], lexicon, classic=classic)
        targets = np.array([_AT[sample.label] for sample in found])
        weights = np.array([sample.weight for sample in found])
        fitted = LogisticRegression(C=_INVERSE_PENALTY, solver="lbfgs", max_iter=400, tol=1e-4)
        fitted.fit(features, targets, sample_weight=weights)
    table = np.zeros((PLACES, len(LABELS)), dtype=np.float32)
    bias = np.full(len(LABELS), -20.0, dtype=np.float32)
    if len(fitted.classes_) != len(LABELS):
        raise ValueError("the corpus must hold every label")
    table[:] = fitted.coef_.T.astype(np.float16).astype(np.float32)
    bias[:] = fitted.intercept_
    return Weights(table, bias, 1.0)


def calibrated(weights: Weights, held_out: Sequence[Sentence], lexicon: Lexicon) -> Weights:
    """Return the weights with the sharpness that makes the scores of `held_out` most likely."""
    features = matrix([sentence.text for sentence in held_out], lexicon)
    logits = features @ weights.table + weights.bias
    truth = np.array([_AT[sentence.label] for sentence in held_out])
    return Weights(weights.table, weights.bias, _sharpness(np.asarray(logits, dtype=np.float64), truth))


def _sharpness(logits: npt.NDArray[np.float64], truth: npt.NDArray[np.int64]) -> float:
    best, found = np.inf, 1.0
    for sharpness in np.arange(0.4, 3.01, 0.05):
        scaled = logits * sharpness
        scaled -= scaled.max(axis=1, keepdims=True)
        likelihood = scaled[np.arange(len(truth)), truth] - np.log(np.exp(scaled).sum(axis=1))
        loss = -float(likelihood.mean())
        if loss < best:
            best, found = loss, float(sharpness)
    return found
