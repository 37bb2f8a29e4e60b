"""Where the sound of each prompt lies: a recorded voice if someone dropped one in, else the synthetic one."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from ivr.domain.program import Prompt
from ivr.errors import HostError
from ivr.settings import Settings
from ivr.speech.voice import NanoVoice


class PromptLibrary:
    """`<data_dir>/prompts/<id>.wav` is a recorded voice; `<data_dir>/prompts/synthetic/` holds what we speak."""

    def __init__(self, settings: Settings) -> None:
        self._recorded = settings.node.data_dir / "prompts"
        self._synthetic = self._recorded / "synthetic"
        self._prompts = settings.prompts
        self._sha256: dict[str, str] = {}

    def file(self, prompt: Prompt) -> Path:
        """Return the WAV to play. Raises HostError when there is none."""
        for path in (self._recorded / f"{prompt.id}.wav", self._spoken(prompt)):
            if path.is_file():
                return path
        raise HostError(
            f"prompt '{prompt.id}' has no sound",
            where=str(self._spoken(prompt)),
            remedy=f"run `ivr init`, or drop a WAV (PCM16 mono, 8 or 16 kHz) at {self._recorded / f'{prompt.id}.wav'}",
        )

    def sha256(self, prompt: Prompt) -> str:
        """Return the digest of the sound as it is played, for the evidence."""
        if prompt.id not in self._sha256:
            self._sha256[prompt.id] = hashlib.sha256(self.file(prompt).read_bytes()).hexdigest()
        return self._sha256[prompt.id]

    def check(self) -> None:
        """Raises HostError for the first prompt that has no sound."""
        for prompt in self._prompts.values():
            self.sha256(prompt)

    def make(self) -> list[str]:
        """Speak every prompt that has no synthetic sound yet; returns the ids made. Idempotent. Raises HostError."""
        made = []
        try:
            self._synthetic.mkdir(mode=0o755, parents=True, exist_ok=True)
            voice = NanoVoice()
            for prompt in self._prompts.values():
                path = self._spoken(prompt)
                if not path.exists():
                    # Two installations at once each write their own file; the last one renamed stays.
                    fresh = path.with_suffix(f".{os.getpid()}.partial")
                    fresh.write_bytes(voice.wav(prompt.text))
                    fresh.rename(path)
                    made.append(prompt.id)
        except OSError as error:
            raise HostError(
                f"the prompts cannot be written: {error.strerror}",
                where=str(self._synthetic),
                remedy="make room there, or give the folder to this user",
            ) from error
        return made

    def _spoken(self, prompt: Prompt) -> Path:
        words = hashlib.sha256(prompt.text.encode()).hexdigest()[:8]
        return self._synthetic / f"{prompt.id}-v{prompt.version}-{words}.wav"
