"""What bears an objection out: a stand of the speaker's, bound in one clause to what it is about. No score is asked.

A second reader beside the linear model, different in kind: it learns nothing. It asks for two things near each other, a
thing that may be opposed (subjects.py) and the speaker who opposes it now (stand.py). Neither is enough alone, and what
stands between them may bind them to something else ("je m'oppose à l'augmentation").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ivr.domain.hearing.verdict import Ground, Label
from ivr.speech.intent.conclusion import concluded
from ivr.speech.intent.skeleton import NEGATIONS
from ivr.speech.intent.stand import AGAINST, FOR, offered, opposes, taken_back, undergone, unreal
from ivr.speech.intent.subjects import called, overheard, recorded, said_here
from ivr.speech.intent.turn import Bone, Turn, listed

_LEAVING = frozenset({"BYE", "PEACE"})
_THEMES = frozenset({"CONTACT", "LIST", "OFFER", "INTEREST", "SERVED", "BYE", "PEACE"})
#: What somebody who says goodbye has refused before it.
_LEFT_FOR = frozenset({"WANT", "LIKE", "INTEREST", "REFUSE", "ACCEPT"})
_NAMED = frozenset({"REC", "RECU", "RECX"})
_SAID = frozenset({"CONV", "KEEP", "LISTEN"})
_OWN_OBJECTS = frozenset({"OTHER", "CONTACT", "LIST", "OFFER", "KEEP", "LISTEN"})
_WISHED = frozenset({"WANT", "ACCEPT", "LIKE", "PREFER", "REFUSE"})
_OPENING = frozenset({"FILLER", "OUI", "BUT", "THEN"})
_ARTICLES = frozenset({"le", "la", "l", "les", "un", "une", "des", "ce", "cette", "mon", "ma", "mes", "votre", "vos"})
_REACH_UNITS = 10
_DIRECT_UNITS = 4
_CONDITION_UNITS = 6
_ANSWER_UNITS = 14
#: So many units are a sentence, not a few words of bad recognition.
_SENTENCE_UNITS = 5
_JOINED_UNITS = 2
_GUESSED_UNITS = 5
_EXCLUDING = ("hors ", "sans ")

Pair = tuple[Bone, ...]


@dataclass(frozen=True, slots=True)
class FoundGround:
    """The ground, and the words [first, last) that carry it: each must have been heard."""

    ground: Ground
    words: tuple[tuple[int, int], ...]


def explicit(turn: Turn) -> FoundGround | None:
    """An opposition bound to the recording: the last one counts, unless it is taken back."""
    found = [
        pair
        for subject in recorded(turn)
        for kind in _KINDS
        for pair in kind(turn, subject)
        if pair[-1].at > subject.at or not _permitted(turn, subject)
    ]
    return _last(turn, Ground.EXPLICIT, [*found, *_overheard(turn), *_erased(turn), *_stored(turn), *concluded(turn)])


def contact_refused(turn: Turn, *, leaving: bool = True) -> FoundGround | None:
    """An opposition bound to being called, to the offer, or to the talk itself.

    `leaving`: whether ending the talk, or wanting peace, is one. Who called a hotline and ends the talk refuses
    nothing.
    """
    found = [pair for subject in called(turn) for kind in (_denied, _opposed) for pair in kind(turn, subject)]
    found = [pair for pair in found if _speaks(turn, pair)]
    found += [(bone,) for bone in turn.bones if _listed(turn, bone)]
    found += [(bone,) for bone in turn.bones if leaving and _leaves(turn, bone)]
    return _last(turn, Ground.CONTACT_REFUSED, found)


def answer(turn: Turn) -> FoundGround | None:
    """A refusal that names nothing, said to somebody who has just invited one."""
    if len(turn.units) > _ANSWER_UNITS:
        return None
    return _last(turn, Ground.ANSWER, [(bone,) for bone in turn.bones if opposes(turn, bone) and _free(turn, bone)])


def known(turn: Turn, label: Label) -> bool:
    """Whether a score may ask: what the words name can be opposed, or they oppose something that they do not name.

    A single word is nothing, unless it refuses, nor is what a machine tells people to press. Whole sentences refuse
    contact in more ways than anybody can list.
    """
    few = len(turn.units) < _SENTENCE_UNITS
    if turn.instructs() or (len(turn.units) == 1 and not any(_refuses(bone) for bone in turn.bones)):
        return False
    kinds = {bone.kind for bone in turn.bones}
    if label is Label.REFUSAL_CONTACT:
        if turn.addressed() and not kinds & ((_THEMES - {"SERVED"}) | {"NON"}):
            return False
        return not few or any(bone.kind in _THEMES or opposes(turn, bone) for bone in turn.bones)
    named = [*recorded(turn), *turn.stores(), *(bone for bone in turn.bones if _is_said_against(turn, bone))]
    stands = [bone for bone in turn.bones if opposes(turn, bone) and _free(turn, bone)]
    if not stands and any(offered(turn, bone) for bone in turn.bones):
        return False
    denied = any(unit.concept in NEGATIONS for unit in turn.units)
    if "OUI" in kinds and "COND" not in kinds and not (stands or denied):
        return False
    guessed = few and not denied
    named = [bone for bone in named if not (turn.perfect(bone) or turn.of_listener(bone))]
    return any(not (guessed and bone.unit.weak) for bone in (*named, *stands))


def _refuses(bone: Bone) -> bool:
    """ "Opposition"; not "refusé", which nobody can tell from a machine's word."""
    return bone.kind == "REFUSE" and not bone.unit.text.startswith("refus")


