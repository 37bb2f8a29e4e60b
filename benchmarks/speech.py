"""What benchmark callers say: synthetic, seeded, the same at every run."""

from __future__ import annotations

from functools import cache

import numpy as np

from ivr.audio.pcm import Pcm
from ivr.audio.wav import EAR_HZ
from ivr.speech.voice import NanoVoice

_TALK = (
    "Bonjour, j'ai reçu un courrier au sujet de ma cotisation, et je voudrais comprendre le nouveau montant.",
    "Oui, c'est bien cela, la lettre est datée du trois novembre.",
    "D'accord, et pour mes lunettes, le remboursement arrive dans combien de temps ?",
)

#: Clear objections longer than two seconds, and the pitch and speed they are said with.
OBJECTIONS = (
    ("Je m'oppose à l'enregistrement de cet appel.", 1.0, 1.0),
    ("Je ne veux pas que cette conversation soit enregistrée.", 0.85, 1.0),
    ("Excusez-moi, mais je refuse d'être enregistrée.", 1.15, 1.0),
    ("Arrêtez l'enregistrement, s'il vous plaît.", 0.9, 0.95),
    ("Non, je ne souhaite pas être enregistré.", 0.8, 1.05),
    ("Je vous demande de couper l'enregistrement tout de suite.", 1.1, 1.0),
)


@cache
def a_conversation() -> Pcm:
    """One side of a conversation at 8 kHz: somebody who talks half of the time."""
    voice = NanoVoice()
    parts = []
    for sentence in _TALK:
        said = voice.say(sentence)
        parts += [said, np.zeros(len(said), np.int16)]
    return np.concatenate(parts)


def an_objection(index: int) -> Pcm:
    """One objection at 8 kHz, without silence after its last word."""
    text, pitch, speed = OBJECTIONS[index % len(OBJECTIONS)]
    said = NanoVoice(pitch=pitch, speed=speed).say(text)
    loud = np.flatnonzero(np.abs(said) > 300)
    return said[: int(loud[-1]) + EAR_HZ // 50]
