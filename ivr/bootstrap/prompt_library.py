"""Where the sound of each prompt lies: a recorded voice if someone dropped one in, else the synthetic one."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from ivr.domain.program.program import Prompt
from ivr.errors import HostError
from ivr.settings import Settings
from ivr.speech.voice import NanoVoice


@dataclass(frozen=True)
class StaleVoice:
    """A recorded voice that is not played, in French for the operator: what is wrong with it, and how to mend it."""

    path: Path
    prompt_id: str
    what: str
    remedy: str


class PromptLibrary:
    """`<data_dir>/prompts/<name>.wav` is a recorded voice; `<data_dir>/prompts/synthetic/` holds what we speak.

    A sound's name holds id, version and digest of the words: whatever becomes of the words, no other sound is played
    for them (REC-002).
    """

    def __init__(self, settings: Settings) -> None:
        self._recorded = settings.node.data_dir / "prompts"
        self._synthetic = self._recorded / "synthetic"
        self._prompts = {sound_name(spoken.prompt): spoken.prompt for spoken in settings.spoken()}
        self._known = {*settings.prompts, *(prompt.id for prompt in self._prompts.values())}
        self._sha256: dict[str, str] = {}

    @property
    def count(self) -> int:
        """How many sounds the programs need."""
        return len(self._prompts)

    @property
    def recorded_count(self) -> int:
        """How many of them are recorded voices."""
        return sum(self.recorded_file(prompt).is_file() for prompt in self._prompts.values())

    def recorded_file(self, prompt: Prompt) -> Path:
        """Return where a recorded voice of a prompt belongs; the prompt is as its program says it."""
        return self._recorded / sound_name(prompt)

    def file(self, prompt: Prompt) -> Path:
        """Return the WAV to play. Raises HostError when there is none."""
        for path in (self.recorded_file(prompt), self._spoken(prompt)):
            if path.is_file():
                return path
        raise HostError(
            f"prompt '{prompt.id}' has no sound",
            where=str(self._spoken(prompt)),
            remedy=f"run `ivr init`, or drop a WAV (PCM16 mono, 8 or 16 kHz) at {self.recorded_file(prompt)}",
        )

    def sha256(self, prompt: Prompt) -> str:
        """Return the digest of the sound as it is played, for the evidence."""
        name = sound_name(prompt)
        if name not in self._sha256:
            self._sha256[name] = hashlib.sha256(self.file(prompt).read_bytes()).hexdigest()
        return self._sha256[name]

    def check(self) -> None:
        """Raises HostError for the first prompt that has no sound."""
        for prompt in self._prompts.values():
            self.sha256(prompt)

    def stale(self) -> list[StaleVoice]:
        """Return the recorded voices that speak another version or other words than the prompt whose id they bear."""
        return [
            self._stale_voice(path)
            for path in sorted(self._recorded.glob("*.wav"))
            if path.name not in self._prompts and self._id_of(path)
        ]

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
                    fresh.write_bytes(voice.wav(prompt.text, english=prompt.english))
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
        return self._synthetic / sound_name(prompt)

    def _id_of(self, path: Path) -> str:
        """Return the id of the prompt whose voice this file claims to be: the longest that its name begins with."""
        return max((known for known in self._known if f"{path.stem}-".startswith(f"{known}-")), key=len, default="")

    def _stale_voice(self, path: Path) -> StaleVoice:
        prompt_id = self._id_of(path)
        names = [name for name, prompt in self._prompts.items() if prompt.id == prompt_id]
        if not names:
            return StaleVoice(path, prompt_id, f"aucun programme ne dit « {prompt_id} »", "retirez ce fichier")
        return StaleVoice(
            path,
            prompt_id,
            f"cette voix enregistrée est d'une autre version ou d'un autre texte de « {prompt_id} » : elle n'est pas "
            "jouée, la voix de synthèse l'est",
            f"écoutez-la ; si elle dit bien le texte d'aujourd'hui, renommez-la {' ou '.join(names)}, sinon "
            "enregistrez-la de nouveau sous ce nom",
        )


def sound_name(prompt: Prompt) -> str:
    """Return the file name of a prompt's sound: <id>-v<version>-<first 8 digits of the SHA-256 of its words>.wav."""
    said = f"{prompt.text}\n{prompt.english}" if prompt.english else prompt.text
    words = hashlib.sha256(said.encode()).hexdigest()[:8]
    return f"{prompt.id}-v{prompt.version}-{words}.wav"
