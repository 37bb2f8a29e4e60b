"""One turn as the readers of grounds see it: its words' bones, clause by clause, and who is spoken of."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ivr.speech.intent.concepts import Unit
from ivr.speech.intent.skeleton import NEGATIONS, Node, skeleton

_WORDS = Path(__file__).with_name("grounds.toml")
_STATED = frozenset({"est", "sont", "etait", "etaient", "sera", "seront"})
#: Units that may stand before the verb of an order.
_BEFORE_ORDER = frozenset({"FILLER", "POLITE", "OUI", "NON", "BUT", "THEN"})
_NEAR = 5
_WHOM_UNITS = 4
_RECORDED = frozenset({"REC", "RECU", "RECX", "KEEP", "LISTEN"})
#: What may stand between a verb of saying and the words that it brings: to whom they were said, and how often.
_TOLD = frozenset({"DE", "VOUS", "MOI", "TIERS", "TIMES", "FILLER"})
#: What "il" governs without being anybody: "il n'est pas question", "il faut".
_OF_PERSONS = frozenset({"REFUSE", "WANT", "LIKE", "PREFER", "ACCEPT"})
_IMPERSONAL = frozenset({"NON", "ALLOWED", "REC", "RECU", "RECX", "STOP", "REMOVE", "KEEP"})


@lru_cache(maxsize=1)
def _tables() -> dict[str, frozenset[str]]:
    read = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    return {name: frozenset(entries) for name, entries in read.items()}


def listed(name: str) -> frozenset[str]:
    """Return a list of grounds.toml."""
    return _tables()[name]


@dataclass(frozen=True, slots=True)
class Bone:
    """A node within its turn: `at` is its unit; `clause` and `sentence` count from the turn's start."""

    node: Node
    unit: Unit
    at: int
    clause: int
    sentence: int

    @property
    def kind(self) -> str:
        return self.node.kind


