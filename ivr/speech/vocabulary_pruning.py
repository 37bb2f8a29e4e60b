"""A lean copy of the multilingual model: adapted to telephone lines, and without the words of most languages.

Each step of decoding multiplies by the whole vocabulary, 51,865 rows of which French speech uses a third; leaving
the others out makes decoding about 1.6 times as fast, and no hypothesis can drift into another language. What is kept:

- `models/french_tokens.json`: the tokens of the French words of Debian's `wfrench` with and without a capital, of
  numbers, of punctuation, and every single byte, so that anything can still be spelled;
- `models/english_tokens.json`: 1,206 more, with which an objection in English can be written down: the Latin words and
  parts of words among the 4,000 most frequent tokens, and those of the words that objections to a recording are made
  of. A French decode may not write them (`FrenchTokens.not_french`);
- every special token: languages (by which the model says which one it hears) and tasks. All time stamps but the first
  two go.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ivr.speech.adaptation import Adaptation
from ivr.speech.tokens import ENGLISH_LIST, FRENCH_LIST, KEPT_FILE, listed
from ivr.speech.weights_file import Weight, parse, unknown_format

_EMBEDDING = "decoder/embeddings/weight"
_TEXT_TOKENS = 50_257
_VOCABULARY = 51_865
_SPECIAL = range(_TEXT_TOKENS, 50_366)
#: The token without text. CTranslate2 takes a vocabulary that has it for a multilingual one.
_NAMELESS = 50_256


def kept_tokens() -> list[int]:
    """Return the ids to keep, ascending."""
    return [*sorted({*listed(FRENCH_LIST), *listed(ENGLISH_LIST), _NAMELESS}), *_SPECIAL]


def write_lean(source: Path, target: Path, adaptation: Adaptation | None = None) -> None:
    """Write the lean copy of the model in `source` to the directory `target`.

    The encoder is adapted to telephone lines on the way, by the shipped adaptation or the one given. Files are
    renamed into place, model.bin last. Raises HostError when `source` is no multilingual Whisper of the format
    known here, OSError when the disk refuses.
    """
    kept = kept_tokens()
    place = {token: number for number, token in enumerate(kept)}
    vocabulary = json.loads((source / "vocabulary.json").read_text())
    config = json.loads((source / "config.json").read_text())
    for key in ("suppress_ids", "suppress_ids_begin", "lang_ids"):
        config[key] = [place[token] for token in config[key] if token in place]
    target.mkdir(parents=True, exist_ok=True)
    texts = {
        "vocabulary.json": json.dumps([vocabulary[token] for token in kept]),
        "config.json": json.dumps(config),
        "tokenizer.json": (source / "tokenizer.json").read_text(),
        KEPT_FILE: json.dumps(kept),
    }
    for name, text in texts.items():
        _replace(target / name, text.encode())
    content = (source / "model.bin").read_bytes()
    _replace(target / "model.bin", _without(content, kept, adaptation or Adaptation.load(), str(source)))


def _without(content: bytes, kept: list[int], adaptation: Adaptation, where: str) -> bytes:
    """Return model.bin adapted, with only the `kept` rows of the embedding (which is the output projection too)."""
    file = parse(content, where)
    embedding = next((weight for weight in file.weights if weight.name == _EMBEDDING), None)
    if embedding is None or len(embedding.shape) != 2 or embedding.shape[0] != _VOCABULARY:
        raise unknown_format(where)
    rows = np.ascontiguousarray(embedding.array()[kept])
    lean = Weight(_EMBEDDING, rows.shape, embedding.kind, rows.tobytes())
    return adaptation.applied(file.replaced([lean]), where).packed()


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
