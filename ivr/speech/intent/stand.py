"""Whose stand a word takes, and whether it is taken here and now, and kept.

Words that oppose are many. Most of what makes the ear act wrongly opposes indeed, but is somebody else's, was taken
long ago, tells a state of things, explains a menu, or is governed by a negation that turns it into its contrary.
"""

from __future__ import annotations

from collections.abc import Callable

from ivr.speech.intent.concepts import Unit
from ivr.speech.intent.skeleton import NEGATIONS
from ivr.speech.intent.turn import Bone, Turn, listed

#: Words that oppose by themselves, and words that do once they are negated.
AGAINST = frozenset({"REFUSE", "STOP", "REMOVE", "BOTHER", "SANS", "NON", "PEACE"})
FOR = frozenset({"WANT", "ACCEPT", "LIKE", "PREFER", "ALLOWED", "SERVED", "INTEREST", "OUI", "KEEP", "LISTEN"})
#: What is done to a thing: a stand only where it is ordered, wanted, or announced by the speaker.
_DONE = frozenset({"STOP", "REMOVE"})
#: Opposition that a negated wish before it turns into its contrary.
_TURNED = _DONE | {"REFUSE", "BOTHER"}
_WISHES = frozenset({"WANT", "ACCEPT", "LIKE", "PREFER", "ALLOWED", "POLITE"})
#: Verbs whose subject takes the stand.
_OWN_VERBS = frozenset({"REFUSE", "BOTHER", "WANT", "ACCEPT", "LIKE", "PREFER", "SERVED", "INTEREST"})
_KEPT = frozenset({"KEEP", "LISTEN"})
_AGENTS = frozenset({"je", "j"})
_NOT_ITS_AGENT = frozenset({"VOUS", "BE", "QUE", "WANT", "ACCEPT", "LIKE", "PREFER"}) | AGAINST
_SUBJECT_UNITS = 4
_GOVERNED_UNITS = 5
_UNREAL_UNITS = 6


def opposes(turn: Turn, bone: Bone) -> bool:
    """Whether the speaker takes a stand against something with this word, here and now."""
    negated = turn.negated(bone)
    against = (bone.kind in AGAINST and not negated) or (bone.kind in FOR and negated)
    return against and not any(excuse(turn, bone) for excuse in _NO_STAND)


def _anothers(turn: Turn, bone: Bone) -> bool:
    """ "Ma sœur refuse", "il m'a dit de refuser"; but "il me dérange" is the speaker's."""
    if bone.kind == "BOTHER" and any(unit.text in listed("speaker_undergoes") for unit in turn.before(bone.at, 2)):
        return False
    return turn.others(bone) or turn.reported(bone)


def _yours(turn: Turn, bone: Bone) -> bool:
    """ "Si vous refusez", "vous ne souhaitez pas", "pour vous y opposer": the listener's."""
    if bone.unit.text == "opposer":
        return any(unit.text == "vous" for unit in turn.before(bone.at, 2))
    finite = bone.node.form != "r" and bone.unit.text != "contre"
    if bone.kind not in _OWN_VERBS or not finite:
        return False
    before = list(turn.before(bone.at, 2 * _SUBJECT_UNITS))
    for k, unit in enumerate(before[:_SUBJECT_UNITS]):
        if unit.text in listed("first_person"):
            return False
        if unit.text in ("vous", "tu"):
            return not any(one.text in listed("first_person") for one in before[k : k + _SUBJECT_UNITS])
    return False


def unreal(turn: Turn, bone: Bone) -> bool:
    """ "J'ai failli refuser", "je croyais que ça me dérangerait"; "sans ça je n'aurais rien obtenu"."""
    before = list(turn.before(bone.at, _UNREAL_UNITS))
    after = turn.after(bone.at, 2 * _UNREAL_UNITS) if bone.kind == "SANS" else ()
    return any(unit.text in listed("unreal") for unit in (*before, *after))


def _over(turn: Turn, bone: Bone) -> bool:
    """ "Je refusais", "j'ai coupé": told of a former time, unlike "je refuserais"."""
    if bone.kind not in _TURNED:
        return False
    if (
        bone.kind in _DONE
        and bone.node.form == "p"
        and not any(unit.text == "soit" for unit in turn.before(bone.at, 3))
    ):
        return True
    return bone.unit.form == "t" and not bone.unit.text.endswith(("rais", "rait", "raient"))


def _state(turn: Turn, bone: Bone) -> bool:
    """ "Enregistrement interrompu.", "la bande tourne": how things are, which nobody wants or orders."""
    if bone.kind not in _DONE:
        return False
    if bone.unit.text.startswith("tourn"):
        return True
    if turn.ordered(bone) or turn.first_person(bone) or bone.node.form == "z" or bone.unit.text.startswith("on "):
        return False
    clause = turn.clause(bone)
    wished = clause[0].concept == "QUE" or any(
        unit.concept in _WISHES or unit.text.startswith("faud") or unit.text in listed("demanded") for unit in clause
    )
    addressed = bone.node.form == "r" and any(
        unit.concept == "VOUS" or unit.text.endswith("ez") for unit in turn.before(bone.at, _GOVERNED_UNITS)
    )
    return not (wished or addressed or (bone.node.form == "r" and _alone(turn, bone)))


