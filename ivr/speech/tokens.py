"""Whisper's tokens for French and English, in a whole model and in a lean one that kept only some of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import tokenizers
from faster_whisper.tokenizer import Tokenizer

from ivr.errors import HostError

#: In a lean model's directory: the kept tokens' ids in the whole vocabulary, ascending; the place is the new id.
KEPT_FILE = "kept_tokens.json"
_MODELS = Path(__file__).with_name("models")
FRENCH_LIST = _MODELS / "french_tokens.json"
ENGLISH_LIST = _MODELS / "english_tokens.json"


def listed(path: Path) -> list[int]:
    """Return the ids in a shipped list, ascending: each is written as what it lies beyond the one before."""
    ids, last = [], 0
    for step in json.loads(path.read_text()):
        last += step
        ids.append(last)
    return ids


class FrenchTokens:
    """Text to the model's token ids and back; the task is to transcribe, in French unless `english` is asked for.

    `not_french` are the tokens that a lean model keeps for English alone: a French decode may not write them.
    """

    def __init__(self, directory: Path) -> None:
        """Read the tokenizer beside the model; raises HostError when it is damaged."""
        path = directory / "tokenizer.json"
        try:
            self._whole = tokenizers.Tokenizer.from_file(str(path))
            kept = directory / KEPT_FILE
            self._kept: list[int] | None = json.loads(kept.read_text()) if kept.is_file() else None
        except Exception as error:
            raise HostError(f"the tokenizer is damaged: {error}", where=str(path), remedy="run 'ivr init'") from error
        self._place = {token: place for place, token in enumerate(self._kept)} if self._kept is not None else None
        # The first 256 tokens are the single bytes, each written as one sign.
        self._bytes = {self._whole.id_to_token(token): token for token in range(256)}
        names = Tokenizer(self._whole, True, task="transcribe", language="fr")
        self.eot = self._special(names.eot)
        self.sot_prev = self._special(names.sot_prev)
        self.sot_sequence = [self._special(token) for token in names.sot_sequence]
        english = Tokenizer(self._whole, True, task="transcribe", language="en")
        self.english_sequence = [self._special(token) for token in english.sot_sequence]
        self.no_timestamps = self._special(names.no_timestamps)
        self.not_french = [] if self._place is None else [self._place[token] for token in listed(ENGLISH_LIST)]

    @property
    def lean(self) -> bool:
        return self._kept is not None

    def encode(self, text: str) -> list[int]:
        """Return the ids of `text`; a token that a lean model lacks is spelled in single bytes."""
        found: list[int] = []
        for token in self._whole.encode(text, add_special_tokens=False).ids:
            if self._place is None:
                found.append(token)
            elif token in self._place:
                found.append(self._place[token])
            else:
                spelled = self._whole.id_to_token(token) or ""
                found += [self._place[self._bytes[sign]] for sign in spelled]
        return found

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of `tokens`, without special ones."""
        words = [token for token in tokens if token < self.eot]
        return str(self._whole.decode([self._kept[token] for token in words] if self._kept is not None else words))

    def _special(self, token: int) -> int:
        return token if self._place is None else self._place[token]