def _is_said_against(turn: Turn, bone: Bone) -> bool:
    """Whether the call, or what is kept or heard of it, is named in a clause that opposes anything: not "un appel"."""
    if bone.kind not in _SAID:
        return False
    denied = any(unit.concept in NEGATIONS | {"SANS", "NON"} for unit in turn.clause(bone))
    return denied or any(one.kind in AGAINST or opposes(turn, one) for one in turn.beside(bone))


# ---- the kinds of opposition: each yields the bones that carry it


def _denied(turn: Turn, subject: Bone) -> Iterator[Pair]:
    """ "Pas d'enregistrement", "hors bande", "n'enregistrez pas": the subject itself is negated."""
    if subject.unit.text.startswith(_EXCLUDING):
        yield (subject,)
    elsewhere = (
        turn.others(subject) or turn.reported(subject) or (turn.stated(subject) and not turn.first_person(subject))
    )
    told = turn.perfect(subject) or turn.existing(subject) or turn.of_listener(subject)
    if turn.negated(subject) and not (elsewhere or told or _about_else(turn, subject)):
        yield (subject,)


def _about_else(turn: Turn, subject: Bone) -> bool:
    """ "Ça ne m'intéresse pas, le football": what does not interest is a thing that no list knows."""
    if subject.kind != "INTEREST":
        return False
    before = [unit for unit in turn.before(subject.at, _DIRECT_UNITS) if unit.concept != "NE"]
    if len(before) > 1 and before[0].concept == "X" and before[1].text in _ARTICLES - listed("yours"):
        return True
    rest = [unit for unit in turn.units[subject.at + 1 :] if unit.concept not in NEGATIONS]
    named = len(rest) > 1 and rest[0].text in _ARTICLES - listed("yours") and rest[1].concept in ("X", "OTHER")
    return named and bool(rest[1].pause)


def _opposed(turn: Turn, subject: Bone) -> Iterator[Pair]:
    """ "Je refuse l'enregistrement", "l'enregistrement, vous l'arrêtez"."""
    for bone in turn.bones:
        if bone.at != subject.at and opposes(turn, bone) and _bound(turn, subject, bone):
            yield subject, bone


