"""A lean copy of the multilingual model: the same weights, without the words of other languages.

Each step of decoding multiplies by the whole vocabulary, 51,865 rows of which French speech uses a third; leaving
the others out makes decoding about 1.6 times as fast, and no hypothesis can drift into another language. The kept
list (`models/french_tokens.json`) holds the tokens of the French words of Debian's `wfrench` with and without a
capital, of numbers, of punctuation, and every single byte, so that anything can still be spelled.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

from ivr.errors import HostError
from ivr.speech.tokens import KEPT_FILE

SHIPPED_LIST = Path(__file__).with_name("models") / "french_tokens.json"
_TEXT_TOKENS = 50_257
_VOCABULARY = 51_865
_SPECIAL = range(_TEXT_TOKENS, 50_366)  # languages and tasks; all time stamps but the first two go
_EMBEDDING = "decoder/embeddings/weight"
_FORMAT = 6  # of CTranslate2's model.bin


def kept_tokens(path: Path = SHIPPED_LIST) -> list[int]:
    """Return the ids to keep, ascending: the shipped list of differences, and the special tokens."""
    ids, last = [], 0
    for step in json.loads(path.read_text()):
        last += step
        ids.append(last)
    return [*ids, *_SPECIAL]


def write_lean(source: Path, target: Path) -> None:
    """Write the lean copy of the model in `source` to the directory `target`.

    Files are renamed into place, model.bin last. Raises HostError when `source` is no multilingual Whisper of
    the format known here, OSError when the disk refuses.
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
    _replace(target / "model.bin", _without(memoryview((source / "model.bin").read_bytes()), kept, str(source)))


def _without(content: memoryview, kept: list[int], where: str) -> bytes:
    """Return model.bin with only the `kept` rows of the embedding (which is the output projection too)."""
    at, out = 0, bytearray()

    def take(size: int) -> memoryview:
        nonlocal at
        at += size
        if at > len(content):
            raise _unknown(where)
        return content[at - size : at]

    def number(form: str) -> int:
        return int(struct.unpack(form, take(struct.calcsize(form)))[0])

    def text() -> memoryview:
        begin = at
        take(number("<H"))
        return content[begin:at]

    found = 0
    if number("<I") != _FORMAT:
        raise _unknown(where)
    text()
    take(4)
    count = number("<I")
    out += content[:at]
    for _ in range(count):
        name = text()
        begin = at
        shape = [number("<I") for _ in range(number("<B"))]
        kind = take(1)
        raw = take(number("<I"))
        out += name
        if bytes(name[2:-1]).decode() != _EMBEDDING:
            out += content[begin:at]
            continue
        if len(shape) != 2 or shape[0] != _VOCABULARY:
            raise _unknown(where)
        row = len(raw) // shape[0]
        rows = b"".join(raw[token * row : (token + 1) * row] for token in kept)
        out += struct.pack("<BII", 2, len(kept), shape[1]) + bytes(kind) + struct.pack("<I", len(rows)) + rows
        found += 1
    if found != 1:
        raise _unknown(where)
    return bytes(out + content[at:])


def _unknown(where: str) -> HostError:
    return HostError("no multilingual Whisper of the expected format", where=where, remedy="run 'ivr init'")


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
