"""`python -m tools.training`: corpus in, model file and its provenance out."""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import sys
from collections import Counter
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from ivr.errors import IvrError
from ivr.speech.intent.concepts import LEXICON, shipped_lexicon
from ivr.speech.intent.model import IntentModel
from ivr.speech.intent.weights import SHIPPED, save
from tools.corpus.sentences import digest, read_corpus
from tools.training.fitting import calibrated, fit, samples
from tools.training.score import report

CORPUS = Path(__file__).parents[2] / "corpus"
SEED = 20_240


def train(corpus: Path, model_file: Path) -> dict[str, object]:
    """Train from `corpus`, write `model_file` and its provenance beside it; return the provenance."""
    sentences = read_corpus(corpus)
    lexicon = shipped_lexicon()
    learnt = [sentence for sentence in sentences if sentence.split == "train"]
    held_out = [sentence for sentence in sentences if sentence.split == "dev"]
    trial = calibrated(fit(samples(learnt, seed=SEED), lexicon), held_out, lexicon)
    # dev has done its work once the scores are calibrated; the shipped model learns from it too.
    weights = replace(fit(samples([*learnt, *held_out], seed=SEED), lexicon), sharpness=trial.sharpness)
    save(weights, model_file)
    counts = Counter(f"{sentence.split}/{sentence.source}/{sentence.label.value}" for sentence in sentences)
    provenance: dict[str, object] = {
        "model_sha256": hashlib.sha256(model_file.read_bytes()).hexdigest(),
        "corpus_sha256": digest(corpus),
        "lexicon_sha256": hashlib.sha256(LEXICON.read_bytes()).hexdigest(),
        "seed": SEED,
        "sentences": dict(sorted(counts.items())),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "scipy", "scikit-learn", "rapidfuzz")},
        },
        "sharpness": round(weights.sharpness, 2),
        "dev_before_learning_it": report(IntentModel(trial, lexicon), held_out),
    }
    text = json.dumps(provenance, indent=2, ensure_ascii=False, sort_keys=True)
    model_file.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    return provenance


def main(arguments: list[str] | None = None) -> int:
    """Run the command; exit code 0, or the error's."""
    parser = argparse.ArgumentParser(prog="python -m tools.training", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder with the sentences")
    parser.add_argument("--output", type=Path, default=SHIPPED, help="model file to write (.npz)")
    given = parser.parse_args(arguments)
    try:
        provenance = train(given.corpus, given.output)
    except IvrError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(provenance["dev_before_learning_it"], indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
