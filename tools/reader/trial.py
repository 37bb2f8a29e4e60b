"""The first reader as it is to sentences that it never learnt: a trial model, taught two thirds of the families."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

from ivr.domain.hearing.verdict import OPPOSING, Thresholds
from ivr.speech.intent.concepts import shipped_lexicon
from ivr.speech.intent.model import IntentModel
from ivr.speech.intent.weights import save
from ivr.speech.understanding import Hypothesis
from tools.corpus.sentences import Sentence
from tools.reader.examples import Example
from tools.training.fitting import calibrated, fit, samples

_SEED = 20_240
_ONE_IN = 3
#: As low as a program may ask.
_SOONEST = {label.value: Thresholds(0.75, 0.2) for label in OPPOSING}


def kept_from_trial(meaning: str) -> bool:
    """Whether the trial model is not taught this family."""
    return zlib.crc32(f"half {meaning}".encode()) % _ONE_IN == 0


def trial_model(sentences: Sequence[Sentence], file: Path) -> IntentModel:
    """Return the trial model, fitted once and kept in `file`: a few minutes of one core."""
    if not file.exists():
        known = [one for one in sentences if one.split != "test"]
        learnt = [one for one in known if not kept_from_trial(one.meaning)]
        kept = [one for one in known if kept_from_trial(one.meaning) and one.source == "free"]
        file.parent.mkdir(parents=True, exist_ok=True)
        save(calibrated(fit(samples(learnt, seed=_SEED), shipped_lexicon()), kept, shipped_lexicon()), file)
    return IntentModel.load(file)


def bare_scores(trial: IntentModel, examples: Sequence[Example]) -> dict[int, float]:
    """Return, by their place, the trial's score of what opposes and has no ground, in families it was not taught."""
    found: dict[int, float] = {}
    for at, one in enumerate(examples):
        if one.label in OPPOSING and one.kind == "typed free" and kept_from_trial(one.group):
            reading = trial.judge(
                [Hypothesis(one.text, 0.0)], last_prompt="", after_disclosure=False, thresholds=_SOONEST
            )
            if reading.ground is None:
                found[at] = reading.score if reading.label is one.label else 0.0
    return found
