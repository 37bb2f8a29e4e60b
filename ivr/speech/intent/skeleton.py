"""The bones of a sentence: who opposes what, with negation put on the verb it belongs to.

From units (concepts.py) this makes nodes: predicates and the things they are about, in order, each with its
polarity. "je ne veux pas que vous arrêtiez l'enregistrement" is WANT- STOP REC; "je m'oppose au prélèvement"
is REFUSE OTHER; "vous avez bien enregistré mon adresse" is RECX OTHER (to register a thing, not to record a call).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ivr.speech.intent.concepts import Unit

PREDICATES = frozenset(
    "REFUSE STOP REMOVE WANT ACCEPT LIKE BOTHER PREFER ALLOWED INTEREST SAID PEACE SERVED".split()  # noqa: SIM905
)
TARGETS = frozenset("REC RECU RECX CONTACT OTHER OFFER KEEP LISTEN CONV LIST".split())  # noqa: SIM905
MARKS = frozenset("NON OUI BUT COND QUESTION SANS PAST BYE TIERS POLITE".split())  # noqa: SIM905
NEGATIONS = frozenset({"PAS", "PLUS", "JAMAIS", "AUCUN", "RIEN", "PERSONNE"})
_LIGHT = frozenset({"FILLER", "PRO", "MOI", "VOUS", "DE", "BE", "POLITE"})
_BETWEEN = frozenset({"FILLER", "PRO", "MOI", "VOUS", "DE"})
_AUXILIARY = frozenset(
    {"ai", "as", "a", "avez", "avons", "ont", "va", "vais", "allez", "fait", "faire", "sur", "tellement"}
)
_HAVING = frozenset({"ai", "as", "a", "avez", "avons", "ont", "avais", "avait", "aviez", "aurait", "aurais"})
_RECALLED = 8
_SELF = frozenset({"je", "j", "on", "nous", "moi"})


@dataclass(frozen=True, slots=True)
class Node:
    """A bone: `kind` is a concept (RECX: to register something), `negated` after the scope of negation,
    `who` is the grammatical person found before it (1, 2, 3, 0 for none), `at` its unit."""

    kind: str
    negated: bool
    who: str
    at: int
    form: str
    pause: str

    @property
    def name(self) -> str:
        return f"{self.kind}-" if self.negated else self.kind


def _bones(concept: str) -> bool:
    return concept in PREDICATES or concept in TARGETS


def _negated(units: Sequence[Unit]) -> set[int]:
    """Return the indices of the units that a negation falls on."""
    found: set[int] = set()
    for k, unit in enumerate(units):
        if unit.concept not in NEGATIONS:
            continue
        behind = None if unit.pause else _ahead(units, k)
        after = _before(units, k)
        closed = k > 0 and units[k - 1].pause in (".", "?", ",")
        left_open = after is not None and not closed
        spoken_ne = any(units[j].concept == "NE" for j in range(max(0, k - 2), k))
        verb_left = (
            left_open and after is not None and any(units[j].concept == "NE" for j in range(max(0, after - 4), after))
        )
        if left_open and after is not None and (verb_left or not spoken_ne):
            found.add(after)
        elif behind is not None:
            found.add(behind)
        elif left_open and after is not None:
            found.add(after)
    return found


def _before(units: Sequence[Unit], k: int) -> int | None:
    for j in range(k - 1, max(-1, k - 4), -1):
        if _bones(units[j].concept):
            return j
        if units[j].pause in (".", "?"):
            return None
        if units[j].concept not in _LIGHT and units[j].text not in _AUXILIARY:
            return None
    return None


def _ahead(units: Sequence[Unit], k: int) -> int | None:
    for j in range(k + 1, min(len(units), k + 5)):
        if _bones(units[j].concept):
            return j
        if units[j].pause in (".", "?"):
            return None
    return None


def _registers(units: Sequence[Unit], k: int) -> bool:
    """Tell whether the "enregistrer" at `k` is about a thing that is filed, not about the call."""
    if not units[k].pause:
        for j in range(k + 1, min(len(units), k + 6)):
            if units[j].concept == "OTHER":
                return True
            if units[j].concept not in _BETWEEN | {"PAS", "PLUS"} or units[j].pause:
                break
    for j in range(k - 1, max(-1, k - 7), -1):
        if units[j].pause:
            return False
        if units[j].concept == "OTHER":
            return True
        if units[j].concept not in _BETWEEN | {"BE", "NE", "PAS", "X", "TIERS", "PLUS", "JAMAIS"}:
            return False
    return False


def _of_unknown(units: Sequence[Unit], k: int) -> bool:
    """Tell whether the recording at `k` is of something that no concept names."""
    if units[k].pause or k + 2 >= len(units) or units[k + 1].concept != "DE":
        return False
    j = k + 2
    while j < len(units) - 1 and units[j].concept in _BETWEEN and not units[j].pause:
        j += 1
    return units[j].concept == "X"


def _of_conversation(units: Sequence[Unit], k: int) -> bool:
    """Tell whether what is kept or listened to at `k` is this call, the voice, the words said."""
    if not units[k].pause:
        for j in range(k + 1, min(len(units), k + 5)):
            if units[j].concept == "CONV":
                return True
            if units[j].concept not in _BETWEEN | {"KEEP", "REC"} or units[j].pause:
                break
    for j in range(k - 1, max(-1, k - 5), -1):
        if units[j].pause:
            return False
        if units[j].concept == "CONV":
            return True
        if units[j].concept not in _BETWEEN | {"BE", "NE", "PAS", "REC", "KEEP", "THEN"}:
            return False
    return False


def _compound_past(units: Sequence[Unit], k: int) -> bool:
    """Tell whether an auxiliary stands before the verb at `k`: "vous avez arrêté", "j'ai refusé"."""
    for j in range(k - 1, max(-1, k - 4), -1):
        if units[j].text in _HAVING:
            return True
        if units[j].pause or units[j].concept not in ("FILLER", "PAS", "JAMAIS", "PLUS", "BE", "RIEN", "TIMES"):
            return False
    return False


def _who(units: Sequence[Unit], k: int) -> str:
    if units[k].text.endswith("ons"):
        return "1"
    if units[k].text.endswith("ent") and units[k].concept in PREDICATES:
        return "3"
    for j in range(k - 1, max(-1, k - 6), -1):
        unit = units[j]
        if unit.pause in (".", "?") or unit.concept in PREDICATES:
            return "0"
        if unit.text in _SELF:
            return "1"
        if unit.concept == "VOUS" and unit.text in ("vous", "tu"):
            return "2"
        if unit.concept == "TIERS":
            return "3"
    return "0"


def skeleton(units: Sequence[Unit]) -> list[Node]:
    """Return the nodes of a sentence in order."""
    negated = _negated(units)
    nodes: list[Node] = []
    for k, unit in enumerate(units):
        kind = unit.concept
        if kind == "REC":
            kind = "RECX" if _registers(units, k) else "RECU" if _of_unknown(units, k) and not unit.weak else "REC"
        elif kind in ("KEEP", "LISTEN") and _of_conversation(units, k):
            # To keep or replay what is said is to record it.
            kind = "REC"
        if _bones(kind) or kind in MARKS:
            form = "p" if _compound_past(units, k) else unit.form
            nodes.append(Node(kind, k in negated, _who(units, k), k, form, unit.pause))
    return nodes


def about(nodes: Sequence[Node], k: int) -> str:
    """Return what the predicate at `k` is about: the next thing in its sentence, else the last one named."""
    for node in nodes[k + 1 : k + 4]:
        if node.kind in TARGETS and node.kind != "CONV":
            return node.name
        if node.kind in ("BUT", "NON", "OUI"):
            break
        if node.pause in (".", "?"):
            break
    for node in reversed(nodes[max(0, k - _RECALLED) : k]):
        if node.kind in TARGETS and node.kind != "CONV":
            return f"<{node.kind}"
    return "0"
