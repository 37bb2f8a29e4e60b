"""What a stand may be about: the recording of this call, the voice that is kept, being listened to, being called."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.speech.intent.skeleton import NEGATIONS
from ivr.speech.intent.stand import own_act
from ivr.speech.intent.turn import Bone, Turn, listed

_NAMED = frozenset({"REC", "RECU", "RECX"})
_KEPT = frozenset({"KEEP", "LISTEN"})
_CONTACT = frozenset({"CONTACT", "LIST", "OFFER", "INTEREST"})
_CALLS = ("appel", "rappel", "recontact", "contact", "telephon")
_HEARD_AGAIN = ("reecout", "re ecout")
_NOUNS = ("ment", "tion", "bande", "audio", "magneto", "eur")
_PARTICIPLES = ("re", "ree", "res", "rees")
#: A microphone is everybody's, and a tape "of" something is that thing's.
_EVERYDAY = ("micro", "la bande", "une bande", "disque")


def recorded(turn: Turn) -> Iterator[Bone]:
    """Return the words that name recording, keeping or listening to what is said on this call."""
    yield from (bone for bone in turn.bones if _is_recorded(turn, bone))
    for store in turn.stores():
        yours = any(unit.text in listed("yours") for unit in turn.before(store.at, 2))
        if store.unit.text in listed("tapes") and (yours or store.node.negated):
            yield store


def overheard(turn: Turn) -> Iterator[Bone]:
    """Return the words by which somebody else hears what is said: "quelqu'un qui écoute"."""
    yield from (bone for bone in turn.bones if bone.kind == "LISTEN" and bone.unit.text in listed("overhearing"))


def called(turn: Turn) -> Iterator[Bone]:
    """Return the words about being called and about what is sold; those that were only guessed by sound are none."""
    for bone in turn.bones:
        if bone.kind in _CONTACT and not bone.unit.weak and not any(other(turn, bone) for other in _NOT_BEING_CALLED):
            yield bone


def _done(turn: Turn, bone: Bone) -> bool:
    """ "Nous ne faisons pas de démarchage": what the speaker does not do to others."""
    before = [unit for unit in turn.before(bone.at, 5) if unit.concept not in NEGATIONS | {"DE", "NE"}]
    does = any(unit.text in listed("doing") for unit in before[:1])
    return does and any(unit.text in listed("first_person") for unit in before[1:2])


def _own_call(turn: Turn, bone: Bone) -> bool:
    """ "Je vais appeler", "je vous recontacte": the speaker is the one who calls."""
    return bone.kind == "CONTACT" and bone.unit.text.startswith(_CALLS) and own_act(turn, bone)


def _by_name(turn: Turn, bone: Bone) -> bool:
    """ "Ne m'appelez pas madame", "arrêtez de m'appeler Monique": how somebody is addressed; a call has no object."""
    if bone.kind != "CONTACT" or not bone.unit.text.startswith(_CALLS):
        return False
    after = [unit for unit in turn.after(bone.at, 3) if unit.concept not in NEGATIONS][:1]
    return any(
        unit.text in listed("titles") or (unit.concept == "X" and not unit.text.endswith("ment") and len(unit.text) > 3)
        for unit in after
        if unit.text not in listed("circumstances")
    )


def _missed(turn: Turn, bone: Bone) -> bool:
    """ "Vous ne me rappelez jamais": who says so wants to be called; "jamais eu de mutuelle" is no offer."""
    had = bone.kind == "OFFER" and any(unit.text == "eu" for unit in turn.before(bone.at, 3))
    never = any(unit.concept == "JAMAIS" for unit in turn.after(bone.at, 1))
    return had or (never and any(unit.text == "vous" for unit in turn.before(bone.at, 3)))


def _switch(turn: Turn, bone: Bone) -> bool:
    """ "Coupe le contact": a car's."""
    return bone.unit.text == "contact" and any(unit.text == "le" for unit in turn.before(bone.at, 1))


def _own_file(turn: Turn, bone: Bone) -> bool:
    """ "Effacez le fichier que je vous ai envoyé"."""
    texts = [unit.text for unit in turn.after(bone.at, 2)]
    return bone.kind == "LIST" and texts in (["que", "je"], ["que", "j"])


#: Why a word about calls is not about being called, each a reason of its own.
_NOT_BEING_CALLED = (_done, _own_call, _by_name, _missed, _switch, _own_file)


def said_here(turn: Turn) -> Iterator[Bone]:
    """Return the words for the call itself, which can be removed as a recording can."""
    yield from (bone for bone in turn.bones if bone.kind == "CONV")


def _is_recorded(turn: Turn, bone: Bone) -> bool:
    if bone.kind not in _NAMED | _KEPT or (own_act(turn, bone) and not bone.unit.text.rstrip("s").endswith(_NOUNS)):
        return False
    if bone.kind in _NAMED:
        everyday = bone.unit.text.startswith("micro") or (bone.kind == "RECU" and bone.unit.text.startswith(_EVERYDAY))
        return not (everyday or _filed(turn, bone))
    near = turn.near(bone)
    here = any(unit.concept == "CONV" or unit.text in listed("speaker_undergoes") for unit in near)
    here = here or any(unit.text in ("appels", "mes appels") for unit in turn.after(bone.at, 3))
    undergone = any(unit.concept == "BE" for unit in turn.before(bone.at, 2)) and turn.first_person(bone)
    return here or undergone or bone.unit.text.startswith(_HEARD_AGAIN)


def _filed(turn: Turn, bone: Bone) -> bool:
    """Whether a thing is entered somewhere: "enregistrer mon adresse", "ma demande n'est pas enregistrée"."""
    if bone.kind != "RECX":
        return False
    if any(unit.concept == "OTHER" or unit.text == "comme" for unit in turn.after(bone.at, 5)):
        return True
    things = any(unit.concept == "OTHER" and unit.text != "ligne" for unit in turn.before(bone.at, 6))
    return bone.unit.text.endswith(_PARTICIPLES) and not turn.first_person(bone) and things