class Turn:
    """Bones are found clause by clause, so that a negation never reaches into the next one."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.units = _asking(units)
        self.bones = tuple(_bones(self.units))

    def before(self, at: int, count: int) -> Iterator[Unit]:
        """Return up to `count` units before `at` in its clause, nearest first."""
        for unit in reversed(self.units[max(0, at - count) : at]):
            if unit.pause:
                return
            yield unit

    def after(self, at: int, count: int) -> Iterator[Unit]:
        """Return up to `count` units after `at` in its clause."""
        for k in range(at, min(len(self.units) - 1, at + count)):
            if self.units[k].pause:
                return
            yield self.units[k + 1]

    def near(self, bone: Bone) -> Sequence[Unit]:
        return self.units[max(0, bone.at - _NEAR) : bone.at + _NEAR + 1]

    def clause(self, bone: Bone) -> list[Unit]:
        """Return all units of the bone's clause."""
        return [*reversed([*self.before(bone.at, bone.at)]), bone.unit, *self.after(bone.at, len(self.units))]

    def beside(self, bone: Bone) -> list[Bone]:
        """Return the other bones of its clause."""
        return [one for one in self.bones if one.clause == bone.clause and one is not bone]

    # ---- forms

    def first_person(self, bone: Bone, reach: int = _NEAR) -> bool:
        return any(unit.text in listed("first_person") for unit in self.before(bone.at, reach))

    def ordered(self, bone: Bone) -> bool:
        """Whether the verb is an order: "arrêtez", or "coupe" with nothing before it."""
        if bone.node.form == "z" or bone.unit.text.startswith("mettez "):
            return not any(unit.text in ("vous", "si") for unit in self.before(bone.at, 2))
        lone = all(unit.concept in _BEFORE_ORDER for unit in self.before(bone.at, bone.at))
        return lone and bone.node.form == "" and bone.unit.text.endswith(("e", "s", "stop"))

    def stated(self, bone: Bone) -> bool:
        """Whether something is said to be so: "l'enregistrement est coupé"."""
        return any(unit.text in _STATED for unit in self.before(bone.at, 3))

    def perfect(self, bone: Bone) -> bool:
        """Whether it is told as not done: "n'a rien enregistré"; not "n'a pas à être enregistré"."""
        before = list(self.before(bone.at, 3))
        itself = len(before) > 2 and (before[1].text, before[2].text) == ("est", "s")
        perfect = itself or (len(before) > 1 and before[1].text in listed("perfect"))
        done = perfect and before[0].concept in NEGATIONS
        return done and bone.kind in _RECORDED and bone.unit.text.endswith(("e", "ee", "es"))

    def existing(self, bone: Bone) -> bool:
        """Whether there is said to be none: "il n'y a aucun enregistrement", "je n'ai pas l'enregistrement".

        Not "je veux qu'il n'y ait rien", "vous n'avez pas à enregistrer", "y a pas d'enregistrement avec moi".
        """
        goes_on = any(unit.concept != "DE" or unit.text == "a" for unit in self.after(bone.at, 1))
        if goes_on or any(unit.text == "moi" for unit in self.before(bone.at, 2 * _NEAR)):
            return False
        before = [unit for unit in self.before(bone.at, _NEAR) if unit.concept != "DE" or unit.text == "a"]
        while before and before[0].text in listed("determiners"):
            before.pop(0)
        denied = any(unit.concept in NEGATIONS for unit in before[:1])
        return denied and any(unit.text in listed("having") for unit in before[1:2])

    def of_listener(self, bone: Bone) -> bool:
        """Whether it is what the listener may wish: "si vous ne souhaitez pas être enregistré"."""
        before = list(self.before(bone.at, 2 * _NEAR))
        undergone = any(unit.concept == "BE" for unit in before[:1])
        who = next((unit.text for unit in before if unit.text in listed("first_person") | {"vous", "tu"}), "")
        return undergone and who in ("vous", "tu")

    def addressed(self) -> bool:
        """Whether it speaks of the listener's freedom and not of the speaker: "vous pouvez refuser"."""
        spoken = {unit.text for unit in self.units}
        if spoken & (listed("first_person") | listed("own") | listed("speaker_undergoes")):
            return False
        return any(
            self.units[at].text == "vous" and self.units[at + 1].concept == "ALLOWED"
            for at in range(len(self.units) - 1)
        )

    def negated(self, bone: Bone) -> bool:
        before = list(self.before(bone.at, 3))
        if bone.kind == "OUI":
            return any(unit.concept == "PAS" for unit in before[:1])
        follows = any(unit.concept in NEGATIONS for unit in self.units[bone.at + 1 : bone.at + 3])
        if bone.node.form == "z" and not follows:
            # The negation of an order follows it: "…pas confiance arrêtez".
            return any(unit.concept == "NE" for unit in before[:1])
        inside = " pas " in bone.unit.text and bone.kind not in ("NON", "REFUSE")
        close = any(unit.concept in NEGATIONS for unit in before[:2]) or any(u.text in ("ni", "zero") for u in before)
        later = bone.kind == "PREFER" and any(u.concept in NEGATIONS for u in self.units[bone.at + 1 : bone.at + 4])
        return inside or close or later or bone.node.negated

    # ---- who is spoken of

    def others(self, bone: Bone) -> bool:
        """Whether somebody else is its subject: "ma sœur refuse"; not "il est exclu", "il faut refuser"."""
        if self._some(bone):
            return True
        nearer: list[Unit] = [bone.unit]
        before = list(self.before(bone.at, 2 * _NEAR))
        reach = _NEAR
        for at, unit in enumerate(before):
            if at >= reach:
                break
            led = unit.text in ("on", "nous") and any(one.concept == "QUE" for one in before[at + 1 : at + 2])
            if led and bone.kind in _RECORDED:
                # "Il n'a pas voulu qu'on enregistre": "on" only carries out what somebody else wants.
                reach = 2 * _NEAR
            elif unit.text in listed("first_person"):
                return False
            impersonal = unit.text == "il" and (
                bone.kind in _IMPERSONAL or nearer[-1].concept in ("BE", "ALLOWED", "NE")
            )
            if unit.concept == "TIERS" and not impersonal:
                return True
            nearer.append(unit)
        return self._named_subject(bone)

    def _some(self, bone: Bone) -> bool:
        """ "Y en a qui refusent", "y a des clients qui refusent", "ceux qui s'y opposent"."""
        before = [unit.text for unit in self.before(bone.at, 2 * _NEAR)]
        at = before.index("qui") if "qui" in before else len(before)
        if set(before[:at]) & listed("first_person"):
            return False
        there = any(before[k : k + 1] == ["a"] and before[k + 1 : k + 2] in (["en"], ["y"]) for k in range(at, at + 4))
        return there or before[at + 1 : at + 2] in (["ceux"], ["celles"])

    def _named_subject(self, bone: Bone) -> bool:
        """Whether a noun that no list knows stands as its subject: "ma cousine refuse", heard rightly or not."""
        if bone.kind not in _OF_PERSONS or bone.node.form in ("r", "z") or bone.unit.text.startswith(("c ", "reponse")):
            return False
        before = [unit for unit in self.before(bone.at, _NEAR) if unit.concept not in ("FILLER", "TIMES", "NE", "PRO")]
        while before and before[0].text in ("a", "leur", "lui", "nous", "vous", "avait"):
            before.pop(0)
        named = len(before) > 1 and before[0].concept == "X"
        return named and before[1].text in listed("determiners")

    def reported(self, bone: Bone) -> bool:
        """Whether it is what somebody else is said to have said."""
        if self._cried(bone):
            return True
        before = [one for one in self.bones if one.at < bone.at and bone.sentence - one.sentence <= 1]
        others = [one for one in before if one.kind == "TIERS" and one.unit.text != "il"]
        said = [one for one in before if one.kind == "SAID" and others and one.at > others[0].at]
        if said and said[-1].sentence != bone.sentence:
            return self._quoted(said[-1].at, bone)
        if not said or said[-1].at < others[-1].at:
            return False
        between = self.units[others[-1].at + 1 : bone.at + 1]
        return not any(unit.text in listed("concluding") for unit in between)

    def _quoted(self, at: int, bone: Bone) -> bool:
        """ "Mon mari m'a dit : je refuse": the colon is a strong pause; before it stands nobody but who is told."""
        whom = next((k for k in range(at, bone.at) if self.units[k].pause), bone.at)
        between = self.units[at + 1 : whom + 1]
        named = len(between) <= _WHOM_UNITS and any(one.text in ("a", "au", "aux") for one in between[:2])
        introduced = named or all(one.concept in _TOLD for one in between)
        ended = any(one.pause == "." for one in self.units[whom + 1 : bone.at])
        return introduced and self.units[whom].pause == "." and not ended

    def _cried(self, bone: Bone) -> bool:
        """ "Il crie : arrêtez", "un monsieur m'a crié : arrêtez": words of somebody who is heard."""
        return any(
            self._somebody(self._behind_auxiliaries(at - 1)) and self._quoted(at, bone)
            for at in range(1, bone.at)
            if self._says(at)
        )

    def _behind_auxiliaries(self, at: int) -> int:
        while at > 0 and self.units[at].text in ("a", "m", "l", "nous", "leur", "lui", "avait"):
            at -= 1
        return at

    def _says(self, at: int) -> bool:
        return self.units[at].concept == "SAID" or self.units[at].text in listed("cries")

    def _somebody(self, at: int) -> bool:
        """Whether somebody else ends at `at`: "il", "le gamin"."""
        named = (
            at > 0 and self.units[at].concept in ("X", "FILLER") and self.units[at - 1].text in listed("determiners")
        )
        return named or self.units[at].concept == "TIERS"

    def instructs(self) -> bool:
        """Whether a machine tells whoever listens what to press."""
        spoken = {word for unit in self.units for word in unit.text.split()}
        if spoken & (listed("first_person") | listed("own") | listed("speaker_undergoes")):
            return False
        if self._left_to_choose():
            return True
        return bool(spoken & listed("keypad")) or any(self._aim(at) for at in range(len(self.units) - 1))

    def _left_to_choose(self) -> bool:
        """ "Si vous ne souhaitez pas que l'appel soit enregistré, …": said to whoever listens."""
        texts = [unit.text for unit in self.units]
        return any(
            texts[at : at + 3] == ["si", "vous", "ne"] and self.units[at + 3].concept == "WANT"
            for at in range(len(texts) - 3)
        )

    def _aim(self, at: int) -> bool:
        """Whether a clause begins at `at` with what something is for: "pour enregistrer, …"."""
        begins = self.units[at].text == "pour" and (at == 0 or self.units[at - 1].pause != "")
        verb = self.units[at + 1]
        return begins and verb.form == "r" and verb.concept not in ("VOUS", "MOI")

    # ---- places where a voice ends up

    def stores(self) -> Iterator[Bone]:
        """Machines and places that keep a voice, and the voice, as if they were bones."""
        for at, unit in enumerate(self.units):
            kind = "VOICE" if unit.text in listed("voices") else "STORE"
            if kind == "STORE" and unit.text not in listed("stores") | listed("tapes"):
                continue
            clause = sum(bool(one.pause) for one in self.units[:at])
            sentence = sum(one.pause in (".", "?") for one in self.units[:at])
            yield Bone(Node(kind, self._without(at), "0", at, unit.form, unit.pause), unit, at, clause, sentence)

    def _without(self, at: int) -> bool:
        for unit in self.before(at, 3):
            if unit.concept in NEGATIONS | {"SANS"} or unit.text == "zero":
                return True
            if unit.concept not in ("DE", "PRO", "MOI", "VOUS", "X"):
                return False
        return False


def _asking(units: Sequence[Unit]) -> list[Unit]:
    """Return the units, with "je vous demande de" as the wish that it is; elsewhere a "demande" is a file."""
    found = list(units)
    for at, unit in enumerate(units):
        if unit.concept == "OTHER" and unit.text.startswith("demande"):
            spoken = [one.text for one in units[max(0, at - 3) : at]]
            if any(text in listed("first_person") for text in spoken) and spoken[-1] not in ("ma", "la"):
                found[at] = replace(unit, concept="WANT")
    return found


def _bones(units: Sequence[Unit]) -> Iterator[Bone]:
    start = clause = sentence = 0
    for end in range(1, len(units) + 1):
        pause = units[end - 1].pause
        if end < len(units) and not pause:
            continue
        part = units[start:end]
        for node in skeleton(part):
            yield Bone(node, part[node.at], start + node.at, clause, sentence)
        clause += 1
        sentence += pause in (".", "?")
        start = end
