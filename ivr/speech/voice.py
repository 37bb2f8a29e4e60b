"""A French voice for prompts and test callers, and an English one, offline (nanotts, SVOX Pico)."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
from py_nanotts import NanoTTS

from ivr.audio.pcm import Pcm, Samples, to_pcm
from ivr.audio.resampling import resample
from ivr.audio.wav import wav_bytes
from ivr.errors import HostError, SpeechError

_FRENCH_VOICE, _ENGLISH_VOICE = "fr-FR", "en-GB"
_NATIVE_HZ = 16_000
_LEVEL_DBFS = -20.0
_PEAK = 0.7  # just below -3 dBFS
_SILENCE_MS = 100
_LONGEST_CHARS = 4000

_ALONE = """
import sys
from py_nanotts import NanoTTS
voice, text, speed, pitch = sys.stdin.buffer.read().decode().split("\\0")
sys.stdout.buffer.write(NanoTTS().speak(text, voice=voice, speed=float(speed), pitch=float(pitch)))
"""

# What the voice does not say, or says wrongly, in the order in which it must be replaced.
_SPOKEN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), spoken)
    for pattern, spoken in (
        (r"[«»“”\"<>{}\[\]|*_#~^\\]", " "),
        (r"[’‘ʼ`]", "'"),
        (r"…", "."),
        (r"\s[—–-]\s", ", "),
        (r"[—–‑]", "-"),
        (r"\bMM\.\s", "Messieurs "),
        (r"\bM\.\s", "Monsieur "),
        (r"\bMmes\b\.?", "Mesdames"),
        (r"\bMme\b\.?", "Madame"),
        (r"\bMlle\b\.?", "Mademoiselle"),
        (r"\b[Nn]°\s?", "numéro "),
        (r"(?<=\d)\s?€", " euros"),
        (r"(?<=\d)\s?%", " pour cent"),
        (r"(?<=\d)\s?[hH]\s?(?=\d\d\b)", " heures "),
        (r"(?<=\d)\s?[hH]\b", " heures"),
        (r"\b1er\b", "premier"),
        (r"\b1re\b", "première"),
        (r"(?<=\d)[\u00a0\u202f ](?=\d{3}\b)(?!\d{3}\s\d{2}\b)", ""),
        (r"\s+", " "),
    )
)
# Letters said one by one; the others (CNIL, CPAM…) are said as words.
_SPELLED = {"DPO": "dé pé o", "RIB": "rib", "NIR": "nir", "SMS": "s m s", "RGPD": "r g p d", "ACPR": "a c p r"}
_TELEPHONE = re.compile(r"(?<!\d)0\d(?:[ .\u00a0]?\d\d){4}(?!\d)")


def readable(text: str) -> str:
    """Return `text` as the voice should be given it: abbreviations in full, odd signs gone, digits grouped."""
    text = _TELEPHONE.sub(lambda match: _pairs(match.group()), text)
    for pattern, spoken in _SPOKEN:
        text = pattern.sub(spoken, text)
    for letters, spoken in _SPELLED.items():
        text = re.sub(rf"\b{letters}\b", spoken, text)
    return text.strip()


class NanoVoice:
    """Says French text. `speed` 0.2..5 and `pitch` 0.5..2 are multipliers.

    The voice breathes: its noise goes on from one call to the next, so `say` may differ by a few units of 16 bits
    from the last time. `wav` asks a fresh process, and always gives the same bytes.
    """

    def __init__(self, *, speed: float = 1.0, pitch: float = 1.0, rate_hz: int = 8000) -> None:
        self._speed, self._pitch, self._rate_hz = speed, pitch, rate_hz
        self._engine = NanoTTS()

    def say(self, text: str, *, speed: float | None = None, pitch: float | None = None) -> Pcm:
        """Return PCM16 mono: about -20 dBFS RMS over the speech, peak below -3 dBFS, 100 ms of silence around.

        Raises SpeechError when the text holds nothing to say, HostError when the voice fails.
        """
        spoken = _worth_saying(text)
        try:
            raw = self._engine.speak(
                spoken, voice=_FRENCH_VOICE, speed=speed or self._speed, pitch=pitch or self._pitch
            )
        except Exception as error:
            raise HostError(f"the voice failed: {error}", where="nanotts", remedy="reinstall py-nanotts") from error
        return self._finished(raw)

    def wav(self, text: str, *, english: str = "") -> bytes:
        """Return a WAV file of `text` as `say` says it, and of `english` after it; the same bytes each time.

        Either may be empty, not both.
        """
        parts = []
        if text or not english:
            parts.append(self._alone(_FRENCH_VOICE, _worth_saying(text)))
        if english:
            parts.append(self._alone(_ENGLISH_VOICE, english))
        return wav_bytes(np.concatenate(parts), self._rate_hz)

    def _alone(self, voice: str, spoken: str) -> Pcm:
        order = f"{voice}\0{spoken}\0{self._speed}\0{self._pitch}".encode()
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", _ALONE], input=order, capture_output=True, timeout=60, check=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise HostError(f"the voice failed: {error}", where="nanotts", remedy="reinstall py-nanotts") from error
        return self._finished(done.stdout)

    def _finished(self, raw: bytes) -> Pcm:
        samples = np.frombuffer(raw, dtype="<i2").astype(np.float32) / np.float32(32768.0)
        speech = resample(_trimmed(samples), _NATIVE_HZ, self._rate_hz)
        if speech.size == 0:
            raise SpeechError("the voice gave no sound", where="voice", remedy="give a French sentence")
        silence = np.zeros(self._rate_hz * _SILENCE_MS // 1000, dtype=np.float32)
        return to_pcm(np.concatenate([silence, _levelled(speech), silence]))


def _worth_saying(text: str) -> str:
    spoken = readable(text)
    if len(spoken) > _LONGEST_CHARS:
        raise SpeechError(f"more than {_LONGEST_CHARS} characters", where="voice", remedy="say it in several parts")
    if not any(character.isalnum() for character in spoken):
        raise SpeechError("nothing to say", where="voice", remedy="give a French sentence")
    return spoken


def _trimmed(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples) > 0.002)
    return samples[loud[0] : loud[-1] + 1] if loud.size else samples[:0]


def _levelled(speech: Samples) -> Samples:
    """Bring RMS to -20 dBFS, and softly round the few peaks that would rise above -3 dBFS."""
    rms = float(np.sqrt(np.mean(np.square(speech, dtype=np.float64))))
    levelled = speech * np.float32(10 ** (_LEVEL_DBFS / 20) / max(rms, 1e-9))
    knee = np.float32(0.5)
    over = np.abs(levelled) > knee
    span = np.float32(_PEAK) - knee
    levelled[over] = np.sign(levelled[over]) * (knee + span * np.tanh((np.abs(levelled[over]) - knee) / span))
    return levelled.astype(np.float32)


def _pairs(number: str) -> str:
    digits = re.sub(r"\D", "", number)
    return ", ".join(digits[i : i + 2] for i in range(0, len(digits), 2))
