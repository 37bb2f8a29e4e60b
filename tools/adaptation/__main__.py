"""`make adapt-ear`: learn what fits the encoder of Whisper base to telephone lines, and write it beside the ear.

    python -m tools.adaptation [--calls 7500] [--steps 650] [--seed 11] [--output ivr/speech/models/telephone.npz]

Makes the calls (about 20 a second), then trains; both on the CPU, about an hour on two quiet cores. Only the encoder
learns: what it hears changes, what the decoder expects people to say does not. The same seed gives the same calls
but for the voice's breath, and results that differ a little. The ear's copy of the model, and its checksum in
`ivr/speech/model.py`, must be renewed afterwards; the command prints it.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

from ivr.errors import IvrError
from ivr.speech.adaptation import SHIPPED, Adaptation
from ivr.speech.model import join_model
from ivr.speech.tokens import FrenchTokens
from ivr.speech.vocabulary_pruning import write_lean
from tools.adaptation.calls import SIZES, Call, Calls
from tools.adaptation.network import Adaptation as Factors
from tools.adaptation.network import Network, fresh, load
from tools.corpus.recorded import MUSIC, recordings
from tools.corpus.sentences import digest

_CORPUS = Path(__file__).parents[2] / "corpus"
_LENGTHS = (24, 41)  # tokens to which a target is padded


@dataclass(frozen=True)
class Recipe:
    """`batch` calls a step; `peak` is the highest learning rate, reached after `warm_up` steps.

    `strength` is the share of what was learnt that is kept: the whole fits the synthetic voice best, a part of it
    people (words wrong on recorded prompts in noise: 45 % with the whole, 31 % with 0.6, 43 % without any).
    """

    calls: int
    steps: int
    seed: int
    rank: int = 16
    batch: int = 8
    peak: float = 8e-4
    warm_up: int = 60
    strength: float = 0.6


def learn(recipe: Recipe, directory: Path, calls: Sequence[Call]) -> tuple[Adaptation, float]:
    """Train on `calls` with the unadapted lean model in `directory`; return the change and the last mean loss."""
    weights, tokenizer = load(directory / "model.bin"), FrenchTokens(directory)
    network, start = Network(weights), [*tokenizer.sot_sequence, tokenizer.no_timestamps]
    schedule = optax.warmup_cosine_decay_schedule(
        0.0, recipe.peak, min(recipe.warm_up, recipe.steps // 2), recipe.steps, recipe.peak * 0.05
    )
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule, b2=0.98, weight_decay=0.01))

    def loss(change: Factors, weights: dict[str, jax.Array], batch: tuple[jax.Array, ...]) -> jax.Array:
        features, given, wanted, counted = batch
        states = network.encode(weights, change, features.astype(jnp.float32))
        logits = network.decode(weights, states, given)[:, len(start) - 1 :]
        found = jnp.take_along_axis(jax.nn.log_softmax(logits), wanted[..., None], -1)[..., 0]
        return -(found * counted).sum() / counted.sum()

    def step(
        change: Factors, state: optax.OptState, weights: dict[str, jax.Array], batch: tuple[jax.Array, ...]
    ) -> tuple[Factors, optax.OptState, jax.Array]:
        value, slope = jax.value_and_grad(loss)(change, weights, batch)
        update, state = optimiser.update(slope, state, change)
        return optax.apply_updates(change, update), state, value

    fast, change = jax.jit(step), fresh(weights, recipe.rank, recipe.seed)
    state, losses, begin = optimiser.init(change), [], time.monotonic()
    for number, batch in enumerate(itertools.islice(_batches(calls, tokenizer, start, recipe), recipe.steps), 1):
        change, state, value = fast(change, state, weights, batch)
        losses.append(float(value))
        if number % 25 == 0:
            took = (time.monotonic() - begin) / number
            print(
                f"step {number} of {recipe.steps}: loss {np.mean(losses[-100:]):.3f}, {took:.1f} s a step", flush=True
            )
    halves = {
        name: (np.asarray(pair["a"], np.float16), np.asarray(pair["b"] * recipe.strength, np.float16))
        for name, pair in change.items()
    }
    return Adaptation(halves), float(np.mean(losses[-100:]))


def _batches(
    calls: Sequence[Call], tokenizer: FrenchTokens, start: list[int], recipe: Recipe
) -> Iterator[tuple[jax.Array, ...]]:
    """Draw batches of calls of one size, for ever; every call once before any comes again."""
    random_ = np.random.default_rng(recipe.seed)
    targets = [tokenizer.encode(f" {call.text}") for call in calls]
    by_size = {
        size: [n for n, call in enumerate(calls) if call.features.shape[1] == size and len(targets[n]) < _LENGTHS[-1]]
        for size in SIZES
    }
    while True:
        drawn = [
            order[at : at + recipe.batch]
            for numbers in by_size.values()
            for order in [random_.permutation(numbers)]
            for at in range(0, len(order) - recipe.batch + 1, recipe.batch)
        ]
        if not drawn:
            raise ValueError(f"fewer than {recipe.batch} calls of any size: make more calls")
        for chosen in random_.permutation(len(drawn)):
            yield _batch([calls[n] for n in drawn[chosen]], [targets[n] for n in drawn[chosen]], start, tokenizer.eot)


def _batch(calls: Sequence[Call], targets: Sequence[list[int]], start: list[int], end: int) -> tuple[jax.Array, ...]:
    longest = max(len(target) for target in targets) + 1
    length = next(length for length in _LENGTHS if length >= longest)
    given = np.full((len(calls), len(start) + length - 1), end, np.int32)
    wanted = np.full((len(calls), length), end, np.int32)
    counted = np.zeros((len(calls), length), np.float32)
    for row, target in enumerate(targets):
        given[row, : len(start)] = start
        given[row, len(start) : len(start) + len(target)] = target
        wanted[row, : len(target)] = target
        counted[row, : len(target) + 1] = 1.0
    features = np.stack([call.features for call in calls])
    return tuple(jnp.asarray(value) for value in (features, given, wanted, counted))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; exit code 0, or the error's."""
    parser = argparse.ArgumentParser(prog="python -m tools.adaptation", description=__doc__)
    parser.add_argument("--calls", type=int, default=7500)
    parser.add_argument("--steps", type=int, default=650)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--output", type=Path, default=SHIPPED)
    given = parser.parse_args(arguments)
    recipe = Recipe(given.calls, given.steps, given.seed)
    try:
        songs = recordings(MUSIC)
        with tempfile.TemporaryDirectory() as folder:
            model, lean = Path(folder) / "whisper", Path(folder) / "lean"
            join_model(model)
            write_lean(model, lean, Adaptation({}))
            print(f"making {recipe.calls} calls", flush=True)
            calls = list(itertools.islice(Calls(recipe.seed, songs), recipe.calls))
            adaptation, loss = learn(recipe, lean, calls)
            adaptation.save(given.output)
            write_lean(model, lean, adaptation)
            checksum = hashlib.sha256((lean / "model.bin").read_bytes()).hexdigest()
    except IvrError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    provenance = {
        "sha256": hashlib.sha256(given.output.read_bytes()).hexdigest(),
        "corpus_sha256": digest(_CORPUS),
        "recipe": vars(recipe),
        "loss_of_the_last_100_steps": round(loss, 3),
        "versions": {name: version(name) for name in ("jax", "optax", "numpy")},
    }
    given.output.with_suffix(".json").write_text(json.dumps(provenance, indent=2, sort_keys=True) + "\n")
    print(f'LEAN_SHA256["model.bin"] in ivr/speech/model.py is now\n{checksum}')
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
