"""How callers put a sentence: at once, after "allô oui bonjour", with a hesitation, begun twice, or amid other talk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ivr.audio.pcm import Pcm, Samples, from_pcm
from ivr.audio.wav import EAR_HZ

_PREAMBLES = (
    "Allô, oui, bonjour, euh.",
    "Oui bonjour madame, vous m'entendez ?",
    "Alors, attendez, je m'assois.",
    "Bonjour, c'est pour un remboursement de dentiste.",
    "Oui allô ? Excusez-moi, je suis un peu sourde.",
    "Bonjour, je vous appelle au sujet de ma carte de mutuelle.",
)
_FOLLOW_UPS = (
    "Et sinon, je voulais savoir où en est mon dossier.",
    "Voilà, merci, et pour mes lunettes, vous remboursez combien ?",
    "Je vous écoute.",
    "J'ai mon numéro d'adhérent sous les yeux si vous voulez.",
)
_HESITATIONS = ("Euh,", "Alors,", "Ben,", "Oui, euh,", "Bon,", "Écoutez,")
TURNS = ("plain", "hesitation", "restart", "preamble", "follow_up", "amid")

Say = Callable[[str], Pcm]


@dataclass(frozen=True)
class Turn:
    """What is said at 8 kHz, and the milliseconds [start_ms, end_ms) in which the sentence itself is said."""

    text: str
    samples: Samples
    start_ms: int
    end_ms: int


def said(sentence: str, kind: str, say: Say, random_: np.random.Generator) -> Turn:
    """Return `sentence` as a turn of one of the kinds in TURNS, with the line's silence before and after it."""
    core = sentence
    if kind == "hesitation":
        core = f"{random_.choice(_HESITATIONS)} {sentence[:1].lower()}{sentence[1:]}"
    elif kind == "restart":
        words = sentence.split()
        core = f"{' '.join(words[: min(3, max(1, len(words) // 2))])}, euh, {sentence[:1].lower()}{sentence[1:]}"
    before = str(random_.choice(_PREAMBLES)) if kind in ("preamble", "amid") else ""
    after = str(random_.choice(_FOLLOW_UPS)) if kind in ("follow_up", "amid") else ""
    parts, texts = [_silence(random_.uniform(0.4, 0.7))], []
    start = end = 0
    for text in (before, core, after):
        if not text:
            continue
        voice = _trimmed(from_pcm(say(text)))
        if text is core:
            start = sum(part.size for part in parts)
            end = start + voice.size
        parts += [voice, _silence(random_.uniform(0.12, 0.6))]
        texts.append(text)
    parts.append(_silence(0.5))
    per_ms = EAR_HZ // 1000
    return Turn(" ".join(texts), np.concatenate(parts), start // per_ms, end // per_ms)


def _silence(length_s: float) -> Samples:
    return np.zeros(int(length_s * 1000) * EAR_HZ // 1000, np.float32)


def _trimmed(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[loud[0] : loud[0] + (loud[-1] + 1 - loud[0]) // 8 * 8] if loud.size else samples
