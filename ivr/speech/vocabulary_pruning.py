"""A lean copy of the multilingual model: adapted to telephone lines, and without the words of other languages.

Each step of decoding multiplies by the whole vocabulary, 51,865 rows of which French speech uses a third; leaving
the others out makes decoding about 1.6 times as fast, and no hypothesis can drift into another language. The kept
list (`models/french_tokens.json`) holds the tokens of the French words of Debian's `wfrench` with and without a
capital, of numbers, of punctuation, and every single byte, so that anything can still be spelled.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ivr.speech.adaptation import Adaptation
from ivr.speech.tokens import KEPT_FILE
from ivr.speech.weights_file import Weight, parse, unknown_format

SHIPPED_LIST = Path(__file__).with_name("models") / "french_tokens.json"
_TEXT_TOKENS = 50_257
_VOCABULARY = 51_865
_SPECIAL = range(_TEXT_TOKENS, 50_366)  # languages and tasks; all time stamps but the first two go
_EMBEDDING = "decoder/embeddings/weight"


def kept_tokens(path: Path = SHIPPED_LIST) -> list[int]:
    """Return the ids to keep, ascending: the shipped list of differences, and the special tokens."""
    ids, last = [], 0
    for step in json.loads(path.read_text()):
        last += step
        ids.append(last)
    return [*ids, *_SPECIAL]


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