def _permitted(turn: Turn, subject: Bone) -> bool:
    """ "…, vous pouvez enregistrer": nothing said before it reaches into it."""
    before = [unit.concept for unit in turn.before(subject.at, _DIRECT_UNITS) if unit.concept not in _OPENING]
    return before == ["ALLOWED", "VOUS"]


def _threatened(turn: Turn, subject: Bone) -> Iterator[Pair]:
    """ "Si vous enregistrez, je raccroche", "tant que ça enregistre, je ne dis rien"."""
    if not any(one.kind == "COND" and 0 < subject.at - one.at <= _CONDITION_UNITS for one in turn.bones):
        return
    for bone in turn.bones:
        leaves = bone.kind in _LEAVING or (
            (bone.kind == "STOP" or bone.unit.text in listed("departing")) and turn.first_person(bone)
        )
        if leaves and _bound(turn, subject, bone):
            yield subject, bone
    for at, unit in enumerate(turn.units):
        own = any(one.text in ("je", "j") for one in turn.before(at, _DIRECT_UNITS))
        if own and unit.concept in NEGATIONS and abs(at - subject.at) <= _REACH_UNITS:
            yield (subject,)


def _excepted(turn: Turn, subject: Bone) -> Iterator[Pair]:
    """ "Tout, sauf l'enregistrement"."""
    for bone in turn.bones:
        if bone.kind == "COND" and bone.unit.text == "sauf" and 0 < subject.at - bone.at <= _CONDITION_UNITS:
            yield subject, bone


def _declined(turn: Turn, subject: Bone) -> Iterator[Pair]:
    """ "Je n'ai pas signé pour être enregistré": a negation of the speaker's governs it, and no verb turns it round."""
    before = list(turn.before(subject.at, _REACH_UNITS))
    undergone = any(unit.concept == "BE" or unit.text in listed("speaker_undergoes") for unit in before[:3])
    own = any(unit.text in listed("first_person") | listed("own") for unit in before)
    ruled = any(one.kind in (FOR | AGAINST) - {"SANS"} and one.at < subject.at for one in turn.beside(subject))
    if undergone and own and not ruled and any(unit.concept in NEGATIONS for unit in before):
        yield (subject,)


def _not_me(turn: Turn, subject: Bone) -> Iterator[Pair]:
    """ "Enregistrez les autres, mais pas moi", "…jamais de la vie"."""
    for at in range(subject.at + 1, min(len(turn.units), subject.at + _REACH_UNITS)):
        unit, after = turn.units[at], turn.units[at + 1 : at + 2]
        me = unit.concept in NEGATIONS and any(one.text in ("moi", "mienne", "ma voix") for one in after)
        if me or unit.text in listed("never"):
            yield (subject,)


_KINDS: tuple[Callable[[Turn, Bone], Iterator[Pair]], ...] = (
    _denied,
    _opposed,
    _threatened,
    _excepted,
    _declined,
    _not_me,
)


def _overheard(turn: Turn) -> Iterator[Pair]:
    """ "Je ne veux pas de quelqu'un qui écoute"."""
    for subject in overheard(turn):
        for pair in _opposed(turn, subject):
            if pair[1].kind in _WISHED or (pair[1].kind == "SANS" and subject.at - pair[1].at == 1):
                yield pair


def _erased(turn: Turn) -> Iterator[Pair]:
    """ "Effacez cet appel": what was said here is removed."""
    for subject in said_here(turn):
        for bone in turn.bones:
            if bone.kind == "REMOVE" and opposes(turn, bone) and _bound(turn, subject, bone):
                yield subject, bone


