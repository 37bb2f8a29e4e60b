"""A stand that names nothing, drawn from what the same speaker has just named: "on peut refuser, eh bien je refuse".

What was named is the recording, being listened to, or the freedom to refuse. The stand names nothing else, and nothing
that it could be about stands between the two.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.speech.intent.skeleton import NEGATIONS
from ivr.speech.intent.stand import opposes
from ivr.speech.intent.subjects import overheard, recorded
from ivr.speech.intent.turn import Bone, Turn, listed

_REACH_UNITS = 24
_RIGHT_UNITS = 4
_OWN_OBJECTS = frozenset({"OTHER", "CONTACT", "LIST", "OFFER"})
_WISHES = frozenset({"WANT", "ACCEPT", "LIKE", "PREFER"})
_ORDERS = frozenset({"STOP", "REMOVE"})
#: What may stand around a stand that names nothing.
_LIGHT = NEGATIONS - {"RIEN", "AUCUN", "PERSONNE"} | {
    "FILLER", "MOI", "VOUS", "PRO", "NE", "BE", "THEN", "BUT", "POLITE", "TIMES",
}  # fmt: skip


def concluded(turn: Turn) -> Iterator[tuple[Bone, Bone]]:
    """Yield what was named and the stand that is drawn from it."""
    named = [*recorded(turn), *overheard(turn), *(bone for bone in turn.bones if _is_right(turn, bone))]
    for bone in turn.bones:
        if _is_conclusion(turn, bone):
            yield from ((one, bone) for one in named if _follows(turn, one, bone))


def _is_right(turn: Turn, bone: Bone) -> bool:
    """ "On peut refuser", "votre droit d'opposition"."""
    if bone.kind != "REFUSE":
        return False
    free = any(unit.concept == "ALLOWED" or unit.text in listed("free") for unit in turn.before(bone.at, _RIGHT_UNITS))
    return bone.unit.text.startswith("droit ") or (bone.node.form == "r" and free)


def _is_conclusion(turn: Turn, bone: Bone) -> bool:
    clause = turn.clause(bone)
    declined = bone.unit.text == "sans facon"
    if bone.unit.pause == "?" or not (declined or opposes(turn, bone)):
        return False
    if any(unit.concept not in _LIGHT for unit in clause if unit is not bone.unit):
        return False
    if bone.kind == "REFUSE":
        return bone.node.form != "r" or bone.unit.text == "contre"
    if bone.kind == "NON":
        return any(unit.text in listed("concluding") for unit in clause)
    return (
        declined
        or (bone.kind in _WISHES and turn.first_person(bone))
        or (bone.kind in _ORDERS and bone.node.form != "r")
    )


def _follows(turn: Turn, named: Bone, bone: Bone) -> bool:
    near = 0 < bone.at - named.at <= _REACH_UNITS and bone.sentence - named.sentence <= 1
    if not near or bone.clause == named.clause or turn.others(named) or turn.reported(bone):
        return False
    drawn = any(unit.text in listed("concluding") for unit in turn.clause(bone))
    for one in turn.bones:
        between = named.at < one.at < bone.at
        if between and one.kind in _OWN_OBJECTS and not (drawn and one.clause == named.clause and named.kind == "REC"):
            return False
        if between and one.kind == "OUI" and not turn.negated(one):
            return False
    return True
