"""French transcript to words: case, accents, apostrophes and slang levelled, offsets into the text kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ivr.domain.text import plain_text

_PIECE = re.compile(r"[^\W_]+|[.?!…;:]+|,|—|–| - |\n")
_STRONG = frozenset(".?!…;:")

# Contractions of quick speech that transcripts write in one piece, and what they stand for.
_SLANG = {
    "jveux": "je veux",
    "jveu": "je veux",
    "jrefuse": "je refuse",
    "jpeux": "je peux",
    "jsuis": "je suis",
    "chuis": "je suis",
    "chui": "je suis",
    "jai": "j ai",
    "jaime": "j aime",
    "jpense": "je pense",
    "jvous": "je vous",
    "jvais": "je vais",
    "jdis": "je dis",
    "jsais": "je sais",
    "jprefere": "je prefere",
    "jm": "je m",
    "jme": "je me",
    "jmoppose": "je m oppose",
    "mopose": "m oppose",
    "jle": "je le",
    "jtiens": "je tiens",
    "jaccepte": "j accepte",
    "jautorise": "j autorise",
    "jvoudrais": "je voudrais",
    "jsouhaite": "je souhaite",
    "jdemande": "je demande",
    "jparle": "je parle",
    "jte": "je te",
    "jcomprends": "je comprends",
    "jfais": "je fais",
    "jdois": "je dois",
    "jconnais": "je connais",
    "jcrois": "je crois",
    "nan": "non",
    "nann": "non",
    "non": "non",
    "ouais": "oui",
    "ouai": "oui",
    "ouaip": "oui",
    "mouais": "oui",
    "voui": "oui",
    "wesh": "euh",
    "svp": "s il vous plait",
    "stp": "s il te plait",
    "ya": "y a",
    "yapas": "y a pas",
    "pk": "pourquoi",
    "tfacon": "toute facon",
    "msieu": "monsieur",
    "mdame": "madame",
    "msieur": "monsieur",
    "dac": "d accord",
    "daccord": "d accord",
    "okay": "ok",
    "okey": "ok",
    "cest": "c est",
    "sest": "c est",
    "ptet": "peut etre",
    "pcq": "parce que",
    "msg": "message",
    "mappelez": "m appelez",
    "mappeler": "m appeler",
    "menregistrez": "m enregistrez",
    "menregistrer": "m enregistrer",
    "lenregistrement": "l enregistrement",
    "denregistrement": "d enregistrement",
    "denregistrer": "d enregistrer",
    "netait": "n etait",
    "nest": "n est",
    "jamais": "jamais",
    "quon": "qu on",
    "quil": "qu il",
    "quelle": "quelle",
    "pasque": "parce que",
    "rdv": "rendez vous",
    "tel": "tel",
    "vs": "vous",
    "pr": "pour",
    "ms": "mais",
    "pa": "pas",
    "mplait": "me plait",
    "mopposer": "m opposer",
    "mopposes": "m oppose",
    "jinsiste": "j insiste",
    "jpourrais": "je pourrais",
    "jaimerais": "j aimerais",
    "javais": "j avais",
    "jetais": "j etais",
}


@dataclass(frozen=True, slots=True)
class Word:
    """One levelled word: `text` is lower case without accents; [start, end) are offsets in the transcript.

    `pause` is what follows it: "" nothing, "," a light break, "." a strong break, "?" a question mark.
    """

    text: str
    start: int
    end: int
    pause: str = ""


@lru_cache(maxsize=20_000)
def level(text: str) -> str:
    """Return `text` in lower case without accents, with plain apostrophes."""
    return plain_text.level(text).replace("’", "'").replace("ß", "ss")


def words(text: str) -> list[Word]:
    """Split a transcript into levelled words; punctuation becomes the pause of the word before it."""
    found: list[Word] = []
    for match in _PIECE.finditer(text):
        piece = match.group()
        if piece[0].isalnum():
            start, end = match.span()
            plain = level(piece)
            found.extend(Word(part, start, end) for part in _SLANG.get(plain, plain).split())
        elif found:
            last = found[-1]
            pause = "?" if "?" in piece else "." if piece[0] in _STRONG else ","
            if pause == "," and last.pause:
                continue
            found[-1] = Word(last.text, last.start, last.end, pause)
    return found