def _stored(turn: Turn) -> Iterator[Pair]:
    """ "Je ne veux pas que ma voix parte dans vos tiroirs", "arrêtez votre machine"."""
    stores = list(turn.stores())
    for store in stores:
        here = _beside_voice(turn, store, stores)
        yours = any(unit.text in listed("yours") for unit in turn.before(store.at, 2))
        before = list(turn.before(store.at, _REACH_UNITS))
        if here and any(unit.concept in NEGATIONS | {"SANS"} for unit in before) and not turn.stated(store):
            yield (store,)
        if store.kind == "VOICE" and _bare(turn, store):
            yield (store,)
        for bone in turn.bones:
            if bone.at == store.at or not opposes(turn, bone) or not _bound(turn, store, bone):
                continue
            switched = yours and bone.kind in ("STOP", "REMOVE") and (turn.ordered(bone) or bone.node.form == "z")
            if here or (switched and abs(bone.at - store.at) <= _DIRECT_UNITS):
                yield store, bone


def _bare(turn: Turn, voice: Bone) -> bool:
    """ "…, pas la voix": negated, and no verb in its clause."""
    before = list(turn.before(voice.at, voice.at))
    denied = any(unit.concept == "PAS" for unit in before)
    return denied and all(unit.concept in ("PAS", "FILLER", "BUT", "DE", "MOI") for unit in before)


def _beside_voice(turn: Turn, store: Bone, stores: Sequence[Bone]) -> bool:
    """Whether the speaker's voice or words are spoken of beside this place, or it is the voice: "ma voix"."""
    if any(one.at != store.at and one.sentence == store.sentence and one.kind != store.kind for one in stores):
        return True
    if store.kind == "VOICE":
        return any(unit.text in listed("own") for unit in turn.before(store.at, 2))
    return any(unit.concept == "CONV" or unit.text in ("m", "me") for unit in turn.before(store.at, _REACH_UNITS))


def _listed(turn: Turn, bone: Bone) -> bool:
    """ "Je suis sur Bloctel"; not "mon père, il est sur Bloctel", "j'étais sur Bloctel"."""
    before = [unit.text for unit in turn.before(bone.at, _DIRECT_UNITS)]
    return bone.unit.text in listed("opposition_lists") and not {"il", "elle", "etais", "etait"} & set(before)


def _leaves(turn: Turn, bone: Bone) -> bool:
    """Whether the speaker ends the talk, or wants peace."""
    if bone.kind not in _LEAVING or turn.others(bone) or turn.reported(bone) or undergone(turn, bone):
        return False
    if bone.unit.text == "a d autres" and any(unit.text == "y" for unit in turn.before(bone.at, 1)):
        return False
    if _about_a_thing(turn, bone):
        return False
    after = list(turn.after(bone.at, 2))
    # "Je coupe la radio", "vous avez honte jour pour…" (onze jours).
    if (bone.kind == "BYE" and len(after) == 2 and after[0].text in _ARTICLES) or (bone.unit.text == "honte" and after):
        return False
    if bone.kind == "PEACE" or bone.unit.text.startswith(("je ", "on ")) or turn.first_person(bone, 3):
        return True
    thanked = any(one.kind == "NON" for one in turn.bones) and any(u.text.startswith("merci") for u in turn.units)
    return thanked or any(one.kind in _LEFT_FOR and opposes(turn, one) and _free(turn, one) for one in turn.bones)


def _about_a_thing(turn: Turn, bone: Bone) -> bool:
    """ "Je ne peux pas vous parler", "un seul suffit", "c'est une honte, ces tarifs", "on ne lâche rien"."""
    before = list(turn.before(bone.at, 2))
    text = bone.unit.text
    if text == "vous parler":
        return any(unit.concept == "ALLOWED" for unit in before)
    if text == "suffit":
        return not any(unit.text == "ca" for unit in before)
    if text in listed("left_alone"):
        beside = [*turn.before(bone.at, 5), *turn.after(bone.at, 2)]
        return not any(unit.text in ("moi", "me", "m", "nous") or unit.concept == "WANT" for unit in beside)
    return text in listed("scolding") and any(one.kind in ("OTHER", "OFFER") for one in turn.bones)


# ---- what binds them


