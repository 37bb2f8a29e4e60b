"""What a small speech model makes of French over a telephone: perfect sentence in, misheard transcript out.

The confusions are those that Whisper base shows on narrow-band French: the word for recording is broken up or
replaced, clitics merge, silent endings change, little words go missing. Used to harden training and to measure
robustness; never at run time.
"""

from __future__ import annotations

import random
import re

_RECORDING = (
    ("l'angissement", 3),
    ("l'engagement", 2),
    ("en registrement", 3),
    ("l'enregistrement", 2),
    ("l'enrégissement", 2),
    ("l'enrichissement", 1),
    ("l'engistrement", 2),
    ("l'enregistre", 1),
    ("l'agissement", 1),
    ("l'anregistrement", 2),
    ("le registrement", 1),
    ("l'orchestrement", 1),
    ("l'angistrement", 1),
    ("l'engegistrement", 1),
)
_CONFUSIONS: tuple[tuple[re.Pattern[str], tuple[tuple[str, int], ...]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), choices)
    for pattern, choices in (
        (r"\bl'enregistrement\b", _RECORDING),
        (
            r"\bd'enregistrement\b",
            (
                ("d'angissement", 1),
                ("d'en registrement", 2),
                ("d'enregistrer", 1),
                ("d'engagement", 1),
                ("d'engistrement", 1),
            ),
        ),
        (
            r"\benregistrement\b",
            (("enregissement", 1), ("en registrement", 2), ("enrichissement", 1), ("engistrement", 1)),
        ),
        (
            r"\bêtre enregistrée?\b",
            (
                ("être en registre", 2),
                ("être enregistrer", 3),
                ("entre enregistrer", 1),
                ("être enregistre", 1),
                ("être en régistré", 1),
                ("être en register", 1),
            ),
        ),
        (
            r"\benregistrée?s?\b",
            (("enregistrer", 3), ("en registre", 2), ("en registré", 2), ("enregistre", 1), ("un registre", 1)),
        ),
        (
            r"\benregistr(?:iez|ez|er|e)\b",
            (("enregistrer", 2), ("enregistré", 2), ("en registrez", 1), ("en registre", 1), ("enregistrait", 1)),
        ),
        (
            r"\bje m'oppose\b",
            (
                ("je me pose", 3),
                ("j'ai m'oppose", 2),
                ("je mopose", 2),
                ("je m'op pose", 1),
                ("je me oppose", 1),
                ("j'aime oppose", 1),
                ("je m'impose", 1),
            ),
        ),
        (r"\bje m'y oppose\b", (("je m'y pose", 1), ("je mi oppose", 2), ("j'ai m'y oppose", 1), ("je m'oppose", 1))),
        (r"\bopposition\b", (("une position", 1), ("position", 1), ("au position", 1))),
        (
            r"\bje refuse\b",
            (("je refus", 2), ("je refuse", 3), ("jeu refuse", 1), ("je reffuse", 1), ("j'ai refuse", 1)),
        ),
        (r"\barrêtez\b", (("arrêter", 3), ("arrêté", 2), ("à rêter", 1))),
        (r"\bcoupez\b", (("couper", 3), ("coupé", 2), ("coupais", 1))),
        (r"\b(?:appelez|appeler)\b", (("appeler", 2), ("appelé", 2), ("appelez", 1))),
        (r"\bintéressé", (("intéresser", 2), ("intéressait", 1))),
        (r"\bje ne\b", (("je", 4), ("j'ai", 1), ("je le", 1))),
        (r"\bje n'", (("j'", 3), ("je ", 1))),
        (r"\bje\b", (("j'ai", 2), ("je", 4), ("", 1))),
        (r"\bveux\b", (("veut", 2), ("vœux", 1), ("peux", 1))),
        (r"\bpas\b", (("pas", 6), ("par", 1), ("pa", 1))),
        (r"\bsouhaite\b", (("souhaites", 2), ("soite", 1))),
        (r"\bd'accord\b", (("d'accord", 4), ("dac", 1), ("tacore", 1))),
        (r"\bcet appel\b", (("cet appel", 3), ("c'est appel", 2), ("sept appels", 1))),
        (r"\bque ce soit\b", (("que ce soit", 3), ("que se soit", 1), ("que soit", 1))),
        (r"\bmutuelle\b", (("mutuel", 2), ("mutuelle", 2))),
        (r"\bbonjour,? ", (("Bonjour. ", 1), ("", 1))),
    )
)


def misheard(text: str, random_: random.Random, *, level: float) -> str:
    """Return `text` as a small model may write it; `level` 0..1 is the share of places that go wrong."""
    for pattern, choices in _CONFUSIONS:
        words, weights = zip(*choices, strict=True)

        def swap(match: re.Match[str], words: tuple[str, ...] = words, weights: tuple[int, ...] = weights) -> str:
            return random_.choices(words, weights)[0] if random_.random() < level else match.group()

        text = pattern.sub(swap, text)
    kept = [word for word in text.split() if len(word) > 3 or random_.random() > 0.08 * level]
    if kept and random_.random() < 0.15 * level:
        kept.pop(random_.choice((0, len(kept) - 1)))
    return " ".join(kept)


def bare(text: str) -> str:
    """Return `text` as transcripts without punctuation write it."""
    return " ".join(re.sub(r"[.,;:!?…«»\"]", " ", text).lower().split())