def _alone(turn: Turn, bone: Bone) -> bool:
    """Whether nothing that means anything stands before it: "Arrêter l'enregistrement." is asked for."""
    return not any(one.at < bone.at for one in turn.beside(bone)) and not any(
        unit.concept == "X" for unit in turn.before(bone.at, bone.at)
    )


def _purpose(turn: Turn, bone: Bone) -> bool:
    """ "Pour arrêter l'enregistrement, …": what something is for."""
    aim = any(unit.text == "pour" for unit in turn.before(bone.at, 2)) and bone.node.form == "r"
    return aim and not any(unit.text in listed("first_person") for unit in turn.clause(bone))


def offered(turn: Turn, bone: Bone) -> bool:
    """ "Je peux couper l'enregistrement", "je vais l'effacer": whoever holds the machine says so."""
    if bone.kind not in _DONE or bone.node.form != "r":
        return False
    before = [unit.text for unit in turn.before(bone.at, _SUBJECT_UNITS)]
    return any(text in listed("able") and "je" in before[k + 1 :] for k, text in enumerate(before))


def _either(turn: Turn, bone: Bone) -> bool:
    """ "Oui ou non ?", "c'est la première fois, non ?": asked, not answered; "mon père refuse, moi non" is contrary."""
    if bone.kind != "NON" or bone.unit.text != "non":
        return False
    before = [unit.text for unit in turn.before(bone.at, bone.at)]
    tag = bone.unit.pause == "?" and bone.at > 0 and not before
    return tag or before[:1] == ["ou"] or (before == ["moi"] and any(one.kind == "TIERS" for one in turn.bones))


def undergone(turn: Turn, bone: Bone) -> bool:
    """ "Ça me dégage", "ça m'a coupé", "ça me suffit": what happens to the speaker."""
    if bone.kind not in _DONE | {"PEACE"} or bone.node.form == "z":
        return False
    before = [unit.text for unit in turn.before(bone.at, 3)]
    me = next((at for at, text in enumerate(before) if text in listed("speaker_undergoes")), len(before))
    return any(text == "ca" for text in before[me + 1 : me + 2])


def own_act(turn: Turn, bone: Bone) -> bool:
    """Whether the speaker is the one who records or keeps: "je n'ai pas enregistré", "je ne peux rien garder"."""
    before = [unit for unit in turn.before(bone.at, 5) if unit.concept != "NE"]
    # "Je ne vous entends plus": who is heard is the listener.
    if len(before) > 1 and before[0].concept == "VOUS" and before[1].text in _AGENTS:
        return True
    for unit in before:
        if unit.text in _AGENTS:
            return True
        if unit.concept in _NOT_ITS_AGENT or unit.text in listed("speaker_undergoes"):
            return False
    return False


def _kept_by_oneself(turn: Turn, bone: Bone) -> bool:
    """ "Je n'en ai pas gardé": what the speaker does not keep."""
    return bone.kind in _KEPT and own_act(turn, bone)


def _cancelled(turn: Turn, bone: Bone) -> bool:
    """ "Je ne veux pas que vous arrêtiez", "aucune raison de refuser"."""
    if bone.kind not in _TURNED or bone.node.form == "z":
        return False
    before = [one for one in turn.beside(bone) if one.at < bone.at]
    if bone.node.form == "r" and not before:
        return any(unit.concept in NEGATIONS for unit in turn.before(bone.at, 2 * _GOVERNED_UNITS))
    return any(one.kind in FOR and turn.negated(one) and bone.at - one.at <= _GOVERNED_UNITS for one in before[-1:])


#: Why a word that opposes is no stand, each a reason of its own.
_NO_STAND: tuple[Callable[[Turn, Bone], bool], ...] = (
    _anothers,
    _yours,
    unreal,
    _over,
    _state,
    _purpose,
    offered,
    undergone,
    _either,
    _kept_by_oneself,
    _cancelled,
)


def taken_back(turn: Turn, after: int) -> bool:
    """Whether the speaker agrees after all, or lets it go on, behind unit `after`."""
    rest = range(after + 1, len(turn.units))
    said = f" {' '.join(turn.units[at].text for at in rest)} "
    if any(f" {words} " in said for words in listed("retractions")):
        return True
    if any(turn.units[at].text in listed("going_on") and not _withheld(turn, at) for at in rest):
        return True
    bones = [bone for bone in turn.bones if bone.at > after]
    return any(
        bone.kind == "OUI" and not _closes(turn, bone) and not turn.negated(bone) and not _but(bones[k + 1 :])
        for k, bone in enumerate(bones)
    )


def _withheld(turn: Turn, at: int) -> bool:
    """Whether the order at `at` is turned round, or depends on something: "ne gardez rien", "si vous gardez"."""
    beside: tuple[Unit, ...] = (*turn.before(at, 2), *turn.after(at, 3))
    return any(unit.concept in NEGATIONS | {"NE", "REFUSE"} or unit.text == "vous" for unit in beside)


def _closes(turn: Turn, bone: Bone) -> bool:
    agreed = bone.unit.text in ("d accord", "ok") and any(unit.concept == "BE" for unit in turn.before(bone.at, 1))
    return (bone.unit.text in listed("stress") and not agreed) or bone.unit.pause == "?"


def _but(rest: list[Bone]) -> bool:
    return bool(rest) and rest[0].kind == "BUT"