def _bound(turn: Turn, subject: Bone, bone: Bone) -> bool:
    """Whether two words belong together: near, in one sentence, and nothing between them that could take one."""
    first, last = sorted((subject, bone), key=lambda one: one.at)
    if last.at - first.at > _REACH_UNITS or last.sentence - first.sentence > 1:
        return False
    if any(one.kind == "OTHER" for one in turn.bones if first.at < one.at < last.at) or _takes(turn, bone, subject):
        return False
    # "Vous enregistrez ? Alors arrêtez.": what is ordered after it names nothing of its own.
    return last.sentence == first.sentence or (last.at == bone.at and _free(turn, bone) and not _laid_on(turn, bone))


def _laid_on(turn: Turn, bone: Bone) -> bool:
    """ "J'ai fait opposition sur mon chéquier": what it is about is named, whatever it is."""
    after = list(turn.after(bone.at, 2))
    return any(unit.text == "sur" for unit in after[:1]) and all(unit.text in _ARTICLES for unit in after[1:])


def _takes(turn: Turn, bone: Bone, subject: Bone) -> bool:
    """Whether what is done is done to a thing that stands right after it: "retirez le tiret"."""
    # "Cet enregistrement, arrêtez-le" names the recording: "le" is it.
    near = bone.sentence == subject.sentence and bone.at - subject.at <= _DIRECT_UNITS
    right_before = subject.kind in _NAMED and near
    # "La" is a tape, or another thing: "coupez la musique".
    if right_before and any(unit.text == "la" for unit in turn.after(bone.at, 1)):
        right_before = "bande" in subject.unit.text
    if bone.kind not in ("STOP", "REMOVE") or bone.at < subject.at or right_before:
        return False
    after = list(turn.after(bone.at, 2))
    thing = len(after) == 2 and after[0].text in _ARTICLES and after[1].concept in ("X", "OTHER")
    return thing and after[1].text not in listed("adverbs")


def _free(turn: Turn, bone: Bone) -> bool:
    """Whether nothing else in its clause is a thing that it could be about."""
    return not any(one.kind in _OWN_OBJECTS for one in turn.beside(bone))


def _speaks(turn: Turn, pair: Pair) -> bool:
    """Whether the speaker is in it: "plus d'appels", "rayez-moi"; not "ce poste ne prend pas d'appels"."""
    for bone in pair:
        if bone.kind == "INTEREST":
            return True
        clause = turn.clause(bone)
        own = any(unit.text in listed("first_person") | listed("own") | listed("speaker_undergoes") for unit in clause)
        yours = bone.unit.text.startswith(("vos ", "ces ")) or any(unit.concept == "POLITE" for unit in clause)
        verbless = not any(unit.concept in ("NE", "BE") for unit in clause)
        if own or yours or verbless or turn.ordered(bone):
            return True
    return False


def _last(turn: Turn, ground: Ground, found: Iterable[Pair]) -> FoundGround | None:
    heard = [pair for pair in found if _borne(turn, pair) and not any(unreal(turn, bone) for bone in pair)]
    if not heard or turn.instructs():
        return None
    last = max(heard, key=lambda pair: max(bone.at for bone in pair))
    if taken_back(turn, max(bone.at for bone in last)):
        return None
    return FoundGround(ground, tuple(sorted({(bone.unit.first, bone.unit.last) for bone in last})))


def _borne(turn: Turn, pair: Pair) -> bool:
    """Whether words that were guessed by sound bear each other out: "je me pose à l'angissement" does, over "à"."""
    guessed = [bone.unit.weak for bone in pair]
    at = sorted(bone.at for bone in pair)
    if not any(guessed):
        return True
    if all(guessed):
        between = turn.units[at[0] + 1 : at[-1]]
        return len(between) <= _JOINED_UNITS and any(unit.text in ("a", "au") for unit in between)
    return at[-1] - at[0] <= _GUESSED_UNITS
